"""The desk's page of a ticket: what it shows, what may be done, who is told, what stays inside."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select

from helpdesk.channels.models import Conversation
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields, points
from helpdesk.customers.models import ContactPoint
from helpdesk.mail.models import IncomingMail, MailBody
from helpdesk.tickets import checklists, following, queries, types
from helpdesk.tickets import service as tickets
from helpdesk.tickets.models import Ticket
from helpdesk.web.agent.tickets_changes import difference
from helpdesk.web.agent.tickets_parts import read_spent
from helpdesk.web.agent.tickets_steps import steps_of
from helpdesk.workflows import cases, cases_line
from helpdesk.workflows import desk as workflow
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.signed_in import Browser, browser_as

Desk = Callable[[str], Browser]
PART = {"X-Part": "1", "HX-Request": "true"}
PAYLOAD = '"><img src=x onerror=window.__pwn=1><script>window.__pwn=1</script>'
CANARY = "canary-51c0de-only-for-colleagues"


def case(
    office: Office,
    subject: str = "The boiler leaks",
    body: str = "Water on the floor.",
    **more: Any,
) -> str:
    customer = more.pop("customer_id", None) or o.add_customer(office, "Aino Virtanen")
    with begin(office.actor("boss")) as work:
        opened = cases.open_case(
            work,
            customer_id=customer,
            subject=subject,
            body=body,
            channel=more.pop("channel", "email"),
            queue=office.heating,
            **more,
        )
        return opened.ticket.id


def ticket_of(ticket_id: str) -> Ticket:
    with reading(o.SETUP) as work:
        found = queries.find_ticket(work, ticket_id)
        assert found is not None
        return found


def words(html: str) -> dict[str, Any]:
    found = re.search(r"<script type=\"application/json\" data-first>(.*?)</script>", html, re.S)
    assert found
    return dict(json.loads(found.group(1)))


def texts(html: str) -> list[str]:
    return [message["text"] for message in words(html)["messages"]]


@contextmanager
def counted() -> Iterator[list[str]]:
    """Statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def change(
    desk: Browser, ticket_id: str, field: str, value: str, was: str, **more: str
) -> tuple[int, str]:
    answer = desk.post(
        f"/desk/tickets/{ticket_id}/change",
        data={"field": field, "value": value, "was": was, **more},
        headers=PART,
    )
    return answer.status_code, answer.text


