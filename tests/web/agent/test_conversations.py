"""The desk's conversation door: what is shown, handed on, joined and kept from others."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable

from flask import Flask

from helpdesk.core.work import begin, reading
from helpdesk.ivr import service as flows
from helpdesk.ivr.walking import Given
from helpdesk.workflows import call_flows, calling
from tests.ivr.flows import choice, flow, node
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.signed_in import Browser, browser_as

Desk = Callable[[str], Browser]
PAYLOAD = '"><img src=x onerror=window.__pwn=1><script>window.__pwn=1</script>'
CANARY = "canary-7f3a91-only-for-colleagues"


def first_messages(html: str) -> dict[str, object]:
    """What the page gives the script that draws the messages."""
    found = re.search(r"<script type=\"application/json\" data-first>(.*?)</script>", html, re.S)
    assert found
    return json.loads(found.group(1))


def in_hand(
    office: Office, name: str = "salla", text: str = "The radiator is cold"
) -> o.chat.Started:
    o.make_available(office, name)
    started = o.writes(office, text, email="aino@example.net")
    o.take(office, name, started)
    return started


def test_the_desk_opens_with_the_chat_that_waits_longest(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    page = desk_of("salla").get("/desk").text
    assert f'data-talk="{started.conversation_id}"' in page
    assert f'data-row="{started.conversation_id}"' in page
    assert "1 unread" in page


def test_an_empty_desk_says_what_happens_next(office: Office, desk_of: Desk) -> None:
    page = desk_of("salla").get("/desk").text
    assert "slides in" in page


def test_only_the_parts_are_sent_when_the_desk_stands_already(
    office: Office, desk_of: Desk
) -> None:
    started = in_hand(office)
    part = (
        desk_of("salla")
        .get(f"/desk/conversations/{started.conversation_id}", headers={"X-Part": "1"})
        .text
    )
    assert "<html" not in part
    assert "data-screen" in part
    assert 'data-into="customer"' in part


def test_an_offer_stands_on_top_with_its_deadline(office: Office, desk_of: Desk) -> None:
    o.make_available(office, "salla")
    o.writes(office, "The radiator is cold")
    work = desk_of("salla").get("/desk/work").text
    assert "data-accept" in work
    assert "data-countdown" in work
    assert "You are the one who fits now" in work


def test_older_messages_come_page_by_page(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    for number in range(60):
        o.says(started, f"line {number}")
    desk = desk_of("salla")
    first = first_messages(desk.get(f"/desk/conversations/{started.conversation_id}").text)
    assert first["more"] is True
    seqs = [message["seq"] for message in first["messages"]]  # type: ignore[index,attr-defined]
    path = f"/desk/conversations/{started.conversation_id}/messages"
    older = desk.get(f"{path}?before={seqs[0]}").json
    assert older
    assert older["more"] is False
    assert [m["seq"] for m in older["messages"]] + seqs == list(range(1, 62))
    assert desk.get(f"{path}?before=x").status_code == 400


def test_a_colleague_sees_the_chat_but_may_only_leave_notes(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    page = desk_of("olu").get(f"/desk/conversations/{started.conversation_id}").text
    assert 'data-notes-only="yes"' in page
    assert "with Salla Niemi" in page
    assert "data-take-over" not in page
    boss = desk_of("boss").get(f"/desk/conversations/{started.conversation_id}").text
    assert "data-take-over" in boss


def test_a_transfer_to_a_queue_takes_the_note_along(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    desk = desk_of("salla")
    path = f"/desk/conversations/{started.conversation_id}"
    answer = desk.post(
        f"{path}/transfer", json={"to_queue": office.billing, "note": "It is the invoice."}
    )
    assert answer.status_code == 200
    page = desk.get(path).text
    assert "Billing" in page
    texts = [m["text"] for m in first_messages(page)["messages"]]  # type: ignore[attr-defined]
    assert "It is the invoice." in texts
    again = desk.post(f"{path}/transfer", json={"to_queue": office.billing})
    assert again.status_code in (403, 409)


def test_a_transfer_needs_exactly_one_target(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    path = f"/desk/conversations/{started.conversation_id}/transfer"
    answer = desk_of("salla").post(path, json={})
    assert answer.status_code == 400
    assert answer.json
    assert answer.json["code"] == "no_target"


def test_a_colleague_who_is_asked_finds_it_among_their_work(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    path = f"/desk/conversations/{started.conversation_id}"
    body = {"user_id": office.people["olu"], "question": "Is this the old pump?"}
    assert desk_of("salla").post(f"{path}/consult", json=body).status_code == 200
    olu = desk_of("olu")
    assert "Asks: Is this the old pump?" in olu.get("/desk/work").text
    assert olu.post(f"{path}/join").status_code == 200
    assert "Salla Niemi asks you" in olu.get(path).text
    assert olu.post(f"{path}/leave").status_code == 200
    assert "Is this the old pump?" not in olu.get("/desk/work").text
    assert desk_of("nadia").post(f"{path}/join").status_code == 404


def test_a_supervisor_takes_over_and_an_agent_may_not(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    path = f"/desk/conversations/{started.conversation_id}/take-over"
    assert desk_of("nadia").post(path).status_code == 403
    assert desk_of("boss").post(path).status_code == 200


def test_the_wrap_up_shows_the_outcomes_of_its_queue(office: Office, desk_of: Desk) -> None:
    o.make_available(office, "salla")
    started = o.writes(office, "My invoice", queue=office.billing)
    o.take(office, "salla", started)
    with o.begin(office.actor("salla")) as work:
        o.desk.end_by_agent(work, started.conversation_id)
    page = desk_of("salla").get(f"/desk/conversations/{started.conversation_id}").text
    assert "Refund agreed" in page
    assert "data-wrap-up" in page
    assert "Wrap-up" in desk_of("salla").get("/desk/work").text


def test_a_conversation_moves_to_another_record_and_back(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    other = o.add_customer(office, "Aino V.")
    path = f"/desk/conversations/{started.conversation_id}/customer"
    before = o.customer_of(started)
    answer = desk_of("salla").post(path, json={"customer_id": other})
    assert answer.json == {"before": before}
    assert o.customer_of(started) == other
    desk_of("salla").post(path, json={"customer_id": before})
    assert o.customer_of(started) == before


def test_a_file_is_stored_and_comes_back_as_a_download(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    desk = desk_of("salla")
    answer = desk.post(
        f"/desk/conversations/{started.conversation_id}/files",
        data={"file": (io.BytesIO(b"<svg onload=alert(1)></svg>"), "xss.png")},
    )
    assert answer.status_code == 201, answer.text
    assert answer.json
    got = desk.get(f"/desk/files/{answer.json['id']}")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert got.mimetype == "application/octet-stream"
    got.close()


def test_A16_a_turned_file_name_is_stored_as_it_reads(office: Office, desk_of: Desk) -> None:
    started = in_hand(office)
    answer = desk_of("salla").post(
        f"/desk/conversations/{started.conversation_id}/files",
        data={"file": (io.BytesIO(b"MZ"), "invoice\u202egnp.exe")},
    )
    assert answer.json
    assert answer.json["name"] == "invoicegnp.exe"


def test_A1_a_payload_in_a_message_stays_text(office: Office, desk_of: Desk) -> None:
    started = in_hand(office, text=PAYLOAD)
    desk = desk_of("salla")
    for path in ("/desk", "/desk/work", f"/desk/conversations/{started.conversation_id}"):
        page = desk.get(path).text
        assert "<img src=x" not in page, path
        assert "<script>window" not in page, path
    shown = first_messages(desk.get("/desk").text)["messages"]
    assert shown[0]["text"] == PAYLOAD  # type: ignore[index]


def test_A2_payloads_in_names_tags_and_fields_are_escaped(office: Office, desk_of: Desk) -> None:
    o.make_available(office, "salla")
    started = o.writes(office, "Hello", name=PAYLOAD)
    o.take(office, "salla", started)
    customer = o.customer_of(started)
    desk = desk_of("salla")
    desk.post(f"/desk/customers/{customer}/tags", data={"tag": "<b>bold</b>"})
    desk.post(
        f"/desk/customers/{customer}/change",
        data={"field": "custom.boiler", "value": PAYLOAD, "version": "1"},
    )
    paths = ("/desk", f"/desk/customers/{customer}", "/desk/customers",
             f"/desk/customers/{customer}/conversations",
             f"/desk/work/{started.work_item_id}/why")  # fmt: skip
    for path in paths:
        page = desk.get(path).text
        assert "<img src=x" not in page, path
        assert "<b>bold" not in page, path
    for path in ("/floor", "/floor/wall"):
        assert "<img src=x" not in desk_of("boss").get(path).text, path


def test_A15_odd_queries_are_refused_or_ignored_and_never_reflected(
    office: Office, desk_of: Desk
) -> None:
    desk = desk_of("salla")
    for query in ("cursor=<script>x", "cursor=AAAA", "show=<script>x", "tag=<script>x"):
        answer = desk.get(f"/desk/customers?{query}")
        assert answer.status_code in (200, 400), query
        assert "<script>x" not in answer.text, query


def test_E2_a_note_reaches_no_visitor_customer_or_stranger(
    app: Flask, office: Office, desk_of: Desk
) -> None:
    started = in_hand(office)
    o.answers(office, "salla", started, CANARY, public=False)
    path = f"/desk/conversations/{started.conversation_id}"
    assert CANARY in desk_of("olu").get(path).text
    assert CANARY not in desk_of("salla").get("/desk/work").text, "no preview of a note"
    for role in ("customer", "technician"):
        stranger = browser_as(app, role)
        for address in (path, f"{path}/messages", "/desk", "/desk/work"):
            answer = stranger.get(address)
            assert answer.status_code in (403, 404), (role, address)
            assert CANARY not in answer.text
    with reading(o.system("test")) as work:
        conversation = o.service.get_conversation(work, started.conversation_id)
        assert CANARY not in str(o.chat.messages_for_visitor(work, conversation, 0))


def test_E4_a_file_is_not_there_for_somebody_who_is_not_on_the_desk(
    app: Flask, office: Office, desk_of: Desk
) -> None:
    started = in_hand(office)
    kept = (
        desk_of("salla")
        .post(
            f"/desk/conversations/{started.conversation_id}/files",
            data={"file": (io.BytesIO(b"secret"), "a.txt")},
        )
        .json
    )
    assert kept
    assert app.test_client().get(f"/desk/files/{kept['id']}").status_code in (303, 401, 404)
    assert browser_as(app, "technician").get(f"/desk/files/{kept['id']}").status_code in (403, 404)


def test_J3_J4_canned_replies_come_to_the_browser_as_they_were_written(
    office: Office, desk_of: Desk
) -> None:
    answer = desk_of("salla").get("/desk/canned").json
    assert answer
    texts = {item["shortcut"]: item["text"] for item in answer["items"]}
    assert texts["braces"] == "{{7*7}} ${7*7} {0.__class__} %s%n {% import os %} {name}"


def test_the_story_of_a_wait_names_who_was_asked_and_why(office: Office, desk_of: Desk) -> None:
    started = o.writes(office, "Is anybody there?")
    o.make_available(office, "salla")
    o.take(office, "salla", started)
    answer = desk_of("salla").get(f"/desk/conversations/{started.conversation_id}/why")
    assert answer.headers["Location"] == f"/desk/work/{started.work_item_id}/why"
    page = desk_of("salla").get(answer.headers["Location"]).text
    assert "Nobody could take it at first" in page
    assert "Offered to Salla Niemi" in page
    assert "Salla Niemi took it" in page
    assert "Score = head start + seconds waited" in page


def test_whoever_is_offered_a_conversation_is_told_why_they_probably_come(
    office: Office, desk_of: Desk
) -> None:
    first = o.writes(office, "My boiler whistles", email="aino@example.com")
    with o.begin(o.SETUP) as work:
        o.chat.end_conversation(work, first.conversation_id, ended_by="visitor")
    o.make_available(office, "salla")
    with o.begin(o.system("test")) as work:
        site = work.session.get_one(o.WidgetSite, office.site)
        visitor = work.session.get_one(o.Visitor, first.visitor_id)
        o.chat.start(work, site, visitor, text="It is back")
    with o.begin(office.actor("salla")) as work:
        offer_id = o.desk.desk_work(work, office.people["salla"])["offers"][0].id
    told = desk_of("salla").get(f"/desk/offers/{offer_id}/before")
    assert "Was here lately about: My boiler whistles" in told.text
    assert desk_of("olu").get(f"/desk/offers/{offer_id}/before").status_code == 404


def test_whoever_answers_a_call_sees_what_the_caller_chose_before(
    office: Office, desk_of: Desk
) -> None:
    menu = node("menu", "menu", "Main menu", prompt="?", choices=[choice("2", "line")],
                otherwise="line")  # fmt: skip
    with begin(o.SETUP) as work:
        site = o.chat.site_by_id(work, office.site)
        rung = calling.start(work, site, None, name="Aino")
        line = node("line", "queue", "Heating", queue_id=office.heating)
        made = flows.add_flow(work, name=PAYLOAD[:40], content=flow(menu, line))
        flows.publish(work, made.id, call_flows.known(work), note="", version=1)
        call_flows.begin(work, made.id, rung.conversation_id)
        call_flows.go_on(work, rung.conversation_id, Given("2"))
    page = desk_of("salla").get(f"/desk/conversations/{rung.conversation_id}").text
    [told] = re.findall(r"data-before>(.*?)</dd>", page, re.S)
    assert re.findall(r"<li>(.*?)</li>", told) == ["Main menu: chose 2, Heating"]
