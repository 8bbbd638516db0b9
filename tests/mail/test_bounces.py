"""Mails that came back, in the words of many servers: each hangs on the mail it bounces (D2)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from helpdesk.channels.models import Conversation, Message
from helpdesk.core import secrets
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import TimelineEntry
from helpdesk.identity.models import User
from helpdesk.mail import content, threads
from helpdesk.mail.classify import classify
from helpdesk.mail.models import OutgoingMail
from helpdesk.mail.reading import readers
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_line, mail_automatic, mail_in, mail_out
from tests.mail.bounces_corpus import Bounce, every_bounce
from tests.mail.bounces_words import Sent
from tests.workflows import postroom
from tests.workflows.people import SETUP
from tests.workflows.postroom import Postroom

BOUNCES = every_bounce()
KEY = "a key for tests only, as long as it has to be: 0123456789"


@pytest.fixture(autouse=True, scope="module")
def _readers_end() -> Iterator[None]:
    yield
    readers.close()


def test_D2_each_is_known_for_what_it_is_whom_it_failed_and_which_mail_it_bounces() -> None:
    secrets.configure(KEY)
    message_id = threads.new_message_id("conversation", "0" * 32, "shop.example")
    sent = Sent(message_id, "ada@customer.example", "Re: Printer [T-10001]")
    assert len(BOUNCES) > 300
    assert len({one.name for one in BOUNCES}) == len(BOUNCES)
    wrong = [(one.name, told) for one in BOUNCES if (told := _misread(one, sent))]
    assert not wrong, "\n".join(map(str, wrong))


def _misread(one: Bounce, sent: Sent) -> list[object]:
    facts = content.read(one.build(sent)).facts
    verdict = classify(facts)
    if verdict.bounce is None or verdict.answerable:
        return [verdict]
    found = verdict.bounce
    told = f"{facts['text']}\n{facts['quoted']}\n{facts['report']}"
    ids = [found.original, *facts["in_reply_to"], *facts["references"], *threads.ids_of_ours(told)]
    wrong: list[object] = [found] if found.action != one.action else []
    wrong += [found.recipient] if found.recipient != sent.to else []
    return wrong + ([ids] if one.gives_back != (sent.message_id in ids) else [])


def letters(post: Postroom, count: int) -> list[Sent]:
    """One answered case with so many answers of ours, all of them sent."""
    first = post.deliver(text="It is broken.")
    assert first.ticket_id is not None
    post.reply(first.ticket_id)
    with begin(post.floor.anna) as work:
        cases_line.set_state(work, first.ticket_id, "resolved")
    with begin(SETUP) as work:
        ticket = work.session.get_one(Ticket, first.ticket_id)
        thread = work.session.scalars(select(Conversation)).one()
        for number in range(count):
            mail_out.write_down(
                work, once_key=f"b{number}", kind="reply", box=None, brand=None,
                to=("Ada", f"ada{number}@customer.example"), from_name="Shop", text="Turn it off.",
                subject=f"Re: Printer {number}", conversation=thread, ticket=ticket, seq=2,
            )  # fmt: skip
        work.session.execute(update(OutgoingMail).values(state="sent", sent_at=work.at))
        rows = work.session.scalars(select(OutgoingMail).where(OutgoingMail.once_key.like("b%")))
        return [Sent(row.message_id, row.to_address, row.subject) for row in rows]


def test_D2_each_hangs_on_its_own_mail_and_moves_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    bounces = BOUNCES[::2] if database.url.startswith("sqlite") else BOUNCES[1::9]
    post = postroom.make_postroom(tmp_path, acknowledges=True)
    sent = letters(post, len(bounces))
    before = _standing()
    outcomes = {
        one.name: mail_in.deliver(io.BytesIO(one.build(letter)), envelope_from="").outcome
        for one, letter in zip(bounces, sent, strict=True)
    }
    assert {name for name, outcome in outcomes.items() if outcome != "attached"} == set()
    assert _standing() == before
    with reading(SETUP) as work:
        states = {row.message_id: row.state for row in work.session.scalars(select(OutgoingMail))}
        notes = work.session.scalars(
            select(Message.text).where(Message.author == "system", Message.public.is_(False))
        ).all()
        told = work.session.scalar(select(func.count()).where(TimelineEntry.kind == "mail.failed"))
    back = [one.action == "failed" and one.gives_back for one in bounces]
    assert [states[letter.message_id] == "bounced" for letter in sent] == back
    assert len(notes) == len(bounces)
    assert [sum(letter.to in note for note in notes) for letter in sent] == [1] * len(sent)
    assert told == sum(back)


def _standing() -> tuple[object, ...]:
    """What a bounce must not touch: tickets, their state, and mails that would go out."""
    with reading(SETUP) as work:
        (ticket,) = work.session.scalars(select(Ticket)).all()
        letters_of_ours = work.session.scalar(select(func.count()).select_from(OutgoingMail))
        return ticket.state, ticket.reopened_count, ticket.waiting_since, letters_of_ours


def test_D2_a_notice_to_a_colleague_that_comes_back_makes_no_other_notice(
    database: Database, tmp_path: Path
) -> None:
    post = postroom.make_postroom(tmp_path, acknowledges=True)
    first = post.deliver()
    assert first.ticket_id is not None
    with begin(SETUP) as work:
        user = work.session.get_one(User, post.floor.anna.id)
        ticket = work.session.get_one(Ticket, first.ticket_id)
        mail_automatic.tell_colleague(
            work, ticket, user, once_key="n", title="Look", text="Somebody waits."
        )
    notice = next(row for row in postroom.outgoing() if row.kind == "notice")
    count, said = len(postroom.outgoing()), len(postroom.messages())
    for one in BOUNCES[:40:5]:
        letter = Sent(notice.message_id, notice.to_address, notice.subject)
        assert (
            mail_in.deliver(io.BytesIO(one.build(letter)), envelope_from="").outcome == "attached"
        )
    assert (len(postroom.outgoing()), len(postroom.messages())) == (count, said)
    assert len(postroom.tickets()) == 1
    assert next(r for r in postroom.outgoing() if r.kind == "notice").state == "bounced"


def test_D2_a_bounce_that_names_an_address_alone_marks_no_mail(
    database: Database, tmp_path: Path
) -> None:
    """Anybody can write one; who has the mail's id has had the mail."""
    post = postroom.make_postroom(tmp_path)
    (sent,) = letters(post, 1)
    bare = next(one for one in BOUNCES if not one.gives_back)
    assert mail_in.deliver(io.BytesIO(bare.build(sent))).outcome == "attached"
    assert {row.state for row in postroom.outgoing()} == {"sent"}
    assert "it is said" in postroom.messages()[-1].text
    nobody = Sent("x@y.example", "never@written.example", "Re: x")
    assert mail_in.deliver(io.BytesIO(bare.build(nobody))).outcome == "quarantine"
