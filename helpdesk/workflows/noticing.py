"""Who is told of what on their own desk: rules that notify, names in notes, promises, held replies.

A reaction of the relay, so nobody who writes waits for it. Not for what owners and followers of
tickets are told (see `noticing_tickets`), nor those of articles (`noticing_articles`), nor for mail
to colleagues, which rules send beside it (`workflows.mail_automatic`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.clocks.events import ClockBreached, ClockWarned
from helpdesk.clocks.models import ClockRow
from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, Work, begin
from helpdesk.identity import queries as identity
from helpdesk.notices import service as notices
from helpdesk.rules.events import RuleNotified
from helpdesk.tickets.events import ReplyTroubled, TicketMentioned
from helpdesk.tickets.models import PendingReply
from helpdesk.workflows import (
    noticing_articles,
    noticing_flows,
    noticing_tickets,
    noticing_visits,
)

UPKEEP = system("upkeep")
_TROUBLES = {
    "held": "Your planned reply waits for you",
    "failed": "Your reply was not sent",
    "stopped": "Your planned reply was stopped",
    "partly": "Your reply is out, but not all that was to go with it",
}


def tell(work: Work, emitted: list[Emitted]) -> None:
    """Give the notices that these events ask for."""
    circle = noticing_tickets.circle_of(work, emitted)
    for one in emitted:
        noticing_tickets.tell(work, one, circle)
        noticing_articles.tell(work, one)
        noticing_flows.tell(work, one)
        noticing_visits.tell(work, one)
        make = _BY_EVENT.get(type(one.event))
        if make is not None:
            make(work, one.event)


def forget_old() -> None:
    """Notices of three months ago; a job for the night."""
    while True:
        with begin(UPKEEP) as work:
            if not notices.forget_old(work):
                return


def _ruled(work: Work, event: RuleNotified) -> None:
    notices.give(
        work,
        event.user_ids,
        kind="rule",
        title=event.name,
        text=event.text,
        ticket_id=event.ticket_id,
    )


def _mentioned(work: Work, event: TicketMentioned) -> None:
    who = identity.names(work, [event.by]).get(event.by, "A colleague")
    said = work.session.scalar(
        select(Message.text).where(
            Message.conversation_id == event.conversation_id, Message.seq == event.seq
        )
    )
    notices.give(
        work,
        event.user_ids,
        kind="mention",
        title=f"{who} named you in a note",
        text=said or "",
        ticket_id=event.ticket_id,
    )


def _promised(work: Work, event: ClockWarned | ClockBreached) -> None:
    if event.name != "promise" or event.owner_id is None:
        return
    clock = work.session.get(ClockRow, event.clock_id)
    if clock is None or clock.stopped_at is not None:  # kept meanwhile
        return
    late = isinstance(event, ClockBreached)
    notices.give(
        work,
        [event.owner_id],
        kind="promise",
        title="Your promise is late" if late else "You promised something for soon",
        text=clock.text,
        ticket_id=event.ticket_id,
    )


def _troubled(work: Work, event: ReplyTroubled) -> None:
    row = work.session.get(PendingReply, event.reply_id)
    if row is None:
        return
    stopped = event.what == "stopped"
    notices.give(
        work,
        [event.user_id],
        kind="reply",
        title=_TROUBLES.get(event.what, "Look at your reply"),
        text=f"{row.why} Its words stand on the ticket for you." if stopped else row.why,
        ticket_id=event.ticket_id,
    )


_BY_EVENT: Mapping[type, Callable[[Work, Any], None]] = {
    RuleNotified: _ruled,
    TicketMentioned: _mentioned,
    ClockWarned: _promised,
    ClockBreached: _promised,
    ReplyTroubled: _troubled,
}
