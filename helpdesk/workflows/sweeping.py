"""What falls due by itself: deadlines, dead browsers, wrap-ups, overflow, matches that were missed.

Each duty looks on a read-only session first and opens one small transaction per thing that is due,
so that a thousand expiries never hold one lock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.core.actors import system
from helpdesk.core.work import Work, begin, reading
from helpdesk.routing import assignments, floor, offers, presence, waits
from helpdesk.routing import service as routing
from helpdesk.routing.matching import fitting_signed_in
from helpdesk.routing.models import AgentState, Assignment, Offer, WorkItem
from helpdesk.routing.overflow import Conditions, overflow_rule
from helpdesk.workflows import (
    call_repair,
    callback_windows,
    calling,
    calling_back_due,
    calling_together,
    desk,
    telephone_dialled,
    telephone_recording,
)

SWEEPER = system("sweeper")
T = TypeVar("T")


def expire_offers() -> None:
    """Offers past their deadline end, and their items are offered on.

    So are tickets and the like that somebody cannot take any more, being in a call.
    """
    with reading(SWEEPER) as work:
        due = [offer.id for offer in offers.overdue(work)]
        beside = [offer.id for offer in offers.beside_calls(work)]
    _each(due, _expire_offer)
    _each(beside, _own(_offer_on))


def _offer_on(work: Work, offer_id: str) -> None:
    item = offers.end_offer(work, work.session.get_one(Offer, offer_id), "withdrawn", "in_a_call")
    if item is not None and item.state == "waiting":
        routing.look_for_agent(work, item)


def _expire_offer(offer_id: str) -> None:
    with begin(SWEEPER) as work:
        offer = work.session.get_one(Offer, offer_id)
        item = offers.expire(work, offer)
        if item is not None and item.state == "waiting":
            routing.look_for_agent(work, item)


def notice_dead_browsers() -> None:
    """Sockets of silent processes are closed, offers of agents who are gone withdrawn."""
    with reading(SWEEPER) as work:
        silent = [row.sid for row in presence.connections_of_silent_processes(work)]
        stranded = work.session.scalars(
            select(Offer.agent_id)
            .join(AgentState, AgentState.user_id == Offer.agent_id)
            .where(Offer.state == "live", AgentState.connected.is_(False))
            .distinct()
        ).all()
    _each(silent, _close)
    _each(stranded, _take_back)


def _close(sid: str) -> None:
    with begin(SWEEPER) as work:
        desk.disconnect(work, sid)


def _take_back(agent_id: str) -> None:
    with begin(SWEEPER) as work:
        desk.withdraw_offers(work, agent_id, "browser_gone")


def requeue_lost_contacts() -> None:
    """Contacts kept long enough for a vanished browser go back to the front of the line."""
    _each(_due(assignments.lost_too_long), _requeue_lost)


def _requeue_lost(assignment_id: str) -> None:
    with begin(SWEEPER) as work:
        assignment, item = _locked(work, assignment_id)
        still = assignment.lost_at is not None and assignment.contact_ended_at is None
        if still and item.state == "assigned":
            desk.requeue_lost(work, assignment, item)


def mend_calls() -> None:
    """Lines of calls whose pages are gone: first noted, then given up one party at a time."""
    with reading(SWEEPER) as work:
        at = work.at
        silent_since = at - timedelta(seconds=presence.PROCESS_SILENT_S)
        silent = [leg.sid for leg in calls.carried_by_silent(work, silent_since) if leg.sid]
        agents = _gone(work, at - timedelta(seconds=calling.AGENT_KEPT_S), "agent")
        callers = _gone(work, at - timedelta(seconds=calling.CALLER_KEPT_S), "caller")
        others = [
            leg_id
            for party in ("colleague", "supervisor")
            for leg_id in _gone(work, at - timedelta(seconds=calling.AGENT_KEPT_S), party)
        ]
    _each(silent, _own(call_repair.lose_with_process))
    _each(agents, _own(_requeue_call))
    _each(callers, _own(calling.give_up_caller))
    _each(others, _own(calling_together.drop_colleague))


def _gone(work: Work, before: datetime, party: str) -> list[str]:
    return [leg.id for leg in calls.gone(work, before=before, party=party)]


def _own(do: Callable[[Work, str], None]) -> Callable[[str], None]:
    def run(thing: str) -> None:
        with begin(SWEEPER) as work:
            do(work, thing)

    return run


def _requeue_call(work: Work, leg_id: str) -> None:
    """Its agent never came into the call, or is gone: the caller goes to the front of the line."""
    leg = calling.held_leg(work, leg_id)
    if leg is None:
        return
    item = routing.item_of(work, "conversation", leg.conversation_id)
    assignment = assignments.open_for_item(work, item.id) if item else None
    still = leg.state == "ringing" or (leg.state == "joined" and leg.lost_at is not None)
    if item is None or assignment is None or not still:
        return
    if telephone_dialled.page_lost(work, leg):
        return
    if item.state == "assigned" and assignment.contact_ended_at is None:
        desk.requeue_lost(work, assignment, item)


def ring_back() -> None:
    """Callbacks whose time has come stand in line, as do those whose agent is gone."""
    kept = timedelta(seconds=assignments.KEPT_FOR_LOST_BROWSER_S)
    longest = timedelta(seconds=assignments.TICKET_KEPT_FOR_LOST_BROWSER_S)
    with reading(SWEEPER) as work:
        due = calling_back_due.due(work)
        lost = calling_back_due.lost(work, work.at - kept)
        left_open = calling_back_due.left_open(work, work.at - longest)
        late = callback_windows.past_window(work)
    _each(due, _own(calling_back_due.put_in_line))
    _each(late, _own(callback_windows.put_off))
    _each(lost, _requeue_lost)
    _each(left_open, _own(calling_back_due.end_left_open))


def end_wrap_ups() -> None:
    """Wrap-ups that used up their time end, and their agents get the next work."""
    _each(_due(assignments.past_wrap_up), _end_wrap_up)


def _end_wrap_up(assignment_id: str) -> None:
    with begin(SWEEPER) as work:
        assignment, item = _locked(work, assignment_id)
        if assignment.finished_at is None:
            assignments.end_by_time_limit(work, assignment, item)
            routing.look_for_work(work, assignment.agent_id)


def settle() -> None:
    """Whatever waits beside somebody who fits is offered: missed, relaxed, lapsed."""
    with reading(SWEEPER) as work:
        if not routing.anything_to_settle(work):
            return
    with begin(SWEEPER) as work:
        routing.settle(work)


def overflow() -> None:
    """Waiting items whose queue's overflow rule holds move on."""
    with reading(SWEEPER) as work:
        moves = _overflowing(work)
    _each(moves, _move)


