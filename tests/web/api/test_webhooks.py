"""Webhooks through the API: set up, tested, read and sent again by a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helpdesk.core import addresses
from helpdesk.workflows import webhooks_sending
from tests.web.api.conftest import Program, ProgramOf
from tests.webhooks.receiver import Receiver, receiver


@pytest.fixture
def admin(program: ProgramOf) -> Program:
    return program("admin")


@pytest.fixture
def other_program(admin: Program) -> Iterator[Receiver]:
    addresses.configure(("127.0.0.1",))
    with receiver() as running:
        yield running
    addresses.configure(())


def add(admin: Program, url: str) -> Any:
    return admin.post("/webhooks", {"name": "CRM", "url": url, "kinds": ["customer.added"]})


def test_a_webhook_is_set_up_tested_read_and_sent_again(
    admin: Program, other_program: Receiver
) -> None:
    made = add(admin, other_program.url)
    assert made["secret"].startswith("whsec_")
    path = f"/webhooks/{made['id']}"
    assert "secret" not in admin.get(path)
    first = admin.post(f"{path}/ping")
    other_program.answer = b"thank you"
    webhooks_sending.send_waiting(made["id"])
    again = admin.post(f"/webhooks/deliveries/{first['id']}/replay")
    webhooks_sending.send_waiting(made["id"])
    log = admin.get(f"{path}/deliveries")["items"]
    assert [row["id"] for row in log] == [again["id"], first["id"]]
    assert {row["state"] for row in log} == {"sent"}
    full = admin.get(f"/webhooks/deliveries/{first['id']}")
    assert full["body"]["kind"] == "webhook.ping"
    assert [row["answer"] for row in full["tries"]] == ["thank you"]
    assert admin.get(f"{path}/deliveries", state="given_up")["items"] == []
    assert admin.call("DELETE", path).status_code == 204
    assert admin.call("GET", path).status_code == 404


def test_a_change_needs_the_version_that_was_read(admin: Program, other_program: Receiver) -> None:
    made = add(admin, other_program.url)
    path = f"/webhooks/{made['id']}"
    body = {"version": made["version"], "is_active": False}
    changed = admin.call("PATCH", path, body)
    assert (changed.json["is_active"], changed.json["off_why"]) == (False, "person")
    assert admin.call("PATCH", path, body | {"name": "x"}).status_code == 409
    assert admin.call("POST", f"{path}/ping").json["code"] == "webhook_off"


def test_J7_addresses_inside_are_refused_in_the_same_words(admin: Program) -> None:
    seen = set()
    for url in (
        "http://127.0.0.1:6379/",
        "http://169.254.169.254/latest/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://localhost/",
        "http://no-such-name.invalid/",
    ):
        body = {"name": "x", "url": url, "kinds": ["customer.added"]}
        answer = admin.call("POST", "/webhooks", body)
        seen.add((answer.status_code, answer.json["fields"]["url"]))
    assert seen == {(400, "Use the address of a public host.")}
    for url in ("file:///etc/passwd", "gopher://example.com/"):
        body = {"name": "x", "url": url, "kinds": ["customer.added"]}
        assert admin.call("POST", "/webhooks", body).status_code == 400


def test_only_events_on_the_list_can_be_chosen(admin: Program, other_program: Receiver) -> None:
    body = {"name": "x", "url": other_program.url, "kinds": ["user.signed_in"]}
    assert admin.call("POST", "/webhooks", body).status_code == 400
