"""A call that goes on with somebody else: what counts, who keeps it, and what is told of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.channels.models import Conversation, Message, Visitor
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import TimelineEntry
from helpdesk.routing import setup
from helpdesk.routing.models import WorkItem
from helpdesk.routing.queue_figures import queues_now
from helpdesk.web.agent.timeline_view import MOVES
from helpdesk.web.floor.floor_view import queue_page
from helpdesk.workflows import calling, calling_states, calling_together, chat, desk, sweeping
from tests.workflows.people import SETUP, Floor, come_in, make_floor, offer_of
from tests.workflows.test_calling import PROCESS, answers, at, joins, rings


def log_of(conversation_id: str) -> list[str]:
    with reading(SETUP) as work:
        wanted = select(Message.text).where(Message.conversation_id == conversation_id)
        return list(work.session.scalars(wanted.order_by(Message.seq)))


def figures() -> dict[str, tuple[int, int, float | None]]:
    with reading(SETUP) as work:
        return {
            one.name: (one.answered_today, one.left_today, one.service_level)
            for one in queues_now(work)
        }


def billing(floor: Floor) -> str:
    with begin(SETUP) as work:
        queue = setup.create_queue(work, name="Billing")
        setup.set_members(work, queue.id, [floor.ben.id])
        return queue.id


def hangs_up(rung: calling.Rung) -> None:
    with begin(Actor("visitor", rung.visitor_id)) as work:
        chat.end_conversation(work, rung.conversation_id, ended_by="visitor")


@pytest.mark.parametrize("elsewhere", [True, False])
def test_who_was_answered_and_gave_up_waiting_for_the_next_was_answered_once(
    database: object, elsewhere: bool
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        queue_id = billing(floor)
        come_in(floor.anna)
        rung = rings(floor)
    with clock.moved_to(at(12)):
        answers(floor.anna, rung.conversation_id)
    with clock.moved_to(at(80)), begin(floor.anna) as work:
        to = {"to_queue": queue_id} if elsewhere else {"to_agent": floor.ben.id}
        desk.transfer(work, rung.conversation_id, **to)
    with clock.moved_to(at(200)):
        hangs_up(rung)
        assert figures() == {"Help": (1, 0, 1.0), "Billing": (0, 0, None)}
        with reading(SETUP) as work:
            (row,) = queue_page(work, floor.queue_id).waited
            assert (row.left, row.waited_s, row.in_target) == (False, 12, True)
            assert queue_page(work, queue_id).waited == []
            item = work.session.get_one(WorkItem, rung.work_item_id)
            assert item.state == "left", "it is work: somebody waited in vain in the end"


def test_who_hangs_up_before_the_agent_ever_came_gave_up_where_they_waited(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        come_in(floor.anna)
        rung = rings(floor)
    with clock.moved_to(at(5)), begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
    with clock.moved_to(at(26)):
        sweeping.mend_calls()  # she never came to the phone
    with clock.moved_to(at(90)):
        hangs_up(rung)
        assert figures() == {"Help": (0, 1, 0.0)}
        with reading(SETUP) as work:
            (row,) = queue_page(work, floor.queue_id).waited
            assert (row.left, row.waited_s) == (True, 90)


def in_a_three(floor: Floor) -> calling.Rung:
    """Anna and Ben both speak with the caller, and Anna, who has the call, is lost."""
    with begin(SETUP) as work:
        beats = Heartbeat(process_id=PROCESS, role="web", started_at=at(0), at=at(3600))
        work.session.add(beats)
    with clock.moved_to(at(0)):
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id)
        come_in(floor.ben)
    with clock.moved_to(at(10)):
        with begin(floor.anna) as work:
            calling_together.ask_in(work, rung.conversation_id, floor.ben.id)
        joins(floor.ben, rung.conversation_id)
    with clock.moved_to(at(20)), begin(SETUP) as work:
        calling.lost(work, f"page-{floor.anna.id}")
    return rung


def test_a_colleague_in_the_call_keeps_it_when_its_agent_is_lost(database: object) -> None:
    floor = make_floor()
    rung = in_a_three(floor)
    with clock.moved_to(at(41)):
        sweeping.mend_calls()
        with reading(floor.ben) as work:
            legs = {leg.party: leg.who for leg in calls.legs(work, rung.conversation_id)}
            assert legs == {"caller": "caller", "agent": floor.ben.id}
            conversation = work.session.get_one(Conversation, rung.conversation_id)
            assert (conversation.agent_id, conversation.state) == (floor.ben.id, "active")
            assert calls.get_call(work, rung.conversation_id).doing == "talk"
            assert desk.desk_work(work, floor.ben.id)["in_hand"]
            assert not desk.desk_work(work, floor.anna.id)["in_hand"]
    assert "Anna lost the connection. Ben has the call now" in log_of(rung.conversation_id)
    with clock.moved_to(at(60)), begin(floor.ben) as work:
        desk.end_by_agent(work, rung.conversation_id)


def test_a_colleague_without_room_goes_on_speaking_until_the_next_is_there(
    database: object,
) -> None:
    floor = make_floor("Anna", "Ben", "Cleo")
    rung = in_a_three(floor)
    with clock.moved_to(at(21)):
        with begin(Actor("visitor", "new")) as work:
            site = chat.site_by_id(work, floor.site_id)
            chat.start(work, site, None, text="Hello")
        with begin(floor.ben) as work:
            desk.accept_offer(work, offer_of(work, floor.ben) or "")
    with clock.moved_to(at(41)):
        sweeping.mend_calls()
        with reading(SETUP) as work:
            parties = [leg.party for leg in calls.legs(work, rung.conversation_id)]
            assert parties == ["caller", "colleague"]
            assert calls.get_call(work, rung.conversation_id).doing == "talk"
            item = work.session.get_one(WorkItem, rung.work_item_id)
            assert (item.state, item.front) == ("waiting", 0)
            assert calling_states.state_for_caller(work, rung.conversation_id)["state"] == "talk"
    cleo = floor.agents[2]
    with clock.moved_to(at(50)):
        come_in(cleo)
        answers(cleo, rung.conversation_id)
        with reading(SETUP) as work:
            parties = [leg.party for leg in calls.legs(work, rung.conversation_id)]
            assert sorted(parties) == ["agent", "caller", "colleague"]


def test_the_log_and_the_timeline_tell_to_whom_a_call_went_and_who_answered_then(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        queue_id = billing(floor)
        come_in(floor.anna)
        rung = rings(floor)
    with clock.moved_to(at(7)):
        answers(floor.anna, rung.conversation_id)
    with clock.moved_to(at(60)), begin(floor.anna) as work:
        desk.transfer(work, rung.conversation_id, to_queue=queue_id)
    with reading(SETUP) as work:
        shown = calling_states.state_for_caller(work, rung.conversation_id)
        assert (shown["state"], shown["answered_at"]) == ("waiting", at(7).isoformat())
    with clock.moved_to(at(132)):
        come_in(floor.ben)
        with begin(floor.ben) as work:
            desk.accept_offer(work, offer_of(work, floor.ben) or "")
        with reading(SETUP) as work:
            shown = calling_states.state_for_caller(work, rung.conversation_id)
            assert (shown["state"], shown["agent"]) == ("connecting", {"name": "Ben"})
    with clock.moved_to(at(135)):
        joins(floor.ben, rung.conversation_id)
        joins(floor.ben, rung.conversation_id)  # a page that was loaded anew answers nobody twice
    with clock.moved_to(at(150)), begin(floor.ben) as work:
        desk.transfer(work, rung.conversation_id, to_agent=floor.anna.id)
    with clock.moved_to(at(151)):
        answers(floor.anna, rung.conversation_id)
    with clock.moved_to(at(160)), begin(floor.anna) as work:
        desk.end_by_agent(work, rung.conversation_id)
    assert log_of(rung.conversation_id) == [
        "Anna answered after 7 s", "Transferred to Billing", "Ben answered after 1 min 15 s",
        "Transferred to Anna", "Anna answered after 1 s", "The call ended",
    ]  # fmt: skip
    with reading(SETUP) as work:
        rows = work.session.scalars(select(TimelineEntry).order_by(TimelineEntry.seq))
        moves = [
            (row.kind, row.facts.get("to_agent_id"), row.facts.get("queue_id"),
             row.facts.get("agent_id"), row.facts.get("waited_s"))
            for row in rows if row.kind in MOVES
        ]  # fmt: skip
    assert moves == [
        ("call.handed_on", None, queue_id, None, None),
        ("call.taken_on", None, None, floor.ben.id, 75),
        ("call.handed_on", floor.anna.id, None, None, None),
        ("call.taken_on", None, None, floor.anna.id, 1),
    ]


def chats(floor: Floor, agent: Actor) -> chat.Started:
    with begin(Actor("visitor", "new")) as work:
        site = chat.site_by_id(work, floor.site_id)
        started = chat.start(work, site, None, text="Hello")
    with begin(agent) as work:
        desk.accept_offer(work, offer_of(work, agent) or "")
    return started


def rings_from_chat(floor: Floor, started: chat.Started) -> calling.Rung:
    with begin(Actor("visitor", started.visitor_id)) as work:
        site = chat.site_by_id(work, floor.site_id)
        visitor = work.session.get_one(Visitor, started.visitor_id)
        rung = calling.start(work, site, visitor)
        calling.join_as_caller(work, rung.conversation_id, sid="caller", process_id=PROCESS)
        return rung


def test_who_rings_out_of_a_chat_reaches_its_agent_and_the_chat_stays(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        started = chats(floor, floor.anna)
        come_in(floor.ben)  # free, and would be asked first
        rung = rings_from_chat(floor, started)
        with reading(SETUP) as work:
            assert offer_of(work, floor.anna)
            assert offer_of(work, floor.ben) is None
    with clock.moved_to(at(5)):
        answers(floor.anna, rung.conversation_id)
        assert len(in_hand(floor.anna)) == 2
        with begin(Actor("visitor", "new")) as work:
            chat.start(work, chat.site_by_id(work, floor.site_id), None, text="Me, too")
        with reading(SETUP) as work:
            assert offer_of(work, floor.anna) is None, "who speaks with somebody takes no chat"
    with clock.moved_to(at(60)), begin(floor.anna) as work:
        desk.end_by_agent(work, rung.conversation_id)
        desk.finish_wrap_up(work, rung.conversation_id, outcome="resolved")
    assert in_hand(floor.anna) == [started.conversation_id]


def in_hand(agent: Actor) -> list[str]:
    with reading(SETUP) as work:
        return [item.subject_id for _, item in desk.desk_work(work, agent.id)["in_hand"]]


def test_who_has_somebody_else_in_a_chat_is_not_rung(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        started = chats(floor, floor.anna)
        chats(floor, floor.anna)
        rings_from_chat(floor, started)
        with reading(SETUP) as work:
            assert offer_of(work, floor.anna) is None
    with clock.moved_to(at(16)):
        come_in(floor.ben)
        with reading(SETUP) as work:
            assert offer_of(work, floor.ben), "the head start of whoever knows them is over"