def _move(one: tuple[str, str, str]) -> None:
    item_id, to_queue, why = one
    with begin(SWEEPER) as work:
        item = work.session.scalar(select(WorkItem).where(WorkItem.id == item_id).with_for_update())
        if item is not None and item.state == "waiting":
            routing.move(work, item, to_queue, f"overflow:{why}")
            if item.channel == "call":
                telephone_recording.overflowed(work, item.subject_id)
            routing.look_for_agent(work, item)


def _overflowing(work: Work) -> list[tuple[str, str, str]]:
    queues = floor.queues(work)
    ruled = [q for q, value in queues.items() if value.overflow]
    if not ruled:
        return []
    rows = floor.waiting(work, ruled, limit=500)
    if not rows:
        return []
    people = floor.agents(work, {q for r in ruled for q in floor.reachable(queues[r])})
    now = floor.epoch(work.at)
    lengths = waits.lengths(work)
    moves: list[tuple[str, str, str]] = []
    # The latest first: a line that is too long gives away its end, and only what is too much.
    for row in reversed(rows):
        value = floor.item_value(row)
        seen = Conditions(
            age=now - value.waiting_since,
            queue_length=lengths.get(row.queue_id, 0),
            estimated_wait=(row.shown or row.promised or {}).get("p50"),
            fitting_signed_in=fitting_signed_in(value, people, queues, now),
        )
        rule = overflow_rule(queues[row.queue_id].overflow, seen, row.been_in)
        target = routing.find_queue(work, str(rule.to)) if rule else None
        if rule is not None and target is not None:
            lengths[row.queue_id] = lengths.get(row.queue_id, 0) - 1
            moves.append((row.id, target.id, rule.when))
    return moves[::-1]


def _each(things: Sequence[T], do: Callable[[T], None]) -> None:
    """One after the other, each in its own transaction; one that fails holds up none behind it."""
    failed: Exception | None = None
    for thing in things:
        try:
            do(thing)
        except Exception as error:
            failed = error
    if failed is not None:
        raise failed  # the sweeper writes it down; all of it is looked at again next time


def _due(find: Callable[[Work], object]) -> list[str]:
    with reading(SWEEPER) as work:
        return [assignment.id for assignment, _ in find(work)]  # type: ignore[attr-defined]


def _locked(work: Work, assignment_id: str) -> tuple[Assignment, WorkItem]:
    """Item first, then assignment: the order of locks everywhere."""
    found = work.session.get_one(Assignment, assignment_id)
    item = work.session.get_one(WorkItem, found.work_item_id, with_for_update=True)
    assignment = work.session.get_one(
        Assignment, assignment_id, with_for_update=True, populate_existing=True
    )
    return assignment, item
