"""One transaction that spans months: the same `Work` that services take, with a moving instant.

All of the demo data stands or falls together, so that a start which was interrupted leaves an
empty installation. Nothing is announced and nothing is left to relay: nobody was there to hear.
Not for anything but filling an empty installation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import update

from helpdesk.core import db
from helpdesk.core.actors import Actor, system
from helpdesk.core.events import Event
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work
from helpdesk.routing.events import OfferEnded, OfferMade

DEMO = system("demo")


@dataclass(slots=True)
class HistoryWork(Work):
    """Time and actor move on by `step`; what was offered is kept for who acts on it."""

    offered: list[OfferMade] = field(default_factory=list)
    ended_offers: set[str] = field(default_factory=set)

    def step(self, at: datetime, actor: Actor = DEMO) -> None:
        """From now on it is `at`, and `actor` acts."""
        assert at >= self.at, "time in the history never goes back"
        self.at, self.actor = at, actor

    def act_as(self, actor: Actor) -> None:
        self.actor = actor

    def emit(self, event: Event, *, subject_id: str | None = None, **extra: Any) -> str:
        if isinstance(event, OfferMade):
            self.offered.append(event)
        elif isinstance(event, OfferEnded):
            self.ended_offers.add(event.offer_id)
        return Work.emit(self, event, subject_id=subject_id, **extra)

    def put_down(self) -> None:
        """Write what has come together so far, with its timeline, and start collecting anew."""
        self.write_down()
        self._emitted.clear()
        self._audit.clear()


@contextmanager
def history(begins: datetime) -> Iterator[HistoryWork]:
    """Commits everything at the end of the block, or nothing."""
    calls: list[Callable[[], None]] = []
    with db.current().write_session() as session:
        work = HistoryWork(session, DEMO, begins)
        yield work
        work.put_down()
        session.execute(
            update(EventRow).where(EventRow.relayed_at.is_(None)).values(relayed_at=EventRow.at)
        )
        calls = list(work._after)
        session.commit()
    for call in calls:
        call()
