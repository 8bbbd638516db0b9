"""Values of a change of the plan: where a visit stands, what is wanted, how it is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import Visit

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book

Versions = Mapping[tuple[str, date], int]


class PromiseBreaks(Conflict):
    """It would start outside of what its customer was promised: decide, then say so."""

    code = "promise_breaks"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a visit stands: who goes (the first signs), on which day, from when on."""

    technician_ids: tuple[str, ...]
    day: date
    at: int


@dataclass(frozen=True, slots=True)
class Before:
    """What a change is taken back by: where the visit stood, when the others of those rows began,
    what was promised, and the versions after the change.
    """

    visit_id: str
    spot: Spot | None
    starts: Mapping[str, int]
    window: tuple[int, int] | None
    versions: Versions


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: whose rows differ now, and how to take it back."""

    visit_id: str
    technician_ids: tuple[str, ...]
    before: Before | None = None
    window: tuple[datetime, datetime] | None = None  # newly promised: its customer is to be told


@dataclass(slots=True)
class Change:
    """One change on its way: the book it is planned on, the visit, what is wanted of it."""

    work: Work
    book: Book
    zone: str
    visit: Visit
    stood: Spot | None
    versions: Versions
    starts: Mapping[str, int] = field(default_factory=dict)
    is_lenient: bool = False


def window_of(visit: Visit) -> tuple[int, int] | None:
    if visit.window_starts_at is None or visit.window_ends_at is None:
        return None
    return seconds(visit.window_starts_at), seconds(visit.window_ends_at)


def instant(work: Work, at: int) -> datetime:
    return datetime.fromtimestamp(at, work.at.tzinfo)
