"""The widget's door over HTTP: what it shows, what it takes, and from whom."""

from __future__ import annotations

import gzip
import io
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from helpdesk.channels import attachments, hands, service, sites, visitors
from helpdesk.channels.models import Attachment, Conversation, Message, Visitor
from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.mail import mailboxes
from helpdesk.mail.models import OutgoingMail
from helpdesk.routing.models import Queue
from helpdesk.tickets.models import Ticket
from helpdesk.web.widget import throttle
from helpdesk.workflows import mail_out, visit_booking
from tests.field_service.crew_scene import Crew, add_place, add_technician, add_type
from tests.web.signed_in import browser_as

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

TEST = system("test")
HOST = "https://www.nordlicht.example"
STATIC = Path(__file__).parents[3] / "static" / "widget"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60


@dataclass(frozen=True)
class Chat:
    key: str
    site_id: str
    visitor_id: str
    token: str
    conversation_id: str

    @property
    def proof(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(autouse=True)
def full_allowances() -> None:
    for allowance in (throttle.forms_by_network, throttle.forms_by_address, throttle.uploads):
        allowance.forget()


@pytest.fixture
def chat(app: Flask) -> Chat:
    with begin(TEST) as work:
        queue = Queue(id=new_id(), name="Support", slug="support")
        work.session.add(queue)
        site, _ = sites.create_site(
            work,
            name="Nordlicht </script><script>alert(1)</script>",
            queue_id=queue.id,
            allowed_origins=[HOST],
            greeting="Hello <b>",
            pre_chat=[{"key": "phone", "label": "Phone", "kind": "phone"}],
        )
        work.session.flush()
    return open_chat(site.id, site.key)


def open_chat(site_id: str, key: str) -> Chat:
    with begin(TEST) as work:
        customer_id = new_id()
        visitor, token = visitors.new_visitor(work, site_id, customer_id)
        conversation = service.open_conversation(
            work,
            channel="chat",
            customer_id=customer_id,
            queue_id=None,
            site_id=site_id,
            visitor_id=visitor.id,
        )
    return Chat(key, site_id, visitor.id, token, conversation.id)


def upload(
    client: FlaskClient, headers: dict[str, str], *, name: str = "meter.png", data: bytes = PNG
) -> TestResponse:
    file = (io.BytesIO(data), name, "image/svg+xml")
    return client.post(
        "/widget/upload", data={"file": file}, headers={**headers, "Accept": "application/json"}
    )


def fetch(client: FlaskClient, address: str, chat: Chat) -> TestResponse:
    return client.get(address, headers=chat.proof, buffered=True)


def test_the_loader_can_be_kept_and_asked_for_again(client: FlaskClient, chat: Chat) -> None:
    answer = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert answer.mimetype == "text/javascript"
    assert "max-age=3600" in answer.headers["Cache-Control"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in answer.headers
    assert gzip.decompress(answer.data) == (STATIC / "widget.js").read_bytes()
    again = client.get(
        "/widget.js",
        headers={"If-None-Match": answer.headers["ETag"], "Accept-Encoding": "gzip"},
    )
    assert again.status_code == 304
    assert client.get("/widget.js").data == (STATIC / "widget.js").read_bytes()


def test_the_config_is_for_listed_origins_only(client: FlaskClient, chat: Chat) -> None:
    path = f"/widget/config?site={chat.key}"
    answer = client.get(path, headers={"Origin": HOST})
    assert answer.headers["Access-Control-Allow-Origin"] == HOST
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.json is not None
    assert answer.json["status"]["open"] is True
    assert set(answer.json["status"]) <= {"open", "wait_p50_s", "wait_p90_s"}
    for origin in ("https://evil.example", "null", HOST.replace("https", "http")):
        refused = client.get(path, headers={"Origin": origin})
        assert refused.status_code == 403
        assert "Access-Control-Allow-Origin" not in refused.headers


def test_F15_the_frame_names_who_may_frame_it_and_nobody_else(
    client: FlaskClient, chat: Chat
) -> None:
    answer = client.get(f"/widget/frame?site={chat.key}")
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors http://localhost {HOST};" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_F15_other_pages_of_this_door_cannot_be_framed(client: FlaskClient, chat: Chat) -> None:
    for path in ("/widget.js", f"/widget/config?site={chat.key}", "/widget/frame?site=unknown"):
        assert "frame-ancestors 'none'" in client.get(path).headers["Content-Security-Policy"]


def test_A1_a_sites_own_texts_cannot_leave_their_place(client: FlaskClient, chat: Chat) -> None:
    page = client.get(f"/widget/frame?site={chat.key}").text
    assert "<script>alert(1)" not in page
    assert "Hello <b>" not in page
    found = re.search(r'<script type="application/json" id="site">(.*?)</script>', page)
    assert found is not None
    shown = json.loads(found.group(1))
    assert shown["greeting"] == "Hello <b>"
    assert shown["origins"] == ["http://localhost", HOST]
    assert "secret" not in found.group(1)


def test_an_unknown_or_switched_off_site_has_no_chat(client: FlaskClient, chat: Chat) -> None:
    with begin(TEST) as work:
        sites.change_site(work, chat.site_id, is_active=False)
    for key in (chat.key, "unknown", "", "x" * 500):
        for path in ("/widget/frame", "/widget/config"):
            assert client.get(path, query_string={"site": key}).status_code == 404


def test_a_file_goes_up_and_comes_down_as_it_was(client: FlaskClient, chat: Chat) -> None:
    answer = upload(client, chat.proof, name="Zähler stand.png")
    assert answer.status_code == 201, answer.text
    kept = answer.json
    assert kept is not None
    assert (kept["name"], kept["type"], kept["size"]) == ("Zähler stand.png", "image/png", len(PNG))
    fetched = fetch(client, kept["url"], chat)
    assert fetched.data == PNG
    assert fetched.mimetype == "image/png"
    assert fetched.headers["Content-Length"] == str(len(PNG))


@pytest.mark.parametrize(
    "name, data",
    [
        ("xss.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("page.html", b"<!doctype html><script>alert(1)</script>"),
        ("page.xhtml", b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>"),
        ("a.mht", b"MIME-Version: 1.0\nContent-Type: text/html\n\n<html><script>1</script>"),
        ("doc.pdf", b"%PDF-1.7 /JavaScript"),
        ("x.svg", b"\xef\xbb\xbf\n<SVG onload=alert(1)>"),
    ],
)
def test_A4_A6_a_dangerous_file_is_only_ever_saved(
    client: FlaskClient, chat: Chat, name: str, data: bytes
) -> None:
    kept = upload(client, chat.proof, name=name, data=data).json
    assert kept is not None
    assert kept["type"] not in attachments.content_types.PICTURES
    answer = fetch(client, kept["url"], chat)
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_I5_a_hostile_name_makes_no_header_of_its_own(client: FlaskClient, chat: Chat) -> None:
    with begin(TEST) as work:
        stored = attachments.Stored(new_id(), 1, "0" * 64, "text/plain")
        kept = attachments.add(
            work,
            chat.conversation_id,
            stored,
            name='a\r\nX-Evil: 1"; filename=b\u202egnp.exe',
            uploaded_by="visitor",
        )
    store = attachments.FolderStore(client.application.extensions["helpdesk"].data / "attachments")
    path = store._path(kept.id)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    address = attachments.link(kept.id, f"visitor:{chat.visitor_id}")
    answer = fetch(client, address, chat)
    assert answer.data == b"x"
    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Disposition"].count('"') == 2


def test_G4_an_upload_needs_the_visitors_own_token(client: FlaskClient, chat: Chat) -> None:
    proofs: list[dict[str, str]] = [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer hdv_" + "x" * 32},
        {"Authorization": f"Basic {chat.token}"},
        {"Cookie": f"token={chat.token}"},
    ]
    for proof in proofs:
        answer = upload(client, proof)
        assert answer.status_code == 401, proof
        assert answer.mimetype == "application/problem+json"
    by_address = client.post(f"/widget/upload?token={chat.token}", data={})
    assert by_address.status_code in (303, 401)
    with reading(TEST) as work:
        assert work.session.scalar(select(func.count(Attachment.id))) == 0


def test_G4_nothing_goes_up_once_the_chat_has_ended(client: FlaskClient, chat: Chat) -> None:
    with begin(TEST) as work:
        hands.end(work, chat.conversation_id, ended_by="visitor")
    answer = upload(client, chat.proof)
    assert (answer.status_code, answer.json and answer.json["code"]) == (400, "no_chat")


def test_E4_a_file_is_for_its_own_chat_and_for_the_desk_only(
    app: Flask, client: FlaskClient, chat: Chat
) -> None:
    other = open_chat(chat.site_id, chat.key)
    kept = upload(client, chat.proof).json
    assert kept is not None
    address = kept["url"]
    assert client.get(address).status_code == 404
    assert fetch(client, address, other).status_code == 404
    theirs = attachments.link(kept["id"], f"visitor:{other.visitor_id}")
    assert fetch(client, theirs, other).status_code == 404
    assert fetch(client, address[:-1], chat).status_code == 404
    assert fetch(client, f"/a/{kept['id']}/{'0' * 43}", chat).status_code == 404
    agent = browser_as(app, "agent")
    own = attachments.link(kept["id"], f"user:{agent.user_id}")
    assert agent.get(own, buffered=True).data == PNG
    assert agent.get(address).status_code == 404
    for role in ("technician", "customer"):
        browser = browser_as(app, role)
        link = attachments.link(kept["id"], f"user:{browser.user_id}")
        assert browser.get(link).status_code == 404
    with begin(TEST) as work:
        store = attachments.FolderStore(app.extensions["helpdesk"].data / "attachments")
        attachments.erase(work, store, kept["id"])
    assert fetch(client, address, chat).status_code == 404


def test_G3_an_expired_token_opens_nothing(client: FlaskClient, chat: Chat) -> None:
    kept = upload(client, chat.proof).json
    assert kept is not None
    with clock.moved_to(clock.now() + timedelta(days=181)):
        assert fetch(client, kept["url"], chat).status_code == 404
        assert upload(client, chat.proof).status_code == 401


def test_a_file_over_the_limit_is_refused_before_it_is_read(
    client: FlaskClient, chat: Chat, app: Flask
) -> None:
    most = app.extensions["helpdesk"].max_upload
    answer = client.post(
        "/widget/upload",
        headers=chat.proof,
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": str(most + 1)},
    )
    assert answer.status_code == 413
    assert upload(client, chat.proof, data=b"").status_code == 400
    empty = client.post("/widget/upload", data={}, headers=chat.proof)
    assert empty.status_code == 400


def test_uploads_are_limited_by_visitor(client: FlaskClient, chat: Chat) -> None:
    statuses = [upload(client, chat.proof).status_code for _ in range(throttle.uploads.most + 2)]
    assert statuses.count(201) == throttle.uploads.most
    assert statuses[-1] == 429


def form(chat: Chat, **given: Any) -> dict[str, Any]:
    return {
        "site": chat.key,
        "form_id": "form-" + new_id(),
        "text": "My meter stands still",
        "email": "ida@example.org",
        "name": "Ida Berg",
        "answers": {"phone": "+49 30 123456"},
        **given,
    }


def count(kind: type[Conversation] | type[Message]) -> int:
    with reading(TEST) as work:
        return (
            work.session.scalar(
                select(func.count(Conversation.id)).where(Conversation.channel == "form")
                if kind is Conversation
                else select(func.count(Message.id))
            )
            or 0
        )


def test_a_message_left_in_closed_hours_is_kept_and_has_a_reference(
    client: FlaskClient, chat: Chat
) -> None:
    answer = client.post("/widget/offline", json=form(chat))
    assert answer.status_code == 201, answer.text
    assert answer.json is not None
    with reading(TEST) as work:
        kept = work.session.scalars(
            select(Conversation).where(Conversation.channel == "form")
        ).one()
        text = work.session.scalars(
            select(Message.text).where(Message.conversation_id == kept.id)
        ).one()
        ticket = work.session.get_one(Ticket, kept.ticket_id)
    assert answer.json["reference"] == f"T-{ticket.number}"
    assert kept.answers["phone"] == "+49 30 123456"
    assert text == "My meter stands still"


def test_L10_a_form_that_is_sent_twice_is_taken_once(client: FlaskClient, chat: Chat) -> None:
    once = form(chat)
    first = client.post("/widget/offline", json=once).json
    second = client.post("/widget/offline", json=once).json
    assert first == second
    assert count(Conversation) == 1
    other = client.post("/widget/offline", json={**once, "text": "Something else"})
    assert other.status_code == 409


def test_errors_of_the_form_are_told_by_field(client: FlaskClient, chat: Chat) -> None:
    answer = client.post("/widget/offline", json=form(chat, email="nowhere", text="  "))
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["fields"] == {
        "email": "Enter an e-mail address like name@example.com",
        "text": "Write what we can help with",
    }
    for broken in (
        form(chat, site="unknown"),
        form(chat, is_admin=True),
        form(chat, answers={"phone": 7}),
        form(chat, text="x" * 10_001),
        {},
        [],
    ):
        assert client.post("/widget/offline", json=broken).status_code in (400, 404)
    assert count(Conversation) == 0


def test_F10_another_sites_page_cannot_send_the_form(client: FlaskClient, chat: Chat) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/widget/offline", json=form(chat), headers=headers)
        assert answer.status_code == 403
    plain = client.post("/widget/offline", data=json.dumps(form(chat)), content_type="text/plain")
    assert plain.status_code == 415
    assert count(Conversation) == 0


def test_D5_many_forms_for_one_address_are_stopped(client: FlaskClient, chat: Chat) -> None:
    statuses = [client.post("/widget/offline", json=form(chat)).status_code for _ in range(8)]
    assert statuses == [201] * 5 + [429] * 3
    refused = client.post("/widget/offline", json=form(chat, email="IDA@example.org"))
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 60


def test_D5_five_hundred_forms_for_one_victim_make_one_receipt_that_quotes_nothing(
    client: FlaskClient, chat: Chat
) -> None:
    """From many networks, to many web processes, which count apart."""
    with begin(TEST) as work:
        mailboxes.add_mailbox(work, name="Us", address="us@shop.example", acknowledges=True)
    statuses = []
    for number in range(500):
        if number % 100 == 0:
            throttle.forms_by_address.forget()
        spam = form(chat, email="victim@example.com", text=f"BUY PILLS {number}", name="CHEAP")
        came_from = {"REMOTE_ADDR": f"198.51.{number % 250}.{number % 7}"}
        statuses.append(
            client.post("/widget/offline", json=spam, environ_overrides=came_from).status_code
        )
    assert set(statuses) == {201, 429}
    with begin(TEST) as work:
        for ticket in work.session.scalars(select(Ticket)).all():
            thread = select(Conversation.id).where(Conversation.ticket_id == ticket.id)
            mail_out.acknowledge_form(work, ticket, work.session.scalars(thread).one())
    with reading(TEST) as work:
        (receipt,) = work.session.scalars(select(OutgoingMail)).all()
    assert receipt.to_address == "victim@example.com"
    for word in ("BUY", "PILLS", "CHEAP"):
        assert word not in f"{receipt.subject} {receipt.to_name} {receipt.text} {receipt.html}"


def test_D5_many_forms_from_one_network_are_stopped(client: FlaskClient, chat: Chat) -> None:
    statuses = [
        client.post("/widget/offline", json=form(chat, email=f"a{n}@example.org")).status_code
        for n in range(throttle.forms_by_network.most + 3)
    ]
    assert statuses.count(201) == throttle.forms_by_network.most
    assert statuses[-1] == 429


def test_the_demo_page_is_there_only_in_a_demo(client: FlaskClient, chat: Chat) -> None:
    assert client.get("/widget/demo").status_code == 404


def test_only_a_proved_visitor_hears_where_the_technician_is(
    client: FlaskClient, chat: Chat
) -> None:
    with begin(TEST) as work:
        crew = Crew(technicians=[add_technician(work, "Nils Brandt")])
        crew.type_id = add_type(work)
        customer = customers.create_customer(work, name="Ada", language="en").id
        work.session.get_one(Visitor, chat.visitor_id).customer_id = customer
        place = add_place(work, customer)
        asked = visit_booking.offers(work, customer, visit_type=crew.type_id, place_id=place)
        visit_booking.accept(work, asked.offers[0].id)
    nobody = {"Accept": "application/json"}
    assert client.get("/widget/visit", headers=nobody).status_code == 401
    assert client.get("/widget/visit", headers=chat.proof).json == {}
    with begin(TEST) as work:
        work.session.get_one(Visitor, chat.visitor_id).identified_at = work.at
    told = client.get("/widget/visit", headers=chat.proof).json
    assert told["title"] == "Your next visit"
    assert told["text"].startswith("Nils comes ")
