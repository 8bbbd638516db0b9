"""Windows that will probably be missed are told in time, to whoever can do something about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.field_service.models import PlanRun, VisitPromise
from helpdesk.field_service.models_crew import TechnicianPosition
from helpdesk.workflows import planning_runs, visit_alarm, visit_course
from tests.field_service import crew_scene, day_scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew
from tests.field_service.day_scene import at, where


@pytest.fixture
def crew(database: Database) -> Crew:
    with clock.moved_to(MONDAY):
        return crew_scene.make_crew(2)


@pytest.fixture
def day(crew: Crew) -> list[str]:
    """One technician: at nine, and from eleven to half past eleven; the other one is free."""
    with clock.moved_to(MONDAY):
        ids = [
            day_scene.add_visit(crew, 4, ("09:00", "10:00")),
            day_scene.add_visit(crew, 2, ("11:00", "11:30")),
        ]
        day_scene.put(ids[0], crew.technicians[0].id, "09:00")
        day_scene.put(ids[1], crew.technicians[0].id, "11:00")
    return ids


def promise(visit_id: str) -> VisitPromise:
    with reading(SETUP) as work:
        return work.session.scalars(
            select(VisitPromise).where(VisitPromise.visit_id == visit_id)
        ).one()


def alarms() -> list[str]:
    with reading(SETUP) as work:
        rows = select(EventRow.subject_id).where(EventRow.kind == "visit.at_risk")
        return [str(one) for one in work.session.scalars(rows)]


def test_whoever_overruns_is_noticed_and_the_next_window_is_kept_by_another(
    crew: Crew, day: list[str]
) -> None:
    one, two = (person.id for person in crew.technicians)
    with clock.moved_to(at("08:50")):
        visit_alarm.look_ahead()
    foreseen = promise(day[1])
    assert foreseen.risk is not None
    assert foreseen.risk < 0.2
    assert foreseen.eta_p50_at is not None
    assert at("09:30") <= foreseen.eta_p50_at <= at("10:30")
    with clock.moved_to(at("09:00")), begin(SETUP) as work:
        visit_course.arrive(work, day[0], one)
    with clock.moved_to(at("10:10")):
        visit_alarm.look_ahead()
        assert alarms() == []
    with clock.moved_to(at("11:20")):
        visit_alarm.look_ahead()
        visit_alarm.look_ahead()
        assert alarms() == [day[1]]
        assert promise(day[1]).warned_at == at("11:20")
        with reading(SETUP) as work:
            run = work.session.scalars(select(PlanRun)).one()
            assert run.event["what"] == "overrun"
            assert run.event["words"].startswith("Tech 0 needs longer at V-")
        planning_runs.run(run_id=run.id)
        # Four minutes from here and from the depot, but one of them is busy still.
        assert where(day[1]) == ("booked", [two])


def test_who_is_held_up_on_the_way_is_noticed_by_where_they_are(crew: Crew, day: list[str]) -> None:
    who = crew.technicians[0].id
    with clock.moved_to(at("08:45")), begin(SETUP) as work:
        visit_course.depart(work, day[0], who)
    with clock.moved_to(at("09:30")):
        visit_alarm.look_ahead()
        assert alarms() == []
        assert promise(day[0]).eta_p50_at == at("09:30")  # nobody arrives in the past
    with clock.moved_to(at("09:34")):
        with begin(SETUP) as work:
            lat, lon = crew_scene.at_km(-30)
            work.session.add(
                TechnicianPosition(technician_id=who, at=work.at, lat=lat, lon=lon, visit_id=day[0])
            )
        visit_alarm.look_ahead()
        assert alarms() == [day[0]]
        with reading(SETUP) as work:
            run = work.session.scalars(select(PlanRun)).one()
            assert run.event["what"] == "traffic"


def test_what_lies_far_ahead_is_not_looked_at(crew: Crew, day: list[str]) -> None:
    with clock.moved_to(at("09:00") - timedelta(days=1)):
        visit_alarm.look_ahead()
    assert promise(day[0]).risk is None
