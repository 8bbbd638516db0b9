"""A day is optimised, accepted in part, undone; what changed meanwhile is not run over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.field_service import checking, day_plan
from helpdesk.field_service.models import PlanChange, PlanRun, Route, RouteStop, Visit
from helpdesk.workflows import planning_making, planning_runs, visit_course
from tests.field_service import crew_scene, day_scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew
from tests.field_service.day_scene import DAY, MORNING, where


@pytest.fixture
def crew(database: Database, monkeypatch: pytest.MonkeyPatch) -> Crew:
    monkeypatch.setattr(planning_making, "SOLVE_S", 1.0)
    with clock.moved_to(MONDAY):
        return crew_scene.make_crew(2)


@pytest.fixture
def crossed(crew: Crew) -> list[str]:
    """Both drive to both ends of the town; sorted by place, then east."""
    one, two = (person.id for person in crew.technicians)
    with clock.moved_to(MONDAY):
        west = [day_scene.add_visit(crew, -20 - n, ("09:00", "16:00")) for n in range(2)]
        east = [day_scene.add_visit(crew, 20 + n, ("09:00", "16:00")) for n in range(2)]
        for visit, who, start in (
            (west[0], one, "09:00"), (east[0], one, "12:00"),
            (west[1], two, "09:00"), (east[1], two, "12:00"),
        ):  # fmt: skip
            day_scene.put(visit, who, start)
    return [*west, *east]


def asked(crew: Crew, budget: int | None = None) -> str:
    with begin(crew.admin) as work:
        return planning_runs.optimise(work, DAY, budget=budget).id


def lines(run_id: str) -> list[PlanChange]:
    with reading(SETUP) as work:
        return list(planning_runs.lines_of(work, run_id))


def state(run_id: str) -> str:
    with reading(SETUP) as work:
        return work.session.get_one(PlanRun, run_id).state


def test_a_day_is_optimised_accepted_in_part_and_undone(crew: Crew, crossed: list[str]) -> None:
    with clock.moved_to(MORNING):
        run_id = asked(crew)
        assert state(run_id) == "queued"
        with pytest.raises(Conflict), begin(crew.admin) as work:
            planning_runs.apply(work, run_id)
        planning_runs.run(run_id=run_id)
        assert state(run_id) == "ready"
        with reading(SETUP) as work:
            run = work.session.get_one(PlanRun, run_id)
            figures = run.figures
        assert figures["after"]["travel_s"] < 0.7 * figures["before"]["travel_s"]
        assert figures["after"]["late_s"] == figures["after"]["at_risk"] == 0
        before = [where(one) for one in crossed]
        swapped = [one for one in lines(run_id) if "instead of" in one.why]
        assert len(swapped) == 2
        assert not any(one.warn for one in swapped)  # every window is kept
        with begin(crew.admin) as work:
            planning_runs.decide_line(work, swapped[1].id, False)
            planning_runs.apply(work, run_id)
        done, refused = (next(o for o in lines(run_id) if o.id == s.id) for s in swapped)
        assert (done.state, refused.state) == ("accepted", "refused")
        assert done.applied_at == MORNING
        assert where(done.visit_id)[1] == done.after["technician_ids"]
        assert where(refused.visit_id)[1] == refused.before["technician_ids"]
        assert state(run_id) == "applied"
        with begin(crew.admin) as work:
            planning_runs.undo(work, run_id)
        assert state(run_id) == "undone"
        assert [where(one) for one in crossed] == before
        with reading(SETUP) as work:
            stops = work.session.scalars(select(RouteStop).order_by(RouteStop.starts_at)).all()
            assert [one.position for one in stops] == [0, 0, 1, 1]
            known = select(AuditEntry.action).where(AuditEntry.action.startswith("plan."))
            assert set(work.session.scalars(known)) == {"plan.asked", "plan.applied", "plan.undone"}


def test_what_moved_meanwhile_turns_stale_and_says_why(crew: Crew, crossed: list[str]) -> None:
    with clock.moved_to(MORNING):
        run_id = asked(crew)
        planning_runs.run(run_id=run_id)
        swapped = [one for one in lines(run_id) if "instead of" in one.why]
        gone, left = swapped
    with clock.moved_to(MORNING + timedelta(minutes=1)):
        who = gone.before["technician_ids"][0]
        with begin(SETUP) as work:
            visit_course.depart(work, gone.visit_id, who)
        with begin(crew.admin) as work:
            planning_runs.apply(work, run_id)
        stale = next(one for one in lines(run_id) if one.id == gone.id)
        assert (stale.state, stale.refusal) == ("stale", "Somebody is on the way to it, or there.")
        assert where(gone.visit_id) == ("travelling", [who])
        assert next(o for o in lines(run_id) if o.id == left.id).state in ("accepted", "stale")
        with pytest.raises(Conflict), begin(crew.admin) as work:
            planning_runs.decide_line(work, gone.id, True)


def test_a_locked_visit_and_a_locked_route_stay(crew: Crew, crossed: list[str]) -> None:
    with clock.moved_to(MORNING):
        with begin(SETUP) as work:
            work.session.scalars(
                select(Route).where(Route.technician_id == crew.technicians[0].id)
            ).one().is_locked = True
        run_id = asked(crew)
        planning_runs.run(run_id=run_id)
        assert not [one for one in lines(run_id) if "instead of" in one.why]


def test_who_may_ask_and_for_which_day(crew: Crew) -> None:
    with clock.moved_to(MORNING):
        with pytest.raises(Forbidden), begin(crew.agent) as work:
            planning_runs.optimise(work, DAY)
        for day in (DAY - timedelta(days=1), DAY + timedelta(days=200)):
            with pytest.raises(Invalid), begin(crew.admin) as work:
                planning_runs.optimise(work, day)
        with pytest.raises(Invalid), begin(crew.admin) as work:
            planning_runs.optimise(work, DAY, budget=-1)


def test_a_run_of_a_killed_worker_is_taken_up_again(crew: Crew, crossed: list[str]) -> None:
    with clock.moved_to(MORNING):
        run_id = asked(crew)
        with begin(SETUP) as work:  # a worker takes it, and is killed
            assert planning_runs._claim(work, run_id)
        planning_runs.call_planners()
        planning_runs.run(run_id=run_id)
        assert state(run_id) == "running"  # it may be alive still
    with clock.moved_to(MORNING + timedelta(minutes=3)):
        planning_runs.call_planners()
        assert state(run_id) == "queued"
        with reading(SETUP) as work:
            calls = work.session.scalars(
                select(EventRow.id).where(EventRow.kind == "plan.asked")
            ).all()
        assert len(calls) == 2
        planning_runs.run(event_id=calls[-1])
        planning_runs.run(event_id=calls[0])  # the first call comes late
        assert state(run_id) == "ready"
        assert len({one.position for one in lines(run_id)}) == len(lines(run_id))


NIGHT = {"6": [["00:00", "08:00"]]}


@pytest.mark.parametrize(
    "day, hours, planned", [(date(2026, 10, 25), 9, 8), (date(2026, 3, 29), 7, 6)]
)
def test_a_night_on_which_clocks_change_is_as_long_as_it_really_is(
    database: Database, monkeypatch: pytest.MonkeyPatch, day: date, hours: int, planned: int
) -> None:
    """An hour of work each, ten minutes from the depot and at one place."""
    monkeypatch.setattr(planning_making, "SOLVE_S", 0.5)
    wall = datetime(day.year, day.month, day.day, 8, tzinfo=ZoneInfo("Europe/Berlin"))
    ends = wall.astimezone(UTC)
    with clock.moved_to(ends - timedelta(hours=hours + 6)):
        crew = crew_scene.make_crew(0)
        with begin(SETUP) as work:
            who = crew_scene.add_technician(work, "Nora", week=NIGHT)
        ids = [day_scene.add_visit(crew, 5) for _ in range(9)]
        with begin(SETUP) as work:
            for one in ids:
                work.session.get_one(Visit, one).due_at = ends
        with begin(crew.admin) as work:
            run_id = planning_runs.optimise(work, day).id
        planning_runs.run(run_id=run_id)
        with begin(crew.admin) as work:
            planning_runs.apply(work, run_id)
        with reading(SETUP) as work:
            stops = work.session.scalars(select(RouteStop).order_by(RouteStop.starts_at)).all()
        assert len(stops) == planned
        assert {one.technician_id for one in stops} == {who.id}
        first, last = stops[0].starts_at, stops[-1].ends_at
        assert ends - timedelta(hours=hours) < first
        assert last < ends
        assert last - first == timedelta(hours=planned)


def test_what_a_van_lacks_for_its_own_visits_stops_no_planning(
    crew: Crew, crossed: list[str]
) -> None:
    with begin(SETUP) as work:
        for one in crossed:
            work.session.get_one(Visit, one).parts = {"a pump": 1}
        for route in work.session.scalars(select(Route)):
            route.version += 1
    with clock.moved_to(MORNING), reading(SETUP) as work:
        now = day_plan.read(work, DAY)
        assert checking.faults(now.plan, now.travel) == []
        lacking = {route.shift.parts["a pump"] for route in now.plan.routes.values()}
        assert lacking == {2}  # for its own two, and for no other
