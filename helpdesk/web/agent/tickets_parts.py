"""What hangs on a ticket, changed from its page: checklist, links, people, time.

Each change answers the page's parts anew (`tickets_changes.try_change`).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from flask import Response

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.tickets import (
    checklists,
    following,
    links,
    permissions,
    queries,
    service,
    time_spent,
)
from helpdesk.web.agent import door
from helpdesk.web.agent.tickets_changes import try_change
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow

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
Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
_SPENT = re.compile(r"(?:(\d{1,3})\s*(?:h|hours?|:)\s*)?(?:(\d{1,4})\s*(?:m|min|minutes?)?)?")


class Task(Body, frozen=True):
    text: Annotated[str, msgspec.Meta(max_length=400)]


class Tick(Body, frozen=True):
    done: bool = False


class Nothing(Body, frozen=True):
    """A button with nothing to say but where it stands."""


class Link(Body, frozen=True):
    """The other ticket by its number, or by what its page's address ends with."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    relation: Relation = "related_to"


class Follower(Body, frozen=True):
    user_id: Id | None = None


class Participant(Body, frozen=True):
    customer_id: Id


class Time(Body, frozen=True):
    spent: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


@door.post("/tickets/<id:ticket_id>/tasks")
@allow("agent", "supervisor", "admin")
def add_task(ticket_id: str) -> Response:
    body = form_body(Task)
    return try_change(
        ticket_id,
        lambda work: checklists.add_item(work, service.hold(work, ticket_id), body.text),
    )


@door.post("/tickets/<id:ticket_id>/tasks/<id:item_id>")
@allow("agent", "supervisor", "admin")
def tick_task(ticket_id: str, item_id: str) -> Response:
    body = form_body(Tick)
    return try_change(
        ticket_id,
        lambda work: checklists.change_item(
            work, service.hold(work, ticket_id), item_id, done=body.done
        ),
    )


@door.post("/tickets/<id:ticket_id>/tasks/<id:item_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_task(ticket_id: str, item_id: str) -> Response:
    form_body(Nothing)
    return try_change(
        ticket_id,
        lambda work: checklists.remove_item(work, service.hold(work, ticket_id), item_id),
    )


@door.post("/tickets/<id:ticket_id>/links")
@allow("agent", "supervisor", "admin")
def add_ticket_link(ticket_id: str) -> Response:
    body = form_body(Link)

    def change(work: Work) -> None:
        number = queries.read_number(body.number)
        found = queries.find_by_number(work, number) if number is not None else None
        if found is None:
            raise Invalid(fields={"number": "There is no such ticket."})
        other = permissions.get_visible(work, found.id)
        links.link(work, permissions.get_visible(work, ticket_id), other, body.relation)

    return try_change(ticket_id, change)


@door.post("/tickets/<id:ticket_id>/links/<id:link_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_ticket_link(ticket_id: str, link_id: str) -> Response:
    form_body(Nothing)
    return try_change(
        ticket_id,
        lambda work: links.unlink(work, permissions.get_visible(work, ticket_id), link_id),
    )


@door.post("/tickets/<id:ticket_id>/followers")
@allow("agent", "supervisor", "admin")
def follow_ticket(ticket_id: str) -> Response:
    """Without `user_id` the reader follows."""
    body = form_body(Follower)
    return try_change(
        ticket_id,
        lambda work: following.follow(
            work,
            permissions.get_visible(work, ticket_id),
            body.user_id or work.actor.id,
            why="added" if body.user_id else "asked",
        ),
    )


@door.post("/tickets/<id:ticket_id>/followers/<id:user_id>/remove")
@allow("agent", "supervisor", "admin")
def unfollow_ticket(ticket_id: str, user_id: str) -> Response:
    form_body(Nothing)
    return try_change(
        ticket_id,
        lambda work: following.unfollow(work, permissions.get_visible(work, ticket_id), user_id),
    )


@door.post("/tickets/<id:ticket_id>/participants")
@allow("agent", "supervisor", "admin")
def add_ticket_participant(ticket_id: str) -> Response:
    body = form_body(Participant)
    return try_change(
        ticket_id,
        lambda work: following.add_participant(
            work, service.hold(work, ticket_id), body.customer_id
        ),
    )


@door.post("/tickets/<id:ticket_id>/participants/<id:customer_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_ticket_participant(ticket_id: str, customer_id: str) -> Response:
    form_body(Nothing)
    return try_change(
        ticket_id,
        lambda work: following.remove_participant(
            work, permissions.get_visible(work, ticket_id), customer_id
        ),
    )


@door.post("/tickets/<id:ticket_id>/time")
@allow("agent", "supervisor", "admin")
def add_ticket_time(ticket_id: str) -> Response:
    body = form_body(Time)
    return try_change(
        ticket_id,
        lambda work: time_spent.add_time(
            work,
            permissions.get_visible(work, ticket_id),
            read_spent(body.spent),
            text=body.note,
        ),
    )


@door.post("/tickets/<id:ticket_id>/time/<id:entry_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_ticket_time(ticket_id: str, entry_id: str) -> Response:
    form_body(Nothing)
    return try_change(
        ticket_id,
        lambda work: time_spent.remove_time(
            work, permissions.get_visible(work, ticket_id), entry_id
        ),
    )


def read_spent(text: str) -> int:
    """Seconds out of `20`, `20 min`, `1 h 20` or `1:20`; a bare number is minutes."""
    found = _SPENT.fullmatch(text.strip().lower())
    hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0)
    seconds = hours * 3600 + minutes * 60
    if not 60 <= seconds <= time_spent.MOST_SECONDS:
        raise Invalid(fields={"spent": "Write minutes, or a time like 1 h 20."})
    return seconds
