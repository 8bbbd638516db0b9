"""A queue's rules, people and the arrivals of the last day as a file for `helpdesk simulate`.

So that somebody changes a figure in it and sees what a day like yesterday would have been. Queues
whose people may help come along with their people, but without work of their own.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import orjson
from flask import Response, make_response
from sqlalchemy import select

from helpdesk.core.work import Work, reading
from helpdesk.identity.models import User
from helpdesk.routing import queries, setup
from helpdesk.routing.models import AgentState, Assignment, Queue, QueueMember, WorkItem
from helpdesk.web import doors
from helpdesk.web.admin import door
from helpdesk.web.doors import allow

HOURS = 24
MOST_ITEMS = 50_000
USUAL_HANDLE_S = 420.0


@door.get("/queues/<id:queue_id>/scenario.json")
@allow("admin", "supervisor")
def queue_scenario(queue_id: str) -> Response:
    with reading(doors.actor()) as work:
        queue = setup.get_queue(work, queue_id)
        data = scenario_of(work, queue)
    response = make_response(orjson.dumps(data, option=orjson.OPT_INDENT_2))
    response.mimetype = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="{queue.slug}.json"'
    return response


def scenario_of(work: Work, queue: Queue) -> dict[str, Any]:
    """Plain values that `routing.scenario.Scenario.from_dict` reads."""
    all_queues = {row.id: row for row in queries.queues(work)}
    helping = {q for step in queue.relaxation for q in step.get("add_queues", ())}
    wanted = [queue.id, *sorted(helping & all_queues.keys())]
    slugs = {queue_id: all_queues[queue_id].slug for queue_id in wanted}
    skills = {row.id: row.name for row in queries.skills(work)}
    return {
        "queues": [_queue(all_queues[queue_id], skills, slugs) for queue_id in wanted],
        "streams": [_stream(work, queue)],
        "crews": _crews(work, slugs, skills),
        "answer_within_s": float(queue.target_s),
    }


def _queue(queue: Queue, skills: dict[str, str], slugs: dict[str, str]) -> dict[str, Any]:
    def named(levels: dict[str, int]) -> dict[str, int]:
        return {skills[skill]: level for skill, level in levels.items() if skill in skills}

    strategy: Any = queue.strategy
    if queue.strategy == "weighted":
        strategy = {"name": "weighted", **queue.weights}
    steps = [
        {
            "after": step["after_s"],
            "drop": [skills[skill] for skill in step["drop"] if skill in skills],
            "lower": named(step["lower"]),
            "add_queues": [slugs[q] for q in step["add_queues"] if q in slugs],
        }
        for step in queue.relaxation
    ]
    return {"id": queue.slug, "skills": named(queue.skills), "steps": steps, "strategy": strategy}


def _stream(work: Work, queue: Queue) -> dict[str, Any]:
    """Arrivals by the hour over the last day, and how long a contact took on average."""
    since = work.at - timedelta(hours=HOURS)
    starts = work.session.scalars(
        select(WorkItem.waiting_since)
        .where(WorkItem.queue_id == queue.id, WorkItem.ended_waiting_at > since)
        .order_by(WorkItem.ended_waiting_at.desc())
        .limit(MOST_ITEMS)
    )
    hours = Counter(int((at - since).total_seconds() // 3600) for at in starts if at >= since)
    recent = work.session.execute(
        select(Assignment.accepted_at, Assignment.finished_at)
        .where(Assignment.queue_id == queue.id, Assignment.finished_at > since)
        .order_by(Assignment.finished_at.desc())
        .limit(500)
    ).all()
    lengths = [(end - start).total_seconds() for start, end in recent if end]
    handle = sum(lengths) / len(lengths) if lengths else USUAL_HANDLE_S
    counts = [float(hours[hour]) for hour in range(HOURS)]
    return {
        "queue": queue.slug,
        "counts": counts if any(counts) else [6.0] * HOURS,
        "interval_s": 3600.0,
        "handle_s": max(1.0, round(handle, 1)),
    }


def _crews(work: Work, slugs: dict[str, str], skills: dict[str, str]) -> list[dict[str, Any]]:
    """People with the same queues, skills and capacity are one crew."""
    rows = work.session.execute(
        select(AgentState.user_id, AgentState.skills, AgentState.capacity, QueueMember.queue_id)
        .join(QueueMember, QueueMember.user_id == AgentState.user_id)
        .join(User, User.id == AgentState.user_id)
        .where(QueueMember.queue_id.in_(slugs), User.is_active, AgentState.is_active)
        .order_by(AgentState.user_id)
    ).all()
    served: dict[str, set[str]] = {}
    facts: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {}
    for user_id, levels, capacity, queue_id in rows:
        served.setdefault(user_id, set()).add(slugs[queue_id])
        known = sorted((skills[s], level) for s, level in levels.items() if s in skills)
        facts[user_id] = (tuple(known), tuple(sorted(capacity.items())))
    crews = Counter((*facts[user_id], tuple(sorted(served[user_id]))) for user_id in served)
    return [
        {
            "name": f"crew {number}",
            "size": size,
            "queues": list(queues),
            "skills": dict(levels),
            "slots": dict(capacity),
        }
        for number, ((levels, capacity, queues), size) in enumerate(crews.items(), 1)
    ]
