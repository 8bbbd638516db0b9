"""An agent's work through the API: offers, conversations, and what the record says afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.workflows import chat
from tests.web.api.conftest import Floor, ProgramOf


def test_L1_many_accept_one_offer_and_one_gets_it(program: ProgramOf, floor: Floor) -> None:
    agent, others = program("agent"), [program("agent") for _ in range(5)]
    floor.sit_down(agent.user_id)
    talk = floor.chat()
    (offer,) = agent.get("/offers")["items"]
    path = f"/offers/{offer['offer_id']}/accept"
    callers = [agent] * 45 + others
    start = Barrier(len(callers))

    def take(index: int) -> tuple[int, str]:
        start.wait()
        answer = callers[index].call("POST", path)
        return answer.status_code, answer.json.get("code", answer.json.get("conversation_id"))

    with ThreadPoolExecutor(len(callers)) as pool:
        answers = Counter(pool.map(take, range(len(callers))))
    assert answers == {(200, talk): 1, (409, "offer_gone"): 44, (404, "offer_not_found"): 5}
    assert agent.get(f"/conversations/{talk}")["agent_id"] == agent.user_id


def test_a_declined_offer_goes_to_the_next(program: ProgramOf, floor: Floor) -> None:
    one, other = program("agent"), program("agent")
    floor.sit_down(one.user_id)
    talk = floor.chat()
    floor.sit_down(other.user_id)
    (offer,) = one.get("/offers")["items"]
    assert one.post(f"/offers/{offer['offer_id']}/decline", {"reason": "at lunch"}) == {}
    assert one.get("/offers")["items"] == []
    (next_offer,) = other.get("/offers")["items"]
    assert next_offer["conversation_id"] == talk
    again = one.call("POST", f"/offers/{offer['offer_id']}/decline")
    assert (again.status_code, again.json["code"]) == (409, "offer_gone")


def test_a_transfer_reaches_the_colleague_with_its_note(program: ProgramOf, floor: Floor) -> None:
    one, other = program("agent"), program("agent")
    floor.sit_down(one.user_id)
    talk = floor.chat()
    one.post(f"/offers/{one.get('/offers')['items'][0]['offer_id']}/accept")
    floor.sit_down(other.user_id)
    path = f"/conversations/{talk}"
    assert one.call("POST", f"{path}/transfer", {}).json["code"] == "no_target"
    unknown = one.call("POST", f"{path}/transfer", {"to_queue": "nowhere"})
    assert unknown.json["code"] == "unknown_queue"
    moved = one.post(f"{path}/transfer", {"to_agent": other.user_id, "note": "Speaks Finnish"})
    assert moved["state"] == "waiting"
    other.post(f"/offers/{other.get('/offers')['items'][0]['offer_id']}/accept")
    notes = [m["text"] for m in other.get(f"{path}/messages")["items"] if not m["public"]]
    assert notes == ["Speaks Finnish"]


def test_a_chat_shows_on_the_record_with_its_times(
    program: ProgramOf, floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    agent, now = program("agent"), clock.now()
    clock_at(now)
    talk = floor.chat("Where is my order?")
    clock_at(now + timedelta(seconds=40))
    floor.sit_down(agent.user_id)
    agent.post(f"/offers/{agent.get('/offers')['items'][0]['offer_id']}/accept")
    clock_at(now + timedelta(seconds=60))
    agent.post(f"/conversations/{talk}/messages", {"text": "Let me look", "public": True})
    agent.post(f"/conversations/{talk}/end")
    agent.post(f"/conversations/{talk}/wrap-up", {"outcome": "resolved"})
    customer = agent.get(f"/conversations/{talk}")["customer_id"]

    figures = agent.get(f"/customers/{customer}/metrics")
    by_name = {one["name"]: one for one in figures["metrics"]}
    assert figures["conversations_by_channel"] == {"chat": 1}
    assert by_name["first_response_time"]["mean"] == pytest.approx(60)
    assert by_name["average_speed_of_answer"]["median"] == pytest.approx(40)
    assert by_name["waiting_time"]["p90"] == pytest.approx(40)
    assert (by_name["abandonment"]["mean"], by_name["abandonment"]["count"]) == (0, 1)
    assert all(one["formula"] for one in figures["metrics"])
    kinds = [entry["kind"] for entry in agent.get(f"/customers/{customer}/timeline")["items"]]
    assert {"conversation.opened", "conversation.ended", "assignment.finished"} <= set(kinds)
    only = agent.get(f"/customers/{customer}/timeline", kind="conversation.ended")["items"]
    assert [entry["subject_id"] for entry in only] == [talk]


def test_somebody_who_left_waiting_counts_as_abandoned(
    program: ProgramOf, floor: Floor, clock_at: Callable[[datetime], None]
) -> None:
    agent, now = program("agent"), clock.now()
    clock_at(now)
    talk = floor.chat()
    clock_at(now + timedelta(seconds=90))
    with begin(system("test")) as work:
        chat.end_conversation(work, talk, ended_by="visitor")
    customer = agent.get(f"/conversations/{talk}")["customer_id"]
    by_name = {m["name"]: m for m in agent.get(f"/customers/{customer}/metrics")["metrics"]}
    assert by_name["abandonment"]["mean"] == 1
    assert by_name["waiting_time"]["mean"] == pytest.approx(90)
    assert by_name["average_speed_of_answer"]["count"] == 0


def test_customers_are_found_by_words_and_by_address(program: ProgramOf) -> None:
    agent = program("agent")
    kim = agent.post("/customers", {"name": "Kim Lee", "phone": "+358 40 1234567"})
    agent.post("/customers", {"name": "Ada", "email": "Ada@Example.org", "tags": ["VIP"]})
    assert [c["id"] for c in agent.get("/customers", q="kim")["items"]] == [kim["id"]]
    assert [c["id"] for c in agent.get("/customers", phone="+358401234567")["items"]] == [kim["id"]]
    assert [c["name"] for c in agent.get("/customers", email="ada@example.ORG")["items"]] == ["Ada"]
    assert [c["name"] for c in agent.get("/customers", tag="vip")["items"]] == ["Ada"]
    assert agent.get("/customers", email="nobody@example.org")["items"] == []
    assert [h["title"] for h in agent.get("/search", q="lee")["items"]] == ["Kim Lee"]
    assert agent.call("GET", "/search?q=lee&scope=nowhere").status_code == 400


def test_a_queue_shows_its_people_and_how_it_stands(program: ProgramOf, floor: Floor) -> None:
    admin, agent = program("admin"), program("agent")
    floor.chat()
    queue = agent.get(f"/queues/{floor.queue_id}")
    assert (queue["now"]["waiting"], queue["member_ids"]) == (1, [])
    path = f"/queues/{floor.queue_id}"
    assert agent.call("PATCH", path, {"version": 1, "target_s": 30}).status_code == 403
    changed = admin.call("PATCH", path, {"version": 1, "target_s": 30})
    assert (changed.status_code, changed.json["target_s"], changed.json["version"]) == (200, 30, 2)
    closing = admin.call("PATCH", path, {"version": 2, "is_active": False})
    assert (closing.status_code, closing.json["code"]) == (409, "in_use")
    put = admin.call("PUT", f"{path}/members", {"user_ids": [admin.user_id]})
    assert put.json["member_ids"] == [admin.user_id]
