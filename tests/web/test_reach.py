"""An agent who sees only the queues of their teams: addresses, lists and searches (C11).

What lies with another team answers as if it were not there, and nothing of it is changed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from helpdesk.channels.models import Attachment, Message
from helpdesk.core.actors import Actor
from helpdesk.core.db import Base
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge, queries, suggestions
from helpdesk.customers import service as customers
from helpdesk.identity import service as people
from helpdesk.identity import sessions, teams
from helpdesk.identity.models import User
from helpdesk.mail.reading import readers
from helpdesk.routing.models import WorkItem
from helpdesk.tickets import checklists, following, links, time_spent
from helpdesk.tickets import service as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    cases,
    cases_line,
    cases_macros,
    cases_merge,
    cases_split,
    indexing,
    mail_in,
    searching,
)
from tests.web.access_table import ALLOWED
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.reach_table import REACH
from tests.web.signed_in import Browser, browser_as

SECRET = "Zinfandel"
THEIR_WORDS = ("is not served", "invoice is wrong", "likes tea", "in a chat", "zinfandel.example")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Scene:
    """Salla is limited to the heating team; everything named here lies with billing."""

    office: Office
    app: Flask
    ids: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    @property
    def salla(self) -> Browser:
        return browser_as(self.app, "agent", user_id=self.office.people["salla"])

    @property
    def boss(self) -> Browser:
        return browser_as(self.app, "supervisor", user_id=self.office.people["boss"])

    def limited(self) -> Actor:
        with reading(o.SETUP) as work:
            return sessions.actor_of(work, work.session.get_one(User, self.office.people["salla"]))


@pytest.fixture(autouse=True, scope="module")
def _readers_end() -> Iterator[None]:
    yield
    readers.close()


@pytest.fixture
def scene(app: Flask, tmp_path: Path) -> Scene:
    office = o.furnish()
    made = Scene(office, app)
    with begin(o.SETUP) as work:
        team = teams.create_team(work, "Heating team")
        teams.set_queues(work, team.id, [office.heating])
        teams.add_member(work, team.id, office.people["salla"])
        people.change_profile(work, office.people["salla"], sees_own_teams=True)
    _records(made)
    _cases(made)
    _chat(made)
    _mail(made)
    return made


def open_case(scene: Scene, customer_id: str, queue: str, subject: str) -> cases.Opened:
    word = SECRET if queue == scene.office.billing else "Riesling"
    with begin(o.SETUP) as work:
        return cases.open_case(
            work, customer_id=customer_id, subject=subject, body=f"{word} {subject}",
            channel="email", queue=queue,
        )  # fmt: skip


def _records(scene: Scene) -> None:
    office, boss = scene.office, scene.office.actor("boss")
    for name in ("customer_id", "other_id", "twin"):
        with begin(boss) as work:
            made = customers.create_customer(
                work,
                name=f"{SECRET} {name}",
                contact_points=[("email", f"{name.replace('_', '')}@{SECRET.lower()}.example")],
            )
            scene.ids[name] = made.id
        open_case(scene, made.id, office.billing, f"{name} is not served")
    with begin(boss) as work:
        customer_id = scene.ids["customer_id"]
        scene.ids["note_id"] = customers.add_note(work, customer_id, f"{SECRET} likes tea").id
        scene.ids["tag_id"] = customers.add_tag(work, customer_id, SECRET.lower()).id
        scene.ids["customers.merge_id"] = merge.merge(
            work, scene.ids["other_id"], scene.ids["twin"]
        ).id
        point = customers.points.add_contact_point(
            work, customer_id, kind="phone", value="+358401234567"
        )
        scene.ids["point_id"] = point.id
        for one in (customer_id, scene.ids["other_id"]):
            customers.points.add_contact_point(work, one, kind="email", value="both@x.example")
        suggestions.renew(work, [customer_id])
    with reading(boss) as work:
        (pair,) = queries.suggestions(work).items
        scene.ids["suggestion_id"] = pair.id
    mine = o.add_customer(office, "Aino Mine")
    scene.words["CUSTOMER_OF_MINE"] = mine
    scene.words["TICKET_OF_MINE"] = open_case(scene, mine, office.heating, "Mine").ticket.id


def _cases(scene: Scene) -> None:
    office, boss, ids = scene.office, scene.office.actor("boss"), scene.ids
    theirs = open_case(scene, ids["customer_id"], office.billing, "The invoice is wrong")
    ids["ticket_id"], scene.words["THREAD"] = theirs.ticket.id, theirs.conversation_id
    scene.words |= {"QUEUE_OF_MINE": office.heating, "COLLEAGUE": office.people["olu"]}
    with begin(boss) as work:
        ticket = tickets.hold(work, ids["ticket_id"])
        ids["number"] = str(ticket.number)
        ids["item_id"] = checklists.add_item(work, ticket, f"{SECRET} first").id
        ids["entry_id"] = time_spent.add_time(work, ticket, 600, text=SECRET).id
        following.follow(work, ticket, office.people["olu"])
        following.add_participant(work, ticket, ids["other_id"])
        other = tickets.hold(work, _ticket_of(work, ids["other_id"]).id)
        ids["link_id"] = links.link(work, ticket, other, "related_to")
        ids["macro_id"] = cases_macros.save(
            work, {"name": "Thank", "reply": "Thank you", "audience": "everybody"}
        ).id
    merged = open_case(scene, ids["customer_id"], office.billing, "Merged away").ticket.id
    split = open_case(scene, ids["customer_id"], office.billing, "Two matters")
    with begin(boss) as work:
        cases.reply(work, split.ticket.id, author=f"agent:{boss.id}", text="One", public=True)
        ids["tickets.merge_id"] = cases_merge.merge(work, merged, ids["ticket_id"]).id
        ids["split_id"] = cases_split.split(
            work, split.ticket.id, conversation_id=split.conversation_id, seqs=[1], subject="Two"
        ).id


def _chat(scene: Scene) -> None:
    started = o.writes(scene.office, f"{SECRET} in a chat", name=SECRET, queue="billing")
    scene.ids["conversation_id"] = started.conversation_id
    with reading(o.SETUP) as work:
        scene.ids["work_item_id"] = work.session.scalars(
            select(WorkItem.id).where(WorkItem.subject_id == started.conversation_id)
        ).one()


def _mail(scene: Scene) -> None:
    raw = (
        f"From: {SECRET} <post@{SECRET.lower()}.example>\r\nSubject: {SECRET}\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        f"<p>{SECRET}</p>\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n"
        f"{SECRET}\r\n--b--\r\n"
    ).encode()
    outcome = mail_in.deliver(io.BytesIO(raw))
    assert outcome.ticket_id is not None
    with begin(o.SETUP) as work:
        cases_line.change(work, outcome.ticket_id, {"queue_id": scene.office.billing})
        scene.ids["mail_id"], scene.ids["mail_ticket"] = outcome.mail_id, outcome.ticket_id
        scene.ids["attachment_id"] = work.session.scalars(select(Attachment.id)).one()


def _ticket_of(work: Any, customer_id: str) -> Ticket:
    wanted = select(Ticket).where(Ticket.customer_id == customer_id).limit(1)
    return work.session.scalars(wanted).one()  # type: ignore[no-any-return]


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every address of the desk that names something, with each method."""
    for rule in app.url_map.iter_rules():
        named = {a for a in rule.arguments if a.endswith("_id") or a == "number"}
        if named and "agent" in ALLOWED[rule.endpoint].split():
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def address(scene: Scene, rule: Rule, ids: dict[str, str]) -> str:
    """The rule's address with these ids; a merge is one of customers or of tickets."""
    special = dict(ids)
    kind = "tickets" if "ticket" in rule.endpoint else "customers"
    special["merge_id"] = ids[f"{kind}.merge_id"]
    special |= {"user_id": scene.office.people["olu"], "agent_id": scene.office.people["olu"]}
    if rule.endpoint == "agent.ticket_mail":
        special["ticket_id"] = ids["mail_ticket"]
    if rule.endpoint in ("agent.undo_merge", "api.undo_merge"):
        special["customer_id"] = ids["other_id"]
    if rule.endpoint.endswith("remove_participant"):
        special["customer_id"] = ids["other_id"]
    path = re.sub(r"<(?:id|int):([^>]+)>", lambda found: special[found[1]], rule.rule)
    for word in ("add", "verify"):
        path = re.sub(rf"<any\([^)]*{word}[^)]*\):what>", word, path)
    return path


