"""Types of tickets with their forms, and what queues do with done tickets, in the admin area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.errors import Invalid
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields
from helpdesk.tickets import queue_rules, types
from helpdesk.tickets.lifecycle import HOUSE_RULE, ReopenRule
from helpdesk.tickets.models import TicketType
from helpdesk.web.admin.done_tickets import sentences, short
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as

SYSTEM = system("test")
LIST = "/admin/ticket-types"


def field(label: str, key: str) -> str:
    with begin(SYSTEM) as work:
        made = custom_fields.add_custom_field(
            work, subject="ticket", key=key, label=label, kind="text"
        )
        return made.id


def every_type() -> Sequence[TicketType]:
    with reading(SYSTEM) as work:
        return types.list_types(work, active_only=False)


def names() -> list[str]:
    return [row.name for row in every_type() if row.is_active]


def add(admin: Browser, name: str, **given: str) -> str:
    assert scene.save(admin, f"{LIST}/new", name=name, **given).status_code == 303
    return next(row.id for row in every_type() if row.name == name)


def actions(prefix: str) -> list[str]:
    with reading(SYSTEM) as work:
        rows = select(AuditEntry.action).where(AuditEntry.action.startswith(prefix))
        return list(work.session.scalars(rows.order_by(AuditEntry.seq)))


def test_a_type_is_added_changed_moved_retired_and_brought_back(admin: Browser) -> None:
    assert "No types yet" in admin.get(LIST).text
    field("Meter number", "meter")
    fault = add(admin, "Fault", **{"field-0-key": "meter", "field-0-needed": "to_open"})
    question = add(admin, "Question")
    [row, _] = every_type()
    shown = {"key": "meter", "needed": "to_open", "shown_to_customer": False}
    assert (row.key, row.form) == ("fault", [shown])
    scene.save(admin, f"{LIST}/{fault}", description="It does not work", **{"field-0-shown": "1"})
    assert every_type()[0].form == [shown | {"shown_to_customer": True}]
    moved = admin.post(f"{LIST}/order", data={"ids": f"{question},{fault}", "moved": question})
    assert names() == ["Question", "Fault"]
    page = admin.get(moved.headers["Location"]).text
    assert "autofocus" in page
    page = admin.post(f"{LIST}/{fault}/retire").text
    assert "is retired" in page
    assert names() == ["Question"]
    assert f'action="{LIST}/{fault}/restore" data-undo-form' in page
    admin.post(f"{LIST}/{fault}/restore")
    assert names() == ["Question", "Fault"]
    assert actions("ticket_type.") == [
        "ticket_type.added", "ticket_type.added", "ticket_type.changed",
        "ticket_type.reordered", "ticket_type.retired", "ticket_type.restored",
    ]  # fmt: skip
    told = scene.words_of(admin.get("/admin/audit").text)
    assert "retired the ticket type Fault" in told


def test_lines_of_a_form_come_go_and_move_without_being_stored(admin: Browser) -> None:
    for key in ("meter", "room", "colour"):
        field(key.title(), key)
    fields: dict[str, Any] = scene.form_of(admin.get(f"{LIST}/new").text) | {"name": "Fault"}
    for do, keys in (
        ("add:field", ["meter"]),
        ("add:field", ["meter", "room"]),
        ("down:field:0", ["room", "meter"]),
        ("down:field:1", ["room", "meter"]),
        ("up:field:1", ["meter", "room"]),
        ("remove:field:0", ["room"]),
        ("jump:field:0", ["room"]),
        ("up:field:9", ["room"]),
    ):
        page = admin.post(f"{LIST}/new", data=fields | {"_do": do}).text
        fields = scene.form_of(page)
        found = [text for name, text in fields.items() if name.endswith("-key") and name != "key"]
        assert found == keys, do
    assert every_type() == []


WRONG = [
    ({"name": ""}, "Fill this in."),
    ({"name": "Fault"}, "There is a type of this name already."),
    ({"name": "Other", "key": "fault"}, "There is a type with this key already."),
    ({"name": "Other", "key": "9 lives"}, "Use small letters"),
    ({"name": "Other", "field-0-key": "meter", "field-1-key": "meter"}, "stands in a form once"),
    ({"name": "Other", "field-0-key": "nothing"}, "There is no ticket field"),
    ({"name": "Other", "field-0-key": "meter", "field-0-needed": "x"}, "Choose one of"),
]


def test_what_cannot_be_taken_comes_back(admin: Browser) -> None:
    field("Meter number", "meter")
    add(admin, "Fault")
    for given, said in WRONG:
        fields = given | {"description": scene.PAYLOAD}
        answer = scene.save(admin, f"{LIST}/new", **fields)
        assert answer.status_code in (400, 409), given
        assert said in scene.words_of(answer.text), given
        assert scene.form_of(answer.text)["description"] == scene.PAYLOAD
        assert "<img src=x" not in answer.text
    assert len(every_type()) == 1


def test_two_who_change_one_type_are_told_and_an_old_order_is_refused(
    admin: Browser, app: Flask
) -> None:
    fault, question = add(admin, "Fault"), add(admin, "Question")
    path = f"{LIST}/{fault}"
    mine = scene.form_of(admin.get(path).text)
    scene.save(browser_as(app, "admin"), path, description="Theirs")
    answer = admin.post(path, data=mine | {"name": "Breakdown"})
    assert answer.status_code == 409
    again = scene.form_of(answer.text)
    assert (again["name"], again["description"]) == ("Breakdown", "Theirs")
    assert admin.post(path, data=again).status_code == 303
    for ids in (fault, f"{fault},{fault}", f"{fault},{question},{question}", ""):
        answer = admin.post(f"{LIST}/order", data={"ids": ids, "moved": fault})
        assert answer.status_code == 409
    assert names() == ["Breakdown", "Question"]


def test_A2_a_hostile_name_is_escaped_wherever_it_stands(admin: Browser) -> None:
    field(scene.PAYLOAD[:80], "meter")
    made = add(admin, scene.PAYLOAD[:80], key="x", **{"field-0-key": "meter"})
    for path in (LIST, f"{LIST}/{made}", "/admin/audit"):
        assert "<img src=x" not in admin.get(path).text
    assert "<img src=x" not in admin.post(f"{LIST}/{made}/retire").text


def test_a_field_that_is_gone_from_the_set_up_is_needed_by_no_form(admin: Browser) -> None:
    gone = field("Meter number", "meter")
    add(admin, "Fault", **{"field-0-key": "meter", "field-0-needed": "to_open"})
    with reading(SYSTEM) as work, pytest.raises(Invalid):
        types.checked(work, "fault", {}, {}, step="to_open")
    with begin(SYSTEM) as work:
        custom_fields.remove_custom_field(work, gone, version=1)
    with reading(SYSTEM) as work:
        assert types.checked(work, "fault", {}, {}, step="to_open") == {}
    [row] = every_type()
    assert "field-0-key" not in scene.form_of(admin.get(f"{LIST}/{row.id}").text)
    assert scene.save(admin, f"{LIST}/{row.id}", name="Breakdown").status_code == 303


def test_the_new_ticket_page_asks_what_the_type_asks(admin: Browser, app: Flask) -> None:
    queue_id = scene.queue()
    for key in ("meter", "room"):
        field(f"The {key}", key)
    rows = {"field-0-key": "room", "field-0-needed": "to_open", "field-1-key": "meter"}
    fault = add(admin, "Fault", **rows, **{"field-1-needed": "to_resolve"})
    agent = browser_as(app, "agent")
    page = agent.get("/desk/tickets/new?type=fault").text
    assert page.index("The room") < page.index("The meter")
    given = {"subject": "Dark", "body": "No light", "name": "Ada", "queue": queue_id}
    given |= {"type": "fault", "fields.meter": "12"}
    answer = agent.post("/desk/tickets/new", data=given)
    assert answer.status_code == 400
    assert "Fill this in." in answer.text
    answer = agent.post("/desk/tickets/new", data=given | {"fields.room": "Hall"})
    assert answer.status_code == 303
    page = agent.get(answer.headers["Location"]).text
    assert page.index('for="ticket-fields-room"') < page.index('for="ticket-fields-meter"')
    assert "needed to resolve" in page
    admin.post(f"{LIST}/{fault}/retire")
    assert (
        '<option value="fault" selected>Fault</option>'
        in agent.get(answer.headers["Location"]).text
    )
    assert "Fault" not in agent.get("/desk/tickets/new").text


def rule(queue_id: str) -> ReopenRule:
    with reading(SYSTEM) as work:
        return queue_rules.rule_of(work, queue_id)


def test_a_queue_gets_a_rule_of_its_own_and_goes_back_to_the_usual(admin: Browser) -> None:
    assert "No queues yet" in admin.get("/admin/done-tickets").text
    queue_id = scene.queue("Billing")
    path = f"/admin/done-tickets/{queue_id}"
    assert "The usual rule" in admin.get("/admin/done-tickets").text
    answer = scene.save(admin, path, reopen="never", closing="person", reopen_days="rubbish")
    assert answer.status_code == 303
    assert rule(queue_id) == ReopenRule("never", HOUSE_RULE.days, None)
    words = scene.words_of(admin.get("/admin/done-tickets").text)
    assert "Billing Its own rule Opens a follow-up By a person" in words
    scene.save(admin, path, reopen="within", reopen_days="3", closing="days", close_after_days="5")
    assert rule(queue_id) == ReopenRule("within", 3, 5)
    page = admin.post(f"{path}/drop").text
    assert "The usual rule holds again" in page
    assert rule(queue_id) == HOUSE_RULE
    undo = dict(scene.fields_of(page, path))
    assert admin.post(path, data=undo).status_code == 303
    assert rule(queue_id) == ReopenRule("within", 3, 5)
    assert admin.post(f"{path}/drop").status_code == 200
    assert "holds again" not in admin.post(f"{path}/drop").text
    assert actions("ticket_queue_rule.") == [
        *["ticket_queue_rule.changed"] * 2, "ticket_queue_rule.dropped",
        "ticket_queue_rule.changed", "ticket_queue_rule.dropped",
    ]  # fmt: skip


def test_a_rule_that_cannot_be_is_said_beside_it_and_two_are_told(
    admin: Browser, app: Flask
) -> None:
    queue_id = scene.queue("Billing")
    path = f"/admin/done-tickets/{queue_id}"
    wrong: dict[str, str]
    for wrong in (
        {"reopen_days": "x"}, {"reopen_days": "0"}, {"close_after_days": "9999"},
        {"reopen": "maybe"}, {"closing": "never"},
    ):  # fmt: skip
        assert scene.save(admin, path, **wrong).status_code == 400
    mine = scene.form_of(admin.get(path).text)
    scene.save(browser_as(app, "admin"), path, reopen="always")
    answer = admin.post(path, data=mine | {"close_after_days": "7"})
    assert answer.status_code == 409
    again = scene.form_of(answer.text)
    assert (again["reopen"], again["close_after_days"]) == ("always", "7")
    preview = admin.post(path, data=again | {"_do": "preview"}).text
    assert "7 days after it was resolved" in scene.words_of(preview)
    assert rule(queue_id).reopen == "always"


def test_rules_read_as_sentences() -> None:
    assert len(sentences(HOUSE_RULE)) == 3
    assert short(ReopenRule("within", 1, 1)) == ("Reopens it for 1 day", "After 1 day")
    assert sentences(ReopenRule("always", 14, None)) == [
        "An answer reopens the ticket, however late it comes.",
        "A resolved ticket stays so until a person closes it.",
    ]


def test_only_administrators_set_tickets_up(supervisor: Browser, app: Flask) -> None:
    queue_id = scene.queue()
    for browser in (supervisor, browser_as(app, "agent")):
        for path in (LIST, f"{LIST}/new", "/admin/done-tickets", f"/admin/done-tickets/{queue_id}"):
            assert browser.get(path).status_code == 403
        assert browser.post(f"/admin/done-tickets/{queue_id}/drop").status_code == 403
        assert browser.post(f"{LIST}/order", data={"ids": "", "moved": ""}).status_code == 403
