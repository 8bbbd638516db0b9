"""Words on a ticket's page that are not said yet: kept, taken back, planned, and whose they are."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask

from helpdesk.core import clock
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.notices import service as notices
from helpdesk.tickets import drafts
from helpdesk.workflows import cases_line, cases_macros
from helpdesk.workflows.cases_reading import last_words
from tests.web.admin.scene import words_of
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.agent.test_tickets import CANARY, PART, case, texts, ticket_of
from tests.web.signed_in import Browser, browser_as

Desk = Callable[[str], Browser]


def unsaid(desk: Browser, ticket_id: str) -> dict[str, Any]:
    """What the page's script is told of words that are not said."""
    html = desk.get(f"/desk/tickets/{ticket_id}").text
    found = re.search(r"data-unsaid>(.*?)</script>", html, re.S)
    assert found
    return dict(json.loads(found.group(1)))


def keep(desk: Browser, ticket_id: str, text: str, **more: Any) -> dict[str, Any]:
    answer = desk.post(f"/desk/tickets/{ticket_id}/draft", json={"text": text, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def send(desk: Browser, ticket_id: str, text: str, **more: Any) -> dict[str, Any]:
    body = {"client_msg_id": new_id(), "text": text, **more}
    answer = desk.post(f"/desk/tickets/{ticket_id}/reply", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def said(ticket_id: str) -> list[str]:
    with reading(o.SETUP) as work:
        return [one.message.text for one in last_words(work, ticket_id)]


def test_a_draft_stands_on_its_writers_page_with_files_and_changes_and_on_no_other(
    app: Flask, office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}"
    file = desk.post(f"{path}/files", data={"file": (io.BytesIO(b"x"), "gauge.txt")}).json
    assert file is not None
    then = {"priority": "high", "add_tags": ["leak"], "assignee_id": office.people["olu"]}
    kept = keep(desk, ticket_id, CANARY, files=[file["id"]], then=then, version=0)
    assert kept["draft"]["version"] == 1
    (mine,) = unsaid(desk, ticket_id)["drafts"]
    assert (mine["text"], [one["name"] for one in mine["files"]]) == (CANARY, ["gauge.txt"])
    words = ["Priority: High", "Assignee: Olu Adeyemi", "+ leak"]
    assert [one["word"] for one in mine["with"]] == words
    stale = keep(desk, ticket_id, "Other words", version=0)
    assert (stale["stale"], stale["draft"]["text"]) == (True, CANARY)

    colleague = unsaid(desk_of("olu"), ticket_id)
    assert colleague["drafts"] == []
    assert [(one["name"], one["public"]) for one in colleague["begun"]] == [("Salla Niemi", True)]
    assert CANARY not in json.dumps(colleague)
    for role, status in (("customer", 404), ("technician", 403)):
        browser = browser_as(app, role)
        assert browser.get(f"{path}/drafts").status_code == status
        assert browser.post(f"{path}/draft", json={"text": "x"}).status_code == status
    assert keep(desk, ticket_id, " ")["draft"] is None
    assert unsaid(desk, ticket_id)["drafts"] == []


def test_a_reply_waits_and_comes_back_whole_to_whoever_wrote_it(
    office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    desk, other = desk_of("salla"), desk_of("olu")
    keep(desk, ticket_id, "On our way")
    answer = send(desk, ticket_id, "On our way", then="resolved", changes={"priority": "high"})
    pending = answer["pending"]
    assert (pending["kind"], pending["then"]) == (
        "undoable",
        {"priority": "high", "state": "resolved"},
    )
    assert unsaid(desk, ticket_id)["drafts"] == []
    assert [one["id"] for one in unsaid(other, ticket_id)["pending"]] == [pending["id"]]
    at = f"/desk/pending/{pending['id']}"
    for path, body in (("undo", {}), ("step", {"what": "now"}), ("at", {"at": "2999-01-01T08:00"})):
        assert other.post(f"{at}/{path}", json=body).status_code == 404
    draft = (desk.post(f"{at}/undo", json={}).json or {})["draft"]
    assert (draft["text"], draft["then"]) == ("On our way", pending["then"])
    assert desk.post(f"{at}/undo", json={}).status_code == 409
    assert said(ticket_id) == ["Water on the floor."]
    assert ticket_of(ticket_id).state == "new"


def test_the_same_click_sent_again_tells_what_became_of_it(office: Office, desk_of: Desk) -> None:
    ticket_id = case(office)
    desk = desk_of("salla")
    body = {"client_msg_id": new_id(), "text": "Only once", "public": True}
    path = f"/desk/tickets/{ticket_id}/reply"
    first = desk.post(path, json=body).json or {}
    assert (desk.post(path, json=body).json or {})["pending"]["id"] == first["pending"]["id"]
    now = f"/desk/pending/{first['pending']['id']}/step"
    assert desk.post(now, json={"what": "now"}).status_code == 200
    o.at_once(office, "salla")  # chosen meanwhile
    again = desk.post(path, json=body).json or {}
    assert (again["pending"], [m["text"] for m in again["messages"]]) == (None, ["Only once"])
    assert texts(desk.get(f"/desk/tickets/{ticket_id}").text).count("Only once") == 1


def test_a_note_is_there_at_once_and_a_chosen_second_is_obeyed(
    office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    desk = desk_of("salla")
    assert send(desk, ticket_id, "For us", public=False)["pending"] is None
    profile = {"name": "Salla Niemi", "public_name": "Salla", "timezone": "UTC", "undo_s": "10"}
    assert desk.post("/account", data=profile).status_code == 303
    pending = send(desk, ticket_id, "For her")["pending"]
    assert unsaid(desk, ticket_id)["pending"][0]["send_at"][:19] == pending["send_at"][:19]
    profile["undo_s"] = "7"
    assert "Choose at once, 10 or 30 seconds." in desk.post("/account", data=profile).text
    profile["undo_s"] = "0"
    desk.post("/account", data=profile)
    assert send(desk, ticket_id, "At once")["pending"] is None
    assert said(ticket_id) == ["Water on the floor.", "For us", "At once"]


def test_a_time_is_read_by_the_clock_on_the_writers_wall(office: Office, desk_of: Desk) -> None:
    ticket_id = case(office)
    desk = desk_of("salla")
    with begin(office.actor("salla")) as work:
        o.identity.change_profile(work, office.people["salla"], timezone="Asia/Kolkata")
    wall = clock.now() + timedelta(days=3)
    pending = send(desk, ticket_id, "How is it?", at=f"{wall:%Y-%m-%dT16:00}")["pending"]
    assert (pending["kind"], pending["send_at"][10:16]) == ("scheduled", "T10:30")
    found = desk.get(f"/desk/tickets/{ticket_id}/moments").json or {}
    assert found["zone"] == "Asia/Kolkata"
    assert {"In 3 hours", "Tomorrow morning"} <= {one["word"] for one in found["send"]}
    for wrong in ("soon", "2020-01-01T08:00", f"{wall.year + 9}-01-01T08:00"):
        body = {"client_msg_id": new_id(), "text": "x", "at": wrong}
        refused = desk.post(f"/desk/tickets/{ticket_id}/reply", json=body)
        assert (refused.status_code, (refused.json or {})["fields"].keys()) == (400, {"at"})
    moved = desk.post(f"/desk/pending/{pending['id']}/at", json={"at": f"{wall:%Y-%m-%d}T18:00"})
    assert (moved.json or {})["pending"]["send_at"][10:16] == "T12:30"


def test_a_colleagues_planned_reply_is_stopped_by_the_owner_and_nobody_else(
    office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    at = (clock.now() + timedelta(days=2)).isoformat()
    send(desk_of("salla"), ticket_id, "Still cold?", at=at)
    (row,) = unsaid(desk_of("salla"), ticket_id)["pending"]
    assert row["user"] == "Salla Niemi"
    path, step = f"/desk/pending/{row['id']}/step", {"what": "withdraw"}
    assert desk_of("olu").post(path, json=step).status_code == 404
    with begin(office.actor("boss")) as work:
        cases_line.assign(work, ticket_id, office.people["olu"])
    assert desk_of("olu").post(path, json={"what": "now"}).status_code == 404
    assert desk_of("olu").post(path, json=step).status_code == 200
    (row,) = unsaid(desk_of("salla"), ticket_id)["pending"]
    assert (row["state"], row["why"]) == ("stopped", "Olu Adeyemi stopped it.")
    history = words_of(desk_of("salla").get(f"/desk/tickets/{ticket_id}?side=history").text)
    assert "Stopped a colleague's planned reply: Salla Niemi" in history


def test_E2_words_that_are_not_said_reach_no_customer(
    app: Flask, office: Office, desk_of: Desk
) -> None:
    customer = o.add_customer(office, "Aino Virtanen")
    ticket_id = case(office, customer_id=customer)
    desk = desk_of("salla")
    keep(desk, ticket_id, CANARY)
    send(desk, ticket_id, CANARY)
    send(desk, ticket_id, CANARY, at=(clock.now() + timedelta(hours=2)).isoformat())
    with begin(o.SETUP) as work:
        user = o.identity.create_user(
            work, email="aino@example.org", name="Aino", role="customer", customer_id=customer
        ).id
    browser = browser_as(app, "customer", user_id=user)
    for path in ("", "/replies"):
        answer = browser.get(
            f"/api/v1/tickets/{ticket_id}{path}", headers={"X-CSRF-Token": browser.csrf}
        )
        assert answer.status_code == 200
        assert CANARY not in answer.text


def test_a_macro_is_told_as_what_goes_with_words(office: Office, desk_of: Desk) -> None:
    ticket_id = case(office, tags=["old"])
    facts = {
        "name": "Fitter",
        "reply": "Dear {{customer.first_name}}",
        "changes": {"assignee_id": "me", "queue_id": office.billing},
        "add_tags": ["leak"],
        "remove_tags": ["old"],
    }
    with begin(office.actor("salla")) as work:
        macro = cases_macros.save(work, facts).id
    desk = desk_of("salla")
    shown = desk.get(f"/desk/tickets/{ticket_id}/macros/{macro}").json or {}
    assert shown["text"] == "Dear Aino"
    assert shown["then"] == {
        "assignee_id": office.people["salla"],
        "queue_id": office.billing,
        "add_tags": ["leak"],
        "remove_tags": ["old"],
        "macro": "Fitter",
    }
    words = ["Queue: Billing", "Assignee: Salla Niemi", "+ leak", "\u2212 old"]
    assert [one["word"] for one in shown["with"]] == words


def test_promises_are_made_kept_and_shown_with_their_owner(office: Office, desk_of: Desk) -> None:
    ticket_id, other = case(office), case(office)
    desk = desk_of("salla")
    path = f"/desk/tickets/{ticket_id}/promises"
    wanted = {"text": "Call Aino", "due_at": (clock.now() + timedelta(minutes=9)).isoformat()}
    for wrong, field in (
        ({"text": " "}, "text"),
        ({"due_at": "at four"}, "due_at"),
        ({"due_at": "2020-01-01T00:00"}, "due_at"),
        ({"owner_id": new_id()}, "owner_id"),
    ):
        refused = desk.post(path, json={**wanted, **wrong})
        assert (refused.status_code, list((refused.json or {})["fields"])) == (400, [field])
    made = (desk.post(path, json=wanted).json or {})["id"]
    assert "You promised" in desk.get(f"/desk/tickets/{ticket_id}").text
    assert "My promises" in desk.get("/desk/work").text
    colleague = desk_of("olu")
    assert "Salla Niemi promised" in colleague.get(f"/desk/tickets/{ticket_id}").text
    assert "My promises" not in colleague.get("/desk/work").text
    kept = {"what": "kept"}
    assert colleague.post(f"{path}/{made}", data=kept, headers=PART).status_code == 403
    assert (
        desk.post(f"/desk/tickets/{other}/promises/{made}", data=kept, headers=PART).status_code
        == 404
    )
    assert desk.post(f"{path}/{made}", data=kept, headers=PART).status_code == 200
    assert "You promised" not in desk.get(f"/desk/tickets/{ticket_id}").text
    shown = desk.get(f"/desk/tickets/{ticket_id}?side=history").text
    assert "Kept a promise" in shown
    assert "Call Aino" in desk.get(f"/desk/tickets/{ticket_id}?side=customer").text


def test_notices_are_counted_listed_and_read_by_their_reader_only(
    office: Office, desk_of: Desk
) -> None:
    ticket_id = case(office)
    with begin(o.SETUP) as work:
        (one,) = notices.give(
            work,
            [office.people["olu"]],
            kind="rule",
            title="<b>Look</b>",
            text=CANARY,
            ticket_id=ticket_id,
        )
    reader, other = desk_of("olu"), desk_of("salla")
    assert 'data-bell="1"' in reader.get("/desk").text
    page = reader.get("/desk/notices").text
    assert CANARY in page
    assert "<b>Look" not in page
    assert f"/desk/tickets/{ticket_id}" in page
    assert CANARY not in other.get("/desk/notices").text
    other.post("/desk/notices/read", json={"id": one})
    assert reader.get("/desk/notices/unread").json == {"unread": 1}
    assert reader.post("/desk/notices/read", json={"ticket_id": ticket_id}).json == {"unread": 0}
    assert 'data-bell="0"' in reader.get("/desk").text


def test_E8_a_draft_takes_nothing_that_it_does_not_know(office: Office, desk_of: Desk) -> None:
    ticket_id = case(office)
    desk = desk_of("salla")
    for wrong in (
        {"text": "x" * 60_001},
        {"files": ["nope"]},
        {"then": {"version": "1"}},
        {"then": {"state": "new"}},
        {"at": "soon"},
        {"seen_at": "2026-01-01T00:00:00"},
        {"user_id": "someone"},
    ):
        body = {"text": "x", **wrong}
        answer = desk.post(f"/desk/tickets/{ticket_id}/draft", json=body)
        assert answer.status_code == 400, wrong
    with reading(office.actor("salla")) as work:
        assert drafts.drafts_on(work, ticket_id) == {}
