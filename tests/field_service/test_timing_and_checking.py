"""When things happen on a route, and what the checker objects to."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from helpdesk.field_service import checking, slots, timing
from helpdesk.field_service.board import Board
from helpdesk.field_service.plan import Break, Job, Place, Plan, Route
from helpdesk.field_service.slots import Window
from helpdesk.field_service.travel import Band, Bands, GreatCircle, Plane
from tests.field_service.days import (
    EVEN,
    HOUR,
    MONDAY,
    PACED,
    at,
    job,
    plan,
    random_plan,
    seeds,
    shift,
)


class Answers:
    """A travel that says nothing but seconds, as a routing server would."""

    source = "router"

    def __init__(self, travel: Plane) -> None:
        self.travel = travel

    def seconds(self, a: Place, b: Place, at: int) -> int:
        return self.travel.seconds(a, b, at)

    def table(self, places: list[Place], at: int) -> list[list[int]]:
        return self.travel.table(places, at)


def kinds(made: Plan, before: Plan | None = None) -> set[str]:
    return {fault.kind for fault in checking.faults(made, EVEN, before)}


def test_a_route_tells_arrivals_waits_and_the_break_where_it_costs_nothing() -> None:
    lunch = Break(at(11), at(13), 1800)
    first = job("first", 4, 0, earliest=at(9), latest=at(10))
    second = job("second", 4, 0, earliest=at(12), latest=at(14))
    told = timing.day(Route(shift("ann", breaks=(lunch,)), (first, second)), EVEN)
    assert [(s.starts, s.wait_s) for s in told.stops] == [(at(9), 3600 - 555), (at(12), 1800)]
    assert told.pauses == ((at(11), at(11.5)),)
    assert told.stops[1].break_s == 1800
    assert told.home_at == at(13) + 555
    assert told.travel_s == 1110
    assert not told.late


def test_a_route_that_can_not_hold_its_limits_is_told_late() -> None:
    first = job("first", duration_s=4 * HOUR)
    second = job("second", latest=at(11))
    told = timing.day(Route(shift("ann"), (first, second)), EVEN)
    assert told.late
    assert told.stops[1].starts == at(12)
    assert timing.slack(Route(shift("ann"), (first, second)), EVEN) == (0, 0)


def test_slack_is_how_much_later_each_stop_may_start() -> None:
    route = Route(shift("ann"), (job("first", latest=at(9)), job("second", latest=at(9.5))))
    assert timing.slack(route, EVEN) == (1800, 1800)


def test_a_crew_starts_together_and_what_waits_starts_after() -> None:
    both = job("both", 0, 5, crew=2)
    alone = job("alone", duration_s=2 * HOUR)
    after = job("after", after=("both",))
    made = plan(
        Route(shift("ann"), (alone, both)),
        Route(shift("bob"), (both,)),
        Route(shift("cid"), (after,)),
    )
    told = timing.days(made, EVEN)
    starts = {(s, t.job_id): t.starts for s, day in told.items() for t in day.stops}
    assert starts["0/ann", "both"] == starts["0/bob", "both"] > at(10)
    assert starts["0/cid", "after"] == starts["0/bob", "both"] + HOUR
    assert kinds(made) == set()


def test_a_crew_that_waits_for_each_other_for_ever_is_found() -> None:
    one, two = job("one", crew=2), job("two", crew=2)
    made = plan(Route(shift("ann"), (one, two)), Route(shift("bob"), (two, one)))
    assert kinds(made) >= {"crew"} or kinds(made) >= {"shift"}


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_later_departures_never_arrive_earlier_and_both_ways_agree(seed: int) -> None:
    rng = random.Random(seed)
    bands = PACED.bands
    for _ in range(50):
        leaves, work = at(rng.uniform(0, 48)), rng.randint(0, 20_000)
        arrives = bands.after(leaves, work)
        assert arrives <= bands.after(leaves + 1, work)
        latest = bands.before(arrives, work)
        assert latest >= leaves
        assert bands.after(latest, work) <= arrives < bands.after(latest + 1, work)


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_a_router_and_a_paced_travel_give_the_same_times(seed: int) -> None:
    made = random_plan(random.Random(seed), PACED, technicians=2, days=1)
    asked = Answers(PACED)
    assert timing.days(made, PACED) == timing.days(made, asked)
    for route in made.routes.values():
        assert timing.walk_route(route, PACED) == timing.walk_route(route, asked)


ok = job("ok", 1, 1)
FAULTY = [
    (plan(Route(shift("ann"), (replace(ok, latest=at(7)),))), {"window"}),
    (plan(Route(shift("ann"), (replace(ok, latest=at(7), promised=True),))), {"promise"}),
    (plan(Route(shift("ann"), (replace(ok, duration_s=9 * HOUR),))), {"shift"}),
    (plan(Route(shift("ann"), (replace(ok, skills={"boiler": 3}),))), {"skill"}),
    (plan(Route(shift("ann"), (replace(ok, parts={"filter": 3}),))), {"parts"}),
    (plan(Route(shift("ann"), (replace(ok, only=frozenset({"bob"})),))), {"lock"}),
    (plan(Route(shift("ann"), (replace(ok, not_with=frozenset({"ann"})),))), {"lock"}),
    (plan(Route(shift("ann"), (replace(ok, crew=2),))), {"crew"}),
    (plan(Route(shift("ann"), (ok, ok))), {"twice"}),
    (plan(Route(shift("ann"), (ok,)), unplanned=(ok,)), {"twice"}),
    (plan(Route(shift("ann"), (ok,)), Route(shift("bob"), (ok,))), {"twice"}),
    (plan(Route(shift("ann"), (replace(ok, after=("x",)),)), unplanned=(job("x"),)), {"after"}),
    (plan(Route(shift("ann"), (replace(ok, after=("x",)), job("x")))), {"after"}),
    (
        plan(Route(shift("ann", breaks=(Break(at(9), at(9), HOUR),)),
                   (replace(ok, duration_s=3 * HOUR, latest=at(8.5)),))),
        {"break"},
    ),
    (
        plan(Route(shift("ann", territories=frozenset({"n"})), (replace(ok, territory="s"),))),
        {"territory"},
    ),
]  # fmt: skip


@pytest.mark.parametrize("made,found", FAULTY)
def test_the_checker_finds(made: Plan, found: set[str]) -> None:
    assert kinds(made) >= found


def test_the_checker_compares_with_the_plan_before() -> None:
    kept = replace(ok, promised=True, latest=at(10))
    before = plan(Route(shift("ann"), (kept, job("next")), frozen=1))
    assert kinds(before, before) == set()
    swapped = plan(Route(shift("ann"), (job("next"), kept), frozen=1))
    assert kinds(swapped, before) == {"frozen"}
    out = plan(Route(shift("ann"), (job("next"),)), unplanned=(kept,))
    assert kinds(out, before) == {"frozen", "promise"}
    wider = plan(Route(shift("ann"), (replace(kept, latest=at(12)), job("next")), frozen=1))
    assert kinds(wider, before) == {"promise"}
    assert "lost" in kinds(plan(Route(shift("ann"))), before)


@pytest.mark.parametrize("month,day,hours", [(3, 29, 8), (10, 25, 10)])
def test_a_night_with_a_clock_change_has_its_real_length(month: int, day: int, hours: int) -> None:
    """A shift from 20:00 to 5:00 local and a window across the change, in Berlin."""
    zone = ZoneInfo("Europe/Berlin")

    def local(of: int, hour: int) -> int:
        return int(datetime(2026, month, of, hour, tzinfo=zone).timestamp())

    begins, ends = local(day - 1, 20), local(day, 5)
    assert ends - begins == hours * HOUR
    berlin = Place(52.52, 13.4)
    rush = Bands("Europe/Berlin", (Band("night", 60, 240, 0.8),))
    night = shift("ann", starts=begins, ends=ends, start=berlin, end=berlin)
    travel = GreatCircle(rush)
    window = Window("night", local(day, 1), local(day, 4))
    asked = job("new", duration_s=HOUR, earliest=begins, latest=ends)
    asked = replace(asked, place=Place(52.6, 13.5))
    board = Board.of(plan(Route(night)), travel)
    (slot,) = slots.offers(board, asked, [window], MONDAY).items
    promised, routes = slots.accepted(board, asked, slot)
    assert window.starts <= slot.starts <= window.ends
    assert checking.faults(plan(*routes), travel) == []
    assert promised.latest - promised.earliest == (2 if month == 3 else 4) * HOUR
    whole = replace(asked, duration_s=8 * HOUR)
    assert bool(slots.offers(board, whole, [Window("all", begins, ends)], MONDAY).items) == (
        hours == 10
    )


def test_a_day_with_a_clock_change_is_planned_by_its_own_hours() -> None:
    """8 to 17 local is nine hours on the Sunday of the change too, and rush hour moves along."""
    zone = ZoneInfo("Europe/Berlin")
    bands = Bands("Europe/Berlin", (Band("rush", 8 * 60, 9 * 60, 2.0),))
    for of in (24, 25, 26):
        eight = int(datetime(2026, 10, of, 8, tzinfo=zone).timestamp())
        assert bands.after(eight - 600, 600) == eight
        assert bands.after(eight, 600) == eight + 1200
        assert bands.after(eight + HOUR, 600) == eight + HOUR + 600
        assert bands.before(eight, 600) == eight - 600


def test_jobs_are_equal_by_what_they_say() -> None:
    assert job("a") == job("a")
    assert len({job("a"), job("a")}) == 1
    assert Job("a", Place(0, 0), 1, 0, 0) != job("a")
