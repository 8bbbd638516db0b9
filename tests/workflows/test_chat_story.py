"""The main job, told through the workflows on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.channels import read_marks
from helpdesk.channels.models import Conversation, Message
from helpdesk.channels.service import Repeated
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Forbidden
from helpdesk.core.events import restore
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.customers.models import TimelineEntry
from helpdesk.realtime.frames import VISITOR, frames_of
from helpdesk.routing import setup
from helpdesk.routing.models import AgentState, Assignment, Offer, Slot, WorkItem
from helpdesk.workflows import chat, desk, sweeping
from tests.workflows.people import (
    SETUP,
    add_person,
    come_in,
    make_floor,
    offer_of,
    start_chat,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_chat_is_offered_taken_answered_ended_and_wrapped_up(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
    with clock.moved_to(at(10)):
        started = start_chat(floor, "My bill is wrong", name="Kim")
    with reading(floor.anna) as work:
        offer_id = offer_of(work, floor.anna)
    assert offer_id
    with clock.moved_to(at(14)), begin(floor.anna) as work:
        desk.accept_offer(work, offer_id)
    with clock.moved_to(at(20)), begin(floor.anna) as work:
        posted = desk.send_message(
            work, started.conversation_id, text="Let me look", public=True, client_msg_id="m1"
        )
        assert posted.seq == 2
    with clock.moved_to(at(80)), begin(floor.anna) as work:
        desk.end_by_agent(work, started.conversation_id)
    with clock.moved_to(at(100)), begin(floor.anna) as work:
        desk.finish_wrap_up(work, started.conversation_id, outcome="resolved", note="credited")
    with reading(floor.anna) as work:
        conversation = work.session.get_one(Conversation, started.conversation_id)
        assert conversation.state == "ended"
        assert conversation.answered_at == at(20)
        assignment = work.session.scalars(select(Assignment)).one()
        assert assignment.outcome == "resolved"
        assert assignment.finished_at == at(100)
        kinds = work.session.scalars(
            select(TimelineEntry.kind)
            .where(TimelineEntry.customer_id == conversation.customer_id)
            .order_by(TimelineEntry.seq)
        ).all()
        assert "conversation.opened" in kinds
        assert kinds[-2:] == ["conversation.ended", "assignment.finished"]
        slots = work.session.scalars(select(Slot).where(Slot.agent_id == floor.anna.id)).all()
        assert all(s.offer_id is None and s.assignment_id is None for s in slots)


def test_a_waiting_chat_is_offered_when_somebody_becomes_available(database: object) -> None:
    floor = make_floor()
    started = start_chat(floor)
    with reading(floor.anna) as work:
        assert work.session.get_one(WorkItem, started.work_item_id).state == "waiting"
    come_in(floor.ben)
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben)
        assert work.session.get_one(WorkItem, started.work_item_id).state == "offered"


def test_a_declined_chat_goes_to_the_next_agent_at_its_original_age(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
    with clock.moved_to(at(1)):
        come_in(floor.ben)
        started = start_chat(floor)
    with clock.moved_to(at(5)), begin(floor.anna) as work:
        desk.decline_offer(work, offer_of(work, floor.anna) or "", "lunch")
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben)
        assert offer_of(work, floor.anna) is None
        item = work.session.get_one(WorkItem, started.work_item_id)
        assert item.waiting_since == at(1)
        assert item.asked == [floor.anna.id]


def test_offers_that_ran_out_side_by_side_are_one_absence(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        come_in(floor.anna)
        start_chat(floor)
    for second in (1, 10):  # three lie before her at the same time
        with clock.moved_to(at(second)):
            start_chat(floor)
    for second, counted in ((31, 1), (32, 1), (41, 1)):
        with clock.moved_to(at(second)):
            sweeping.expire_offers()
        with reading(floor.anna) as work:
            state = work.session.get_one(AgentState, floor.anna.id)
            assert (state.expired_in_row, state.not_responding_at) == (counted, None)
    with clock.moved_to(at(62)):  # the next round: she is still away
        sweeping.expire_offers()
    with reading(floor.anna) as work:
        assert work.session.get_one(AgentState, floor.anna.id).not_responding_at == at(62)


def test_two_expired_offers_in_a_row_make_an_agent_not_responding(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        come_in(floor.anna)
        start_chat(floor)
    with clock.moved_to(at(31)):
        sweeping.expire_offers()
    with reading(floor.anna) as work:
        # Everyone who fits was asked, so the list starts over and Anna is asked again.
        assert offer_of(work, floor.anna)
    with clock.moved_to(at(62)):
        sweeping.expire_offers()
    with reading(floor.anna) as work:
        assert work.session.get_one(AgentState, floor.anna.id).not_responding_at == at(62)
        assert offer_of(work, floor.anna) is None
    with clock.moved_to(at(70)), begin(floor.anna) as work:
        desk.set_presence(work, "available")
        assert offer_of(work, floor.anna)


def test_an_offer_to_a_vanished_browser_goes_to_somebody_else_at_once(database: object) -> None:
    floor = make_floor()
    sid = come_in(floor.anna)
    start_chat(floor)
    come_in(floor.ben)
    with begin(floor.anna) as work:
        assert desk.disconnect(work, sid) == floor.anna.id
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben)
        assert offer_of(work, floor.anna) is None


def test_a_chat_whose_agent_vanished_is_kept_a_minute_and_then_goes_to_the_front(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        sid = come_in(floor.anna)
        started = start_chat(floor)
        with begin(floor.anna) as work:
            desk.accept_offer(work, offer_of(work, floor.anna) or "")
    with clock.moved_to(at(10)), begin(floor.anna) as work:
        desk.disconnect(work, sid)
    with clock.moved_to(at(69)):
        sweeping.requeue_lost_contacts()
    with reading(floor.anna) as work:
        assert work.session.get_one(WorkItem, started.work_item_id).state == "assigned"
    with clock.moved_to(at(71)):
        sweeping.requeue_lost_contacts()
    with reading(floor.anna) as work:
        item = work.session.get_one(WorkItem, started.work_item_id)
        assert (item.state, item.front, item.waiting_since) == ("waiting", 0, at(0))
        conversation = work.session.get_one(Conversation, started.conversation_id)
        assert (conversation.state, conversation.agent_id) == ("waiting", None)
    with clock.moved_to(at(75)):
        come_in(floor.ben)
    with reading(floor.ben) as work:
        assert offer_of(work, floor.ben)


def test_an_agent_who_comes_back_within_the_minute_keeps_the_chat(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        sid = come_in(floor.anna)
        started = start_chat(floor)
        with begin(floor.anna) as work:
            desk.accept_offer(work, offer_of(work, floor.anna) or "")
            desk.disconnect(work, sid)
    with clock.moved_to(at(30)):
        come_in(floor.anna)
    with clock.moved_to(at(100)):
        sweeping.requeue_lost_contacts()
    with reading(floor.anna) as work:
        assert work.session.get_one(Conversation, started.conversation_id).agent_id == floor.anna.id


def test_an_agent_is_never_given_more_chats_than_slots(database: object) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    for n in range(7):
        start_chat(floor, f"chat {n}")
    with reading(floor.anna) as work:
        assert len(desk.desk_work(work, floor.anna.id)["offers"]) == 4


def test_a_visitor_who_leaves_while_offered_withdraws_the_offer(database: object) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    started = start_chat(floor)
    with begin(floor.anna) as work:
        offer_id = offer_of(work, floor.anna) or ""
    with begin(Actor("visitor", started.visitor_id)) as work:
        chat.end_conversation(work, started.conversation_id, ended_by="visitor")
    with pytest.raises(Conflict) as refused, begin(floor.anna) as work:
        desk.accept_offer(work, offer_id)
    assert refused.value.code == "offer_gone"
    with reading(floor.anna) as work:
        assert work.session.get_one(Offer, offer_id).state == "withdrawn"
        assert work.session.get_one(WorkItem, started.work_item_id).state == "left"


def test_only_the_holder_writes_to_the_customer_but_every_agent_may_leave_a_note(
    database: object,
) -> None:
    floor = make_floor()
    come_in(floor.anna)
    started = start_chat(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
    with pytest.raises(Forbidden), begin(floor.ben) as work:
        desk.send_message(work, started.conversation_id, text="hi", public=True, client_msg_id=None)
    with begin(floor.ben) as work:
        desk.send_message(
            work, started.conversation_id, text="VIP", public=False, client_msg_id=None
        )
    with reading(Actor("visitor", started.visitor_id)) as work:
        conversation = work.session.get_one(Conversation, started.conversation_id)
        shown = chat.messages_for_visitor(work, conversation, 0)
        assert [m["text"] for m in shown] == ["Hello"]


def test_a_visitor_counts_what_is_public_so_that_no_gap_tells_of_notes(database: object) -> None:
    floor = make_floor()
    come_in(floor.anna)
    chat_id = (started := start_chat(floor)).conversation_id
    visitor = Actor("visitor", started.visitor_id)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
        for text, public in (("VIP", False), ("Hi", True), ("Owes us", False)):
            desk.send_message(work, chat_id, text=text, public=public, client_msg_id=None)
    with begin(visitor) as work:
        said = chat.say(work, chat_id, text="My bill", client_msg_id="m" * 20)
        assert (said.seq, said.public_seq) == (5, 3)
    with suppress(Repeated), begin(visitor) as work:
        said = chat.say(work, chat_id, text="My bill", client_msg_id="m" * 20)
    assert said.public_seq == 3
    with begin(floor.anna) as work:
        read_marks.mark_read(work, chat_id, reader="agent", seq=5)
    with begin(visitor) as work:
        read_marks.read_by_visitor(work, chat_id, 2)
    with reading(visitor) as work:
        conversation = work.session.get_one(Conversation, chat_id)
        assert conversation.visitor_read_seq == 3
        for since, seqs in ((0, [1, 2, 3]), (1, [2, 3]), (3, [])):
            shown = chat.messages_for_visitor(work, conversation, since)
            assert [m["seq"] for m in shown] == seqs
        state = chat.state_for_visitor(work, conversation)
        assert (state["last_seq"], state["read_seq"]) == (3, 3)
        frames = [frame for one in told(work) for frame in frames_of(work, one)]
        ours = [f for f in frames if f.namespace == VISITOR]
        assert [f.data["seq"] for f in ours if f.name == "message"] == [1, 2, 3]
        assert [f.data["seq"] for f in ours if f.name == "read"] == [3]
        assert {f.data["last_seq"] for f in ours if f.name == "chat.state"} <= {1, 3}


def told(work: Work) -> list[Emitted]:
    rows = work.session.scalars(select(EventRow).order_by(EventRow.seq)).all()
    found = [(row, restore(row.kind, row.customer_id, row.facts)) for row in rows]
    return [Emitted(row.id, event, row.at, row.actor) for row, event in found if event is not None]


def test_a_transferred_chat_keeps_its_age_and_is_offered_to_the_colleague(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna", "Ben", "Cleo")
        come_in(floor.anna)
        started = start_chat(floor)
        with begin(floor.anna) as work:
            desk.accept_offer(work, offer_of(work, floor.anna) or "")
    cleo = floor.agents[2]
    with clock.moved_to(at(5)):
        come_in(floor.ben)
    with clock.moved_to(at(6)):
        come_in(cleo)
    with clock.moved_to(at(60)), begin(floor.anna) as work:
        desk.transfer(work, started.conversation_id, to_agent=cleo.id, note="knows the tariff")
    with clock.moved_to(at(61)), begin(cleo) as work:
        item = work.session.get_one(WorkItem, started.work_item_id)
        assert item.waiting_since == at(0)
        desk.accept_offer(work, offer_of(work, cleo) or "")
    with reading(cleo) as work:
        assert work.session.get_one(Conversation, started.conversation_id).agent_id == cleo.id
        first, second = work.session.scalars(
            select(Assignment).order_by(Assignment.accepted_at)
        ).all()
        assert (first.released, second.agent_id) == ("transferred", cleo.id)
        notes = work.session.scalars(select(Message).where(Message.public.is_(False))).all()
        assert [n.text for n in notes] == ["knows the tariff"]


def test_wrap_up_ends_by_its_time_limit_and_the_slot_is_free(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna", wrap_up_s={"chat": 30})
        come_in(floor.anna)
        started = start_chat(floor)
        with begin(floor.anna) as work:
            desk.accept_offer(work, offer_of(work, floor.anna) or "")
            desk.end_by_agent(work, started.conversation_id)
    with clock.moved_to(at(31)):
        sweeping.end_wrap_ups()
    with reading(floor.anna) as work:
        assert work.session.scalars(select(Assignment)).one().released == "time_limit"


def test_a_repeated_start_answers_the_same_chat_with_a_fresh_token(database: object) -> None:
    floor = make_floor("Anna")
    key = "0123456789abcdef0123456789abcdef"
    first = start_chat(floor, "Hello", client_msg_id=key)
    again = start_chat(floor, "Hello", client_msg_id=key)
    assert again.conversation_id == first.conversation_id
    assert again.token
    assert again.token != first.token


def test_overflow_moves_what_waits_where_nobody_is_signed_in(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")

        with begin(SETUP) as work:
            second = setup.create_queue(work, name="Second line")
            dora = add_person(work, "Dora")
            setup.set_members(work, second.id, [dora.id])
            setup.change_queue(
                work, floor.queue_id, overflow=[{"when": "nobody_signed_in", "to": second.id}]
            )
        come_in(dora)
        started = start_chat(floor)
    with clock.moved_to(at(2)):
        sweeping.overflow()
    with reading(dora) as work:
        assert work.session.get_one(WorkItem, started.work_item_id).queue_id == second.id
        assert offer_of(work, dora)


@pytest.mark.postgres
def test_chats_that_come_at_once_all_find_an_agent_while_there_is_room(database: object) -> None:
    floor = make_floor("Anna", "Ben", "Cleo", "Dora", "Emil")
    for agent in floor.agents:
        come_in(agent)
    with ThreadPoolExecutor(8) as crew:
        started = list(crew.map(lambda n: start_chat(floor, f"chat {n}"), range(20)))
    with reading(floor.anna) as work:
        states = [work.session.get_one(WorkItem, one.work_item_id).state for one in started]
        live = work.session.scalars(select(Offer.work_item_id).where(Offer.state == "live")).all()
        offered = [
            one.work_item_id
            for one, state in zip(started, states, strict=True)
            if state == "offered"
        ]
        assert sorted(offered) == sorted(live)
    if "waiting" in states:  # two transactions may each have missed the other: the sweep finds it
        sweeping.settle()
    with reading(floor.anna) as work:
        states = [work.session.get_one(WorkItem, one.work_item_id).state for one in started]
    assert states == ["offered"] * 20
