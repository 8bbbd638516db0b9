"""What happens on tickets, told to those whose concern it is: their owner and their followers.

Who has a ticket hears of deadlines, of notes by others, and that it became theirs; of deadlines of
tickets that nobody has, those who look after the queue. Who follows one hears what is said and how
it ends. Nobody is told of what they did themselves, of a ticket they no
longer see, or the same twice before they have read it. Not for who is named (`noticing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from helpdesk.channels.models import Message
from helpdesk.clocks.events import ClockBreached, ClockWarned
from helpdesk.clocks.models import ClockRow
from helpdesk.core.work import Emitted, Work
from helpdesk.identity import queries as identity
from helpdesk.identity.models import TeamMember, User
from helpdesk.notices import queries
from helpdesk.notices import service as notices
from helpdesk.routing.models import QueueMember
from helpdesk.tickets import following
from helpdesk.tickets.events import (
    CustomerWrote,
    TicketAssigned,
    TicketReopened,
    TicketReplied,
    TicketResolved,
)
from helpdesk.tickets.models import Ticket

_CLOCKS = {
    "first_response": "First response",
    "next_response": "Next response",
    "resolution": "Resolution",
    "appointment": "Appointment",
}
_USER = "user:"
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Told:
    """A notice: to the owner, to the followers, or to both; `but` are those who know already.

    `nobodys`: the title where nobody has the ticket; then those who look after its queue are told.
    """

    kind: str
    title: str
    text: str | None = None  # None: what the ticket is about
    owner: bool = False
    followers: bool = False
    but: tuple[str, ...] = ()
    nobodys: str = ""


def circle_of(work: Work, emitted: Iterable[Emitted]) -> dict[str, list[str]]:
    """Who follows the tickets that these events are about, read once for all of them."""
    events: list[Any] = [one.event for one in emitted if type(one.event) in _BY_EVENT]
    return following.followers_of(work, {event.ticket_id for event in events})


def tell(work: Work, emitted: Emitted, circle: Mapping[str, list[str]]) -> None:
    """Give the notices that this event asks for, if any; `circle` are the followers by ticket."""
    if type(emitted.event) not in _BY_EVENT:
        return
    event: Any = emitted.event
    ticket = work.session.get(Ticket, event.ticket_id)
    told = _BY_EVENT[type(event)](work, emitted) if ticket is not None else None
    if ticket is None or told is None:
        return
    whom = list(circle.get(ticket.id, ())) if told.followers else []
    if told.owner and ticket.assignee_id is not None:
        whom.append(ticket.assignee_id)
    elif ticket.assignee_id in whom:
        whom.remove(ticket.assignee_id)  # the work itself comes to them
    title = told.title
    if told.nobodys and ticket.assignee_id is None:
        title = told.nobodys
        whom += _who_look_after(work, ticket)
    did = emitted.actor.removeprefix(_USER)
    whom = [user_id for user_id in whom if user_id != did and user_id not in told.but]
    whom = following.able_at_work(work, ticket, whom)
    title = notices.clean_title(title)
    known = queries.still_new(work, whom, ticket.id, title)
    notices.give(
        work,
        [user_id for user_id in whom if user_id not in known],
        kind=told.kind,
        title=title,
        text=ticket.subject if told.text is None else told.text,
        ticket_id=ticket.id,
    )


def _assigned(work: Work, emitted: Emitted) -> Told | None:
    event: Any = emitted.event
    ticket = work.session.get(Ticket, event.ticket_id)
    if event.agent_id is None or ticket is None or ticket.assignee_id != event.agent_id:
        return None
    return Told("assigned", f"{_name(work, emitted)} gave you a ticket", owner=True)


def _wrote(work: Work, emitted: Emitted) -> Told:
    event: Any = emitted.event
    title = "The customer wrote on a ticket you follow"
    return Told("followed", title, _said(work, event), followers=True)


def _replied(work: Work, emitted: Emitted) -> Told | None:
    event: Any = emitted.event
    if not event.author.startswith("agent:"):
        return None
    who = identity.names(work, [event.author[6:]]).get(event.author[6:], "A colleague")
    if event.public:
        title = f"{who} answered on a ticket you follow"
        return Told("followed", title, _said(work, event), followers=True, but=(event.author[6:],))
    but = (event.author[6:], *event.named)
    title = f"{who} wrote a note on a ticket of yours"
    return Told("followed", title, _said(work, event), owner=True, followers=True, but=but)


def _resolved(work: Work, emitted: Emitted) -> Told:
    return Told("followed", "A ticket you follow was resolved", followers=True)


def _reopened(work: Work, emitted: Emitted) -> Told:
    return Told("followed", "A ticket you follow was opened again", followers=True)


def _deadline(work: Work, emitted: Emitted) -> Told | None:
    """Not for promises, which their owners hear of, nor for what came meanwhile."""
    event: Any = emitted.event
    clock = work.session.get(ClockRow, event.clock_id)
    if event.name not in _CLOCKS or clock is None or clock.stopped_at is not None:
        return None
    word = "is late" if isinstance(event, ClockBreached) else "is due soon"
    title = f"{_CLOCKS[event.name]} {word}"
    nobodys = f"{title}, and nobody has the ticket"
    return Told("deadline", title, owner=True, followers=True, nobodys=nobodys)


def _who_look_after(work: Work, ticket: Ticket) -> list[str]:
    """Its team, and the supervisors who serve its queue; where there are none, all supervisors."""
    boss = User.role.in_(("supervisor", "admin"))
    team = select(TeamMember.user_id).where(TeamMember.team_id == ticket.team_id)
    serving = select(QueueMember.user_id).where(QueueMember.queue_id == ticket.queue_id)
    theirs = or_(User.id.in_(team), boss & User.id.in_(serving))
    for wanted in (theirs, User.role == "supervisor"):
        rows = select(User.id).where(User.is_active, wanted).order_by(User.id).limit(MOST_TOLD)
        if found := list(work.session.scalars(rows)):
            return found
    return []


def _said(work: Work, event: Any) -> str:
    said = select(Message.text).where(
        Message.conversation_id == event.conversation_id, Message.seq == event.seq
    )
    return work.session.scalar(said) or ""


def _name(work: Work, emitted: Emitted) -> str:
    if not emitted.actor.startswith(_USER):
        return "A rule"
    user_id = emitted.actor.removeprefix(_USER)
    return identity.names(work, [user_id]).get(user_id, "A colleague")


_BY_EVENT: Mapping[type, Callable[[Work, Emitted], Told | None]] = {
    TicketAssigned: _assigned,
    CustomerWrote: _wrote,
    TicketReplied: _replied,
    TicketResolved: _resolved,
    TicketReopened: _reopened,
    ClockWarned: _deadline,
    ClockBreached: _deadline,
}
