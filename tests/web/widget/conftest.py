"""A running installation with one site, a host's page on another origin, and an agent at work.

The agent acts through the same workflows as the desk's socket, from this process; the relay and
Redis carry what it does to the visitor's browser, as they would from another machine.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.calendars import service as calendars
from helpdesk.channels import sites
from helpdesk.channels.models import Conversation
from helpdesk.core import db, secrets, work
from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.tables import Heartbeat
from helpdesk.core.work import begin, reading
from helpdesk.identity.models import User
from helpdesk.mail import mailboxes
from helpdesk.routing import offers, presence, service
from helpdesk.routing.models import Queue, QueueMember, WorkItem
from helpdesk.surveys import setup as surveys
from helpdesk.workflows import chat, desk
from tests.real.server import Installation

SETUP = system("setup")
QUESTIONS = [
    {"key": "name", "label": "Your name", "kind": "text", "required": True},
    {"key": "email", "label": "Your e-mail address", "kind": "email"},
    {
        "key": "about",
        "label": "What is it about?",
        "kind": "choice",
        "required": True,
        "choices": ["My bill", "Moving house"],
    },
]
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>A shop</title></head>
<body><h1>A shop</h1><p><a href="#" id="first">A link</a></p>
<p style="position:fixed;right:24px;bottom:30px;margin:0"><a href="#" id="under">Terms</a></p>
{more}<script>{before}</script>
<script src="{home}/widget.js" data-site="{key}" async></script></body></html>"""


@dataclass
class Host:
    """Somebody else's web server. `serve` answers the address of a page on an origin of its own."""

    home: str
    running: list[ThreadingHTTPServer] = field(default_factory=list)

    def serve(self, html: str) -> str:
        body = html.encode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    def page(self, key: str, *, before: str = "", more: str = "") -> str:
        return self.serve(PAGE.format(home=self.home, key=key, before=before, more=more))

    def stop(self) -> None:
        for server in self.running:
            server.shutdown()
            server.server_close()


@dataclass
class Agent:
    """Mara, at her desk."""

    actor: Actor

    def accept(self) -> str:
        """Take the chat that is offered; the conversation's id."""
        deadline = time.monotonic() + 15
        while True:
            with begin(self.actor) as at:
                service.look_for_work(at, self.actor.id)
            with reading(self.actor) as at:  # what a form left behind is offered too
                live = [
                    offer.id
                    for offer in offers.live_offers_to(at, self.actor.id)
                    if at.session.get_one(WorkItem, offer.work_item_id).channel == "chat"
                ]
            if live:
                with begin(self.actor) as at:
                    return str(desk.accept_offer(at, live[0])[1].subject_id)
            assert time.monotonic() < deadline, "no chat was offered"
            time.sleep(0.05)

    def end(self, conversation_id: str) -> None:
        with begin(self.actor) as at:
            desk.end_by_agent(at, conversation_id)

    def say(self, conversation_id: str, text: str, *, public: bool = True) -> None:
        with begin(self.actor) as at:
            desk.send_message(at, conversation_id, text=text, client_msg_id=new_id(), public=public)


@dataclass
class Place:
    """An installation with a site. `secret` signs identities; `url` is a host's page."""

    server: Installation
    host: Host
    key: str
    secret: str
    site_id: str
    queue_id: str

    def site(self, **changes: Any) -> None:
        with begin(SETUP) as at:
            sites.change_site(at, self.site_id, **changes)

    def close(self, *, closed: bool = True) -> None:
        """Put the queue outside its hours, or back to always open."""
        with begin(SETUP) as at:
            queue = at.session.get_one(Queue, self.queue_id)
            queue.calendar_id = None
            if closed:
                plan = {"zone": "UTC", "weekly": {}, "exceptions": {}}
                name = f"Never {new_id()}"
                queue.calendar_id = calendars.create_calendar(at, name=name, plan=plan).id
        # The web process keeps what it knows of queues for a moment.
        until(lambda: self._is_open() is not closed)

    def _is_open(self) -> bool:
        address = f"{self.server.url}/widget/config?site={self.key}"
        with urllib.request.urlopen(address) as answer:
            return bool(json.load(answer)["status"]["open"])

    def page(self, *, listed: bool = True, **more: str) -> str:
        """The address of a fresh host page; its origin is the only one listed."""
        url = self.host.page(self.key, **more)
        if listed:
            self.site(allowed_origins=[url])
        return url


@pytest.fixture(scope="module")
def _running(server: Installation) -> Iterator[Place]:
    host = Host(server.url)
    db.use(server.database)
    secrets.configure(server.secret_key)
    with begin(SETUP) as at:
        queue = Queue(id=new_id(), name="Support", slug="support")
        at.session.add(queue)
        at.session.flush()
        site, secret = sites.create_site(at, name="Nordlicht Energie", queue_id=queue.id)
        mailboxes.add_mailbox(
            at, name="Support", address="support@nordlicht.example", outgoing="smtp",
            smtp={"host": "mail.nordlicht.example"},
        )  # fmt: skip
        asked = {"name": "After a chat", "kind": "csat", "question": "", "queue_ids": []}
        asked |= {"brand_id": None, "delay_s": 0, "valid_days": 30}
        surveys.switch(at, surveys.add_plan(at, asked).id, True)
        place = Place(server, host, site.key, secret, site.id, queue.id)
    yield place
    host.stop()


@pytest.fixture
def place(_running: Place) -> Iterator[Place]:
    """The module's installation, its site as new."""
    db.use(_running.server.database)
    secrets.configure(_running.server.secret_key)
    work.silence()
    _running.close(closed=False)
    _running.site(
        pre_chat=[], greeting="Ask us anything.", allowed_origins=[], queue_id=_running.queue_id
    )
    yield _running
    with begin(SETUP) as at:  # nobody's chat is left for the next test's agent
        left = select(Conversation.id).where(Conversation.state != "ended")
        for conversation_id in at.session.scalars(left).all():
            chat.end_conversation(at, conversation_id, ended_by="system")
    db.use(None)


@pytest.fixture
def agent(place: Place) -> Iterator[Agent]:
    user_id = new_id()
    with begin(SETUP) as at:
        at.session.add(
            User(
                id=user_id,
                email=f"{user_id}@example.org",
                name="Mara Lindqvist-Secret",
                public_name="Mara",
                role="agent",
                created_at=at.at,
            )
        )
        at.session.flush()
        at.session.add(QueueMember(queue_id=place.queue_id, user_id=user_id))
        presence.ensure_agent(at, user_id)
    actor = Actor("user", user_id, "agent")
    process = _process_of(place)
    with begin(actor) as at:
        desk.connect(at, f"sid-{user_id}", process)
    with begin(actor) as at:
        desk.set_presence(at, "available")
    yield Agent(actor)
    with begin(SETUP) as at:
        presence.deactivate(at, user_id, active=False)


def _process_of(place: Place) -> str:
    """The web process, whose heart beats: a seat of a silent process would be cleared away."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with reading(SETUP) as at:
            found = at.session.scalar(
                select(Heartbeat.process_id)
                .where(Heartbeat.role == "web")
                .order_by(Heartbeat.at.desc())
            )
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("no web process beats")


def until(true: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait for something outside the page."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
