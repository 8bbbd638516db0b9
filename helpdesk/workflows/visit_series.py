"""A job of several days: when its first day is booked, the others are planned after it.

Each day is a visit of its own in one series, on the next working days of the same technician where
that can be, and waits for the one before it. A day that finds no place stays waiting, for a person
to plan; its first day is promised all the same. When the first day is moved, the others follow.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Emitted, Work
from helpdesk.field_service import days, routes, service, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_crew import VisitType
from helpdesk.workflows import visit_course, visit_placing

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book
    from helpdesk.field_service.plan import Job

log = logging.getLogger(__name__)

ACTOR = system("series")
EVENTS = ("visit.booked", "visit.moved", "visit.cancelled")
LOOKED_AHEAD = 10  # days of the calendar after the day before
TRIES = 5


def hear(work: Work, emitted: list[Emitted]) -> None:
    """A reaction: days of a job follow its first one."""
    actor, work.actor = work.actor, ACTOR
    try:
        for one in emitted:
            visit = work.session.get(Visit, one.event.visit_id)  # type: ignore[attr-defined]
            if visit is not None:
                _follow(work, visit, one.event.kind)
    finally:
        work.actor = actor


def _follow(work: Work, visit: Visit, kind: str) -> None:
    if visit.series_place != 0:
        return  # a later day: it was planned by itself, or a person moved it
    if kind == "visit.cancelled":
        for one in rest_of(work, visit):
            if one.state in ("waiting", "booked"):
                visit_course.cancel(work, one.id, reason="The first day is off.")
        return
    count = work.session.get_one(VisitType, visit.visit_type_id).days
    if count < 2 or visit.state != "booked":
        return
    if visit.series_id is None:
        _begin(work, visit, count)
    _plan_rest(work, visit)


def rest_of(work: Work, first: Visit) -> Sequence[Visit]:
    """The later days of a series in order."""
    if first.series_id is None:
        return ()
    wanted = select(Visit).where(Visit.series_id == first.series_id, Visit.series_place > 0)
    return work.session.scalars(wanted.order_by(Visit.series_place)).all()


def _begin(work: Work, first: Visit, count: int) -> None:
    """The visits of the later days, each waiting for the one before."""
    held = service.hold(work, first.id)
    held.series_id = new_id()
    kind = work.session.get_one(VisitType, first.visit_type_id)
    before = held
    for place in range(1, count):
        made = service.make(
            work,
            kind,
            customer_id=first.customer_id,
            place_id=first.place_id,
            source="plan",
            ticket_id=first.ticket_id,
            asset_id=first.asset_id,
            note=first.note,
            priority=max(first.priority, 2),  # only its first day is an emergency
            duration=(first.duration_s, first.duration_p80_s),
            series_id=held.series_id,
            series_place=place,
        )
        service.need(work, made, visit_id=before.id)
        before = made


def _plan_rest(work: Work, first: Visit) -> None:
    """One after the other, each on a later day; who did the day before is asked first."""
    before = first
    for one in rest_of(work, first):
        if one.state not in ("waiting", "booked"):
            before = one
            continue
        held = service.hold(work, one.id)
        if held.state == "booked":
            if _is_after(work, held, before):
                before = held
                continue
            service.take_out(work, held)
        if before.planned_at is None or not _placed(work, held, before):
            log.info("day %s of series %s found no place", one.series_place, one.series_id)
        before = held


def _is_after(work: Work, visit: Visit, before: Visit) -> bool:
    """On a later day by the wall where the plan is made."""
    if visit.planned_at is None or before.planned_at is None:
        return False
    zone = settings.get(work).zone
    return days.day_of(seconds(visit.planned_at), zone) > days.day_of(
        seconds(before.planned_at), zone
    )


def _placed(work: Work, visit: Visit, before: Visit) -> bool:
    for _ in range(TRIES):
        try:
            with work.attempt():
                return _place(work, visit, before)
        except routes.PlanMoved:
            continue
    return False


def _place(work: Work, visit: Visit, before: Visit) -> bool:
    # Only where there is a job of several days; the relay has no need of it otherwise.
    from helpdesk.field_service import book, day_plan  # noqa: PLC0415

    assert before.planned_at is not None
    given = settings.get(work)
    seen = book.look(work, given)
    who = [one.technician_id for one in service.stops_of(work, before.id)]
    job = day_plan.job_of(work, visit.id)
    if job is None:
        return False
    start = days.day_of(seconds(before.planned_at), given.zone)
    for same in (True, False):
        for n in range(1, LOOKED_AHEAD + 1):
            day = start + timedelta(days=n)
            if day in seen.days and _on(work, seen, visit, job, day, who if same else None):
                return True
    return False


def _on(
    work: Work, seen: Book, visit: Visit, job: Job, day: date, who: Sequence[str] | None
) -> bool:
    """Into the earliest room of that day, of these technicians or of anybody."""
    from helpdesk.field_service import slots  # noqa: PLC0415  as above

    zone = settings.get(work).zone
    window = slots.Window("", days.begins(day, 0, zone), days.begins(day, 23 * 60, zone))
    wanted = job if who is None else replace(job, only=frozenset(who))
    rules = slots.Rules(fewest=1, most=1, days=1)
    found = slots.offers(seen.board, wanted, [window], seconds(work.at), rules).items
    if not found:
        return False
    visit_placing.put_slot(work, seen, wanted, visit, found[0])
    return True
