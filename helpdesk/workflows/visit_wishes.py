"""What a customer wishes for as planning sees it: the job, and the windows that could be promised.

What a kind of visit takes is learned from those that were finished; when it is due says the clock
of its ticket. Not for finding a place in the plan (`visit_offering`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from helpdesk.clocks import queries as clocks
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.field_service import book_jobs, days, places, settings, steps
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import RouteStop, Visit, VisitNeeds, VisitPlace
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.plan import Job, Place
from helpdesk.field_service.settings import Settings
from helpdesk.workflows import visit_durations

if TYPE_CHECKING:
    from helpdesk.field_service.slots import Window

PARTS, NOON = ("morning", "afternoon"), "12:00"
NO_KIND = "There is no such kind of visit."


@dataclass(frozen=True, slots=True)
class Wish:
    """One question. `visit`: the one that is to be booked or moved. `part` of the day: morning,
    afternoon, "" for either.
    """

    customer_id: str
    kind: VisitType
    place: VisitPlace
    source: str
    ticket_id: str | None = None
    visit: Visit | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    part: str = ""


def kind_of(work: Work, named: str | None) -> VisitType:
    """By id or key; without either the first one in use. Customers book only what is for them."""
    wanted = select(VisitType).where(VisitType.is_active)
    if work.actor.role == "customer":
        wanted = wanted.where(VisitType.is_bookable)
    if named:
        by = VisitType.id == named if is_id(named) else VisitType.key == named
        wanted = wanted.where(by)
    found = work.session.scalar(wanted.order_by(VisitType.position, VisitType.name).limit(1))
    if found is None:
        raise Invalid(fields={"visit_type": NO_KIND})
    return found


def place_of(work: Work, customer_id: str, place_id: str | None) -> VisitPlace:
    """Theirs by id, or the only one that they have; it needs coordinates."""
    if place_id:
        try:
            found = places.get(work, place_id, customer_id)
        except NotFound:
            raise Invalid(fields={"place_id": places.ABSENT}) from None
    else:
        theirs = places.of_customer(work, customer_id)
        if len(theirs) != 1:
            told = "Say which of their places." if theirs else "Give a place to visit first."
            raise Invalid(fields={"place_id": told}, code="no_place")
        found = theirs[0]
    if not places.has_pin(found):
        raise Invalid(
            fields={"place_id": "Nobody knows where this is on the map. Set its pin first."},
            code="no_pin",
        )
    return found


def job_of(work: Work, wish: Wish, job_id: str, now: int) -> Job:
    """The wish as a job that nothing was promised for."""
    place = Place(float(wish.place.lat or 0.0), float(wish.place.lon or 0.0))
    if wish.visit is not None:
        job = replace(
            book_jobs.of_visit(_bare(wish.visit), place),
            place=place,
            due=seconds(wish.visit.due_at) if wish.visit.due_at else due_of(work, wish.ticket_id),
        )
        earliest = max(job.earliest, _after_needs(work, wish.visit, now))
        return replace(job, id=job_id, earliest=earliest, prefers=_known_to(work, wish.place))
    p50, p80 = visit_durations.expected(work, wish.kind.id)
    return Job(
        id=job_id,
        place=place,
        duration_s=p50,
        earliest=0,
        latest=book_jobs.FAR,
        skills=dict(wish.kind.skills),
        parts=dict(wish.kind.parts),
        crew=wish.kind.crew,
        prefers=_known_to(work, wish.place),
        priority=wish.kind.priority,
        due=due_of(work, wish.ticket_id),
        extra_s=p80 - p50,
    )


def due_of(work: Work, ticket_id: str | None) -> int | None:
    """Until when its ticket has to be resolved."""
    if ticket_id is None:
        return None
    for one in clocks.clocks_of(work, ticket_id):
        if one.name == "resolution" and one.state in ("running", "paused") and one.due_at:
            return seconds(one.due_at)
    return None


def windows(wish: Wish, given: Settings, now: int) -> list[Window]:
    """Every window of the days ahead that begins within what was asked for."""
    from helpdesk.field_service.slots import Window  # noqa: PLC0415  only who books pays for it

    zone = wish.place.zone or given.zone
    low = max(now, seconds(wish.from_at)) if wish.from_at else now
    high = seconds(wish.to_at) if wish.to_at else book_jobs.FAR
    found = []
    for day in days.ahead(now, zone, given.days_ahead):
        for pair in pairs_of(wish.kind, given, day):
            if wish.part in PARTS and (pair[0] < NOON) != (wish.part == "morning"):
                continue
            starts, ends = days.span(day, pair, zone)
            if (low <= starts < high or starts <= low < ends) and starts < ends:
                found.append(Window(f"{day.isoformat()} {pair[0]}", starts, ends))
    return found


def pairs_of(kind: VisitType, given: Settings, day: date) -> list[list[str]]:
    """The windows of a day; a kind with a length of its own has them one after the other."""
    usual = given.by_weekday.get(str(day.weekday()), [])
    if kind.window_s is None or not usual:
        return [list(pair) for pair in usual]
    length = max(kind.window_s // 60, 15)
    first, last = days.minute_of(usual[0][0]), days.minute_of(usual[-1][1])
    starts = range(first, max(last - length, first) + 1, length)
    return [[_clock(at), _clock(at + length)] for at in starts]


def must_be_movable(visit: Visit) -> None:
    if not steps.may_be_replanned(visit.state):
        raise Conflict(
            f"This visit is {steps.WORDS[visit.state]} and can't be moved.", code="no_such_step"
        )


def _bare(visit: Visit) -> Any:
    """The visit as if nothing had been promised yet."""
    names = [column.name for column in Visit.__table__.columns]
    values: dict[str, Any] = {name: getattr(visit, name) for name in names}
    values |= {"window_starts_at": None, "window_ends_at": None, "lat": None, "lon": None}
    return _Row(values)


class _Row:
    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


def _after_needs(work: Work, visit: Visit, now: int) -> int:
    """Not before what has to come first: other visits are over, parts have come.

    Conflict (`waits`) while one of them has no time yet.
    """
    earliest = 0
    needed = select(VisitNeeds).where(VisitNeeds.visit_id == visit.id, VisitNeeds.met_at.is_(None))
    for need in work.session.scalars(needed):
        if need.needs_visit_id is not None:
            ends = work.session.scalars(
                select(RouteStop.ends_at).where(RouteStop.visit_id == need.needs_visit_id)
            ).all()
            if not ends:
                raise Conflict("What has to be done before is not planned yet.", code="waits")
            earliest = max(earliest, *(seconds(at) for at in ends))
        elif need.expected_on is None:
            raise Conflict("Nobody knows yet when its part will come.", code="waits")
        else:  # it is in the van on the morning after
            day = need.expected_on + timedelta(days=1)
            earliest = max(earliest, days.begins(day, 0, settings.get(work).zone))
    return earliest


def _known_to(work: Work, place: VisitPlace) -> str | None:
    """Who was there last."""
    return work.session.scalar(
        select(RouteStop.technician_id)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .where(Visit.place_id == place.id, Visit.state == "done", RouteStop.is_lead)
        .order_by(Visit.created_at.desc())
        .limit(1)
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
