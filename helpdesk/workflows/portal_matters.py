"""Reads for the portal: lists of matters and conversations, and the words of one of them.

Lists page by keyset, and a page costs a handful of statements however much there is. What is seen
is `portal_reach`'s to say. Not for changing anything (see `portal_writing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select, text

from helpdesk.channels.models import UNREAD, Attachment, Conversation, Message
from helpdesk.core.errors import NotFound
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint, Customer, Organisation
from helpdesk.identity import queries as people
from helpdesk.mail.models import IncomingMail
from helpdesk.tickets import types
from helpdesk.tickets.models import LIVE, Ticket
from helpdesk.workflows import portal_flows
from helpdesk.workflows import portal_reach as reaching
from helpdesk.workflows.portal_next import Step, steps
from helpdesk.workflows.portal_reach import Matter, Reach

Which = Literal["open", "done"]
PAGE = 20
WORDS = 50
MOST_THREADS = 100
TALKS = ("chat", "call", "callback", "sms", "whatsapp")
_WHICH = {"open": LIVE, "done": "state IN ('resolved', 'closed')"}
WRITERS = {
    "own": "you",
    "organisation": "colleague",
    "household": "member",
    "taking_part": "other",
}
Whose = Literal["own", "organisation", "household"]
_OPENED = (Ticket.__table__.c.opened_at, Ticket.__table__.c.id)


@dataclass(frozen=True, slots=True)
class Line:
    """One matter in a list, with what happens next. `from_name`: whose of the organisation."""

    id: str
    number: str
    subject: str
    state: str
    opened_at: datetime
    step: Step
    from_name: str = ""


Lines = Sequence[Line]


@dataclass(frozen=True, slots=True)
class Word:
    """One thing said. `by` you, colleague, other, us or call; `name` of who of ours spoke."""

    by: str
    at: datetime
    text: str = ""
    name: str = ""
    files: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Words oldest first; `earlier` is the cursor to those before them."""

    words: Sequence[Word] = field(default_factory=tuple)
    earlier: str | None = None


