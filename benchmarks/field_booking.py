"""A booking day: customers come one after the other, see windows, take one or go.

Every window the engine finds is offered. A request none of whose windows fits is asked again after
the near misses were solved anew; after each booking the plan is improved. What was promised stays.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import Any

from helpdesk.field_service import checking, slots, timing
from helpdesk.field_service.board import Board
from helpdesk.field_service.improving import improve
from helpdesk.field_service.plan import Job, Place, Plan, Route, Shift
from helpdesk.field_service.slots import Rules, Window
from helpdesk.field_service.travel import Plane

HOT = float(os.environ.get("HOT", "0.0005"))
NEAR = os.environ.get("NEAR", "1") == "1"
EVERY_WINDOW = Rules(most=99, spread_s=None)


@dataclass(frozen=True)
class Day:
    accepted: int
    minutes: float
    faults: int
    took: float


def day(data: dict[str, Any], rounds: int) -> Day:
    """One day, booked to its end."""
    begun, travel = time.process_time(), Plane()
    windows = [Window(str(n), *span) for n, span in enumerate(data["windows_s"])]
    plan = empty(data)
    for n, request in enumerate(data["requests"]):
        plan = booked(plan, request, n, windows, rounds, travel)
    plan = improve(plan, travel, rounds=20 * rounds, seed=1)
    visits = sum(len(route.jobs) for route in plan.routes.values())
    driving = sum(one.travel_s for one in timing.days(plan, travel).values())
    faults = len(checking.faults(plan, travel)) + len(plan.unplanned)
    return Day(visits, driving / 60 / max(visits, 1), faults, time.process_time() - begun)


def booked(
    plan: Plan, request: dict[str, Any], n: int, windows: list[Window], rounds: int, travel: Plane
) -> Plan:
    """The plan after one request, whatever came of it."""
    job = Job(f"{n:03}", Place(request["y_km"], request["x_km"]), request["duration_s"], 0, 86_400)
    board = Board.of(plan, travel)
    told = slots.offers(board, job, windows, 0, EVERY_WINDOW)
    wanted = [str(w) for w in request["accepts"]]
    found = {slot.window.id: slot for slot in told.items}
    liked = [found[w] for w in wanted if w in found]
    if liked:
        chosen = liked[int(request["u"] * len(liked))]
        after = plan.with_routes(*slots.accepted(board, job, chosen)[1])
        return improve(after, travel, rounds=rounds, seed=n, hot=HOT)
    missed = [window for window in told.missed if window.id in wanted]
    opened = _opened(board, job, missed, rounds)
    if NEAR and opened:
        return opened[int(request["u"] * len(opened))]
    return plan


def _opened(board: Board, job: Job, missed: list[Window], rounds: int) -> list[Plan]:
    """The windows that solving anew opens, each with the plan that holds it."""
    found = []
    for miss in slots.near_misses(board, job, missed, 0):
        inside = replace(job.within(miss.window.starts, miss.window.ends), promised=True)
        asked = Plan(board.plan.routes, (inside,))
        tried = improve(asked, board.travel, rounds=rounds, seed=1, hot=HOT)
        if not tried.unplanned:
            found.append((missed.index(miss.window), tried))
    return [tried for _, tried in sorted(found, key=lambda one: one[0])]


def empty(data: dict[str, Any]) -> Plan:
    """The shifts, from home to home."""
    begins, ends = data["shift_s"]
    homes = [Place(one["y_km"], one["x_km"]) for one in data["technicians"]]
    shifts = [Shift(f"{n:02}", f"{n:02}", "", begins, ends, h, h) for n, h in enumerate(homes)]
    return Plan({shift.id: Route(shift) for shift in shifts})