def test_the_page_opens_by_id_and_by_either_way_of_writing_the_number(
    office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    number = ticket_of(ticket_id).number
    desk = desk_of("salla")
    for path in (ticket_id, str(number), f"T-{number}"):
        page = desk.get(f"/desk/tickets/{path}").text
        assert f'data-ticket="{ticket_id}"' in page
        assert f"T-{number} The boiler leaks" in page
        assert texts(page) == ["Water on the floor."]
    assert desk.get("/desk/tickets/1").status_code == 404
    assert desk.get(f"/desk/tickets/{new_id()}").status_code == 404


@pytest.mark.parametrize("messages", [3, 200])
def test_opening_it_takes_at_most_twelve_queries_however_much_was_said(
    office: Office, desk_of: Desk, messages: int
) -> None:
    ticket_id = case(office)
    with begin(office.actor("salla")) as work:
        for number in range(messages - 1):
            cases.reply(
                work,
                ticket_id,
                author=f"agent:{office.people['salla']}",
                text=f"line {number}",
                public=bool(number % 2),
            )
    desk = desk_of("salla")
    for headers in (PART, {}):
        with counted() as sent:
            page = desk.get(f"/desk/tickets/{ticket_id}", headers=headers).text
        assert len(texts(page)) == messages
        assert len(sent) <= 12, "\n".join(line[:120] for line in sent)


def test_older_words_come_page_by_page(office: Office, desk_of: Desk) -> None:
    ticket_id = case(office)
    with begin(office.actor("salla")) as work:
        for number in range(230):
            cases.reply(
                work,
                ticket_id,
                author=f"agent:{office.people['salla']}",
                text=f"line {number}",
                public=False,
            )
    desk = desk_of("salla")
    first = words(desk.get(f"/desk/tickets/{ticket_id}").text)
    assert first["more"]
    older = desk.get(f"/desk/tickets/{ticket_id}/words?cursor={first['cursor']}").json
    assert older is not None
    seen = [m["id"] for m in older["messages"]] + [m["id"] for m in first["messages"]]
    assert len(seen) == len(set(seen)) == 231
    assert older["more"] is False
    assert desk.get(f"/desk/tickets/{ticket_id}/words?cursor=nonsense").status_code == 400


def test_an_offer_of_a_ticket_names_it_and_accepting_puts_it_in_hand(
    office: Office, desk_of: Desk
) -> None:
    o.make_available(office, "salla")
    ticket_id = case(office)
    number = ticket_of(ticket_id).number
    desk = desk_of("salla")
    assert f"New ticket T-{number}" in desk.get("/desk/work").text
    with begin(office.actor("salla")) as work:
        offer = workflow.desk_work(work, office.people["salla"])["offers"][0]
        workflow.accept_offer(work, offer.id)
    pane = desk.get("/desk/work").text
    assert "Tickets in hand" in pane
    assert f'data-row="{ticket_id}"' in pane
    page = desk.get(f"/desk/tickets/{ticket_id}").text
    assert "data-in-hand" in page
    assert "Leave it for later" in page


def test_left_for_later_it_stays_mine_and_the_next_one_may_come(
    office: Office, desk_of: Desk
) -> None:
    o.make_available(office, "salla")
    first = case(office, "First matter")
    desk = desk_of("salla")
    assert desk.post(f"/desk/tickets/{first}/hand", data={"what": "take"}, headers=PART).text
    second = case(office, "Second matter")
    assert "data-accept" not in desk.get("/desk/work").text.split("<template")[0]
    answer = desk.post(f"/desk/tickets/{first}/hand", data={"what": "later"}, headers=PART)
    assert answer.status_code == 200
    pane = desk.get("/desk/work").text.split("<template")[0]
    assert "Second matter" in pane
    assert "data-accept" in pane
    assert "My other open tickets" in pane
    assert ticket_of(first).assignee_id == office.people["salla"]
    again = desk.post(f"/desk/tickets/{first}/hand", data={"what": "later"}, headers=PART)
    assert again.status_code == 409
    assert second != first


def test_taking_it_up_again_needs_room(office: Office, desk_of: Desk) -> None:
    o.make_available(office, "salla")
    first = case(office, "First matter")
    desk = desk_of("salla")
    for what in ("take", "later", "take"):
        answer = desk.post(f"/desk/tickets/{first}/hand", data={"what": what}, headers=PART)
        assert answer.status_code == 200
    assert "data-in-hand" in answer.text
    second = case(office, "Second matter")
    with begin(office.actor("boss")) as work:
        cases_line.assign(work, second, office.people["salla"])
    refused = desk.post(f"/desk/tickets/{second}/hand", data={"what": "take"}, headers=PART)
    assert refused.status_code == 409
    assert "You have another ticket in hand" in refused.text


def test_who_can_only_be_called_is_called_or_texted_not_written_to(
    office: Office, desk_of: Desk
) -> None:
    who = o.add_customer(office, "Aino", contact_points=[("phone", "+358401234567")])
    with begin(office.actor("salla")) as work:
        ticket_id = cases.open_case(
            work, customer_id=who, subject="A leak", body="Drips", channel="call",
            queue=office.heating,
        ).ticket.id  # fmt: skip
        point = work.session.scalars(select(ContactPoint).filter_by(customer_id=who)).one()
    page = desk_of("salla").get(f"/desk/tickets/{ticket_id}").text
    assert "data-unreachable" in page
    assert f'data-call-point="{point.id}"' in page
    assert f"/desk/customers/{who}/text?to={point.id}" in page
    with begin(office.actor("salla")) as work:
        points.add_contact_point(work, who, kind="email", value="aino@example.net")
    assert "data-unreachable" not in desk_of("salla").get(f"/desk/tickets/{ticket_id}").text


def test_a_number_that_is_not_to_be_called_tells_why(office: Office, desk_of: Desk) -> None:
    who = o.add_customer(office, "Aino", contact_points=[("phone", "+358401234567")])
    with reading(office.actor("salla")) as work:
        point = work.session.scalars(select(ContactPoint).filter_by(customer_id=who)).one()
    card = desk_of("salla").post(
        f"/desk/customers/{who}/points/{point.id}/no-calls",
        data={"kind": "asked", "reason": "Works at <b>night</b>"},
    )
    assert card.text.count("Works at &lt;b&gt;night&lt;/b&gt;") == 3  # title, card, timeline


def test_two_colleagues_who_change_different_fields_both_get_their_way(
    office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    assert change(desk_of("salla"), ticket_id, "subject", "A leak", "The boiler leaks")[0] == 200
    assert change(desk_of("olu"), ticket_id, "priority", "urgent", "normal")[0] == 200
    found = ticket_of(ticket_id)
    assert (found.subject, found.priority) == ("A leak", "urgent")


def test_the_second_to_change_a_field_is_shown_both_and_chooses(
    office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    change(desk_of("olu"), ticket_id, "subject", "The old boiler leaks", "The boiler leaks")
    desk = desk_of("salla")
    status, page = change(desk, ticket_id, "subject", "The boiler drips", "The boiler leaks")
    assert status == 409
    assert "Olu Adeyemi changed" in page
    assert re.search("<ins>old ?</ins>|<ins> ?old</ins>", page)
    assert "<mark>drips</mark>" in page
    assert ticket_of(ticket_id).subject == "The old boiler leaks"
    status, _ = change(desk, ticket_id, "subject", "The boiler drips", "", anyway="1")
    assert status == 200
    assert ticket_of(ticket_id).subject == "The boiler drips"


def test_a_difference_marks_what_only_one_side_says() -> None:
    mine, theirs = difference("a cold radiator", "a warm radiator")
    assert mine == [("a ", False), ("cold", True), (" radiator", False)]
    assert theirs == [("a ", False), ("warm", True), (" radiator", False)]
    assert difference("", "x") == ([], [("x", True)])


def test_resolving_says_which_field_of_the_form_is_missing(office: Office, desk_of: Desk) -> None:
    o.at_once(office, "salla", "olu")
    with begin(office.actor("root")) as work:
        custom_fields.add_custom_field(
            work, subject="ticket", key="model", label="Boiler model", kind="text"
        )
        types.add_type(
            work, key="repair", name="Repair", form=[{"key": "model", "needed": "to_resolve"}]
        )
    ticket_id = case(office, type="repair")
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}"
    refused = desk.post(f"{path}/state", data={"state": "resolved"}, headers=PART)
    assert refused.status_code == 400
    assert "<strong>Boiler model</strong>: Fill this in." in refused.text
    sent = desk.post(
        f"{path}/reply",
        json={"client_msg_id": new_id(), "text": "Done.", "then": "resolved"},
    )
    assert sent.status_code == 200
    assert sent.json is not None
    assert sent.json["refused"] == "Fill this in."
    assert texts(desk.get(path).text)[-1] == "Done."
    assert change(desk, ticket_id, "fields.model", "Model 7", "")[0] == 200
    assert desk.post(f"{path}/state", data={"state": "resolved"}, headers=PART).status_code == 200
    assert ticket_of(ticket_id).state == "resolved"


def test_without_a_type_only_fields_of_no_type_are_asked_for(office: Office, desk_of: Desk) -> None:
    with begin(office.actor("root")) as work:
        for key in ("colour", "model", "invoice"):
            custom_fields.add_custom_field(
                work, subject="ticket", key=key, label=f"Its {key}", kind="text"
            )
        types.add_type(work, key="repair", name="Repair", form=[{"key": "model"}])
        money = types.add_type(work, key="money", name="Money", form=[{"key": "invoice"}])
        types.change_type(work, money.id, version=1, is_active=False)
    desk = desk_of("salla")
    plain, held = case(office), case(office, fields={"invoice": "2026-7"})
    assert labels(desk.get(f"/desk/tickets/{plain}").text) == ["Its colour"]
    assert labels(desk.get(f"/desk/tickets/{held}").text) == ["Its colour", "Its invoice"]
    typed = case(office, type="repair")
    assert labels(desk.get(f"/desk/tickets/{typed}").text) == ["Its model"]
    assert labels(desk.get("/desk/tickets/new").text) == ["Its colour"]
    assert labels(desk.get("/desk/tickets/new?type=repair").text) == ["Its model"]


def labels(page: str) -> list[str]:
    return sorted(set(re.findall(r"Its \w+", page)))


def test_the_buttons_are_those_of_the_lifecycle() -> None:
    def first(state: str) -> list[str]:
        return [s.word for s in steps_of(state, may_reopen_closed=False) if s.first]

    assert first("open") == ["Wait for customer", "Resolve"]
    assert first("waiting_on_customer") == ["Work on it again", "Resolve"]
    assert first("resolved") == ["Reopen"]
    assert first("closed") == []
    assert [s.word for s in steps_of("closed", may_reopen_closed=True)] == ["Reopen"]


def test_the_same_reply_sent_twice_is_kept_once(office: Office, desk_of: Desk) -> None:
    o.at_once(office, "salla", "olu")
    ticket_id = case(office)
    desk = desk_of("salla")
    body = {"client_msg_id": new_id(), "text": "Only once", "public": True}
    for _ in range(2):
        answer = desk.post(f"/desk/tickets/{ticket_id}/reply", json=body)
        assert answer.status_code == 200
        assert answer.json is not None
        assert [m["text"] for m in answer.json["messages"]] == ["Only once"]
    assert texts(desk.get(f"/desk/tickets/{ticket_id}").text).count("Only once") == 1


def test_L6_a_reply_on_a_closed_ticket_is_kept_and_seen(office: Office, desk_of: Desk) -> None:
    o.at_once(office, "salla", "olu")
    ticket_id = case(office)
    with begin(office.actor("salla")) as work:
        cases_line.set_state(work, ticket_id, "closed")
    desk = desk_of("salla")
    body = {"client_msg_id": new_id(), "text": "One word more"}
    assert desk.post(f"/desk/tickets/{ticket_id}/reply", json=body).status_code == 200
    page = desk.get(f"/desk/tickets/{ticket_id}").text
    assert texts(page)[-1] == "One word more"
    assert ticket_of(ticket_id).state == "closed"
    assert 'data-step="open"' not in page
    assert 'data-step="open"' in desk_of("boss").get(f"/desk/tickets/{ticket_id}").text


def test_L6_words_on_a_merged_ticket_stand_in_the_one_it_leads_to(
    office: Office, desk_of: Desk
) -> None:
    o.at_once(office, "salla", "olu")
    kept, gone = case(office, "Kept"), case(office, "Gone")
    with begin(o.SETUP) as work:
        tickets.hold(work, gone).merged_into_id = kept
    desk = desk_of("salla")
    answer = desk.post(
        f"/desk/tickets/{gone}/reply", json={"client_msg_id": new_id(), "text": "Not lost"}
    )
    assert answer.json is not None
    assert answer.json["elsewhere"] is True
    assert answer.json["ticket_id"] == kept
    assert texts(desk.get(f"/desk/tickets/{kept}").text)[-1] == "Not lost"
    assert "was merged into" in desk.get(f"/desk/tickets/{gone}").text


def test_a_file_goes_with_the_reply_that_names_it(office: Office, desk_of: Desk) -> None:
    o.at_once(office, "salla", "olu")
    ticket_id = case(office)
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}"
    made = desk.post(f"{path}/files", data={"file": (io.BytesIO(b"gauge"), "gauge.txt")})
    assert made.status_code == 201
    assert made.json is not None
    body = {"client_msg_id": new_id(), "text": "", "attachments": [made.json["id"]]}
    stolen = desk_of("olu").post(f"{path}/reply", json=body)
    assert stolen.status_code == 400
    assert desk.post(f"{path}/reply", json=body).status_code == 200
    last = words(desk.get(path).text)["messages"][-1]
    assert [f["name"] for f in last["attachments"]] == ["gauge.txt"]
    with desk.get(f"/desk/files/{made.json['id']}") as file:
        assert file.data == b"gauge"


def test_what_hangs_on_it_is_added_and_taken_away(office: Office, desk_of: Desk) -> None:
    ticket_id, other = case(office), case(office, "The second one")
    customer = o.add_customer(office, "Tarik Demir")
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}"
    number = ticket_of(other).number
    for what, data, shown in (
        ("tasks", {"text": "Call the plumber"}, "Call the plumber"),
        ("links", {"relation": "child_of", "number": f"T-{number}"}, "Part of"),
        ("followers", {"user_id": office.people["olu"]}, "Olu Adeyemi"),
        ("participants", {"customer_id": customer}, "Tarik Demir"),
        ("time", {"spent": "1 h 20", "note": "On site"}, "1 h 20"),
        ("tags/add", {"tag": "leak"}, "leak"),
    ):
        answer = desk.post(f"{path}/{what}", data=data, headers=PART)
        assert answer.status_code == 200, what
        assert shown in answer.text, what
    with reading(o.SETUP) as work:
        task = checklists.checklist(work, ticket_id)[0]
    ticked = desk.post(f"{path}/tasks/{task.id}", data={"done": "1"}, headers=PART).text
    assert "1/1" in ticked
    removing = re.findall(rf'action="({path}/[a-z]+/[0-9a-f-]+/remove)"', ticked)
    assert len(removing) == 5
    for address in removing:
        assert desk.post(address, headers=PART).status_code == 200
    assert desk.post(f"{path}/tags/remove", data={"tag": "leak"}, headers=PART).status_code == 200
    bare = desk.get(path).text
    for gone in ("Call the plumber", "Tarik Demir", "1 h 20"):
        assert gone not in bare


