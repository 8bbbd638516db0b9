"""Voice messages from the widget: taken in once, judged by their bytes, and a ticket."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from helpdesk.calls.models import Call
from helpdesk.channels import visitors
from helpdesk.channels.models import Attachment, Conversation, Message, Visitor, WidgetSite
from helpdesk.core.actors import Actor
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import ContactPoint
from helpdesk.routing import setup
from helpdesk.routing.models import WorkItem
from helpdesk.tickets.models import Ticket
from helpdesk.web.widget import throttle, voice
from helpdesk.workflows import calling, calling_states, desk
from tests.calls.sounds import webm
from tests.workflows.people import SETUP, Floor, come_in, make_floor, offer_of


@pytest.fixture(autouse=True)
def full_allowances() -> None:
    throttle.forms_by_network.forget()
    throttle.forms_by_address.forget()


@pytest.fixture
def floor(app: Flask) -> Floor:
    return make_floor("Anna")


def key_of(floor: Floor) -> str:
    with reading(SETUP) as work:
        return work.session.get_one(WidgetSite, floor.site_id).key


def rung(floor: Floor) -> calling.Rung:
    with begin(Actor("visitor", "new")) as work:
        site = work.session.get_one(WidgetSite, floor.site_id)
        made = calling.start(work, site, None, about="My boiler", client_msg_id=new_id())
        calling.join_as_caller(work, made.conversation_id, sid="caller", process_id="here")
        return made


def sends(
    client: FlaskClient, floor: Floor, content: bytes, token: str | None = None, **given: str
) -> Any:
    data: dict[str, Any] = {"site": key_of(floor), "form_id": "a" * 20, "seconds": "12", **given}
    data["file"] = (io.BytesIO(content), "message")
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return client.post("/widget/voice", data=data, headers=headers)


def test_who_waits_in_a_call_leaves_it_with_a_message(client: FlaskClient, floor: Floor) -> None:
    made = rung(floor)
    with reading(SETUP) as work:
        assert calling_states.state_for_caller(work, made.conversation_id)["instead"] == [
            "callback", "message",
        ]  # fmt: skip
    answers = [sends(client, floor, webm(12), made.token) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201], answers[1].text
    assert answers[0].json == answers[1].json
    with reading(SETUP) as work:
        ticket = work.session.scalars(select(Ticket)).one()
        kept = work.session.scalars(select(Attachment)).one()
        message = work.session.get_one(Message, kept.message_id)
        call = work.session.get_one(Call, made.conversation_id)
        items = {item.channel: item for item in work.session.scalars(select(WorkItem))}
    assert answers[0].json["reference"] == f"T-{ticket.number}"
    assert (ticket.subject, ticket.channel) == ("Voice message: My boiler", "call")
    assert (kept.type, kept.name) == ("audio/webm", "Voice message.webm")
    assert message.text == "A voice message of 12 seconds from the website."
    assert message.attachments[0]["type"] == "audio/webm"
    assert (call.ended_why, items["ticket"].state) == ("message", "waiting")
    assert (items["call"].state, items["call"].ended_waiting_at) == ("done", None)
    store = client.application.extensions["helpdesk"].data / "attachments"
    assert len([one for one in store.rglob("*") if one.is_file()]) == 1, "the second is not kept"


def test_who_is_being_connected_or_whose_queue_takes_none_keeps_waiting(
    client: FlaskClient, floor: Floor
) -> None:
    made = rung(floor)
    with begin(SETUP) as work:
        setup.change_queue(work, floor.queue_id, message_instead=False)
    refused = sends(client, floor, webm(12), made.token)
    assert (refused.status_code, refused.json["code"]) == (409, "not_offered")
    come_in(floor.anna)
    with reading(SETUP) as work:
        offer = offer_of(work, floor.anna) or ""
    refused = sends(client, floor, webm(12), made.token)
    assert (refused.status_code, refused.json["code"]) == (409, "not_waiting")
    with begin(floor.anna) as work:
        desk.accept_offer(work, offer)
    with reading(SETUP) as work:
        assert work.session.scalars(select(Attachment)).all() == []
    store = client.application.extensions["helpdesk"].data / "attachments"
    assert not [one for one in store.rglob("*") if one.is_file()]


def test_out_of_hours_a_stranger_says_where_they_are_answered(
    client: FlaskClient, floor: Floor
) -> None:
    nameless = sends(client, floor, webm(5))
    assert (nameless.status_code, list(nameless.json["fields"])) == (400, ["email"])
    assert sends(client, floor, webm(5), email="nowhere").status_code == 400
    good = sends(client, floor, webm(5), email="kim@example.com", name="Kim", about="My bill")
    assert good.status_code == 201, good.text
    with reading(SETUP) as work:
        ticket = work.session.scalars(select(Ticket)).one()
        point = work.session.scalars(select(ContactPoint)).one()
        thread = work.session.scalars(select(Conversation)).one()
    assert ticket.subject == "Voice message: My bill"
    assert (point.value, point.verified_at) == ("kim@example.com", None)
    assert thread.site_id == floor.site_id


@pytest.mark.parametrize(
    "content, code",
    [
        (webm(200), "too_long"),
        (webm(5, b"V_VP8"), "no_sound"),
        (b"<script>alert(1)</script>", "no_sound"),
        (b"", "file_empty"),
    ],
)
def test_A4_what_is_no_sound_or_too_long_is_refused_without_a_trace(
    client: FlaskClient, floor: Floor, content: bytes, code: str
) -> None:
    answer = sends(client, floor, content, email="kim@example.com")
    assert (answer.status_code, answer.json["code"]) == (400, code)
    with reading(SETUP) as work:
        assert work.session.scalars(select(Ticket)).all() == []
    store = client.application.extensions["helpdesk"].data / "attachments"
    assert not [one for one in store.rglob("*") if one.is_file()]


def test_what_is_too_large_or_comes_from_elsewhere_or_a_site_without_calls_is_refused(
    client: FlaskClient, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {"email": "kim@example.com"}
    for broken in ({"form_id": "short"}, {"form_id": "a" * 65}, {"about": "x" * 121}):
        assert sends(client, floor, webm(5), **own, **broken).status_code == 400
    assert sends(client, floor, webm(5), **own, site="unknown").status_code == 404
    foreign = client.post(
        "/widget/voice", data={"site": key_of(floor)}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    monkeypatch.setattr(voice, "LARGEST", 100)
    assert sends(client, floor, webm(5), **own).json["code"] == "file_too_large"
    monkeypatch.undo()
    with begin(SETUP) as work:
        work.session.get_one(WidgetSite, floor.site_id).calls = False
    assert sends(client, floor, webm(5), **own).json["code"] == "no_calls"


def test_a_visitor_who_is_known_needs_no_address(client: FlaskClient, floor: Floor) -> None:
    made = rung(floor)
    with begin(SETUP) as work:
        calling.chat.end_conversation(work, made.conversation_id, ended_by="visitor")
        customer_id = work.session.get_one(Visitor, made.visitor_id).customer_id
        assert visitors.find_visitor(work, made.token, floor.site_id)
    assert sends(client, floor, webm(5), made.token).status_code == 201
    with reading(SETUP) as work:
        assert work.session.scalars(select(Ticket)).one().customer_id == customer_id
