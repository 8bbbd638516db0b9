"""What was said on a ticket over the API: all its conversations in one list, and writing on it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.channels import attachments
from helpdesk.channels.service import Repeated
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.core.work import Work
from helpdesk.identity import queries as people
from helpdesk.tickets import permissions
from helpdesk.web.api.base import DESK_AND_CUSTOMERS, Undo, operation
from helpdesk.web.api.conversations import FileView
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import cases, cases_reading
from helpdesk.workflows.cases_reading import Said


class ReplyView(View):
    """One thing said on a ticket. Not `public`: a note of colleagues.

    `from` is visitor, agent, system or bot. `agent_id` is missing from what customers read, and
    their `seq` counts what is public alone.
    """

    id: str
    conversation_id: str
    seq: int
    channel: str
    sender: str = field(name="from")
    agent: str | None
    body: str
    public: bool
    at: datetime
    attachments: list[FileView]
    agent_id: str | UnsetType | None = UNSET
    client_msg_id: str | UnsetType | None = UNSET


class NewReply(Body, frozen=True):
    """Without `public` the words are a note for colleagues. Customers always write in public.

    `attachments` are ids of files that you have uploaded to the ticket and not sent yet.
    """

    body: Annotated[str, Meta(min_length=1, max_length=10_000)]
    public: bool | UnsetType = UNSET
    client_msg_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    attachments: Annotated[list[Id], Meta(max_length=attachments.MOST_PER_MESSAGE)] = field(
        default_factory=list
    )


@operation(
    "GET",
    "/tickets/<id:ticket_id>/replies",
    who=DESK_AND_CUSTOMERS,
    query=Paged,
    gives=Listed[ReplyView],
)
def list_replies(work: Work, ticket_id: str, query: Paged) -> Listed[ReplyView]:
    """Read what was said on a ticket by all channels, the oldest first.

    Customers get no internal notes.
    """
    permissions.get_visible(work, ticket_id)
    inside = permissions.works_with_tickets(work.actor)
    page = cases_reading.page_of_words(
        work, ticket_id, public_only=not inside, cursor=query.place(), limit=query.limit
    )
    return listed(page, _views(work, list(page.items), inside=inside))


@operation(
    "POST",
    "/tickets/<id:ticket_id>/replies",
    who=DESK_AND_CUSTOMERS,
    body=NewReply,
    gives=ReplyView,
    status=201,
)
def add_reply(work: Work, ticket_id: str, body: NewReply) -> ReplyView:
    """Write on a ticket.

    Public words of colleagues go to the customer by the ticket's newest channel and answer them. A
    customer's words are looked at like any answer: they reopen the ticket or open a follow-up, as
    its queue says. The same `client_msg_id` is kept once and answered again.
    """
    permissions.get_visible(work, ticket_id)
    inside = permissions.works_with_tickets(work.actor)
    try:
        posted = (
            cases.reply(
                work,
                ticket_id,
                author=f"agent:{work.actor.id}",
                text=body.body,
                public=body.public is True,
                client_msg_id=body.client_msg_id,
                attachments=attachments.loose(
                    work, body.attachments, uploaded_by=f"agent:{work.actor.id}"
                ),
            )
            if inside
            else _customer_wrote(work, ticket_id, body)
        )
    except Repeated:
        raise Undo(_again(work, ticket_id, body, inside=inside)) from None
    said = cases_reading.words_at(work, posted.conversation_id, posted.seq)
    assert said is not None
    (shown,) = _views(work, [said], inside=inside)
    if posted.repeated:
        raise Undo(shown)
    return shown


def _customer_wrote(work: Work, ticket_id: str, body: NewReply) -> cases.Posted:
    if body.public is False:
        raise Invalid(fields={"public": "Your words are always shown."})
    if body.attachments:
        raise Invalid(fields={"attachments": "Files can't be sent here."})
    if permissions.get_visible(work, ticket_id).customer_id != work.actor.customer_id:
        # Its words would stand there as those of whoever asked.
        raise Forbidden("You read along on this ticket. Only whoever asked writes on it.")
    return cases.customer_wrote(work, ticket_id, text=body.body, client_msg_id=body.client_msg_id)


def _again(work: Work, ticket_id: str, body: NewReply, *, inside: bool) -> ReplyView:
    author = f"agent:{work.actor.id}" if inside else "visitor"
    said = cases_reading.words_sent(work, ticket_id, author, body.client_msg_id or "")
    assert said is not None
    return _views(work, [said], inside=inside)[0]


def _views(work: Work, said: list[Said], *, inside: bool) -> list[ReplyView]:
    authors = [s.message.author[6:] for s in said if s.message.author.startswith("agent:")]
    names = people.names(work, authors) if inside else people.public_names(work, authors)
    return [_view(one, names, inside=inside) for one in said]


def _view(said: Said, names: dict[str, str], *, inside: bool) -> ReplyView:
    row = said.message
    kind, _, author_id = row.author.partition(":")
    return ReplyView(
        id=row.id,
        conversation_id=row.conversation_id,
        seq=row.seq if inside else row.public_seq,
        channel=said.channel,
        sender=kind,
        agent=names.get(author_id),
        body=row.text,
        public=row.public,
        at=row.at,
        attachments=[
            FileView(id=a["id"], name=a["name"], type=a["type"], size=a["size"])
            for a in row.attachments
        ],
        agent_id=(author_id or None) if inside else UNSET,
        client_msg_id=row.client_msg_id if inside else UNSET,
    )