def test_E5_what_belongs_to_another_ticket_or_nobody_is_not_found(
    office: Office, desk_of: Desk
) -> None:
    ticket_id, other = case(office), case(office, "Another")
    with begin(office.actor("salla")) as work:
        task = checklists.add_item(work, tickets.hold(work, other), "Theirs").id
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}"
    assert desk.post(f"{path}/tasks/{task}/remove", headers=PART).status_code == 404
    assert desk.post(f"{path}/links/{new_id()}/remove", headers=PART).status_code == 404
    for what, data in (
        ("links", {"relation": "child_of", "number": "T-999999"}),
        ("followers", {"user_id": new_id()}),
    ):
        assert desk.post(f"{path}/{what}", data=data, headers=PART).status_code == 400
    unknown = {"customer_id": new_id()}
    assert desk.post(f"{path}/participants", data=unknown, headers=PART).status_code == 404
    for field in ("merged_into_id", "number", "version", "state", "opened_at"):
        assert change(desk, ticket_id, field, "1", "")[0] == 400


def test_E1_nobody_outside_the_desk_learns_that_a_ticket_is_there(
    app: Flask, office: Office
) -> None:
    ticket_id = case(office)
    number = ticket_of(ticket_id).number
    for role, status in (("customer", 404), ("technician", 403)):
        browser = browser_as(app, role)
        for path in (ticket_id, f"T-{number}", f"{ticket_id}/now", "new"):
            answer = browser.get(f"/desk/tickets/{path}")
            assert answer.status_code == status
            assert "boiler" not in answer.text
    assert app.test_client().get(f"/desk/tickets/{ticket_id}").status_code == 303


