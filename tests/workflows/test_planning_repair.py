"""Events of a day: the plan mends itself where no promise is touched, and says whom to warn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import Emitted, begin, reading
from helpdesk.field_service import settings
from helpdesk.field_service.models import PlanChange, PlanRun
from helpdesk.field_service.models_crew import TechnicianAbsence
from helpdesk.notices.models import Notice
from helpdesk.workflows import noticing, planning_repair, planning_runs, visit_course
from tests.field_service import crew_scene, day_scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew
from tests.field_service.day_scene import MORNING, at, where


@pytest.fixture
def crew(database: Database) -> Crew:
    with clock.moved_to(MONDAY):
        return crew_scene.make_crew(2)


def planned(crew: Crew, person: int, *stops: tuple[float, str, str, str]) -> list[str]:
    """Visits of one technician: km to the east, start, window."""
    ids = []
    with clock.moved_to(MONDAY):
        for east, start, opens, closes in stops:
            ids.append(day_scene.add_visit(crew, east, (opens, closes)))
            day_scene.put(ids[-1], crew.technicians[person].id, start)
    return ids


def happens(crew: Crew, act: Any) -> PlanRun:
    """Do it, let the house hear of it, and have the repair made; the newest run."""
    with begin(crew.admin) as work:
        act(work)
        told = [one for one in work.events() if one.event.kind in planning_repair.EVENTS]
    with begin(SETUP) as work:
        planning_repair.hear(work, told)
    return made()


def made() -> PlanRun:
    with reading(SETUP) as work:
        run_id = work.session.scalars(
            select(PlanRun.id).order_by(PlanRun.asked_at.desc(), PlanRun.id.desc())
        ).first()
    assert run_id is not None
    planning_runs.run(run_id=run_id)
    with reading(SETUP) as work:
        return work.session.get_one(PlanRun, run_id)


def lines(run: PlanRun) -> list[PlanChange]:
    with reading(SETUP) as work:
        return list(planning_runs.lines_of(work, run.id))


class Away:
    """What the set-up tells when somebody writes an absence down."""

    kind = "technician.away"

    def __init__(self, technician_id: str, starts: Any, ends: Any) -> None:
        self.technician_id = technician_id
        self.starts_at, self.ends_at = starts.isoformat(), ends.isoformat()


def falls_ill(crew: Crew, person: int) -> PlanRun:
    who = crew.technicians[person].id
    with begin(SETUP) as work:
        work.insert(
            TechnicianAbsence, id=new_id(), technician_id=who, starts_at=work.at,
            ends_at=work.at + timedelta(days=2), kind="ill", note="", made_at=work.at,
            made_by="test",
        )  # fmt: skip
    with begin(SETUP) as work:
        event: Any = Away(who, work.at, work.at + timedelta(days=2))
        planning_repair.hear(work, [Emitted(new_id(), event, work.at, "user:x")])
    return made()


def test_somebody_falls_ill_and_promises_are_kept_by_others(crew: Crew) -> None:
    one, two = crew.technicians
    mine = planned(crew, 0, (5, "09:00", "09:00", "11:00"), (8, "13:00", "13:00", "15:00"))
    planned(crew, 1, (6, "11:00", "11:00", "12:00"))
    with clock.moved_to(MORNING):
        run = falls_ill(crew, 0)
        assert [where(visit) for visit in mine] == [("booked", [two.id])] * 2
        assert run.state == "applied"
        assert not any(line.warn for line in lines(run))
        assert run.event["words"] == "Tech 0 is away"
        with begin(crew.admin) as work:
            planning_runs.undo(work, run.id)
        # There is nobody to give them back to, so they stay, and say why.
        assert [where(visit) for visit in mine] == [("booked", [two.id])] * 2
        assert all(line.refusal for line in lines(run))
    del one


def test_a_promise_that_nobody_can_keep_is_proposed_late_with_a_warning(crew: Crew) -> None:
    mine = planned(crew, 0, (30, "08:30", "08:30", "09:00"))
    planned(crew, 1, (-30, "08:30", "08:30", "09:00"))
    with clock.moved_to(MORNING):
        run = falls_ill(crew, 0)
        assert run.state == "ready"
        line = next(one for one in lines(run) if one.visit_id == mine[0])
        assert line.warn
        assert line.after["late_s"] > 0
        assert "after its window" in line.why
        assert where(mine[0]) == ("booked", [crew.technicians[0].id])
        with begin(crew.admin) as work:
            planning_runs.apply(work, run.id)
            told = work.events()
        assert [one.refusal for one in lines(run)] == [""]
        assert where(mine[0]) == ("booked", [crew.technicians[1].id])
        with begin(SETUP) as work:
            noticing.tell(work, told)
        with reading(SETUP) as work:
            notice = work.session.scalars(select(Notice)).one()
            assert notice.user_id == crew.admin.id
            assert notice.title.startswith("Warn a customer")


def test_an_emergency_is_driven_to_first_and_moves_no_promise(crew: Crew) -> None:
    kept = planned(crew, 0, (3, "12:00", "12:00", "14:00"))
    planned(crew, 1, (3, "08:30", "08:00", "10:00"))
    with clock.moved_to(MORNING):
        run = happens(crew, lambda work: day_scene.make_visit(work, crew, 12, priority=1))
        assert run.event["what"] == "emergency"
        line = next(one for one in lines(run) if one.visit_id in run.event["urgent"])
        assert line.state == "accepted"
        assert line.warn  # its customer knows no time yet
        assert line.after["starts_at"] < at("10:00").isoformat()
        assert where(line.visit_id)[0] == "booked"
        assert where(kept[0]) == ("booked", [crew.technicians[0].id])


def test_a_cancellation_and_a_no_show_leave_the_rest_as_it_is(crew: Crew) -> None:
    mine = planned(crew, 0, (3, "09:00", "09:00", "11:00"), (4, "11:00", "11:00", "13:00"))
    with clock.moved_to(MORNING):
        run = happens(crew, lambda work: visit_course.cancel(work, mine[0], reason="not needed"))
        assert (run.state, run.event["what"]) == ("dropped", "cancelled")
        who = crew.technicians[0].id
        with begin(SETUP) as work:
            visit_course.depart(work, mine[1], who)
        run = happens(crew, lambda work: visit_course.no_access(work, mine[1], who))
        assert (run.state, run.event["what"]) == ("dropped", "no_access")


def test_events_that_come_together_are_one_repair_and_nothing_moves_by_itself_if_so_set(
    crew: Crew,
) -> None:
    mine = planned(crew, 0, (5, "09:00", "09:00", "11:00"))
    with clock.moved_to(MORNING):
        with begin(SETUP) as work:
            settings.put(work, {"mends_itself": False})
            day = planning_repair._today(work)
            first = planning_repair.ask(work, day, "ill", name="Tech 0")
            second = planning_repair.ask(work, day, "emergency", urgent=[mine[0]], number=5)
            assert first is second
            assert first is not None
            assert first.event["words"] == "Tech 0 is away; V-5 is an emergency"
        run = falls_ill(crew, 0)
        assert run.state == "ready"
        assert where(mine[0])[1] == [crew.technicians[0].id]
        again = falls_ill(crew, 0)  # told twice: the newer proposal stands for both
        assert again.state == "ready"
        with reading(SETUP) as work:
            assert work.session.get_one(PlanRun, run.id).state == "dropped"
