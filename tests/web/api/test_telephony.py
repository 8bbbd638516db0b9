"""Telephony over the API: numbers, templates, opt-outs, callbacks, calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from helpdesk.core import clock
from helpdesk.core.actors import Actor, system
from helpdesk.core.work import begin
from helpdesk.texts import opt_outs
from helpdesk.workflows import calling_back, desk
from tests.web.api.conftest import Floor, ProgramOf, add_customer
from tests.web.api.test_lists import walk

NUMBER = "+442079460123"
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_number_of_ours_is_added_changed_retired_and_taken_back(
    program: ProgramOf, floor: Floor
) -> None:
    admin = program("admin")
    line = {"number": "+44 20 7946 0000", "name": "Main", "queue_id": floor.queue_id}
    made = admin.post("/phone-numbers", line, key="once")
    assert admin.post("/phone-numbers", line, key="once") == made
    path = f"/phone-numbers/{made['id']}"
    assert made["number"] == "+442079460000"
    again = admin.call("POST", "/phone-numbers", line)
    assert "in the list already" in again.json["fields"]["number"]
    gone = {"version": 1, "flow_id": "019a0b52-7c1e-7a44-9d0b-5f4b7e6c1a20"}
    assert "flow_id" in admin.call("PATCH", path, gone).json["fields"]
    changed = admin.call("PATCH", path, {"version": 1, "greeting": "Hello"})
    assert (changed.json["greeting"], changed.json["version"]) == ("Hello", 2)
    assert admin.call("PATCH", path, {"version": 1, "name": "Late"}).json["code"] == "stale"
    assert admin.post(f"{path}/retire")["is_active"] is False
    assert [one["is_active"] for one in admin.get("/phone-numbers")["items"]] == [False]
    assert admin.post(f"{path}/restore")["is_active"] is True


def test_a_template_is_worded_by_supervisors_and_seen_by_agents_while_in_use(
    program: ProgramOf,
) -> None:
    lead, agent = program("supervisor"), program("agent")
    made = lead.post(
        "/text-templates", {"name": "Left", "language": "en", "body": "Order {{1}} has left."}
    )
    path = f"/text-templates/{made['id']}"
    assert agent.get(path)["body"] == "Order {{1}} has left."
    wrong = lead.call("PATCH", path, {"version": 1, "body": "Order {{2}} has left."})
    assert "body" in wrong.json["fields"]
    assert lead.call("PATCH", path, {"version": 1, "name": "Sent"}).json["name"] == "Sent"
    assert lead.post(f"{path}/archive")["archived_at"]
    assert agent.get("/text-templates")["items"] == []
    assert agent.call("GET", path).status_code == 404
    assert len(lead.get("/text-templates")["items"]) == 1
    assert lead.post(f"{path}/restore")["archived_at"] is None


def test_an_opt_out_is_set_and_lifted_with_its_evidence_but_not_the_carriers(
    program: ProgramOf,
) -> None:
    lead, agent = program("supervisor"), program("agent")
    kim = add_customer("Kim", contact_points=[("phone", NUMBER), ("email", "kim@example.org")])
    points = {one["kind"]: one["id"] for one in agent.get(f"/customers/{kim}")["contact_points"]}
    path = f"/customers/{kim}/contact-points/{points['phone']}"
    assert agent.call("GET", f"{path}/opt-out").json["code"] == "not_opted_out"
    made = agent.post(f"{path}/opt-out", {"words": "Asked by telephone"})
    assert (made["number"], made["told_by"]) == (NUMBER, "desk")
    assert agent.post(f"{path}/opt-out", {"words": "Asked again"})["words"] == "Asked by telephone"
    mail = f"/customers/{kim}/contact-points/{points['email']}/opt-out"
    assert agent.call("POST", mail, {"words": "No"}).json["code"] == "no_number"
    assert agent.call("POST", f"{path}/opt-in", {"words": "Yes"}).status_code == 403
    lifted = lead.post(f"{path}/opt-in", {"words": "Wrote on 3 March that texts are welcome"})
    assert lifted["undone_words"].startswith("Wrote on 3 March")
    assert lead.call("POST", f"{path}/opt-in", {"words": "Yes"}).json["code"] == "not_opted_out"
    with begin(system("carrier")) as work:
        opt_outs.stop(work, NUMBER, customer_id=kim, words="", told_by="carrier")
    assert lead.call("POST", f"{path}/opt-in", {"words": "Yes"}).json["code"] == "told_by_carrier"
    assert len(lead.get("/text-opt-outs", number=NUMBER)["items"]) == 2
    pages = list(walk(lead, "/text-opt-outs", limit=1))
    assert [one["told_by"] for page in pages for one in page["items"]] == ["carrier", "desk"]
    (standing,) = lead.get("/text-opt-outs", standing="true")["items"]
    assert standing["told_by"] == "carrier"


def test_a_callback_is_asked_for_rung_and_listed_as_a_call_or_called_off(
    program: ProgramOf, floor: Floor
) -> None:
    with clock.moved_to(NINE):
        agent = program("agent")
        kim = add_customer("Kim")
        asked = {"number": NUMBER, "customer_id": kim, "about": "My bill"}
        made = agent.post("/callbacks", asked, key="kim")
        assert agent.post("/callbacks", asked, key="kim") == made
        assert (made["state"], made["number"]) == ("waiting", NUMBER)
        assert made["reason"].endswith("My bill")
        assert agent.call("POST", "/callbacks", asked).json["code"] == "on_its_way"
        later = {"number": "+442079460124", "at": (NINE + timedelta(hours=2)).isoformat()}
        planned = agent.post("/callbacks", later)
        past = {"number": "+442079460125", "at": (NINE - timedelta(hours=2)).isoformat()}
        assert "at" in agent.call("POST", "/callbacks", past).json["fields"]
        assert planned["state"] == "planned"
        floor.sit_down(agent.user_id)
        (offer,) = agent.get("/offers")["items"]
        assert offer["channel"] == "callback"
        agent.post(f"/offers/{offer['offer_id']}/accept")
        refused = agent.call("POST", f"/callbacks/{made['id']}/cancel")
        assert refused.json["code"] == "being_rung"
        for _ in "12":
            off = agent.post(f"/callbacks/{planned['id']}/cancel")
            assert off["state"] == "cancelled"
        assert [one["id"] for one in agent.get("/callbacks", open="true")["items"]] == [made["id"]]
    me = Actor("user", agent.user_id, role="agent")
    with clock.moved_to(NINE + timedelta(seconds=10)), begin(me) as work:
        calling_back.reached(work, made["id"])
    with clock.moved_to(NINE + timedelta(seconds=40)), begin(me) as work:
        desk.end_by_agent(work, made["id"])
    with clock.moved_to(NINE + timedelta(hours=1)):
        call = agent.get(f"/calls/{made['id']}")
        assert (call["direction"], call["carrier"], call["talk_s"]) == ("out", "own", 30)
        assert {leg["party"] for leg in call["legs"]} == {"caller", "agent"}
        assert [span["kind"] for span in call["spans"]] == ["waiting", "talk"]
        assert sum(seconds(span) for span in call["spans"]) == 40
        answered = agent.get("/calls", answered="true", customer_id=kim, since=NINE.isoformat())
        assert [one["id"] for one in answered["items"]] == [made["id"]]
        for narrowed in ({"answered": "false"}, {"direction": "in"}, {"until": NINE.isoformat()}):
            assert agent.get("/calls", **narrowed)["items"] == []
        odd = agent.call("GET", "/calls", query_string={"since": "0.5"})
        assert "since" in odd.json["fields"]
        assert agent.call("GET", f"/calls/{planned['id']}").json["code"] == "no_call"


def seconds(span: dict[str, str]) -> float:
    began, ended = (datetime.fromisoformat(span[name]) for name in ("began_at", "ended_at"))
    return (ended - began).total_seconds()
