"""Finding articles by what they mean: whether it is on, and when their vectors are made.

Off until an administrator switches it on and a model is installed. A worker makes the vectors: of
what changed in an errand, of everything as the last stage of a rebuild of the search. Nothing
here is asked while it is off. Not for how two orders become one (`search.fusing`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.kb import settings
from helpdesk.kb.models import Article
from helpdesk.search import meaning, rebuilding, vector_rows, vectors
from helpdesk.search.events import MeaningDue

log = logging.getLogger("helpdesk.search")

ACTOR = system("search")
AUTHORS = "authors"
STAGE = "meaning"
BATCH = 50
COMMAND = "pip install helpdesk[meaning]"
MISSING = f"The model is not installed here. Get it with: {COMMAND}"


def is_on(work: Work) -> bool:
    return settings.get(work).by_meaning


def is_installed() -> bool:
    return meaning.is_installed()


def set_up(work: Work, values: Mapping[str, Any]) -> None:
    """Change the settings of knowledge; Invalid where this is to be on and can't.

    Switched on, everything is read once; people go on searching by words meanwhile.
    """
    before = is_on(work)
    if values.get("by_meaning") and not before and not is_installed():
        raise Invalid(MISSING, fields={"by_meaning": MISSING})
    after = settings.change(work, values)
    if after.by_meaning and not before:
        begin_all(work)


@dataclass(frozen=True, slots=True)
class State:
    """`done`: how much of the articles has been read, in percent; None when nothing is going on."""

    is_on: bool
    is_installed: bool
    done: int | None
    command: str = COMMAND


def state(work: Work) -> State:
    at = rebuilding.progress(work)
    return State(is_on(work), is_installed(), int(at.share * 100) if at.is_running else None)


def begin_all(work: Work) -> None:
    """Every article from the first on; a rebuild that runs already comes to it by itself."""
    total = work.session.scalar(select(func.count()).select_from(Article)) or 0
    try:
        rebuilding.start(work, [STAGE], total)
    except Conflict:
        log.info("a rebuild is running already, which ends with what articles mean")


def ask(work: Work, ids: Sequence[str]) -> None:
    """These articles went into the search anew."""
    if ids and is_on(work):
        work.emit(MeaningDue(article_ids=list(ids)))


def run(event_id: str) -> None:
    """Errand after `ask`."""
    with reading(ACTOR) as work:
        wanted = select(EventRow.facts).where(EventRow.id == event_id)
        ids = (work.session.scalar(wanted) or {}).get("article_ids", [])
    for start in range(0, len(ids), BATCH):
        with begin(ACTOR) as work:
            renew(work, ids[start : start + BATCH])


def renew_some(work: Work, after: str | None) -> tuple[str | None, int]:
    """A stage of a rebuild: some of all articles; where to go on (None at the end), how many."""
    if not (is_on(work) and is_installed()):
        return None, 0
    wanted = select(Article.id).order_by(Article.id).limit(BATCH)
    if after is not None:
        wanted = wanted.where(Article.id > after)
    ids = work.session.scalars(wanted).all()
    renew(work, ids)
    return (ids[-1] if len(ids) == BATCH else None), len(ids)


def renew(work: Work, ids: Sequence[str]) -> None:
    if not (is_on(work) and is_installed()):
        return
    model = meaning.embedder()
    where = vectors.shelves_for(work, model, but=frozenset({AUTHORS}))
    vectors.renew(work, model, ids, where)


def start_where_lacking() -> None:
    """A job of the schedule: everything again where another model is installed than was used."""
    with begin(ACTOR) as work:
        if not (is_on(work) and is_installed()):
            return
        model = meaning.embedder()
        where = vectors.shelves_for(work, model, but=frozenset({AUTHORS}))
        if vector_rows.is_lacking(work.session, where, model.name):
            begin_all(work)