def ask(scene: Scene, browser: Browser, rule: Rule, method: str, path: str) -> TestResponse:
    row = REACH[rule.endpoint] or {}
    assert isinstance(row, dict)
    text = json.dumps({k: v for k, v in row.items() if k != "file"})
    for word, value in scene.words.items():
        text = text.replace(word, value)
    given = json.loads(text)
    if "file" in row:
        given["data"] = {"file": (io.BytesIO(b"hello"), "a.txt")}
    return browser.open(path, method, buffered=True, **given)


def looks(browser: Browser, path: str) -> TestResponse:
    """With the mark that the API wants of a browser of ours."""
    return browser.open(path, "GET")


def said(answer: TestResponse, ids: dict[str, str]) -> tuple[int, str]:
    """The answer without what is new in each: ids, references, marks, when it was made."""
    text = answer.get_data(as_text=True)
    for name, value in ids.items():
        text = text.replace(value, name)
    return answer.status_code, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|csrf\S+|\d{3,}|:\d\d", "", text)


def rows_in_all_tables() -> dict[str, int]:
    left_out = {"sign_in_session", "search_document", "idempotency_key"}
    with reading(o.SETUP) as work:
        return {
            name: work.session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if name not in left_out
        }


@on_sqlite
def test_C11_E1_every_address_of_the_desk_that_names_something_has_a_row(app: Flask) -> None:
    assert {rule.endpoint for rule, _ in routes(app)} == set(REACH)