def test_E2_a_note_reaches_colleagues_and_nobody_else(office: Office, desk_of: Desk) -> None:
    customer = o.add_customer(office, "Aino Virtanen")
    ticket_id = case(office, customer_id=customer)
    desk = desk_of("salla")
    body = {"client_msg_id": new_id(), "text": f"{CANARY} @olu", "public": False}
    desk.post(f"/desk/tickets/{ticket_id}/reply", json=body)
    page = desk.get(f"/desk/tickets/{ticket_id}").text
    assert words(page)["messages"][-1]["public"] is False
    assert CANARY not in desk.get("/desk/work").text
    with reading(o.SETUP) as work:
        assert [f.user_id for f in following.followers(work, ticket_id)] == [office.people["olu"]]
        (thread,) = cases_line.threads_of(work, ticket_id)
        assert isinstance(thread, Conversation)
        assert thread.answered_at is None
        assert ticket_of(ticket_id).first_replied_at is None


def test_A1_A2_payloads_are_text_wherever_a_ticket_shows_them(
    office: Office, desk_of: Desk
) -> None:
    customer = o.add_customer(office, PAYLOAD)
    ticket_id = case(office, PAYLOAD, PAYLOAD, customer_id=customer, tags=["<b>x</b>"])
    other = case(office, PAYLOAD, customer_id=customer)
    with begin(office.actor("salla")) as work:
        held = tickets.hold(work, ticket_id)
        checklists.add_item(work, held, PAYLOAD)
        cases_line.pull(work, ticket_id)
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}"
    desk.post(f"{path}/time", data={"spent": "5", "note": PAYLOAD}, headers=PART)
    conflict = change(desk, ticket_id, "subject", PAYLOAD + "1", "what was never there")[1]
    pages = [
        desk.get(path).text,
        desk.get(f"{path}?side=history").text,
        desk.get(f"{path}?side=customer").text,
        desk.get("/desk/work").text,
        desk.get(f"/desk/tickets/new?subject={PAYLOAD}&customer_id={customer}").text,
        conflict,
    ]
    for page in pages:
        assert "<img src=x" not in page
        assert "<script>window" not in page
        assert "<b>x</b>" not in page
    assert f'data-row="{ticket_id}"' in pages[3]
    assert other != ticket_id


