"""Taking over what another desk gave away: a worker's job, slice by slice, that may be killed.

The upload is staged once (see `imports.staging`); then batches of rows are taken over, each in one
transaction with the offset reached, so that nothing is lost or done twice. A slice ends after some
seconds, asks for the next and lets the worker's other labour have its turn. Imported history is
told to nobody: no events, no offers, no webhooks.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from helpdesk.core import clock, stored_settings
from helpdesk.core.actors import Actor
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.imports import files, queries, service, staging
from helpdesk.imports.archives import BadArchive
from helpdesk.imports.json_reading import BadFile
from helpdesk.imports.models import Import
from helpdesk.workflows import importing_files
from helpdesk.workflows.importing_lines import Line, Row, Tally, read
from helpdesk.workflows.importing_rows import Batch

log = logging.getLogger("helpdesk.imports")

ACTOR = Actor("system", "import", role="admin")
SLICE_S = 5.0
ROWS_AT_ONCE = 200
BYTES_AT_ONCE = 4 * 1024 * 1024


def run_slice(event_id: str) -> None:
    """The errand of `import.due`."""
    with reading(ACTOR) as work:
        facts = work.session.scalar(select(EventRow.facts).where(EventRow.id == event_id))
    if facts:
        advance(str(facts["import_id"]))


def advance(import_id: str, *, slice_s: float = SLICE_S) -> bool:
    """Work on the import for some seconds; False when somebody else does, or it has ended."""
    with begin(ACTOR) as work:
        if service.take(work, import_id) is None:
            return False
    try:
        _stage(import_id)
        until = clock.monotonic() + slice_s
        while _batch(import_id) and clock.monotonic() < until:
            pass
    except (BadFile, BadArchive) as error:
        with begin(ACTOR) as work:
            service.fail(work, import_id, str(error))
    except FileNotFoundError:
        log.exception("the file of import %s is gone", import_id)
        with begin(ACTOR) as work:
            service.fail(work, import_id, "The uploaded file is gone. Hand it in again.")
    finally:
        with begin(ACTOR) as work:
            service.give_back(work, import_id)
    return True


def call_workers() -> None:
    """For the sweeper: imports whose worker was killed go on."""
    with reading(ACTOR) as work:
        anything = queries.anything_left(work)
    if anything:
        with begin(ACTOR) as work:
            service.call_workers(work)


def _stage(import_id: str) -> None:
    with begin(ACTOR) as work:
        run = service.get(work, import_id)
        if run.state not in ("waiting", "staging"):
            return
        service.begin_staging(work, import_id)
        format = run.format
    made = staging.stage(files.upload(import_id), format, files.staged(import_id))
    with begin(ACTOR) as work:
        service.staged(work, import_id, size=made.bytes, rows=made.rows)


def _batch(import_id: str) -> bool:
    """Take the next rows over; False when there are none. Row by row where the database refuses."""
    with reading(ACTOR) as work:
        run = service.get(work, import_id)
        if run.state != "running":
            return False
        offset, now, region = run.offset, work.at, _region(work)
    lines, reached = _lines(import_id, offset)
    rows = read(run, lines, now, region)
    try:
        return _take_over(run, offset, rows, reached)
    except DBAPIError:
        log.warning("a batch of import %s is taken row by row", import_id, exc_info=True)
    return _one_by_one(run, offset, rows, reached)


def _take_over(seen: Import, offset: int, rows: list[Row], reached: int) -> bool:
    with _brought(seen, rows) as brought, begin(ACTOR) as work:
        run = service.get(work, seen.id, lock=True)
        if run.state != "running" or run.offset != offset:
            return False
        batch = Batch(work, run, brought)
        batch.take(rows)
        tally = batch.finish()
        _note(work, run, reached, len(rows), tally)
        return run.state == "running"


def _one_by_one(seen: Import, offset: int, rows: list[Row], reached: int) -> bool:
    with _brought(seen, rows) as brought, begin(ACTOR) as work:
        run = service.get(work, seen.id, lock=True)
        if run.state != "running" or run.offset != offset:
            return False
        tally = Tally()
        for row in rows:
            before = set(brought.used)
            try:
                with work.session.begin_nested():
                    batch = Batch(work, run, brought)
                    batch.take([row])
                    tally.add(batch.finish())
            except DBAPIError:
                log.exception("row %s of import %s is refused", row.line.place, run.id)
                tally.refuse(row.line, "The database refuses it.")
                brought.used = before
        _note(work, run, reached, len(rows), tally)
        return run.state == "running"


def _brought(seen: Import, rows: Sequence[Row]) -> AbstractContextManager[importing_files.Brought]:
    """What the rows bring along, kept before the transaction that takes them over."""
    records = [row.record for row in rows if row.record is not None]
    with reading(ACTOR) as work:
        known = importing_files.known(work, seen, records)
    return importing_files.brought(seen, known, records)


def _note(work: Work, run: Import, reached: int, rows: int, tally: Tally) -> None:
    service.advance(
        work, run, offset=reached, rows=rows, counts=tally.counts, problems=tally.problems
    )


def _lines(import_id: str, offset: int) -> tuple[list[Line], int]:
    """The next staged rows from `offset` on, and where they end."""
    found: list[Line] = []
    with files.staged(import_id).open("rb") as stream:
        stream.seek(offset)
        for raw in _bounded(stream):
            line = Line.read(json.loads(raw))
            if found and line.kind == "words" != found[-1].kind:
                break  # what they were said on has to be there before them
            found.append(line)
            offset += len(raw)
        return found, offset


def _bounded(stream: BinaryIO) -> Iterator[bytes]:
    """Whole lines, until they are many or long."""
    size = 0
    for _ in range(ROWS_AT_ONCE):
        raw = stream.readline()
        if not raw:
            return
        yield raw
        size += len(raw)
        if size > BYTES_AT_ONCE:
            return


def _region(work: Work) -> str | None:
    stored = stored_settings.get(work, "customers", {"phone_region": ""})
    return str(stored["phone_region"]) or None
