"""Mailboxes, wording and quarantine on screen."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.mail import mailboxes, service, settings
from helpdesk.mail.models import Mailbox
from helpdesk.workflows import mail_in
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as
from tests.workflows.people import make_floor

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def admin(app: Flask) -> Browser:
    return browser_as(app, "admin")


def add(admin: Browser, **changes: str) -> Mailbox:
    with begin(system("test")) as work:
        settings.change(work, inner_hosts=True)
    fields = scene.form_of(admin.get("/admin/mailboxes/new").text)
    fields |= {"address": "support@shop.example", "imap_host": "imap.shop.example",
               "imap_user": "support", "imap_password": "s3cret", **changes}  # fmt: skip
    answer = admin.post("/admin/mailboxes/new", data=fields)
    assert answer.status_code == 303, scene.words_of(answer.text)
    with reading(system("test")) as work:
        found = mailboxes.written_to(mailboxes.mailboxes(work), ["support@shop.example"])
        assert found is not None
        return found


def test_a_mailbox_is_added_and_its_password_is_never_shown_again(admin: Browser) -> None:
    box = add(admin)
    assert (box.imap["host"], box.imap["port"], box.imap["security"]) == (
        "imap.shop.example",
        993,
        "tls",
    )
    page = admin.get(f"/admin/mailboxes/{box.id}").text
    assert "s3cret" not in page + box.secrets_sealed
    assert "One is stored" in page
    saved = scene.save(admin, f"/admin/mailboxes/{box.id}", name="Front")
    assert saved.status_code == 303
    with reading(system("test")) as work:
        box = mailboxes.get_mailbox(work, box.id)
        assert box.name == "Front"
        assert mailboxes.secrets_of(box)["imap_password"] == "s3cret"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "10.0.0.7"])
def test_J7_an_inner_host_is_refused_when_it_is_saved(admin: Browser, host: str) -> None:
    fields = scene.form_of(admin.get("/admin/mailboxes/new").text)
    answer = admin.post(
        "/admin/mailboxes/new", data=fields | {"address": "a@shop.example", "imap_host": host}
    )
    assert answer.status_code == 400
    assert "public host" in scene.words_of(answer.text)


@pytest.mark.parametrize(
    "token_url", ["", "https://127.0.0.1/token", "https://[::ffff:10.0.0.7]/", "http://1.1.1.1/x"]
)
def test_J7_the_address_for_tokens_is_public_and_protected(admin: Browser, token_url: str) -> None:
    fields = scene.form_of(admin.get("/admin/mailboxes/new").text)
    fields |= {"address": "a@shop.example", "imap_host": "1.1.1.1", "imap_sign_in": "oauth2"}
    answer = admin.post("/admin/mailboxes/new", data=fields | {"token_url": token_url})
    assert answer.status_code == 400
    assert "Write the address" in scene.words_of(answer.text)


def test_what_cannot_be_is_said_beside_its_field(admin: Browser) -> None:
    with begin(system("test")) as work:
        settings.change(work, inner_hosts=True)
    fields = scene.form_of(admin.get("/admin/mailboxes/new").text)
    answer = admin.post(
        "/admin/mailboxes/new", data=fields | {"address": "no address", "imap_host": "x y"}
    )
    assert answer.status_code == 400
    assert "Write" in scene.words_of(answer.text)


def test_two_people_who_change_a_mailbox_are_told(admin: Browser) -> None:
    box = add(admin)
    path = f"/admin/mailboxes/{box.id}"
    old = scene.form_of(admin.get(path).text)
    scene.save(admin, path, name="First")
    answer = admin.post(path, data=old | {"name": "Second"})
    assert answer.status_code == 409
    assert "changed this while you had it open" in answer.text


def test_a_mailbox_is_switched_off_and_on(admin: Browser) -> None:
    box = add(admin)
    admin.post(f"/admin/mailboxes/{box.id}/switch")
    assert "Off" in scene.words_of(admin.get("/admin/mailboxes").text)


def test_the_settings_for_all_mail_are_kept(admin: Browser) -> None:
    answer = scene.save(admin, "/admin/mailboxes", checked_by="mx.shop.example", inner_hosts="1")
    assert answer.status_code == 303
    assert 'value="mx.shop.example"' in admin.get("/admin/mailboxes").text
    floor = make_floor()
    assert "Now it goes to Help." in admin.get("/admin/mailboxes").text
    assert scene.save(admin, "/admin/mailboxes", queue_id=floor.queue_id).status_code == 303
    with reading(system("test")) as work:
        assert settings.of(work).queue_id == floor.queue_id
    assert scene.save(admin, "/admin/mailboxes", queue_id=new_id()).status_code == 400
    wrong = scene.save(admin, "/admin/mailboxes", lmtp_port="22")
    assert wrong.status_code == 400


def test_wording_is_kept_per_language_and_unknown_fields_are_refused(admin: Browser) -> None:
    admin.post("/admin/brands/new", data={"name": "Shop", "sender_name": "", "language": "en"})
    with reading(system("test")) as work:
        (brand,) = mailboxes.brands(work)
    assert brand.is_default
    path = f"/admin/brands/{brand.id}"
    text = {"kind": "signature", "language": "de", "subject": "", "text": "Ihr {agent}"}
    assert admin.post(f"{path}/wording", data=text).status_code == 303
    assert "Ihr {agent}" in admin.get(f"{path}?kind=signature&in=de").text
    text["text"] = "{config} {{7*7}}"
    refused = admin.post(f"{path}/wording", data=text)
    assert refused.status_code == 400
    assert "There is no field" in refused.text


def test_A2_a_parked_mail_is_shown_as_text_and_tried_again(admin: Browser) -> None:
    make_floor()
    raw = f"From: a@b.example\r\nSubject: {scene.PAYLOAD}\r\n\r\nHi".encode()
    noted = mail_in.take_in(io.BytesIO(raw))
    with begin(system("test")) as work:
        mail = service.claim(work, noted.id)
        assert mail is not None
        mail.subject = scene.PAYLOAD
        service.park(work, mail, scene.PAYLOAD)
    page = admin.get("/admin/quarantine").text
    assert scene.PAYLOAD not in page
    assert "onerror" in scene.words_of(page)
    assert admin.post(f"/admin/quarantine/{noted.id}/retry").status_code == 303
    assert mail_in.handle(noted.id).outcome == "ticket"
    again = admin.post(f"/admin/quarantine/{noted.id}/retry")
    assert again.status_code == 409


def test_a_parked_mail_is_put_aside(admin: Browser) -> None:
    noted = mail_in.take_in(io.BytesIO(b"From: a@b.example\r\n\r\nHi"))
    with begin(system("test")) as work:
        mail = service.claim(work, noted.id)
        assert mail is not None
        service.park(work, mail, "odd")
    assert admin.post(f"/admin/quarantine/{noted.id}/drop").status_code == 303
    assert "Nothing in quarantine" in admin.get("/admin/quarantine").text
