"""A call told through the workflows on both databases."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.calendars import service as calendars
from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.calls.models import Call, CallLeg
from helpdesk.channels import consults, sites
from helpdesk.channels import queries as channels
from helpdesk.channels.models import Conversation, Message
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.audit import AuditEntry
from helpdesk.core.errors import Conflict, Forbidden, NotFound
from helpdesk.core.work import begin, reading
from helpdesk.customers import finding
from helpdesk.customers.models import TimelineEntry
from helpdesk.routing import offers, waits
from helpdesk.routing import queries as floor_now
from helpdesk.routing.events import WorkLeft
from helpdesk.routing.models import Assignment, Queue, WorkItem
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    calling,
    calling_states,
    calling_together,
    cases,
    chat,
    desk,
    missed_calls,
    sweeping,
)
from helpdesk.workflows.telephone_words import how_long
from tests.workflows.people import SETUP, Floor, add_person, come_in, make_floor, offer_of
from tests.workflows.test_races import at_once

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PROCESS = "test-process"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def rings(floor: Floor, **given: str) -> calling.Rung:
    with begin(Actor("visitor", "new")) as work:
        site = chat.site_by_id(work, floor.site_id)
        rung = calling.start(work, site, None, **given)  # type: ignore[arg-type]
        calling.join_as_caller(work, rung.conversation_id, sid="caller", process_id=PROCESS)
        return rung


def answers(agent: Actor, conversation_id: str, sid: str | None = None) -> None:
    with reading(agent) as work:
        offer_id = offer_of(work, agent)
    assert offer_id
    with begin(agent) as work:
        desk.accept_offer(work, offer_id)
    joins(agent, conversation_id, sid)


def joins(agent: Actor, conversation_id: str, sid: str | None = None) -> None:
    with begin(agent) as work:
        calling.join(work, conversation_id, sid=sid or f"page-{agent.id}", process_id=PROCESS)


def state_of(conversation_id: str) -> str:
    with reading(SETUP) as work:
        return calls.get_call(work, conversation_id).doing


def test_a_call_is_answered_held_ended_and_its_seconds_add_up(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor, name="Kim", about="My bill")
    with clock.moved_to(at(7)):
        answers(floor.anna, rung.conversation_id)
        assert state_of(rung.conversation_id) == "talk"
    with clock.moved_to(at(37)), begin(floor.anna) as work:
        calling.hold(work, rung.conversation_id, on=True)
    with clock.moved_to(at(47)), begin(floor.anna) as work:
        calling.hold(work, rung.conversation_id, on=False)
    with clock.moved_to(at(107)), begin(floor.anna) as work:
        desk.end_by_agent(work, rung.conversation_id)
    with clock.moved_to(at(127)), begin(floor.anna) as work:
        desk.finish_wrap_up(work, rung.conversation_id, outcome="resolved")
    with reading(floor.anna) as work:
        call = work.session.get_one(Call, rung.conversation_id)
        assert (call.talk_s, call.hold_s) == (90, 10)
        spans = [(s.kind, s.began_at, s.ended_at) for s in calls.spans(work, call.conversation_id)]
        assert spans == [
            ("waiting", at(0), at(7)),
            ("talk", at(7), at(37)),
            ("hold", at(37), at(47)),
            ("talk", at(47), at(107)),
        ]
        conversation = work.session.get_one(Conversation, rung.conversation_id)
        assert conversation.answered_at == at(7)
        told = work.session.scalars(
            select(TimelineEntry)
            .where(TimelineEntry.customer_id == conversation.customer_id)
            .order_by(TimelineEntry.seq)
        ).all()
        ended = next(entry.facts for entry in told if entry.kind == "call.ended")
        assert (ended["waited_s"], ended["talk_s"], ended["hold_s"]) == (7, 90, 10)
        wrapped = next(entry.facts for entry in told if entry.kind == "assignment.finished")
        assert wrapped["wrap_up_s"] == 20


def test_a_call_takes_all_and_comes_to_nobody_who_has_a_chat(database: object) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    with begin(Actor("visitor", "new")) as work:
        site = chat.site_by_id(work, floor.site_id)
        chat.start(work, site, None, text="Hello")
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
    rung = rings(floor)
    with reading(floor.anna) as work:
        assert work.session.get_one(WorkItem, rung.work_item_id).state == "waiting"


def writes_in(floor: Floor) -> str:
    with begin(floor.ben) as work:
        kim = finding.find_or_create(work, email="kim@example.org").customer
        return cases.open_case(
            work, customer_id=kim.id, subject="Heating", body="Cold", channel="email",
            queue=floor.queue_id,
        ).ticket.id  # fmt: skip


def test_a_call_reaches_somebody_with_a_ticket_and_no_other_work_comes_until_it_is_over(
    database: object,
) -> None:
    floor = make_floor("Anna", "Ben")
    come_in(floor.anna)
    ticket_id = writes_in(floor)  # is offered, and lies there for ten minutes
    ends_a_call(floor)
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
    with reading(floor.anna) as work:
        assert work.session.get_one(Ticket, ticket_id).assignee_id == floor.anna.id
    ends_a_call(floor)


def ends_a_call(floor: Floor) -> None:
    rung = rings(floor)
    with begin(floor.anna) as work:
        offer = next(o for o in offers.live_offers_to(work, floor.anna.id) if o.channel == "call")
        desk.accept_offer(work, offer.id)
    sweeping.expire_offers()
    with reading(floor.anna) as work:
        anna = next(one for one in floor_now.agents_now(work) if one.id == floor.anna.id)
        assert (anna.state, anna.calls, anna.contacts - anna.tickets) == ("in_contact", 1, 1)
    with begin(floor.anna) as work:
        assert offer_of(work, floor.anna) is None
        desk.end_by_agent(work, rung.conversation_id)
        desk.finish_wrap_up(work, rung.conversation_id, outcome="resolved")


def test_an_agent_who_never_comes_in_loses_the_call_to_the_next(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor)
        with begin(floor.anna) as work:
            desk.accept_offer(work, offer_of(work, floor.anna) or "")
    with clock.moved_to(at(1)):
        come_in(floor.ben)
    with clock.moved_to(at(19)):
        sweeping.mend_calls()
        with reading(floor.ben) as work:
            assert offer_of(work, floor.ben) is None
    with clock.moved_to(at(21)):
        sweeping.mend_calls()
        with reading(floor.ben) as work:
            item = work.session.get_one(WorkItem, rung.work_item_id)
            assert offer_of(work, floor.ben)
            assert (item.front, item.waiting_since) == (0, at(0))


@pytest.mark.postgres
def test_an_old_page_that_goes_while_the_new_one_comes_in_takes_nobody_out(
    database: object,
) -> None:
    floor = make_floor()
    come_in(floor.anna)
    rung = rings(floor)
    answers(floor.anna, rung.conversation_id, "old page")
    with begin(floor.anna) as gone:
        found = calls.leg_of(gone, rung.conversation_id, floor.anna.id)
        customer = gone.session.get_one(Conversation, rung.conversation_id).customer_id
        joins(floor.anna, rung.conversation_id, "new page")
        assert found is not None
        service.lose(gone, found, customer)
    with reading(floor.anna) as work:
        leg = calls.leg_of(work, rung.conversation_id, floor.anna.id)
        assert leg is not None
        assert (leg.sid, leg.lost_at) == ("new page", None)


def test_a_lost_agent_has_twenty_seconds_and_a_page_that_kept_its_sound_goes_on(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id, "first")
    with clock.moved_to(at(30)), begin(floor.anna) as work:
        calling.lost(work, "first")
    with reading(floor.anna) as work:
        assert calling_states.state_for_caller(work, rung.conversation_id)["agent_lost"]
        session = calls.leg_of(work, rung.conversation_id, floor.anna.id).session  # type: ignore[union-attr]
    with clock.moved_to(at(45)), begin(floor.anna) as work:
        leg = calling.join(
            work, rung.conversation_id, sid="second", process_id=PROCESS, keeps=session
        )
        assert (leg.session, leg.lost_at) == (session, None)
    with clock.moved_to(at(50)), begin(floor.anna) as work:
        calling.lost(work, "second")
        calling.lost(work, "first")  # a socket that was given up long ago
    with clock.moved_to(at(71)):
        sweeping.mend_calls()
    with reading(floor.anna) as work:
        assert work.session.get_one(Conversation, rung.conversation_id).agent_id is None
        call = calls.get_call(work, rung.conversation_id)
        assert (call.doing, call.ended_at) == ("waiting", None)
        kinds = [(s.kind, s.began_at, s.ended_at) for s in calls.spans(work, call.conversation_id)]
        assert kinds == [  # nobody spoke while the agent was gone
            ("talk", at(0), at(30)),
            ("waiting", at(30), at(45)),
            ("talk", at(45), at(50)),
        ]


def test_a_caller_who_is_gone_for_twenty_seconds_has_hung_up(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id)
    with clock.moved_to(at(10)), begin(SETUP) as work:
        calling.lost(work, "caller")
    with clock.moved_to(at(31)):
        sweeping.mend_calls()
    with reading(floor.anna) as work:
        assert calls.get_call(work, rung.conversation_id).ended_why == "visitor"
        assert calls.legs(work, rung.conversation_id) == []
        held = work.session.scalars(select(Assignment)).one()
        assert held.contact_ended_at == at(31)


def test_legs_of_a_process_that_stopped_beating_count_as_lost(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id)
    with clock.moved_to(at(30)):
        sweeping.mend_calls()
    with reading(floor.anna) as work:
        lost = work.session.scalars(select(CallLeg.lost_at)).all()
        assert lost == [at(30), at(30)]


def test_a_colleague_of_other_queues_can_come_into_the_call_and_sees_it_until_they_go(
    database: object,
) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    rung = rings(floor)
    answers(floor.anna, rung.conversation_id)
    with begin(SETUP) as work:
        cara = replace(add_person(work, "Cara"), queue_ids=frozenset())
    come_in(cara)
    with pytest.raises(NotFound):
        joins(cara, rung.conversation_id)
    with begin(floor.anna) as work:
        calling_together.ask_in(work, rung.conversation_id, cara.id, "One minute?")
    joins(cara, rung.conversation_id)
    with begin(cara) as work:
        consults.end(work, rung.conversation_id, cara.id)  # done reading, still on the line
    with begin(cara) as work:
        calling_together.leave(work, rung.conversation_id)
    with pytest.raises(NotFound), reading(cara) as work:
        channels.get_visible(work, rung.conversation_id)


def test_a_colleague_is_asked_in_talks_it_over_and_takes_the_call(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id)
        come_in(floor.ben)
    with clock.moved_to(at(20)), begin(floor.anna) as work:
        calling.hold(work, rung.conversation_id, on=True)
        calling_together.ask_in(
            work, rung.conversation_id, floor.ben.id, "A heat pump that whistles"
        )
    with clock.moved_to(at(25)):
        joins(floor.ben, rung.conversation_id)
    with pytest.raises(Forbidden), begin(floor.ben) as work:
        calling_together.hand_over(work, rung.conversation_id, floor.anna.id)
    with clock.moved_to(at(40)), begin(floor.anna) as work:
        calling_together.hand_over(work, rung.conversation_id, floor.ben.id)
    with reading(floor.ben) as work:
        assert work.session.get_one(Conversation, rung.conversation_id).agent_id == floor.ben.id
        legs = calls.legs(work, rung.conversation_id)
        assert [(leg.party, leg.held) for leg in legs] == [("caller", False), ("agent", False)]
        held = work.session.scalars(
            select(Assignment.agent_id).where(Assignment.finished_at.is_(None))
        ).all()
        assert held == [floor.ben.id]
    with clock.moved_to(at(100)), begin(floor.ben) as work:
        desk.end_by_agent(work, rung.conversation_id)
    with reading(floor.ben) as work:
        call = calls.get_call(work, rung.conversation_id)
        assert (call.talk_s, call.hold_s) == (80, 20)
        spans = calls.spans(work, call.conversation_id)
        assert [(s.kind, s.agent_id, s.ended_at) for s in spans] == [
            ("talk", floor.anna.id, at(20)),
            ("hold", floor.anna.id, at(40)),
            ("talk", floor.ben.id, at(100)),
        ]


@pytest.mark.parametrize("_round", range(4))
def test_L2_accept_against_hang_up_leaves_no_half_call(database: object, _round: int) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    rung = rings(floor)
    with reading(floor.anna) as work:
        offer_id = offer_of(work, floor.anna) or ""

    def accepts() -> None:
        with suppress(Conflict, NotFound):
            with begin(floor.anna) as work:
                desk.accept_offer(work, offer_id)
            joins(floor.anna, rung.conversation_id)

    def hangs_up() -> None:
        with begin(Actor("visitor", "new")) as work:
            chat.end_conversation(work, rung.conversation_id, ended_by="visitor")

    at_once(accepts, hangs_up)
    with reading(SETUP) as work:
        assert calls.get_call(work, rung.conversation_id).doing == "ended"
        assert calls.legs(work, rung.conversation_id) == []
        assert work.session.get_one(WorkItem, rung.work_item_id).state in ("done", "left")
        in_hand = Assignment.contact_ended_at.is_(None)
        assert work.session.scalars(select(Assignment).where(in_hand)).all() == []


@pytest.mark.postgres
@pytest.mark.parametrize("_round", range(6))
def test_who_goes_while_the_call_is_handed_to_them_either_goes_or_has_it(
    database: object, _round: int
) -> None:
    floor = make_floor()
    come_in(floor.anna)
    rung = rings(floor)
    answers(floor.anna, rung.conversation_id)
    come_in(floor.ben)
    with begin(floor.anna) as work:
        calling_together.ask_in(work, rung.conversation_id, floor.ben.id)
    joins(floor.ben, rung.conversation_id)

    def hands_over() -> None:
        with suppress(NotFound), begin(floor.anna) as work:
            calling_together.hand_over(work, rung.conversation_id, floor.ben.id)

    def goes() -> None:
        with suppress(Conflict), begin(floor.ben) as work:
            calling_together.leave(work, rung.conversation_id)

    at_once(hands_over, goes)
    with reading(SETUP) as work:
        holder = work.session.get_one(Conversation, rung.conversation_id).agent_id
        legs = calls.legs(work, rung.conversation_id)
        assert [leg.user_id for leg in legs if leg.party == "agent"] == [holder]


def test_a_colleague_whose_page_is_gone_is_not_handed_the_call(database: object) -> None:
    floor = make_floor()
    come_in(floor.anna)
    rung = rings(floor)
    answers(floor.anna, rung.conversation_id)
    come_in(floor.ben)
    with begin(floor.anna) as work:
        calling_together.ask_in(work, rung.conversation_id, floor.ben.id)
    joins(floor.ben, rung.conversation_id, "ben's page")
    with pytest.raises(Conflict), begin(floor.anna) as work:
        calling_together.ask_in(work, rung.conversation_id, floor.ben.id)
    with begin(SETUP) as work:
        (leg,) = calling.lost(work, "ben's page")
    with pytest.raises(NotFound), begin(floor.anna) as work:
        calling_together.hand_over(work, rung.conversation_id, floor.ben.id)
    joins(floor.ben, rung.conversation_id)
    with begin(floor.anna) as work:
        calling_together.hand_over(work, rung.conversation_id, floor.ben.id)
    with begin(SETUP) as work:
        calling.lost(work, f"page-{floor.ben.id}")
        calling_together.drop_colleague(
            work, leg.id
        )  # found gone while they were a colleague still
    with reading(floor.ben) as work:
        found = calls.leg_of(work, rung.conversation_id, floor.ben.id)
        assert found is not None
        assert found.party == "agent"


def test_a_blind_transfer_lets_the_caller_wait_and_ring_at_the_next(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id)
        come_in(floor.ben)
    with clock.moved_to(at(60)), begin(floor.anna) as work:
        desk.transfer(work, rung.conversation_id, to_agent=floor.ben.id, note="Wants a refund")
        assert calls.leg_of(work, rung.conversation_id, floor.anna.id) is None
    assert state_of(rung.conversation_id) == "waiting"
    with clock.moved_to(at(65)):
        answers(floor.ben, rung.conversation_id)
    with pytest.raises(NotFound), begin(floor.anna) as work:
        calling.join(work, rung.conversation_id, sid="old page", process_id=PROCESS)


def test_supervisors_listen_whisper_and_it_is_written_down(database: object) -> None:
    floor = make_floor()
    come_in(floor.anna)
    rung = rings(floor)
    answers(floor.anna, rung.conversation_id)
    with begin(SETUP) as work:
        boss = add_person(work, "Vera", "supervisor")
    with pytest.raises(Forbidden), begin(floor.ben) as work:
        calling_together.listen(work, rung.conversation_id, "listen")
    for mode in ("listen", "whisper"):
        with begin(boss) as work:
            calling_together.listen(work, rung.conversation_id, mode)
    joins(boss, rung.conversation_id)
    with reading(boss) as work:
        state = calling_states.state_for_caller(work, rung.conversation_id)
        heard = {peer["leg"]: peer["hears"] for peer in state["peers"]}
        hidden = calls.leg_of(work, rung.conversation_id, boss.id)
        assert hidden is not None
        assert heard.pop(hidden.id) is False
        assert list(heard.values()) == [True]
        modes = work.session.scalars(
            select(AuditEntry.details).where(AuditEntry.action == "call.listened_to")
        ).all()
        assert [one["mode"] for one in modes] == ["listen", "whisper"]
    come_in(boss)
    with pytest.raises(Conflict), begin(floor.anna) as work:  # nobody's microphone opens unasked
        calling_together.ask_in(work, rung.conversation_id, boss.id)


def test_the_same_start_sent_twice_is_one_call_with_a_token_that_holds(database: object) -> None:
    floor = make_floor()
    key = "a" * 40
    first = rings(floor, client_msg_id=key)
    again = rings(floor, client_msg_id=key)
    assert again.conversation_id == first.conversation_id
    assert again.token


def test_no_call_comes_in_while_closed_or_where_the_site_takes_none(database: object) -> None:
    floor = make_floor()
    with begin(SETUP) as work:
        plan = {"zone": "UTC", "weekly": {}, "exceptions": {}}
        closed = calendars.create_calendar(work, name="Never", plan=plan)
        work.session.get_one(Queue, floor.queue_id).calendar_id = closed.id
    with pytest.raises(Conflict, match="closed"):
        rings(floor)
    with begin(SETUP) as work:
        sites.change_site(work, floor.site_id, calls=False)
    with pytest.raises(Conflict, match="Write to us"):
        rings(floor)


def test_a_signal_goes_only_from_a_line_of_the_call_to_another_one(database: object) -> None:
    floor = make_floor()
    come_in(floor.anna)
    rung = rings(floor)
    answers(floor.anna, rung.conversation_id)
    with reading(SETUP) as work:
        caller = calls.leg_of(work, rung.conversation_id, "caller")
        assert caller is not None
        mine, other = calling_states.may_signal(
            work, rung.conversation_id, f"page-{floor.anna.id}", caller.id
        )
        assert (mine.party, other.party) == ("agent", "caller")
        for sid, leg in (("a stranger", caller.id), ("caller", caller.id), ("caller", "x")):
            with pytest.raises(NotFound):
                calling_states.may_signal(work, rung.conversation_id, sid, leg)


def missed(floor: Floor, *, waits_s: float, **given: str) -> list[str]:
    """Somebody calls and gives up; subjects of the tickets there are afterwards."""
    with clock.moved_to(at(0)):
        rung = rings(floor, **given)
    with clock.moved_to(at(waits_s)):
        with begin(Actor("visitor", rung.visitor_id)) as work:
            chat.end_conversation(work, rung.conversation_id, ended_by="visitor")
            told = [one for one in work.events() if isinstance(one.event, WorkLeft)]
        with begin(SETUP) as work:
            missed_calls.note(work, told)
    with reading(SETUP) as work:
        return list(work.session.scalars(select(Ticket.subject)))


def test_a_caller_who_gave_up_is_work_once_an_hour_where_they_can_be_reached(
    database: object,
) -> None:
    floor = make_floor()
    assert missed(floor, waits_s=60, about="Hello") == []
    assert missed(floor, waits_s=3, about="My bill", email="kim@example.com") == []
    known = {"about": "My bill", "email": "kim@example.com"}
    assert missed(floor, waits_s=60, **known) == ["Missed call: My bill"]


def test_a_caller_who_hangs_up_before_the_agent_is_there_was_missed_and_nothing_is_wrapped_up(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        come_in(floor.anna)
        rung = rings(floor, email="kim@example.com", about="My bill")
    with clock.moved_to(at(6)), begin(floor.anna) as work:
        desk.accept_offer(work, offer_of(work, floor.anna) or "")
    with clock.moved_to(at(9)):
        with begin(Actor("visitor", rung.visitor_id)) as work:
            chat.end_conversation(work, rung.conversation_id, ended_by="visitor")
            told = [one for one in work.events() if isinstance(one.event, WorkLeft)]
        with begin(SETUP) as work:
            missed_calls.note(work, told)
        with reading(SETUP) as work:
            assert work.session.scalars(select(Ticket.subject)).one() == "Missed call: My bill"
            item = work.session.get_one(WorkItem, rung.work_item_id)
            assert (item.state, item.ended_waiting_at) == ("left", at(9))
            held = work.session.scalars(select(Assignment)).one()
            assert (held.finished_at, held.released) == (at(9), "caller_left")
            assert calls.legs(work, rung.conversation_id) == []
        rings(floor)
        with reading(floor.anna) as work:
            assert offer_of(work, floor.anna)


def test_who_waits_is_told_when_everybody_is_on_a_break_or_nobody_is_here(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna")
        rung = rings(floor)

        def told() -> tuple[str | None, list[str]]:
            with begin(SETUP) as work:
                moves = [facts["here"] for _, facts in waits.tell_waiting(work)]
            with reading(SETUP) as work:
                state = calling_states.state_for_caller(work, rung.conversation_id)
                return state.get("here"), moves

        with reading(SETUP) as work:
            assert calling_states.state_for_caller(work, rung.conversation_id)["here"] == "nobody"
        assert told() == ("nobody", [])
        sid = come_in(floor.anna)
        with begin(floor.anna) as work:
            desk.set_presence(work, "break")
    with clock.moved_to(at(25)):
        sweeping.expire_offers()
        assert told() == ("away", ["away"])
        with reading(SETUP) as work:
            item = work.session.get_one(WorkItem, rung.work_item_id)
            assert how_long(waits.shown(work, item)).startswith("Everybody is on a break")
        with begin(floor.anna) as work:
            desk.disconnect(work, sid)
        assert told() == ("nobody", ["nobody"])


def test_a_colleague_who_lets_it_ring_out_is_noted_in_the_call(database: object) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor("Anna", "Ben")
        come_in(floor.anna)
        rung = rings(floor)
        answers(floor.anna, rung.conversation_id)
        come_in(floor.ben)
        with begin(floor.anna) as work:
            calling_together.ask_in(work, rung.conversation_id, floor.ben.id)
    with clock.moved_to(at(40)):
        sweeping.mend_calls()
        with reading(floor.anna) as work:
            notes = work.session.scalars(select(Message.text).order_by(Message.seq)).all()
            assert notes[-1] == "Ben did not answer"


def test_who_hangs_up_on_the_way_to_a_colleague_leaves_that_one_nothing_to_wrap_up(
    database: object,
) -> None:
    with clock.moved_to(at(0)):
        floor = make_floor()
        come_in(floor.anna)
        rung = rings(floor, email="kim@example.com", about="My bill")
    with clock.moved_to(at(6)):
        answers(floor.anna, rung.conversation_id)
        come_in(floor.ben)
    with clock.moved_to(at(300)), begin(floor.anna) as work:
        desk.transfer(work, rung.conversation_id, to_agent=floor.ben.id)
    with clock.moved_to(at(302)), begin(floor.ben) as work:
        desk.accept_offer(work, offer_of(work, floor.ben) or "")
    with clock.moved_to(at(304)):
        with begin(Actor("visitor", rung.visitor_id)) as work:
            chat.end_conversation(work, rung.conversation_id, ended_by="visitor")
            told = [one for one in work.events() if isinstance(one.event, WorkLeft)]
        with begin(SETUP) as work:
            missed_calls.note(work, told)
        with reading(SETUP) as work:
            ticket = work.session.scalars(select(Ticket)).one()
            words = work.session.scalars(
                select(Message.text)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(Conversation.ticket_id == ticket.id, Message.text.contains("hung up"))
            ).all()
            assert any(text.startswith("Was answered") for text in words)
            item = work.session.get_one(WorkItem, rung.work_item_id)
            assert (item.state, item.ended_waiting_at) == ("left", at(6))
            held = work.session.scalars(
                select(Assignment).where(Assignment.agent_id == floor.ben.id)
            ).one()
            assert (held.finished_at, held.released) == (at(304), "caller_left")


def test_what_is_written_on_a_ticket_during_its_call_goes_by_mail(database: object) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    rung = rings(floor, email="kim@example.org")
    answers(floor.anna, rung.conversation_id)
    me = f"agent:{floor.anna.id}"
    with begin(floor.anna) as work:
        call = work.session.get_one(Conversation, rung.conversation_id)
        made = cases.open_case(
            work, customer_id=call.customer_id, subject="Bill", body="", channel="call",
            conversation_id=call.id, author=me,
        )  # fmt: skip
        said = cases.reply(work, made.ticket.id, author=me, text="As promised", public=True)
    with reading(floor.anna) as work:
        assert work.session.get_one(Conversation, said.conversation_id).channel == "email"
