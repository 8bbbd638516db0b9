"""What hangs on a ticket over the API: history, clocks, links, followers, participants."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from helpdesk.clocks import queries as clocks
from helpdesk.core.errors import Invalid
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.tickets import following, history, links, permissions, queries
from helpdesk.tickets import service as tickets
from helpdesk.tickets.links import Linked
from helpdesk.tickets.models import Ticket
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.customers import ActorView, actor_views
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed
from helpdesk.web.bodies import Body

Relation = Literal[
    "child_of",
    "parent_of",
    "duplicate_of",
    "has_duplicate",
    "incident_of",
    "problem_of",
    "follow_up_of",
    "followed_up_by",
    "related_to",
]


class ChangeView(View):
    """One line of a ticket's history; `changes` {field: [before, after]}."""

    at: datetime
    actor: ActorView
    kind: str
    changes: dict[str, Any]
    details: dict[str, Any]


class ClockView(View):
    """One clock as of now. Seconds are counted as its policy counts them.

    `state` is running, paused (`paused_by`: for what), stopped or withdrawn; late: `breached_at`.
    `first_*` is the first resolution and stays as it was when the ticket is reopened; the others
    go on to the last one.
    """

    name: str
    state: str
    target_s: int | None
    elapsed_s: int
    started_at: datetime
    stopped_at: datetime | None
    stopped_by: str
    due_at: datetime | None
    breached_at: datetime | None
    paused_by: str | None
    first_stopped_at: datetime | None
    first_elapsed_s: int | None
    first_breached_at: datetime | None


class LinkView(View):
    """This ticket is `relation` the other one: `child_of` T-10432."""

    id: str
    relation: Relation
    ticket_id: str
    reference: str
    subject: str
    state: str


class NewLink(Body, frozen=True):
    """Give the other ticket by its id or its number."""

    relation: Relation
    ticket_id: Id | None = None
    number: Annotated[str, Meta(max_length=24, examples=["T-10432"])] | None = None


class FollowerView(View):
    user_id: str
    since: datetime
    why: str


class NewFollower(Body, frozen=True):
    """Without `user_id` you follow it yourself."""

    user_id: Id | UnsetType = UNSET


class ParticipantView(View):
    customer_id: str
    since: datetime


class NewParticipant(Body, frozen=True):
    customer_id: Id


@operation(
    "GET",
    "/tickets/<id:ticket_id>/history",
    who=DESK,
    query=Paged,
    gives=Listed[ChangeView],
)
def ticket_history(work: Work, ticket_id: str, query: Paged) -> Listed[ChangeView]:
    """Read every change of a ticket, the newest first."""
    permissions.get_visible(work, ticket_id)
    page = history.page_of_history(work, ticket_id, cursor=query.place(), limit=query.limit)
    actors = actor_views(work, [row.actor for row in page.items])
    return listed(
        page,
        [
            ChangeView(
                at=row.at, actor=actor, kind=row.kind, changes=row.changes, details=row.details
            )
            for row, actor in zip(page.items, actors, strict=True)
        ],
    )


@operation("GET", "/tickets/<id:ticket_id>/clocks", who=DESK, gives=Listed[ClockView])
def ticket_clocks(work: Work, ticket_id: str) -> Listed[ClockView]:
    """Read a ticket's clocks as of now: what is owed, until when, what was late."""
    permissions.get_visible(work, ticket_id)
    names = ClockView.__struct_fields__
    found = [
        ClockView(**{name: getattr(clock, name) for name in names})
        for clock in clocks.clocks_of(work, ticket_id)
    ]
    return listed(Page(found, None), found)


@operation("GET", "/tickets/<id:ticket_id>/links", who=DESK, gives=Listed[LinkView])
def list_links(work: Work, ticket_id: str) -> Listed[LinkView]:
    """List what a ticket is linked with, the oldest first."""
    permissions.get_visible(work, ticket_id)
    found = [_link(one) for one in links.links_of(work, ticket_id)]
    return listed(Page(found, None), found)


