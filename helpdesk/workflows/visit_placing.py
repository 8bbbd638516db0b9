"""A window's place in the plan: looked for as the plan is now, and taken by the routes' versions.

Whoever takes it has planned with versions of routes; where one of them moved on meanwhile, nothing
was done and it is looked again, in the same window, by whoever fits. So capacity is promised once,
however many ask, and a window that can be kept is kept. A place that is taken moves the later stops
of its route; their times are written with it. Not for what is promised (`visit_booking`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, update

from helpdesk.core.db import table_of
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work
from helpdesk.field_service import book_jobs, routes, service, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import RouteStop, SlotOffer, Visit
from helpdesk.field_service.plan import Job, Route, Timed
from helpdesk.field_service.routes import PlanMoved
from helpdesk.field_service.service import StopAt
from helpdesk.workflows import visit_offering, visit_rearranging
from helpdesk.workflows.visit_offering import instant

if TYPE_CHECKING:
    from helpdesk.field_service.book import Book
    from helpdesk.field_service.slots import Slot

TRIES = 60  # each lost one means that somebody else got a place
_PLANNED = (
    update(table_of(Visit))
    .where(
        Visit.id == bindparam("visit"),
        Visit.planned_at != bindparam("starts", type_=table_of(Visit).c.planned_at.type),
    )
    .values(planned_at=bindparam("starts", type_=table_of(Visit).c.planned_at.type))
)


class SlotGone(Conflict):
    """The window is full by now. `offer_id` leads to fresh ones (`visit_booking.offers_again`)."""

    code = "slot_gone"

    def __init__(self, offer_id: str) -> None:
        super().__init__("This window was taken meanwhile. Choose another one.")
        self.offer_id = offer_id


def hold(work: Work, offer: SlotOffer) -> None:
    """The window's place stands in the routes from now on, for this offer."""
    job = _inside(offer, offer.id)

    def take(seen: Book, slot: Slot) -> None:
        for technician, day in sorted(_keys(slot)):
            version = seen.route(_shift(technician, day)).version
            routes.advance(work, technician, day, version)
        offer.technician_ids, offer.day = list(slot.technicians), date.fromisoformat(slot.day)
        offer.planned, offer.job = visit_offering.planned(seen, slot), book_jobs.to_json(job)

    _taken(work, offer, job, (), take)


def must_fit(work: Work, offer: SlotOffer) -> None:
    """SlotGone where the window is full as things stand: asked before anything is written."""
    from helpdesk.field_service import book  # noqa: PLC0415  only who books pays for it

    seen = book.look(work)
    for one in (offer.id, offer.visit_id):
        seen = visit_offering.without(seen, one or "")
    job = _inside(offer, offer.id)
    fits = _fitting(seen, offer, job, seconds(work.at)) is not None
    if not fits and visit_rearranging.routes_of(seen, offer, job) is None:
        raise SlotGone(offer.id)


def give_back(work: Work, offer: SlotOffer) -> None:
    """A held window's place is free again."""
    for technician in sorted(offer.technician_ids):
        row = routes.find(work, technician, offer.day)
        if row is not None:
            routes.touch(work, row.id)


def put(work: Work, offer: SlotOffer, visit: Visit) -> None:
    """The visit stands in the window's routes, and in no other."""
    job = _inside(offer, visit.id)

    def take(seen: Book, slot: Slot) -> None:
        _put(work, seen, job, visit, slot)

    _taken(work, offer, job, (offer.id, visit.id), take)


def put_slot(work: Work, seen: Book, job: Job, visit: Visit, slot: Slot) -> None:
    """A held visit into a place that was looked for in `seen`; PlanMoved where that is old."""
    _put(work, seen, job, visit, slot)
    _retime(work, seen, job, slot, ())


def _put(work: Work, seen: Book, job: Job, visit: Visit, slot: Slot) -> None:
    versions = {(who, day): seen.route(_shift(who, day)).version for who, day in _keys(slot)}
    service.put_into(work, visit, _stops(seen, job, slot), versions)


