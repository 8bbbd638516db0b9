"""An agent who sees only the queues of their teams: addresses, lists and searches (C11).

What lies with another team answers as if it were not there, and nothing of it is changed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from helpdesk.channels.models import Message
from helpdesk.core import clock
from helpdesk.core.db import Base
from helpdesk.core.ids import new_id
from helpdesk.core.work import Emitted, begin, reading
from helpdesk.customers import service as customers
from helpdesk.identity import service as people
from helpdesk.identity import sessions
from helpdesk.identity.models import User
from helpdesk.mail.reading import readers
from helpdesk.notices import service as notices
from helpdesk.notices.events import NoticeGiven
from helpdesk.notices.models import Notice
from helpdesk.realtime import frames
from helpdesk.tickets import drafts, following
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    cases,
    cases_line,
    cases_merge,
    cases_sending,
    indexing,
    promising,
    searching,
)
from tests.web.access_table import ALLOWED
from tests.web.agent import office as o
from tests.web.reach_scene import SECRET, Scene, furnished
from tests.web.reach_table import REACH
from tests.web.signed_in import Browser

THEIR_WORDS = ("is not served", "invoice is wrong", "likes tea", "in a chat", "zinfandel.example")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True, scope="module")
def _readers_end() -> Iterator[None]:
    yield
    readers.close()


@pytest.fixture
def scene(app: Flask) -> Scene:
    return furnished(app)


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
    path = re.sub(r"<any\((pause),[^)]*\):deed>", r"\1", path)
    for word in ("add", "verify", "acknowledge"):
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
    with reading(replace(scene.limited(), queue_ids=None)) as work:
        (waiting,) = cases_sending.pending_on(work, scene.ids["ticket_id"])
        (draft,) = drafts.drafts_on(work, scene.ids["ticket_id"]).values()
        (owed,) = promising.owed_by(work, work.actor.id)
    assert (waiting.state, waiting.send_at.isoformat()) == ("pending", scene.words["TOMORROW"])
    assert (draft.text, owed.text) == (f"{SECRET} begun", f"Call about {SECRET}")


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


def test_C11_ones_own_promises_drafts_and_notices_of_another_teams_case_are_left_out(
    scene: Scene,
) -> None:
    salla, mine, theirs = scene.salla, scene.words["TICKET_OF_MINE"], scene.ids["ticket_id"]
    with begin(scene.limited()) as work:
        due_at = work.at + timedelta(hours=1)
        promising.promise(work, mine, text="Call about Riesling", due_at=due_at)
        cases_sending.keep_draft(work, mine, text="Riesling begun")
        person = scene.office.people["salla"]
        notices.give(work, [person], kind="promise", title="Riesling is due", ticket_id=mine)
    work_pane, told = looks(salla, "/desk").text, looks(salla, "/desk/notices").text
    for page in (work_pane, told):
        assert "Riesling" in page
        assert SECRET not in page
    assert looks(salla, "/desk/notices/unread").json == {"unread": 1}
    with reading(scene.limited()) as work:
        assert [one.ticket_id for one in drafts.my_drafts(work).items] == [mine]
        told_of = NoticeGiven(notice_id=scene.ids["notice_id"], user_id=person)
        assert frames.frames_of(work, Emitted(new_id(), told_of, work.at, "system")) == []
    assert salla.post("/desk/notices/read", json={}).json == {"unread": 0}
    with begin(o.SETUP) as work:
        assert work.session.get_one(Notice, scene.ids["notice_id"]).read_at is None
        cases_line.assign(work, theirs, scene.office.people["salla"])
    assert looks(salla, "/desk/notices/unread").json == {"unread": 1}
    assert f"Call about {SECRET}" in looks(salla, "/desk").text


def test_C11_what_was_written_within_reach_is_said_though_the_case_has_moved_on(
    scene: Scene,
) -> None:
    mine, billing = scene.words["TICKET_OF_MINE"], scene.office.billing
    then = {"queue_id": billing, "state": "waiting_on_customer"}
    with begin(scene.limited()) as work:
        cases_sending.send_undoable(work, mine, text="Billing will answer", then=then)
        cases_sending.send_undoable(work, mine, text="Goodbye")
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        cases_sending.send_due()
    with reading(o.SETUP) as work:
        ticket = work.session.get_one(Ticket, mine)
        said_now = set(work.session.scalars(select(Message.text).where(Message.public)))
    assert (ticket.queue_id, ticket.state) == (billing, "waiting_on_customer")
    assert {"Billing will answer", "Goodbye"} <= said_now


def test_C11_nobody_promises_for_a_colleague_who_does_not_see_the_case(scene: Scene) -> None:
    answer = scene.boss.post(
        f"/desk/tickets/{scene.ids['ticket_id']}/promises",
        json={
            "text": "Call",
            "due_at": scene.words["TOMORROW"],
            "owner_id": scene.office.people["salla"],
        },
    )
    assert (answer.status_code, "does not see" in answer.text) == (400, True)


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
