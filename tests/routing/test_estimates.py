import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.routing.estimates import (
    AS_IT_IS,
    ENOUGH,
    Estimate,
    Outcome,
    correction,
    coverage,
    estimate,
    outcome,
    remaining,
)

times = st.lists(st.floats(1, 3600), min_size=1, max_size=30)
positions = st.integers(1, 500)
seconds = st.floats(0, 7200)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    made = estimate(draw(positions), draw(times), draw(st.integers(1, 50)))
    assert made is not None
    return made


@given(positions, times, st.integers(1, 100))
def test_the_further_back_the_longer_the_wait(
    position: int, handled: list[float], serving: int
) -> None:
    here, behind = (estimate(n, handled, serving) for n in (position, position + 1))
    assert here is not None
    assert behind is not None
    assert 0 < here.p50 <= here.p90
    assert here.p50 < behind.p50
    assert here.p90 < behind.p90


@given(positions, times, st.integers(1, 100))
def test_more_people_serving_make_it_shorter(
    position: int, handled: list[float], serving: int
) -> None:
    few, many = (estimate(position, handled, n) for n in (serving, serving + 1))
    assert few is not None
    assert many is not None
    assert many.p90 < few.p90


@pytest.mark.parametrize("handled, serving", [([], 3), ([120.0], 0), ([0.0], 3)])
def test_nothing_is_promised_without_a_basis(handled: list[float], serving: int) -> None:
    assert estimate(1, handled, serving) is None


def test_the_model_is_right_where_its_assumption_holds() -> None:
    rng = random.Random(7)
    for position in (1, 4, 30):
        told = estimate(position, [300.0], 10)
        assert told is not None
        waits = [sum(rng.expovariate(10 / 300) for _ in range(position)) for _ in range(4000)]
        seen = coverage([outcome(told, wait) for wait in waits])
        assert seen.within_p50 == pytest.approx(0.5, abs=0.03)
        assert seen.within_p90 == pytest.approx(0.9, abs=0.02)


@given(estimates(), estimates(), seconds)
def test_time_alone_never_makes_it_longer(shown: Estimate, fresh: Estimate, gone: float) -> None:
    now = remaining(shown, fresh, gone)
    if fresh.position <= shown.position and fresh.serving >= shown.serving:
        assert now.p50 <= shown.p50
        assert now.p90 <= shown.p90
    assert now.p50 <= now.p90


@given(estimates(), st.lists(st.tuples(estimates(), seconds), max_size=10))
def test_it_never_grows_over_a_whole_wait_in_place(
    first: Estimate, looks: list[tuple[Estimate, float]]
) -> None:
    shown = first
    for fresh, gone in looks:
        in_place = replace(fresh, position=first.position, serving=first.serving)
        after = remaining(shown, in_place, gone)
        assert (after.p50 <= shown.p50, after.p90 <= shown.p90) == (True, True)
        shown = after


@given(estimates(), seconds)
def test_without_a_basis_the_last_figure_runs_down(shown: Estimate, gone: float) -> None:
    now = remaining(shown, None, gone)
    assert now.p90 == max(0.0, shown.p90 - gone)
    assert now.overdue == (gone > shown.p90)


def test_it_may_grow_when_the_customer_is_overtaken_or_people_leave() -> None:
    told, overtaken, fewer = (
        estimate(n, [60.0], serving) for n, serving in [(2, 4), (3, 4), (2, 2)]
    )
    assert told is not None
    assert remaining(told, overtaken, 5.0).p50 > told.p50
    assert remaining(told, fewer, 5.0).p50 > told.p50


def test_past_outcomes_make_the_promise_honest() -> None:
    """The model is wrong by a factor of two; after learning, the promise holds on fresh waits."""
    rng = random.Random(11)

    def waits(n: int) -> list[float]:
        return [2.0 * sum(rng.expovariate(10 / 300) for _ in range(5)) for _ in range(n)]

    told = estimate(5, [300.0], 10)
    assert told is not None
    past = [outcome(told, wait) for wait in waits(200)]
    assert coverage(past).within_p90 < 0.6
    better = estimate(5, [300.0], 10, correction(past))
    assert better is not None
    fresh = coverage([outcome(better, wait) for wait in waits(2000)])
    assert fresh.within_p50 == pytest.approx(0.5, abs=0.1)
    assert fresh.within_p90 == pytest.approx(0.9, abs=0.05)


@given(estimates(), st.lists(st.floats(0, 600), min_size=1, max_size=20))
def test_who_waits_longer_than_first_told_is_told_so_however_often_they_look(
    first: Estimate, gaps: list[float]
) -> None:
    shown = first
    for gap in gaps:
        shown = remaining(shown, replace(first), gap)
    waited = sum(gaps)
    if abs(waited - first.p90) > 1e-6:
        assert shown.overdue == (waited > first.p90)


def test_few_outcomes_correct_nothing() -> None:
    assert correction([Outcome(10, 20, 10, 20, 100)] * (ENOUGH - 1)) == AS_IT_IS


@given(st.lists(st.builds(Outcome, seconds, seconds, seconds, seconds, seconds, st.booleans())))
def test_a_correction_stays_within_bounds_and_coverage_is_a_share(outcomes: list[Outcome]) -> None:
    learned = correction(outcomes)
    assert 0.2 <= learned.p50 <= 5
    assert 0.2 <= learned.p90 <= 5
    for share in (coverage(outcomes).within_p50, coverage(outcomes).within_p90):
        assert share is None or 0 <= share <= 1


def test_giving_up_early_counts_neither_way_and_giving_up_late_is_a_promise_broken() -> None:
    early = Outcome(60, 120, 60, 120, waited=30, answered=False)
    late = Outcome(60, 120, 60, 120, waited=300, answered=False)
    met = Outcome(60, 120, 60, 120, waited=50)
    seen = coverage([early, late, met])
    assert (seen.within_p50, seen.within_p90, seen.counted) == (0.5, 0.5, 3)


def test_coverage_is_the_true_one_though_many_give_up() -> None:
    rng = random.Random(5)
    told = estimate(5, [300.0], 10)
    assert told is not None
    ended = []
    for _ in range(6000):
        wait = sum(rng.expovariate(10 / 300) for _ in range(5))
        patience = rng.expovariate(1 / 200)
        ended.append(outcome(told, min(wait, patience), answered=wait <= patience))
    assert sum(not one.answered for one in ended) > 2000
    seen = coverage(ended)
    assert seen.within_p50 == pytest.approx(0.5, abs=0.03)
    assert seen.within_p90 == pytest.approx(0.9, abs=0.03)
