"""Jobs of several days, what has to come first, and how long visits are expected to take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.field_service import day_plan, needs, promises, service
from helpdesk.field_service.models import RouteStop, Visit, VisitNeeds
from helpdesk.field_service.models_crew import Part, VisitType
from helpdesk.workflows import visit_course, visit_durations, visit_series
from tests.field_service import crew_scene, day_scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew
from tests.field_service.day_scene import DAY, MORNING, at


@pytest.fixture
def crew(database: Database) -> Crew:
    with clock.moved_to(MONDAY):
        return crew_scene.make_crew(2, days=3)


def hear(work_events: Sequence[object]) -> None:
    told = [one for one in work_events if one.event.kind in visit_series.EVENTS]  # type: ignore[attr-defined]
    with begin(SETUP) as work:
        visit_series.hear(work, told)  # type: ignore[arg-type]


def series(first: str) -> list[tuple[int, str, date | None, str | None]]:
    """Place, state, day and technician of each visit."""
    with reading(SETUP) as work:
        one = work.session.get_one(Visit, first)
        rows = work.session.scalars(
            select(Visit).where(Visit.series_id == one.series_id).order_by(Visit.series_place)
        ).all()
        whose = {
            stop.visit_id: stop.technician_id for stop in work.session.scalars(select(RouteStop))
        }
        return [
            (v.series_place, v.state, v.planned_at and v.planned_at.date(), whose.get(v.id))
            for v in rows
        ]


def test_the_days_of_a_job_follow_its_first_one_with_the_same_technician(crew: Crew) -> None:
    who = crew.technicians[0].id
    with clock.moved_to(MONDAY):
        first = day_scene.add_visit(crew, 5)
        day_scene.put(first, who, "09:00")
        with begin(SETUP) as work:
            visit = visit_course.hold(work, first)
            visit_course.promise(work, visit, at("09:00"), at("11:00"))
            told = work.events()
        hear(told)
        hear(told)  # told twice
    days = [DAY + timedelta(days=n) for n in range(3)]
    assert series(first) == [(n, "booked", day, who) for n, day in enumerate(days)]
    with reading(SETUP) as work:
        needed = work.session.scalars(select(VisitNeeds)).all()
        assert len(needed) == 2
    with clock.moved_to(MONDAY), begin(SETUP) as work:
        second = visit_series.rest_of(work, work.session.get_one(Visit, first))[0]
        day = days[1]
        visit_course.promise(
            work, visit_course.hold(work, second.id), at("09:00", day), at("11:00", day)
        )
        visit_course.cancel(work, first, reason="not needed")
        told = work.events()
    with clock.moved_to(MONDAY):
        hear(told)
    assert {state for _, state, _, _ in series(first)} == {"cancelled"}
    with reading(SETUP) as work:
        assert [one.state for one in promises.of_visit(work, second.id)] == ["withdrawn"]


def test_a_visit_waits_for_its_part_and_for_another_visit(crew: Crew) -> None:
    with clock.moved_to(MORNING):
        one, two = (day_scene.add_visit(crew, 5, priority=2) for _ in range(2))
        with begin(SETUP) as work:
            part = Part(id=new_id(), sku="P-1", name="Pump", cost_minor=None)
            work.session.add(part)
            work.session.flush()
            waits = needs.add(work, one, part_id=part.id, quantity=2, expected_on=DAY).id
            needs.add(work, two, needs_visit_id=one)
            for wrong in (
                {"needs_visit_id": two},  # a circle
                {"needs_visit_id": one},
                {"part_id": new_id()},
                {"part_id": part.id, "quantity": 0},
                {},
            ):
                with pytest.raises(Invalid):
                    needs.add(work, one, **wrong)  # type: ignore[arg-type]
        with reading(SETUP) as work:  # it is in the van tomorrow
            assert one not in day_plan.read(work, DAY).plan.jobs()
            seen = day_plan.read(work, DAY + timedelta(days=1), also=[one]).plan.jobs()
            assert one in seen
            assert two not in seen  # what it waits for is not planned
        with begin(SETUP) as work:
            assert needs.part_arrived(work, part.id, 1) == []
            assert [n.id for n in needs.part_arrived(work, part.id, 5)] == [waits]
            assert needs.met(work, waits).met_at == MORNING
            with pytest.raises(Conflict):
                needs.expect(work, waits, DAY)
        with reading(SETUP) as work:
            assert one in day_plan.read(work, DAY).plan.jobs()
        day_scene.put(one, crew.technicians[0].id, "10:00")
        with reading(SETUP) as work:
            job = day_plan.read(work, DAY).plan.jobs()[two]
            assert job.after == (one,)
        with begin(crew.technicians[0]) as work, pytest.raises(NotFound):
            needs.of_visit(work, two)
        with begin(SETUP) as work:
            needs.remove(work, needs.of_visit(work, two)[0].id)
            assert not needs.of_visit(work, two)


def test_how_long_a_visit_takes_is_learned_from_finished_ones(crew: Crew) -> None:
    who = crew.technicians[0].id
    with reading(SETUP) as work:
        assert visit_durations.expected(work, crew.type_id) == (3600, 4500)
    with clock.moved_to(MONDAY):
        for n in range(12):
            visit = day_scene.add_visit(crew, 5)
            day_scene.put(visit, who, "09:00", DAY + timedelta(days=n))
            with begin(SETUP) as work:
                row = work.session.get_one(Visit, visit)
                row.state, row.arrived_at = "done", at("09:00")
                row.finished_at = at("09:00") + timedelta(minutes=30)
    with clock.moved_to(MONDAY + timedelta(days=30)):
        visit_durations.learn()
        visit_durations.learn()
    with reading(SETUP) as work:
        p50, p80 = visit_durations.expected(work, crew.type_id)
        assert 1800 < p50 < 2700
        assert p50 < p80
        quicker, _ = visit_durations.expected(work, crew.type_id, who)
        assert quicker < p50
        assert visit_durations.expected(work, crew.type_id, crew.technicians[1].id) == (p50, p80)
        with pytest.raises(NotFound):
            visit_durations.expected(work, new_id())
    with begin(SETUP) as work:
        kind = work.session.get_one(VisitType, crew.type_id)
        made = service.make(
            work,
            kind,
            customer_id=crew.customer_id,
            place_id=crew.place_id,
            source="desk",
            duration=visit_durations.expected(work, kind.id),
        )
        assert made.duration_s == p50
