"""Plans get better and days are mended without breaking what must hold, or it is said."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings

from helpdesk.field_service import checking, difference, solver, timing, vroom
from helpdesk.field_service.happening import (
    Cancelled,
    Emergency,
    Happening,
    Ill,
    NoShow,
    Overrun,
    Traffic,
)
from helpdesk.field_service.improving import changed, improve
from helpdesk.field_service.plan import Place, Plan, Route, Travel
from helpdesk.field_service.repairing import repair
from helpdesk.field_service.weights import Weights
from tests.field_service.days import (
    EVEN,
    HOUR,
    MONDAY,
    PACED,
    at,
    job,
    plan,
    random_job,
    random_plan,
    seeds,
    shift,
)

TOLD = Weights(technician=600, time=300)


def driving(made: Plan, travel: Travel) -> int:
    return sum(day.travel_s for day in timing.days(made, travel).values())


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_an_improved_plan_may_stand_and_costs_no_more(seed: int) -> None:
    rng = random.Random(seed)
    travel = rng.choice((EVEN, PACED))
    made = random_plan(rng, travel)
    loose = tuple(random_job(rng, f"new{n}") for n in range(3))
    before = Plan(made.routes, loose)
    better = improve(before, travel, rounds=30, seed=seed)
    assert checking.faults(better, travel, before) == []
    assert solver.price(better, travel) <= solver.price(before, travel)
    assert better == improve(before, travel, rounds=30, seed=seed)


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_no_more_visits_are_moved_than_may_be(seed: int) -> None:
    rng = random.Random(seed)
    made = random_plan(rng, EVEN, technicians=4, days=1)
    better = improve(made, EVEN, rounds=50, seed=seed, change_budget=2, weights=TOLD)
    assert checking.faults(better, EVEN, made) == []
    told = difference.difference(made, better, EVEN)
    assert told.moved() <= changed(made, better, EVEN, TOLD) <= 2


def test_it_ends_when_enough_was_spent_and_stops_that_may_not_move_stay() -> None:
    stops = tuple(job(f"j{n}", n % 3 * 5, n) for n in range(6))
    made = plan(Route(shift("ann"), stops, frozen=2), Route(shift("bob")))
    told = iter([0.0, 0.5, 1.0])
    better = improve(made, EVEN, spent=lambda: next(told))
    assert better.routes["0/ann"].jobs[:2] == stops[:2]
    assert driving(better, EVEN) < driving(made, EVEN)


def test_a_crew_and_what_waits_for_it_are_planned_from_nothing() -> None:
    loose = (
        job("both", 2, 2, crew=2, earliest=at(10)),
        job("after", 1, 1, after=("both",)),
        job("first", 1, 2),
    )
    made = plan(Route(shift("ann")), Route(shift("bob")), unplanned=loose)
    better = improve(made, EVEN, rounds=80)
    assert better.unplanned == ()
    assert checking.faults(better, EVEN, made) == []


def test_lateness_and_a_preferred_technician_are_weighed() -> None:
    asked = job("asked", 1, 0, prefers="bob", soft_latest=at(9))
    long = job("long", 0, 0, duration_s=3 * HOUR)
    made = plan(Route(shift("ann"), (long, asked)), Route(shift("bob")))
    better = improve(made, EVEN, rounds=40)
    assert better.shifts_of("asked") == ("0/bob",)


@pytest.mark.skipif(not vroom.is_here(), reason="pyvroom is not installed")
def test_a_solver_from_outside_is_checked_and_improved() -> None:
    rng = random.Random(5)
    shifts = [shift(f"t{n}", start=Place(n, n), end=Place(n, n)) for n in range(3)]
    loose = tuple(replace(random_job(rng, f"j{n}"), crew=1) for n in range(9))
    held = job("both", 3, 3, crew=2)
    made = plan(*(Route(one) for one in shifts), unplanned=(*loose, held))
    quick = solver.from_solver(made, EVEN, vroom.Vroom(), 1)
    assert checking.faults(quick, EVEN, made) == []
    assert held in quick.unplanned
    whole = solver.optimised(made, EVEN, vroom.Vroom(), 1, rounds=60)
    assert checking.faults(whole, EVEN, made) == []
    assert whole.shifts_of("both")


def test_an_answer_that_breaks_rules_is_not_taken() -> None:
    class Wrong:
        def solve(self, plan: Plan, places: object, table: object, seconds: float) -> Plan:
            return Plan({s: Route(r.shift) for s, r in plan.routes.items()})

    made = plan(Route(shift("ann"), (job("a", 1, 1, promised=True),)))
    assert solver.from_solver(made, EVEN, Wrong(), 1) == made
    assert solver.optimised(made, EVEN, Wrong(), 1, rounds=5) == made


def event_of(rng: random.Random, made: Plan) -> Happening | None:
    routes = [route for route in made.routes.values() if route.jobs]
    if not routes:
        return None
    route = rng.choice(routes)
    one = rng.choice(route.jobs)
    urgent = replace(random_job(rng, "urgent"), crew=1, priority=1, latest=at(16))
    return rng.choice(
        (
            Overrun(route.shift.id, route.shift.leaves + rng.randint(600, 9000)),
            Cancelled(one.id),
            NoShow(one.id),
            Emergency(urgent),
            Ill(frozenset({route.shift.id})),
            Traffic(rng.choice((1.2, 1.6))),
        )
    )


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_a_mended_day_may_stand_and_no_promise_is_broken_in_silence(seed: int) -> None:
    rng = random.Random(seed)
    travel = rng.choice((EVEN, PACED))
    made = random_plan(rng, travel, technicians=3, days=1)
    event = event_of(rng, made)
    if event is None:
        return
    mended = repair(made, event, travel)
    # Nothing can be mended where even the way home takes too long.
    driven = {s: route for s, route in mended.plan.routes.items() if route.jobs}
    assert checking.faults(Plan(driven, mended.plan.unplanned), mended.travel) == []
    lines = {line.job_id: line for line in mended.difference.lines}
    starts = {
        stop.job_id: stop.starts
        for day in timing.days(mended.plan, mended.travel).values()
        for stop in day.stops
    }
    gone = {event.job_id} if isinstance(event, Cancelled | NoShow) else set()
    for _, one in made.stops():
        if one.promised and one.id not in gone:
            kept = one.id in starts and one.earliest <= starts[one.id] <= one.latest
            assert kept or (lines[one.id].at_risk and lines[one.id].warn_customer)
    again = repair(made, event, travel)
    assert (again.plan, again.difference) == (mended.plan, mended.difference)


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_all_lines_accepted_are_the_new_plan_and_a_part_is_checked(seed: int) -> None:
    rng = random.Random(seed)
    made = random_plan(rng, EVEN, technicians=3, days=1)
    event = event_of(rng, made)
    if event is None or isinstance(event, Traffic):
        return
    mended = repair(made, event, EVEN)
    told = mended.difference
    whole = difference.apply(made, mended.plan, {line.job_id for line in told.lines}, EVEN, told)
    assert whole.plan.routes == mended.plan.routes
    assert {job.id for job in whole.plan.unplanned} == {job.id for job in mended.plan.unplanned}
    none = difference.apply(made, made, (), EVEN, difference.difference(made, made, EVEN))
    assert none == difference.Applied(made, ())
    part = difference.apply(made, mended.plan, {line.job_id for line in told.lines[:1]}, EVEN, told)
    seen = {job.id for job in part.plan.unplanned} | {job.id for _, job in part.plan.stops()}
    assert seen >= {job.id for _, job in made.stops()} - {line.job_id for line in told.lines[:1]}


def test_a_difference_says_who_is_to_be_warned() -> None:
    told_time = job("told", 1, 0, earliest=at(8), latest=at(9), promised=True)
    made = plan(Route(shift("ann"), (told_time,)), Route(shift("bob")))
    mended = repair(made, Ill(frozenset({"0/ann"})), EVEN)
    (line,) = mended.difference.lines
    assert (line.kind, line.why, line.warn_technicians) == ("technician", "ill", ("ann", "bob"))
    assert not line.warn_customer
    assert mended.difference.moved() == 1
    late = repair(made, Overrun("0/ann", at(9.5)), EVEN).difference.lines[0]
    assert late.after is not None
    assert late.after.technicians == ("bob",)
    alone = plan(made.routes["0/ann"])
    (broken,) = repair(alone, Overrun("0/ann", at(9.5)), EVEN).difference.lines
    assert broken.at_risk
    assert broken.warn_customer
    assert broken.late_s > 1800
    (gone,) = repair(alone, Cancelled("told"), EVEN).difference.lines
    assert gone.kind == "gone"


def test_what_does_not_fit_makes_another_visit_move() -> None:
    """Ann alone can do the urgent job and is busy; Bob takes over what she had."""
    busy = job("busy", 1, 0, duration_s=6 * HOUR, priority=4)
    urgent = job(
        "urgent", 1, 1, skills={"boiler": 2}, priority=1, latest=at(9), duration_s=4 * HOUR
    )
    made = plan(Route(shift("ann"), (busy,)), Route(shift("bob", skills={})))
    mended = repair(made, Emergency(urgent), EVEN)
    assert mended.plan.shifts_of("urgent") == ("0/ann",)
    assert mended.plan.shifts_of("busy") == ("0/bob",)
    assert {line.kind for line in mended.difference.lines} == {"in", "technician"}
    assert at(8) > MONDAY
