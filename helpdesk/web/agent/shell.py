"""What every screen of the desk stands in: bar, my work at the left, a subject, perhaps a side.

The first request draws the whole page; after that the browser asks for the parts alone (header
`X-Part: 1`), so that the socket stays open and an offer is seen wherever the agent is. Not for
what stands in the parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.identity.models import User
from helpdesk.notices.queries import counted_unread
from helpdesk.routing.models import AgentState
from helpdesk.routing.queries import presence_choices
from helpdesk.web import doors
from helpdesk.web.agent.work_pane import WorkPane, work_pane
from helpdesk.workflows import dialling


@dataclass(frozen=True, slots=True)
class Shell:
    """What the bar shows of the reader: presence as chosen, unanswered offers, what is new."""

    presence: str
    label: str
    looks: str  # which dot: the house state that an own state counts as
    not_responding: bool
    unread: int  # notices
    choices: list[tuple[str, str, str]]
    is_soundless: bool  # telephone calls come from the demo's exchange
    can_call: bool  # customers can be rung over a carrier


def shell_of(work: Work) -> Shell:
    choices = presence_choices(work)
    me = work.actor.id
    chosen, silent_since, unread = work.session.execute(
        select(AgentState.presence, AgentState.not_responding_at, counted_unread(work.actor))
        .select_from(User)
        .outerjoin(AgentState, AgentState.user_id == User.id)
        .where(User.id == me)
    ).one()
    presence = chosen or "offline"
    known = {code: (label, means) for code, label, means in choices}
    label, means = known.get(presence, (presence, "offline"))
    soundless = doors.settings().has_exchange
    return Shell(
        presence,
        label,
        means,
        silent_since is not None,
        unread,
        choices,
        soundless,
        dialling.can(work),
    )


def show(
    work: Work,
    body: str,
    *,
    title: str,
    area: str,
    side: str | None = None,
    focus: str = "conversation",
    pane: WorkPane | None = None,
    **values: Any,
) -> Response:
    """A screen of the desk: `body` and `side` are templates, `area` marks the bar's entry.

    `focus` is the pane that a narrow screen shows first.
    """
    values |= {"title": title, "area": area, "body": body, "side": side, "focus": focus}
    if request.headers.get("X-Part"):
        return doors.fragment("agent/part.html", **values)
    pane = pane or work_pane(work, work.actor.id)
    return doors.page("agent/page.html", shell=shell_of(work), pane=pane, **values)
