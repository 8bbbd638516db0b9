"""The set-up of field service over the API, from parts to a plan that comes again."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from helpdesk.core.ids import new_id
from tests.field_service import crew_scene as scene
from tests.field_service.crew_scene import MONDAY, Crew
from tests.web.api.conftest import Program, program_of


@pytest.fixture
def crew(app: Flask, clock_at: Any) -> Crew:
    clock_at(MONDAY)
    return scene.make_crew(1)


@pytest.fixture
def admin(app: Flask, crew: Crew) -> Program:
    return program_of(app, crew.admin.id)


def test_parts_stock_kinds_and_absences(app: Flask, crew: Crew, admin: Program) -> None:
    driver = f"/technicians/{crew.technicians[0].id}"
    made = admin.call("PUT", "/parts", {"sku": "P-1", "name": "Pump"}).json
    again = admin.call("PUT", "/parts", {"sku": "P-1", "cost_minor": 950, "currency": "EUR"}).json
    assert (again["id"], again["cost_minor"], again["name"]) == (made["id"], 950, "Pump")
    moved = admin.post(f"{driver}/stock", {"sku": "P-1", "quantity": 4})
    assert moved["quantity"] == 4
    counted = admin.post(f"{driver}/stock", {"sku": "P-1", "quantity": -1, "how": "counted"})
    assert counted["quantity"] == -1
    assert [one["quantity"] for one in admin.get(f"{driver}/stock")["items"]] == [-1]
    refused = admin.call("POST", f"{driver}/stock", {"sku": "P-2", "quantity": 1})
    assert refused.json["fields"] == {"sku": "There is no such part."}
    body = {"key": "service", "name": "Service", "parts": {made["id"]: 1},
            "checklist": [{"text": "Pressure", "kind": "number"}]}  # fmt: skip
    kind = admin.call("PUT", "/visit-types", body).json
    assert kind["checklist"][0]["key"] == "line_1"
    changed = admin.call("PUT", "/visit-types", {"key": "service", "crew": 2}).json
    assert (changed["id"], changed["crew"], changed["parts"]) == (kind["id"], 2, {made["id"]: 1})
    odd = admin.call("PUT", "/visit-types", {"key": "service", "skills": {new_id(): 1}})
    assert odd.status_code == 400
    away = {"starts_at": "2026-03-03T06:00:00Z", "ends_at": "2026-03-04T18:00:00Z", "kind": "ill"}
    absence = admin.post(f"{driver}/absences", away)
    assert absence["visits"] == []
    assert [one["id"] for one in admin.get(f"{driver}/absences")["items"]] == [absence["id"]]
    assert (
        admin.call("POST", f"{driver}/absences", away | {"ends_at": "2026-03-02"}).status_code
        == 400
    )
    path = f"{driver}/absences/{absence['id']}"
    assert admin.call("DELETE", path).status_code == 200
    assert admin.call("DELETE", path).status_code == 404
    agent = program_of(app, crew.agent.id)
    assert agent.call("POST", f"{driver}/absences", away).status_code == 403
    assert agent.call("PUT", "/parts", {"sku": "P-9", "name": "Mine"}).status_code == 403


def test_a_plan_is_made_skipped_paused_and_removed(crew: Crew, admin: Program) -> None:
    body = {"customer_id": crew.customer_id, "place_id": crew.place_id,
            "visit_type_id": crew.type_id, "rule": "FREQ=MONTHLY;INTERVAL=6",
            "starts_on": "2026-03-31"}  # fmt: skip
    plan = admin.post("/maintenance-plans", body)
    assert plan["dates"][:3] == ["2026-03-31", "2026-09-30", "2027-03-31"]
    path = f"/maintenance-plans/{plan['id']}"
    assert admin.post(f"{path}/skip", {"on": plan["next_on"]})["next_on"] == "2026-09-30"
    assert admin.call("PATCH", path, {"is_active": False, "version": 1}).status_code == 409
    now = admin.get(path)["version"]
    paused = admin.call("PATCH", path, {"is_active": False, "version": now}).json
    assert paused["dates"] == []
    assert admin.get("/maintenance-plans", customer_id=crew.customer_id)["items"] == []
    odd = admin.call("POST", "/maintenance-plans", body | {"rule": "FREQ=HOURLY"})
    assert odd.json["fields"] == {"rule": "Must repeat yearly, monthly, weekly or daily."}
    foreign = admin.call("POST", "/maintenance-plans", body | {"asset_id": new_id()})
    assert foreign.status_code == 400
    assert admin.call("DELETE", path).status_code == 200
    assert admin.call("GET", path).status_code == 404
