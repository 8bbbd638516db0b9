"""Every mail of the corpus read as a careful reader would, and taken in by each way (B1)."""

from __future__ import annotations

import io
import smtplib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.channels import content_types
from helpdesk.channels.models import Message
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.mail import content, mailboxes, sender, settings
from helpdesk.mail.classify import why_no_mail
from helpdesk.mail.limits import TooMuch
from helpdesk.mail.lmtp import Listener
from helpdesk.mail.models import IncomingMail
from helpdesk.mail.reading import readers
from helpdesk.workflows import mail_fetching, mail_in
from tests.mail.corpus import Case, every_case
from tests.real.mail_servers import ImapServer
from tests.workflows import postroom
from tests.workflows.people import SETUP
from tests.workflows.postroom import ADDRESS, Postroom

CASES = every_case()
OURS = frozenset({ADDRESS})


@pytest.fixture(autouse=True, scope="module")
def _readers_end() -> Iterator[None]:
    yield
    readers.close()


def test_B1_there_are_enough_of_them_and_each_has_a_name_of_its_own() -> None:
    assert len(CASES) > 500
    assert [name for name, n in Counter(one.name for one in CASES).items() if n > 1] == []
    assert len({one.raw for one in CASES}) == len(CASES)


def test_B1_every_mail_is_read_as_a_careful_reader_would() -> None:
    wrong = [(one.name, told) for one in CASES if (told := _misread(one))]
    assert not wrong, "\n".join(f"{name}: {told}" for name, told in wrong)


def _misread(case: Case) -> list[tuple[str, Any, Any]]:
    """What was read otherwise than expected: (what, read, expected)."""
    try:
        read = content.read(case.raw)
    except TooMuch:
        return [] if case.parked else [("parked", True, False)]
    facts, names = read.facts, tuple(file.name for file in read.files)
    who = sender.identify(facts, own_addresses=OURS)
    pairs = [
        ("parked", bool(why_no_mail(facts)), case.parked),
        ("sender", who.address, case.sender),
        ("name", who.name, case.who),
        ("sure", who.sure, case.sure),
        ("subject", facts["subject"], case.subject),
        ("text", facts["text"], case.text),
        ("files", names, case.files),
        ("contents", tuple(file.data for file in read.files), case.contents),
    ]
    wrong = [(what, got, wanted) for what, got, wanted in pairs if wanted not in (None, got)]
    wrong += [("has", facts["text"], words) for words in case.has if words not in facts["text"]]
    wrong += [("lacks", facts["text"], words) for words in case.lacks if words in facts["text"]]
    for what, wanted, told in (("defect", case.defect, facts["defects"]),
                               ("note", case.note, facts["notes"])):  # fmt: skip
        if wanted and not any(wanted in one for one in told):
            wrong.append((what, told, wanted))
    return wrong


def test_B1_each_is_one_message_or_one_row_in_quarantine_over_lmtp(
    database: Database, tmp_path: Path
) -> None:
    """Through the mail server's door, as bytes on a socket; a smaller sample on PostgreSQL."""
    cases = CASES[::3] if database.url.startswith("sqlite") else CASES[1::16]
    post = postroom.make_postroom(tmp_path)
    with ExitStack() as running:
        keep = lambda mail, sender, to: mail_in.take_in(mail, envelope_from=sender, envelope_to=to)  # noqa: E731
        listener = Listener(0, keep)
        listener.start()
        running.callback(listener.stop)
        for start in range(0, len(cases), 200):
            with smtplib.LMTP("127.0.0.1", listener.port, timeout=60) as client:
                for one in cases[start : start + 200]:
                    assert client.sendmail("back@customer.example", [ADDRESS], one.raw) == {}
    while mail_in.handle_waiting(most=100):
        pass
    rows = postroom.incoming()
    assert len(rows) == len(cases)
    _each_is_in_its_place(post, rows, cases)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_B1_each_of_a_sample_is_one_message_or_one_row_in_quarantine_over_imap(
    database: Database, tmp_path: Path
) -> None:
    cases = [one for one in CASES[3::32] if b"\0" not in one.raw and len(one.raw) < 50_000]
    post = postroom.make_postroom(tmp_path)
    server = ImapServer()
    with ExitStack() as running:
        running.callback(server.stop)
        server.start()
        with begin(SETUP) as work:
            settings.change(work, inner_hosts=True)
            mailboxes.change_mailbox(
                work, post.box_id, version=1, incoming="imap",
                hidden={"imap_password": server.password},
                imap={"host": "127.0.0.1", "port": server.port, "security": "none",
                      "user": server.user},
            )  # fmt: skip
        server.put(*(one.raw for one in cases))
        assert mail_fetching.fetch_once(post.box_id) == len(cases)
        assert server.unseen() == 0
    _each_is_in_its_place(post, postroom.incoming(), cases)


def test_B1_what_was_taken_in_twice_stands_there_once(database: Database, tmp_path: Path) -> None:
    postroom.make_postroom(tmp_path)
    sample = CASES[5::60]
    for one in [*sample, *sample]:
        mail_in.deliver(io.BytesIO(one.raw))
    assert len(postroom.incoming()) == len(sample)
    assert {row.copies for row in postroom.incoming()} == {1}


def _each_is_in_its_place(
    post: Postroom, rows: Sequence[IncomingMail], cases: Sequence[Case]
) -> None:
    """One settled row for each mail, one message for each that is not parked, and what it says."""
    parked = [one for one in cases if one.parked]
    assert Counter(row.state for row in rows) == Counter(
        done=len(cases) - len(parked), quarantined=len(parked)
    )
    with reading(SETUP) as work:
        said = Message.author == "visitor"
        assert work.session.scalar(select(func.count()).where(said)) == len(cases) - len(parked)
        stored = work.session.execute(
            select(IncomingMail, Message).join(
                Message,
                (Message.conversation_id == IncomingMail.conversation_id)
                & (Message.seq == IncomingMail.seq),
            )
        ).all()
    expected = Counter(_expected(one) for one in cases if not one.parked and _is_exact(one))
    found = Counter(_found(*row) for row in stored)
    assert not expected - found, list((expected - found).items())[:5]


def _is_exact(case: Case) -> bool:
    return None not in (case.sender, case.text, case.subject, case.files) and not case.note


def _expected(case: Case) -> tuple[str, str, str, tuple[str, ...]]:
    names = tuple(content_types.clean_name(name) for name in case.files or ())
    shown = (case.text or "").strip("\n") or "(This mail has no text.)"
    return case.sender or "", case.subject or "", shown, names


def _found(mail: IncomingMail, message: Message) -> tuple[str, str, str, tuple[str, ...]]:
    names = tuple(str(file["name"]) for file in message.attachments)
    return mail.sender_address, mail.subject, message.text, names
