"""The port for a solver from outside: what planning asks of it, and what is done to its answer.

A solver need not know crews, dependencies, changes or soft limits. Jobs that need such things stay
out of its hands; what it answers is checked, and then improved by our own search. Not for any one
solver: `vroom` is an adapter.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from helpdesk.field_service import checking
from helpdesk.field_service.ground import Ground
from helpdesk.field_service.improving import improve
from helpdesk.field_service.plan import Place, Plan, Travel
from helpdesk.field_service.state import of_plan
from helpdesk.field_service.weights import DEFAULT, Weights


class Solver(Protocol):
    """Plans from scratch. The answer may be wrong: whoever asks checks it."""

    def solve(
        self, plan: Plan, places: Sequence[Place], table: Sequence[Sequence[int]], seconds: float
    ) -> Plan:
        """A plan with the same routes and jobs in about so many seconds of one core.

        `table` holds seconds from each of `places` to each. Stops that may not move stay where
        they are.
        """


def optimised(
    plan: Plan,
    travel: Travel,
    solver: Solver | None,
    seconds: float,
    *,
    seed: int = 1,
    rounds: int = 2000,
    spent: Callable[[], float] | None = None,
    weights: Weights = DEFAULT,
    change_budget: int | None = None,
) -> Plan:
    """The better of the plan and the solver's, improved: for "optimise the day".

    With a change budget, or without a solver, our own search works alone: a plan from scratch has
    nothing to do with the one before.
    """
    best = plan
    if solver is not None and change_budget is None:
        best = better(plan, from_solver(plan, travel, solver, seconds), travel, weights)
    return improve(
        best,
        travel,
        seed=seed,
        rounds=rounds,
        spent=spent,
        weights=weights,
        change_budget=change_budget,
    )


def from_solver(plan: Plan, travel: Travel, solver: Solver, seconds: float) -> Plan:
    """The solver's plan where the checker has nothing against it; else the plan as it was."""
    places = list(dict.fromkeys(_places(plan)))
    noon = min((r.shift.leaves for r in plan.routes.values()), default=0) + 4 * 3600
    made = solver.solve(plan, places, travel.table(places, noon), seconds)
    return plan if checking.faults(made, travel, plan) else made


def better(one: Plan, two: Plan, travel: Travel, weights: Weights) -> Plan:
    """The cheaper of two plans of the same jobs."""
    return min(one, two, key=lambda plan: price(plan, travel, weights))


def price(plan: Plan, travel: Travel, weights: Weights = DEFAULT) -> int:
    """What a plan costs in seconds of driving, changes aside."""
    return of_plan(Ground(plan, travel, weights)).cost


def _places(plan: Plan) -> list[Place]:
    shifts = [route.shift for route in plan.routes.values()]
    points = [place for shift in shifts for place in (shift.origin, shift.end)]
    return points + [job.place for job in plan.jobs().values()]
