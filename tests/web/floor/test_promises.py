"""The promise ledger's report: figures by week and technician lead to their rows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.field_service import ledger
from helpdesk.field_service.models import VisitPromise
from helpdesk.workflows import visit_course
from tests.field_service import crew_scene, day_scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew
from tests.field_service.day_scene import at
from tests.web.signed_in import browser_as


@pytest.fixture
def crew(app: Flask) -> Crew:
    """One window kept, one broken by half an hour, one changed, one still open."""
    with clock.moved_to(MONDAY - timedelta(days=1)):
        made = crew_scene.make_crew(2)
        ids = [day_scene.add_visit(made, 3, ("09:00", "11:00")) for _ in range(3)]
        day_scene.put(ids[0], made.technicians[0].id, "09:00")
        day_scene.put(ids[1], made.technicians[0].id, "10:30")
        day_scene.put(ids[2], made.technicians[1].id, "09:00")
    with clock.moved_to(at("09:30")), begin(SETUP) as work:
        visit_course.arrive(work, ids[0], made.technicians[0].id)
    with clock.moved_to(at("11:30")), begin(SETUP) as work:
        visit_course.arrive(work, ids[1], made.technicians[0].id)
    with clock.moved_to(at("08:00")), begin(SETUP) as work:
        visit = visit_course.hold(work, ids[2])
        visit_course.promise(work, visit, at("13:00"), at("15:00"))
    return made


def test_figures_by_week_and_technician_lead_to_their_rows(app: Flask, crew: Crew) -> None:
    week, one = date(2026, 3, 2), crew.technicians[0].id
    with reading(SETUP) as work:
        counts = ledger.by_week(work, week, 8)[week]
        assert counts.of == {
            "kept": 1, "broken": 1, "changed": 1, "moved": 0, "withdrawn": 0, "open": 1,
            "at_risk": 0,
        }  # fmt: skip
        assert counts.made == 4
        assert counts.share_kept == pytest.approx(1 / 3)
        assert counts.mean_late_s == 1800
        people = ledger.by_technician(work, week)
        assert people[one].of["kept"] == people[one].of["broken"] == 1
        assert people[crew.technicians[1].id].of["open"] == 1
        row, visit = ledger.rows(work, week, state="broken", technician_id=one).items[0]
        assert (row.late_s, visit.state) == (1800, "on_site")
        assert not ledger.rows(work, week, state="at_risk").items
        first = ledger.rows(work, week, limit=1)
        rest = ledger.rows(work, week, cursor=first.next_cursor)
        assert len(rest.items) == 3
    with begin(SETUP) as work:
        open_one = work.session.scalars(
            select(VisitPromise).where(VisitPromise.state == "open")
        ).one()
        open_one.at_risk_since = work.at
    boss = browser_as(app, "supervisor")
    page = boss.get("/floor/promises?week=2026-03-04").text
    assert "33.3 %" in page
    assert f"/floor/promises/rows?week=2026-03-02&state=broken&technician={one}" in page
    rows = boss.get(f"/floor/promises/rows?week=2026-03-02&state=broken&technician={one}").text
    assert "Broken" in rows
    assert "30 min" in rows
    assert "At risk" in boss.get("/floor/promises/rows?week=2026-03-02&state=at_risk").text
    assert boss.get("/floor/promises?week=nonsense").status_code == 200
    assert browser_as(app, "agent").get("/floor/promises").status_code == 403
