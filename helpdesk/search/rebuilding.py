"""How far a rebuild of the index is, kept so that it goes on where a killed worker left it.

Knows stages and places only; what each stage reads is for `workflows.indexing`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.core.errors import Conflict
from helpdesk.core.tables import StoredSetting
from helpdesk.core.work import Work
from helpdesk.search import articles, service
from helpdesk.search.events import SearchRebuildStarted

NAME = "search.rebuild"


@dataclass(frozen=True, slots=True)
class Progress:
    """`stage` is the one being read, None when nothing is to do; `after` the last id read there."""

    stage: str | None = None
    after: str | None = None
    done: int = 0
    total: int = 0
    started_at: str | None = None
    finished_at: str | None = None

    @property
    def is_running(self) -> bool:
        return self.stage is not None

    @property
    def share(self) -> float:
        """0 to 1; new things may come in meanwhile, so it is cut at the end."""
        if not self.is_running:
            return 1.0
        return min(0.99, self.done / max(1, self.total))


def progress(work: Work) -> Progress:
    row = work.session.get(StoredSetting, NAME)
    return Progress(**row.value) if row else Progress()


def start(work: Work, stages: list[str], total: int, *, from_nothing: bool = False) -> Progress:
    """Begin at the first stage; Conflict while another rebuild runs.

    `from_nothing` empties the index first, so people find less until it is done.
    """
    if _held(work).is_running:
        raise Conflict("The search is being rebuilt already.", code="rebuild_running")
    if from_nothing:
        service.clear(work)
        articles.forget_words(work)
    begun = Progress(stages[0], None, 0, total, work.at.isoformat())
    _keep(work, begun)
    work.emit(SearchRebuildStarted(from_nothing=from_nothing))
    work.audit("search.rebuild_started", "search", None, from_nothing=from_nothing)
    return begun


def step(work: Work) -> Progress:
    """The place to go on from, held until this transaction ends."""
    return _held(work)


def went_on(
    work: Work, before: Progress, after: str | None, count: int, following: str | None
) -> None:
    """Keep the place reached; `after` None ends the stage and begins the `following` one."""
    now = replace(before, after=after, done=before.done + count)
    if after is None:
        now = replace(now, stage=following)
        if following is None:
            now = replace(now, finished_at=work.at.isoformat())
    _keep(work, now)


def finished_at(found: Progress) -> datetime | None:
    return datetime.fromisoformat(found.finished_at) if found.finished_at else None


def _held(work: Work) -> Progress:
    wanted = select(StoredSetting).where(StoredSetting.name == NAME).with_for_update()
    row = work.session.scalar(wanted.execution_options(populate_existing=True))
    return Progress(**row.value) if row else Progress()


def _keep(work: Work, now: Progress) -> None:
    value: dict[str, Any] = asdict(now)
    row = work.session.get(StoredSetting, NAME)
    if row is None:
        work.session.add(StoredSetting(name=NAME, value=value, changed_at=work.at))
    else:
        row.value, row.changed_at = value, work.at
    work.session.flush()
