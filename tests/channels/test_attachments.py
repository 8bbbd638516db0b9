"""Files in conversations: what they are, what they are called, who may have them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from helpdesk.channels import attachments, content_types, service
from helpdesk.channels.models import Attachment, Conversation
from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
VISITOR = Actor("visitor", new_id())
AGENT = Actor("user", new_id(), "agent")


@pytest.fixture
def work(database: Database) -> Iterator[Work]:
    with begin(system("test")) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> attachments.FolderStore:
    return attachments.FolderStore(tmp_path / "attachments")


@pytest.fixture
def chat(work: Work) -> Conversation:
    return service.open_conversation(
        work, channel="chat", customer_id=new_id(), queue_id=None, visitor_id=VISITOR.id
    )


def put(
    work: Work,
    store: attachments.FolderStore,
    chat: Conversation,
    *,
    name: str = "meter.png",
    data: bytes = PNG,
    by: str = "visitor",
) -> Attachment:
    stored = store.save(io.BytesIO(data), most=10_000)
    kept = attachments.add(work, chat.id, stored, name=name, uploaded_by=by)
    work.session.flush()
    return kept


@pytest.mark.parametrize(
    "head, found",
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n<script>", "application/pdf"),
        (b"plain words", "text/plain"),
        ("grün".encode(), "text/plain"),
        ("ü".encode() * 3000, "text/plain"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"\xff\xfe\xfd", "application/octet-stream"),
        (b"<svg xmlns='x' onload='alert(1)'>", "image/svg+xml"),
        (b"<?xml version='1.0'?><?xml-stylesheet href='x.xsl'?><a/>", "text/xml"),
        (b"<?xml version='1.0'?><svg onload='x'>", "image/svg+xml"),
        (b"\xef\xbb\xbf  <!DOCTYPE html><script>alert(1)</script>", "text/html"),
        (b"MIME-Version: 1.0\n\n<html><body>", "text/html"),
    ],
)
def test_A4_the_type_comes_from_the_content_alone(head: bytes, found: str) -> None:
    assert content_types.found_type(head[: content_types.HEAD]) == found


@pytest.mark.parametrize(
    "found", ["image/svg+xml", "text/html", "text/xml", "application/pdf", "text/plain"]
)
def test_A6_nothing_but_plain_pictures_is_served_as_what_it_is(found: str) -> None:
    assert content_types.served_type(found) == "application/octet-stream"


@pytest.mark.parametrize(
    "given, kept",
    [
        ("meter.png", "meter.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("／etc／passwd", "passwd"),  # full-width slashes
        ("..", "file"),
        ("", "file"),
        ("\0", "file"),
        ("a\0b.png", "ab.png"),
        (".htaccess", "htaccess"),
        ("\u200b.htaccess", "htaccess"),
        ("\uff0ehtaccess", "htaccess"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("LPT1.log", "_LPT1.log"),
        ("a\r\nSet-Cookie: x=1.png", "a Set-Cookie_ x=1.png"),
        ('quote".png', "quote_.png"),
        ("file.png:stream", "file.png_stream"),
        ("name. . .", "name"),
        ("Zähler\u0308 stand.pdf", "Zähler\u0308 stand.pdf"),
    ],
)
def test_I1_a_name_is_checked_after_normalising_and_is_never_a_path(given: str, kept: str) -> None:
    assert content_types.clean_name(given) == kept


def test_A16_a_name_cannot_read_backwards() -> None:
    assert content_types.clean_name("invoice\u202egnp.exe") == "invoicegnp.exe"


def test_I1_a_name_of_300_characters_keeps_its_extension() -> None:
    kept = content_types.clean_name("x" * 300 + ".pdf")
    assert len(kept) == content_types.LONGEST_NAME
    assert kept.endswith("x.pdf")


@pytest.mark.parametrize(
    "name",
    ['a"b.png', "a\r\nX-Evil: 1.png", "Zählerstand ✓.pdf", "a;b=c.png", "a%00.png", "日本語"],
)
def test_I5_a_download_header_stays_one_plain_line(name: str) -> None:
    header = content_types.disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('attachment; filename="')
    assert header.split('filename="')[1].count('"') == 1


def test_I5_a_foreign_name_is_written_as_RFC_8187_says() -> None:
    header = content_types.disposition("Zählerstand.pdf")
    assert header == (
        "attachment; filename=\"Zahlerstand.pdf\"; filename*=UTF-8''Z%C3%A4hlerstand.pdf"
    )


def test_I4_no_module_of_ours_reads_xml_so_no_entity_is_ever_followed() -> None:
    """SVG, DOCX, XLSX are files to keep; calendars and exports that are read are text and JSON.

    One module reads XML: the exchange, what our own hooks answered; it refuses every DOCTYPE.
    """
    parsers = "xml|lxml|defusedxml|html5lib|bs4|openpyxl|docx|xmltodict"
    wanted = re.compile(rf"^\s*(?:from|import) (?:{parsers})\b", re.M)
    sources = list(Path(content_types.__file__).parents[1].rglob("*.py"))
    assert len(sources) > 300
    assert [path.name for path in sources if wanted.search(path.read_text("utf-8"))] == ["twiml.py"]


def test_I1_files_lie_under_an_id_of_our_own(
    work: Work, store: attachments.FolderStore, chat: Conversation
) -> None:
    kept = put(work, store, chat, name="../../evil.sh")
    files = [p for p in store.root.rglob("*") if p.is_file()]
    assert [p.name for p in files] == [kept.id]
    assert files[0].parent == store.root / kept.id[-2:] / kept.id[-4:-2]
    assert files[0].stat().st_mode & 0o077 == 0
    for outside in ("../../etc/passwd", "", "x"):
        with pytest.raises(NotFound):
            store.open(outside)


def test_a_file_that_is_too_large_or_empty_leaves_nothing_behind(
    store: attachments.FolderStore,
) -> None:
    with pytest.raises(Invalid) as refused:
        store.save(io.BytesIO(b"x" * 101), most=100)
    assert refused.value.code == "file_too_large"
    with pytest.raises(Invalid):
        store.save(io.BytesIO(b""), most=100)
    assert [p for p in store.root.rglob("*") if p.is_file()] == []


def test_E4_a_link_is_worth_nothing_to_another_viewer_or_for_another_file(work: Work) -> None:
    one, other = new_id(), new_id()
    address = attachments.link(one, VISITOR.label)
    token = address.rsplit("/", 1)[1]
    assert address == f"/a/{one}/{token}"
    assert len(token) * 4 >= 128
    assert attachments.link_fits(one, token, VISITOR.label)
    assert not attachments.link_fits(one, token, AGENT.label)
    assert not attachments.link_fits(other, token, VISITOR.label)
    assert not attachments.link_fits(one, token[:-1], VISITOR.label)
    assert not attachments.link_fits(one, "ü", VISITOR.label)


def test_E4_a_file_is_for_its_own_visitor_and_for_the_desk(
    work: Work, store: attachments.FolderStore, chat: Conversation
) -> None:
    kept = put(work, store, chat)
    for allowed in (VISITOR, AGENT):
        assert attachments.get_for(work, kept.id, allowed) is kept
    technician = Actor("user", new_id(), "technician")
    customer = Actor("user", new_id(), "customer", customer_id=chat.customer_id)
    for refused in (Actor("visitor", new_id()), technician, customer, system("x")):
        with pytest.raises(NotFound):
            attachments.get_for(work, kept.id, refused)


def test_E2_a_file_in_a_note_is_never_the_visitors(
    work: Work, store: attachments.FolderStore, chat: Conversation
) -> None:
    author = f"agent:{AGENT.id}"
    kept = put(work, store, chat, by=author)
    with pytest.raises(NotFound):
        attachments.get_for(work, kept.id, VISITOR)
    service.post(work, chat.id, author=author, text="see", public=False, attachments=[kept])
    work.session.flush()
    with pytest.raises(NotFound):
        attachments.get_for(work, kept.id, VISITOR)


def test_E2_a_file_in_a_public_message_is_the_visitors_too(
    work: Work, store: attachments.FolderStore, chat: Conversation
) -> None:
    author = f"agent:{AGENT.id}"
    kept = put(work, store, chat, by=author)
    service.post(work, chat.id, author=author, text="here", attachments=[kept])
    work.session.flush()
    assert attachments.get_for(work, kept.id, VISITOR) is kept


def test_E4_an_erased_file_is_gone_with_its_bytes(
    database: Database, store: attachments.FolderStore
) -> None:
    with begin(system("test")) as work:
        chat = service.open_conversation(
            work, channel="chat", customer_id=new_id(), queue_id=None, visitor_id=VISITOR.id
        )
        kept = put(work, store, chat)
    with begin(system("test")) as work:
        attachments.erase(work, store, kept.id)
    with begin(system("test")) as work:
        with pytest.raises(NotFound):
            attachments.get_for(work, kept.id, VISITOR)
        with pytest.raises(NotFound):
            store.open(kept.id)


def test_a_message_takes_only_its_authors_own_unsent_files_of_this_chat(
    work: Work, store: attachments.FolderStore, chat: Conversation
) -> None:
    other = service.open_conversation(
        work, channel="chat", customer_id=new_id(), queue_id=None, visitor_id=new_id()
    )
    mine, agents = put(work, store, chat), put(work, store, chat, by=f"agent:{AGENT.id}")
    elsewhere = put(work, store, other)
    assert attachments.unsent(work, chat.id, [mine.id, mine.id], uploaded_by="visitor") == [mine]
    for ids in ([agents.id], [elsewhere.id], [new_id()], ["x"], [mine.id, 7]):
        with pytest.raises(Invalid):
            attachments.unsent(work, chat.id, ids, uploaded_by="visitor")
    service.post(work, chat.id, author="visitor", text="", attachments=[mine])
    work.session.flush()
    with pytest.raises(Invalid):
        attachments.unsent(work, chat.id, [mine.id], uploaded_by="visitor")


def test_a_conversation_holds_only_so_many_files(
    work: Work,
    store: attachments.FolderStore,
    chat: Conversation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attachments, "MOST_PER_CONVERSATION", 2)
    put(work, store, chat)
    put(work, store, chat)
    with pytest.raises(Invalid) as refused:
        put(work, store, chat)
    assert refused.value.code == "too_many_files"


def test_files_that_were_never_sent_are_forgotten_after_a_day(
    database: Database, store: attachments.FolderStore
) -> None:
    with begin(system("test")) as work:
        chat = service.open_conversation(
            work, channel="chat", customer_id=new_id(), queue_id=None, visitor_id=VISITOR.id
        )
        sent, unsent = put(work, store, chat), put(work, store, chat)
        service.post(work, chat.id, author="visitor", text="", attachments=[sent])
    with begin(system("test")) as work:
        work.at += timedelta(hours=25)
        assert attachments.forget_unsent(work, store) == 1
    with store.open(sent.id) as file:
        assert file.read() == PNG
    with pytest.raises(NotFound):
        store.open(unsent.id)
