"""Conversations and their messages over the API.

Agents do here what they do on the desk, by the same functions. Customers read their own, without
notes and without what only colleagues should know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.channels import queries
from helpdesk.channels.models import Conversation, Message
from helpdesk.channels.service import Repeated
from helpdesk.core.paging import Page, clamp_limit, cut, decode_cursor
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.identity import queries as people
from helpdesk.web.api.base import DESK, DESK_AND_CUSTOMERS, Undo, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import desk

State = Literal["waiting", "active", "ended"]
Channel = Literal["chat", "form", "email", "call", "callback", "sms", "whatsapp"]


class ConversationView(View):
    """One exchange on one channel. `agent_id` is who has it now."""

    id: str
    channel: str
    state: State
    customer_id: str
    queue_id: str | None
    agent_id: str | None
    site_id: str | None
    reason: str
    answers: dict[str, Any]
    page_url: str | None
    opened_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    last_seq: int
    last_message_at: datetime | None
    version: int


class OwnConversationView(View):
    """A conversation as its customer sees it."""

    id: str
    channel: str
    state: State
    reason: str
    opened_at: datetime
    ended_at: datetime | None
    agent: str | None


class FileView(View):
    """A file sent with a message."""

    id: str
    name: str
    type: str
    size: int


class MessageView(View):
    """One thing said. `seq` rises inside the conversation; not `public` is a note of colleagues.

    `from` is visitor, agent, system or bot. `agent_id` is missing from what customers read, and
    their `seq` counts what is public alone.
    """

    seq: int
    sender: str = field(name="from")
    agent: str | None
    text: str
    public: bool
    at: datetime
    attachments: list[FileView]
    agent_id: str | UnsetType | None = UNSET
    client_msg_id: str | UnsetType | None = UNSET


class ConversationsAsked(Paged):
    state: State | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    customer_id: Id | UnsetType = UNSET


class MessagesAsked(Paged):
    since: Annotated[
        int, Meta(ge=0, le=2_147_483_647, description="Only messages after this `seq`.")
    ] = 0


class NewMessage(Body, frozen=True):
    """Without `public` the text is an internal note."""

    text: Annotated[str, Meta(min_length=1, max_length=10_000)]
    public: bool = False
    client_msg_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class WrapUp(Body, frozen=True):
    """`outcome` is resolved, follow_up, no_answer or a code of the queue."""

    outcome: Annotated[str, Meta(min_length=1, max_length=40, examples=["resolved"])]
    note: Annotated[str, Meta(max_length=4000)] = ""
    next_step: Annotated[str, Meta(max_length=300)] = ""


class Transfer(Body, frozen=True):
    """Give one of the two; a queue by its id or its short name."""

    to_queue: Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")] | None = None
    to_agent: Id | None = None
    note: Annotated[str, Meta(max_length=4000)] = ""


@operation(
    "GET",
    "/conversations",
    who=DESK_AND_CUSTOMERS,
    query=ConversationsAsked,
    gives=(Listed[ConversationView], Listed[OwnConversationView]),
)
def list_conversations(
    work: Work, query: ConversationsAsked
) -> Listed[ConversationView] | Listed[OwnConversationView]:
    """List conversations, the newest first. Customers see their own."""
    customer_id = query.customer_id or None
    if customer_id is not None:
        customer_id = records.current_ids(work, [customer_id])[customer_id]
    page = queries.page_of_conversations(
        work,
        cursor=query.place(),
        limit=query.limit,
        customer_id=customer_id,
        state=query.state or None,
        channel=query.channel or None,
    )
    if work.actor.on_desk:
        return listed(page, [view(row) for row in page.items])
    names = people.public_names(work, [row.agent_id for row in page.items if row.agent_id])
    return listed(page, [_own_view(row, names) for row in page.items])


@operation(
    "GET",
    "/conversations/<id:conversation_id>",
    who=DESK_AND_CUSTOMERS,
    gives=(ConversationView, OwnConversationView),
)
def get_conversation(work: Work, conversation_id: str) -> ConversationView | OwnConversationView:
    """Get one conversation."""
    row = queries.get_visible(work, conversation_id)
    if work.actor.on_desk:
        return view(row)
    return _own_view(row, people.public_names(work, [row.agent_id] if row.agent_id else []))


@operation(
    "GET",
    "/conversations/<id:conversation_id>/messages",
    who=DESK_AND_CUSTOMERS,
    query=MessagesAsked,
    gives=Listed[MessageView],
)
def list_messages(work: Work, conversation_id: str, query: MessagesAsked) -> Listed[MessageView]:
    """Read a conversation's messages, the oldest first.

    To go on later, ask `since` the last `seq` you have. Customers get no internal notes.
    """
    conversation = queries.get_visible(work, conversation_id)
    limit, place = clamp_limit(query.limit), query.place()
    since = max(query.since, int(decode_cursor(place, 1)[0])) if place else query.since
    inside = work.actor.on_desk
    rows = queries.messages_since(
        work, conversation.id, since, public_only=not inside, limit=limit + 1
    )
    page: Page[Message] = cut(rows, limit, lambda row: [row.seq if inside else row.public_seq])
    authors = [row.author[6:] for row in page.items if row.author.startswith("agent:")]
    names = people.names(work, authors) if inside else people.public_names(work, authors)
    return listed(page, [_message(row, names, inside=inside) for row in page.items])


@operation(
    "POST",
    "/conversations/<id:conversation_id>/messages",
    who=DESK,
    body=NewMessage,
    gives=MessageView,
    status=201,
)
def send_message(work: Work, conversation_id: str, body: NewMessage) -> MessageView:
    """Write to the customer, or a note for colleagues.

    Only who has the conversation writes to the customer (403 `not_your_conversation`). The same
    `client_msg_id` is posted once and answered with its `seq` again.
    """
    try:
        posted = desk.send_message(
            work,
            conversation_id,
            text=body.text,
            public=body.public,
            client_msg_id=body.client_msg_id,
        )
    except Repeated as again:
        raise Undo(_stored(work, conversation_id, again.posted.seq)) from None
    stored = _stored(work, conversation_id, posted.seq)
    if posted.repeated:
        raise Undo(stored)
    return stored


@operation("POST", "/conversations/<id:conversation_id>/end", who=DESK, gives=ConversationView)
def end_conversation(work: Work, conversation_id: str) -> ConversationView:
    """End a conversation; its agent's wrap-up begins. Ending it twice changes nothing."""
    desk.end_by_agent(work, conversation_id)
    return _afresh(work, conversation_id)


