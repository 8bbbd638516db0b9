"""Every page that the desk, the floor and the admin area link to, over a database full of payloads.

What is kept could have come in by any way, also one that is yet to be written: so the payloads are
put into the columns themselves, and a browser goes wherever a link leads (A1, A2, A9, A12, A14).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request
from sqlalchemy import Table, select, update

from helpdesk.core.actors import Actor
from helpdesk.core.db import Base
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.demo import filling
from helpdesk.identity.models import User
from helpdesk.imports import service as imports
from helpdesk.imports.models import ImportProblem
from helpdesk.mail import mailboxes, place
from helpdesk.mail.reading import readers
from helpdesk.notices import service as notices
from helpdesk.rules import service as rules
from helpdesk.rules.service import Draft
from helpdesk.search import saved
from helpdesk.surveys.models import Survey
from helpdesk.tickets import checklists, time_spent, views
from helpdesk.tickets import service as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.webhooks import service as webhooks
from helpdesk.webhooks.kinds import NAMES
from helpdesk.workflows import cases, mail_in
from tests.conftest import told
from tests.real.server import Installation
from tests.web.agent import office as o
from tests.web.signed_in import add_user
from tests.workflows.ruling_scene import act

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAYLOAD = (
    "</script></style></title></textarea>\"'><img src=//evil.example/x onerror=window.__pwn=1>"
    "<svg onload=window.__pwn=1><base href=//evil.example/>q{{7*7}}q${7*7}\u202e<!--"
)
SCHEME = "javascript:window.__pwn=1//"
WORDS = {
    "api_token": ["name"], "app_user": ["name", "public_name"], "assignment": ["note", "next_step"],
    "attachment": ["name"], "calendar": ["name"], "canned_reply": ["shortcut", "title", "text"],
    "clock": ["text"], "contact_point": ["label", "as_given"], "conversation": ["reason"],
    "custom_field": ["label"], "customer": ["name"], "customer_note": ["text"],
    "import_problem": ["place", "problem", "cells"], "import_run": ["file_name", "trouble"],
    "incoming_mail": ["reason", "sender_name", "doubt", "subject"], "mail_brand": ["name"],
    "kb_file": ["name"], "kb_remark": ["text"], "kb_segment": ["name"],
    "kb_translation": ["title", "summary", "body"],
    "kb_version": ["title", "summary", "body", "note"],
    "mail_body": ["text", "quoted", "signature"], "mail_wording": ["subject", "text"],
    "mailbox": ["name", "error", "sending_error"], "message": ["text"], "notice": ["title", "text"],
    "offer": ["reason"], "organisation": ["name"], "outgoing_mail": ["to_name", "subject", "error"],
    "participant": ["question"], "presence_choice": ["label"], "queue": ["name", "closed_text"],
    "rule": ["name"], "rule_version": ["name"], "saved_search": ["name", "words"],
    "skill": ["name"], "sla_policy": ["name", "description"], "survey": ["question", "comment"],
    "survey_plan": ["name", "question"], "tag": ["name"], "team": ["name"], "ticket": ["subject"],
    "ticket_checklist_item": ["text"], "ticket_draft": ["text"], "ticket_tag": ["tag"],
    "ticket_macro": ["name", "description", "reply"], "ticket_time_entry": ["note"],
    "ticket_type": ["name", "description"], "ticket_view": ["name"], "webhook_attempt": ["answer"],
    "webhook_endpoint": ["name"], "widget_site": ["name", "greeting", "offline_text"],
    "work_item": ["reason", "last_look"],
}  # fmt: skip
FACTS = {
    "bulletin": ["texts"], "calendar": ["holiday_names"], "conversation": ["answers"],
    "custom_field": ["choices"], "customer": ["custom"],
    "kb_article": ["labels"], "kb_section": ["names"], "mail_body": ["headers", "notes", "defects"],
    "message": ["attachments"], "organisation": ["custom"], "queue": ["outcomes"],
    "routing_note": ["details"],
    "rule": ["content"], "rule_version": ["content"], "ticket": ["fields", "tags"],
    "ticket_change": ["changes", "details"], "timeline_entry": ["facts"],
}  # fmt: skip
PLACES = (
    "/desk", "/desk/tickets", "/desk/customers", "/desk/search?q=a", "/desk/notices", "/floor",
    "/admin", "/knowledge", "/knowledge/remarks", "/help", "/help/search?q=heat",
)  # fmt: skip
CUSTOMERS_PLACES = ("/portal", "/portal/profile", "/portal/requests/new", "/help")
MAIL = f"""From: "{PAYLOAD.replace(chr(34), "")[:100]}" <eve@evil.example>
To: us@shop.example
Subject: Cold
Message-ID: <"></script><img src=x onerror=window.__pwn=1>@evil.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html

