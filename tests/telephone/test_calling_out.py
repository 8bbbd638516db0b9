"""Calls that we place, told through the exchange: who hears what, when it ends, in whose hands."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from helpdesk.calls import calling_rules
from helpdesk.calls import queries as calls
from helpdesk.carriers import dialled
from helpdesk.carriers.models import CarrierCall, CarrierRepair, Dialled, PhoneNumber
from helpdesk.channels.models import Conversation, Message
from helpdesk.core import clock
from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.events import restore
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Emitted
from helpdesk.customers import finding, no_calls, points
from helpdesk.customers.models import ContactPoint, Customer, TimelineEntry
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.identity import tokens
from helpdesk.realtime.frames import frames_of, ticket_room
from helpdesk.routing.models import Assignment, WorkItem
from helpdesk.tickets.models import Ticket
from helpdesk.web.agent.conversation_view import conversation_view
from helpdesk.workflows import (
    calling,
    calling_out,
    calling_together,
    cases,
    cases_hearing,
    desk,
    telephone_dialled,
)
from helpdesk.workflows.calling_out import Wanted
from tests.telephone.centre import HOOKS, NUMBER, Centre, opened
from tests.telephone.test_hostile import repair

THEIRS = "+447400123456"


def dials(centre: Centre, agent: Actor, number: str = THEIRS, **more: object) -> str:
    """The agent clicks, and their page comes in."""
    id_ = clicks(centre, agent, number, **more)
    centre.page(agent).connect({"call": id_})
    return id_


def clicks(centre: Centre, agent: Actor, number: str = THEIRS, **more: object) -> str:
    values = {"client_id": "click-000001", "number": number, "anyway": True} | more
    with centre.at(agent) as work:
        return calling_out.start(work, Wanted(**values))  # type: ignore[arg-type]


def said(centre: Centre, conversation_id: str) -> list[str]:
    with centre.look() as work:
        wanted = select(Message.text).where(Message.conversation_id == conversation_id)
        return list(work.session.scalars(wanted.order_by(Message.seq)))


def test_a_program_places_a_call_that_goes_out_once_its_agent_is_in(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    with centre.at(centre.anna) as work:
        _, token = tokens.create(work, centre.anna.id, "crm")

    def asks(**wanted: object) -> TestResponse:
        with clock.moved_to(centre.exchange.now()):
            return centre.app.test_client().post(
                "/api/v1/calls", json=wanted, headers={"Authorization": f"Bearer {token}"}
            )

    assert asks().status_code == 400
    assert asks(number="+449012345678", anyway=True).json["code"] == "costly_number"  # type: ignore[index]
    made = asks(number=THEIRS, anyway=True)
    assert made.status_code == 201, made.json
    assert made.json["agent_id"] == centre.anna.id  # type: ignore[index]
    assert creations(centre) == 0
    centre.page(centre.anna).connect({"call": made.json["id"]})  # type: ignore[index]
    centre.exchange.advance(2)
    assert creations(centre) == 1
    assert asks(number=THEIRS, anyway=True).json["code"] == "rings_already"  # type: ignore[index]


def outcome(centre: Centre) -> tuple[str, str]:
    with centre.look() as work:
        row = work.session.scalars(select(Dialled).order_by(Dialled.id.desc())).first()
        assert row is not None
        return row.state, row.outcome


def creations(centre: Centre) -> int:
    """How often the carrier was told to ring somebody."""
    return sum(
        method == "POST" and path.endswith("/Calls.json") for method, path, _ in centre.rest.asked
    )


def test_a_customer_is_rung_answers_and_everything_works_as_on_a_call_that_came_in(
    centre: Centre,
) -> None:
    anna, ben = centre.page(centre.anna), centre.page(centre.ben)
    centre.comes_in(centre.anna)
    id_ = clicks(centre, centre.anna)
    assert clicks(centre, centre.anna) == id_, "a doubled click is one call"
    centre.exchange.advance(1)
    assert centre.caller.ringing is None, "nobody is rung before our own side is there"
    anna.connect({"call": id_})
    centre.exchange.advance(2)
    assert centre.caller.ringing is not None
    assert centre.caller.ringing.from_ == NUMBER
    assert outcome(centre)[0] == "ringing"
    assert anna.hear()[-1].endswith("/voice/ringing.wav"), "whoever rings hears it ring"
    centre.exchange.advance(8)
    assert (centre.call.doing, centre.call.answered_at) == ("waiting", None)

    centre.caller.answer()
    assert centre.talk(anna, centre.caller)
    assert centre.call.doing == "talk"
    centre.exchange.advance(30)
    with centre.at(centre.anna) as work:
        calling.hold(work, id_, on=True)
    assert not centre.hears(centre.caller, anna)
    centre.comes_in(centre.ben)
    with centre.at(centre.anna) as work:
        calling_together.ask_in(work, id_, centre.ben.id, "Is this yours?")
    ben.connect({"call": id_})
    assert centre.talk(anna, ben)
    with centre.at(centre.anna) as work:
        calling.hold(work, id_, on=False)
        calling_together.hand_over(work, id_, centre.ben.id)
    assert anna.call is None
    assert centre.talk(centre.caller, ben)
    centre.exchange.advance(10)
    centre.caller.hang_up()
    assert ben.call is None
    with centre.at(centre.ben) as work:
        desk.finish_wrap_up(work, id_, outcome="resolved")

    assert (creations(centre), centre.undone(), centre.count(CarrierRepair)) == (1, [], 0)
    with centre.look() as work:
        call = calls.get_call(work, id_)
        assert (call.direction, call.carrier, call.ended_why) == ("out", "twilio", "visitor")
        assert (call.talk_s, call.hold_s) == (40, 0)
        conversation = work.session.get_one(Conversation, id_)
        assert conversation.answered_at == call.answered_at
        told = work.session.scalars(
            select(TimelineEntry).where(
                TimelineEntry.customer_id == conversation.customer_id,
                TimelineEntry.kind == "call.ended",
            )
        ).one()
        assert told.facts["direction"] == "out"
        item = work.session.scalars(select(WorkItem)).one()
        assert item.ended_waiting_at is None, "it counts among no queue's waits"


@pytest.mark.parametrize(
    "when, why, words",
    [
        ("busy", "busy", "The line was busy"),
        ("unreachable", "failed", "The call could not be placed"),
        ("ring", "no_answer", "Nobody answered"),
    ],
)
def test_nobody_answers_and_it_is_said_why(centre: Centre, when: str, why: str, words: str) -> None:
    centre.comes_in(centre.anna)
    centre.caller.when_called = when  # type: ignore[assignment]
    id_ = dials(centre, centre.anna)
    centre.exchange.advance(50)
    assert centre.call.ended_why == why
    assert outcome(centre) == ("over", why)
    assert words in said(centre, id_)
    assert centre.page(centre.anna).call is None
    with centre.look(centre.anna) as work:
        wrap_up = conversation_view(work, id_).wrap_up
        assert wrap_up is not None
        assert wrap_up.likely == "no_answer"
    with centre.at(centre.anna) as work:
        desk.finish_wrap_up(work, id_, outcome="no_answer")
    assert centre.undone() == []


def test_who_hangs_up_while_it_rings_stops_the_ringing(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    id_ = dials(centre, centre.anna)
    centre.exchange.advance(5)
    assert centre.caller.ringing
    with centre.at(centre.anna) as work:
        desk.end_by_agent(work, id_)
    assert centre.caller.ringing is None
    assert centre.page(centre.anna).call is None
    assert outcome(centre) == ("over", "cancelled")
    assert centre.call.ended_why == "agent"
    assert centre.undone() == []


def test_who_hangs_up_before_the_carrier_knows_rings_nobody(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.rest.fails = 2
    id_ = dials(centre, centre.anna)
    with centre.at(centre.anna) as work:
        desk.end_by_agent(work, id_)
    centre.rest.fails = 0
    centre.sweep(8)
    assert not centre.caller.calls
    assert centre.undone() == []


def test_a_carrier_that_answers_late_or_not_at_all_rings_once_or_says_so(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.rest.fails = 2
    dials(centre, centre.anna)
    centre.sweep(4)
    assert centre.caller.ringing
    assert len(centre.caller.calls) == 1
    centre.caller.decline()
    with centre.at(centre.anna) as work:
        desk.finish_wrap_up(work, centre.call.conversation_id, outcome="no_answer")

    centre.rest.fails = 99
    id_ = dials(centre, centre.anna, client_id="click-000002")
    centre.sweep(10)
    centre.rest.fails = 0
    assert centre.call.ended_why == "failed"
    assert any("Try again in a moment" in text for text in said(centre, id_))


def test_a_lost_answer_of_the_carrier_rings_nobody_twice(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    centre.rest.loses = 1
    dials(centre, centre.anna)
    centre.sweep(4)
    assert len(centre.caller.calls) == 1
    centre.caller.answer()
    assert centre.talk(centre.page(centre.anna), centre.caller)
    assert centre.count(CarrierCall) == 2


def test_a_number_the_carrier_refuses_ends_the_call_in_plain_words(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    with centre.at() as work:
        work.session.scalars(select(PhoneNumber)).one().number = "+442071838799"
    id_ = dials(centre, centre.anna)
    assert centre.call.ended_why == "failed"
    assert any("may not be shown" in text for text in said(centre, id_))
    assert centre.undone() == []


def test_hooks_that_come_twice_and_in_any_order_change_nothing(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    dials(centre, centre.anna)
    centre.exchange.advance(3)
    centre.caller.answer()
    centre.exchange.advance(5)
    hooks = [hook for hook in centre.exchange.sent if "dialled" in hook.url]
    assert {"ringing", "in-progress"} <= {dict(hook.params).get("CallStatus") for hook in hooks}
    for hook in reversed(hooks):
        centre.exchange.deliver(hook)
    assert centre.talk(centre.page(centre.anna), centre.caller)
    centre.caller.hang_up()
    for hook in reversed(hooks):
        centre.exchange.deliver(hook)
    assert centre.call.ended_why == "visitor"
    assert outcome(centre)[0] == "over"
    assert centre.count(Conversation) == 1
    assert centre.undone() == []


def test_an_end_that_comes_before_the_beginning_leaves_no_ghost(centre: Centre) -> None:
    """H4, of a line that we have not heard of yet."""
    centre.comes_in(centre.anna)
    centre.rest.fails = 99
    id_ = dials(centre, centre.anna)
    with centre.look() as work:
        row = work.session.scalars(select(Dialled)).one()
    sid = "CA" + "7" * 32
    facts = {"CallSid": sid, "AccountSid": centre.exchange.switch.account.sid, "From": NUMBER}
    url = f"{HOOKS}/status?dialled={row.id}"
    for status in ("no-answer", "in-progress", "ringing"):
        centre.exchange.deliver(centre.exchange.signed(url, facts | {"CallStatus": status}))
    assert centre.call.ended_why == "no_answer"
    assert outcome(centre) == ("over", "no_answer")
    picked = centre.exchange.signed(f"{HOOKS}/voice/dialled/{row.id}", facts)
    centre.exchange.deliver(picked)
    assert said(centre, id_).count("Nobody answered") == 1
    assert "They answered" not in said(centre, id_)


@pytest.mark.parametrize("seed", range(3))
def test_H4_in_any_weather_one_telephone_rings_once_and_the_call_ends_as_it_did(
    app: Flask, seed: int
) -> None:
    weather = Disturbance(duplicated=0.5, delayed=0.5, reordered=0.5, dropped=0.3, seed=seed)
    with opened(app, weather=weather) as centre:
        centre.comes_in(centre.anna)
        dials(centre, centre.anna)
        centre.sweep(6)
        centre.caller.answer()
        centre.sweep(10)
        assert centre.talk(centre.page(centre.anna), centre.caller)
        centre.caller.hang_up()
        centre.sweep(60)
        repair(centre)
        centre.sweep(2)
        assert (centre.call.doing, centre.call.ended_why) == ("ended", "visitor")
        assert outcome(centre)[0] == "over"
        assert (creations(centre), len(centre.caller.calls)) == (1, 1)
        assert centre.page(centre.anna).call is None
        assert centre.undone() == []


def test_a_page_that_never_comes_in_ends_the_call_and_frees_its_agent(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    id_ = clicks(centre, centre.anna)
    centre.sweep(23)
    assert not centre.caller.calls
    assert centre.call.ended_why == "page_lost"
    with centre.at(centre.anna) as work:
        desk.finish_wrap_up(work, id_, outcome="no_answer")


def test_an_agent_lost_in_the_middle_of_it_hands_them_to_the_front_of_the_line(
    centre: Centre,
) -> None:
    centre.comes_in(centre.anna)
    dials(centre, centre.anna)
    centre.exchange.advance(3)
    centre.caller.answer()
    centre.exchange.advance(5)
    centre.page(centre.anna).unregister()
    centre.comes_in(centre.ben)
    centre.sweep(22)
    centre.answers(centre.ben)
    assert centre.talk(centre.caller, centre.page(centre.ben))
    assert len(centre.caller.calls) == 1
    centre.caller.hang_up()
    assert centre.undone() == []


def test_who_may_not_be_rung_is_not_rung(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    with pytest.raises(Invalid, match="like"):
        clicks(centre, centre.anna, "tomorrow")
    with pytest.raises(Invalid, match="our own"):
        clicks(centre, centre.anna, NUMBER)
    with pytest.raises(Forbidden, match="earn by the call"):
        clicks(centre, centre.anna, "+449098790000")
    with centre.at(centre.anna) as work:
        customer = Customer(
            id="01900000-0000-7000-8000-000000000001", name="Kim", timezone="Asia/Tokyo",
            created_at=work.at, last_contact_at=work.at,
        )  # fmt: skip
        work.session.add(customer)
        work.session.flush()
        point = points.put(work, customer, points.read(work, "phone", THEIRS))
        assert no_calls.mark_point(work, point.id, kind="asked", reason="Told Anna so.")
        assert not no_calls.mark_point(work, point.id, kind="asked")
    with pytest.raises(Forbidden, match=r"asked not to be called.*Told Anna so"):
        clicks(centre, centre.anna, point_id=point.id)
    with centre.at(centre.anna) as work:
        assert no_calls.lift_point(work, point.id), "a slip is taken back at once"
        assert no_calls.mark_point(work, point.id, kind="asked")
    with centre.at(centre.ben) as work, pytest.raises(Forbidden, match="supervisor"):
        no_calls.lift_point(work, point.id)
    centre.exchange.advance(400)
    with centre.at(centre.anna) as work, pytest.raises(Forbidden, match="supervisor"):
        no_calls.lift_point(work, point.id)
    with centre.at() as work:
        assert no_calls.lift_point(work, point.id)
        calling_rules.change(
            work, version=0, from_time="12:00", until_time="12:01", days=["sun"], is_hard=False,
            zone="UTC",
        )  # fmt: skip
    with pytest.raises(Conflict, match=r"where they are\. Call anyway") as warned:
        clicks(centre, centre.anna, point_id=point.id, anyway=False)
    assert warned.value.code == "quiet_hours"
    with centre.at() as work:
        calling_rules.change(
            work, version=1, from_time="12:00", until_time="12:01", days=["sun"], is_hard=True,
            zone="UTC",
        )  # fmt: skip
    with pytest.raises(Forbidden, match="Calls go out from 12:00 to 12:01, Sunday"):
        clicks(centre, centre.anna, point_id=point.id)
    assert centre.count(Conversation) == 0


def test_a_call_from_a_ticket_is_on_it_and_goes_beside_it(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    with centre.at(centre.anna) as work:
        kim = finding.find_or_create(work, name="Kim", phone=THEIRS).customer
        cases.open_case(
            work, customer_id=kim.id, subject="Heating", body="Cold", channel="call",
            queue=centre.floor.queue_id,
        )  # fmt: skip
    centre.accepts(centre.anna)
    with centre.look() as work:
        point = work.session.scalars(select(ContactPoint)).one()
        ticket = work.session.scalars(select(Ticket)).one()
    id_ = dials(centre, centre.anna, point_id=point.id, ticket_id=ticket.id)
    with centre.look() as work:
        assert work.session.get_one(Conversation, id_).ticket_id == ticket.id
        rows = work.session.scalars(select(EventRow).where(EventRow.kind == "call.changed")).all()
        told = [
            frame.rooms
            for row in rows
            if (event := restore(row.kind, row.customer_id, row.facts)) is not None
            for frame in frames_of(work, Emitted(row.id, event, row.at, row.actor))
            if frame.data.get("subject") == "ticket"
        ]
        assert told
        assert set(told) == {(ticket_room(ticket.id),)}
        open_ones = select(Assignment).where(Assignment.finished_at.is_(None))
        assert len(work.session.scalars(open_ones).all()) == 2
    with pytest.raises(Conflict, match="in hand"):
        clicks(centre, centre.anna, "+447400123457", client_id="click-000002")
    centre.comes_in(centre.ben)
    with pytest.raises(Conflict, match="Anna is in a call with this number"):
        clicks(centre, centre.ben, client_id="click-000003")


def relayed(centre: Centre) -> None:
    """What the relay tells tickets of calls."""
    with centre.look() as work:
        kinds = EventRow.kind.in_(("call.answered", "call.ended"))
        rows = work.session.scalars(select(EventRow).where(kinds).order_by(EventRow.seq)).all()
        told = [(r.id, restore(r.kind, r.customer_id, r.facts), r.at, r.actor) for r in rows]
    with centre.at(system("relay")) as work:
        cases_hearing.hear(work, [Emitted(*one) for one in told if one[1] is not None])


@pytest.mark.parametrize("machine", [False, True])
def test_a_call_that_a_person_answers_answers_its_ticket_and_a_machine_answers_nothing(
    centre: Centre, machine: bool
) -> None:
    with centre.at(centre.anna) as work:
        kim = finding.find_or_create(work, name="Kim", phone=THEIRS).customer
        ticket_id = cases.open_case(
            work, customer_id=kim.id, subject="Heating", body="Cold", channel="email",
            queue=centre.floor.queue_id,
        ).ticket.id  # fmt: skip
    centre.comes_in(centre.anna)
    id_ = dials(centre, centre.anna, ticket_id=ticket_id)
    centre.exchange.advance(3)
    centre.caller.answer()
    answered = centre.exchange.now()
    if machine:
        with centre.at() as work:
            row = dialled.latest(work, id_)
            assert row is not None
            telephone_dialled.heard(work, row, {"AnsweredBy": "machine_start"})
    centre.exchange.advance(20)
    centre.caller.hang_up()
    relayed(centre)
    with centre.look() as work:
        ticket = work.session.get_one(Ticket, ticket_id)
        replied, waits = ticket.first_replied_at, ticket.waiting_since
    if machine:
        assert replied is None
        assert waits is not None
    else:
        assert replied == answered
        assert waits is None


def test_of_two_who_look_at_once_one_rings(centre: Centre) -> None:
    """Both saw the number free; the database lets one try at it stand."""
    centre.comes_in(centre.anna)
    id_ = dials(centre, centre.anna)
    with centre.at() as work:
        ours = dialled.ours(work)[0]
        with pytest.raises(Conflict, match="being rung"):
            dialled.put(work, id_, THEIRS, ours)
