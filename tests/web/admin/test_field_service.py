"""Field service as an administrator sets it up: a story for each screen, and for supervisors."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.field_service import crew, parts, places, settings, stock, territories, types
from helpdesk.field_service.models import Maintenance
from helpdesk.field_service.models_crew import Technician, TechnicianAbsence
from helpdesk.routing import setup
from tests.web.admin.scene import fields_of, words_of
from tests.web.signed_in import Browser, add_user, browser_as

SYSTEM = system("test")
PLACE: dict[str, Any] = {"start_lat": 53.55, "start_lon": 10.0, "zone": "Europe/Berlin"}
FIELD = "/admin/field"


def filled(browser: Browser, path: str, **given: str) -> dict[str, str]:
    """The form at this address as a browser would send it, with these changes."""
    return dict(fields_of(browser.get(path).text, path)) | given


def way_back(page: str) -> dict[str, str]:
    """What the undo of a removal would send."""
    form = page.partition('class="undo"')[2].partition("</form>")[0]
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: value for name, value in found if name != "_csrf"}


def a_technician() -> str:
    user_id = add_user("technician")
    with begin(SYSTEM) as work:
        crew.add(work, user_id, **PLACE)
    return user_id


def test_what_is_missing_is_said_until_visits_can_be_booked(admin: Browser) -> None:
    said = words_of(admin.get(FIELD).text)
    assert "1 of 5 are set up. Next: technicians" in said
    user_id = add_user("technician")
    assert "One technician has an account, but no hours" in words_of(admin.get(FIELD).text)
    with begin(SYSTEM) as work:
        crew.add(work, user_id, **PLACE)
        skill = setup.create_skill(work, "Heat").id
        types.add(work, key="repair", name="Repair", skills={skill: 2})
    said = words_of(admin.get(FIELD).text)
    assert "Too few technicians have the skills for Repair" in said


def test_a_technician_is_set_up_and_changed_and_nobody_overwrites_anybody(admin: Browser) -> None:
    user_id = add_user("technician")
    new = f"{FIELD}/technicians/new"
    form = filled(admin, new, user_id=user_id, start_at="53.55", phone="12")
    wrong = admin.post(new, data=form)
    assert wrong.status_code == 400
    assert "Write latitude and longitude" in words_of(wrong.text)
    grown = admin.post(new, data=form | {"_do": "add:sat"})
    assert "sat-0-from" in grown.text
    good = form | {"start_at": "53.5511, 9.9937", "phone": "+49 171 3920041", "cost_per_hour": "48"}
    assert admin.post(new, data=good).status_code == 303
    path = f"{FIELD}/technicians/{user_id}"
    given = filled(admin, path)
    assert given["cost_per_hour"] == "48.00"
    split = {"mon-0-to": "12:00", "mon-1-from": "13:00", "mon-1-to": "17:30"}
    assert admin.post(path, data=given | split).status_code == 303
    stale = admin.post(path, data=given | {"phone": "+49 171 3920042"})
    assert stale.status_code == 409
    assert "changed this while you had it open" in words_of(stale.text)
    overlap = admin.post(path, data=filled(admin, path, **{"mon-1-from": "11:00"}))
    assert "overlap" in words_of(overlap.text)
    assert "Mon–Fri, 44 h 30" in words_of(admin.get(f"{FIELD}/technicians").text)


def test_a_supervisor_keeps_absences_days_and_the_van_but_not_the_rest(
    app: Flask, supervisor: Browser
) -> None:
    user_id = a_technician()
    with begin(SYSTEM) as work:
        part = parts.add(work, sku="P-1", name="Pump").id
    path = f"{FIELD}/technicians/{user_id}"
    assert supervisor.get(path).status_code == 200
    assert supervisor.post(path, data=filled(supervisor, path)).status_code == 403
    times = {"from": "2030-06-03T08:00", "to": "2030-06-07T17:00", "kind": "ill", "note": "Flu"}
    assert supervisor.post(f"{path}/absences", data=times | {"to": ""}).status_code == 400
    assert supervisor.post(f"{path}/absences", data=times).status_code == 303
    assert "Flu" in words_of(supervisor.get(path).text)
    with reading(SYSTEM) as work:
        absence = work.session.scalars(select(TechnicianAbsence)).one().id
    gone = supervisor.post(f"{path}/absences/{absence}/remove")
    back = way_back(gone.text)
    assert back["from"] == "2030-06-03T08:00"
    assert supervisor.post(f"{path}/absences", data=back).status_code == 303
    day = {"day": "2030-06-10", "hours": "9:00-12:30", "note": "Doctor"}
    assert supervisor.post(f"{path}/days", data=day | {"hours": "late"}).status_code == 400
    assert supervisor.post(f"{path}/days", data=day).status_code == 303
    assert "09:00–12:30" in words_of(supervisor.get(path).text)
    assert "Undo" in words_of(supervisor.post(f"{path}/days/2030-06-10/remove").text)
    assert supervisor.post(f"{path}/van", data={f"count-{part}": "x"}).status_code == 400
    assert supervisor.post(f"{path}/van", data={f"count-{part}": "-2"}).status_code == 303
    assert "Below zero" in words_of(supervisor.get(path).text)
    filled_up = {f"in-{user_id}": "5"}
    assert supervisor.post(f"{FIELD}/parts/{part}/vans", data=filled_up).status_code == 303
    with reading(SYSTEM) as work:
        assert stock.of_vans(work, [user_id])[user_id] == {part: 3}
    assert "3" in words_of(supervisor.get(f"{FIELD}/parts").text)
    assert browser_as(app, "agent").get(path).status_code == 403


def test_a_visit_type_with_its_checklist(admin: Browser) -> None:
    with begin(SYSTEM) as work:
        skill = setup.create_skill(work, "Heat").id
        part = parts.add(work, sku="P-1", name="Pump").id
    new = f"{FIELD}/visit-types/new"
    form = filled(admin, new, name="Yearly service", half="90", most="60")
    form |= {f"skill-{skill}": "3", "names-de": "Wartung", "part-0-id": part, "part-0-count": "2"}
    form |= {"check-0-text": "Pressure", "check-0-kind": "number", "check-0-needed": "1"}
    assert "at least as long as half of them" in words_of(admin.post(new, data=form).text)
    assert admin.post(new, data=form | {"most": "120"}).status_code == 303
    said = words_of(admin.get(f"{FIELD}/visit-types").text)
    assert "1 h 30 to 2 h · 1 to go through" in said
    with reading(SYSTEM) as work:
        row = types.find(work, "yearly_service")
        assert row is not None
        assert (row.skills, row.parts) == ({skill: 3}, {part: 2})
        assert row.checklist[0]["key"] == "line_1"
    path = f"{FIELD}/visit-types/{row.id}"
    grown = admin.post(path, data=filled(admin, path, _do="add:check"))
    assert "check-1-text" in grown.text
    assert admin.post(path, data=filled(admin, path, is_active="")).status_code == 303
    assert "Not in use" in words_of(admin.get(f"{FIELD}/visit-types").text)


def test_a_territory_comes_back_and_is_kept_while_somebody_drives_there(admin: Browser) -> None:
    new = f"{FIELD}/territories/new"
    form = {"name": "North", "postcodes": "22, 23", "outline": "54, 10\n54, 11", "is_active": "1"}
    assert "at least three corners" in words_of(admin.post(new, data=form).text)
    assert admin.post(new, data=form | {"outline": ""}).status_code == 303
    assert admin.post(new, data=form | {"outline": ""}).status_code == 409
    user_id = a_technician()
    with begin(SYSTEM) as work:
        row = territories.list_all(work)[0].id
        crew.change(work, user_id, version=None, territory_ids=[row])
    path = f"{FIELD}/territories/{row}"
    assert "keeps to this territory" in words_of(admin.post(f"{path}/remove").text)
    with begin(SYSTEM) as work:
        crew.change(work, user_id, version=None, territory_ids=[])
    gone = admin.post(f"{path}/remove")
    assert admin.post(new, data=dict(fields_of(gone.text, new))).status_code == 303
    assert "Postcodes 22, 23" in words_of(admin.get(f"{FIELD}/territories").text)


def test_booking_is_set_and_nonsense_is_refused_beside_its_field(admin: Browser) -> None:
    path = f"{FIELD}/booking"
    given = filled(admin, path)
    wrong = admin.post(path, data=given | {"hold": "0", "mon-0-to": "11:00", "risk": "much"})
    assert wrong.status_code == 400
    said = words_of(admin.post(path, data=given | {"hold": "0", "mon-0-to": "11:00"}).text)
    assert "Windows of a day follow each other" in said
    good = given | {
        "hold": "20",
        "mon-0-from": "7:30",
        "risk": "40",
        "osrm": "https://osrm.example",
    }
    assert admin.post(path, data=good).status_code == 303
    with reading(SYSTEM) as work:
        kept = settings.get(work)
    assert (kept.hold_s, kept.risk, kept.osrm) == (1200, 0.4, "https://osrm.example")
    assert kept.by_weekday["0"][0] == ["07:30", "10:00"]
    assert kept.by_weekday["6"] == []


def test_a_maintenance_plan_shows_its_dates_and_is_left_out_once(admin: Browser) -> None:
    with begin(SYSTEM) as work:
        ada = customers.create_customer(work, name="Ada").id
        other = customers.create_customer(work, name="Ben").id
        place = places.make(work, ada, address="Deich 1", lat=53.5, lon=10.0).id
        kind = types.add(work, key="service", name="Service").id
    assert "Plan maintenance" in words_of(admin.get(f"/desk/customers/{ada}").text)
    new = f"{FIELD}/maintenance/new"
    form = {"customer": ada, "place_id": place, "visit_type_id": kind, "every": "FREQ=YEARLY",
            "rule": "", "starts_on": "2032-02-29", "lead_days": "28", "note": "", "asset_id": "",
            "is_active": "1"}  # fmt: skip
    assert admin.get(f"{new}?customer={ada}").status_code == 200
    assert "2033-02-28" in admin.post(new, data=form | {"_do": "preview"}).text
    odd = admin.post(new, data=form | {"every": "own", "rule": "FREQ=HOURLY"})
    assert "Must repeat yearly" in words_of(odd.text)
    assert admin.post(new, data=form | {"customer": other}).status_code == 400
    assert admin.post(new, data=form).status_code == 303
    with reading(SYSTEM) as work:
        plan = work.session.scalars(select(Maintenance)).one().id
    path = f"{FIELD}/maintenance/{plan}"
    assert "Leave out 2032-02-29" in words_of(admin.get(path).text)
    assert admin.post(f"{path}/skip", data={"on": "2032-02-29"}).status_code == 303
    card = words_of(admin.get(f"/desk/customers/{ada}").text)
    assert "Every year on 29 February, next 2033-02-28" in card
    gone = admin.post(f"{path}/remove")
    assert admin.post(new, data=dict(fields_of(gone.text, new))).status_code == 303
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(Technician)).all() == []
