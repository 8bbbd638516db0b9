"""The booking engine against trying everything, with the checker as the judge."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings

from helpdesk.field_service import checking, pricing, slots, timing
from helpdesk.field_service.board import Board
from helpdesk.field_service.plan import Break, Job, Place, Plan, Route, Travel
from helpdesk.field_service.slots import Rules, Window
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
    windows,
)  # fmt: skip

ALL = Rules(most=99, spread_s=None)


def cheapest(plan: Plan, travel: Travel, one: Job, window: Window) -> int | None:
    """The least driving that any insertion adds, every one tried and judged by the checker."""
    inside = one.within(window.starts, window.ends)
    base = {s: day.travel_s for s, day in timing.days(plan, travel).items()}
    best = None
    places = [(s, p) for s, r in plan.routes.items() for p in range(r.frozen, len(r.jobs) + 1)]
    for group in itertools.combinations(places, one.crew):
        if len({s for s, _ in group}) < one.crew:
            continue
        routes = [plan.routes[s].inserted(p, inside) for s, p in group]
        if checking.faults(plan.with_routes(*routes), travel):
            continue
        added = sum(timing.day(r, travel).travel_s - base[r.shift.id] for r in routes)
        best = added if best is None else min(best, added)
    return best


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_the_best_insertion_is_that_of_trying_everything(seed: int) -> None:
    rng = random.Random(seed)
    made = random_plan(rng, EVEN, technicians=2)
    one = replace(random_job(rng, "new"), crew=1)
    found = slots.offers(Board.of(made, EVEN), one, windows(), MONDAY, ALL)
    if any(job.crew > 1 for _, job in made.stops()):
        return
    told = {slot.window.id: slot.added_travel_s for slot in found.items}
    tried = {w.id: cheapest(made, EVEN, one, w) for w in windows()}
    assert told == {key: added for key, added in tried.items() if added is not None}


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_the_same_windows_are_found_when_the_roads_have_rush_hours(seed: int) -> None:
    rng = random.Random(seed)
    made = random_plan(rng, PACED, technicians=2)
    if any(job.crew > 1 for _, job in made.stops()):
        return
    one = replace(random_job(rng, "new"), crew=1)
    found = slots.offers(Board.of(made, PACED), one, windows(), MONDAY, ALL)
    told = {slot.window.id for slot in found.items}
    assert told == {w.id for w in windows() if cheapest(made, PACED, one, w) is not None}


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_two_technicians_are_found_where_trying_everything_finds_them(seed: int) -> None:
    rng = random.Random(seed)
    made = random_plan(rng, EVEN, technicians=3, days=1)
    if any(job.crew > 1 for _, job in made.stops()):
        return
    one = replace(random_job(rng, "new"), crew=2)
    found = slots.offers(Board.of(made, EVEN), one, windows(1), MONDAY, ALL)
    told = {slot.window.id: slot.added_travel_s for slot in found.items}
    tried = {w.id: cheapest(made, EVEN, one, w) for w in windows(1)}
    assert told.keys() == {key for key, added in tried.items() if added is not None}


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_every_offer_can_be_accepted_and_the_board_follows(seed: int) -> None:
    rng = random.Random(seed)
    travel = rng.choice((EVEN, PACED))
    made = random_plan(rng, travel)
    board = Board.of(made, travel)
    for n in range(4):
        one = random_job(rng, f"new{n}")
        found = slots.offers(board, one, windows(), MONDAY)
        assert len(found.items) <= 6
        assert found.items or found.refusal
        for slot in found.items:
            _, routes = slots.accepted(board, one, slot)
            assert checking.faults(board.plan.with_routes(*routes), travel, board.plan) == []
        if found.items:
            _, routes = slots.accepted(board, one, rng.choice(found.items))
            board = board.with_route(*routes)
            fresh = slots.offers(Board.of(board.plan, travel), one, windows(), MONDAY)
            assert slots.offers(board, one, windows(), MONDAY) == fresh


def test_offers_are_spread_over_two_days_and_before_the_due_date_first() -> None:
    made = plan(*(Route(shift("ann", day)) for day in range(3)))
    one = job("new", 3, 3, due=at(10, 1))
    found = slots.offers(Board.of(made, EVEN), one, windows(3), MONDAY).items
    assert 3 <= len(found) <= 6
    assert len({slot.day for slot in found}) >= 2
    assert [slot.before_due for slot in found] == sorted(
        (s.before_due for s in found), reverse=True
    )
    assert slots.offers(Board.of(made, EVEN), one, windows(3), at(9.5)).items[0].starts >= at(9.5)


def test_nothing_goes_before_a_stop_that_may_not_move() -> None:
    held = job("held", 5, 0, earliest=at(12), latest=at(14))
    made = plan(Route(shift("ann"), (held,), frozen=1))
    found = slots.offers(Board.of(made, EVEN), job("new"), windows(1), MONDAY).items
    assert {slot.positions for slot in found} == {(1,)}


def test_a_price_is_told_in_words() -> None:
    made = plan(Route(shift("ann", ends=at(9.3))))
    (slot,) = slots.offers(Board.of(made, EVEN), job("new", 2, 0), windows(1), MONDAY).items
    assert pricing.words(slot) == "+10 min driving, uses the last slack of that morning"
    assert (
        pricing.words(slot, "de")
        == "+10 Min. Fahrt, braucht die letzte Reserve an diesem Vormittag"
    )


def test_the_preferred_technician_is_worth_a_detour() -> None:
    made = plan(Route(shift("ann")), Route(shift("bob", start=Place(5, 0), end=Place(5, 0))))
    one = job("new", 1, 0)
    asked = replace(one, prefers="bob")
    assert slots.offers(Board.of(made, EVEN), one, windows(1), MONDAY).items[0].technicians == (
        "ann",
    )
    first = slots.offers(
        Board.of(made, EVEN), asked, windows(1), MONDAY, Rules(prefers_s=3600)
    ).items[0]
    assert first.technicians == ("bob",)
    assert "the technician they know" in pricing.words(first)


REFUSALS = [
    (job("new", skills={"boiler": 3}), "skill", "2 have level 2."),
    (job("new", only=frozenset({"zoe"})), "lock", "reserved"),
    (job("new", parts={"filter": 3}), "parts", "No van has 3 x filter left."),
    (job("new", crew=3), "crew", "It takes 3 technicians together"),
    (job("new", 300, 0), "far", "too far away"),
    (job("new", duration_s=6 * HOUR, latest=at(10)), "full", "full"),
    (job("new", after=("open",)), "waits", "before is not planned"),
    (job("new", territory="north"), "territory", "goes to north"),
]  # fmt: skip


@pytest.mark.parametrize("asked,kind,text", REFUSALS)
def test_a_no_has_its_reason(asked: Job, kind: str, text: str) -> None:
    busy = job("busy", duration_s=4 * HOUR, earliest=at(8), latest=at(9))
    south = frozenset({"south"})
    routes = [
        Route(shift(who, territories=south), (replace(busy, id=who),)) for who in ("ann", "bob")
    ]
    made = plan(*routes, unplanned=(job("open"),))
    found = slots.offers(Board.of(made, EVEN), asked, windows(1), MONDAY)
    assert found.items == ()
    assert found.refusal is not None
    assert found.refusal.kind == kind
    assert text in pricing.refusal_words(found.refusal)
    assert pricing.refusal_words(found.refusal, "de") != pricing.refusal_words(found.refusal)


def test_a_full_day_says_what_would_open_it_and_when_there_is_room() -> None:
    held = job("held", duration_s=8 * HOUR, earliest=at(8), latest=at(8.5), promised=True)
    made = plan(Route(shift("ann"), (held,)), Route(shift("ann", 2)))
    board = Board.of(made, EVEN)
    found = slots.offers(board, job("new", 3, 0), windows(1), MONDAY)
    assert found.refusal is not None
    assert found.refusal.facts["next_day"] == "2025-12-10"
    assert "From 10 December 2025 on it is possible." in pricing.refusal_words(found.refusal)
    assert "Ab dem 10. Dezember 2025" in pricing.refusal_words(found.refusal, "de")
    late = Window("late", at(15), at(17))
    near = slots.near_misses(board, job("new", 3, 0), [late], MONDAY)
    assert [miss.window for miss in near] == [late]
    nobody = slots.offers(board, job("new"), [Window("tue", at(8, 1), at(10, 1))], MONDAY)
    assert nobody.refusal is not None
    assert nobody.refusal.kind == "no_shift"


def test_parts_that_arrive_later_open_a_later_day() -> None:
    asked = job("new", parts={"boiler": 1})
    made = plan(Route(shift("ann")), Route(shift("ann", 1, parts={"boiler": 1})))
    found = slots.offers(Board.of(made, EVEN), asked, windows(2), MONDAY).items
    assert {slot.day for slot in found} == {"2025-12-09"}
    refused = slots.offers(Board.of(made, EVEN), asked, windows(1), MONDAY).refusal
    assert refused is not None
    assert refused.facts["next_day"] == "2025-12-09"


def test_what_waits_for_another_visit_is_offered_after_it() -> None:
    first = job("first", earliest=at(12), latest=at(12), duration_s=HOUR)
    made = plan(Route(shift("ann"), (first,)), Route(shift("bob")))
    found = slots.offers(Board.of(made, EVEN), job("new", after=("first",)), windows(1), MONDAY)
    assert found.items
    assert min(slot.starts for slot in found.items) >= at(13)


def test_the_break_is_kept_free() -> None:
    lunch = Break(at(12), at(12), HOUR)
    made = plan(Route(shift("ann", breaks=(lunch,))))
    noon = [Window("noon", at(12), at(12.5))]
    assert slots.offers(Board.of(made, EVEN), job("new"), noon, MONDAY).items == ()
    later = [Window("later", at(12), at(13))]
    (slot,) = slots.offers(Board.of(made, EVEN), job("new"), later, MONDAY).items
    assert slot.starts == at(13)
