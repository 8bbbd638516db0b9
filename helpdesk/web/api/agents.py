"""Agents over the API: who is there, what they can do and take, and their presence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select

from helpdesk.core.errors import Forbidden, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.routing import setup
from helpdesk.routing.models import AgentState, Queue, QueueMember, Skill
from helpdesk.routing.queries import AgentNow, agents_now
from helpdesk.web.api.base import ADMIN, DESK, operation
from helpdesk.web.api.shapes import Id, Level, Listed, Paged, View, listed, page_of_few
from helpdesk.web.bodies import Body
from helpdesk.workflows import desk

Channel = Literal["chat", "call", "sms", "form", "email", "callback", "ticket"]
Slots = Annotated[int, Meta(ge=0, le=20)]


class AgentView(View):
    """One person on the desk.

    `presence` is what they chose, `connected` whether a desk of theirs is open, `state` what they
    do now. `skills` maps skill ids to levels, `capacity` channels to how much at once.
    """

    id: str
    name: str
    presence: str
    since: datetime
    connected: bool
    not_responding: bool
    state: str
    contacts: int
    wrap_ups: int
    offers: int
    taken_today: int
    skills: dict[str, int]
    capacity: dict[str, int]
    queue_ids: list[str]
    version: int


class AgentChange(Body, frozen=True):
    """What is named takes the place of the former; a level of 0 is no skill."""

    skills: Annotated[dict[Id, Level], Meta(max_length=200)] | UnsetType = UNSET
    capacity: dict[Channel, Slots] | UnsetType = UNSET
    queue_ids: Annotated[list[Id], Meta(max_length=200)] | UnsetType = UNSET


class PresenceAsked(Body, frozen=True):
    """available, break, training, offline or a state of the installation's own."""

    state: Annotated[str, Meta(min_length=1, max_length=30, examples=["available"])]


@operation("GET", "/agents", who=DESK, query=Paged, gives=Listed[AgentView])
def list_agents(work: Work, query: Paged) -> Listed[AgentView]:
    """List the people on the desk by name, with what they do now."""
    page = page_of_few(agents_now(work), query, lambda a: (a.name, a.id))
    return listed(page, _views(work, page.items))


@operation("GET", "/agents/<id:agent_id>", who=DESK, gives=AgentView)
def get_agent(work: Work, agent_id: str) -> AgentView:
    """Get one agent."""
    return _one(work, agent_id)


@operation("PATCH", "/agents/<id:agent_id>", who=ADMIN, body=AgentChange, gives=AgentView)
def change_agent(work: Work, agent_id: str, body: AgentChange) -> AgentView:
    """Set an agent's skills, capacity or queues."""
    _one(work, agent_id)
    if body.skills is not UNSET:
        require_known(work, Skill, list(body.skills), "skills")
        setup.set_skills(work, agent_id, body.skills)
    if body.capacity is not UNSET:
        capacity: dict[str, int] = {str(channel): count for channel, count in body.capacity.items()}
        setup.set_capacity(work, agent_id, capacity)
    if body.queue_ids is not UNSET:
        require_known(work, Queue, body.queue_ids, "queue_ids")
        setup.set_queues_of(work, agent_id, body.queue_ids)
    routing.look_for_work(work, agent_id)
    return _one(work, agent_id)


@operation("PUT", "/agents/<id:agent_id>/presence", who=DESK, body=PresenceAsked, gives=AgentView)
def set_presence(work: Work, agent_id: str, body: PresenceAsked) -> AgentView:
    """Choose a presence, for oneself; supervisors for anybody.

    Being available is not enough to get work: a desk must be open too (see `connected`).
    """
    if agent_id == work.actor.id:
        desk.set_presence(work, body.state)
        return _one(work, agent_id)
    if not work.actor.is_supervisor:
        raise Forbidden("You can set your own presence. Ask a supervisor for others.")
    before = _one(work, agent_id).presence
    desk.set_presence(work, body.state, agent_id)
    work.audit("agent.presence_set", "user", agent_id, before=before, after=body.state)
    return _one(work, agent_id)


def require_known(
    work: Work, table: type[Skill] | type[Queue], ids: Sequence[str], field: str
) -> None:
    """Invalid when one of the ids leads nowhere."""
    if ids and set(ids) - set(work.session.scalars(select(table.id).where(table.id.in_(ids)))):
        raise Invalid(fields={field: "One of these does not exist."})


def _one(work: Work, agent_id: str) -> AgentView:
    work.session.flush()
    found = [row for row in agents_now(work) if row.id == agent_id]
    if not found:
        raise NotFound
    return _views(work, found)[0]


def _views(work: Work, rows: Sequence[AgentNow]) -> list[AgentView]:
    ids = [row.id for row in rows]
    states = {
        state.user_id: state
        for state in work.session.scalars(select(AgentState).where(AgentState.user_id.in_(ids)))
    }
    served: dict[str, list[str]] = defaultdict(list)
    for user_id, queue_id in work.session.execute(
        select(QueueMember.user_id, QueueMember.queue_id)
        .where(QueueMember.user_id.in_(ids))
        .order_by(QueueMember.queue_id)
    ):
        served[user_id].append(queue_id)
    return [
        AgentView(
            id=row.id,
            name=row.name,
            presence=row.presence,
            since=row.since,
            connected=row.connected,
            not_responding=row.not_responding,
            state=row.state,
            contacts=row.contacts,
            wrap_ups=row.wrap_ups,
            offers=row.offers,
            taken_today=row.taken_today,
            skills=states[row.id].skills,
            capacity=states[row.id].capacity,
            queue_ids=served[row.id],
            version=states[row.id].version,
        )
        for row in rows
    ]
