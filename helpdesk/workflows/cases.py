"""The words of a case: opened by a customer's first ones, answered by us, written on again.

Each ticket holds any number of conversations. What was said on e-mail and forms lies in threads
that live as long as their ticket; a chat or call that became a ticket ends by itself. Not for who
has a ticket (see `workflows.cases_line`), nor for how words leave the house (mail hears of them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.channels import hands
from helpdesk.channels import service as channels
from helpdesk.channels.models import UNREAD, Attachment, Conversation
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers import service as customers
from helpdesk.routing import service as routing
from helpdesk.routing.models import WorkItem
from helpdesk.tickets import following, links, permissions, queries, queue_rules
from helpdesk.tickets import service as tickets
from helpdesk.tickets.errors import TicketGone
from helpdesk.tickets.events import CustomerWrote, TicketReplied
from helpdesk.tickets.lifecycle import after_customer_wrote, is_done, reopens
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_line as line
from helpdesk.workflows.chat import preferred_agents

AGENT = "agent:"


@dataclass(frozen=True, slots=True)
class Opened:
    """A new case: its ticket, where its first words stand, and its place in line (None: none)."""

    ticket: Ticket
    conversation_id: str
    seq: int
    item: WorkItem | None


@dataclass(frozen=True, slots=True)
class Posted:
    """Where words on a ticket stand. `ticket_id` is another one than asked for after a merge, or
    when they opened a follow-up (`followed_up`).
    """

    ticket_id: str
    conversation_id: str
    seq: int
    at: datetime
    repeated: bool = False
    reopened: bool = False
    followed_up: bool = False


def open_case(
    work: Work,
    *,
    customer_id: str,
    subject: str,
    body: str,
    channel: str,
    queue: str | None = None,
    priority: str | None = None,
    tags: Sequence[str] = (),
    type: str | None = None,
    fields: Mapping[str, Any] | None = None,
    team_id: str | None = None,
    conversation_id: str | None = None,
    author: str = "visitor",
    attachments: Sequence[Attachment] = (),
    client_msg_id: str | None = None,
    site_id: str | None = None,
    answers: dict[str, Any] | None = None,
    page_url: str | None = None,
    preferred: Sequence[str] | None = None,
    is_new_customer: bool = False,
    internal: bool = False,
) -> Opened:
    """Make a ticket of a customer's words (or of a running chat or call) and put it in line.

    `queue` is a slug, id or name; unknown or None leads to the first active one. `attachments` are
    rows that are in no conversation yet. `internal`: the words are a note for our people. With
    `conversation_id` that conversation joins the ticket, and whoever has it in hand gets the ticket
    too; `body` may be empty then.
    """
    customer = records.find(work, customer_id)
    if customer is None:
        raise Invalid(fields={"customer": "There is no such customer."})
    queue_id = routing.prefer_queue(work, queue, None).id
    joined = None
    if conversation_id is not None:
        joined = channels.get_conversation(work, conversation_id, for_update=True)
        if joined.ticket_id is not None:
            raise Conflict("This conversation belongs to a ticket already.", code="has_ticket")
    holder = joined.agent_id if joined is not None and joined.state != "ended" else None
    ticket = tickets.open_ticket(
        work,
        subject=subject,
        customer_id=customer.id,
        channel=channel,
        queue_id=queue_id,
        organisation_id=customer.organisation_id,
        priority=priority,
        type=type,
        team_id=team_id,
        assignee_id=holder,
        tags=tags,
        fields=fields,
        conversation_id=conversation_id,
        answered=joined is not None and joined.answered_at is not None,
    )
    if joined is not None:
        seq = _join(work, joined, ticket, body, author, client_msg_id)
        thread_id = joined.id
    else:
        thread_id, seq = _first_words(
            work,
            ticket,
            body,
            author,
            attachments,
            client_msg_id,
            site_id,
            answers,
            page_url,
            public=not internal,
        )
    if not is_new_customer and author == "visitor":
        customers.touch(work, customer.id)
    item = None
    if holder is None:
        if preferred is None:
            preferred = [] if is_new_customer else preferred_agents(work, customer)
        item = line.into_line(work, ticket, customer, preferred=preferred)
    return Opened(ticket, thread_id, seq, item)


def reply(
    work: Work,
    ticket_id: str,
    *,
    author: str,
    text: str,
    public: bool,
    client_msg_id: str | None = None,
    attachments: Sequence[Attachment] = (),
    conversation_id: str | None = None,
) -> Posted:
    """Write on a ticket as one of ours: to the customer (`public`) or a note for colleagues.

    `author` is `agent:USER_ID`. Public words go by the ticket's newest channel that can still carry
    them, or by `conversation_id`. The same `client_msg_id` at the same moment raises
    `channels.service.Repeated`, so that nothing happens twice; later it answers `repeated`. A done
    ticket keeps its state: the words are kept and go out.
    """
    return _write(
        work, ticket_id, author, text, public, client_msg_id, attachments, conversation_id
    )


def automatic(
    work: Work, ticket_id: str, *, text: str, public: bool = True, author: str = "system"
) -> Posted:
    """The program's own words (an acknowledgement, a bot). They never answer a clock."""
    if author.startswith(AGENT):
        raise ValueError("what a person wrote is a reply")
    return _write(work, ticket_id, author, text, public, None, (), None)


