"""Some words of a ticket become a ticket of their own, and can go back.

A whole thread moves, if the ticket has others; single messages are copied, so that what was said
stays readable where it was said. Nobody is written to. Not for merging (see `cases_merge`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.channels import service as channels
from helpdesk.channels.events import ConversationReattached
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.routing import service as routing
from helpdesk.tickets import links, merging, permissions
from helpdesk.tickets import service as tickets
from helpdesk.tickets.history import note
from helpdesk.tickets.models import Ticket, TicketSplit
from helpdesk.workflows import cases_line as line
from helpdesk.workflows.cases_merge import hang

MOST_MESSAGES = 200


def split(
    work: Work,
    ticket_id: str,
    *,
    conversation_id: str,
    seqs: Sequence[int],
    subject: str,
    queue: str | None = None,
    priority: str | None = None,
) -> TicketSplit:
    """Begin a ticket with these messages of one of its conversations; it waits in line as new."""
    permissions.require_desk(work)
    permissions.get_visible(work, ticket_id)
    source = line.hold(work, ticket_id).ticket
    if source.merged_into_id is not None:
        raise Conflict("This ticket was merged into another one.", code="merged")
    if not is_id(conversation_id):
        raise NotFound("There is no such conversation on this ticket.")
    thread = channels.get_conversation(work, conversation_id, for_update=True)
    if thread.ticket_id != source.id:
        raise NotFound("There is no such conversation on this ticket.")
    messages = _messages(work, thread, seqs)
    whole = len(messages) == _count(work, thread) and len(line.threads_of(work, source.id)) > 1
    queue_id = source.queue_id
    if queue is not None:
        found = routing.find_queue(work, queue)
        if found is None:
            raise Invalid(fields={"queue": "There is no such queue."})
        queue_id = found.id
    last = [one for one in messages if one.public][-1:]
    made = tickets.open_ticket(
        work,
        subject=subject,
        customer_id=thread.customer_id,
        channel=thread.channel if thread.channel in line.THREADS else "email",
        queue_id=queue_id,
        organisation_id=source.organisation_id,
        priority=priority or source.priority,
        tags=source.tags,
        answered=not last or last[0].author != "visitor",
    )
    work.session.flush()
    if whole:
        hang(work, Conversation.id == thread.id, made.id)
        stands = thread.id
    else:
        stands = _copy(work, thread, made, messages)
    links.link(work, made, source, "related_to")
    numbers: dict[str, Any] = {"number": made.number, "id": made.id, "messages": len(messages)}
    note(work, source.id, "split_into", details=numbers)
    note(work, made.id, "split_from", details={"number": source.number, "id": source.id})
    row = TicketSplit(
        id=new_id(),
        source_id=source.id,
        made_id=made.id,
        at=work.at,
        actor=work.actor.label,
        conversation_id=stands,
        is_moved=whole,
        last_seq=work.session.get_one(Conversation, stands, populate_existing=True).last_seq,
        details={"seqs": [one.seq for one in messages], "from": thread.id},
    )
    work.session.add(row)
    work.session.flush()
    work.audit("ticket.split", "ticket", source.id, into=made.id, number=made.number)
    customer = work.session.get_one(Customer, made.customer_id)
    line.into_line(work, made, customer)
    return row


def _sees_both(work: Work, row: TicketSplit) -> bool:
    try:
        for ticket_id in (row.source_id, row.made_id):
            permissions.get_visible(work, ticket_id)
    except NotFound:
        return False
    return True


def undo(work: Work, split_id: str) -> Ticket:
    """Take the split back: its ticket leads to the one it came from, a moved thread goes back too.

    Conflict `has_words` once somebody has written on it: then merging is what is meant.
    """
    permissions.require_desk(work)
    row = work.session.get(TicketSplit, split_id, with_for_update=True) if is_id(split_id) else None
    if row is None or not _sees_both(work, row):
        raise NotFound("There is no such split.")
    held = {one: line.hold(work, one) for one in sorted((row.source_id, row.made_id))}
    source, made = held[row.source_id].ticket, held[row.made_id].ticket
    if row.undone_at is not None or made.merged_into_id is not None:
        raise Conflict("This split has been undone already.", code="undone")
    if source.merged_into_id is not None:
        raise Conflict("The ticket was merged since. Undo that first.", code="merged")
    if not row.is_moved and _written_since(work, row):
        raise Conflict(
            "Somebody has written on the new ticket since. Merge the two instead.", code="has_words"
        )
    line.out_of_hands(work, held[made.id], "merged")
    if row.is_moved:
        hang(work, Conversation.ticket_id == made.id, source.id)
    for one in links.links_of(work, made.id):
        if one.ticket.id == source.id and one.relation == "related_to":
            links.unlink(work, made, one.id)
    merging.close_as_merged(work, made, source)
    row.undone_at, row.undone_by = work.at, work.actor.label
    work.audit("ticket.split_undone", "ticket", source.id, into=made.id, number=made.number)
    return source


def splits_of(work: Work, ticket_id: str) -> Sequence[TicketSplit]:
    """What was split from this ticket, the newest first; undone ones too."""
    return work.session.scalars(
        select(TicketSplit)
        .where((TicketSplit.source_id == ticket_id) | (TicketSplit.made_id == ticket_id))
        .order_by(TicketSplit.at.desc(), TicketSplit.id.desc())
        .limit(50)
    ).all()


def _messages(work: Work, thread: Conversation, seqs: Sequence[int]) -> Sequence[Message]:
    wanted = sorted(set(seqs))
    if not wanted or len(wanted) > MOST_MESSAGES:
        raise Invalid(fields={"messages": f"Choose 1 to {MOST_MESSAGES} messages."})
    rows = work.session.scalars(
        select(Message)
        .where(Message.conversation_id == thread.id, Message.seq.in_(wanted))
        .order_by(Message.seq)
    ).all()
    if len(rows) != len(wanted):
        raise Invalid(fields={"messages": "A message is not here any more. Choose again."})
    return rows


def _count(work: Work, thread: Conversation) -> int:
    counted = select(func.count()).where(Message.conversation_id == thread.id)
    return work.session.scalar(counted) or 0


def _copy(work: Work, thread: Conversation, made: Ticket, messages: Sequence[Message]) -> str:
    """A thread of its own with the same words at the same times; no event says they are new."""
    copied = channels.open_conversation(
        work,
        channel=made.channel,
        customer_id=made.customer_id,
        queue_id=made.queue_id,
        reason=made.subject,
        ticket_id=made.id,
    )
    public = 0
    for seq, one in enumerate(messages, start=1):
        public += one.public
        work.insert(
            Message,
            id=new_id(),
            conversation_id=copied.id,
            seq=seq,
            public_seq=public,
            author=one.author,
            client_msg_id=None,
            public=one.public,
            text=one.text,
            attachments=list(one.attachments),
            at=one.at,
        )
    copied.last_seq, copied.last_message_at = len(messages), messages[-1].at
    copied.public_seq = public
    work.session.flush()
    work.emit(
        ConversationReattached(
            customer_id=made.customer_id, conversation_id=copied.id, agent_id=None
        )
    )
    return copied.id


def _written_since(work: Work, row: TicketSplit) -> bool:
    threads = line.threads_of(work, row.made_id)
    return any(t.id != row.conversation_id or t.last_seq > row.last_seq for t in threads)
