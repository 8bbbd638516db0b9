"""Many tickets at once, files with new tickets, planned replies, survey answers, and the pace."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from helpdesk.core import clock, redis
from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.rules import service as rules
from helpdesk.rules.actions import Action
from helpdesk.rules.service import Draft
from helpdesk.surveys.models import Survey
from helpdesk.workflows import cases_bulk, cases_sending
from tests.web.api.conftest import Floor, Program, ProgramOf, add_customer


def open_ticket(who: Program, subject: str = "Bill", **more: object) -> str:
    case = {"subject": subject, "body": "Where is it?", "customer": {"id": add_customer("Kim")}}
    return str(who.post("/tickets", {**case, **more})["id"])


def test_many_tickets_are_changed_by_a_worker_told_and_put_back(
    program: ProgramOf, floor: Floor
) -> None:
    agent, colleague = program("agent"), program("agent")
    ids = [open_ticket(agent, f"Bill {n}") for n in range(3)]
    asked = {"tickets": [*ids, new_id()], "priority": "high", "add_tags": ["Storm"]}
    answer = agent.call("POST", "/tickets/bulk", asked, key="once")
    assert answer.status_code == 202, answer.text
    again = agent.call("POST", "/tickets/bulk", asked, key="once")
    assert again.json["id"] == answer.json["id"]
    assert (answer.json["total"], answer.json["state"]) == (3, "running")
    path = f"/tickets/bulk/{answer.json['id']}"
    assert colleague.call("GET", path).status_code == 404
    cases_bulk.work_off(run_id=answer.json["id"])
    told = agent.get(path)
    assert (told["state"], told["counts"]) == ("done", {"changed": 3})
    changed = agent.get(f"/tickets/{ids[0]}")
    assert (changed["priority"], changed["tags"]) == ("high", ["storm"])
    assert agent.call("POST", f"{path}/undo").status_code == 202
    cases_bulk.work_off(run_id=answer.json["id"])
    assert agent.get(f"/tickets/{ids[0]}")["priority"] == "normal"
    for wrong in ({"tickets": ids}, {"tickets": [], "priority": "low"},
                  {"tickets": ids, "queue": "none"}):  # fmt: skip
        assert agent.call("POST", "/tickets/bulk", wrong).status_code == 400


def test_files_go_with_a_new_ticket_and_are_its_uploaders_own(
    program: ProgramOf, floor: Floor
) -> None:
    agent, colleague = program("agent"), program("agent")
    kim = program("customer", customer_id=add_customer("Kim"))
    made = agent.call("POST", "/files", data={"file": (io.BytesIO(b"%PDF-1.4 x"), "bill.pdf")})
    assert made.status_code == 201
    case = {"subject": "Bill", "body": "See", "customer": {"id": add_customer("Lee")}}
    case["attachments"] = [made.json["id"]]
    assert colleague.call("POST", "/tickets", case).json["code"] == "file_unknown"
    ticket = agent.post("/tickets", case)["id"]
    (said,) = agent.get(f"/tickets/{ticket}/replies")["items"]
    assert [file["name"] for file in said["attachments"]] == ["bill.pdf"]
    assert agent.call("POST", "/tickets", case).json["code"] == "file_unknown"  # sent once
    assert kim.call("POST", "/files").status_code == 404
    own = {"subject": "Bill", "body": "See", "attachments": [new_id()]}
    assert kim.call("POST", "/tickets", own).status_code == 400


def test_planned_replies_are_listed_and_called_off_by_their_author(
    program: ProgramOf, floor: Floor
) -> None:
    agent, colleague = program("agent"), program("agent")
    ticket = open_ticket(agent)
    with begin(Actor("user", agent.user_id, role="agent")) as work:
        row = cases_sending.send_at(work, ticket, work.at + timedelta(days=1), text="Good morning")
    (planned,) = colleague.get(f"/tickets/{ticket}/planned-replies")["items"]
    assert (planned["body"], planned["kind"], planned["state"]) == (
        "Good morning",
        "scheduled",
        "pending",
    )
    path = f"/planned-replies/{row.id}/cancel"
    assert colleague.call("POST", path).status_code == 404
    assert agent.post(path)["state"] == "withdrawn"
    assert agent.call("POST", path).json["code"] == "already_sent"
    assert agent.get(f"/tickets/{ticket}/planned-replies")["items"] == []
    with begin(Actor("user", agent.user_id, role="agent")) as work:
        row = cases_sending.send_at(work, ticket, work.at + timedelta(days=1), text="Once more")
    boss = program("supervisor")
    stopped = boss.post(f"/planned-replies/{row.id}/cancel")["state"]
    told = boss.get("/openapi.json")["components"]["schemas"]["PlannedReplyView"]
    assert stopped in told["properties"]["state"]["enum"]


def test_a_draft_is_its_writers_own_and_two_windows_do_not_overwrite_each_other(
    program: ProgramOf, floor: Floor
) -> None:
    agent, colleague = program("agent"), program("agent")
    path = f"/tickets/{open_ticket(agent)}/draft"
    assert (agent.get(path)["body"], agent.get(path)["version"]) == ("", 0)
    made = agent.call("PUT", path, {"body": "Good morn", "version": 0})
    assert (made.status_code, made.json["version"]) == (200, 1)
    assert agent.call("PUT", path, {"body": "Hello", "version": 0}).json["code"] == "stale_draft"
    assert agent.call("PUT", path, {"body": "Good morning", "version": 1}).json["version"] == 2
    assert agent.call("PUT", path, {"body": "Call them", "public": False}).status_code == 200
    assert agent.call("PUT", path, {"body": " "}).json["code"] == "no_text"
    assert agent.get(path)["body"] == "Good morning"
    assert agent.get(path, public="false")["body"] == "Call them"
    assert colleague.get(path)["version"] == 0
    assert colleague.call("DELETE", path).status_code == 204
    assert agent.call("DELETE", path).status_code == 204
    assert agent.get(path)["version"] == 0
    assert agent.get(path, public="false")["body"] == "Call them"
    for method, body in (("GET", None), ("PUT", {"body": "Hi"}), ("DELETE", None)):
        assert agent.call(method, f"/tickets/{new_id()}/draft", body).status_code == 404


def test_survey_answers_are_for_supervisors_page_by_page(program: ProgramOf, floor: Floor) -> None:
    boss, agent = program("supervisor"), program("agent")
    ticket, customer = open_ticket(agent), add_customer("Kim")
    with begin(system("test")) as work:
        for score in (1, 5):
            work.session.add(
                Survey(
                    id=new_id(), plan_id=new_id(), kind="csat", ticket_id=ticket,
                    customer_id=customer, queue_id=floor.queue_id, resolved_at=work.at,
                    due_at=work.at, planned_at=work.at, state="answered", valid_days=30,
                    sent_at=work.at, answered_at=work.at, score=score, comment="So so",
                )
            )  # fmt: skip
    first = boss.get("/survey-answers", limit=1, queue="support")
    second = boss.get("/survey-answers", limit=1, queue="support", cursor=first["next_cursor"])
    assert {first["items"][0]["score"], second["items"][0]["score"]} == {1, 5}
    assert [one["score"] for one in boss.get("/survey-answers", low="true")["items"]] == [1]
    assert boss.get("/survey-answers", queue="nobody's")["items"] == []
    assert agent.call("GET", "/survey-answers").status_code == 403


def test_an_administrators_program_switches_rules_and_has_deadlines_worked_out_anew(
    program: ProgramOf, floor: Floor
) -> None:
    admin, boss = program("admin"), program("supervisor")
    with begin(system("test")) as work:
        draft = Draft("Look", triggers=("opened",), actions=(Action("add_tags", values=("a",)),))
        rule_id = rules.add_rule(work, draft).id
    (row,) = admin.get("/rules")["items"]
    assert (row["active"], row["says"]["triggers"], row["fired_in_a_week"]) == (
        False,
        ["opened"],
        0,
    )
    assert admin.post(f"/rules/{rule_id}/switch", {"active": True})["active"] is True
    assert admin.call("POST", f"/rules/{new_id()}/switch", {"active": True}).status_code == 404
    assert admin.get("/imports")["items"] == []
    assert admin.call("GET", "/deadlines/recompute").status_code == 404
    first = admin.call("POST", "/deadlines/recompute")
    assert (first.status_code, first.json["state"]) == (202, "running")
    assert admin.call("POST", "/deadlines/recompute").json["id"] != first.json["id"]
    for path in ("/rules", "/imports", "/deadlines/recompute"):
        assert boss.call("GET", path).status_code == 403


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_token_that_asks_too_often_is_told_when_to_go_on(
    app: Flask, program: ProgramOf, redis_url: str
) -> None:
    agent, other = program("agent"), program("agent")
    redis.configure(redis_url)
    app.extensions["helpdesk"] = replace(app.extensions["helpdesk"], api_limit=3)
    try:
        found = [agent.call("GET", "/queues").status_code for _ in range(4)]
        if found.count(200) == 4:  # a minute was over in between
            found = [agent.call("GET", "/queues").status_code for _ in range(4)]
        refused = agent.call("GET", "/queues")
        assert refused.status_code == 429
        assert refused.mimetype == "application/problem+json"
        assert refused.json["code"] == "rate_limited"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert other.call("GET", "/queues").status_code == 200
    finally:
        redis.configure("")


def test_C4_who_was_taken_in_reads_what_was_said_since(program: ProgramOf, floor: Floor) -> None:
    agent, reader = program("agent"), add_customer("Kim")
    kim = program("customer", customer_id=reader)
    path = f"/tickets/{open_ticket(agent)}"
    with clock.moved_to(clock.now() + timedelta(minutes=5)):
        agent.post(f"{path}/participants", {"customer_id": reader})
        agent.post(f"{path}/replies", {"body": "Afterwards", "public": True})
        said = kim.get(f"{path}/replies")["items"]
        refused = kim.call("POST", f"{path}/replies", {"body": "As if I had asked"})
        there = agent.get(f"{path}/replies")["items"]
    assert [one["body"] for one in said] == ["Afterwards"]
    assert refused.status_code == 403
    assert "As if I had asked" not in [one["body"] for one in there]
