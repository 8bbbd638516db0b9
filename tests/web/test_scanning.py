"""Row I7: a virus scanner stands before every file, and nothing passes while it is away."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from helpdesk.channels import scanning
from helpdesk.channels.models import Attachment
from helpdesk.core.config import ConfigError, Settings, load
from helpdesk.core.work import begin, reading
from helpdesk.mail.models import IncomingMail
from helpdesk.mail.reading import readers
from helpdesk.supervise import checking
from helpdesk.workflows import cases, mail_in
from tests.real.clamd import EICAR, MOST, Clamd, clamd
from tests.web.agent import office as o
from tests.web.signed_in import Browser, browser_as

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def scanner(app: Flask) -> Iterator[Clamd]:
    with clamd() as server:
        scanning.configure(server.address)
        yield server
    scanning.configure("")
    readers.close()


def away() -> None:
    """Nobody listens where the scanner is said to be."""
    with clamd() as gone:
        scanning.configure(gone.address)


def hand_in(browser: Browser, path: str, content: bytes) -> Any:
    return browser.post(
        path,
        data={"file": (io.BytesIO(content), "letter.doc")},
        headers={"Accept": "application/json"},
    )


def files_kept(settings: Settings) -> tuple[int, int]:
    with reading(o.SETUP) as work:
        rows = work.session.scalar(select(func.count()).select_from(Attachment)) or 0
    folder = settings.data / "attachments"
    return rows, sum(path.is_file() for path in folder.rglob("*"))


def mail(content: bytes) -> bytes:
    return (
        b"From: Kim <kim@x.example>\r\nSubject: Look\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHere.\r\n--b\r\n"
        b'Content-Disposition: attachment; filename="letter.doc"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(content) + b"\r\n--b--\r\n"
    )


def test_I7_a_known_virus_is_refused_at_every_door_and_a_clean_file_is_not(
    app: Flask, scanner: Clamd, settings: Settings
) -> None:
    office = o.furnish()
    started = o.writes(office, "Hello")
    salla = browser_as(app, "agent", user_id=office.people["salla"])
    customer = o.add_customer(office, "Aino")
    with begin(o.SETUP) as work:
        ticket = cases.open_case(
            work, customer_id=customer, subject="x", body="x", channel="form", queue=office.heating
        ).ticket.id
    desk = f"/desk/conversations/{started.conversation_id}/files"
    for path in (desk, f"/desk/tickets/{ticket}/files"):
        told = hand_in(salla, path, b"MZ" + EICAR)
        assert (told.status_code, told.json["code"]) == (400, "file_infected"), path
        assert "Eicar-Test-Signature" in told.json["detail"]
    guest = app.test_client()
    own = {"Authorization": f"Bearer {started.token}", "Accept": "application/json"}
    told = guest.post("/widget/upload", data={"file": (io.BytesIO(EICAR), "a.png")}, headers=own)
    assert (told.status_code, told.json["code"]) == (400, "file_infected")
    large = hand_in(salla, desk, b"x" * (MOST + 1))
    assert (large.status_code, large.json["code"]) == (400, "file_not_checked")
    assert files_kept(settings) == (0, 0)
    assert hand_in(salla, desk, b"Hello").status_code == 201
    assert files_kept(settings) == (1, 1)
    assert scanner.asked == 5


def test_I7_while_the_scanner_is_away_nothing_is_taken_and_the_admin_sees_why(
    app: Flask, scanner: Clamd, settings: Settings
) -> None:
    office = o.furnish()
    started = o.writes(office, "Hello")
    salla = browser_as(app, "agent", user_id=office.people["salla"])
    admin = browser_as(app, "admin")
    assert "virus scanner" not in admin.get("/admin").text
    away()
    told = hand_in(salla, f"/desk/conversations/{started.conversation_id}/files", b"Hello")
    assert (told.status_code, told.json["code"]) == (503, "scanner_away")
    assert files_kept(settings) == (0, 0)
    waits = mail_in.deliver(io.BytesIO(mail(b"Hello")))
    assert waits.outcome == "waiting"
    page = admin.get("/admin").text
    assert "The virus scanner does not answer. No files are taken and 1 mail waits" in page
    scanning.configure(scanner.address)
    assert mail_in.handle(waits.mail_id).outcome == "ticket"
    assert files_kept(settings) == (1, 1)


def test_I7_a_mail_with_a_virus_lies_in_quarantine_under_its_name(
    app: Flask, scanner: Clamd, settings: Settings
) -> None:
    o.furnish()
    # This scanner opens no mails, so the first is found by what was attached, the second as it is.
    for content in (mail(EICAR), b"From: a@b.example\r\n\r\n" + EICAR):
        found = mail_in.deliver(io.BytesIO(content))
        assert found.outcome == "quarantine"
        assert found.reason == "The virus scanner found Eicar-Test-Signature in it."
    with reading(o.SETUP) as work:
        states = set(work.session.scalars(select(IncomingMail.state)))
    assert states == {"quarantined"}
    assert files_kept(settings) == (0, 0)
    page = browser_as(app, "admin").get("/admin/quarantine").text
    assert "The virus scanner found Eicar-Test-Signature in it." in page


def test_I7_the_check_says_whether_the_scanner_answers(scanner: Clamd, tmp_path: Path) -> None:
    def found(address: str) -> str:
        [one] = checking._scanner(Settings(data=tmp_path, clamd=address))
        return f"{one.state} {one.told}"

    assert found(scanner.address) == "ok answers"
    assert found("/nowhere/clamd.ctl") == "fail /nowhere/clamd.ctl does not answer"
    assert list(checking._scanner(Settings(data=tmp_path))) == []
    assert load({"HELPDESK_CLAMD": "[::1]:3310"}).clamd == "[::1]:3310"
    with pytest.raises(ConfigError, match="host:port"):
        load({"HELPDESK_CLAMD": "clamd"})
