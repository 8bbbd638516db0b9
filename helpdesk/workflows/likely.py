"""Why somebody probably comes, for whoever is about to answer: three reasons, told before.

The ranking is pure: facts in, sentences out. Not a forecast; each reason names what it rests on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from helpdesk.channels import queries as channels
from helpdesk.channels.models import Conversation
from helpdesk.clocks.models import ClockRow
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.tickets import permissions
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.models import Ticket

SHOWN = 3
RECENT = timedelta(days=7)
FRESH = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Reason:
    """`href` leads to what it rests on."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket of theirs as the ranking needs it. `promised` is what is owed and when."""

    number: int
    subject: str
    state: str
    updated_at: datetime
    href: str
    promised: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    at: datetime
    cases: Sequence[Case] = ()
    last_contact: tuple[str, datetime, str] | None = None  # reason, when, address
    page: str = ""
    looks_at: str = ""  # the address of the case that they have open in the portal


OPEN = ("new", "open", "waiting_on_third_party", "visit_booked", "waiting_on_customer")


def reasons(facts: Facts) -> list[Reason]:
    """The likeliest first, at most three."""
    found = [*_of_looks(facts), *_of_cases(facts), *_of_contact(facts), *_of_page(facts)]
    found.sort(key=lambda one: -one[0])
    kept: dict[str, Reason] = {}
    for _, reason in found:
        kept.setdefault(reason.href or reason.text, reason)
    return list(kept.values())[:SHOWN]


def _of_cases(facts: Facts) -> list[tuple[float, Reason]]:
    found = []
    for case in facts.cases:
        name = f"T-{case.number} {case.subject}"
        fresh = facts.at - case.updated_at <= FRESH
        if case.promised is not None:
            text, due = case.promised
            word = "was promised and is late" if due <= facts.at else "is promised"
            score = 9.0 if due <= facts.at + FRESH else 5.0
            found.append((score, Reason(f"“{text}” {word}: {name}", case.href)))
        elif case.state in OPEN:
            score = {"open": 6.0, "new": 6.5}.get(case.state, 5.5) + (1 if fresh else 0)
            found.append((score, Reason(f"{name} is {_state(case.state)}", case.href)))
        elif facts.at - case.updated_at <= RECENT:
            found.append((4.0, Reason(f"{name} was resolved lately", case.href)))
    return found


def _state(state: str) -> str:
    return {
        "new": "not looked at yet",
        "open": "being worked on",
        "waiting_on_customer": "waiting for them",
        "waiting_on_third_party": "waiting for somebody else",
        "visit_booked": "waiting for a visit",
    }.get(state, state.replace("_", " "))


def _of_contact(facts: Facts) -> list[tuple[float, Reason]]:
    if facts.last_contact is None:
        return []
    words, at, href = facts.last_contact
    if facts.at - at > RECENT:
        return []
    score = 7.5 if facts.at - at <= FRESH else 4.5
    return [(score, Reason(f"Was here lately about: {words}", href))]


def _of_looks(facts: Facts) -> list[tuple[float, Reason]]:
    """What somebody reads while they write is most likely what they write about."""
    case = next((one for one in facts.cases if one.href == facts.looks_at), None)
    if case is None:
        return []
    return [(10.0, Reason(f"Has T-{case.number} {case.subject} open in the portal", case.href))]


def _of_page(facts: Facts) -> list[tuple[float, Reason]]:
    path = urlsplit(facts.page).path.strip("/")
    return [(3.0, Reason(f"Looks at the page “{path[:60]}”"))] if path else []


def of_conversation(work: Work, conversation: Conversation) -> list[Reason]:
    """The same for a conversation that is offered or open, from what its reader may see."""
    mine = tickets.of_customer(work, conversation.customer_id, limit=6)
    owed = _promised(work, [one.id for one in mine])
    cases = [_case(one, owed) for one in mine if one.id != conversation.ticket_id]
    open_there = looks_at(work, conversation)
    if open_there is not None and all(one.number != open_there.number for one in cases):
        cases.append(_case(open_there, owed))
    last = work.session.scalar(
        channels.visible(
            work.actor,
            select(Conversation).where(
                Conversation.customer_id == conversation.customer_id,
                Conversation.opened_at < conversation.opened_at,
                Conversation.ticket_id.is_(None),
            ),
        )
        .order_by(Conversation.opened_at.desc())
        .limit(1)
    )
    contact = (last.reason, last.opened_at, f"/desk/conversations/{last.id}") if last else None
    href = _href(open_there) if open_there is not None else ""
    page = "" if _ON_PAGE.search(conversation.page_url or "") else conversation.page_url or ""
    return reasons(Facts(work.at, cases, contact, page, href))


def looks_at(work: Work, conversation: Conversation) -> Ticket | None:
    """The customer's own case whose page they have open in the portal, if the reader sees it."""
    found = _ON_PAGE.search(conversation.page_url or "")
    if found is None:
        return None
    try:
        ticket = permissions.get_visible(work, found[1])
    except NotFound:
        return None
    return ticket if ticket.customer_id == conversation.customer_id else None


_ON_PAGE = re.compile(r"/portal/matters/([0-9a-f-]{36})$")


def _href(ticket: Ticket) -> str:
    return f"/desk/tickets/{ticket.id}"


def _case(ticket: Ticket, owed: dict[str, tuple[str, datetime]]) -> Case:
    return Case(
        number=ticket.number,
        subject=ticket.subject,
        state=ticket.state,
        updated_at=ticket.updated_at,
        href=_href(ticket),
        promised=owed.get(ticket.id),
    )


def _promised(work: Work, ticket_ids: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    if not ticket_ids:
        return {}
    rows = work.session.execute(
        select(ClockRow.ticket_id, ClockRow.text, ClockRow.due_at)
        .where(
            ClockRow.ticket_id.in_(ticket_ids),
            ClockRow.name == "promise",
            ClockRow.stopped_at.is_(None),
            ClockRow.due_at.is_not(None),
        )
        .order_by(ClockRow.due_at.desc())
    )
    return {row.ticket_id: (row.text, row.due_at) for row in rows}
