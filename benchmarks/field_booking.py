"""A booking day: customers come one after the other, see windows, take one or go.

Every window the engine finds is offered. A request none of whose windows fits is asked again after
the near misses were solved anew; after each booking the plan is improved. What was promised stays.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from helpdesk.field_service import checking, slots, timing
from helpdesk.field_service.board import Board
from helpdesk.field_service.improving import improve
from helpdesk.field_service.plan import Job, Place, Plan, Route, Shift
from helpdesk.field_service.slots import Rules, Window
from helpdesk.field_service.travel import Plane

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
    found = offered(plan, job, windows, rounds, travel)
    liked = [found[str(w)] for w in request["accepts"] if str(w) in found]
    if not liked:
        return plan
    return improve(liked[int(request["u"] * len(liked))], travel, rounds=rounds, seed=n)


def offered(
    plan: Plan, job: Job, windows: list[Window], rounds: int, travel: Plane
) -> dict[str, Plan]:
    """Every window that can be promised, with the plan that holds it: by insertion into the plan,
    else by solving it anew."""
    board = Board.of(plan, travel)
    told = slots.offers(board, job, windows, 0, EVERY_WINDOW)
    found = {
        slot.window.id: plan.with_routes(*slots.accepted(board, job, slot)[1])
        for slot in told.items
    }
    for miss in slots.near_misses(board, job, told.missed, 0):
        inside = replace(job.within(miss.window.starts, miss.window.ends), promised=True)
        tried = improve(Plan(plan.routes, (inside,)), travel, rounds=rounds, seed=1)
        if not tried.unplanned:
            found[miss.window.id] = tried
    return found


def empty(data: dict[str, Any]) -> Plan:
    """The shifts, from home to home."""
    begins, ends = data["shift_s"]
    homes = [Place(one["y_km"], one["x_km"]) for one in data["technicians"]]
    shifts = [Shift(f"{n:02}", f"{n:02}", "", begins, ends, h, h) for n, h in enumerate(homes)]
    return Plan({shift.id: Route(shift) for shift in shifts})