def customer_wrote(
    work: Work,
    ticket_id: str,
    *,
    conversation_id: str | None = None,
    text: str,
    author: str = "visitor",
    channel: str = "form",
    client_msg_id: str | None = None,
    attachments: Sequence[Attachment] = (),
) -> Posted:
    """The customer wrote on a ticket: it is looked at again, and reopened where its queue says so.

    Where it doesn't, a follow-up ticket is opened and linked. The words are kept in any case: in
    `conversation_id` (of this ticket), else in its newest thread, else in a new one by `channel`.
    """
    held = _held_now(work, ticket_id)
    ticket = held.ticket
    if is_done(ticket.state):
        rule = queue_rules.rule_of(work, ticket.queue_id)
        if not reopens(rule, ticket.resolved_at, work.at):
            return _follow_up(work, ticket, text, channel, author, attachments, client_msg_id)
    thread = _thread_for(work, ticket, conversation_id)
    if thread is None:
        thread = _new_thread(work, ticket, channel)
    posted = _post(work, thread, author, text, True, client_msg_id, attachments)
    if posted.repeated:
        return Posted(ticket.id, thread.id, posted.seq, posted.at, repeated=True)
    reopened = is_done(ticket.state)
    state = "open" if reopened else after_customer_wrote(ticket.state)
    if state != ticket.state:
        tickets.set_state(work, ticket, state, owned=False, why="customer wrote")
    tickets.record_customer_message(work, ticket)
    work.emit(
        CustomerWrote(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            conversation_id=thread.id,
            seq=posted.seq,
            assignee_id=ticket.assignee_id,
        )
    )
    line.back_into_line(work, held)
    customers.touch(work, ticket.customer_id)
    return Posted(ticket.id, thread.id, posted.seq, posted.at, reopened=reopened)


def _write(
    work: Work,
    ticket_id: str,
    author: str,
    text: str,
    public: bool,
    client_msg_id: str | None,
    attachments: Sequence[Attachment],
    conversation_id: str | None,
) -> Posted:
    ticket = _current(work, ticket_id)
    thread = _thread_for(work, ticket, conversation_id, public=public)
    if thread is None:
        thread = _new_thread(work, ticket, _written_channel(ticket.channel))
    posted = _post(work, thread, author, text, public, client_msg_id, attachments)
    if posted.repeated:
        return Posted(ticket.id, thread.id, posted.seq, posted.at, repeated=True)
    person = author.startswith(AGENT)
    first = tickets.record_reply(work, ticket, public=public, by_person=person)
    named: list[str] = []
    if person and not public:
        named = following.notice_mentions(work, ticket, text, thread.id, posted.seq, by=author[6:])
    work.emit(
        TicketReplied(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            conversation_id=thread.id,
            seq=posted.seq,
            author=author,
            public=public,
            first=first,
            named=named,
        )
    )
    return Posted(ticket.id, thread.id, posted.seq, posted.at)


