"""Mails and files that are too large, or would be once unpacked: refused or left packed (B10)."""

from __future__ import annotations

import io
import smtplib
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.channels import content_types
from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment
from helpdesk.core.db import Database
from helpdesk.core.work import reading
from helpdesk.mail.limits import MEMORY_BYTES, MOST_BYTES_READ
from helpdesk.mail.lmtp import Listener
from helpdesk.mail.reading import readers
from helpdesk.workflows import mail_in
from tests.mail.corpus import attached, multi, part, whole
from tests.workflows import postroom
from tests.workflows.people import SETUP

MEGABYTE = 1024 * 1024
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True, scope="module")
def _readers_end() -> Iterator[None]:
    yield
    readers.close()


class Endless(io.RawIOBase):
    """A mail of so many bytes that never lies in memory as a whole."""

    def __init__(self, size: int) -> None:
        self.left, self.head = size, b"From: ada@customer.example\r\nSubject: Films\r\n\r\n"

    def read(self, size: int = -1) -> bytes:
        piece = self.head or b"x" * min(size, self.left)
        self.head, self.left = b"", self.left - len(piece)
        return piece


@on_sqlite
def test_B10_a_mail_of_sixty_megabytes_is_kept_and_parked_without_being_read(
    database: Database, tmp_path: Path
) -> None:
    post = postroom.make_postroom(tmp_path)
    tracemalloc.start()
    try:
        outcome = mail_in.deliver(Endless(60 * MEGABYTE))  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (outcome.outcome, "too large" in outcome.reason) == ("quarantine", True)
    assert peak < 8 * MEGABYTE
    assert post.deliver().outcome == "ticket"


