import json
from typing import Any

import pytest

from helpdesk.routing.scenario import Crew, Scenario, Stream
from helpdesk.routing.simulation import arrivals_from_csv, render, run
from helpdesk.routing.state import Queue

DAY: dict[str, Any] = {
    "queues": [
        {"id": "sales", "steps": [{"after": 60, "drop": ["french"]}]},
        {"id": "support", "strategy": {"name": "weighted", "idle": 1, "load": 5}},
    ],
    "streams": [
        {
            "queue": "sales",
            "counts": [20] * 24,
            "handle_s": 240,
            "patience_s": 300,
            "skills": [[0.3, {"french": 2}]],
            "head_starts": [[0.2, 30]],
        },
        {"queue": "support", "counts": [10] * 24, "handle_s": 400},
    ],
    "crews": [
        {"name": "both", "size": 9, "queues": ["sales", "support"], "slots": {"chat": 2}},
        {"name": "french", "size": 2, "queues": ["sales"], "skills": {"french": 3},
         "slots": {"chat": 2}, "shifts": [[0, 3600], [4500, 7200]]},
    ],
    "declined": 0.05,
    "seed": 4,
}  # fmt: skip


def single(counts: list[float], size: int, **more: Any) -> Scenario:
    return Scenario(
        queues=(Queue("line"),),
        streams=(Stream("line", tuple(counts), channel="call", **more),),
        crews=(Crew("crew", size, ("line",), slots={"call": 1}),),
    )


def test_the_same_scenario_gives_the_same_day() -> None:
    assert run(Scenario.from_dict(DAY)) == run(Scenario.from_dict(DAY))
    other = run(Scenario.from_dict(DAY | {"seed": 5}))
    assert other.total != run(Scenario.from_dict(DAY)).total


def test_everyone_who_came_is_accounted_for_once() -> None:
    result = run(Scenario.from_dict(DAY))
    for one in (result.total, *result.queues.values()):
        assert one.offered == one.answered + one.abandoned + one.abandoned_at_once + one.unserved
    assert result.total.offered == sum(one.offered for one in result.queues.values()) > 600
    assert result.occupancy is not None
    assert 0 < result.occupancy < 1


def test_a_line_of_many_servers_waits_as_theory_says() -> None:
    """Erlang C: 8 servers, six customers in 300 s, 303 s of exponential work: 58.0 s on average.

    An agent is held for the 3 s that an answer takes and then for 300 s of work, which is lognormal
    with the variance of exponential work. The 3 s are part of the wait.
    """
    handle, size, hours = 300.0, 8, 900
    per_interval = 0.75 * size / handle * 300
    result = run(single([per_interval] * (hours * 12), size, handle_s=handle, handle_spread=1.0))
    assert result.total.average_speed_of_answer == pytest.approx(58.0 + 3.0, rel=0.1)
    assert result.occupancy == pytest.approx(0.75 * 303 / 300, rel=0.03)


def test_what_others_paid_for_head_starts_is_measured() -> None:
    fairness = run(Scenario.from_dict(DAY)).fairness
    assert fairness is not None
    assert fairness.favoured > 50
    assert fairness.favoured_wait < fairness.favoured_wait_without
    assert fairness.others_paid > 0


def test_estimates_are_covered_about_as_often_as_they_say() -> None:
    result = run(single([7.5] * 2400, 8, handle_s=300, handle_spread=1.0))
    told = result.total.estimates
    assert told.counted > 3000
    assert told.within_p50 == pytest.approx(0.5, abs=0.06)
    assert told.within_p90 == pytest.approx(0.9, abs=0.04)


def test_who_fits_nobody_is_reported_as_never_served() -> None:
    result = run(single([3.0], 0))
    assert result.total.unserved == result.total.offered > 0
    assert "Never served" in render(result)


def test_a_step_lets_an_item_through_after_the_last_arrival() -> None:
    data = {
        "queues": [{"id": "sales", "steps": [{"after": 600, "drop": ["french"]}]}],
        "streams": [
            {"queue": "sales", "counts": [5], "exact": True, "skills": [[1, {"french": 1}]]}
        ],
        "crews": [{"name": "plain", "size": 5, "queues": ["sales"]}],
    }
    total = run(Scenario.from_dict(data)).total
    assert (total.answered, total.unserved) == (5, 0)
    assert total.wait_p50 == pytest.approx(603.0)


def test_the_report_reads_and_the_result_is_json() -> None:
    result = run(Scenario.from_dict(DAY))
    text = render(result)
    assert text.splitlines()[0].startswith("queue")
    assert "support" in text
    assert "Head starts:" in text
    told = json.loads(json.dumps(result.as_dict()))
    assert told["total"]["offered"] == result.total.offered


def test_counts_are_read_from_a_file_of_intervals() -> None:
    lines = ["ts,Calls", "2003-03-03 07:00:00,111.0", "", "2003-03-03 07:05:00,113.0"]
    assert arrivals_from_csv(lines) == (111.0, 113.0)
    with pytest.raises(ValueError, match="line 2: expected a time and a count"):
        arrivals_from_csv(["ts,Calls", "yesterday"])


@pytest.mark.parametrize(
    "change, complaint",
    [
        ({"quues": []}, "no field 'quues'"),
        ({"streams": [{"queue": "nowhere", "counts": []}]}, "no queue 'nowhere'"),
        ({"streams": [{"counts": []}]}, "queue"),
        ({"streams": [{"queue": "sales", "counts": [-1]}]}, "at least 0"),
        ({"queues": [{"id": "sales", "strategy": "dice"}]}, "no strategy 'dice'"),
        ({"declined": 1}, "below 1"),
        ({"crews": ["me"]}, "expected fields"),
    ],
)
def test_a_scenario_that_does_not_fit_is_refused_by_name(
    change: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Scenario.from_dict(DAY | change)