@on_sqlite
def test_C11_what_lies_with_another_team_is_answered_as_if_it_were_not_there(
    scene: Scene,
) -> None:
    absent = {name: new_id() for name in scene.ids} | {"number": "987654"}
    absent["macro_id"] = scene.ids["macro_id"]  # the desk's own
    salla, before, wrong = scene.salla, rows_in_all_tables(), []
    for rule, method in routes(scene.app):
        if isinstance(REACH[rule.endpoint], str):
            continue
        theirs, nobodys = (address(scene, rule, ids) for ids in (scene.ids, absent))
        foreign = said(ask(scene, salla, rule, method, theirs), scene.ids)
        nothing = said(ask(scene, salla, rule, method, nobodys), absent)
        if foreign != nothing or foreign[0] not in (404,) or SECRET in foreign[1]:
            wrong.append((method, rule.rule, foreign, nothing))
    assert not wrong, "\n".join(str(one)[:700] for one in wrong)
    assert rows_in_all_tables() == before


@on_sqlite
def test_C11_the_same_addresses_answer_who_sees_everything(scene: Scene) -> None:
    """So that the refusals above are not for a wrong address: only what reads is asked."""
    boss, wrong = scene.boss, []
    for rule, method in routes(scene.app):
        if method != "GET" or isinstance(REACH[rule.endpoint], str):
            continue
        answer = ask(scene, boss, rule, method, address(scene, rule, scene.ids))
        if answer.status_code not in (200, 303):
            wrong.append((rule.rule, answer.status_code, answer.get_data(as_text=True)[:200]))
    assert not wrong


def test_C11_lists_searches_and_counts_of_a_limited_agent_hold_the_own_queues_alone(
    scene: Scene,
) -> None:
    with begin(o.SETUP) as work:
        indexing.renew_tickets(work, [t.id for t in work.session.scalars(select(Ticket))])
        indexing.renew_messages(work, [m.id for m in work.session.scalars(select(Message))])
    salla, boss = scene.salla, scene.boss
    mine, theirs = scene.words["TICKET_OF_MINE"], scene.ids["ticket_id"]
    for path in (
        "/api/v1/tickets?limit=100",
        f"/api/v1/tickets?number=T-{scene.ids['number']}",
        "/api/v1/conversations?limit=100",
        "/api/v1/customers?limit=100",
        f"/api/v1/customers?q={SECRET}",
        f"/api/v1/search?q={SECRET}",
        f"/api/v1/search?scope=messages&q={SECRET}",
        f"/api/v1/search?scope=customers&q={SECRET}",
        f"/desk/search?q={SECRET}",
        "/desk/tickets?view=open",
        "/desk/tickets?scope=all",
        f"/desk/tickets?scope=all&queue={scene.office.billing}",
        f"/desk/tickets?customer={scene.ids['customer_id']}&scope=all",
        "/desk/customers",
        "/desk/duplicates",
    ):
        page = looks(salla, path)
        assert page.status_code == 200, (path, page.text[:300])
        told = {name for name, one in scene.ids.items() if len(one) == 36 and one in page.text}
        assert not told & {"ticket_id", "customer_id", "other_id", "conversation_id"}, path
        assert not [words for words in THEIR_WORDS if words in page.text], path
        assert looks(boss, path).text != page.text, path
    assert mine in looks(salla, "/desk/tickets?view=open").text
    assert theirs in looks(boss, "/desk/tickets?view=open").text
    counts = looks(salla, "/desk/tickets/counts").json
    assert counts is not None
    assert counts["counts"]["open"] == "1"


