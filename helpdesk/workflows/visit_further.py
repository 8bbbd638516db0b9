"""While a customer decides: windows that were missed by little are solved anew, and what opens is
put beside the others.

A worker's job, for two seconds of its own time at most, with no transaction open while it thinks;
without a worker there are simply no further windows. A few visits of that day move to make room:
none leaves its promised window, none changes its day. How the day would then look is kept with the
offer, and is only done when somebody accepts it (`visit_rearranging`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from helpdesk.core.actors import system
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import book_jobs, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.events import SlotsFound
from helpdesk.field_service.models import SlotAsk, SlotOffer, Visit, VisitPlace
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.plan import Job, Plan, Route
from helpdesk.field_service.settings import Settings
from helpdesk.workflows import visit_offering
from helpdesk.workflows.visit_wishes import Wish

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book
    from helpdesk.field_service.slots import NearMiss, Slot

ACTOR = system("visits")
MOST_S = 2.0  # of the processor, for one question
EACH_S = 0.7
MOST_FOUND = 3
MOST_ROUTES = 8
MOST_MOVED = 3


@dataclass(frozen=True, slots=True)
class Found:
    """A window that opens when these routes are driven so."""

    slot: Slot
    moves: Mapping[str, list[str]]


def run(event_id: str) -> None:
    """The job of a worker: the one question of this event."""
    with reading(ACTOR) as work:
        facts = work.session.scalar(select(EventRow.facts).where(EventRow.id == event_id))
    if facts:
        look(str(facts["ask_id"]))


def look(ask_id: str) -> int:
    """How many windows were found on top."""
    from helpdesk.field_service import book  # noqa: PLC0415  only who books pays for it

    with reading(ACTOR) as work:
        ask = work.session.get(SlotAsk, ask_id)
        if ask is None or ask.state != "looking":
            return 0
        given, now = settings.get(work), seconds(work.at)
        seen = book.look(work, given)
    job = book_jobs.from_json(ask.wanted["job"])
    found = search(visit_offering.without(seen, job.id), job, ask.wanted["missed"], now, given)
    with begin(ACTOR) as work:
        return _write(work, ask, job, found, seen, given)


def search(seen: Book, job: Job, missed: Any, now: int, given: Settings) -> list[Found]:
    """The nearest misses first, until the time is used up."""
    from helpdesk.field_service import slots  # noqa: PLC0415  only who books pays for it

    began, found = time.thread_time(), list[Found]()
    windows = [slots.Window(*one) for one in missed]
    rules = visit_offering.rules(given)
    for near in slots.near_misses(seen.board, job, windows, now, rules):
        left = MOST_S - (time.thread_time() - began)
        if left <= 0 or len(found) >= MOST_FOUND:
            break
        one = _solved(seen, job, near, min(left, EACH_S), now + rules.lead_s)
        if one is not None:
            found.append(one)
    return found


def _solved(seen: Book, job: Job, near: NearMiss, most_s: float, soonest: int) -> Found | None:
    """That day with the job in it, where its visits can be told so."""
    from helpdesk.field_service import improving  # noqa: PLC0415  only who books pays for it
    from helpdesk.field_service.weights import STEADY  # noqa: PLC0415

    wanted = job.within(max(near.window.starts, soonest), near.window.ends)
    wanted = replace(wanted, priority=1, promised=False)
    routes = _around(seen, near.shift_id, job)
    if wanted.earliest > wanted.latest or not routes or job.crew > 1 or job.after:
        return None
    plan, began = Plan({one.shift.id: one for one in routes}, (wanted,)), time.thread_time()

    def spent() -> float:
        return (time.thread_time() - began) / most_s

    made = improving.improve(
        plan, seen.board.travel, spent=spent, weights=STEADY, change_budget=MOST_MOVED
    )
    where = made.shifts_of(job.id)
    if not where:
        return None
    moves = {
        shift: [one.id for one in route.jobs]
        for shift, route in made.routes.items()
        if [one.id for one in route.jobs] != [one.id for one in plan.routes[shift].jobs]
    }
    return Found(_slot(seen, made, plan, job, where[0], near), moves)


def _around(seen: Book, shift_id: str, job: Job) -> list[Route]:
    """The routes of that day that may be changed, the nearest to the job first."""
    day = shift_id.partition("/")[2]
    routes = [
        route
        for shift, route in seen.board.plan.routes.items()
        if shift.partition("/")[2] == day and _is_free(seen, shift, route)
    ]
    travel = seen.board.travel

    def way(route: Route) -> int:
        stops = [route.shift.origin, *(one.place for one in route.jobs)]
        return min(travel.seconds(stop, job.place, route.shift.leaves) for stop in stops)

    return sorted(routes, key=lambda one: (one.shift.id != shift_id, way(one)))[:MOST_ROUTES]


def _is_free(seen: Book, shift: str, route: Route) -> bool:
    """Nobody holds a window in it, nobody locked it, no crew ties it to another."""
    if seen.route(shift).is_locked or any(job.crew > 1 or job.after for job in route.jobs):
        return False
    return all(stop.state != "held" for stop in seen.stops.get(shift, ()))


def _slot(seen: Book, made: Plan, plan: Plan, job: Job, shift: str, near: NearMiss) -> Slot:
    from helpdesk.field_service import slots, timing  # noqa: PLC0415

    travel, route = seen.board.travel, made.routes[shift]
    position = next(n for n, one in enumerate(route.jobs) if one.id == job.id)
    starts = timing.day(route, travel).stops[position].starts
    slack = timing.slack(route, travel)[position]
    after, before = (
        sum(timing.day(one, travel).travel_s for one in whole.routes.values())
        for whole in (made, plan)
    )
    return slots.Slot(
        window=near.window,
        day=route.shift.day,
        shifts=(shift,),
        technicians=(route.shift.technician_id,),
        positions=(position,),
        starts=starts,
        added_travel_s=after - before,
        slack_left_s=slack,
        uses_last_slack=slack < slots.Rules().last_slack_s,
        before_due=job.due is None or starts + job.duration_s <= job.due,
        preferred=job.prefers == route.shift.technician_id,
        travel_source=travel.source,
    )


def _write(
    work: Work, ask: SlotAsk, job: Job, found: list[Found], seen: Book, given: Settings
) -> int:
    """The question is done; what was found stands beside what it had."""
    taken = work.session.execute(
        update(SlotAsk)
        .where(SlotAsk.id == ask.id, SlotAsk.state == "looking")
        .values(state="done")
        .returning(SlotAsk.id)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None or not found:
        return 0
    wish, ids = _wish(work, ask), list[str]()
    for one in found:
        row = visit_offering.write(work, wish, ask.id, job, one.slot, seen, given)
        row.planned = {
            **row.planned,
            "job_id": job.id,
            "moves": dict(one.moves),
            "versions": {shift: seen.route(shift).version for shift in one.moves},
        }
        row.made_by = _asker(work, ask) or row.made_by
        ids.append(row.id)
    work.emit(SlotsFound(ask_id=ask.id, slot_ids=ids))
    return len(ids)


def _wish(work: Work, ask: SlotAsk) -> Wish:
    wanted = ask.wanted
    return Wish(
        customer_id=ask.customer_id,
        kind=work.session.get_one(VisitType, wanted["visit_type_id"]),
        place=work.session.get_one(VisitPlace, wanted["place_id"]),
        source=wanted["source"],
        ticket_id=wanted["ticket_id"],
        visit=work.session.get(Visit, wanted["visit_id"]) if wanted["visit_id"] else None,
    )


def _asker(work: Work, ask: SlotAsk) -> str | None:
    """Who asked: a technician sees their own offers alone."""
    return work.session.scalar(
        select(SlotOffer.made_by).where(SlotOffer.asked_id == ask.id).limit(1)
    )
