"""Webhooks in the admin area: made with a secret shown once, tried, read, sent again."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from helpdesk.core import addresses
from helpdesk.core.actors import system
from helpdesk.core.work import reading
from helpdesk.webhooks import queries
from helpdesk.webhooks.models import WebhookEndpoint
from helpdesk.workflows import webhooks_sending
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as
from tests.webhooks.receiver import Receiver, receiver


@pytest.fixture
def other_program(app: Flask) -> Iterator[Receiver]:
    addresses.configure(("127.0.0.1",))
    with receiver() as running:
        yield running
    addresses.configure(())


def only() -> WebhookEndpoint:
    with reading(system("test")) as work:
        [found] = queries.list_endpoints(work)
    return found


def add(admin: Browser, url: str, **fields: object) -> str:
    given = {"name": "CRM", "url": url, "kinds": ["customer.added"], **fields}
    return scene.save(admin, "/admin/webhooks/new", **given).text


def test_a_webhook_is_made_and_its_secret_shown_once(
    admin: Browser, other_program: Receiver
) -> None:
    page = add(admin, other_program.url)
    [secret] = re.findall(r'value="(whsec_[^"]+)"', page)
    found = only()
    assert (found.name, found.kinds) == ("CRM", ["customer.added"])
    assert html.unescape(secret) not in admin.get(f"/admin/webhooks/{found.id}").text


def test_a_test_call_shows_what_was_sent_and_what_came_back_harmlessly(
    admin: Browser, other_program: Receiver
) -> None:
    add(admin, other_program.url, name=scene.PAYLOAD)
    found = only()
    other_program.answer, other_program.status = scene.PAYLOAD.encode(), 500
    sent = admin.post(f"/admin/webhooks/{found.id}/ping")
    webhooks_sending.send_waiting(found.id)
    page = admin.get(sent.headers["Location"]).text
    assert "Answer 500" in scene.words_of(page)
    assert scene.PAYLOAD in html.unescape(page)
    assert "<img src=x" not in page
    log = admin.get(f"/admin/webhooks/{found.id}").text
    assert "Failing" in scene.words_of(log)
    assert "<img src=x" not in log


def test_a_call_that_arrived_is_sent_again(admin: Browser, other_program: Receiver) -> None:
    add(admin, other_program.url)
    found = only()
    sent = admin.post(f"/admin/webhooks/{found.id}/ping").headers["Location"]
    webhooks_sending.send_waiting(found.id)
    again = admin.post(f"{sent}/replay")
    assert again.status_code == 303
    webhooks_sending.send_waiting(found.id)
    assert len(other_program.got) == 2
    assert "Again" in scene.words_of(admin.get(f"/admin/webhooks/{found.id}").text)
    narrowed = admin.get(f"/admin/webhooks/{found.id}?state=given_up").text
    assert "No call is in this state" in scene.words_of(narrowed)


def test_J7_an_inner_address_is_refused_beside_its_field(admin: Browser) -> None:
    for url in ("http://127.0.0.1:6379/", "http://[::ffff:10.0.0.1]/", "http://0x7f.1/"):
        page = add(admin, url)
        assert "Use the address of a public host." in scene.words_of(page)
        assert url in html.unescape(page)
    with reading(system("test")) as work:
        assert not queries.list_endpoints(work)


def test_two_editors_at_once_lose_nothing(admin: Browser, other_program: Receiver) -> None:
    add(admin, other_program.url)
    found = only()
    path = f"/admin/webhooks/{found.id}"
    old = scene.form_of(admin.get(path).text)
    scene.save(admin, path, name="Bookkeeping", kinds=["customer.added"])
    late = admin.post(path, data=old | {"kinds": ["customer.added", "customer.changed"]})
    assert late.status_code == 409
    assert "Bookkeeping" in late.text
    assert only().kinds == ["customer.added"]


def test_it_is_switched_off_on_and_removed(admin: Browser, other_program: Receiver) -> None:
    add(admin, other_program.url)
    path = f"/admin/webhooks/{only().id}"
    admin.post(f"{path}/deactivate")
    assert only().off_why == "person"
    assert admin.post(f"{path}/ping").status_code == 409
    admin.post(f"{path}/reactivate")
    assert only().off_why == ""
    admin.post(f"{path}/remove")
    assert admin.get(path).status_code == 404


def test_only_administrators_come_here(app: Flask) -> None:
    for role in ("supervisor", "agent", "customer"):
        assert browser_as(app, role).get("/admin/webhooks").status_code in (403, 404)
