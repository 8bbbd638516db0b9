"""Imports from handing a file in to their report: states, progress, problems, links.

Each step is a small transaction of its own. Not for taking rows over (see
`helpdesk.workflows.importing_rows`) nor for files (see `files`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from helpdesk.core.db import insert_rows
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.imports.events import ImportDue, ImportEnded
from helpdesk.imports.models import Import, ImportLink, ImportProblem
from helpdesk.imports.staging import FORMATS

BUSY = timedelta(seconds=40)
STAGING = timedelta(seconds=300)
CALL_AGAIN = timedelta(seconds=20)
MOST_PROBLEMS = 50_000
ACTIVE = ("waiting", "staging", "running")
LONGEST_CELLS = 600


def add(
    work: Work, import_id: str, *, format: str, origin: str, file_name: str, size: int
) -> Import:
    """Note a file that was handed in."""
    _require_admin(work)
    if format not in FORMATS:
        raise Invalid(fields={"format": "Choose what the file is."})
    run = Import(
        id=import_id,
        format=format,
        origin=(line(origin, "origin", longest=60) or format).lower(),
        file_name=line(file_name[:200], "file", longest=200),
        size=size,
        state="new",
        is_trial=False,
        mapping={},
        options={},
        counts={},
        created_by=work.actor.id,
        created_at=work.at,
    )
    work.session.add(run)
    work.session.flush()
    work.audit("import.added", "import", run.id, name=run.file_name, format=format, size=size)
    return run


def get(work: Work, import_id: str, *, lock: bool = False) -> Import:
    found = (
        work.session.get(Import, import_id, with_for_update=lock, populate_existing=lock)
        if is_id(import_id)
        else None
    )
    if found is None:
        raise NotFound
    return found


def start(
    work: Work,
    import_id: str,
    *,
    mapping: Mapping[str, int],
    options: Mapping[str, Any],
    trial: bool,
) -> Import:
    """Let a worker begin, from the first row; what is there already is found by its links."""
    _require_admin(work)
    run = get(work, import_id, lock=True)
    if run.state in ACTIVE:
        raise Conflict("This import is running already.", code="import_running")
    work.session.execute(delete(ImportProblem).where(ImportProblem.import_id == run.id))
    work.session.execute(delete(ImportLink).where(ImportLink.origin == trial_origin(run.id)))
    run.mapping, run.options, run.is_trial = dict(mapping), dict(options), trial
    run.state, run.offset, run.rows_done, run.problems = "waiting", 0, 0, 0
    run.staged_bytes = run.rows = 0
    run.counts, run.trouble = {}, ""
    run.started_at, run.ended_at, run.busy_until = work.at, None, None
    run.version += 1
    call_worker(work, run)
    work.audit("import.started", "import", run.id, name=run.file_name, trial=trial)
    return run


def stop(work: Work, import_id: str) -> None:
    """No further rows; what was taken over stays, and a new start goes on without repeating it."""
    _require_admin(work)
    run = get(work, import_id, lock=True)
    if run.state not in ACTIVE:
        return
    _end(work, run, "stopped")
    work.audit("import.stopped", "import", run.id, name=run.file_name)


def remove(work: Work, import_id: str) -> None:
    """Forget the file and the report; what it became, and its links, stay."""
    _require_admin(work)
    run = get(work, import_id, lock=True)
    if run.state in ACTIVE:
        raise Conflict("Stop this import first.", code="import_running")
    work.session.execute(delete(ImportProblem).where(ImportProblem.import_id == run.id))
    work.session.delete(run)
    work.audit("import.removed", "import", run.id, name=run.file_name)


def call_worker(work: Work, run: Import) -> None:
    run.called_at = work.at
    work.emit(ImportDue(import_id=run.id))


def call_workers(work: Work) -> int:
    """Ask again for workers of imports that nobody is at; answers how many were asked for."""
    found = work.session.scalars(
        select(Import)
        .where(
            Import.state.in_(ACTIVE),
            or_(Import.busy_until.is_(None), Import.busy_until < work.at),
            or_(Import.called_at.is_(None), Import.called_at < work.at - CALL_AGAIN),
        )
        .with_for_update(skip_locked=True)
    ).all()
    for run in found:
        call_worker(work, run)
    return len(found)


def take(work: Work, import_id: str) -> Import | None:
    """Become the one who works on it; None when it has ended or somebody is at it."""
    taken = work.session.scalars(
        update(Import)
        .where(Import.id == import_id, Import.state.in_(ACTIVE), _free(work))
        .values(busy_until=work.at + BUSY, called_at=None)
        .returning(Import.id)
        .execution_options(synchronize_session=False)
    ).first()
    return get(work, import_id, lock=True) if taken else None


def give_back(work: Work, import_id: str) -> None:
    """The slice is over; the next one is asked for where there is more."""
    run = get(work, import_id, lock=True)
    run.busy_until = None
    if run.state in ACTIVE:
        call_worker(work, run)


def begin_staging(work: Work, import_id: str) -> None:
    run = get(work, import_id, lock=True)
    run.state, run.busy_until = "staging", work.at + STAGING


def staged(work: Work, import_id: str, *, size: int, rows: int) -> None:
    run = get(work, import_id, lock=True)
    if run.state in ACTIVE:
        run.state, run.staged_bytes, run.rows = "running", size, rows


def advance(
    work: Work,
    run: Import,
    *,
    offset: int,
    rows: int,
    counts: Mapping[str, Mapping[str, int]],
    problems: Sequence[tuple[str, str, str]],
) -> None:
    """Note in the transaction of a batch how far it came. `problems` are (place, why, cells)."""
    run.offset, run.rows_done = offset, run.rows_done + rows
    run.counts = _sum(run.counts, counts)
    run.busy_until = work.at + BUSY
    room = max(0, MOST_PROBLEMS - run.problems)
    insert_rows(
        work.session,
        ImportProblem,
        [
            {
                "id": new_id(),
                "import_id": run.id,
                "place": place[:120],
                "problem": why[:300],
                "cells": cells[:LONGEST_CELLS],
            }
            for place, why, cells in problems[:room]
        ],
    )
    run.problems += len(problems)
    if run.offset >= run.staged_bytes:
        _end(work, run, "done")
    elif run.problems >= MOST_PROBLEMS:
        run.trouble = f"More than {MOST_PROBLEMS:,} rows can't be used. Is this the right file?"
        _end(work, run, "failed")


def fail(work: Work, import_id: str, trouble: str) -> None:
    run = get(work, import_id, lock=True)
    if run.state in ACTIVE:
        run.trouble = trouble[:300]
        _end(work, run, "failed")


def trial_origin(import_id: str) -> str:
    return f"trial:{import_id}"


def _end(work: Work, run: Import, state: str) -> None:
    run.state, run.ended_at, run.busy_until, run.called_at = state, work.at, None, None
    if run.is_trial:
        work.session.execute(delete(ImportLink).where(ImportLink.origin == trial_origin(run.id)))
    work.emit(ImportEnded(import_id=run.id, state=state))


def _sum(
    before: Mapping[str, Any], more: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    summed = {kind: dict(numbers) for kind, numbers in before.items()}
    for kind, numbers in more.items():
        for word, number in numbers.items():
            summed.setdefault(kind, {}).setdefault(word, 0)
            summed[kind][word] += number
    return summed


def _free(work: Work) -> ColumnElement[bool]:
    return or_(Import.busy_until.is_(None), Import.busy_until < work.at)


def _require_admin(work: Work) -> None:
    if not work.actor.is_admin:
        raise Forbidden("Only an administrator imports.")
