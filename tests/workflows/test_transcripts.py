"""A copy of a chat by mail: once, to whoever asked, and nothing in it that was said among us."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from helpdesk.channels.models import Conversation
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict
from helpdesk.core.listening import Consumer
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import Customer
from helpdesk.jobs.relay import Relay
from helpdesk.mail import mailboxes, talk, writing
from helpdesk.mail.models import OutgoingMail
from helpdesk.mail.talk import Said
from helpdesk.workflows import chat, desk, mail_sending, transcripts
from tests.workflows import postroom
from tests.workflows.people import SETUP, come_in, offer_of, start_chat
from tests.workflows.postroom import Postroom

NOW = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
VISITOR = Actor("visitor", "ida")
CANARY = "canary-4b1d-only-for-colleagues"
RELAY = "smtp://127.0.0.1:2525"
PAYLOAD = '<img src=x onerror="window.__pwn=1">'


@pytest.fixture
def post(database: Database, tmp_path: Path, clock_at: Callable[[datetime], None]) -> Postroom:
    clock_at(NOW)
    return postroom.make_postroom(tmp_path, smtp_url=RELAY)


def talked(post: Postroom, text: str = "My bill is wrong", *, answer: str = "Let me look") -> str:
    """A chat that Anna has taken and answered, with a note among colleagues; its id."""
    anna = post.floor.anna
    come_in(anna)
    started = start_chat(post.floor, text, name="Ida Berg")
    with begin(anna) as work:
        desk.accept_offer(work, offer_of(work, anna) or "")
    for n, (words, public) in enumerate(((answer, True), (CANARY, False))):
        with begin(anna) as work:
            desk.send_message(
                work, started.conversation_id, text=words, public=public, client_msg_id=str(n)
            )
    return started.conversation_id


def ask(conversation_id: str, email: str | None = "Ida@example.org") -> None:
    with begin(VISITOR) as work:
        transcripts.want(work, conversation_id, email)


def end(conversation_id: str) -> None:
    with begin(VISITOR) as work:
        chat.end_conversation(work, conversation_id, ended_by="visitor")
    told()


def told() -> None:
    copies = Consumer("copies of chats", transcripts.send_wanted)
    running = Relay({"conversation.ended": [copies]})
    while running.deliver_waiting():
        pass


def letter() -> OutgoingMail:
    [mail] = postroom.outgoing()
    return mail


def test_a_copy_leaves_once_when_the_chat_ends(
    post: Postroom, clock_at: Callable[[datetime], None]
) -> None:
    conversation_id = talked(post)
    ask(conversation_id)
    assert postroom.outgoing() == []
    with begin(SETUP) as work:
        work.session.execute(update(Customer).values(timezone="Europe/Helsinki"))
    end(conversation_id)
    told()
    mail = letter()
    assert (mail.to_address, mail.kind, mail.is_automatic) == (
        "ida@example.org",
        "transcript",
        True,
    )
    assert mail.subject == "Your chat with Shop care"
    assert mail.from_address == postroom.ADDRESS
    assert mail.text.startswith(
        "Hello Ida Berg,\n\n2026-03-03 (Europe/Helsinki)\n\nIda Berg, 00:30:"
    )
    for part in (mail.text, mail.html):
        assert "My bill is wrong" in part
        assert "Let me look" in part
        assert CANARY not in part
    with reading(SETUP) as work:
        raw = writing.compose(mail_sending._letter(work, mail))
    assert CANARY.encode() not in raw
    assert b"Auto-Submitted: auto-replied" in raw
    assert b"multipart/alternative" in raw
    assert b"text/plain" in raw
    assert b"text/html" in raw


def test_asked_for_after_the_end_it_leaves_at_once_and_not_a_second_time(post: Postroom) -> None:
    conversation_id = talked(post)
    end(conversation_id)
    assert postroom.outgoing() == []
    ask(conversation_id)
    assert letter().to_address == "ida@example.org"
    with pytest.raises(Conflict, match="has been sent"):
        ask(conversation_id, "eve@example.org")
    assert len(postroom.outgoing()) == 1


def test_who_changes_their_mind_gets_none(post: Postroom) -> None:
    conversation_id = talked(post)
    ask(conversation_id)
    ask(conversation_id, None)
    end(conversation_id)
    assert postroom.outgoing() == []


def test_a_chat_that_nobody_answered_is_sent_to_nobody(post: Postroom) -> None:
    started = start_chat(post.floor, "Buy cheap watches at https://evil.example")
    ask(started.conversation_id, "victim@example.org")
    end(started.conversation_id)
    assert postroom.outgoing() == []
    with pytest.raises(Conflict, match="Nobody has answered"):
        ask(started.conversation_id, "victim@example.org")


def test_without_a_mailbox_that_can_send_it_is_refused_with_a_plain_hint(
    database: Database, tmp_path: Path
) -> None:
    post = postroom.make_postroom(tmp_path)  # a mailbox, but nothing to send by
    conversation_id = talked(post)
    with pytest.raises(Conflict, match="sends no e-mail"):
        ask(conversation_id)
    with reading(SETUP) as work:
        assert work.session.get_one(Conversation, conversation_id).transcript_to is None


def test_a_mailbox_that_went_away_meanwhile_is_told_to_colleagues(post: Postroom) -> None:
    conversation_id = talked(post)
    ask(conversation_id)
    with begin(SETUP) as work:
        box = mailboxes.get_mailbox(work, post.box_id)
        mailboxes.change_mailbox(work, box.id, version=box.version, is_active=False)
    end(conversation_id)
    assert postroom.outgoing() == []
    last = postroom.messages(conversation_id)[-1]
    assert (last.public, last.author) == (False, "system")
    assert "No copy of this chat went to" in last.text


def test_D5_one_address_gets_a_few_copies_a_day_whoever_asks(
    post: Postroom, clock_at: Callable[[datetime], None]
) -> None:
    for n in range(transcripts.MOST_A_DAY):
        with begin(SETUP) as work:
            work.insert(
                OutgoingMail, id=f"00000000-0000-7000-8000-{n:012}", once_key=f"t{n}",
                kind="transcript", to_address="ida@example.org", message_id=f"m{n}@x.example",
                from_address="a@b.example", subject="", text="", created_at=work.at,
                next_try_at=work.at, state="sent",
            )  # fmt: skip
    conversation_id = talked(post)
    with pytest.raises(Conflict, match="several copies"):
        ask(conversation_id)
    clock_at(NOW + timedelta(days=1, minutes=1))
    ask(conversation_id)


def test_A2_A16_hostile_words_and_names_stay_words_and_theirs_are_no_links() -> None:
    said = [
        Said(NOW, "visitor", f"Ida {PAYLOAD}", f"{PAYLOAD} https://evil.example", ["a\u202eb"]),
        Said(NOW, "agent", "Mara", "See https://shop.example/help.\n\nBye"),
        Said(NOW + timedelta(hours=2), "system", "", "It is over."),
    ]  # fmt: skip
    html, text = talk.as_html(said, "UTC"), talk.as_text(said, "UTC")
    assert "<img" not in html
    assert re.findall(r'href="([^"]+)"', html) == ["https://shop.example/help"]
    assert "\u202e" not in html + text
    assert "[ab]" in text
    assert text.count("2026-03-0") == 2
    assert PAYLOAD in text


def test_a_name_that_looks_like_a_field_is_a_name(post: Postroom) -> None:
    conversation_id = talked(post, "{customer} {brand}")
    with begin(SETUP) as work:
        work.session.execute(update(Customer).values(name="{text} {brand}"))
    ask(conversation_id)
    end(conversation_id)
    assert letter().text.startswith("Hello {text} {brand},")
    assert "{customer} {brand}" in letter().text
    assert letter().text.endswith("\n\nShop care")
