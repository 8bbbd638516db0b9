"""A telephone call from the first ring to the end of wrap-up, told through the exchange."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.carriers.models import CarrierRepair
from helpdesk.channels.models import Conversation
from helpdesk.customers.models import ContactPoint, TimelineEntry
from helpdesk.workflows import calling, calling_together, desk
from helpdesk.workflows.telephone_ring_back import OFFER
from helpdesk.workflows.telephone_voicemail import OFFER as MESSAGE
from tests.telephone.centre import GREETING, NUMBER, Centre
from tests.workflows.people import add_person


def test_a_call_waits_is_answered_held_handed_over_and_adds_up(centre: Centre) -> None:
    anna, ben = centre.page(centre.anna), centre.page(centre.ben)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(17)
    heard = centre.caller.hear()
    nobody = "Nobody is at a desk at the moment. You may stay on the line, or call again later."
    assert heard[1:3] == [f"say: {GREETING}", f"say: {nobody}"]
    assert heard[3:5] == [f"say: {OFFER}", f"say: {MESSAGE}"]
    assert heard[5].endswith("/voice/hold.wav")
    assert centre.offer(centre.anna) is None

    centre.comes_in(centre.anna)
    centre.accepts(centre.anna)
    assert centre.call.doing == "waiting", "nobody speaks yet"
    centre.exchange.advance(2)
    centre.speaks(centre.anna)
    assert centre.talk(anna, centre.caller)
    assert centre.call.doing == "talk"

    centre.exchange.advance(30)
    id_ = centre.call.conversation_id
    with centre.at(centre.anna) as work:
        calling.hold(work, id_, on=True)
    assert not centre.hears(centre.caller, anna)
    assert centre.caller.hear()[-1].endswith("/voice/hold.wav")
    centre.comes_in(centre.ben)
    with centre.at(centre.anna) as work:
        calling_together.ask_in(work, id_, centre.ben.id, "Is this yours?")
    centre.exchange.advance(5)
    centre.speaks(centre.ben)
    assert centre.talk(anna, ben)
    assert not centre.hears(centre.caller, ben)
    assert not centre.hears(ben, centre.caller)
    centre.exchange.advance(10)
    with centre.at(centre.anna) as work:
        calling.hold(work, id_, on=False)
    assert centre.talk(centre.caller, ben)
    assert centre.talk(centre.caller, anna)
    centre.exchange.advance(5)
    with centre.at(centre.anna) as work:
        calling_together.hand_over(work, id_, centre.ben.id)
    assert anna.call is None, "whoever handed the call over is out of it"
    assert centre.talk(centre.caller, ben)
    centre.exchange.advance(40)
    with centre.at(centre.ben) as work:
        desk.end_by_agent(work, id_)
    assert centre.caller.call is None
    assert ben.call is None
    centre.exchange.advance(20)
    with centre.at(centre.ben) as work:
        desk.finish_wrap_up(work, id_, outcome="resolved")
    assert centre.undone() == []
    assert centre.count(CarrierRepair) == 0

    with centre.look() as work:
        spans = [
            (s.kind, round((s.ended_at - s.began_at).total_seconds()))
            for s in calls.spans(work, id_)
        ]
        assert spans == [("waiting", 19), ("talk", 30), ("hold", 15), ("talk", 5), ("talk", 40)]
        conversation = work.session.get_one(Conversation, id_)
        told = {
            entry.kind: entry.facts
            for entry in work.session.scalars(
                select(TimelineEntry)
                .where(TimelineEntry.customer_id == conversation.customer_id)
                .order_by(TimelineEntry.seq)
            )
        }
        point = work.session.scalars(select(ContactPoint)).one()
    assert (point.value, point.verified_at) == (centre.caller.number, None)
    ended = told["call.ended"]
    assert (ended["carrier"], ended["waited_s"]) == ("twilio", 19)
    assert (ended["talk_s"], ended["hold_s"]) == (75, 15)
    assert told["assignment.finished"]["wrap_up_s"] == 20


def test_who_gives_up_while_waiting_is_out_of_the_line_and_is_no_ghost(centre: Centre) -> None:
    centre.caller.dial(NUMBER)
    centre.exchange.advance(20)
    centre.caller.hang_up()
    assert centre.call.ended_why == "visitor"
    centre.comes_in(centre.anna)
    assert centre.offer(centre.anna) is None
    assert centre.undone() == []


def test_the_agents_browser_is_lost_and_the_caller_goes_to_the_front(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    centre.exchange.advance(10)
    centre.page(centre.anna).unregister()
    assert centre.legs()["anna"].lost_at is not None
    assert "lost the connection" in centre.caller.hear()[-1]
    assert centre.caller.call is not None
    centre.comes_in(centre.ben)
    centre.sweep(22)
    assert centre.offer(centre.ben)
    assert "You are next in line" in centre.caller.hear()[-1]
    centre.answers(centre.ben)
    assert centre.talk(centre.caller, centre.page(centre.ben))
    centre.caller.hang_up()
    assert centre.page(centre.ben).call is None
    assert centre.call.ended_at is not None


def test_an_agent_who_comes_back_in_time_has_the_call_again(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    centre.page(centre.anna).hang_up()
    centre.sweep(10)
    centre.speaks(centre.anna)
    assert centre.talk(centre.caller, centre.page(centre.anna))
    centre.sweep(30)
    assert centre.talk(centre.caller, centre.page(centre.anna))
    assert centre.legs()["anna"].lost_at is None


def test_a_supervisor_listens_whispers_and_joins(centre: Centre) -> None:
    with centre.at() as work:
        boss = add_person(work, "Boss", "supervisor")
    anna, supervisor = centre.page(centre.anna), centre.page(boss)
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    id_ = centre.call.conversation_id

    def is_to(mode: str) -> None:
        with centre.at(boss) as work:
            calling_together.listen(work, id_, mode)

    is_to("whisper")
    centre.speaks(boss)
    centre.sweep(3)
    assert centre.hears(anna, supervisor)
    assert not centre.hears(centre.caller, supervisor)
    assert centre.hears(supervisor, centre.caller)
    is_to("listen")
    assert not centre.hears(anna, supervisor)
    assert centre.hears(supervisor, anna)
    is_to("talk")
    assert centre.talk(centre.caller, supervisor)
    assert centre.talk(centre.caller, anna)
    centre.caller.hang_up()
    assert supervisor.call is None
    assert centre.undone() == []
    assert centre.count(CarrierRepair) == 0
