"""Who sees and does what over the API, beyond the table of routes."""

from __future__ import annotations

import pytest

from helpdesk.channels.models import Conversation
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.identity import teams
from helpdesk.web.api.base import operations
from tests.web.access_table import ALLOWED
from tests.web.api.conftest import Floor, Program, ProgramOf, add_customer, program_of

CANARY = "canary-7f3a"


@pytest.fixture
def agent(program: ProgramOf, floor: Floor) -> Program:
    one = program("agent")
    floor.sit_down(one.user_id)
    return one


@pytest.fixture
def talk(floor: Floor, agent: Program) -> str:
    """A chat in the agent's hands, with an answer and a note."""
    conversation = floor.chat("My order has not come", email="kim@example.org")
    accept(agent)
    path = f"/conversations/{conversation}/messages"
    agent.post(path, {"text": CANARY})
    agent.post(path, {"text": "I am looking", "public": True})
    return conversation


def accept(agent: Program) -> dict[str, str]:
    (offer,) = agent.get("/offers")["items"]
    return agent.post(f"/offers/{offer['offer_id']}/accept")


def customer_of(talk: str) -> str:
    with reading(system("test")) as work:
        return work.session.get_one(Conversation, talk).customer_id


def test_E2_a_customer_reads_the_own_chat_without_notes_and_names(
    program: ProgramOf, talk: str, agent: Program
) -> None:
    own = customer_of(talk)
    agent.post(f"/customers/{own}/notes", {"text": CANARY})
    agent.post(f"/customers/{own}/tags", {"name": CANARY})
    kim = program("customer", customer_id=own)
    answers = [
        kim.call("GET", path)
        for path in (
            "/conversations",
            f"/conversations/{talk}",
            f"/conversations/{talk}/messages",
            f"/customers/{own}",
            "/me",
        )
    ]
    for answer in answers:
        assert answer.status_code == 200
        text = answer.get_data(as_text=True)
        assert CANARY not in text
        assert agent.user_id not in text
        assert "Ada Agent" not in text
    messages = answers[2].json["items"]
    assert [m["text"] for m in messages] == ["My order has not come", "I am looking"]
    assert messages[1]["agent"] == "Ada"
    assert [m["seq"] for m in messages] == [1, 2], "a gap would tell of the note"
    page = kim.get(f"/conversations/{talk}/messages", limit=1)
    last = kim.get(f"/conversations/{talk}/messages", limit=1, cursor=page["next_cursor"])
    assert [m["seq"] for m in (*page["items"], *last["items"])] == [1, 2]
    assert kim.get(f"/conversations/{talk}/messages", since=2)["items"] == []
    assert [c["id"] for c in answers[0].json["items"]] == [talk]


def test_E1_foreign_ids_and_absent_ids_answer_alike_to_a_customer(
    program: ProgramOf, talk: str
) -> None:
    eve = program("customer", customer_id=add_customer("Eve"))
    own = customer_of(talk)
    for path in ("/customers/{}", "/conversations/{}", "/conversations/{}/messages"):
        foreign = eve.call("GET", path.format(talk if "conv" in path else own))
        absent = eve.call("GET", path.format(new_id()))
        assert foreign.status_code == absent.status_code == 404
        assert foreign.get_data() == absent.get_data()
    assert eve.get("/conversations")["items"] == []
    assert eve.get("/conversations", customer_id=own)["items"] == []


def test_E6_customers_and_technicians_find_nothing_about_others(
    program: ProgramOf, talk: str
) -> None:
    own = customer_of(talk)
    for role, status in (("customer", 404), ("technician", 403)):
        facts = {"customer_id": add_customer("Eve")} if role == "customer" else {}
        one = program(role, **facts)
        for path in (
            "/customers",
            "/customers?email=kim@example.org",
            f"/customers?organisation_id={new_id()}",
            f"/customers/{own}/timeline",
            f"/customers/{own}/metrics",
            f"/customers/{own}/notes",
            f"/customers/{own}/merge?customer_id={new_id()}",
            "/queues",
            "/agents",
            "/offers",
            "/canned-replies",
        ):
            answer = one.call("GET", path)
            assert answer.status_code == status, (role, path)
            assert b"kim" not in answer.get_data()
        for scope in ("all", "customers", "tickets", "messages"):
            answer = one.call("GET", f"/search?q=kim&scope={scope}")
            assert answer.status_code in (200, 403)
            assert (answer.status_code == 403) == (role == "technician")
            assert b'"items":[]' in answer.get_data() or role == "technician"


def test_E5_a_customer_cannot_pull_a_foreign_record_into_the_own(
    program: ProgramOf, talk: str
) -> None:
    own = add_customer("Eve")
    eve, victim = program("customer", customer_id=own), customer_of(talk)
    for path, body in (
        (f"/customers/{own}/merge", {"customer_id": victim}),
        (f"/customers/{own}/contact-points", {"kind": "email", "value": "kim@example.org"}),
        (f"/conversations/{talk}/messages", {"text": "hello", "public": True}),
        (f"/conversations/{talk}/end", None),
    ):
        assert eve.call("POST", path, body).status_code == 404


