"""What colleagues write for each other leaves by no door there is (E2, K6).

One case and one chat with a word in every place that is for colleagues; then everything that
anybody outside could get is made and looked through: mails, pages, frames, webhooks, surveys, logs.
"""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from helpdesk import wiring
from helpdesk.channels.models import Conversation
from helpdesk.core import addresses, clock
from helpdesk.core.actors import Actor
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields, points
from helpdesk.customers import service as customers
from helpdesk.jobs.relay import Relay
from helpdesk.mail import mailboxes, place
from helpdesk.mail.models import OutgoingMail
from helpdesk.mail.reading import readers
from helpdesk.realtime.frames import VISITOR, frames_of
from helpdesk.surveys import setup as surveys
from helpdesk.tickets import checklists, drafts, time_spent
from helpdesk.tickets import service as tickets
from helpdesk.webhooks import service as webhooks
from helpdesk.webhooks.kinds import NAMES
from helpdesk.webhooks.models import WebhookEndpoint
from helpdesk.workflows import (
    cases,
    cases_line,
    chat,
    desk,
    mail_in,
    surveying,
    transcripts,
    webhooks_sending,
)
from helpdesk.workflows.mail_sending import Sender
from tests.real.mail_servers import SmtpServer
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.signed_in import Browser, add_user, browser_as
from tests.webhooks.receiver import Receiver, receiver

CANARY = "kanarienvogel"
SAID = "Open the blue valve"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Scene:
    office: Office
    customer_id: str
    ticket_id: str
    chat: chat.Started
    kim: Browser


@pytest.fixture
def other_program() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def relay() -> Iterator[SmtpServer]:
    server = SmtpServer().start()
    yield server
    server.stop()
    readers.close()


@pytest.fixture
def scene(app: Flask, settings: Any, relay: SmtpServer, other_program: Receiver) -> Scene:
    """A case by mail and a chat, both answered, with the word in every inner place."""
    place.configure(settings.__class__(**{**_facts(settings), "smtp_url": relay.url}))
    addresses.configure(["127.0.0.1/32"])
    office = o.furnish()
    with begin(o.SETUP) as work:
        mailboxes.add_mailbox(work, name="Us", address="us@shop.example", acknowledges=True)
        custom_fields.add_custom_field(
            work, subject="ticket", key="inner", label="Inner", kind="text"
        )
        webhooks.add_endpoint(work, name="CRM", url=other_program.url, kinds=NAMES)
        plan = {"name": "After", "kind": "csat", "question": "", "queue_ids": [], "brand_id": None,
                "delay_s": 0, "valid_days": 30}  # fmt: skip
        surveys.switch(work, surveys.add_plan(work, plan).id, True)
    made = mail_in.deliver(
        io.BytesIO(b"From: Kim <kim@x.example>\r\nTo: us@shop.example\r\nSubject: Cold\r\n\r\nCold")
    )
    assert made.ticket_id is not None
    with reading(o.SETUP) as work:
        customer_id = tickets.hold(work, made.ticket_id).customer_id
    kim = browser_as(app, "customer", user_id=add_user("customer", customer_id=customer_id))
    o.make_available(office, "salla")
    started = o.writes(office, "Hello?", name="Kim")
    found = Scene(office, customer_id, made.ticket_id, started, kim)
    _write_inside(found, browser_as(app, "agent", user_id=office.people["salla"]))
    _talk(found)
    return found


def _facts(settings: Any) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


def _write_inside(scene: Scene, salla: Browser) -> None:
    actor, ticket_id = scene.office.actor("salla"), scene.ticket_id
    upload = {"file": (io.BytesIO(f"{CANARY} in a file".encode()), f"{CANARY}.txt")}
    file_id = salla.post(f"/desk/tickets/{ticket_id}/files", data=upload).json
    assert file_id is not None
    note = {"client_msg_id": "n" * 20, "text": f"{CANARY} @olu", "public": False,
            "attachments": [file_id["id"]]}  # fmt: skip
    assert salla.post(f"/desk/tickets/{ticket_id}/reply", json=note).status_code == 200
    with begin(actor) as work:
        held = tickets.hold(work, ticket_id)
        checklists.add_item(work, held, f"{CANARY} to do")
        time_spent.add_time(work, held, 60, text=f"{CANARY} took long")
        cases_line.change(work, ticket_id, {"fields": {"inner": CANARY}, "tags": [CANARY]})
        drafts.save_draft(work, ticket_id, text=f"{CANARY} begun")
        customers.add_note(work, scene.customer_id, f"{CANARY} about Kim")
        customers.add_tag(work, scene.customer_id, CANARY)
        cases.reply(work, ticket_id, author=f"agent:{actor.id}", text=SAID, public=True)
        points.put(
            work,
            customers.permissions.get_customer(work, scene.customer_id),
            points.read(work, "phone", "+358401234567"),
            label=CANARY,
        )


