"""Visits over the API: from a window to the report that it is done, by whoever may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from helpdesk.core import clock
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.field_service.models_crew import Part
from tests.field_service import crew_scene as scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew
from tests.web.api.conftest import Program, ProgramOf, add_customer, program_of
from tests.web.api.test_lists import statements, walk


@pytest.fixture
def crew(app: Flask, clock_at: Any) -> Crew:
    clock_at(MONDAY)
    return scene.make_crew(2)


@pytest.fixture
def agent(app: Flask, crew: Crew) -> Program:
    return program_of(app, crew.agent.id)


def ask(program: Program, crew: Crew, **more: Any) -> Any:
    return program.post("/visits/slots", {"customer_id": crew.customer_id, **more})


def test_a_program_books_moves_and_calls_off(crew: Crew, agent: Program) -> None:
    asked = ask(agent, crew, visit_type=crew.type_id)
    assert asked["refusal"] is None
    assert 3 <= len(asked["items"]) <= 6
    first = asked["items"][0]
    assert set(first) >= {"slot_id", "starts_at", "ends_at", "price"}
    assert "min driving" in first["price"]
    held = agent.post(f"/visits/slots/{first['slot_id']}/hold")
    assert held["state"] == "held"
    assert (
        agent.call("DELETE", f"/visits/slots/{first['slot_id']}/hold").json["state"] == "released"
    )
    gone = agent.call("POST", "/visits", {"slot_id": first["slot_id"]})
    assert (gone.status_code, gone.json["code"]) == (409, "slot_gone")
    chosen = asked["items"][1]
    made = agent.call(
        "POST", "/visits", {"slot_id": chosen["slot_id"], "note": "Ring twice"}, key="one"
    )
    again = agent.call(
        "POST", "/visits", {"slot_id": chosen["slot_id"], "note": "Ring twice"}, key="one"
    )
    other = agent.post("/visits", {"slot_id": chosen["slot_id"]})  # L10: without a key, too
    visit = made.json
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1/visits/{visit['id']}"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other["id"] == again.json["id"] == visit["id"]
    assert (visit["state"], visit["window_starts_at"]) == ("booked", chosen["starts_at"])
    assert agent.get(f"/tickets/{visit['ticket_id']}")["state"] == "visit_booked"
    again = ask(agent, crew, visit_id=visit["id"])
    slot = next(o for o in again["items"] if o["starts_at"] != chosen["starts_at"])
    moved = agent.post(f"/visits/{visit['id']}/move", {"slot_id": slot["slot_id"]})
    assert (moved["window_starts_at"], moved["moves"]) == (slot["starts_at"], 1)
    off = agent.post(f"/visits/{visit['id']}/cancel", {"reason": "It works again"})
    assert (off["state"], off["reason"]) == ("cancelled", "It works again")
    assert agent.get("/visits", ticket_id=visit["ticket_id"])["items"] == [off]


def test_days_and_a_new_address_narrow_the_question(crew: Crew, agent: Program) -> None:
    day = (MONDAY + timedelta(days=3)).date().isoformat()
    only = ask(agent, crew, **{"from": day, "to": day})["items"]
    assert only
    assert {one["starts_at"][:10] for one in only} == {day}
    there = {"address": "Kai 3, Potsdam", "lat": 52.39, "lon": 13.06}
    assert ask(agent, crew, address=there)["items"]
    [old, new] = agent.get(f"/customers/{crew.customer_id}/places")["items"]
    assert (new["address"], new["pin"]) == ("Kai 3, Potsdam", "person")
    for wrong in ({"from": "soon"}, {"from": "2026-03-02T10:00"}, {"visit_type": "none"},
                  {"address": there, "place_id": old["id"]}):  # fmt: skip
        assert (
            agent.call(
                "POST", "/visits/slots", {"customer_id": crew.customer_id, **wrong}
            ).status_code
            == 400
        )
    bare = agent.post(f"/customers/{crew.customer_id}/places", {"address": "Somewhere"})
    no = agent.call(
        "POST", "/visits/slots", {"customer_id": crew.customer_id, "place_id": bare["id"]}
    )
    assert (no.status_code, no.json["code"]) == (400, "no_pin")
    path = f"/customers/{crew.customer_id}/places/{bare['id']}"
    assert agent.call("PATCH", path, {"lat": 52.5, "version": 1}).status_code == 400
    pinned = agent.call("PATCH", path, {"lat": 52.5, "lon": 13.4, "version": 1})
    assert pinned.json["pin"] == "person"


def test_a_no_says_why(crew: Crew, agent: Program) -> None:
    with begin(SETUP) as work:
        far = scene.add_place(work, crew.customer_id, east=900)
    asked = ask(agent, crew, place_id=far)
    assert asked["items"] == []
    assert asked["refusal"]["kind"] == "far"
    assert "too far" in asked["refusal"]["words"]
    assert agent.get("/visits/slots", asked=asked["asked_id"])["refusal"] == asked["refusal"]


def test_E11_a_technician_sees_and_steps_the_own_visits_alone(
    app: Flask, crew: Crew, agent: Program
) -> None:
    slot = ask(agent, crew)["items"][0]
    visit = agent.post("/visits", {"slot_id": slot["slot_id"], "note": "Dog"})
    [mine] = visit["technician_ids"]
    other = next(one.id for one in crew.technicians if one.id != mine)
    path, day = f"/visits/{visit['id']}", slot["starts_at"][:10]
    tea, eve = program_of(app, mine), program_of(app, other)
    absent = eve.call("GET", f"/visits/{new_id()}")
    for method, where in (("GET", path), ("POST", f"{path}/depart"), ("POST", f"{path}/arrive"),
                          ("POST", f"{path}/finish"), ("POST", f"{path}/no-access")):  # fmt: skip
        refused = eve.call(method, where)
        assert refused.status_code == 404
        assert refused.get_data() == absent.get_data()
    assert eve.get("/visits")["items"] == []
    for program, status in ((eve, 404), (tea, 200), (agent, 200)):
        route = program.call("GET", f"/technicians/{mine}/route", query_string={"date": day})
        assert route.status_code == status
    for where in ("/visits/slots", "/visits", f"{path}/move", f"{path}/cancel"):
        assert eve.call("POST", where, {}).status_code == 403
    route = tea.get(f"/technicians/{mine}/route", date=day)
    [stop] = route["stops"]
    assert route["version"] == 1
    assert (stop["visit"]["note"], stop["place"]["postcode"]) == ("Dog", "10115")
    assert "Ada Byron" not in str(route)  # who it is, the app tells by itself
    with clock.moved_to(MONDAY + timedelta(hours=5)):
        steps = [tea.post(f"{path}/{step}")["state"] for step in ("depart", "arrive")]
        assert steps == ["travelling", "on_site"]
        done = tea.post(f"{path}/finish", {"outcome": "solved", "note": "New valve"})
        assert (done["state"], done["outcome"]) == ("done", "solved")
    assert agent.get(f"/tickets/{visit['ticket_id']}")["state"] == "resolved"
    late = tea.call("POST", f"{path}/finish")
    assert (late.status_code, late.json["code"]) == (409, "no_such_step")


def test_customers_book_the_own_visits_and_learn_nothing_else(
    program: ProgramOf, crew: Crew, agent: Program
) -> None:
    ada = program("customer", customer_id=crew.customer_id)
    eve = program("customer", customer_id=add_customer("Eve"))
    slot = ask(ada, crew)["items"][-1]
    assert (slot["price"], slot["technician_ids"]) == ("", [])
    asked = ask(ada, crew)["asked_id"]
    foreign, absent = (
        eve.call("GET", "/visits/slots", query_string={"asked": one}) for one in (asked, new_id())
    )
    assert foreign.status_code == absent.status_code == 404
    assert foreign.get_data() == absent.get_data()
    for who in (eve,):
        assert who.call("POST", "/visits", {"slot_id": slot["slot_id"]}).status_code == 404
        assert who.call("POST", f"/visits/slots/{slot['slot_id']}/hold").status_code == 404
        body = {"customer_id": crew.customer_id}
        assert who.call("POST", "/visits/slots", body).status_code == 404
    visit = ada.post("/visits", {"slot_id": slot["slot_id"], "note": "The gate is open"})
    assert eve.call("GET", f"/visits/{visit['id']}").status_code == 404
    assert eve.call("POST", f"/visits/{visit['id']}/cancel").status_code == 404
    assert [one["id"] for one in ada.get("/visits")["items"]] == [visit["id"]]
    with clock.moved_to(MONDAY + timedelta(days=30)):
        late = ada.call("POST", f"/visits/{visit['id']}/cancel")
    assert (late.status_code, late.json["code"]) == (409, "too_late")
    assert ada.post(f"/visits/{visit['id']}/cancel")["state"] == "cancelled"
    assert agent.get("/visit-types")["items"][0]["is_bookable"] is True
    assert len(agent.get("/technicians")["items"]) == 2


def test_lists_of_visits_hold_still_and_cost_a_fixed_number_of_queries(
    crew: Crew, agent: Program
) -> None:
    made = [
        agent.post("/visits", {"slot_id": ask(agent, crew)["items"][0]["slot_id"]})["id"]
        for _ in range(5)
    ]
    pages = list(walk(agent, "/visits", limit=2))
    assert sorted(one["id"] for page in pages for one in page["items"]) == sorted(made)
    planned = list(walk(agent, "/visits", limit=2, **{"from": MONDAY.isoformat()}))
    times = [one["planned_at"] for page in planned for one in page["items"]]
    assert len(times) == 5
    assert times == sorted(times)
    with statements() as one:
        agent.get("/visits", limit=1)
    with statements() as many:
        agent.get("/visits", limit=5)
    assert len(one) == len(many)


def test_a_visit_waits_for_its_part_until_it_came(crew: Crew, agent: Program) -> None:
    with begin(SETUP) as work:
        part = Part(id=new_id(), sku="P-1", name="Pump", cost_minor=None)
        work.session.add(part)
    booked = [agent.post("/visits", {"slot_id": ask(agent, crew)["items"][0]["slot_id"]})]
    booked.append(agent.post("/visits", {"slot_id": ask(agent, crew)["items"][0]["slot_id"]}))
    one, two = (visit["id"] for visit in booked)
    address = f"/visits/{one}/needs"
    made = agent.post(address, {"part_id": part.id, "expected_on": "2026-03-04"})
    assert (made["quantity"], made["met_at"]) == (1, None)
    agent.post(f"/visits/{two}/needs", {"needs_visit_id": one})
    circle = agent.call("POST", address, {"needs_visit_id": two})
    assert circle.status_code == 400
    where = f"{address}/{made['id']}"
    assert agent.call("PATCH", where, {"expected_on": None}).json["expected_on"] is None
    assert agent.post(f"/parts/{part.id}/arrivals", {"quantity": 3})["visit_ids"] == [one]
    assert agent.get(address)["items"][0]["met_at"] is not None
    again = agent.call("PATCH", where, {"met": True})
    assert again.status_code == 200
    elsewhere = agent.call("PATCH", f"/visits/{two}/needs/{made['id']}", {"met": True})
    assert elsewhere.status_code == 404
    assert agent.call("DELETE", where).status_code == 204
    assert agent.get(address)["items"] == []