def _taken(
    work: Work,
    offer: SlotOffer,
    job: Job,
    instead_of: Sequence[str],
    take: Callable[[Book, Slot], None],
) -> None:
    """Look and take until a look was still true; SlotGone when there is nothing to be had."""
    from helpdesk.field_service import book  # noqa: PLC0415  only who books pays for it

    given = settings.get(work)
    for _ in range(TRIES):
        seen = book.look(work, given)
        for one in instead_of:
            seen = visit_offering.without(seen, one)
        slot, made = _fitting(seen, offer, job, seconds(work.at)), list[Route]()
        if slot is None:
            made = visit_rearranging.routes_of(seen, offer, job) or []
            if not made:
                break
            slot = visit_rearranging.slot_of(seen, made, offer, job)
        try:
            with work.attempt():
                if made:
                    seen = _with_room(work, seen, made, job)
                take(seen, slot)
                _retime(work, seen, job, slot, made)
            return
        except PlanMoved:
            continue
    raise SlotGone(offer.id)


def _with_room(work: Work, seen: Book, made: Sequence[Route], job: Job) -> Book:
    """The book once the others have moved, and the job not yet in it."""
    versions = visit_rearranging.move_others(work, seen, made, job)
    routes_now = {
        shift: replace(seen.route(shift), version=version) for shift, version in versions.items()
    }
    board = seen.board.with_route(*(one.without(job.id) for one in made))
    return replace(seen, board=board, routes={**seen.routes, **routes_now})


def _fitting(seen: Book, offer: SlotOffer, job: Job, now: int) -> Slot | None:
    from helpdesk.field_service import slots  # noqa: PLC0415  only who books pays for it

    window = slots.Window("", seconds(offer.starts_at), seconds(offer.ends_at))
    one = slots.Rules(fewest=1, most=1, days=1)
    found = slots.offers(seen.board, job, [window], now, one).items
    return found[0] if found else None


def _inside(offer: SlotOffer, job_id: str) -> Job:
    job = replace(book_jobs.from_json(offer.job), id=job_id, promised=True)
    return job.within(seconds(offer.starts_at), seconds(offer.ends_at))


def _keys(slot: Slot) -> list[tuple[str, date]]:
    day = date.fromisoformat(slot.day)
    return [(technician, day) for technician in slot.technicians]


def _shift(technician_id: str, day: date) -> str:
    return f"{technician_id}/{day.isoformat()}"


def _stops(seen: Book, job: Job, slot: Slot) -> list[StopAt]:
    return [
        StopAt(
            technician,
            day,
            instant(slot.starts),
            instant(slot.starts + job.duration_s),
            travel_source=slot.travel_source,
            is_lead=number == 0,
        )
        for number, (technician, day) in enumerate(_keys(slot))
    ]


def _retime(work: Work, seen: Book, job: Job, slot: Slot, others: Sequence[Route] = ()) -> None:
    """Write the times that all stops of these routes have with the job among them."""
    from helpdesk.field_service import slots, timing  # noqa: PLC0415  only who books pays for it

    _, with_it = slots.accepted(seen.board, job, slot)
    board = seen.board.with_route(*with_it)
    shifts = dict.fromkeys([*slot.shifts, *(one.shift.id for one in others)])
    told: dict[tuple[str, str], tuple[int, Timed]] = {}
    for shift in shifts:
        row = board.rows[board.index[shift]]
        route = row.route
        for place, stop in enumerate(timing.day(row.tied, board.travel).stops):
            if place >= route.frozen:
                told[stop.job_id, route.shift.technician_id] = place, stop
    work.session.flush()
    starts = {name: stop.starts for (name, _), (_, stop) in told.items()}
    for stand in work.session.scalars(
        select(RouteStop).where(RouteStop.visit_id.in_(sorted(starts)))
    ):
        found = told.get((stand.visit_id, stand.technician_id))
        if found is not None:
            stand.position, stop = found
            stand.starts_at, stand.ends_at = instant(stop.starts), instant(stop.ends)
            stand.travel_s = stop.travel_s
    planned = [{"visit": name, "starts": instant(at)} for name, at in sorted(starts.items())]
    work.sql.execute(_PLANNED, planned)
    for one in planned:
        work.told(Visit, str(one["visit"]), planned_at=one["starts"])
    _retime_held(work, starts)


def _retime_held(work: Work, starts: Mapping[str, int]) -> None:
    """Held windows of these routes, whose jobs have the names of their offers."""
    for offer in work.session.scalars(
        select(SlotOffer).where(SlotOffer.state == "held", SlotOffer.id.in_(sorted(starts)))
    ):
        if offer.planned.get("starts") != starts[offer.id]:
            offer.planned = {**offer.planned, "starts": starts[offer.id]}
