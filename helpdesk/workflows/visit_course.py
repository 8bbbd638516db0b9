"""What the steps of a visit mean for the ticket behind it: its state, its clocks, the promise.

Booked: the ticket waits for the visit. On the way and on site: the time is the technician's. Over:
the ticket is open again for whoever has it, or resolved where the technician says so. A
window that nobody came in is a broken promise and, where the house wants that, a complaint.
Whoever may take the step may see the visit; the ticket follows in the name of the house, since a
technician or customer can't change tickets. Order of locks: work item, ticket, visit, routes. Not
for finding a time (`visit_booking`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import select

from helpdesk.clocks import promises as clocks
from helpdesk.clocks import service as ledger
from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, HelpdeskError
from helpdesk.core.work import Work, begin
from helpdesk.field_service import drives, permissions, promises, service, settings
from helpdesk.field_service.models import Visit, VisitPromise
from helpdesk.tickets.lifecycle import is_done
from helpdesk.workflows import cases_line as line
from helpdesk.workflows import complaining

log = logging.getLogger(__name__)

ACTOR = system("visits")


def hold(work: Work, visit_id: str, version: int | None = None) -> Visit:
    """The visit, its ticket held before it."""
    seen = permissions.get_visible(work, visit_id)
    if seen.ticket_id is not None:
        _hold_ticket(work, seen.ticket_id)
    return service.hold(work, visit_id, version)


def promise(
    work: Work,
    visit: Visit,
    starts_at: datetime,
    ends_at: datetime,
    *,
    by_customer: bool = False,
    reason: str = "",
) -> VisitPromise:
    """The customer is promised a window: the ticket waits for it, its clock runs from its start."""
    made = promises.promise(work, visit, starts_at, ends_at, by_customer=by_customer, reason=reason)
    if visit.ticket_id is not None:
        _end_clock(work, visit)
        visit.appointment_clock_id = clocks.appointment(
            work, visit.ticket_id, begins_at=starts_at, ends_at=ends_at
        )
        _set_state(work, visit.ticket_id, "visit_booked", "a visit is booked")
    return made


def unplanned(work: Work, visit: Visit) -> None:
    """Taken out of the plan by us: what was promised is open still, until it is over or changed."""
    service.take_out(work, visit)


def depart(
    work: Work,
    visit_id: str,
    technician_id: str,
    *,
    at: datetime | None = None,
    eta: datetime | None = None,
    eta_source: str = "",
) -> Visit:
    visit = hold(work, visit_id)
    when = at or work.at
    service.depart(work, visit, technician_id, at=when, eta=eta, eta_source=eta_source)
    _book(work, visit, "travelling", when)
    return visit


def turn_back(work: Work, visit_id: str, *, at: datetime | None = None) -> Visit:
    """Not on the way after all."""
    visit = hold(work, visit_id)
    service.turn_back(work, visit)
    drives.forget(work, visit.id)
    _book(work, visit, "third_party", at or work.at)
    return visit


def arrive(work: Work, visit_id: str, technician_id: str, *, at: datetime | None = None) -> Visit:
    """On site; the appointment clock stops and the promise is settled."""
    visit = hold(work, visit_id)
    when = at or work.at
    service.arrive(work, visit, technician_id, at=when)
    drives.forget(work, visit.id)
    settled = promises.arrived(work, visit, when)
    _stop_clock(work, visit, when)
    _book(work, visit, "on_site", when)
    if settled is not None and settled.state == "broken":
        _complain(work, visit)
    return visit


def finish(
    work: Work,
    visit_id: str,
    technician_id: str,
    *,
    outcome: str,
    note: str = "",
    at: datetime | None = None,
) -> Visit:
    """Done. `outcome` solved resolves the ticket where nothing stands against it."""
    visit = hold(work, visit_id)
    when = at or work.at
    service.finish(work, visit, technician_id, at=when, outcome=outcome, note=note)
    _told_late(work, visit, when)
    _after(work, visit, "resolved" if outcome == "solved" else "open")
    return visit


def no_access(
    work: Work,
    visit_id: str,
    technician_id: str,
    *,
    note: str = "",
    at: datetime | None = None,
) -> Visit:
    """Nobody opened: we kept our word, and the customer has to say when."""
    visit = hold(work, visit_id)
    when = at or work.at
    service.no_access(work, visit, technician_id, at=when, note=note)
    drives.forget(work, visit.id)
    promises.arrived(work, visit, when)
    _stop_clock(work, visit, when)
    _told_late(work, visit, when)
    _after(work, visit, "open")
    return visit


def cancel(
    work: Work, visit_id: str, *, reason: str, by_customer: bool = False, version: int | None = None
) -> Visit:
    """Called off; the ticket is open again for whoever has it, unless it was done without."""
    visit = hold(work, visit_id, version)
    service.cancel(work, visit, reason=reason, by_customer=by_customer)
    drives.forget(work, visit.id)
    promises.withdraw(work, visit)
    _end_clock(work, visit)
    _after(work, visit, "open")
    return visit


def settle_overdue() -> None:
    """A duty of the sweeper: windows that are over while nobody is there."""
    with begin(ACTOR) as work:
        late = [(row.id, row.visit_id) for row in promises.overdue(work)]
    for promise_id, visit_id in late:
        try:
            with begin(ACTOR) as work:
                _settle(work, promise_id, visit_id)
        except HelpdeskError as error:  # one that can't be settled holds up none of the others
            log.warning("promise %s could not be settled: %s", promise_id, error.message)


def _settle(work: Work, promise_id: str, visit_id: str) -> None:
    visit = hold(work, visit_id)
    row = promises.open_of(work, visit_id)
    if row is None or row.id != promise_id or row.ends_at >= work.at:
        return
    promises.broken(work, row, visit)
    _complain(work, visit)


def open_visits(work: Work, ticket_id: str) -> list[Visit]:
    """Of a ticket: those that are not over."""
    return list(
        work.session.scalars(
            select(Visit).where(
                Visit.ticket_id == ticket_id,
                Visit.state.in_(("waiting", "booked", "travelling", "on_site")),
            )
        )
    )


def _told_late(work: Work, visit: Visit, at: datetime) -> None:
    """Over since a while, by a phone that had no net: what came after is no time on site."""
    if at < work.at:
        _book(work, visit, "third_party", at)


def _after(work: Work, visit: Visit, state: str) -> None:
    """The ticket goes on, unless another visit of it is still to come."""
    if visit.ticket_id is None or (visit.state == "cancelled" and _is_done(work, visit.ticket_id)):
        return
    others = [one for one in open_visits(work, visit.ticket_id) if one.id != visit.id]
    if any(one.window_starts_at is not None for one in others):
        _book(work, visit, "third_party", work.at)
        return
    try:
        _set_state(work, visit.ticket_id, state, f"the visit is {visit.state.replace('_', ' ')}")
    except HelpdeskError:
        # Its form wants values first, or a complaint goes on: an agent resolves it.
        _set_state(work, visit.ticket_id, "open", "the visit is over")


def _is_done(work: Work, ticket_id: str) -> bool:
    with for_the_house(work):
        return is_done(line.hold(work, ticket_id).ticket.state)


def _set_state(work: Work, ticket_id: str, state: str, why: str) -> None:
    with for_the_house(work):
        before = line.hold(work, ticket_id).ticket.state
        if before != state and not (is_done(before) and state != "open"):
            line.set_state(work, ticket_id, state, why=why)


def _book(work: Work, visit: Visit, party: str, at: datetime) -> None:
    """From `at` on the ticket's time is this party's; a ticket that is done has none."""
    if visit.ticket_id is None:
        return
    with for_the_house(work):
        state = line.hold(work, visit.ticket_id).ticket.state
        if is_done(state):
            return
        if state != "visit_booked":
            line.set_state(work, visit.ticket_id, "visit_booked", why="a technician is coming")
        ledger.book(work, visit.ticket_id, party, "visit_booked", at=at)


def _hold_ticket(work: Work, ticket_id: str) -> None:
    with for_the_house(work):
        line.hold(work, ticket_id)


def _end_clock(work: Work, visit: Visit) -> None:
    """Moved or called off; what has ended stays as it ended."""
    if visit.appointment_clock_id is None:
        return
    try:
        clocks.withdraw_appointment(work, visit.appointment_clock_id)
    except Conflict:
        log.info("the appointment clock of visit %s had ended", visit.id)
    visit.appointment_clock_id = None


def _stop_clock(work: Work, visit: Visit, at: datetime) -> None:
    if visit.appointment_clock_id is None:
        return
    try:
        clocks.arrived(work, visit.appointment_clock_id, at=at)
    except Conflict:
        log.info("the appointment clock of visit %s had ended", visit.id)


@contextmanager
def for_the_house(work: Work) -> Iterator[None]:
    """What follows from a step on the ticket is done by the program, not by whoever took it."""
    actor, work.actor = work.actor, ACTOR
    try:
        yield
    finally:
        work.actor = actor


def _complain(work: Work, visit: Visit) -> None:
    """A missed window is a complaint before anybody has to write one."""
    if visit.ticket_id is None or not settings.get(work).complains:
        return
    try:
        with for_the_house(work):
            complaining.open_on_ticket(work, visit.ticket_id)
    except Conflict:
        log.info("the ticket of visit %s is a complaint already, or went on in another", visit.id)