<p onclick=window.__pwn=1>Hi</p>{PAYLOAD}<a href="{SCHEME}">go</a><form action=//evil.example>
<math><mtext><table><mglyph><style><img src=//evil.example/y onerror=window.__pwn=1></style>
--b
Content-Type: text/html
Content-Disposition: attachment; filename="<img src=x onerror=window.__pwn=1>.html"

<script>window.__pwn=1</script>
--b--
""".encode()


@pytest.fixture(scope="module")
def desk(server: Installation) -> Iterator[Installation]:
    """A small company with something in every place, then a payload in every word of it."""
    before, filling.CUSTOMERS = filling.CUSTOMERS, 12
    try:
        with o.inside(server):
            place.configure(server.settings)
            filling.fill(server.settings, lambda line: None, days=1)
            _furnish()
            _soil()
            yield server
    finally:
        filling.CUSTOMERS = before
        readers.close()


def _admin() -> Actor:
    with reading(o.SETUP) as work:
        found = work.session.scalars(select(User.id).where(User.role == "admin")).first()
    return Actor("user", found or "", role="admin")


def _furnish() -> None:
    with begin(_admin()) as work:
        box = mailboxes.add_mailbox(work, name="Us", address="us@shop.example")
        mailboxes.note_failure(work, box.id, "The server says no.")
        brand = mailboxes.save_brand(work, None, name="Ours", sender_name="Us", language="en")
        mailboxes.save_wording(
            work, brand.id, "en", "acknowledgement", subject="Here", text="We have it."
        )
        hook, _ = webhooks.add_endpoint(work, name="CRM", url="https://1.1.1.1/", kinds=NAMES)
        done = (act("notify", "", "assignee", text="Look at {ticket}"),)
        rules.add_rule(work, Draft("Tell somebody", ("opened",), actions=done))
        run = imports.add(
            work, new_id(), format="customers_csv", origin="x", file_name="People.csv", size=9
        )
        run.state, run.trouble = "failed", "It broke."
        work.session.add(
            ImportProblem(id=new_id(), import_id=run.id, place="Line 2", problem="Bad", cells="a;b")
        )
    opened = mail_in.deliver(io.BytesIO(MAIL))
    parked = mail_in.deliver(
        io.BytesIO(b"To: " + b"a@b.example, " * 20_000 + b"\r\n" + MAIL.replace(b"><img", b"2"))
    )
    assert (opened.outcome, parked.outcome) == ("ticket", "quarantine")
    with begin(_admin()) as work:
        _ticket(work, opened.ticket_id or "", hook.id)


def _ticket(work: Any, ticket_id: str, hook_id: str) -> None:
    ticket = tickets.hold(work, ticket_id)
    cases.reply(
        work, ticket_id, author=f"agent:{work.actor.id}", text="Open the valve", public=True
    )
    checklists.add_item(work, ticket, "Call them")
    time_spent.add_time(work, ticket, 600, text="On the phone")
    saved.keep_search(work, name="Cold ones", words="cold", filters={})
    views.save_view(
        work, name="All of it", filter=views.Filter(), sort="newest", audience="everybody"
    )
    notices.give(
        work, [work.actor.id], kind="rule", title="Look", text="At this", ticket_id=ticket_id
    )
    webhooks.ping(work, hook_id, "{}")
    work.audit("test.words", "ticket", ticket_id, name=PAYLOAD, list=[PAYLOAD])
    work.session.add(
        Survey(
            id=new_id(), plan_id=new_id(), kind="csat", question="How was it?", ticket_id=ticket_id,
            customer_id=ticket.customer_id, queue_id=ticket.queue_id, agent_id=work.actor.id,
            resolved_at=work.at, due_at=work.at, planned_at=work.at, state="answered",
            valid_days=30, sent_at=work.at, answered_at=work.at, score=1, comment="Bad",
        )
    )  # fmt: skip


def _soil() -> None:
    with begin(o.SETUP) as work:
        for name, columns in WORDS.items():
            table = Base.metadata.tables[name]
            for column in columns:
                cell = table.c[column]
                bad = cell + PAYLOAD
                work.session.execute(update(table).where(cell != "").values({column: bad}))
        for name, columns in FACTS.items():
            _soil_facts(work, Base.metadata.tables[name], columns)
        seen = Base.metadata.tables["conversation"]
        work.session.execute(update(seen).values(page_url=SCHEME))


def _soil_facts(work: Any, table: Table, columns: list[str]) -> None:
    keys = list(table.primary_key)
    for row in work.session.execute(select(table)).mappings().all():
        which = [key == row[key.name] for key in keys]
        values = {one: _soiled(row[one]) for one in columns}
        work.session.execute(update(table).where(*which).values(values))


def _soiled(value: Any) -> Any:
    """With a payload in all that reads like words; ids, times and codes stay."""
    if isinstance(value, dict):
        return {key: _soiled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_soiled(one) for one in value]
    words = (
        isinstance(value, str) and re.search(r"[A-Z ]", value) and not re.match(r"\d{4}-", value)
    )
    return value + PAYLOAD if words else value


class Watch:
    """What must not happen while a browser goes about: foreign requests, windows, complaints.

    Requests are listened to and not stopped (their host is none): who stops some gets no page from
    the browser's cache, and a hundred of them take twice as long.
    """

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.seen: list[str] = []
        self._ours = (home, "data:", "blob:", "about:")
        context.on("request", self._note)
        context.on("dialog", lambda dialog: self.seen.append(f"dialog {dialog.message}"))
        context.on("console", self._hear)
        context.on(
            "weberror", lambda error: self.seen.append(error.error.stack or str(error.error))
        )

    def _note(self, request: Request) -> None:
        if not request.url.startswith(self._ours):
            self.seen.append(request.url)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.seen.append(told(said))


LOOK = """() => ({
    ran: window.__pwn === undefined ? '' : 'a script of theirs',
    filled: document.documentElement.outerHTML.includes('q49q') ? 'a template of theirs' : '',
    links: [...document.querySelectorAll('a[href]:not([download])')].map(a => a.href.split('#')[0]),
})"""


def kind_of(url: str) -> str:
    """Of pages of one kind one is looked at: without ids and without what is asked for."""
    named = re.sub(r"/help/[^/]+/(sections/)?[^/]+$", r"/help/*/\1*", url.partition("?")[0])
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", named)


def is_walked(url: str, places: tuple[str, ...]) -> bool:
    """A page that makes something new is gone to only where it is named; who signs in stays in."""
    path = "/" + url.split("/", 3)[3]
    new = "/new" in path and path not in places
    return not new and (path.startswith("/portal") == ("/portal" in places) or "/help" in path)


def look_at(page: Page, url: str, watch: Watch) -> list[str]:
    """Go there; answers where it leads on."""
    try:
        page.goto(url)
    except Error as error:
        if "Download is starting" in str(error):
            return []
        raise
    seen = page.evaluate(LOOK)
    framed = [one.content() for one in page.frames if one != page.main_frame]
    wrong = [seen["ran"], seen["filled"], *(one for one in framed if "q49q" in one)]
    assert not any(wrong), (url, wrong)
    assert watch.seen == [], url
    links: list[str] = seen["links"]
    return links


def walk(page: Page, desk: Installation, user_id: str, places: tuple[str, ...]) -> set[str]:
    """Wherever links lead this person, one page of each kind; which kinds those were."""
    cookie: Any = {"name": "helpdesk", "value": o.session_cookie(user_id), "url": desk.url}
    page.context.add_cookies([cookie])
    watch = Watch(page.context, desk.url)
    open_, known = [desk.url + place for place in places], set[str]()
    while open_:
        url = open_.pop(0)
        if kind_of(url) not in known and url.startswith(desk.url) and is_walked(url, places):
            known.add(kind_of(url))
            open_ += look_at(page, url, watch)
    with page.expect_console_message():
        page.evaluate("document.body.append(Object.assign(new Image(), {src: '//evil.example/x'}))")
    assert watch.seen  # so it is no wonder that nothing was seen before
    return {one.removeprefix(kind_of(desk.url)) for one in known}


def test_A1_A2_A9_A12_A14_no_word_of_anybody_does_anything_on_any_page(
    desk: Installation, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport={"width": 1440, "height": 900})
    known = walk(page, desk, _admin().id, PLACES)
    assert len(known) > 60, sorted(known)


def test_A1_A2_A14_no_word_of_anybody_does_anything_where_customers_go(
    desk: Installation, new_page: Callable[..., Page]
) -> None:
    with reading(o.SETUP) as work:
        eve = work.session.scalars(select(Ticket.customer_id).order_by(Ticket.id.desc())).first()
    customer = add_user("customer", customer_id=eve)
    known = walk(new_page(), desk, customer, CUSTOMERS_PLACES)
    assert {"/portal", "/portal/matters/*", "/help/*/*"} <= known, sorted(known)