def _talk(scene: Scene) -> None:
    office, started = scene.office, scene.chat
    o.take(office, "salla", started)
    o.answers(office, "salla", started, f"{CANARY} in the chat", public=False)
    o.answers(office, "salla", started, SAID)
    o.says(started, "Thank you")
    with begin(Actor("visitor", started.visitor_id)) as work:
        transcripts.want(work, started.conversation_id, "kim@x.example")
    o.make_available(office, "olu")
    with begin(office.actor("salla")) as work:
        chat_id = started.conversation_id
        desk.ask_consult(work, chat_id, office.people["olu"], f"{CANARY}?")
        desk.transfer(work, chat_id, to_queue="billing", note=f"{CANARY} handed on")
    o.take(office, "olu", started)
    with begin(office.actor("olu")) as work:
        desk.end_by_agent(work, chat_id)
        desk.finish_wrap_up(
            work, chat_id, outcome="resolved", note=f"{CANARY} wrap", next_step=f"{CANARY} next"
        )
        cases_line.set_state(work, scene.ticket_id, "resolved")


def _hand_on() -> None:
    reactions = {
        kind: [one for one in found if one.handle is not None]
        for kind, found in wiring.consumers().items()
    }
    running = Relay(reactions)
    while running.deliver_waiting():
        pass


def test_E2_K6_what_is_for_colleagues_leaves_by_no_door(
    scene: Scene,
    relay: SmtpServer,
    other_program: Receiver,
    app: Flask,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="helpdesk")
    _hand_on()
    with clock.moved_to(clock.now() + timedelta(days=1)):
        surveying.send_due()
        with begin(o.SETUP) as work:
            work.session.execute(update(OutgoingMail).values(next_try_at=work.at))
        while Sender().send_due():
            pass
    with reading(o.SETUP) as work:
        (hook_id,) = work.session.scalars(select(WebhookEndpoint.id))
    while webhooks_sending.send_waiting(hook_id):
        pass
    doors = {
        "mails": [taken.raw.decode() for taken in relay.taken],
        "webhooks": [got.raw.decode() for got in other_program.got],
        "frames": _frames_to_the_visitor(scene),
        "pages": _pages_of_the_customer(scene),
        "survey": _survey_pages(app),
        "log": [r.getMessage() for r in caplog.records if r.name.startswith("helpdesk")],
    }
    said = {name: " ".join(texts) for name, texts in doors.items()}
    assert {name for name, text in said.items() if CANARY in _without_tags(text)} == set()
    # And what is meant for them did arrive, so that this is not the silence of a broken line.
    assert [name for name, text in said.items() if SAID in text] == [
        "mails", "webhooks", "frames", "pages",
    ]  # fmt: skip
    assert len(relay.taken) >= 4  # a receipt, the answer, the copy of the chat, the survey
    assert any("Thank you" in mail for mail in doors["mails"])
    assert doors["survey"]


def _without_tags(text: str) -> str:
    """Tags go to other programs on purpose (see the list of facts); nothing else does."""
    return re.sub(rf'"tags": ?\[(\[\], ?)?\[?"{CANARY}"\]?\]', "", text)


def _frames_to_the_visitor(scene: Scene) -> list[str]:
    """Everything that a socket of the visitor was told, and what it gets when it comes back."""
    with reading(o.SETUP) as work:
        rows = work.session.scalars(select(EventRow).order_by(EventRow.seq)).all()
        told = [
            json.dumps(frame.data, default=str)
            for one in Relay({})._restore(rows)
            for frame in frames_of(work, one)
            if frame.namespace == VISITOR
        ]
        conversation = work.session.get_one(Conversation, scene.chat.conversation_id)
        told.append(json.dumps(list(chat.messages_for_visitor(work, conversation, 0)), default=str))
        told.append(json.dumps(chat.state_for_visitor(work, conversation), default=str))
    return told


def _pages_of_the_customer(scene: Scene) -> list[str]:
    """Every address of the API that a customer may read, and what a search finds for them."""
    paths = [
        "/me", "/tickets?limit=100", "/conversations?limit=100", f"/tickets/{scene.ticket_id}",
        f"/tickets/{scene.ticket_id}/replies?limit=100", f"/customers/{scene.customer_id}",
        f"/conversations/{scene.chat.conversation_id}",
        f"/conversations/{scene.chat.conversation_id}/messages",
        f"/search?q={CANARY[:6]}", "/search?q=kanarienvogle", "/search?q=valve",
        "/search?q=begun&scope=messages", "/search?q=wrap",
    ]  # fmt: skip
    answers = [scene.kim.open(f"/api/v1{path}", "GET") for path in paths]
    assert {answer.status_code for answer in answers} <= {200, 404}
    return [answer.get_data(as_text=True) for answer in answers]


def _survey_pages(app: Flask) -> list[str]:
    with reading(o.SETUP) as work:
        texts = list(work.session.scalars(select(OutgoingMail.text)))
    links = [word for text in texts for word in text.split() if "/survey/" in word]
    return [app.test_client().get("/survey/" + link.split("/survey/")[1]).text for link in links]


def test_E2_a_note_moves_no_count_that_its_customer_sees(scene: Scene) -> None:
    """Neither how many messages there are, nor when the case was last touched by an answer."""
    path = f"/api/v1/tickets/{scene.ticket_id}"
    before = [scene.kim.open(f"{path}{more}", "GET").json for more in ("/replies", "")]
    with begin(scene.office.actor("boss")) as work:
        boss = scene.office.people["boss"]
        cases.reply(work, scene.ticket_id, author=f"agent:{boss}", text=CANARY, public=False)
    after = [scene.kim.open(f"{path}{more}", "GET").json for more in ("/replies", "")]
    assert after[0] == before[0]