def test_C11_what_is_in_their_own_hands_is_seen_wherever_it_lies(scene: Scene) -> None:
    ticket_id, salla = scene.ids["ticket_id"], scene.salla
    with begin(o.SETUP) as work:
        cases_line.assign(work, ticket_id, scene.office.people["salla"])
    assert looks(salla, f"/api/v1/tickets/{ticket_id}").status_code == 200
    assert looks(salla, f"/desk/tickets/{ticket_id}").status_code == 200
    assert ticket_id in looks(salla, "/desk/tickets?view=mine").text
    record = looks(salla, f"/api/v1/customers/{scene.ids['customer_id']}")
    assert record.status_code == 200
    page = looks(salla, f"/desk/tickets/{ticket_id}").text
    assert "Two matters" not in page  # another case of the same customer, with billing
    assert "Two matters" in looks(scene.boss, f"/desk/tickets/{ticket_id}").text
    entries = looks(salla, f"/api/v1/customers/{scene.ids['customer_id']}/timeline").json
    everything = looks(scene.boss, f"/api/v1/customers/{scene.ids['customer_id']}/timeline").json
    assert entries is not None
    assert everything is not None
    tickets_told = {e["facts"].get("ticket_id") for e in entries["items"]} - {None}
    assert tickets_told == {ticket_id}
    assert len(everything["items"]) > len(entries["items"])


def test_C11_handing_a_case_to_another_team_works_and_puts_it_out_of_reach(scene: Scene) -> None:
    ticket_id, salla = scene.words["TICKET_OF_MINE"], scene.salla
    part = {"X-Part": "1", "HX-Request": "true"}
    fields = {"field": "queue_id", "value": scene.office.billing, "was": scene.office.heating}
    answer = salla.post(f"/desk/tickets/{ticket_id}/change", data=fields, headers=part)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/tickets")
    assert looks(salla, f"/desk/tickets/{ticket_id}").status_code == 404
    assert looks(scene.boss, f"/desk/tickets/{ticket_id}").status_code == 200


def test_C11_a_merged_case_is_written_on_only_by_who_sees_where_it_went(scene: Scene) -> None:
    mine, theirs = scene.words["TICKET_OF_MINE"], scene.ids["ticket_id"]
    with begin(scene.office.actor("boss")) as work:
        cases_merge.merge(work, mine, theirs, other_customer=True)
    body = {"client_msg_id": "y" * 20, "text": "Where does this go?"}
    answer = scene.salla.post(f"/desk/tickets/{mine}/reply", json=body)
    assert answer.status_code == 404
    with reading(o.SETUP) as work:
        said_there = work.session.scalars(select(Message).where(Message.text == body["text"]))
        assert said_there.all() == []


def test_C11_a_colleague_who_does_not_see_the_case_is_neither_told_nor_made_to_follow(
    scene: Scene,
) -> None:
    boss, salla = scene.office.actor("boss"), scene.office.people["salla"]
    with begin(boss) as work:
        cases.reply(
            work, scene.ids["ticket_id"], author=f"agent:{boss.id}", public=False,
            text="@Salla Niemi and @Nadia Haddad, look at this",
        )  # fmt: skip
        told = {row.user_id for row in following.followers(work, scene.ids["ticket_id"])}
    assert scene.office.people["nadia"] in told
    assert salla not in told
    answer = scene.boss.post(
        f"/desk/tickets/{scene.ids['ticket_id']}/followers",
        data={"user_id": salla},
        headers={"X-Part": "1"},
    )
    assert answer.status_code == 400


def test_C11_a_search_looks_through_as_many_as_it_takes(scene: Scene) -> None:
    """Where most of what fits is another team's, the few of one's own are found all the same."""
    with begin(o.SETUP) as work:
        for number in range(30):
            made = customers.create_customer(work, name=f"Erika Muster {number}")
            queue = scene.office.heating if number == 11 else scene.office.billing
            cases.open_case(
                work, customer_id=made.id, subject="x", body="x", channel="form", queue=queue
            )
    with reading(scene.limited()) as work:
        found = searching.search(work, "Erika Muster", scope="customers", limit=3)
    assert [hit.name for hit in found.people] == ["Erika Muster 11"]


def test_C11_supervisors_and_agents_without_the_limit_carry_none(scene: Scene) -> None:
    with begin(o.SETUP) as work:
        people.change_profile(work, scene.office.people["boss"], sees_own_teams=True)
    with reading(o.SETUP) as work:
        for name in ("boss", "olu"):
            user = work.session.get_one(User, scene.office.people[name])
            assert sessions.actor_of(work, user).queue_ids is None
        assert scene.limited().queue_ids == {scene.office.heating}
    assert looks(scene.salla, f"/desk/tickets/{scene.ids['ticket_id']}").status_code == 404
