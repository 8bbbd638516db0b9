"""Merging, splitting and macros through the doors of the desk and of the API."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.tickets.models import Macro, Ticket, TicketMerge, TicketSplit
from helpdesk.workflows import cases
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


@pytest.fixture
def pair(floor: Floor) -> tuple[cases.Opened, cases.Opened]:
    customer = new_customer()
    return (
        open_one(floor, customer, subject=f"Still dark {NAUGHTY}", priority="high"),
        open_one(floor, customer, subject="Lamp is dark"),
    )


def text_of(browser: Browser, path: str) -> str:
    answer = browser.get(path, headers=PART)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:600]
    return answer.get_data(as_text=True)


def of(ticket_id: str) -> Ticket:
    with reading(TEST) as work:
        return work.session.get_one(Ticket, ticket_id)


def test_a_merge_is_shown_chosen_done_and_undone(
    anna: Browser, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = (one.ticket for one in pair)
    page = text_of(anna, f"/desk/tickets/{source.id}/merge")
    assert f"T-{target.number} Lamp is dark" in page  # what this customer has besides
    page = text_of(anna, f"/desk/tickets/{source.id}/merge?with={target.number}")
    assert 'name="choice.priority"' in page
    assert "<img" not in page
    answer = anna.post(
        f"/desk/tickets/{source.id}/merge",
        data={
            "target": target.id,
            "versions": f"{source.version},{target.version}",
            "choice.priority": "source",
            "choice.subject": "target",
        },
    )
    with reading(TEST) as work:
        merge_id = work.session.scalars(select(TicketMerge.id)).one()
    assert answer.headers["Location"] == f"/desk/tickets/{target.id}?merged={merge_id}"
    undo = f"/desk/tickets/merges/{merge_id}/undo"
    page = text_of(anna, answer.headers["Location"])
    assert f'data-just-merged="T-{source.number} was merged into T-{target.number}"' in page
    assert f'aria-label="Undo the merge of T-{source.number}"' in page
    assert "Took in" in text_of(anna, f"/desk/tickets/{target.id}?side=history")
    page = text_of(anna, f"/desk/tickets/{source.id}")
    assert "data-just-merged" not in page
    assert f'action="{undo}"' in page
    assert (of(target.id).priority, of(target.id).subject) == ("high", "Lamp is dark")
    page = text_of(anna, f"/desk/tickets/{target.id}/merge")
    assert f"/desk/tickets/merges/{merge_id}/undo" in page
    answer = anna.post(f"/desk/tickets/merges/{merge_id}/undo")
    assert answer.headers["Location"] == f"/desk/tickets/{source.id}"
    assert of(source.id).merged_into_id is None
    assert undo not in text_of(anna, f"/desk/tickets/{target.id}")
    assert "Undone" in text_of(anna, f"/desk/tickets/{source.id}/merge")


def test_a_merge_over_two_customers_asks_first(anna: Browser, floor: Floor) -> None:
    one, other = open_one(floor), open_one(floor, new_customer("Mallory"))
    form = {"target": str(one.ticket.number)}
    answer = anna.post(f"/desk/tickets/{other.ticket.id}/merge", data=form)
    assert answer.status_code == 409
    assert b"other_customer" in answer.data
    answer = anna.post(
        f"/desk/tickets/{other.ticket.id}/merge", data={**form, "other_customer": "1"}
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("target", ["", "T-99999999", "x", "../../etc", "1 OR 1=1"])
def test_E5_a_target_that_is_not_there_is_not_found(
    anna: Browser, pair: tuple[cases.Opened, cases.Opened], target: str
) -> None:
    path = f"/desk/tickets/{pair[0].ticket.id}/merge"
    assert anna.post(path, data={"target": target}).status_code == 404
    assert anna.get(f"{path}?with={target}", headers=PART).status_code == 200


def test_ticked_messages_become_a_ticket_and_go_back(anna: Browser, floor: Floor) -> None:
    opened = open_one(floor, body=NAUGHTY)
    with begin(TEST) as work:
        cases.customer_wrote(
            work, opened.ticket.id, conversation_id=opened.conversation_id, text="And an invoice"
        )
    path = f"/desk/tickets/{opened.ticket.id}/split"
    page = text_of(anna, path)
    assert f'value="{opened.conversation_id}:2"' in page
    assert "<img" not in page
    form = {"message": f"{opened.conversation_id}:2", "subject": "Invoice"}
    made = anna.post(path, data=form).headers["Location"].rsplit("/", 1)[1]
    assert of(made).subject == "Invoice"
    with reading(TEST) as work:
        split_id = work.session.scalars(select(TicketSplit.id)).one()
    assert anna.post(f"/desk/tickets/splits/{split_id}/undo").status_code == 303
    assert of(made).merged_into_id == opened.ticket.id


@pytest.mark.parametrize("message", [[], ["x:1"], ["1"], ["a:1", "b:2"], ["a:-1"]])
def test_a_split_of_nothing_sensible_is_told(
    anna: Browser, floor: Floor, message: list[str]
) -> None:
    opened = open_one(floor)
    answer = anna.post(
        f"/desk/tickets/{opened.ticket.id}/split", data={"message": message, "subject": "x"}
    )
    assert answer.status_code in (400, 404)


def test_a_macro_is_made_shown_used_changed_and_removed(anna: Browser, floor: Floor) -> None:
    ticket = open_one(floor).ticket
    form = {
        "name": "Thanks", "state": "resolved", "add_tags": "done, lamp", "is_active": "1",
        "reply": "Hello {{customer.first_name}}, {{7*7}}", "public": "yes",
    }  # fmt: skip
    assert anna.post("/desk/macros/new", data=form).status_code == 303
    with reading(TEST) as work:
        macro_id = work.session.scalars(select(Macro.id)).one()
    assert "Thanks" in text_of(anna, "/desk/macros")
    assert 'value="done, lamp"' in text_of(anna, f"/desk/macros/{macro_id}")
    here = f"/desk/tickets/{ticket.id}/macros"
    assert [one["name"] for one in anna.get(here).get_json()["items"]] == ["Thanks"]
    shown = anna.get(f"{here}/{macro_id}").get_json()
    assert shown["text"] == "Hello Ada, {{7*7}}"
    assert {"field": "state", "before": "New", "after": "Resolved"} in shown["changes"]
    done = anna.post(f"{here}/{macro_id}", json={"version": ticket.version})
    assert done.get_json()["changed"] == ["state", "tags"]
    assert anna.post(f"{here}/{macro_id}", json={"version": 1}).status_code == 409
    with reading(TEST) as work:
        said = work.session.scalars(select(Message.text).where(Message.author != "visitor")).all()
    assert list(said) == ["Hello Ada, {{7*7}}"]
    changed = {**form, "name": "Cheers", "version": "1"}
    assert anna.post(f"/desk/macros/{macro_id}", data=changed).status_code == 303
    assert anna.post(f"/desk/macros/{macro_id}", data=changed).status_code == 409
    assert anna.post(f"/desk/macros/{macro_id}/remove").status_code == 303


def test_J3_a_macro_with_an_unknown_placeholder_is_told_at_save(anna: Browser) -> None:
    answer = anna.post("/desk/macros/new", data={"name": "x", "reply": "{{config.secret}}"})
    assert answer.status_code == 400
    assert "There is no {{config.secret}}" in answer.get_data(as_text=True)


def test_shared_macros_stand_in_the_set_up(app: Flask, floor: Floor) -> None:
    boss = browser_as(app, "supervisor")
    form = {"name": "Everybody's", "priority": "low", "audience": "everybody", "is_active": "1"}
    assert boss.post("/desk/macros/new", data=form).status_code == 303
    assert "Everybody&#39;s" in boss.get("/admin/macros").get_data(as_text=True)
    agent = browser_as(app, "agent")
    form = {**form, "audience": "everybody"}
    assert agent.post("/desk/macros/new", data=form).status_code == 400


def test_the_api_merges_splits_lists_views_and_uses_macros(
    app: Flask, anna: Browser, pair: tuple[cases.Opened, cases.Opened]
) -> None:
    def call(method: str, path: str, body: Any = None) -> Any:
        headers = {"X-CSRF-Token": anna.csrf}
        kw = {} if body is None else {"json": body}
        return anna.client.open(f"/api/v1{path}", method=method, headers=headers, **kw)

    source, target = (one.ticket for one in pair)
    merged = call("POST", f"/tickets/{source.id}/merge", {"into": f"T-{target.number}"})
    assert merged.get_json()["target_id"] == target.id
    undone = call("POST", f"/ticket-merges/{merged.get_json()['id']}/undo").get_json()
    assert undone == {"source_id": source.id, "target_id": target.id, "kept": []}
    body = {"conversation_id": pair[1].conversation_id, "seqs": [1], "subject": "Other"}
    split = call("POST", f"/tickets/{target.id}/split", body)
    assert (split.status_code, split.get_json()["moved"]) == (201, False)
    assert call("POST", f"/ticket-splits/{split.get_json()['id']}/undo").status_code == 200
    names = [one["name"] for one in call("GET", "/ticket-views").get_json()["items"]]
    assert "All open" in names
    page = call("GET", "/ticket-views/tickets?view=open&limit=1").get_json()
    assert len(page["items"]) == 1
    rest = call("GET", f"/ticket-views/tickets?view=open&cursor={page['next_cursor']}").get_json()
    assert {page["items"][0]["id"], rest["items"][0]["id"]} == {source.id, target.id}
    made = call("POST", "/ticket-views", {"name": "High", "filter": {"priority": ["high"]}})
    assert made.status_code == 201
    path = f"/ticket-views/{made.get_json()['id']}"
    assert call("PUT", path, {"name": "Low", "version": 1}).get_json()["version"] == 2
    assert call("DELETE", path).status_code == 204
    assert (
        call("POST", "/ticket-views", {"name": "x", "filter": {"state": ["z"]}}).status_code == 400
    )
    macro = call("POST", "/macros", {"name": "Low", "changes": {"priority": "low"}}).get_json()
    used = call("POST", f"/tickets/{source.id}/macros/{macro['id']}")
    assert used.get_json()["priority"] == "low"
    assert call("POST", f"/tickets/{new_id()}/macros/{macro['id']}").status_code == 404
    assert [one["id"] for one in call("GET", "/macros").get_json()["items"]] == [macro["id"]]
    facts = {"name": "Lower", "changes": {"priority": "low"}, "version": 1}
    assert call("PUT", f"/macros/{macro['id']}", facts).get_json()["name"] == "Lower"
    assert call("GET", f"/macros/{macro['id']}").get_json()["version"] == 2
    assert call("DELETE", f"/macros/{macro['id']}").status_code == 204
