"""What was written on a ticket, as one entry of its customer's timeline: the newest few lines.

The timeline keeps where words stand, not the words, so they are read here, as they are now. Who may
see the entry may see the ticket: entries of tickets out of reach never come this far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_

from helpdesk.channels.models import Message
from helpdesk.core.work import Work
from helpdesk.customers import timeline
from helpdesk.customers.models import TimelineEntry
from helpdesk.tickets.models import Ticket
from helpdesk.web.agent.conversation_view import people

KINDS = frozenset({"ticket.replied", "ticket.customer_wrote"})
SHOWN = 3
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Line:
    """`who` is empty for the customer; `text` begins as what was said does."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """The newest lines of one ticket, the newest first; `more`: there are older ones."""

    ticket_id: str
    number: int
    subject: str
    lines: list[Line]
    more: bool


def exchanges(work: Work, rows: Sequence[TimelineEntry]) -> dict[int, Exchange]:
    """By the entry's place, for those that tell of words; three statements however many."""
    told = [row for row in rows if row.kind in KINDS and row.subject_id]
    if not told:
        return {}
    by_ticket = timeline.before(
        work, told[0].customer_id, {str(row.subject_id) for row in told}, most=SHOWN + 1
    )
    words = _words(work, [one for some in by_ticket.values() for one in some])
    names = people(work, _agents(words))
    tickets = work.session.execute(
        select(Ticket.id, Ticket.number, Ticket.subject).where(Ticket.id.in_(by_ticket))
    )
    heads = {row.id: row for row in tickets}
    found = {}
    for row in told:
        head, some = heads.get(row.subject_id or ""), by_ticket.get(row.subject_id or "", [])
        if head is not None:
            lines = [
                _line(*words[place], names) for one in some[:SHOWN] if (place := _at(one)) in words
            ]
            found[row.seq] = Exchange(head.id, head.number, head.subject, lines, len(some) > SHOWN)
    return found


def _words(work: Work, entries: Sequence[TimelineEntry]) -> dict[tuple[str, int], tuple[str, str]]:
    """Author and first words of public messages, by where they stand."""
    where = tuple_(Message.conversation_id, Message.seq)
    rows = work.session.execute(
        select(
            Message.conversation_id,
            Message.seq,
            Message.author,
            func.substr(Message.text, 1, 4 * LONGEST).label("text"),
        ).where(where.in_([_at(one) for one in entries]), Message.public)
    )
    return {(row.conversation_id, row.seq): (row.author, row.text) for row in rows}


def _agents(words: Mapping[tuple[str, int], tuple[str, str]]) -> set[str]:
    return {author[6:] for author, _ in words.values() if author.startswith("agent:")}


def _at(entry: TimelineEntry) -> tuple[str, int]:
    return entry.facts["conversation_id"], entry.facts["seq"]


def _line(author: str, text: str, names: dict[str, str]) -> Line:
    first = " ".join(text.split())
    short = first if len(first) <= LONGEST else first[: LONGEST - 1].rstrip() + "…"
    if author.startswith("agent:"):
        return Line(names.get(author[6:], "A colleague"), short)
    return Line("" if author == "visitor" else "Automatic", short)