def test_a_ticket_for_a_caller_is_made_and_taken_at_once(office: Office, desk_of: Desk) -> None:
    desk = desk_of("salla")
    assert "Find a customer" in desk.get("/desk/tickets/new").text
    data = {
        "name": "Aino Virtanen",
        "phone": "+358 40 1234567",
        "subject": "No hot water",
        "body": "It has been cold since Monday.",
        "queue": office.billing,
        "priority": "high",
        "mine": "1",
    }
    made = desk.post("/desk/tickets/new", data=data)
    assert made.status_code == 303
    ticket_id = made.headers["Location"].rpartition("/")[2]
    found = ticket_of(ticket_id)
    assert (found.queue_id, found.priority, found.channel) == (office.billing, "high", "call")
    assert found.assignee_id == office.people["salla"]
    assert texts(desk.get(f"/desk/tickets/{ticket_id}").text) == ["It has been cold since Monday."]


def test_a_form_that_lacks_something_keeps_what_was_written(office: Office, desk_of: Desk) -> None:
    data = {"name": "Aino", "subject": "", "body": "Long story", "queue": office.billing}
    refused = desk_of("salla").post("/desk/tickets/new", data=data)
    assert refused.status_code == 400
    assert "Say in a few words what it is about." in refused.text
    assert "Long story" in refused.text
    assert f'value="{office.billing}" selected' in refused.text