@operation(
    "POST",
    "/conversations/<id:conversation_id>/wrap-up",
    who=DESK,
    body=WrapUp,
    gives=ConversationView,
)
def finish_wrap_up(work: Work, conversation_id: str, body: WrapUp) -> ConversationView:
    """Close one's own wrap-up with what came of the conversation."""
    desk.finish_wrap_up(
        work, conversation_id, outcome=body.outcome, note=body.note, next_step=body.next_step
    )
    return _afresh(work, conversation_id)


@operation(
    "POST",
    "/conversations/<id:conversation_id>/transfer",
    who=DESK,
    body=Transfer,
    gives=ConversationView,
)
def transfer(work: Work, conversation_id: str, body: Transfer) -> ConversationView:
    """Hand a conversation on to a colleague or a queue; the customer keeps the age of the wait."""
    desk.transfer(
        work, conversation_id, to_queue=body.to_queue, to_agent=body.to_agent, note=body.note
    )
    return _afresh(work, conversation_id)


def view(row: Conversation) -> ConversationView:
    names = ConversationView.__struct_fields__
    return ConversationView(**{name: getattr(row, name) for name in names})


def _own_view(row: Conversation, names: dict[str, str]) -> OwnConversationView:
    return OwnConversationView(
        id=row.id,
        channel=row.channel,
        state=row.state,  # type: ignore[arg-type]
        reason=row.reason,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        agent=names.get(row.agent_id) if row.agent_id else None,
    )


def _message(row: Message, names: dict[str, str], *, inside: bool) -> MessageView:
    kind, _, author_id = row.author.partition(":")
    extra: dict[str, Any] = {}
    if inside:
        extra = {"agent_id": author_id or None, "client_msg_id": row.client_msg_id}
    return MessageView(
        seq=row.seq if inside else row.public_seq,
        sender=kind,
        agent=names.get(author_id),
        text=row.text,
        public=row.public,
        at=row.at,
        attachments=[
            FileView(id=a["id"], name=a["name"], type=a["type"], size=a["size"])
            for a in row.attachments
            if not a.get("awaited")  # still to be fetched
        ],
        **extra,
    )


def _stored(work: Work, conversation_id: str, seq: int) -> MessageView:
    (row,) = queries.messages_since(work, conversation_id, seq - 1, public_only=False, limit=1)
    return _message(row, people.names(work, [work.actor.id]), inside=True)


def _afresh(work: Work, conversation_id: str) -> ConversationView:
    work.session.flush()
    row = queries.get_visible(work, conversation_id)
    work.session.refresh(row)
    return view(row)