@operation(
    "POST",
    "/tickets/<id:ticket_id>/links",
    who=DESK,
    body=NewLink,
    gives=LinkView,
    status=201,
)
def add_link(work: Work, ticket_id: str, body: NewLink) -> LinkView:
    """Link a ticket with another. Saying it twice changes nothing.

    409 `link_circle` when one would become its own parent.
    """
    ticket, other = permissions.get_visible(work, ticket_id), _other(work, body)
    link_id = links.link(work, ticket, other, body.relation)
    return _link(Linked(link_id, body.relation, other))


@operation("DELETE", "/tickets/<id:ticket_id>/links/<id:link_id>", who=DESK)
def remove_link(work: Work, ticket_id: str, link_id: str) -> None:
    """Take a link away."""
    links.unlink(work, permissions.get_visible(work, ticket_id), link_id)


@operation("GET", "/tickets/<id:ticket_id>/followers", who=DESK, gives=Listed[FollowerView])
def list_followers(work: Work, ticket_id: str) -> Listed[FollowerView]:
    """List the colleagues who are told of what happens on a ticket."""
    permissions.get_visible(work, ticket_id)
    found = [
        FollowerView(user_id=row.user_id, since=row.since, why=row.why)
        for row in following.followers(work, ticket_id)
    ]
    return listed(Page(found, None), found)


@operation(
    "POST",
    "/tickets/<id:ticket_id>/followers",
    who=DESK,
    body=NewFollower,
    body_needed=False,
    gives=Listed[FollowerView],
)
def add_follower(work: Work, ticket_id: str, body: NewFollower) -> Listed[FollowerView]:
    """Follow a ticket, or let a colleague follow it."""
    ticket = permissions.get_visible(work, ticket_id)
    following.follow(work, ticket, body.user_id or work.actor.id)
    return list_followers(work, ticket_id)


@operation("DELETE", "/tickets/<id:ticket_id>/followers/<id:agent_id>", who=DESK)
def remove_follower(work: Work, ticket_id: str, agent_id: str) -> None:
    """Stop following a ticket."""
    following.unfollow(work, permissions.get_visible(work, ticket_id), agent_id)


@operation("GET", "/tickets/<id:ticket_id>/participants", who=DESK, gives=Listed[ParticipantView])
def list_participants(work: Work, ticket_id: str) -> Listed[ParticipantView]:
    """List further customers who take part in a case; they may read its public words."""
    permissions.get_visible(work, ticket_id)
    found = [
        ParticipantView(customer_id=row.customer_id, since=row.since)
        for row in following.participants(work, ticket_id)
    ]
    return listed(Page(found, None), found)


@operation(
    "POST",
    "/tickets/<id:ticket_id>/participants",
    who=DESK,
    body=NewParticipant,
    gives=Listed[ParticipantView],
)
def add_participant(work: Work, ticket_id: str, body: NewParticipant) -> Listed[ParticipantView]:
    """Let a further customer take part."""
    permissions.get_visible(work, ticket_id)
    following.add_participant(work, tickets.hold(work, ticket_id), body.customer_id)
    return list_participants(work, ticket_id)


@operation("DELETE", "/tickets/<id:ticket_id>/participants/<id:customer_id>", who=DESK)
def remove_participant(work: Work, ticket_id: str, customer_id: str) -> None:
    """Take a further customer out of a case."""
    following.remove_participant(work, permissions.get_visible(work, ticket_id), customer_id)


def _other(work: Work, body: NewLink) -> Ticket:
    if (body.ticket_id is None) == (body.number is None):
        raise Invalid(fields={"ticket_id": "Give the other ticket by its id or its number."})
    if body.ticket_id is not None:
        return permissions.get_visible(work, body.ticket_id)
    number = queries.read_number(body.number or "")
    found = queries.find_by_number(work, number) if number is not None else None
    if found is None:
        raise Invalid(fields={"number": "There is no such ticket."})
    return permissions.get_visible(work, found.id)


def _link(one: Linked) -> LinkView:
    return LinkView(
        id=one.id,
        relation=one.relation,  # type: ignore[arg-type]
        ticket_id=one.ticket.id,
        reference=queries.shown_number(one.ticket),
        subject=one.ticket.subject,
        state=one.ticket.state,
    )
