"""Callbacks on both databases: the place is kept, nobody is rung twice, nobody is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from helpdesk.calendars import service as calendars
from helpdesk.calls import queries as calls
from helpdesk.calls.models import Callback
from helpdesk.calls.windows import Window
from helpdesk.channels.models import Conversation, Message, Visitor
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import finding
from helpdesk.customers.models import ContactPoint, TimelineEntry
from helpdesk.routing import queue_figures, setup
from helpdesk.routing.models import Queue, WorkItem
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    calling,
    calling_back,
    calling_off,
    calling_states,
    chat,
    desk,
    sweeping,
)
from tests.workflows.people import (
    SETUP,
    Floor,
    add_person,
    come_in,
    make_floor,
    offer_of,
    start_chat,
)
from tests.workflows.test_calling import at, rings
from tests.workflows.test_races import at_once

ACTIVE = Conversation.state == "active"

NUMBER, OTHER = "+49 30 1234567", "+49 30 7654321"


def lays_down(rung: calling.Rung, number: str = NUMBER) -> str:
    with begin(Actor("visitor", rung.visitor_id)) as work:
        return calling_back.instead_of_waiting(work, rung.conversation_id, number).id


def asks(
    floor: Floor, visitor_id: str | None = None, number: str = NUMBER, **given: object
) -> tuple[str, str]:
    """The callback's conversation and the visitor, if there is one."""
    with begin(Actor("visitor", visitor_id or "new")) as work:
        site = chat.site_by_id(work, floor.site_id)
        visitor = work.session.get(Visitor, visitor_id) if visitor_id else None
        made, asking, _ = calling_back.ask_from_page(
            work,
            site,
            visitor,
            number=number,
            **given,  # type: ignore[arg-type]
        )
        return made.id, asking.id if asking else ""


def accepts(agent: Actor) -> None:
    with begin(agent) as work:
        offer_id = offer_of(work, agent)
        assert offer_id
        desk.accept_offer(work, offer_id)


