"""What is learned from finished visits and trips, and what may go wrong today."""

from __future__ import annotations

import random
from math import exp

import pytest

from helpdesk.field_service import risk
from helpdesk.field_service.durations import Duration, Finished, learned
from helpdesk.field_service.plan import Place, Route
from helpdesk.field_service.travel import Band, Bands, GreatCircle, Trip, calibrated
from tests.field_service.days import EVEN, at, job, shift

STATED = {"boiler": Duration(3600, 4800)}


def test_many_visits_say_how_long_one_takes_and_few_hardly_matter() -> None:
    rng = random.Random(1)
    quick = [Finished("boiler", "ann", int(1800 * exp(rng.gauss(0, 0.3)))) for _ in range(400)]
    told = learned([*quick, Finished("boiler", "bob", 7200)], STATED)
    ann, bob = told.of("boiler", "ann"), told.of("boiler", "bob")
    assert ann is not None
    assert bob is not None
    assert ann.p50_s == pytest.approx(1800, rel=0.06)
    assert ann.p80_s == pytest.approx(1800 * exp(0.3 * 0.8416), rel=0.08)
    assert 1800 < bob.p50_s < 2700
    assert told.of("boiler", "new") == told.types["boiler"]
    assert told.of("lift") is None


def test_times_beyond_reason_teach_nothing() -> None:
    wrong = [Finished("boiler", "ann", 0), Finished("boiler", "ann", 10**6)]
    assert learned(wrong, STATED).of("boiler", "ann") == STATED["boiler"]


def test_paces_are_learned_by_band_and_few_trips_hardly_matter() -> None:
    bands = Bands("Europe/Berlin", (Band("rush", 420, 540, 1.2), Band("evening", 960, 1080, 1.2)))
    travel = GreatCircle(bands)
    a, b = Place(51.3, 12.3), Place(51.4, 12.5)
    work = travel.work(a, b)
    morning, evening, noon = 1_765_177_200, 1_765_209_600, 1_765_191_600  # 8:00, 17:00, 12:00
    trips = [Trip(a, b, morning, work * 2)] * 200 + [Trip(a, b, evening, work * 2)]
    learnt, seen = calibrated(travel, [*trips, Trip(a, a, noon, 600)])
    paces = {row.name: row.pace for row in learnt.rows}
    assert paces["rush"] == pytest.approx(1.93, abs=0.02)
    assert paces["evening"] == pytest.approx(1.24, abs=0.01)
    assert seen == {"rush": 200, "evening": 1}
    assert "" not in paces


def test_a_promise_is_at_risk_when_what_comes_before_may_take_longer() -> None:
    first = job("first", earliest=at(8), latest=at(9), duration_s=3600, extra_s=1800)
    tight = job("tight", earliest=at(9), latest=at(9, 0) + 600, promised=True)
    loose = job("loose", earliest=at(9), latest=at(13), promised=True)
    told = risk.risks(Route(shift("ann"), (first, tight, loose)), EVEN)
    assert told == risk.risks(Route(shift("ann"), (first, tight, loose)), EVEN)
    assert [one.at_risk for one in told] == [False, True, False]
    assert told[0].missed == 0
    assert told[1].arrives_p50 < told[1].arrives_p90
    assert risk.risks(Route(shift("ann")), EVEN) == ()
