"""Files over the API: uploaded for a reply, fetched by who may read the words they stand in."""

from __future__ import annotations

import io
from typing import Any

from helpdesk.core.ids import new_id
from tests.web.api.conftest import Floor, Program, ProgramOf, add_customer

PAGE = b"<html><script>alert(1)</script>"


def upload(who: Program, ticket_id: str, content: bytes = PAGE, name: str = "bill.html") -> Any:
    data = {"file": (io.BytesIO(content), name)}
    return who.call("POST", f"/tickets/{ticket_id}/files", data=data)


def test_a_file_goes_out_with_a_reply_and_is_fetched_by_its_customer_alone(
    program: ProgramOf, floor: Floor
) -> None:
    agent, colleague, own = program("agent"), program("agent"), add_customer("Kim")
    kim = program("customer", customer_id=own)
    other = program("customer", customer_id=add_customer("Lee"))
    case = {"subject": "Bill", "body": "Where is it?", "customer": {"id": own}}
    ticket = agent.post("/tickets", case)["id"]
    path = f"/tickets/{ticket}/replies"
    made = upload(agent, ticket)
    assert (made.status_code, made.json["name"], made.json["size"]) == (201, "bill.html", len(PAGE))
    assert kim.call("GET", f"/files/{made.json['id']}").status_code == 404  # not sent yet
    said = {"body": "Here", "public": True, "attachments": [made.json["id"]]}
    assert colleague.call("POST", path, said).json["code"] == "file_unknown"
    reply = agent.post(path, said)
    assert reply["attachments"] == [made.json]
    assert agent.call("POST", path, said).json["code"] == "file_unknown"  # sent once
    for who in (agent, colleague, kim):
        answer = who.call("GET", f"/files/{made.json['id']}")
        assert (answer.status_code, answer.get_data()) == (200, PAGE)
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="bill.html"'
        answer.close()
    assert other.call("GET", f"/files/{made.json['id']}").status_code == 404
    inside = upload(agent, ticket, name="margin.xlsx").json["id"]
    agent.post(path, {"body": "For us", "attachments": [inside]})
    assert kim.call("GET", f"/files/{inside}").status_code == 404
    assert agent.call("GET", f"/files/{new_id()}").status_code == 404


def test_what_is_no_upload_is_refused_and_customers_upload_nothing(
    program: ProgramOf, floor: Floor
) -> None:
    agent, own = program("agent"), add_customer("Kim")
    kim = program("customer", customer_id=own)
    case = {"subject": "Bill", "body": "Where is it?", "customer": {"id": own}}
    ticket = agent.post("/tickets", case)["id"]
    path = f"/tickets/{ticket}/files"
    assert agent.call("POST", path).json["fields"] == {"file": "Send one file."}
    assert agent.call("POST", path, {"file": "text"}).status_code == 400
    assert upload(agent, ticket, b"").json["code"] == "file_empty"
    assert upload(agent, new_id()).status_code == 404
    assert upload(kim, ticket).status_code == 404
    words = {"body": "Mine", "attachments": [new_id()]}
    refused = kim.call("POST", f"/tickets/{ticket}/replies", words)
    assert set(refused.json["fields"]) == {"attachments"}