@on_sqlite
def test_B10_a_mail_server_that_hands_over_too_much_is_told_so(
    database: Database, tmp_path: Path
) -> None:
    postroom.make_postroom(tmp_path)
    listener = Listener(0, lambda mail, *_: mail_in.take_in(mail))
    listener.start()
    try:
        with smtplib.LMTP("127.0.0.1", listener.port, timeout=60) as client:
            client.ehlo()
            assert client.mail("ada@customer.example", [f"size={60 * MEGABYTE}"])[0] == 552
            # One that does not say how long it will be is cut off on the way.
            assert client.mail("ada@customer.example")[0] == 250
            client.rcpt("support@shop.example")
            begun = time.process_time()
            client.send(b"DATA\r\n")
            assert client.getreply()[0] == 354
            client.send(b"Subject: x\r\n\r\n" + b"\r\n" * (MOST_BYTES_READ // 2) + b"\r\n.\r\n")
            assert client.getreply()[0] == 552
            assert time.process_time() - begun < 10
            assert client.sendmail("ada@x.example", ["support@shop.example"], b"\r\nHi") == {}
    finally:
        listener.stop()
    assert len(postroom.incoming()) == 1


@on_sqlite
def test_B8_a_mail_of_a_million_lines_holds_nobody_up(database: Database, tmp_path: Path) -> None:
    postroom.make_postroom(tmp_path)
    listener = Listener(0, lambda mail, *_: mail_in.take_in(mail))
    listener.start()
    kept = b"..a\r\n.b\r\n" + b"\r\n" * 1_000_000
    try:
        with smtplib.LMTP("127.0.0.1", listener.port, timeout=60) as client:
            begun = time.process_time()
            for mail in (b"Subject: x\r\n\r\n" + kept, b"", b"."):
                assert client.sendmail("a@x.example", ["support@shop.example"], mail) == {}
            assert time.process_time() - begun < 5
    finally:
        listener.stop()
    sizes = sorted(row.size for row in postroom.incoming())
    assert sizes[-1] == len(b"Subject: x\r\n\r\n" + kept)


def test_lmtp_answers_for_each_recipient(tmp_path: Path) -> None:
    """Also when it refuses: else the answers of the next mail would be taken for this one's."""
    listener = Listener(0, lambda *_: None)
    listener.start()
    try:
        with smtplib.LMTP("127.0.0.1", listener.port, timeout=60) as client:
            client.ehlo()
            client.mail("a@x.example")
            for name in ("one", "two"):
                client.rcpt(f"{name}@shop.example")
            client.putcmd("DATA")
            client.getreply()
            client.send(b"y" * (MOST_BYTES_READ + 10) + b"\r\n.\r\n")
            assert [client.getreply()[0] for _ in range(2)] == [552, 552]
            assert client.noop()[0] == 250
    finally:
        listener.stop()


def bomb_in_office_clothes() -> bytes:
    """A .docx whose one part unfolds to half the memory that a reader may have, twice over."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(2):
            with packed.open(f"word/document{number}.xml", "w") as inside:
                for _ in range(MEMORY_BYTES // MEGABYTE // 2):
                    inside.write(b"\0" * MEGABYTE)
    return out.getvalue()


def picture(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )  # fmt: skip


@on_sqlite
def test_B10_a_bomb_in_a_mail_stays_packed(database: Database, tmp_path: Path) -> None:
    post = postroom.make_postroom(tmp_path)
    bomb = bomb_in_office_clothes()
    assert len(bomb) < MEGABYTE
    raw = whole(
        multi(
            "mixed",
            part(b"See the offer."),
            attached(bomb, "offer.docx"),
            attached(picture(60_000, 60_000), "avatar.png", "image/png"),
        )
    )
    assert post.deliver(raw).outcome == "ticket"
    with reading(SETUP) as work:
        files = {row.name: row for row in work.session.scalars(select(Attachment))}
    assert files["offer.docx"].size == len(bomb)
    # A picture that no screen can hold is a file to save, and nothing that a page shows.
    assert content_types.served_type(files["avatar.png"].type) == content_types.BYTES
    lying = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert lying < 4 * len(bomb) + MEGABYTE


@pytest.mark.parametrize(
    "head,shown",
    [
        (picture(4_000, 3_000), True),
        (picture(16_320, 12_240), True),
        (picture(65_535, 65_535), False),
        (b"GIF89a" + struct.pack("<HH", 640, 480) + b"\0" * 20, True),
        (b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0" * 20, False),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\xff\xff\0" + b"\xff\xff\0", False),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\xff\x03\0" + b"\xff\x03\0", True),
        (b"\xff\xd8\xff\xe0" + b"\0" * 30 + b"\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03", False),
        (b"\xff\xd8\xff\xe0" + b"\0" * 30 + b"\xff\xc0\0\x11\x08\x0f\xa0\x0b\xb8\x03", True),
        (b"\xff\xd8\xff\xe0" + b"\0" * 30, True),
        (b"\x89PNG\r\n\x1a\n", True),
        (b"GIF89a", True),
    ],
)
def test_B10_a_picture_is_one_up_to_the_size_that_cameras_make(head: bytes, shown: bool) -> None:
    assert (content_types.found_type(head) in content_types.PICTURES) == shown


@on_sqlite
def test_B10_what_the_desk_uploads_is_not_unpacked_either(
    database: Database, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path)
    bomb = bomb_in_office_clothes()
    stored = store.save(io.BytesIO(bomb), most=MEGABYTE)
    assert (stored.size, stored.type) == (len(bomb), "application/zip")


@on_sqlite
def test_B5_an_odd_envelope_is_no_reason_to_refuse_a_mail(
    database: Database, tmp_path: Path
) -> None:
    postroom.make_postroom(tmp_path)
    listener = Listener(0, lambda *given: mail_in.take_in(given[0], envelope_from=given[1]))
    listener.start()
    try:
        with smtplib.LMTP("127.0.0.1", listener.port, timeout=60) as client:
            client.ehlo()
            client.send(b"MAIL FROM:<\xff@x.example>\r\n")
            assert client.getreply()[0] == 250
            client.rcpt("support@shop.example")
            assert client.data(b"Subject: x\r\n\r\nHi")[0] == 250
    finally:
        listener.stop()
    assert [row.envelope_from for row in postroom.incoming()] == ["?@x.example"]
