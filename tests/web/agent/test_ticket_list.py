"""The list of tickets through its doors: views, filters, what changed, taking the next, many."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.routing import setup
from helpdesk.tickets.models import SavedView, Ticket
from helpdesk.workflows import cases_line
from tests.web.signed_in import Browser, browser_as
from tests.workflows.people import Floor, make_floor
from tests.workflows.test_cases import TEST, new_customer, open_one

PART = {"X-Part": "1"}
NAUGHTY = '<img src=x onerror="window.__pwn=1">'


@pytest.fixture
def floor(app: Flask) -> Floor:
    return make_floor("Anna", "Ben")


@pytest.fixture
def anna(app: Flask, floor: Floor) -> Browser:
    return browser_as(app, "agent", user_id=floor.anna.id)


def text_of(browser: Browser, path: str) -> str:
    answer = browser.get(path, headers=PART)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:600]
    return answer.get_data(as_text=True)


def of(ticket_id: str) -> Ticket:
    with reading(TEST) as work:
        return work.session.get_one(Ticket, ticket_id)


def test_a_view_lists_its_tickets_and_counts_them(anna: Browser, floor: Floor) -> None:
    waits = open_one(floor, subject="Boiler is cold").ticket
    mine = open_one(floor, new_customer("Bob"), subject="Mine").ticket
    with begin(floor.anna) as work:
        cases_line.pull(work, mine.id)
    page = text_of(anna, "/desk/tickets?view=unassigned")
    assert "Boiler is cold" in page
    assert f"/desk/tickets/{mine.id}" not in page
    assert "Mine" in text_of(anna, "/desk/tickets")
    counts = anna.get("/desk/tickets/counts").get_json()["counts"]
    assert (counts["mine"], counts["unassigned"], counts["open"]) == ("1", "1", "2")
    assert counts["resolved"] == "0"
    assert waits.number > 0


def test_each_view_of_the_house_has_words_for_being_empty(anna: Browser) -> None:
    for key in ("mine", "unassigned", "waiting", "due", "resolved", "open"):
        assert 'class="empty"' in text_of(anna, f"/desk/tickets?view={key}")


def test_a_filter_in_the_address_is_shown_as_chips_that_take_it_away(
    anna: Browser, floor: Floor
) -> None:
    open_one(floor, subject="High one", priority="high", tags=["lamp"])
    open_one(floor, new_customer("Bob"), subject="Low one", priority="low")
    query = "view=open&own=1&priority=high&tag=lamp&assignee=nobody"
    page = text_of(anna, f"/desk/tickets?{query}")
    assert "High one" in page
    assert "Low one" not in page
    assert page.count("filter-chip") == 3
    panel = text_of(anna, f"/desk/tickets/filter?{query}")
    assert 'value="high" checked' in panel


@pytest.mark.parametrize(
    "query",
    [
        "own=1&state=%27;DROP", "own=1&queue=x", "cursor=zzz", "own=1&tag=" + "x" * 60,
        "own=1&assignee=1%20OR%201=1", "own=1&due=%3Cscript%3E", "cursor=W10",
    ],
)  # fmt: skip
def test_A15_J1_garbage_in_the_address_is_refused_and_not_shown(anna: Browser, query: str) -> None:
    answer = anna.get(f"/desk/tickets?{query}", headers=PART)
    assert answer.status_code == 400
    assert b"<script>" not in answer.data
    assert b"DROP" not in answer.data


def test_A15_an_unknown_order_or_view_is_no_error_of_ours(anna: Browser) -> None:
    assert anna.get("/desk/tickets?sort=%3Cimg%3E", headers=PART).status_code == 200
    assert anna.get("/desk/tickets?view=%3Cimg%3E", headers=PART).status_code == 404


def test_A2_a_subject_a_name_and_a_tag_are_only_text(anna: Browser, floor: Floor) -> None:
    open_one(floor, new_customer(f"Bob {NAUGHTY}"), subject=NAUGHTY, tags=["<b>x</b>"])
    page = text_of(anna, "/desk/tickets?view=open")
    assert "<img" not in page
    assert "<b>x" not in page
    assert "&lt;img src=x" in page


def test_what_changed_meanwhile_is_seen_by_its_stamp(anna: Browser, floor: Floor) -> None:
    one = open_one(floor).ticket
    before = anna.get("/desk/tickets/fresh?view=open").get_json()["stamps"]
    with begin(floor.ben) as work:
        cases_line.change(work, one.id, {"priority": "urgent"})
    after = anna.get("/desk/tickets/fresh?view=open").get_json()["stamps"]
    assert before.keys() == after.keys() == {one.id}
    assert before != after


def test_take_next_gives_the_most_urgent_and_leads_there(anna: Browser, floor: Floor) -> None:
    first = open_one(floor).ticket
    answer = anna.post("/desk/tickets/take")
    assert answer.headers["Location"] == f"/desk/tickets/{first.id}"
    assert of(first.id).assignee_id == floor.anna.id
    answer = anna.post("/desk/tickets/take")
    assert answer.headers["Location"] == "/desk/tickets?view=unassigned&nothing=1"
    assert "Nothing waits" in text_of(anna, "/desk/tickets?view=unassigned&nothing=1")


def test_my_queues_are_those_i_serve(app: Flask, anna: Browser, floor: Floor) -> None:
    with begin(system("setup")) as work:
        other = setup.create_queue(work, name="Other").id
    open_one(floor, subject="Ours")
    from helpdesk.workflows import cases

    with begin(TEST) as work:
        cases.open_case(
            work, customer_id=new_customer_in(work), subject="Theirs", body="x",
            channel="email", queue=other,
        )  # fmt: skip
    page = text_of(anna, "/desk/tickets?view=unassigned")
    assert "Ours" in page
    assert "Theirs" not in page
    boss = browser_as(app, "supervisor")  # serves none, so sees all
    assert "Theirs" in text_of(boss, "/desk/tickets?view=unassigned")


def new_customer_in(work: Any) -> str:
    from helpdesk.customers import service

    return service.create_customer(work, name="Zoe").id


def test_many_are_changed_with_one_request_and_taken_back(anna: Browser, floor: Floor) -> None:
    customer = new_customer()
    ids = [open_one(floor, customer).ticket.id for _ in range(3)]
    told = anna.post(
        "/desk/tickets/bulk", json={"tickets": ids, "assignee_id": "me", "add_tags": ["lamp"]}
    ).get_json()
    assert (told["state"], told["counts"]) == ("done", {"changed": 3})
    assert {of(one).assignee_id for one in ids} == {floor.anna.id}
    told = anna.post(f"/desk/tickets/bulk/{told['id']}/undo").get_json()
    assert (told["state"], told["counts"]) == ("undone", {"undone": 3})
    assert {of(one).assignee_id for one in ids} == {None}


def test_a_whole_view_is_changed_by_a_worker_and_its_progress_is_told(
    anna: Browser, floor: Floor
) -> None:
    open_one(floor)
    body = {"whole": True, "scope": "live", "filter": {"priority": ["normal"]}, "priority": "low"}
    told = anna.post("/desk/tickets/bulk", json=body).get_json()
    assert (told["state"], told["over"]) == ("gathering", False)
    again = anna.get(f"/desk/tickets/bulk/{told['id']}")
    assert again.get_json()["state"] == "gathering"


@pytest.mark.parametrize(
    "body",
    [
        {"tickets": []}, {"tickets": ["x"], "state": "x"}, {"merged_into_id": "x"},
        {"whole": True, "filter": {"state": ["x"]}, "state": "resolved"}, [], {"state": 3},
    ],
)  # fmt: skip
def test_E8_a_change_of_many_that_makes_no_sense_is_refused(anna: Browser, body: Any) -> None:
    assert anna.post("/desk/tickets/bulk", json=body).status_code == 400


def test_a_filter_is_kept_as_a_view_changed_and_removed(anna: Browser, floor: Floor) -> None:
    open_one(floor, priority="urgent", subject="Fire")
    form = {"name": "Burning", "priority": "urgent", "sort": "oldest", "audience": "own"}
    answer = anna.post("/desk/tickets/views", data=form)
    view_id = answer.headers["Location"].split("view=")[1]
    page = text_of(anna, f"/desk/tickets?view={view_id}")
    assert "Burning" in page
    assert "Fire" in page
    dialog = text_of(anna, f"/desk/tickets/views/save?view={view_id}")
    assert 'value="Burning"' in dialog
    form |= {"id": view_id, "version": "1", "name": "On fire"}
    assert anna.post("/desk/tickets/views", data=form).status_code == 303
    assert anna.post("/desk/tickets/views", data=form).status_code == 409
    assert anna.post(f"/desk/tickets/views/{view_id}/move?to=down").status_code == 303
    assert anna.post(f"/desk/tickets/views/{view_id}/remove").status_code == 303
    with reading(TEST) as work:
        assert work.session.get(SavedView, view_id) is None


def test_further_pages_follow_the_first(
    anna: Browser, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from helpdesk.tickets import listing

    real = listing.page
    monkeypatch.setattr(listing, "page", lambda *a, **k: real(*a, **{**k, "limit": 2}))
    customer = new_customer()
    for n in range(3):
        open_one(floor, customer, subject=f"Case number {n}")
    first = text_of(anna, "/desk/tickets?view=open&sort=oldest")
    assert "Case number 2" not in first
    older = first.split('href="/desk/tickets?view=open&amp;sort=oldest&amp;cursor=')[1].split('"')[
        0
    ]
    second = text_of(anna, f"/desk/tickets?view=open&sort=oldest&cursor={older}")
    assert "Case number 2" in second
    assert "Case number 0" not in second