def test_a_chat_becomes_a_ticket_with_everything_that_was_said(
    office: Office, desk_of: Desk
) -> None:
    o.make_available(office, "salla")
    started = o.writes(office, "The radiator is cold", email="aino@example.net")
    o.take(office, "salla", started)
    desk = desk_of("salla")
    page = desk.get(f"/desk/conversations/{started.conversation_id}").text
    assert "Make a ticket of this" in page
    form = desk.get(f"/desk/tickets/new?conversation_id={started.conversation_id}").text
    assert "joins the ticket" in form
    made = desk.post(
        "/desk/tickets/new",
        data={
            "conversation_id": started.conversation_id,
            "subject": "Radiator",
            "body": "Check the pump",
        },
    )
    ticket_id = made.headers["Location"].rpartition("/")[2]
    shown = words(desk.get(f"/desk/tickets/{ticket_id}").text)["messages"]
    assert [(m["text"], m["public"]) for m in shown] == [
        ("The radiator is cold", True),
        ("Check the pump", False),
    ]
    assert shown[0]["channel"] == "chat"
    assert ticket_of(ticket_id).assignee_id == office.people["salla"]
    again = desk.get(f"/desk/conversations/{started.conversation_id}").text
    assert f"/desk/tickets/{ticket_id}" in again


