"""Training a model: examples out of the database, a process that learns, its model into use.

The job of a worker. No transaction is open while it learns; how far it is is written down, so a
screen can tell. A worker that dies leaves its training silent, and it counts as over.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.tickets.models import DONE, Ticket
from helpdesk.triage import place, queries, service, setup
from helpdesk.triage.sorters import ENVIRONMENT
from helpdesk.workflows.triage_examples import examples

log = logging.getLogger("helpdesk.triage")

ACTOR = system("triage")
BROKE = "The training broke off. Try again; if it happens again, the worker's log says more."
TELL_EVERY_S = 1.0
FRESH_TICKETS = 50
"""So many tickets done since the last training make another one worth while."""


def run(event_id: str = "", model_id: str = "") -> None:
    """Errand after a training was asked for; by `model_id` for whoever has it at hand."""
    if event_id:
        with reading(ACTOR) as work:
            wanted = select(EventRow.facts).where(EventRow.id == event_id)
            model_id = str((work.session.scalar(wanted) or {}).get("model_id", ""))
    with begin(ACTOR) as work:
        if not service.begin_training(work, model_id):
            return
    try:
        _train(model_id)
    except Exception:
        log.exception("training %s failed", model_id)
        with begin(ACTOR) as work:
            service.fail(work, model_id, BROKE)
        place.file_of(model_id).unlink(missing_ok=True)


def train_again() -> None:
    """A job of the schedule: another training where triage is on and enough is new."""
    with begin(ACTOR) as work:
        last = queries.ready_model(work)
        if last is None or not setup.read(work).on or not _enough_new(work, last.started_at):
            return
        try:
            service.ask_for_training(work)
        except HelpdeskError as error:
            log.info("no training now: %s", error)


def _enough_new(work: Work, since: Any) -> bool:
    new = select(Ticket.id).where(text(DONE), Ticket.resolved_at > since)
    return len(work.session.scalars(new.limit(FRESH_TICKETS)).all()) == FRESH_TICKETS


def _train(model_id: str) -> None:
    with tempfile.TemporaryDirectory(prefix="hd-triage-") as folder:
        source, target = Path(folder) / "examples", Path(folder) / "model"
        count = _write(source)
        answer: dict[str, Any] = {}
        with _trainer(source, target) as lines:
            told_at = clock.monotonic()
            for line in lines:
                answer = json.loads(line)
                if "progress" in answer and clock.monotonic() - told_at >= TELL_EVERY_S:
                    told_at = clock.monotonic()
                    with begin(ACTOR) as work:
                        service.note_progress(work, model_id, answer["progress"])
        if "figures" not in answer:
            with begin(ACTOR) as work:
                service.fail(work, model_id, str(answer.get("trouble", BROKE)))
            return
        size = _put_in_place(target, place.file_of(model_id))
    _take_into_use(model_id, count, size, answer["figures"])


def _take_into_use(model_id: str, count: int, size: int, figures: dict[str, Any]) -> None:
    with begin(ACTOR) as work:
        service.finish(work, model_id, examples=count, size=size, figures=figures)
        for field in setup.FIELDS:
            told = figures.get(field, {"threshold": None, "why_none": "too_few"})
            setup.recommend(work, field, told["threshold"], told["why_none"], at_once=True)
        for old in service.outdated(work):
            work.after_commit(partial(place.file_of(old).unlink, missing_ok=True))


def _write(source: Path) -> int:
    count = 0
    with source.open("w", encoding="utf-8") as file:
        for one in examples(ACTOR):
            file.write(json.dumps(one, ensure_ascii=False) + "\n")
            count += 1
    return count


def _put_in_place(made: Path, target: Path) -> int:
    """Whole or not at all; models may lie on another disk than temporary files."""
    part = target.with_suffix(".part")
    part.write_bytes(made.read_bytes())
    part.replace(target)
    return target.stat().st_size


@contextmanager
def _trainer(source: Path, target: Path) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "helpdesk.triage.trainer", str(source), str(target)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd="/",
        env={**ENVIRONMENT, "PATH": os.environ.get("PATH", "")},
        text=True,
    )
    try:
        yield process.stdout
        if process.wait() != 0:
            raise RuntimeError(f"the trainer ended with {process.returncode}")
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