def _current(work: Work, ticket_id: str) -> Ticket:
    """The held ticket, or the one it was merged into: words on a merged ticket are not lost."""
    ticket = tickets.hold(work, ticket_id)
    leads_to = queries.current(work, ticket)
    if leads_to is not ticket:
        ticket = tickets.hold(work, leads_to.id)
    permissions.need_seen(work, ticket)
    return ticket


def _held_now(work: Work, ticket_id: str) -> line.Held:
    found = queries.find_ticket(work, ticket_id)
    if found is None:
        raise TicketGone()
    return line.hold(work, queries.current(work, found).id)


def _first_words(
    work: Work,
    ticket: Ticket,
    body: str,
    author: str,
    attachments: Sequence[Attachment],
    client_msg_id: str | None,
    site_id: str | None,
    answers: dict[str, Any] | None,
    page_url: str | None,
    *,
    public: bool = True,
) -> tuple[str, int]:
    """Open the ticket's first thread with what was said; answers where it stands."""
    plain = author == "visitor" and not attachments
    thread = channels.open_conversation(
        work,
        channel=_written_channel(ticket.channel),
        customer_id=ticket.customer_id,
        queue_id=ticket.queue_id,
        reason=ticket.subject,
        site_id=site_id,
        ticket_id=ticket.id,
        answers=answers,
        page_url=page_url,
        first_words=body if plain else None,
        client_msg_id=client_msg_id if plain else None,
    )
    if plain:
        return thread.id, 1
    posted = _post(work, thread, author, body, public, client_msg_id, attachments)
    return thread.id, posted.seq


def _join(
    work: Work,
    conversation: Conversation,
    ticket: Ticket,
    body: str,
    author: str,
    client_msg_id: str | None,
) -> int:
    conversation.ticket_id = ticket.id
    conversation.version += 1
    work.session.flush()
    if not body.strip():
        return conversation.last_seq
    public = not author.startswith(AGENT)  # a colleague's summary is for colleagues
    return channels.post(
        work,
        conversation.id,
        author=author,
        text=body,
        public=public,
        client_msg_id=client_msg_id,
    ).seq


def _thread_for(
    work: Work, ticket: Ticket, conversation_id: str | None, *, public: bool = True
) -> Conversation | None:
    """The thread asked for, or the newest that can carry these words."""
    threads = line.threads_of(work, ticket.id)
    able = [t for t in threads if not public or (t.state != "ended" and t.channel not in UNREAD)]
    if conversation_id is not None:
        return next((t for t in able if t.id == conversation_id), None)
    return able[0] if able else None


def _new_thread(work: Work, ticket: Ticket, channel: str) -> Conversation:
    thread = channels.open_conversation(
        work,
        channel=channel,
        customer_id=ticket.customer_id,
        queue_id=ticket.queue_id,
        reason=ticket.subject,
        ticket_id=ticket.id,
    )
    if ticket.assignee_id is not None:
        hands.take(work, thread.id, ticket.assignee_id)
    return thread


def _written_channel(channel: str) -> str:
    """A chat or call that has ended is answered in writing."""
    return channel if channel in line.THREADS else "email"


def _post(
    work: Work,
    thread: Conversation,
    author: str,
    text: str,
    public: bool,
    client_msg_id: str | None,
    attachments: Sequence[Attachment],
) -> channels.Posted:
    for attachment in attachments:
        attachment.conversation_id = thread.id
    return channels.post(
        work,
        thread.id,
        author=author,
        text=text,
        public=public,
        client_msg_id=client_msg_id,
        attachments=attachments,
    )


def _follow_up(
    work: Work,
    ticket: Ticket,
    text: str,
    channel: str,
    author: str,
    attachments: Sequence[Attachment],
    client_msg_id: str | None,
) -> Posted:
    opened = open_case(
        work,
        customer_id=ticket.customer_id,
        subject=ticket.subject,
        body=text,
        channel=channel,
        queue=ticket.queue_id,
        priority=ticket.priority,
        type=ticket.type,
        tags=ticket.tags,
        author=author,
        attachments=attachments,
        client_msg_id=client_msg_id,
        preferred=[ticket.assignee_id] if ticket.assignee_id else None,
    )
    links.link(work, opened.ticket, ticket, "follow_up_of")
    return Posted(opened.ticket.id, opened.conversation_id, opened.seq, work.at, followed_up=True)