def test_the_history_says_who_changed_what(office: Office, desk_of: Desk) -> None:
    ticket_id = case(office)
    change(desk_of("olu"), ticket_id, "queue_id", office.billing, office.heating)
    change(desk_of("salla"), ticket_id, "assignee_id", office.people["olu"], "")
    shown = desk_of("salla").get(f"/desk/tickets/{ticket_id}?side=history").text
    for said in ("Queue: ", "Heating", "Billing", "Assignee: ", "nobody", "Olu Adeyemi"):
        assert said in shown


def test_time_is_read_as_people_write_it() -> None:
    spent = {"20": 1200, "20 min": 1200, "1 h 20": 4800, "1:20": 4800, "2 h": 7200}
    assert {text: read_spent(text) for text in spent} == spent


def test_only_what_is_new_is_fetched_again(office: Office, desk_of: Desk) -> None:
    ticket_id = case(office)
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}/now"
    late = "2999-01-01T00:00:00+00:00".replace("+", "%2B")
    part = desk.get(f"{path}?since={late}").text
    assert "<html" not in part
    assert words(part)["messages"] == []
    for nonsense in ("yesterday", "2026-01-01T00:00:00", "0001-01-01T00:00:00%2B00:00"):
        assert desk.get(f"{path}?since={nonsense}").status_code == 400


def test_a_mail_tells_who_wrote_it_and_what_is_folded_away(office: Office, desk_of: Desk) -> None:
    ticket_id, other = case(office), case(office, "Another")
    with begin(o.SETUP) as work:
        (thread,) = cases_line.threads_of(work, ticket_id)
        mail = IncomingMail(
            id=new_id(),
            once_key="k" * 64,
            sha256="0" * 64,
            size=1,
            received_at=work.at,
            state="done",
            sender_name="Aino",
            sender_address="aino@example.net",
            doubt="the address is not proved",
            ticket_id=ticket_id,
            conversation_id=thread.id,
            seq=1,
        )
        work.session.add(mail)
        work.session.flush()
        work.session.add(
            MailBody(mail_id=mail.id, text="Water.", quoted="> older words", html="<p>Water</p>")
        )
        mail_id = mail.id
    desk = desk_of("salla")
    first = words(desk.get(f"/desk/tickets/{ticket_id}").text)["messages"][0]
    assert first["mail"] == {
        "id": mail_id,
        "name": "Aino",
        "address": "aino@example.net",
        "doubt": "the address is not proved",
        "folded": True,
        "html": True,
    }
    folded = desk.get(f"/desk/tickets/{ticket_id}/mails/{mail_id}").json
    assert folded == {"quoted": "> older words", "signature": ""}
    assert desk.get(f"/desk/tickets/{other}/mails/{mail_id}").status_code == 404
    assert desk.get(f"/desk/tickets/{ticket_id}/mails/{new_id()}").status_code == 404