def test_who_lays_the_phone_down_keeps_the_place_and_is_rung_in_turn(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        first = rings(floor, name="Kim", about="My bill")
    with clock.moved_to(at(60)):
        rings(floor)
    with clock.moved_to(at(90)):
        callback = lays_down(first)
        with reading(SETUP) as work:
            item = work.session.get_one(WorkItem, first.work_item_id)
            assert (item.subject_id, item.waiting_since) == (callback, at(0))
            assert calls.get_call(work, first.conversation_id).ended_why == "callback"
            kinds = work.session.scalars(select(EventRow.kind)).all()
            assert "work.left" not in kinds  # it is no abandonment
    with clock.moved_to(at(120)):
        come_in(floor.anna)
        accepts(floor.anna)
    with clock.moved_to(at(130)), begin(floor.anna) as work:
        with pytest.raises(Conflict, match="whether you reached"):
            desk.end_by_agent(work, callback)
        calling_back.reached(work, callback)
    with clock.moved_to(at(190)), begin(floor.anna) as work:
        desk.end_by_agent(work, callback)
        desk.finish_wrap_up(work, callback, outcome="resolved")
    with reading(floor.anna) as work:
        call = calls.get_call(work, callback)
        assert (call.direction, call.talk_s) == ("out", 60)
        conversation = work.session.get_one(Conversation, callback)
        assert conversation.answered_at == at(130)
        phones = work.session.scalars(
            select(ContactPoint.value).where(ContactPoint.kind == "phone")
        ).all()
        assert phones == ["+49301234567"]


def test_nobody_answers_twice_then_somebody_writes_instead(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        come_in(floor.anna)
        callback, _ = asks(floor)
    now = at(0)
    for wait in (timedelta(minutes=10), timedelta(hours=1)):
        with clock.moved_to(now):
            accepts(floor.anna)
            with begin(floor.anna) as work:
                assert calling_back.not_reached(work, callback, "no_answer") == now + wait
            sweeping.ring_back()
            with reading(floor.anna) as work:
                assert offer_of(work, floor.anna) is None
        now += wait
        with clock.moved_to(now):
            sweeping.ring_back()
    with clock.moved_to(now):
        accepts(floor.anna)
        with begin(floor.anna) as work:
            assert calling_back.not_reached(work, callback, "busy") is None
    with reading(floor.anna) as work:
        assert work.session.get_one(Callback, callback).state == "failed"
        waited = work.session.scalars(
            select(WorkItem).where(WorkItem.waiting_since != WorkItem.ended_waiting_at)
        ).all()
        assert waited == []  # what passed between the tries was no wait
        assert work.session.scalars(select(Ticket.subject)).one().startswith("Not reached")
        written = select(Message).where(Message.text.contains("Please write instead"))
        assert work.session.scalars(written).one().public is False


def test_the_same_number_asked_for_twice_is_rung_once(database: object) -> None:
    floor = make_floor()
    callback, visitor = asks(floor)
    assert asks(floor, visitor)[0] == callback
    assert asks(floor) == (callback, "")  # nor for a stranger, of whom nothing is kept
    rung = rings(floor)
    assert lays_down(rung) == callback
    with reading(SETUP) as work:
        assert calls.get_call(work, rung.conversation_id).ended_why == "callback"
        item = work.session.get_one(WorkItem, rung.work_item_id)
        assert (item.state, item.ended_waiting_at) == ("done", None)
        assert len(work.session.scalars(select(Callback)).all()) == 1
        assert len(work.session.scalars(select(Visitor)).all()) == 2


def test_L10_two_strangers_who_ask_for_one_number_at_once_make_one_callback(
    database: object,
) -> None:
    floor = make_floor()
    found = at_once(*[partial(asks, floor)] * 4)
    assert len({callback for callback, _ in found}) == 1
    with reading(SETUP) as work:
        assert len(work.session.scalars(select(WorkItem)).all()) == 1


def calls_off(visitor_id: str, callback: str) -> None:
    with begin(Actor("visitor", visitor_id)) as work:
        calling_off.by_visitor(work, work.session.get(Visitor, visitor_id), callback)


def test_who_asked_calls_it_off_and_it_is_neither_an_answer_nor_an_abandonment(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        callback, kim = asks(floor)
        _, other = asks(floor, number=OTHER)
    with clock.moved_to(at(30)):
        with pytest.raises(NotFound):
            calls_off(other, callback)
        calls_off(kim, callback)
        calls_off(kim, callback)
        with reading(SETUP) as work:
            told = work.session.scalars(select(TimelineEntry.kind)).all()
            assert told.count("callback.cancelled") == 1
            assert "work.left" not in told
            assert calling_off.of_visitor(work, work.session.get_one(Visitor, kim)) is None
            (queue,) = [q for q in queue_figures.queues_now(work) if q.id == floor.queue_id]
            assert (queue.waiting, queue.answered_today, queue.left_today) == (1, 0, 0)
    with clock.moved_to(at(40)):
        again, _ = asks(floor, kim)
        assert again != callback  # the number is free for another one
        come_in(floor.anna)
        accepts(floor.anna)
    with clock.moved_to(at(50)):
        with reading(SETUP) as work:
            taken = work.session.scalars(select(Conversation.id).where(ACTIVE)).one()
        whose = {again: kim}.get(taken, other)
        calls_off(whose, taken)  # while the agent is about to ring
        with begin(floor.anna) as work, pytest.raises(Conflict, match="is over"):
            calling_back.not_reached(work, taken, "busy")
        with begin(floor.anna) as work:
            desk.finish_wrap_up(work, taken, outcome="resolved")
            accepted = offer_of(work, floor.anna)
            assert accepted
            desk.accept_offer(work, accepted)
    with clock.moved_to(at(60)):
        with reading(SETUP) as work:
            last = work.session.scalars(select(Conversation.id).where(ACTIVE)).one()
        with begin(floor.anna) as work:
            calling_back.reached(work, last)
        with pytest.raises(Conflict, match="on the line"):
            calls_off({again: kim}.get(last, other), last)


def test_callbacks_take_the_room_of_a_call_or_their_own_where_there_is_one(
    database: object,
) -> None:
    floor = make_floor("Anna", "Ben")
    with begin(SETUP) as work:
        setup.set_capacity(work, floor.anna.id, {"call": 1, "chat": 2})
        setup.set_capacity(work, floor.ben.id, {"callback": 1, "chat": 2})
    come_in(floor.ben)
    rung = rings(floor)
    with reading(SETUP) as work:
        assert offer_of(work, floor.ben) is None  # takes no calls
    callback, _ = asks(floor)
    accepts(floor.ben)
    come_in(floor.anna)
    accepts(floor.anna)
    with reading(SETUP) as work:
        assert work.session.get_one(Conversation, callback).agent_id == floor.ben.id
        assert work.session.get_one(Conversation, rung.conversation_id).agent_id == floor.anna.id
    asks(floor, number=OTHER)
    start_chat(floor)
    with reading(SETUP) as work:  # either takes the whole person
        assert offer_of(work, floor.anna) is None
        assert offer_of(work, floor.ben) is None
    with begin(floor.ben) as work:
        calling_back.not_reached(work, callback, "wrong")
    accepts(floor.ben)


def test_a_callback_is_rung_only_in_its_window_of_the_day(database: object) -> None:
    window = Window("09:00", "09:10", "UTC")
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        with begin(SETUP) as work:
            queue = work.session.get_one(Queue, floor.queue_id)
            kim = finding.find_or_create(work, name="Kim").customer
            made = calling_back.ask(work, kim, queue, number=NUMBER, window=window).id
    with clock.moved_to(at(599)):
        sweeping.ring_back()
        with reading(SETUP) as work:
            assert calling_back.get_callback(work, made).state == "waiting"
    with clock.moved_to(at(600)):
        sweeping.ring_back()
        come_in(floor.anna)
        with reading(SETUP) as work:
            callback = calling_back.get_callback(work, made)
            assert (callback.state, callback.next_try_at) == ("planned", at(24 * 3600))
            assert offer_of(work, floor.anna) is None
    with clock.moved_to(at(24 * 3600)):
        sweeping.ring_back()
        with reading(SETUP) as work:
            assert offer_of(work, floor.anna)


def test_the_mean_wait_is_of_calls_and_a_callback_stands_in_line_with_them(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        callback, _ = asks(floor)
    with clock.moved_to(at(50)):
        rung = rings(floor)
        with reading(SETUP) as work:
            assert calling_states.state_for_caller(work, rung.conversation_id)["position"] == 2
            assert calling_back.told(work, callback)["position"] == 1
        come_in(floor.anna)
    with clock.moved_to(at(60)):
        accepts(floor.anna)
        with begin(floor.anna) as work:
            calling_back.reached(work, callback)
            desk.end_by_agent(work, callback)
            desk.finish_wrap_up(work, callback, outcome="resolved")
        accepts(floor.anna)
        with reading(SETUP) as work:
            (queue,) = [q for q in queue_figures.queues_now(work) if q.id == floor.queue_id]
            assert (queue.answered_today, queue.live_waits, queue.mean_wait_s) == (2, 2, 10)


def test_while_closed_it_is_planned_for_the_opening_and_a_time_may_be_chosen(
    database: object,
) -> None:
    with clock.moved_to(at(0)):  # a Monday, nine o'clock
        floor = make_floor()
        plan = {"zone": "UTC", "weekly": {"tue": [["08:00", "12:00"]]}, "exceptions": {}}
        with begin(SETUP) as work:
            made = calendars.create_calendar(work, name="Tuesdays", plan=plan)
            work.session.get_one(Queue, floor.queue_id).calendar_id = made.id
        callback, _ = asks(floor)
        with reading(SETUP) as work:
            told = calling_back.told(work, callback)
            assert told["at"] == (at(0) + timedelta(hours=23)).isoformat()
        chosen, _ = asks(floor, number=OTHER, at=at(7200))
        with reading(SETUP) as work:
            assert work.session.get_one(Callback, chosen).next_try_at == at(7200)
        with pytest.raises(Invalid):
            asks(floor, number="+49 30 2222222", at=at(-60))
    with clock.moved_to(at(7200)):
        sweeping.ring_back()  # the chosen time is out of hours
    with reading(SETUP) as work:
        opening = at(0) + timedelta(hours=23)
        assert work.session.get_one(Callback, chosen).next_try_at == opening
        assert work.session.scalars(select(WorkItem)).all() == []


def test_a_number_that_is_none_is_refused_and_nothing_is_lost(database: object) -> None:
    floor = make_floor()
    rung = rings(floor)
    with pytest.raises(Invalid) as refused:
        lays_down(rung, "tomorrow")
    assert "number" in refused.value.fields
    with reading(SETUP) as work:
        assert work.session.get_one(WorkItem, rung.work_item_id).state == "waiting"


@pytest.mark.postgres
@pytest.mark.parametrize("_round", range(5))
def test_two_windows_that_say_reached_and_not_reached_at_once_are_not_both_heard(
    database: object, _round: int
) -> None:
    floor = make_floor()
    come_in(floor.anna)
    callback, _ = asks(floor)
    accepts(floor.anna)

    def says(what: Callable[[Work], object]) -> bool:
        try:
            with begin(floor.anna) as work:
                what(work)
        except (Conflict, Forbidden):
            return False
        return True

    heard = at_once(
        lambda: says(lambda work: calling_back.reached(work, callback)),
        lambda: says(lambda work: calling_back.not_reached(work, callback, "busy")),
    )
    assert sorted(heard) == [False, True]
    with reading(floor.anna) as work:
        row = calling_back.get_callback(work, callback)
        joined = [leg.party for leg in calls.legs(work, callback) if leg.state == "joined"]
        assert (row.state, joined) == (
            ("reached", ["caller", "agent"]) if heard[0] else ("planned", [])
        )


def test_an_agent_who_vanishes_with_a_callback_loses_it_to_the_next(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        sid = come_in(floor.anna)
        asks(floor)
        accepts(floor.anna)
    with clock.moved_to(at(1)):
        come_in(floor.ben)
        with begin(floor.anna) as work:
            desk.disconnect(work, sid)
    with clock.moved_to(at(62)):
        sweeping.ring_back()
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben)


def test_whoever_is_reached_is_rung_by_no_second_agent_though_the_browser_is_gone(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        sid = come_in(floor.anna)
        callback, _ = asks(floor)
        accepts(floor.anna)
    with clock.moved_to(at(1)):
        come_in(floor.ben)
        with begin(floor.anna) as work:
            calling_back.reached(work, callback)
            desk.disconnect(work, sid)
    with clock.moved_to(at(300)):
        sweeping.ring_back()
        with reading(floor.ben) as work:
            assert offer_of(work, floor.ben) is None
            assert work.session.get_one(Conversation, callback).agent_id == floor.anna.id
    with clock.moved_to(at(1802)):
        sweeping.ring_back()  # nobody came back to say that it is over
    with reading(floor.ben) as work:
        assert work.session.get_one(Conversation, callback).state == "ended"


def test_whoever_gets_a_callback_handed_over_rings_anew_with_all_tries_left(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        callback, _ = asks(floor)
        accepts(floor.anna)
        come_in(floor.ben)
    with clock.moved_to(at(10)), begin(floor.anna) as work:
        calling_back.reached(work, callback)
    with clock.moved_to(at(40)):
        with begin(floor.anna) as work:
            desk.transfer(work, callback, to_agent=floor.ben.id)
        accepts(floor.ben)
    with clock.moved_to(at(50)), begin(floor.ben) as work:
        assert calling_back.shown(work, callback)["attempt"] == 1
        calling_back.reached(work, callback)
    with clock.moved_to(at(70)), begin(floor.ben) as work:
        desk.end_by_agent(work, callback)
        spans = [(s.kind, s.agent_id) for s in calls.spans(work, callback) if s.kind == "talk"]
        assert spans == [("talk", floor.anna.id), ("talk", floor.ben.id)]
        assert calls.get_call(work, callback).talk_s == 50


def test_a_supervisor_calls_off_a_callback_in_line_or_planned_and_nobody_rings_it(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        with begin(SETUP) as work:
            lead = add_person(work, "Lee", "supervisor")
        in_line, planned = asks(floor)[0], asks(floor, number=OTHER, at=at(600))[0]
        for callback in (in_line, planned):
            with begin(lead) as work:
                desk.end_by_agent(work, callback)
        come_in(floor.anna)
    with clock.moved_to(at(601)):
        sweeping.ring_back()
    with reading(floor.anna) as work:
        assert offer_of(work, floor.anna) is None
        assert set(work.session.scalars(select(Callback.state))) == {"cancelled"}
        assert set(work.session.scalars(select(Conversation.state))) == {"ended"}


def test_a_call_that_is_being_connected_is_no_callback_any_more(database: object) -> None:
    floor = make_floor()
    come_in(floor.anna)
    rung = rings(floor)
    accepts(floor.anna)
    with pytest.raises(Conflict, match="being connected"):
        lays_down(rung)
