"""The wallboard: four numbers, one graph and one list for a screen at the end of the room.

It asks for its figures by itself instead of holding a socket: a screen on the wall is nobody's desk
and must not count as one.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy import select

from helpdesk.core.work import Work, reading
from helpdesk.routing.models import WorkItem
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.floor import door
from helpdesk.web.floor.floor_view import FORMULAS, FloorView, floor_view
from helpdesk.web.presenting import duration

STEP_S = 900
STEPS = 24
MOST_COUNTED = 20_000


@door.get("/wall")
@allow("supervisor", "admin")
def wall() -> Response:
    with reading(doors.actor()) as work:
        view = floor_view(work)
        return doors.page(
            "floor/wall.html",
            floor=view,
            figures=figures(view),
            formulas=FORMULAS,
            arrivals=arrivals(work),
        )


@door.get("/wall/now")
@allow("supervisor", "admin")
def wall_now() -> dict[str, Any]:
    with reading(doors.actor()) as work:
        view = floor_view(work)
        return {
            "at": view.at.isoformat(),
            "figures": figures(view),
            "queues": [
                {
                    "name": q.name,
                    "waiting": q.waiting + q.offered - q.lying,
                    "longest": duration(q.longest_wait_s),
                    "free": q.agents_free,
                    "late": q.longest_wait_s > q.target_s,
                }
                for q in view.queues
            ],
            "arrivals": arrivals(work),
        }


def figures(view: FloorView) -> dict[str, dict[str, str]]:
    """The four tiles: value, note under it, and whether it is worrying."""
    total = view.total
    worst = max((q.target_s for q in view.queues), default=60)
    level, target = total.service_level, max((q.target_percent for q in view.queues), default=80)
    return {
        "waiting": {
            "value": str(total.waiting),
            "note": f"{total.in_contact} being served"
            + (f", {total.lying} written" if total.lying else ""),
            "state": "warning" if total.waiting > max(1, total.free) else "",
        },
        "longest": {
            "value": duration(total.longest_wait_s),
            "note": f"target {duration(worst)}",
            "state": "danger" if total.longest_wait_s > 2 * worst
            else "warning" if total.longest_wait_s > worst else "",
        },
        "service_level": {
            "value": "–" if level is None else f"{level:.0%}".replace("%", " %"),
            "note": f"target {target} %, last 24 hours",
            "state": "warning" if level is not None and level * 100 < target else "",
        },
        "agents": {
            "value": str(total.free),
            "note": f"of {total.on_duty} on duty",
            "state": "danger" if total.waiting and not total.on_duty else "",
        },
    }  # fmt: skip


def arrivals(work: Work) -> dict[str, list[int]]:
    """How many began to wait in each quarter of an hour, and how many of them left."""
    last = int(work.at.timestamp()) // STEP_S * STEP_S
    first = last - (STEPS - 1) * STEP_S
    rows = work.session.execute(
        select(WorkItem.waiting_since, WorkItem.state, WorkItem.answered_queue_id)
        .where(WorkItem.waiting_since > work.at - timedelta(seconds=STEPS * STEP_S))
        .limit(MOST_COUNTED)
    ).all()
    came: Counter[int] = Counter()
    left: Counter[int] = Counter()
    for since, state, answered_in in rows:
        step = int(since.timestamp()) // STEP_S * STEP_S
        came[step] += 1
        left[step] += state == "left" and answered_in is None
    times = list(range(first, last + 1, STEP_S))
    return {"at": times, "came": [came[t] for t in times], "left": [left[t] for t in times]}
