"""Replies that wait for their moment: the rows, and the one step each may take.

A row leaves `pending` by one conditional update, whoever tries first: the sweeper that says it, or
the author who takes it back. Not for saying it (see `workflows.cases_sending`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from helpdesk.core.db import insert_if_absent, table_of
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.tickets.events import TicketPartsChanged
from helpdesk.tickets.history import note
from helpdesk.tickets.models import PendingReply, Ticket
from helpdesk.tickets.permissions import get_visible

UNDO_S = 30
FURTHEST = timedelta(days=366)
MOST_WAITING = 200
ALIVE = ("pending", "held")
BACK = ("failed", "stopped")
SHOWN = (*ALIVE, *BACK)
NO_SUCH_REPLY = "There is no such reply waiting."


def put_by(
    work: Work,
    ticket: Ticket,
    *,
    text: str,
    public: bool,
    at: datetime | None,
    files: Sequence[str] = (),
    conversation_id: str | None = None,
    then: Mapping[str, Any] | None = None,
    client_msg_id: str | None = None,
    undo_s: int = UNDO_S,
    seen_at: datetime | None = None,
) -> PendingReply:
    """Keep words of the actor's until `at` (None: `undo_s` seconds, long enough to undo).

    `seen_at` is of what moment the ticket was that the writer saw. The same `client_msg_id` again
    answers the row that is there.
    """
    send_at = at or work.at + timedelta(seconds=undo_s)
    if at is not None and not work.at < at <= work.at + FURTHEST:
        raise Invalid(fields={"at": "Choose a time in the coming year."})
    row = PendingReply(
        id=new_id(),
        ticket_id=ticket.id,
        user_id=work.actor.id,
        kind="undoable" if at is None else "scheduled",
        state="pending",
        public=public,
        text=text,
        files=list(files),
        conversation_id=conversation_id,
        then=dict(then or {}),
        client_msg_id=client_msg_id,
        created_at=work.at,
        seen_at=min(seen_at or work.at, work.at),
        send_at=send_at,
    )
    values = {name: getattr(row, name, None) for name in table_of(PendingReply).c.keys()}  # noqa: SIM118
    values["why"] = ""
    if not insert_if_absent(work.session, PendingReply, values):
        known = by_click(work, client_msg_id)
        assert known is not None
        return known
    if at is not None:
        note(work, ticket.id, "reply_scheduled", details={"at": send_at.isoformat()})
    _tell(work, ticket.customer_id, ticket.id)
    return work.session.get_one(PendingReply, row.id)


def by_click(work: Work, client_msg_id: str | None) -> PendingReply | None:
    """The actor's words that came with this `client_msg_id`, whatever became of them."""
    return work.session.scalar(
        select(PendingReply).where(
            PendingReply.user_id == work.actor.id, PendingReply.client_msg_id == client_msg_id
        )
    )


def get_own(work: Work, pending_id: str) -> PendingReply:
    """The actor's own waiting words, held; NotFound for anybody else's, and for what lies on a
    ticket out of their reach.
    """
    found = (
        work.session.get(PendingReply, pending_id, with_for_update=True, populate_existing=True)
        if is_id(pending_id)
        else None
    )
    if found is None or found.user_id != work.actor.id:
        raise NotFound(NO_SUCH_REPLY)
    try:
        get_visible(work, found.ticket_id)
    except NotFound:
        raise NotFound(NO_SUCH_REPLY) from None
    return found


def get_stoppable(work: Work, pending_id: str) -> PendingReply:
    """A planned reply of the actor's own, of whose ticket they are the owner, or any for a
    supervisor; held. NotFound for others, and for what goes out within seconds.
    """
    found = (
        work.session.get(PendingReply, pending_id, with_for_update=True, populate_existing=True)
        if is_id(pending_id)
        else None
    )
    if found is None or found.user_id == work.actor.id:
        return get_own(work, pending_id)
    try:
        ticket = get_visible(work, found.ticket_id)
    except NotFound:
        raise NotFound(NO_SUCH_REPLY) from None
    if found.kind != "scheduled" or not may_stop(work, ticket):
        raise NotFound(NO_SUCH_REPLY)
    return found


def may_stop(work: Work, ticket: Ticket) -> bool:
    """Whether a colleague's planned reply on this ticket is the actor's to stop."""
    return work.actor.is_supervisor or ticket.assignee_id == work.actor.id


def claim(
    work: Work, pending_id: str, state: str, *, why: str = "", out_of: Sequence[str] = ("pending",)
) -> bool:
    """Take the row out of `out_of`; False when somebody else was first."""
    table = table_of(PendingReply)
    row = work.session.execute(
        update(table)
        .where(table.c.id == pending_id, table.c.state.in_(out_of))
        .values(state=state, ended_at=work.at, why=why[:200])
        .returning(table.c.id)
    ).first()
    return row is not None


def need_claim(work: Work, pending_id: str, state: str, *, why: str = "") -> None:
    """For people, who may also take what was held back."""
    if not claim(work, pending_id, state, why=why, out_of=ALIVE):
        raise Conflict("This has been sent already.", code="already_sent")


def move(work: Work, pending: PendingReply, at: datetime) -> None:
    """Say it at another time; Conflict when it is too late for that."""
    if not work.at < at <= work.at + FURTHEST:
        raise Invalid(fields={"at": "Choose a time in the coming year."})
    if pending.state not in ALIVE:
        raise Conflict("This has been sent already.", code="already_sent")
    pending.send_at, pending.kind, pending.state = at, "scheduled", "pending"
    pending.seen_at, pending.ended_at, pending.why = work.at, None, ""
    note(work, pending.ticket_id, "reply_scheduled", details={"at": at.isoformat()})


def waiting_on(work: Work, ticket_id: str) -> Sequence[PendingReply]:
    """What will be said on this ticket, the soonest first, and what could not be said."""
    return work.session.scalars(
        select(PendingReply)
        .where(PendingReply.ticket_id == ticket_id, PendingReply.state.in_(SHOWN))
        .order_by(PendingReply.send_at, PendingReply.id)
        .limit(50)
    ).all()


def due(work: Work, *, most: int = MOST_WAITING) -> Sequence[str]:
    """Ids of what is to be said by now, the longest due first."""
    return work.session.scalars(
        select(PendingReply.id)
        .where(PendingReply.state == "pending", PendingReply.send_at <= work.at)
        .order_by(PendingReply.send_at)
        .limit(most)
    ).all()


def tell(work: Work, ticket: Ticket) -> None:
    """Open pages of this ticket look again at what waits."""
    _tell(work, ticket.customer_id, ticket.id)


def _tell(work: Work, customer_id: str, ticket_id: str) -> None:
    work.emit(TicketPartsChanged(customer_id=customer_id, ticket_id=ticket_id, part="pending"))
