"""Canned replies over the API: those one may use, and wording them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from helpdesk.channels import canned, queries
from helpdesk.channels.models import CannedReply
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.identity import teams
from helpdesk.web.api.base import DESK, SUPERVISE, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import (
    Id,
    Listed,
    Paged,
    Query,
    Version,
    View,
    given,
    listed,
    page_of_few,
)
from helpdesk.web.bodies import Body

Shortcut = Annotated[str, Meta(min_length=1, max_length=41, examples=["refund"])]
Title = Annotated[str, Meta(min_length=1, max_length=80)]
Words = Annotated[str, Meta(min_length=1, max_length=4000, examples=["Dear {name}, thank you."])]


class CannedReplyView(View):
    """A text that agents insert by its shortcut; without `team_id` it is everybody's.

    `{name}` and `{agent}` stand for the customer's name and the agent's.
    """

    id: str
    shortcut: str
    title: str
    text: str
    team_id: str | None
    version: int


class NewReply(Body, frozen=True):
    shortcut: Shortcut
    title: Title
    text: Words
    team_id: Id | None = None


class ReplyChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    shortcut: Shortcut | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    text: Words | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET


class VersionAsked(Query):
    version: Annotated[Version | UnsetType, Meta(description="The version you have read.")] = UNSET


@operation("GET", "/canned-replies", who=DESK, query=Paged, gives=Listed[CannedReplyView])
def list_canned_replies(work: Work, query: Paged) -> Listed[CannedReplyView]:
    """List canned replies by shortcut.

    Agents see everybody's and those of their teams, supervisors and administrators all.
    """
    everything = canned.may_edit(work)
    rows = (
        canned.every_reply(work)
        if everything
        else queries.canned_replies(work, work.actor.team_ids)
    )
    page = page_of_few(rows, query, lambda row: (row.shortcut, row.id))
    return listed(page, [_view(row) for row in page.items])


@operation(
    "POST", "/canned-replies", who=SUPERVISE, body=NewReply, gives=CannedReplyView, status=201
)
def add_canned_reply(work: Work, body: NewReply) -> CannedReplyView:
    """Add a canned reply."""
    _require_team(work, body.team_id)
    return _view(canned.create_reply(work, **given(body)))


@operation("GET", "/canned-replies/<id:reply_id>", who=DESK, gives=CannedReplyView)
def get_canned_reply(work: Work, reply_id: str) -> CannedReplyView:
    """Get one canned reply."""
    reply = canned.get_reply(work, reply_id)
    if not canned.may_edit(work) and reply.team_id not in (None, *work.actor.team_ids):
        raise NotFound
    return _view(reply)


@operation(
    "PATCH",
    "/canned-replies/<id:reply_id>",
    who=SUPERVISE,
    body=ReplyChange,
    gives=CannedReplyView,
    versioned=True,
)
def change_canned_reply(work: Work, reply_id: str, body: ReplyChange) -> CannedReplyView:
    """Change a canned reply."""
    changes: dict[str, Any] = given(body, "version")
    _require_team(work, changes.get("team_id"))
    values = {**canned.facts_of(canned.get_reply(work, reply_id)), **changes}
    version = version_asked(body.version)
    return _view(canned.change_reply(work, reply_id, version=version, **values))


@operation(
    "DELETE",
    "/canned-replies/<id:reply_id>",
    who=SUPERVISE,
    query=VersionAsked,
    versioned=True,
)
def remove_canned_reply(work: Work, reply_id: str, query: VersionAsked) -> None:
    """Remove a canned reply."""
    canned.remove_reply(work, reply_id, version=version_asked(query.version))


def _require_team(work: Work, team_id: str | None) -> None:
    if not team_id:
        return
    try:
        teams.get_team(work, team_id)
    except NotFound:
        raise Invalid(fields={"team_id": "There is no such team."}) from None


def _view(row: CannedReply) -> CannedReplyView:
    names = CannedReplyView.__struct_fields__
    return CannedReplyView(**{name: getattr(row, name) for name in names})
