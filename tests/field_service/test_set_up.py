"""The set-up of field service by its services: who may, what is refused, what is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import records
from helpdesk.field_service import (
    absences,
    crew,
    crew_days,
    maintenance,
    parts,
    places,
    rosters,
    stock,
    territories,
    types,
)
from helpdesk.field_service.models import Maintenance, Visit
from helpdesk.field_service.models_crew import Technician
from helpdesk.identity.events import UserDeactivated
from helpdesk.routing import setup
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import maintenance_due
from tests.customers.people import counted
from tests.field_service import scene
from tests.field_service.scene import MONDAY, SYSTEM, Field, at
from tests.web.portal import scene as portal
from tests.web.portal.scene import Shop, deliver
from tests.web.signed_in import add_user

NOWHERE = "01900000-0000-7000-8000-000000000000"
HAMBURG: dict[str, Any] = {"start_lat": 53.55, "start_lon": 10.0, "zone": "Europe/Berlin"}


@pytest.fixture
def shop(app: Flask, settings: Any) -> Shop:
    return portal.furnish(app, settings)


@pytest.fixture
def field(shop: Shop) -> Field:
    users = (add_user("technician"), add_user("technician"))
    with begin(SYSTEM) as work:
        return scene.furnish(work, users)


@pytest.fixture
def monday() -> Iterator[None]:
    with clock.moved_to(MONDAY - timedelta(days=2)):
        yield


def actor(role: Any) -> Actor:
    return Actor("user", add_user(role), role)


def version_of(work: Work, technician_id: str) -> int:
    return work.session.get_one(Technician, technician_id).version


def test_an_account_becomes_a_technician_and_every_change_moves_the_version(shop: Shop) -> None:
    admin, user_id = actor("admin"), add_user("technician")
    with begin(admin) as work:
        skill = setup.create_skill(work, "Heat").id
        north = territories.add(work, name="North", postcodes=["22", "23"]).id
        assert [one for one, _ in crew.candidates(work)] == [user_id]
        row = crew.add(
            work, user_id, **HAMBURG, skills={skill: 4}, territory_ids=[north],
            phone="+49 171 3920041", cost_per_hour_minor=4800, currency="EUR",
        )  # fmt: skip
        assert (row.phone, row.week, row.version) == ("+491713920041", crew.USUAL_WEEK, 1)
        assert crew.candidates(work) == []
        crew.change(work, user_id, version=1, week={"0": [["22:00", "06:00"]]}, breaks=[])
        assert version_of(work, user_id) == 2
        crew.change(work, user_id, version=2, phone="+49 171 392 00 41")
        assert version_of(work, user_id) == 2  # nothing differs
        assert crew.using_skill(work, skill) == crew.get(work, user_id).name
    with begin(admin) as work, pytest.raises(Conflict):
        crew.change(work, user_id, version=1, phone="")
    with begin(admin) as work, pytest.raises(Conflict):
        setup.remove_skill(work, skill)
    with begin(admin) as work, pytest.raises(Conflict):
        territories.remove(work, north)
    with begin(actor("supervisor")) as work, pytest.raises(Forbidden):
        crew.change(work, user_id, version=2, phone="")
    with reading(actor("technician")) as work, pytest.raises(NotFound):
        crew.page(work)


def test_all_that_is_wrong_with_a_technician_is_said_at_once(shop: Shop) -> None:
    wrong = {
        "start_lat": 95.0, "start_lon": None, "zone": "Mars/Base", "phone": "12",
        "skills": {"x": 9}, "territory_ids": [NOWHERE], "calendar_id": NOWHERE, "colour": "red",
        "breaks": [{"from": "12:00", "to": "13:00", "minutes": 0}],
    }  # fmt: skip
    driver, agent = add_user("technician"), add_user("agent")
    with begin(SYSTEM) as work, pytest.raises(Invalid) as refused:
        crew.add(work, driver, **wrong)
    assert set(refused.value.fields) == {*wrong, "break-0"} - {"breaks", "start_lon"}
    with begin(SYSTEM) as work, pytest.raises(Invalid):
        crew.add(work, agent, **HAMBURG)
    with begin(SYSTEM) as work:
        crew.add(work, driver, **HAMBURG)
    with begin(SYSTEM) as work, pytest.raises(Conflict):
        crew.add(work, driver, **HAMBURG)


def test_an_absence_says_which_planned_visits_it_hits(
    shop: Shop, field: Field, monday: None
) -> None:
    bjorn, ada = field.technicians[0].id, shop.customer("Ada", "ada@example.com")
    supervisor = actor("supervisor")
    with begin(SYSTEM) as work:
        visit = scene.visit(work, field, ada)
        scene.plan(work, visit, bjorn, 1)
        before = version_of(work, bjorn)
    with begin(supervisor) as work:
        ill, hit = absences.add(work, bjorn, starts_at=at(1.5), ends_at=at(9), kind="ill", note="")
        assert [one.visit_id for one in hit] == [visit.id]
        assert version_of(work, bjorn) == before + 1
        _, missed = absences.set_day(work, bjorn, MONDAY.date(), hours=[["08:00", "10:00"]])
        assert [one.number for one in missed] == [visit.number]
        row = work.session.get_one(Technician, bjorn)
        day = rosters.between(work, [row], MONDAY.date(), MONDAY.date())[bjorn, MONDAY.date()]
        assert day.spans == ((int(at(-2).timestamp()), int(at(0).timestamp())),)
        absences.drop_day(work, bjorn, MONDAY.date())
        absences.remove(work, ill.id)
        assert absences.ahead(work, [bjorn]) == []
        assert version_of(work, bjorn) == before + 4
    with begin(actor("agent")) as work, pytest.raises(Forbidden):
        absences.add(work, bjorn, starts_at=at(0), ends_at=at(1), kind="ill")
    with begin(supervisor) as work, pytest.raises(Invalid):
        absences.add(work, bjorn, starts_at=at(1), ends_at=at(0), kind="ill")
    with begin(supervisor) as work, pytest.raises(Invalid):
        absences.set_day(work, bjorn, date.max, hours=[["08:00", "10:00"]])
    with begin(supervisor) as work, pytest.raises(NotFound):
        absences.add(work, NOWHERE, starts_at=at(0), ends_at=at(1), kind="ill")


def test_holidays_are_asked_for_once_however_many_share_them(
    field: Field, database: Database
) -> None:
    shared = new_id()
    with begin(SYSTEM) as work:
        for row in work.session.scalars(select(Technician)):
            row.calendar_id = shared
    with reading(SYSTEM) as work, counted(database) as told:
        found = crew_days.read(work, (), MONDAY.date())
    assert len(found.people) == 2
    assert sum("\nFROM calendar" in one for one in told) == 1


def test_who_left_or_changed_roles_is_planned_no_more(field: Field) -> None:
    with begin(SYSTEM) as work:
        work.emit(UserDeactivated(user_id=field.technicians[0].id))
    deliver("user.deactivated", crew.follow_accounts)
    with reading(SYSTEM) as work:
        assert [one.id for one in crew.driving(work)] == [field.technicians[1].id]


def test_stock_is_booked_in_used_and_counted_with_a_line_for_each(field: Field) -> None:
    bjorn = field.technicians[0]
    with begin(actor("supervisor")) as work, pytest.raises(Forbidden):
        parts.add(work, sku="P-1", name="Pump")
    with begin(SYSTEM) as work:
        part = parts.add(work, sku="P-1", name="Pump").id
        same, is_new = parts.put(work, sku="P-1", cost_minor=950, currency="EUR")
        assert (same.id, is_new) == (part, False)
    with begin(actor("supervisor")) as work:
        assert stock.book_in(work, bjorn.id, part, 2) == 2
    with begin(bjorn) as work:
        assert stock.use(work, bjorn.id, part, 3, visit_id=NOWHERE) == -1
    with begin(bjorn) as work, pytest.raises(Forbidden):
        stock.use(work, field.technicians[1].id, part, 1)
    with begin(SYSTEM) as work:
        assert stock.correct(work, bjorn.id, part, 4) == -1
        assert stock.of_vans(work, [bjorn.id]) == {bjorn.id: {part: 4}}
        assert stock.matrix(work, [part]) == {(part, bjorn.id): 4}
    with reading(SYSTEM) as work:
        wanted = select(AuditEntry.action).where(AuditEntry.subject_kind == "stock")
        said = work.session.scalars(wanted.order_by(AuditEntry.seq)).all()
    assert said == ["stock.booked_in", "stock.used", "stock.corrected"]


def test_a_kind_of_visit_keeps_the_keys_of_its_checklist(shop: Shop) -> None:
    with begin(SYSTEM) as work:
        part = parts.add(work, sku="P-1", name="Pump").id
        kind = types.add(
            work, key="repair", name="Repair", names={"de": "Reparatur", "en": ""},
            parts={part: 2}, checklist=[
                {"text": "Pressure", "kind": "number", "needed": True},
                {"text": "Photo", "kind": "photo", "needed": False},
            ],
        )  # fmt: skip
        assert [one["key"] for one in kind.checklist] == ["line_1", "line_2"]
        assert (types.name_in(kind, "de"), types.name_in(kind, "en")) == ("Reparatur", "Repair")
        kept = [dict(kind.checklist[1]), {"text": "Noise", "kind": "text", "needed": False}]
        types.change(work, kind.id, version=1, checklist=kept)
        assert [one["key"] for one in kind.checklist] == ["line_2", "line_3"]
    wrong = {"duration_p50_s": 7200, "duration_p80_s": 3600}
    for given in (wrong, {"crew": 0}, {"names": {"xx": "?"}}, {"parts": {NOWHERE: 1}},
                  {"checklist": [{"text": "", "kind": "song"}]}, {"window_s": 60}):  # fmt: skip
        with begin(SYSTEM) as work, pytest.raises(Invalid):
            types.change(work, kind.id, version=None, **given)
    with begin(SYSTEM) as work, pytest.raises(Conflict):
        types.add(work, key="repair", name="Again")


def a_plan(work: Work, field: Field, customer_id: str, **given: Any) -> Maintenance:
    place = places.make(work, customer_id, address="Deich 1", lat=53.5, lon=10.0)
    usual = {"rule": "FREQ=MONTHLY", "starts_on": date(2026, 6, 20), "lead_days": 28}
    return maintenance.add(
        work, customer_id, place_id=place.id, visit_type_id=field.kind.id, **(usual | given)
    )


def test_maintenance_makes_each_visit_once_with_a_ticket_in_line(
    shop: Shop, field: Field, monday: None
) -> None:
    ada = shop.customer("Ada", "ada@example.com")
    with begin(SYSTEM) as work:
        plan = a_plan(work, field, ada, note="Key at the neighbour's")
        assert [str(day) for day in maintenance.preview(plan, 2)] == ["2026-06-20", "2026-07-20"]
        assert maintenance.due(work) == [(plan.id, date(2026, 6, 20))]
    maintenance_due.make_due()
    maintenance_due.make_due()
    with begin(SYSTEM) as work:
        visit = work.session.scalars(select(Visit)).one()
        assert (visit.state, visit.source, visit.note) == ("waiting", "plan", plan.note)
        assert visit.due_at == datetime(2026, 6, 20, 22, tzinfo=UTC)
        ticket = work.session.get_one(Ticket, visit.ticket_id)
        assert ticket.subject == "Repair: due on 20 June 2026"
        kept = maintenance.get(work, plan.id)
        assert kept.next_on == date(2026, 7, 20)
        assert maintenance_due.make(work, plan.id, date(2026, 6, 20)) is None
        # An older start says the same dates; what was made is not made again.
        changed = maintenance.change(work, plan.id, version=None, starts_on=date(2026, 5, 20))
        assert changed.next_on == date(2026, 7, 20)


def test_a_plan_is_skipped_paused_and_goes_on_without_what_passed(
    shop: Shop, field: Field, monday: None
) -> None:
    ada, ben = shop.customer("Ada", "ada@example.com"), shop.customer("Ben", "ben@example.com")
    with begin(SYSTEM) as work:
        plan_id = a_plan(work, field, ada).id
        maintenance.skip(work, plan_id, date(2026, 6, 20))
        maintenance.skip(work, plan_id, date(2026, 6, 20))  # two clicks skip once
        assert maintenance.get(work, plan_id).next_on == date(2026, 7, 20)
        maintenance.change(work, plan_id, version=None, is_active=False)
        assert [one.id for one in maintenance.paused(work)] == [plan_id]
        other = places.make(work, ben, address="Hof 2").id
        with pytest.raises(Invalid) as refused:
            maintenance.change(work, plan_id, version=None, place_id=other)
        assert list(refused.value.fields) == ["place_id"]
    with clock.moved_to(datetime(2026, 11, 2, tzinfo=UTC)), begin(SYSTEM) as work:
        assert maintenance.due(work) == []
        on = maintenance.change(work, plan_id, version=None, is_active=True)
        assert on.next_on == date(2026, 11, 20)
        assert records.find(work, ada) is not None
        maintenance.remove(work, plan_id)
        assert maintenance.of_customer(work, ada) == []
