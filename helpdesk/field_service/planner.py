"""The process that makes a day better: told a plan by JSON, it answers routes. Small and alone.

It knows no database and no network, works under limits of processor and memory, and may be killed
at any time. What it answers is checked again by whoever started it. Started by
`workflows.planning_making`; not for repairs, which are made where they are wanted.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import Any

from helpdesk.core import clock
from helpdesk.field_service import plan_json, solver, vroom
from helpdesk.field_service.plan import Plan, Travel
from helpdesk.field_service.weights import Weights

# Five minutes of driving are worth a visit with another technician, and half of it another time.
CALM = Weights(technician=300, time=150)
CPU_S = 120
MEMORY_BYTES = 1_500_000_000


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a library that prints must not spoil an answer
    order = json.load(sys.stdin)
    answers.write(json.dumps(serve(order)).encode() + b"\n")


def serve(order: dict[str, Any]) -> dict[str, Any]:
    plan, travel = plan_json.from_json(order["plan"])
    made, engine = solve(plan, travel, seconds=order["seconds"], budget=order["budget"])
    return {"routes": plan_json.routes_to_json(made), "engine": engine}


def solve(plan: Plan, travel: Travel, *, seconds: float, budget: int | None) -> tuple[Plan, str]:
    """A plan at least as good, within so many seconds, and who found it."""
    started = clock.monotonic()

    def spent() -> float:
        return (clock.monotonic() - started) / seconds

    planned = len({job.id for _, job in plan.stops()})
    free = budget is None or budget >= planned  # a plan from scratch may be asked for
    outer = vroom.Vroom() if free and vroom.is_here() else None
    made = solver.optimised(
        plan,
        travel,
        outer,
        seconds / 2,
        spent=spent,
        weights=CALM,
        change_budget=None if free else budget,
    )
    return made, "own" if outer is None else "vroom, own"


if __name__ == "__main__":
    main()
