"""Rules in the admin area: written as a form, read in words, tried out, switched on, explained."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.rules import queries, service
from helpdesk.rules.models import RuleFiring, RuleRow, RuleTrial
from helpdesk.tickets import history
from helpdesk.tickets.models import Ticket
from helpdesk.web import rule_words
from helpdesk.workflows import cases, cases_line, ruling_trials
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as
from tests.workflows.ruling_scene import act, relay, rule, when

SYSTEM = system("test")


def only() -> RuleRow:
    with reading(SYSTEM) as work:
        [found] = queries.list_rules(work)
    return found


def open_ticket(queue_id: str, body: str = "The lamp is dark.", **given: str) -> str:
    with begin(SYSTEM) as work:
        who = customers.create_customer(
            work, name=given.pop("name", "Ada"), contact_points=[("email", "ada@example.org")]
        )
        facts = {"subject": "No light", "channel": "form", **given}
        return cases.open_case(
            work, customer_id=who.id, queue=queue_id, body=body, **facts
        ).ticket.id


def write_one(admin: Browser, **changes: str) -> None:
    given = {
        "name": "Urgent lamps",
        "when": "event",
        "triggers": "opened",
        "every-0-subject": "message",
        "every-0-operator": "contains",
        "every-0-values": "lamp, light",
        "some-0-subject": "priority",
        "some-0-operator": "any_of",
        "some-0-values": "Low, Normal",
        "action-0-kind": "set_priority",
        "action-0-value": "urgent",
        "action-1-kind": "add_tags",
        "action-1-values": "Lamp, late",
        **changes,
    }
    answer = scene.save(admin, "/admin/rules/new", **given)
    assert answer.status_code == 303, scene.words_of(answer.text)


def test_a_rule_is_written_with_names_and_read_in_words(admin: Browser) -> None:
    write_one(admin)
    row = only()
    assert row.is_active is False
    assert row.content["some"][0]["values"] == ["low", "normal"]
    assert row.content["actions"][1]["values"] == ["lamp", "late"]
    page = scene.words_of(admin.get(f"/admin/rules/{row.id}").text)
    assert "Only if the message contains any of “lamp”, “light”." in page
    assert "Then: set priority to Urgent." in page
    assert "Off" in scene.words_of(admin.get("/admin/rules").text)
    admin.post(f"/admin/rules/{row.id}/on")
    assert only().is_active


def test_what_cannot_be_read_comes_back_as_it_was_typed(admin: Browser) -> None:
    fields = scene.form_of(admin.get("/admin/rules/new").text) | {
        "name": scene.PAYLOAD,
        "every-0-subject": "priority",
        "every-0-operator": "any_of",
        "every-0-values": "enormous",
        "action-0-kind": "send_reply",
        "action-0-text": "{{7*7}}",
    }
    answer = admin.post("/admin/rules/new", data=fields)
    assert answer.status_code == 400
    assert "There is no “enormous” here" in scene.words_of(answer.text)
    assert "{{7*7}}" in answer.text
    assert "<img src=x" not in answer.text


def test_rows_come_and_go_and_a_changed_subject_brings_its_comparisons(admin: Browser) -> None:
    fields = scene.form_of(admin.get("/admin/rules/new").text)
    page = admin.post("/admin/rules/new", data=fields | {"_do": "add:every"}).text
    assert 'name="every-0-subject"' in page
    fields = scene.form_of(page) | {"every-0-subject": "tags", "_do": "draw:every"}
    page = admin.post("/admin/rules/new", data=fields).text
    assert "has all of" in page
    gone = scene.form_of(page) | {"_do": "remove:every:0"}
    assert 'name="every-0-subject"' not in admin.post("/admin/rules/new", data=gone).text


def test_a_closed_list_is_ticked_and_not_typed(admin: Browser) -> None:
    write_one(admin)
    path = f"/admin/rules/{only().id}"
    page = admin.get(path).text
    ticks = re.findall(r'type="checkbox" name="some-0-values" value="(\w+)"( checked)?', page)
    assert ticks == [("low", " checked"), ("normal", " checked"), ("high", ""), ("urgent", "")]
    assert 'name="every-0-values" value="lamp, light"' in page
    fields = scene.form_of(page) | {"some-0-values": ["low", "urgent"]}
    assert admin.post(path, data=fields).status_code == 303
    assert only().content["some"][0]["values"] == ["low", "urgent"]
    fields = scene.form_of(page) | {"some-0-subject": "state", "_do": "subject:0:some"}
    page = admin.post(path, data=fields).text
    assert 'name="some-0-values" value="waiting_on_customer"' in page
    assert "checked" not in re.findall(r'name="some-0-values"[^>]*', page)[0]


def test_two_administrators_are_told_of_each_other(admin: Browser, app: Flask) -> None:
    write_one(admin)
    path = f"/admin/rules/{only().id}"
    mine = scene.form_of(admin.get(path).text)
    scene.save(browser_as(app, "admin"), path, name="Theirs")
    answer = admin.post(path, data=mine | {"stops": "1"})
    assert answer.status_code == 409
    assert scene.form_of(answer.text)["name"] == "Theirs"
    assert admin.post(path, data=scene.form_of(answer.text)).status_code == 303
    assert only().content["stops"] is True
    words = scene.words_of(admin.get(path).text)
    assert "Version 3" in words
    first = admin.post(f"{path}/versions/1")
    assert first.status_code == 303
    assert (only().name, only().work_version) == ("Urgent lamps", 4)


def test_a_rule_is_tried_out_on_the_past_without_doing_anything(admin: Browser) -> None:
    queue = scene.queue()
    hits = [open_ticket(queue, body="lamp"), open_ticket(queue, body="Light!")]
    open_ticket(queue, body="Water")
    late = open_ticket(queue, body="lamp again", priority="urgent")
    with begin(SYSTEM) as work:  # it was normal when it was opened, and changed since
        cases_line.change(work, hits[0], {"priority": "high", "tags": ["late"]})
    write_one(admin)
    row = only()
    answer = admin.post(f"/admin/rules/{row.id}/try", data={"wanted": "100"})
    where = answer.headers["Location"]
    assert "Waiting for a worker" in admin.get(where).text
    before = everything()
    ruling_trials.run_trial(trial_id=where.rpartition("/")[2])
    assert everything() == before
    page = admin.get(where).text
    words = scene.words_of(page)
    assert "Of 4 moments it would have fired at 2." in words
    assert words.count("Priority: Normal → Urgent") == 2
    assert "Tags: none → lamp, late" in words
    assert f"/desk/tickets/{hits[0]}" in page
    assert f"/desk/tickets/{late}" not in page
    part = admin.get(where, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "every 1s" not in part
    assert admin.post(f"/admin/rules/{row.id}/try", data={"wanted": "7"}).status_code == 400


def everything() -> tuple[list[tuple[str, int]], int]:
    with reading(SYSTEM) as work:
        tickets = work.session.execute(select(Ticket.id, Ticket.version).order_by(Ticket.id))
        firings = len(work.session.scalars(select(RuleFiring)).all())
        return [tuple(row) for row in tickets], firings


def test_a_long_trial_tells_how_far_it_has_come(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = scene.queue()
    for _ in range(5):
        open_ticket(queue, body="lamp")
    rule_id = rule("Any", "opened", actions=(act("add_note", text="x"),), on=False)
    admin.post(f"/admin/rules/{rule_id}/try", data={"wanted": "100"})
    with reading(SYSTEM) as work:
        trial_id = work.session.scalars(select(RuleTrial.id)).one()
    seen: list[tuple[str, int, int]] = []
    whole = ruling_trials.try_out

    def watch(*given: Any) -> None:
        with reading(SYSTEM) as other:
            row = queries.get_trial(other, trial_id)
            seen.append((row.state, row.looked, row.total))
        whole(*given)

    monkeypatch.setattr(ruling_trials, "STEP", 2)
    monkeypatch.setattr(ruling_trials, "try_out", watch)
    ruling_trials.run_trial(trial_id=trial_id)
    assert seen == [("running", 0, 5), ("running", 2, 5), ("running", 4, 5)]


def test_what_a_rule_did_stands_on_its_page_and_in_the_history_in_words(admin: Browser) -> None:
    queue = scene.queue()
    rule(
        scene.PAYLOAD[:60],
        "opened",
        every=(when("customer_name", "contains", "ada"),),
        actions=(act("set_priority", "high"), act("set_state", "visit_booked")),
    )
    ticket_id = open_ticket(queue, name=f"Ada {scene.PAYLOAD}")
    relay()
    page = admin.get(f"/admin/rules/{only().id}").text
    assert "Priority: Normal → High" in scene.words_of(page)
    assert "<img src=x" not in page
    with reading(SYSTEM) as work:
        lines = history.page_of_history(work, ticket_id).items
        [told] = [one for one in lines if one.kind == "rule"]
        words = rule_words.explained(told.details, rule_words.names_of(work))
    assert words[0] == "A ticket was opened."
    assert words[1].startswith("The customer's name contains “ada” (it is Ada <img")
    assert "Priority: Normal → High" in words


def test_removed_and_brought_back(admin: Browser) -> None:
    write_one(admin)
    row = only()
    page = admin.post(f"/admin/rules/{row.id}/remove").text
    assert "is removed" in page
    assert re.search(r"No rules yet", page)
    assert admin.get(f"/admin/rules/{row.id}").status_code == 404
    admin.post(f"/admin/rules/{row.id}/restore")
    assert only().id == row.id


def test_the_order_is_changed_by_buttons(admin: Browser) -> None:
    ids = [rule(n, "opened", actions=(act("add_note", text=n),)) for n in ("A", "B")]
    admin.post(f"/admin/rules/{ids[1]}/up")
    with reading(SYSTEM) as work:
        assert [row.name for row in queries.list_rules(work)] == ["B", "A"]
    page = html.unescape(admin.get("/admin/rules").text)
    assert page.index(">B</a>") < page.index(">A</a>")


def test_a_time_rule_keeps_its_time(admin: Browser) -> None:
    write_one(admin, when="time", timer="before_deadline", number="90", unit="minutes",
              clock="resolution")  # fmt: skip
    row = only()
    said = service.draft_of(row.name, row.content)
    assert said.timer is not None
    assert (said.timer.what, said.timer.after_s, said.triggers) == ("before_deadline", 5400, ())
    page = admin.get(f"/admin/rules/{row.id}").text
    assert "1 h 30 before a deadline (resolution)" in scene.words_of(page)
    assert scene.form_of(page)["number"] == "90"