def page(
    work: Work,
    reach: Reach,
    which: Which,
    *,
    of: Whose = "own",
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[Line]:
    """Matters the newest first: the own ones, the organisation's or the household's."""
    most = clamp_limit(limit)
    chosen = {
        "own": reaching.mine,
        "organisation": reaching.of_organisation,
        "household": reaching.of_household,
    }
    whose = chosen[of](reach)
    statement = select(Ticket).where(whose, text(_WHICH[which]), reaching.is_public())
    rows = work.session.scalars(keyset(statement, _OPENED, cursor=cursor, limit=most)).all()
    found = cut(rows, most, lambda ticket: [ticket.opened_at, ticket.id])
    names = _names(work, found.items) if of != "own" else {}
    whose_flows = found.items
    if of == "own":  # who only takes part in a return or complaint reads nothing of it
        whose_flows = [one for one in found.items if one.customer_id in reach.own_ids]
    return Page(_lines(work, found.items, names, whose_flows), found.next_cursor)


def those(work: Work, reach: Reach, ids: Sequence[str]) -> Sequence[Line]:
    """Of these matters the reader's own, the newest first."""
    if not ids:
        return ()
    wanted = select(Ticket).where(Ticket.id.in_(ids), reaching.mine(reach), reaching.is_public())
    rows = work.session.scalars(wanted.order_by(*(one.desc() for one in _OPENED))).all()
    return _lines(work, rows, {}, [one for one in rows if one.customer_id in reach.own_ids])


def line(work: Work, matter: Matter) -> Line:
    """One matter as a list would show it, as it stands now."""
    step = steps(work, [matter.stands])[matter.stands.id]
    if matter.relation != "taking_part":
        step = portal_flows.steps(work, [matter.ticket]).get(matter.ticket.id, step)
    return _line(matter.ticket, step, "")


def said(work: Work, reach: Reach, matter: Matter, *, cursor: str | None = None) -> Said:
    """The public words of a matter that its reader may see, the newest page or one before it."""
    threads = work.session.scalars(
        reaching.threads(matter).order_by(Conversation.opened_at.desc()).limit(MOST_THREADS)
    ).all()
    found = _said(work, threads, who=WRITERS[matter.relation], since=matter.since, cursor=cursor)
    if cursor or matter.since is not None:
        return found
    calls = [Word("call", one.opened_at) for one in threads if one.channel in UNREAD]
    return Said(sorted([*found.words, *calls], key=lambda word: word.at), found.earlier)


def talks(work: Work, reach: Reach, *, cursor: str | None = None) -> Page[Conversation]:
    """Chats, calls and texts that belong to no matter, the newest first."""
    statement = select(Conversation).where(
        reaching.talks(reach),
        Conversation.ticket_id.is_(None),
        Conversation.channel.in_(TALKS),
    )
    columns = (Conversation.opened_at.expression, Conversation.id.expression)
    rows = work.session.scalars(keyset(statement, columns, cursor=cursor, limit=PAGE)).all()
    return cut(rows, PAGE, lambda one: [one.opened_at, one.id])


def talk(
    work: Work, reach: Reach, conversation_id: str, *, cursor: str | None = None
) -> tuple[Conversation, Said]:
    """One of them with its words; NotFound where it is not theirs."""
    found = work.session.scalar(
        select(Conversation).where(
            Conversation.id == conversation_id,
            reaching.talks(reach),
            Conversation.channel.in_(TALKS),
        )
    )
    if found is None:
        raise NotFound(reaching.ABSENT)
    return found, _said(work, [found], who="you", since=None, cursor=cursor)


def file_of(work: Work, reach: Reach, attachment_id: str) -> Attachment:
    """A file that hangs on public words which the reader may see; NotFound otherwise."""
    row = work.session.execute(
        select(Attachment, Message.at, Conversation)
        .join(Message, Message.id == Attachment.message_id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Attachment.id == attachment_id, Attachment.erased_at.is_(None), Message.public)
    ).first()
    if row is None or not reaching.sees_conversation(work, reach, row.Conversation, row.at):
        raise NotFound(reaching.ABSENT)
    return row.Attachment


def organisation_name(work: Work, reach: Reach) -> str:
    """Of the organisation whose contact the reader is; NotFound for everybody else."""
    known = reach.organisation_id
    found = work.session.get(Organisation, known) if known is not None else None
    if found is None:
        raise NotFound(reaching.ABSENT)
    return found.name


def facts(work: Work, ticket: Ticket) -> list[tuple[str, Any]]:
    """What the form of its type shows to customers: labels and values."""
    shown = types.shown_to_customers(work).get(ticket.type or "", [])
    if not shown:
        return []
    fields = {one.key: one for one in types.fields_of(work, ticket.type)}
    return [
        (fields[key].label, ticket.fields[key])
        for key in shown
        if key in fields and ticket.fields.get(key) not in (None, "")
    ]


def _lines(
    work: Work, tickets: Sequence[Ticket], names: dict[str, str], whose_flows: Sequence[Ticket]
) -> list[Line]:
    found = {**steps(work, tickets), **portal_flows.steps(work, whose_flows)}
    return [_line(one, found[one.id], names.get(one.customer_id, "")) for one in tickets]


def _line(ticket: Ticket, step: Step, name: str) -> Line:
    number = f"T-{ticket.number}"
    return Line(ticket.id, number, ticket.subject, ticket.state, ticket.opened_at, step, name)


def _names(work: Work, tickets: Sequence[Ticket]) -> dict[str, str]:
    ids = {ticket.customer_id for ticket in tickets}
    rows = work.session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _said(
    work: Work,
    threads: Sequence[Conversation],
    *,
    who: str,
    since: datetime | None,
    cursor: str | None,
) -> Said:
    ids = [one.id for one in threads]
    if not ids:
        return Said()
    statement = select(Message).where(Message.conversation_id.in_(ids), Message.public)
    if since is not None:
        statement = statement.where(Message.at >= since)
    columns = (Message.at.expression, Message.id.expression)
    rows = work.session.scalars(keyset(statement, columns, cursor=cursor, limit=WORDS)).all()
    found = cut(rows, WORDS, lambda one: [one.at, one.id])
    agents = {one.author[6:] for one in found.items if one.author.startswith("agent:")}
    names = people.public_names(work, agents)
    strangers = _strangers(work, [one for one in threads if one.channel == "email"], found.items)
    erased = _erased(work, found.items)
    words = [_word(one, names, who, strangers, erased) for one in found.items]
    return Said(list(reversed(words)), found.next_cursor)


def _word(
    message: Message,
    names: dict[str, str],
    who: str,
    strangers: set[tuple[str, int]],
    erased: set[str],
) -> Word:
    files = [{**file, "gone": file.get("id") in erased} for file in message.attachments]
    if message.author.startswith("agent:"):
        return Word("us", message.at, message.text, names.get(message.author[6:], ""), files)
    if message.author != "visitor":
        return Word("us", message.at, message.text, "", files)
    by = "other" if (message.conversation_id, message.seq) in strangers else who
    return Word(by, message.at, message.text, "", files)


def _strangers(
    work: Work, threads: Sequence[Conversation], messages: Sequence[Message]
) -> set[tuple[str, int]]:
    """Words that came by mail from an address that is not the thread's customer's."""
    ids = {one.id: one.customer_id for one in threads}
    places = [(one.conversation_id, one.seq) for one in messages if one.conversation_id in ids]
    if not places:
        return set()
    mails = work.session.execute(
        select(IncomingMail.conversation_id, IncomingMail.seq, IncomingMail.sender_address).where(
            IncomingMail.conversation_id.in_(ids),
            IncomingMail.seq.in_({seq for _, seq in places}),
            IncomingMail.sender_address != "",
        )
    ).all()
    points = work.session.execute(
        select(ContactPoint.customer_id, ContactPoint.value).where(
            ContactPoint.customer_id.in_(set(ids.values())), ContactPoint.kind == "email"
        )
    )
    known = {(row.customer_id, row.value) for row in points}
    return {
        (str(thread), seq or 0)
        for thread, seq, address in mails
        if (ids[str(thread)], address.lower()) not in known
    }


def _erased(work: Work, messages: Sequence[Message]) -> set[str]:
    wanted = [str(file["id"]) for one in messages for file in one.attachments if "id" in file]
    if not wanted:
        return set()
    rows = select(Attachment.id).where(Attachment.id.in_(wanted), Attachment.erased_at.is_not(None))
    return set(work.session.scalars(rows))
