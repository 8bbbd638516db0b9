"""Where acting begins: right gains one, wrong costs five, and never worse than off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.triage import thresholds
from helpdesk.triage.thresholds import Point


def judged(*groups):
    """Groups of (confidence, right, wrong)."""
    return [
        Point(confidence, right)
        for confidence, good, bad in groups
        for right in [True] * good + [False] * bad
    ]


def test_the_threshold_lies_where_enough_is_right():
    points = judged((0.97, 400, 2), (0.85, 200, 20), (0.4, 50, 150))
    choice = thresholds.choose(points)
    assert choice.threshold == pytest.approx(0.97)
    assert choice.step.coverage == pytest.approx(402 / 822)
    assert choice.step.utility == pytest.approx(100 * (400 - 10) / 822)


def test_what_is_too_often_wrong_or_too_seldom_seen_stays_off():
    assert thresholds.choose(judged((0.9, 60, 40))).why == "too_often_wrong"
    assert thresholds.choose(judged((0.99, 10, 0))).why == "too_few"
    assert thresholds.choose([]).threshold is None
    assert thresholds.choose(judged((0.9, 34, 6))).why == "not_sure"


def test_foreign_texts_weigh_as_much_as_their_share():
    own = judged((0.95, 300, 3), (0.8, 100, 5))
    strangers = [Point(0.8, False, 20.0) for _ in range(5)]
    assert thresholds.choose(own).threshold == pytest.approx(0.8)
    assert thresholds.choose(own + strangers).threshold == pytest.approx(0.95)


points = st.lists(
    st.builds(Point, st.floats(0, 1), st.booleans(), st.floats(0.1, 4)), min_size=1, max_size=200
)


@given(points)
def test_coverage_falls_as_the_threshold_rises_and_a_choice_gains(made):
    steps = thresholds.curve(made)
    assert [one.coverage for one in steps] == sorted((s.coverage for s in steps), reverse=True)
    chosen = thresholds.choose(made)
    if chosen.threshold is not None:
        done = [one for one in made if one.confidence >= chosen.threshold]
        gained = sum(one.weight * (1 if one.right else -5) for one in done)
        assert gained > 0
