"""Dispatching: what fits is written, what does not is refused in words, and all comes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from helpdesk.core import clock
from helpdesk.core.errors import Conflict, Forbidden
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import promises, service
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import RouteStop, Visit
from helpdesk.field_service.routes import PlanMoved
from helpdesk.workflows import dispatch_day, dispatch_visits, dispatching
from helpdesk.workflows.dispatching import PromiseBreaks, Spot
from tests.web.dispatch import fleet as f
from tests.web.dispatch.fleet import SETUP, Fleet

DAY = date(2026, 6, 2)  # a Tuesday
EVENING_BEFORE = datetime(2026, 6, 1, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def the_evening_before() -> Iterator[None]:
    with clock.moved_to(EVENING_BEFORE):
        yield


@pytest.fixture
def fleet(app: Flask) -> Fleet:
    with begin(SETUP) as work:
        return f.furnish(work, DAY)


def planned(fleet: Fleet, who: int, hour: int, promise: tuple[int, int] | None = None) -> str:
    """A visit of that technician at that hour."""
    with begin(SETUP) as work:
        made = f.wish(work, fleet, number=who, step=hour % 5)
        window = (fleet.at(promise[0]), fleet.at(promise[1])) if promise else None
        f.put(work, fleet, made, [fleet.technicians[who]], fleet.at(hour), promise=window)
        return made.id


def wished(fleet: Fleet, kind: str = "repair") -> str:
    with begin(SETUP) as work:
        return f.wish(work, fleet, kind, step=2).id


def spot(fleet: Fleet, who: int, hour: int, minutes: int = 0) -> Spot:
    return Spot((fleet.technicians[who],), DAY, fleet.at(hour, minutes))


def versions(work: Work, fleet: Fleet, *who: int) -> dict[tuple[str, date], int]:
    return {(fleet.technicians[n], DAY): f.version(work, fleet.technicians[n], DAY) for n in who}


def stands(visit_id: str) -> list[tuple[str, int]]:
    with reading(SETUP) as work:
        return [(s.technician_id, seconds(s.starts_at)) for s in service.stops_of(work, visit_id)]


def test_a_visit_goes_into_a_row_to_another_one_and_back(fleet: Fleet) -> None:
    one = wished(fleet)
    with begin(fleet.dispatcher()) as work:
        seen = versions(work, fleet, 0)
        placed = dispatching.place(work, one, spot(fleet, 0, 10), versions=seen)
    assert stands(one) == [(fleet.technicians[0], fleet.at(10))]
    with begin(fleet.dispatcher()) as work:
        seen = versions(work, fleet, 0, 1)
        moved = dispatching.place(work, one, spot(fleet, 1, 14), versions=seen)
    assert set(moved.technician_ids) == set(fleet.technicians[:2])
    assert stands(one) == [(fleet.technicians[1], fleet.at(14))]
    with begin(fleet.dispatcher()) as work:
        dispatching.undo(work, _before(moved))
    assert stands(one) == [(fleet.technicians[0], fleet.at(10))]
    with begin(fleet.dispatcher()) as work, pytest.raises(PlanMoved):
        dispatching.undo(work, _before(placed))  # its row went on since
    with begin(fleet.dispatcher()) as work:
        out = dispatching.unplan(work, one, versions=versions(work, fleet, 0))
    assert stands(one) == []
    with begin(fleet.dispatcher()) as work:
        dispatching.undo(work, _before(out))
    assert stands(one) == [(fleet.technicians[0], fleet.at(10))]


def _before(done: dispatching.Done) -> dispatching.Before:
    assert done.before is not None
    return done.before


def test_later_visits_give_way_and_come_back_with_it(fleet: Fleet) -> None:
    later, one = planned(fleet, 0, 10, (9, 12)), wished(fleet)
    with begin(fleet.dispatcher()) as work:
        done = dispatching.place(
            work, one, spot(fleet, 0, 9, 45), versions=versions(work, fleet, 0)
        )
    (_, pushed), (_, starts) = stands(later)[0], stands(one)[0]
    assert starts == fleet.at(9, 45)
    assert pushed > fleet.at(10, 25)
    with reading(SETUP) as work:
        assert work.session.get_one(Visit, later).planned_at == f.instant(pushed)
    with begin(fleet.dispatcher()) as work:
        dispatching.undo(work, _before(done))
    assert stands(later) == [(fleet.technicians[0], fleet.at(10))]


def test_what_does_not_fit_is_refused_in_words(fleet: Fleet) -> None:
    planned(fleet, 0, 10, (9, 11))
    gas, short, long = wished(fleet, "gas"), wished(fleet), wished(fleet)
    with begin(fleet.dispatcher()) as work:
        work.session.get_one(Visit, long).duration_s = 9_000
        seen = versions(work, fleet, 0, 1)
    for visit_id, where, words in (
        (gas, spot(fleet, 1, 10), "Bjorn Dahl lacks Gas 3."),
        (long, spot(fleet, 0, 9), r"V-\d+ was promised until 11:00 and would start"),
        (short, spot(fleet, 0, 16, 40), "Anna Berg would be home .* after the shift"),
        (short, replace(spot(fleet, 0, 10), day=DAY - timedelta(days=3)), "That day is over"),
    ):
        with begin(fleet.dispatcher()) as work, pytest.raises(Conflict, match=words):
            dispatching.place(work, visit_id, where, versions=seen)
    assert stands(gas) == stands(short) == stands(long) == []


def test_who_has_planned_with_an_old_row_is_told(fleet: Fleet) -> None:
    one, two = wished(fleet), wished(fleet)
    with begin(fleet.dispatcher()) as work:
        seen = versions(work, fleet, 0)
        dispatching.place(work, one, spot(fleet, 0, 10), versions=seen)
    with begin(fleet.dispatcher()) as work, pytest.raises(PlanMoved):
        dispatching.place(work, two, spot(fleet, 0, 14), versions=seen)


def test_a_promise_is_broken_only_after_asking(fleet: Fleet) -> None:
    one = planned(fleet, 0, 10, (10, 12))
    with begin(fleet.dispatcher()) as work:
        seen = versions(work, fleet, 0)
        with pytest.raises(
            PromiseBreaks, match=r"promised 10:00 to 12:00 and would start at 14:00"
        ):
            dispatching.place(work, one, spot(fleet, 0, 14), versions=seen)
    with begin(fleet.dispatcher()) as work:
        done = dispatching.place(work, one, spot(fleet, 0, 14), versions=seen, promise="move")
    assert done.window == (f.instant(fleet.at(14)), f.instant(fleet.at(16)))
    with begin(fleet.dispatcher()) as work:
        dispatching.undo(work, _before(done))
    with reading(SETUP) as work:
        told = [(row.state, seconds(row.starts_at)) for row in promises.of_visit(work, one)]
    assert told == [("changed", fleet.at(10)), ("changed", fleet.at(14)), ("open", fleet.at(10))]


def test_locks_hold_until_they_are_taken_off(fleet: Fleet) -> None:
    one = planned(fleet, 0, 10)
    at = f.instant(fleet.at(10))
    with begin(fleet.dispatcher()) as work:
        dispatching.lock(work, one, technician_id=fleet.technicians[0], from_at=at, to_at=at)
    for where, words in ((spot(fleet, 1, 10), "locked to Anna"), (spot(fleet, 0, 11), "time is l")):
        with begin(fleet.dispatcher()) as work, pytest.raises(Conflict, match=words):
            dispatching.place(work, one, where, versions={})
    with begin(fleet.dispatcher()) as work:
        dispatching.lock(work, one)
        dispatching.lock_day(work, fleet.technicians[0], DAY, locked=True)
    with begin(fleet.dispatcher()) as work, pytest.raises(Conflict, match="day of Anna Berg is l"):
        dispatching.place(work, one, spot(fleet, 0, 11), versions={})
    with begin(fleet.dispatcher()) as work:
        dispatching.lock_day(work, fleet.technicians[0], DAY, locked=False)
        dispatching.place(work, one, spot(fleet, 0, 11), versions={})
    assert stands(one) == [(fleet.technicians[0], fleet.at(11))]


def test_a_crew_goes_together_and_is_split(fleet: Fleet) -> None:
    lift = wished(fleet, "lift")
    both = Spot((fleet.technicians[0], fleet.technicians[1]), DAY, fleet.at(13, 30))
    with begin(fleet.dispatcher()) as work:
        with pytest.raises(Conflict, match="needs 2 technicians"):
            dispatching.place(work, lift, spot(fleet, 0, 13), versions={})
        dispatching.place(work, lift, both, versions={})
    starts = stands(lift)
    assert {who for who, _ in starts} == set(both.technician_ids)
    assert len({at for _, at in starts}) == 1
    with begin(fleet.dispatcher()) as work:
        done = dispatching.split(work, lift, fleet.technicians[1])
    assert set(done.technician_ids) == set(both.technician_ids)
    assert stands(lift) == [(fleet.technicians[1], starts[0][1])]


def test_a_longer_visit_moves_what_follows(fleet: Fleet) -> None:
    one, later = planned(fleet, 0, 9), planned(fleet, 0, 10)
    with begin(fleet.dispatcher()) as work:
        dispatching.change(work, one, duration_s=5400, note="Bring the tall ladder")
    assert stands(later)[0][1] > fleet.at(10, 30)
    with reading(SETUP) as work:
        stop = work.session.query(RouteStop).filter_by(visit_id=one).one()
        assert seconds(stop.ends_at) - seconds(stop.starts_at) == 5400


def test_only_dispatchers_change_and_agents_look(fleet: Fleet) -> None:
    one = wished(fleet)
    agent = replace(fleet.dispatcher(), id=fleet.agent, role="agent")
    with begin(agent) as work, pytest.raises(Forbidden):
        dispatching.place(work, one, spot(fleet, 0, 10), versions={})
    with reading(agent) as work:
        assert [row["id"] for row in dispatch_visits.waiting(work)[0]] == [one]


def test_the_board_tells_conflicts_of_the_day(fleet: Fleet) -> None:
    one = planned(fleet, 0, 10, (10, 12))
    with begin(SETUP) as work:
        f.away(work, fleet.technicians[0], fleet.at(8), fleet.at(13))
    with reading(fleet.dispatcher()) as work:
        shown = dispatch_day.window(work, DAY, 1)
        board = dispatch_day.board(work, shown)
        found = dispatching.faults(work, [DAY])
    assert board["technicians"][0]["days"][0]["away"][0][2] == "Ill"
    assert {(told.visit_id, told.technician_id) for told in found} == {(one, fleet.technicians[0])}
    sentences = {told.text for told in found}
    assert "Anna Berg doesn't work then." in sentences
    assert any("was promised until 12:00 and would start" in text for text in sentences)