def test_E5_parts_are_found_only_under_their_own_record(agent: Program) -> None:
    one, other = add_customer("One"), add_customer("Other")
    point = agent.post(f"/customers/{one}/contact-points", {"kind": "email", "value": "a@b.org"})
    note = agent.post(f"/customers/{one}/notes", {"text": "x"})
    tag = agent.post(f"/customers/{one}/tags", {"name": "vip"})
    assert (
        agent.call("DELETE", f"/customers/{other}/contact-points/{point['id']}").status_code == 404
    )
    verify = agent.call("POST", f"/customers/{other}/contact-points/{point['id']}/verify")
    assert verify.status_code == 404
    assert agent.call("DELETE", f"/customers/{other}/notes/{note['id']}").status_code == 404
    agent.call("DELETE", f"/customers/{other}/tags/{tag['id']}")
    kept = agent.get(f"/customers/{one}")
    assert len(kept["contact_points"]) == len(kept["tags"]) == 1
    assert agent.get(f"/customers/{one}/notes")["items"][0]["id"] == note["id"]


def test_E7_a_note_is_deleted_by_its_writer_or_a_supervisor(program: ProgramOf) -> None:
    writer, colleague, boss = program("agent"), program("agent"), program("supervisor")
    customer = add_customer()
    note = writer.post(f"/customers/{customer}/notes", {"text": "x"})["id"]
    path = f"/customers/{customer}/notes/{note}"
    assert colleague.call("DELETE", path).status_code == 403
    assert boss.call("DELETE", path).status_code == 204
    assert writer.call("DELETE", path).status_code == 404


def test_E7_who_left_the_desk_deletes_nothing(program: ProgramOf) -> None:
    admin, writer, customer = program("admin"), program("agent"), add_customer()
    note = writer.post(f"/customers/{customer}/notes", {"text": "x"})["id"]
    admin.call("PATCH", f"/users/{writer.user_id}", {"role": "technician"})
    moved = program_of(writer.app, writer.user_id)
    assert moved.call("DELETE", f"/customers/{customer}/notes/{note}").status_code == 403


def test_only_who_has_the_conversation_writes_ends_and_wraps_up(
    program: ProgramOf, talk: str, agent: Program
) -> None:
    other = program("agent")
    path = f"/conversations/{talk}"
    said = other.call("POST", f"{path}/messages", {"text": "hi", "public": True})
    assert (said.status_code, said.json["code"]) == (403, "not_your_conversation")
    assert other.call("POST", f"{path}/end").status_code == 403
    assert other.call("POST", f"{path}/wrap-up", {"outcome": "resolved"}).status_code == 404
    assert agent.call("POST", f"{path}/wrap-up", {"outcome": "resolved"}).status_code == 409
    assert agent.post(f"{path}/end")["state"] == "ended"
    late = agent.call("POST", f"{path}/messages", {"text": "hi", "public": True})
    assert (late.status_code, late.json["code"]) == (409, "conversation_ended")
    assert agent.call("POST", f"{path}/wrap-up", {"outcome": "nonsense"}).status_code == 400
    agent.post(f"{path}/wrap-up", {"outcome": "resolved", "note": "Sent again"})


def test_a_supervisor_sets_anybodys_presence_an_agent_only_the_own(
    program: ProgramOf, agent: Program
) -> None:
    other, boss = program("agent"), program("supervisor")
    path = f"/agents/{agent.user_id}/presence"
    assert other.call("PUT", path, {"state": "break"}).status_code == 403
    assert boss.call("PUT", path, {"state": "break"}).json["presence"] == "break"
    assert agent.call("PUT", path, {"state": "available"}).json["state"] == "free"
    assert agent.call("PUT", path, {"state": "asleep"}).status_code == 400
    assert boss.call("PUT", f"/agents/{new_id()}/presence", {"state": "break"}).status_code == 404


def test_a_secret_of_a_site_is_shown_once(program: ProgramOf, floor: Floor) -> None:
    admin = program("admin")
    rotated = admin.post(f"/widget-sites/{floor.site_id}/secret")["secret"]
    assert rotated != floor.secret
    for path in ("/widget-sites", f"/widget-sites/{floor.site_id}", "/audit"):
        text = admin.call("GET", path).get_data(as_text=True)
        assert rotated not in text
        assert floor.secret not in text


def test_E1_the_document_says_who_may_as_the_table_does() -> None:
    for one in operations:
        assert set(ALLOWED[f"api.{one.name}"].split()) == set(one.who), one.name


def test_E1_a_merged_record_is_still_its_customers_own(program: ProgramOf, agent: Program) -> None:
    kept, merged = add_customer("Kim"), add_customer("Kim L.")
    kim = program("customer", customer_id=merged)
    done = agent.post(f"/customers/{kept}/merge", {"customer_id": merged})
    assert kim.call("GET", f"/customers/{merged}").json["id"] == kept
    undone = agent.post(f"/customers/{kept}/merges/{done['id']}/undo")
    assert undone["merge"]["undone_at"]
    assert kim.call("GET", f"/customers/{kept}").status_code == 404


def test_replies_of_another_team_are_not_there_for_an_agent(program: ProgramOf) -> None:
    boss, agent = program("supervisor"), program("agent")
    with begin(system("test")) as work:
        team = teams.create_team(work, "Billing").id
    body = {"shortcut": "refund", "title": "Refund", "text": "Dear {name}", "team_id": team}
    reply = boss.post("/canned-replies", body)
    path = f"/canned-replies/{reply['id']}"
    assert agent.get("/canned-replies")["items"] == []
    assert agent.call("GET", path).status_code == 404
    assert agent.call("POST", "/canned-replies", body).status_code == 403
    change = {"version": 1, "team_id": None}
    assert boss.call("PATCH", path, change).json["text"] == "Dear {name}"
    assert [r["id"] for r in agent.get("/canned-replies")["items"]] == [reply["id"]]
    assert boss.call("DELETE", f"{path}?version=1").status_code == 409
    assert boss.call("DELETE", f"{path}?version=2").status_code == 204
