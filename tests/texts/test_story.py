"""Texts from end to end, on the exchange: in, offered, answered, delivered, stopped, started."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from helpdesk.calendars import service as calendars
from helpdesk.carriers.models import CarrierEvent
from helpdesk.core import clock
from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import ContactPoint, Customer, TimelineEntry
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN
from helpdesk.exchange.phones import Phone
from helpdesk.routing import setup
from helpdesk.routing.models import WorkItem
from helpdesk.texts.models import TextArrival, TextDelivery, TextOptOut
from helpdesk.workflows import desk, texts_sending
from tests.texts.conftest import CENTRE, KIM, Line
from tests.workflows.people import SETUP, offer_of

SMS = "http://localhost/hooks/twilio/sms"


def deliveries(line: Line) -> list[TextDelivery]:
    with reading(SETUP) as work:
        return list(work.session.scalars(select(TextDelivery).order_by(TextDelivery.id)))


def test_a_text_is_offered_answered_delivered_stopped_and_started(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Is my washing machine repaired?")
    conversation_id = line.take()
    (conversation,) = line.conversations()
    assert (conversation.id, conversation.channel) == (conversation_id, "sms")
    with reading(SETUP) as work:
        customer = work.session.get_one(Customer, conversation.customer_id)
        point = work.session.scalars(
            select(ContactPoint).where(ContactPoint.customer_id == customer.id)
        ).one()
        assert (point.kind, point.value) == ("phone", KIM)
        assert work.session.scalars(select(WorkItem.channel)).all() == ["sms"]

    seq = line.write(conversation_id, "It is. We bring it at nine.")
    assert [row.state for row in deliveries(line)] == ["sent"]
    line.pass_time(5)
    assert [message.body for message in kim.inbox] == ["It is. We bring it at nine."]
    assert [(row.seq, row.state) for row in deliveries(line)] == [(seq, "delivered")]

    kim.text(CENTRE, "Stop.")
    with pytest.raises(Conflict) as refused:
        line.write(conversation_id, "Are you sure?")
    assert refused.value.code == "opted_out"
    assert "Stop." in refused.value.message
    with reading(SETUP) as work:
        kept = work.session.scalars(select(TextOptOut)).one()
        assert (kept.number, kept.contact_point_id, kept.words) == (KIM, point.id, "Stop.")
        kinds = work.session.scalars(select(TimelineEntry.kind)).all()
        assert "texts.opted_out" in kinds

    kim.text(CENTRE, "START")
    line.write(conversation_id, "Welcome back.")
    line.pass_time(5)
    assert [message.body for message in kim.inbox][1:] == ["Welcome back."]
    line.end(conversation_id)
    line.wrap_up(conversation_id)
    assert [c.state for c in line.conversations()] == ["ended"]


def test_a_text_within_a_day_goes_on_in_the_same_conversation(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    line.end(conversation_id)
    kim.text(CENTRE, "One more thing")  # while it is wrapped up
    assert line.take() == conversation_id
    line.end(conversation_id)
    line.wrap_up(conversation_id)
    line.pass_time(25 * 3600)
    kim.text(CENTRE, "A new matter")
    assert line.take() != conversation_id
    first, second = line.conversations()
    assert first.customer_id == second.customer_id


def test_the_same_number_by_whatsapp_is_another_conversation_of_the_same_customer(
    line: Line, kim: Phone
) -> None:
    kim.text(CENTRE, "By text")
    kim.whatsapp(CENTRE, "By WhatsApp")
    first, second = line.conversations()
    assert (first.channel, second.channel) == ("sms", "whatsapp")
    assert first.customer_id == second.customer_id


def test_whatsapp_takes_free_words_for_a_day(line: Line, kim: Phone) -> None:
    kim.whatsapp(CENTRE, "Where is my parcel?")
    conversation_id = line.take()
    line.write(conversation_id, "On its way.")
    line.pass_time(24 * 3600 + 1)
    assert [row.state for row in deliveries(line)] == ["delivered"]
    with pytest.raises(Conflict) as refused:
        line.write(conversation_id, "Has it come?")
    assert refused.value.code == "window_closed"


def test_reports_may_come_twice_late_and_in_any_order(line: Line, kim: Phone) -> None:
    line.exchange.switch.disturbance = Disturbance(
        duplicated=0.6, reordered=0.8, delayed=0.5, late=20, seed=7
    )
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    for number in range(6):
        line.write(conversation_id, f"Part {number}")
    line.pass_time(120)
    assert {row.state for row in deliveries(line)} == {"delivered"}
    assert [m.body for m in kim.inbox] == [f"Part {number}" for number in range(6)]


def test_a_lost_answer_is_looked_up_before_the_text_goes_again(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    line.files.lost = 1
    with clock.moved_to(line.exchange.now()), begin(line.floor.anna) as work:
        desk.send_message(work, conversation_id, text="Once", public=True, client_msg_id="a")
    with clock.moved_to(line.exchange.now()):
        texts_sending.send_due()
    (row,) = deliveries(line)
    assert (row.state, row.is_unsure) == ("queued", True)
    line.pass_time(60)
    (row,) = deliveries(line)
    assert (row.state, [m.body for m in kim.inbox]) == ("delivered", ["Once"])


def test_a_lost_answer_without_any_report_is_healed_by_the_list(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    line.exchange.switch.disturbance = Disturbance(dropped=1.0)
    line.files.lost = 1
    line.write(conversation_id, "Once")
    line.pass_time(60)
    (row,) = deliveries(line)
    assert (row.state, row.tries, [m.body for m in kim.inbox]) == ("sent", 2, ["Once"])


def test_a_text_that_is_tried_again_is_not_overtaken_by_the_next(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    with clock.moved_to(line.exchange.now()), begin(line.floor.anna) as work:
        desk.send_message(work, conversation_id, text="One", public=True, client_msg_id="a")
        (row,) = work.session.scalars(select(TextDelivery))
        row.is_unsure, row.tries, row.next_try_at = True, 1, work.at + timedelta(seconds=15)
    line.write(conversation_id, "Two")
    line.write(conversation_id, "Three")
    assert [m.body for m in kim.inbox] == []
    line.pass_time(20)
    line.pass_time(5)
    assert [m.body for m in kim.inbox] == ["One", "Two", "Three"]
    with begin(line.floor.anna) as work:  # one that never goes holds the others back for a while
        for row in work.session.scalars(select(TextDelivery).where(TextDelivery.text == "One")):
            row.state, row.next_try_at = "queued", row.created_at + timedelta(hours=3)
    line.write(conversation_id, "Four")
    line.pass_time(60)
    assert kim.inbox[-1].body == "Three"
    line.pass_time(31 * 60)
    line.pass_time(5)
    assert kim.inbox[-1].body == "Four"


def test_an_opt_out_that_only_the_carrier_knows_is_learned(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    line.exchange.switch.opted_out.add((CENTRE, KIM))
    line.write(conversation_id, "Hello Kim")
    (row,) = deliveries(line)
    assert (row.state, row.error) == ("failed", "the customer has opted out of our texts")
    with pytest.raises(Conflict):
        line.write(conversation_id, "Hello?")


def test_somebody_unreachable_is_said_in_plain_words(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    kim.reachable_by_text = False
    line.write(conversation_id, "Are you there?")
    line.pass_time(5)
    (row,) = deliveries(line)
    assert (row.state, row.error) == ("undelivered", "the number is unreachable")


def test_H9_help_is_answered_and_a_bare_word_calls_nobody(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "help?")
    line.work_off()
    line.pass_time(5)
    assert "STOP" in kim.inbox[0].body
    kim.text(CENTRE, "ＳＴＯＰ")
    with reading(line.floor.anna) as work:
        assert offer_of(work, line.floor.anna) is None
        assert work.session.scalar(select(func.count()).select_from(TextOptOut)) == 1
    assert {c.state for c in line.conversations()} == {"ended"}


def test_yes_is_an_answer_where_nobody_opted_out(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "Hello")
    conversation_id = line.take()
    line.write(conversation_id, "Shall we come at nine?")
    line.end(conversation_id)
    line.wrap_up(conversation_id)
    kim.text(CENTRE, "Yes")
    assert line.take() == conversation_id


def test_a_closed_queue_says_so_once_in_a_conversation(line: Line, kim: Phone) -> None:
    with clock.moved_to(line.exchange.now()), begin(SETUP) as work:
        never = calendars.create_calendar(
            work, name="Never", plan={"zone": "UTC", "weekly": {}, "exceptions": {}}
        )
        setup.change_queue(
            work, line.floor.queue_id, calendar_id=never.id, closed_text="We open on Monday."
        )
    kim.text(CENTRE, "Hello")
    kim.text(CENTRE, "Anybody there?")
    line.work_off()
    line.pass_time(5)
    assert [message.body for message in kim.inbox] == ["We open on Monday."]


# The door


def signed(form: dict[str, str], url: str = SMS) -> dict[str, str]:
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
    return {"X-Twilio-Signature": str(signature)}


def form(**more: str) -> dict[str, str]:
    told = {"MessageSid": "SM" + "1" * 32, "AccountSid": ACCOUNT_SID, "From": KIM, "To": CENTRE}
    return {**told, "Body": "Hello", "NumMedia": "0", **more}


def test_H1_what_is_not_signed_changes_nothing(line: Line, client: FlaskClient) -> None:
    good = form()
    for sent, headers in (
        (good, {}),
        (good, {"X-Twilio-Signature": "x"}),
        (good, signed(good, SMS + "/status")),
        ({**good, "Body": "Changed"}, signed(good)),
        ({**good, "Extra": "1"}, signed(good)),
    ):
        for path in ("/hooks/twilio/sms", "/hooks/twilio/sms/status"):
            assert client.post(path, data=sent, headers=headers).status_code == 403 or (
                path.endswith("status") and headers == signed(good, SMS + "/status")
            )
    assert line.conversations() == []


def test_H2_pools_unknown_parameters_and_unknown_numbers_of_ours_lose_nothing(
    line: Line, client: FlaskClient
) -> None:
    service = line.exchange.messaging_service(CENTRE)
    told = form(MessagingServiceSid=service, Neu="ü & =?", To="+442071830000")
    answer = client.post("/hooks/twilio/sms", data=told, headers=signed(told))
    assert (answer.status_code, b"<Response>" in answer.data) == (200, True)
    (conversation,) = line.conversations()
    assert [m.text for m in line.messages(conversation.id)] == ["Hello"]


def test_H3_the_same_hook_twenty_times_at_once_is_one_message(
    line: Line, client: FlaskClient
) -> None:
    told = form()
    again = {**told, "Neu": "a retry with one field more"}
    app = client.application

    def post(number: int) -> int:
        sent = told if number % 2 else again
        return (
            app.test_client().post("/hooks/twilio/sms", data=sent, headers=signed(sent)).status_code
        )

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(20))) == {200}
    (conversation,) = line.conversations()
    assert len(line.messages(conversation.id)) == 1
    with reading(SETUP) as work:
        assert work.session.scalar(select(func.count()).select_from(TextArrival)) == 1
        states = set(work.session.scalars(select(CarrierEvent.state)))
        assert states == {"done"}
        assert len(work.session.scalars(select(WorkItem)).all()) == 1


def test_L8_two_first_texts_at_once_are_one_conversation(line: Line, client: FlaskClient) -> None:
    app = client.application

    def post(number: int) -> int:
        sent = form(MessageSid=f"SM{number:032d}", Body=f"Text {number}")
        return (
            app.test_client().post("/hooks/twilio/sms", data=sent, headers=signed(sent)).status_code
        )

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(post, range(6))) == {200}
    (conversation,) = line.conversations()
    assert len(line.messages(conversation.id)) == 6
