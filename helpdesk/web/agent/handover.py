"""Handing a conversation on: to a queue or a colleague, a question to one, taking it over.

The button's press is a JSON request; what it means is `helpdesk.workflows.desk`.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from helpdesk.channels import queries
from helpdesk.core.work import Work, begin, reading
from helpdesk.routing import waits
from helpdesk.routing.queries import agents_now, queues
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.bodies import Body, json_body
from helpdesk.web.doors import allow
from helpdesk.workflows import desk as workflow
from helpdesk.workflows import linking

Id = Annotated[str, msgspec.Meta(min_length=36, max_length=36)]
STATES = {
    "free": "Free",
    "offered": "Is being asked",
    "in_contact": "In a conversation",
    "wrap_up": "Wrapping up",
    "break": "On a break",
    "training": "In training",
    "not_responding": "Not responding",
    "gone": "Connection lost",
    "offline": "Offline",
}
_ORDER = tuple(STATES)


class Transfer(Body, frozen=True):
    to_queue: Id | None = None
    to_agent: Id | None = None
    note: Annotated[str, msgspec.Meta(max_length=4000)] = ""


class Question(Body, frozen=True):
    user_id: Id
    question: Annotated[str, msgspec.Meta(max_length=300)] = ""


class Link(Body, frozen=True):
    customer_id: Id


@door.get("/targets")
@allow("agent", "supervisor", "admin")
def targets() -> dict[str, Any]:
    """Queues with how many wait there, and colleagues, the free ones first."""
    with reading(doors.actor()) as work:
        lengths = waits.lengths(work)
        return {
            "queues": [
                {"id": queue.id, "name": queue.name, "waiting": lengths.get(queue.id, 0)}
                for queue in queues(work, active_only=True)
            ],
            "people": colleagues(work),
        }


def colleagues(work: Work) -> list[dict[str, Any]]:
    people = sorted(agents_now(work), key=lambda a: (_place(a.state), a.name.lower()))
    return [
        {
            "id": a.id,
            "name": a.name,
            "state": a.state,
            "word": STATES.get(a.state, a.presence_label),
        }
        for a in people
        if a.id != work.actor.id
    ]


def _place(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)


@door.get("/people")
@allow("agent", "supervisor", "admin")
def people() -> dict[str, Any]:
    """Names of colleagues, for messages of people not met on this page before."""
    with reading(doors.actor()) as work:
        return {"people": {a.id: a.name for a in agents_now(work)}}


@door.post("/conversations/<id:conversation_id>/transfer")
@allow("agent", "supervisor", "admin")
def transfer(conversation_id: str) -> dict[str, Any]:
    body = json_body(Transfer)
    with begin(doors.actor()) as work:
        workflow.transfer(
            work, conversation_id, to_queue=body.to_queue, to_agent=body.to_agent, note=body.note
        )
    return {}


@door.post("/conversations/<id:conversation_id>/consult")
@allow("agent", "supervisor", "admin")
def consult(conversation_id: str) -> dict[str, Any]:
    body = json_body(Question)
    with begin(doors.actor()) as work:
        workflow.ask_consult(work, conversation_id, body.user_id, body.question)
    return {}


@door.post("/conversations/<id:conversation_id>/take-over")
@allow("agent", "supervisor", "admin")
def take_over(conversation_id: str) -> dict[str, Any]:
    with begin(doors.actor()) as work:
        workflow.take_over(work, conversation_id)
    return {}


@door.post("/conversations/<id:conversation_id>/customer")
@allow("agent", "supervisor", "admin")
def link_customer(conversation_id: str) -> dict[str, Any]:
    """The conversation belongs to another record; answers which one it was on before."""
    body = json_body(Link)
    with begin(doors.actor()) as work:
        before = linking.link_customer(work, conversation_id, body.customer_id)
    return {"before": before}


@door.get("/canned")
@allow("agent", "supervisor", "admin")
def canned() -> dict[str, Any]:
    """The replies this agent may use; what is in braces is filled in by the browser, as text."""
    with reading(doors.actor()) as work:
        rows = queries.canned_replies(work, work.actor.team_ids)
        return {
            "items": [{"shortcut": r.shortcut, "title": r.title, "text": r.text} for r in rows],
            "agent": doors.reader().public_name,
        }
