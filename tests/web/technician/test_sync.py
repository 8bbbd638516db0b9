"""What phones say at the door: once in effect, receipts, conflicts, foreign visits (E11)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from helpdesk.channels.models import Message
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import TimelineEntry
from helpdesk.field_service import commands
from helpdesk.field_service.models import Route, RouteStop, Visit, VisitNeeds
from helpdesk.field_service.models_crew import TechnicianPosition, VanStock
from helpdesk.field_service.models_work import TechnicianCommand, VisitWork
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import technician_day, technician_sync
from tests.customers.people import counted
from tests.web.signed_in import Browser, add_user, browser_as
from tests.web.technician import scene
from tests.web.technician.scene import SYSTEM, Crew, command


@pytest.fixture
def crew(app: Flask, settings: Any) -> Crew:
    from helpdesk.mail import place

    place.configure(settings)
    return scene.furnish()


@pytest.fixture
def phone(app: Flask, crew: Crew) -> Browser:
    return browser_as(app, "technician", user_id=crew.tom)


def say(phone: Browser, *told: dict[str, Any], status: int = 200, **more: Any) -> list[Any]:
    answer = phone.post("/tech/sync", json={"commands": list(told), **more})
    assert answer.status_code == status, answer.get_data(as_text=True)
    found: list[Any] = answer.get_json()["receipts"]
    return found


def states(receipts: list[Any]) -> list[str]:
    return [one["state"] for one in receipts]


def test_a_day_holds_what_is_needed_at_the_door_and_nothing_of_others(
    app: Flask, crew: Crew, phone: Browser
) -> None:
    day = phone.get("/tech/day").get_json()
    assert day["days"][0]["visits"] == list(crew.visits)
    first = day["visits"][crew.visits[0]]
    assert first["place"]["access"] == "Gate code 1234"
    assert first["asset"]["serial"] == "SN-4711"
    assert first["ticket"]["story"][0]["text"] == "It is cold since Monday, in all rooms."
    assert first["note"] == "Ring twice."
    assert first["customer"] == {
        "name": "Ada Lindgren", "language": "de", "can_call": False, "phone": "+49 30 111111",
    }  # fmt: skip
    assert [one["quantity"] for one in day["parts"]] == [2, 10]
    assert "@customer.example" not in phone.get("/tech/day").get_data(as_text=True)
    other = browser_as(app, "technician", user_id=crew.mia).get("/tech/day").get_json()
    assert other["visits"] == {}
    nobody = browser_as(app, "technician", user_id=add_user("technician"))
    bare = nobody.get("/tech/day", headers={"Accept": "application/json"})
    assert (bare.status_code, bare.get_json()["code"]) == (409, "no_technician")


def test_a_whole_visit_said_late_and_twice_has_one_effect(crew: Crew, phone: Browser) -> None:
    visit = crew.visits[0]
    now = clock.now()

    def at(minutes: int) -> dict[str, str]:
        return {"said_at": (now - timedelta(minutes=minutes)).isoformat()}

    told = [
        command(crew, visit, "depart", **at(90)),
        command(crew, visit, "arrive", **at(70)),
        command(crew, visit, "checklist", body={"answers": {"pressure": True}}, **at(40)),
        command(crew, visit, "parts", body={"used": {crew.pump: 1, crew.seal: 2}}, **at(39)),
        command(crew, visit, "parts", body={"used": {crew.seal: 1}}, **at(38)),
        command(crew, visit, "time", body={"minutes": 55}, **at(37)),
        command(crew, visit, "remark", body={"text": "New pump."}, **at(36)),
        command(crew, visit, "note", body={"text": "The dog is friendly."}, **at(35)),
        command(crew, visit, "finish", body={"outcome": "solved", "mail": False}, **at(10)),
    ]
    first = say(phone, *told)
    assert states(first) == ["done"] * len(told)
    assert say(phone, *told) == first
    assert say(phone, told[-1]) == first[-1:]
    with reading(SYSTEM) as work:
        row = work.session.get_one(Visit, visit)
        assert (row.state, row.outcome) == ("done", "solved")
        assert row.arrived_at is not None
        assert row.departed_at == row.arrived_at - timedelta(minutes=20)
        assert row.finished_at == row.arrived_at + timedelta(minutes=60)
        assert work.session.get_one(Ticket, crew.tickets[0]).state == "resolved"
        kinds = work.session.scalars(
            select(TimelineEntry.kind).where(
                TimelineEntry.customer_id == crew.customers[0],
                TimelineEntry.kind.in_(("visit.departed", "visit.arrived", "visit.finished")),
            )
        ).all()
        assert sorted(kinds) == ["visit.arrived", "visit.departed", "visit.finished"]
        finished = work.session.scalars(
            select(EventRow.facts).where(EventRow.kind == "visit.finished")
        ).one()
        assert (finished["travel_s"], finished["on_site_s"]) == (1200, 3600)
        reported = work.session.scalars(
            select(EventRow.facts).where(EventRow.kind == "visit.reported")
        ).one()
        assert (reported["parts_minor"], reported["currency"]) == (12_150, "EUR")
        stock = {one.part_id: one.quantity for one in work.session.scalars(select(VanStock))}
        assert stock == {crew.pump: 1, crew.seal: 9}
        notes = work.session.scalars(select(Message).where(Message.text == "The dog is friendly."))
        assert [(one.public, one.author) for one in notes] == [(False, f"agent:{crew.tom}")]


def test_L7_one_command_told_by_two_tabs_at_once_has_one_effect(crew: Crew) -> None:
    told = scene.told(command(crew, crew.visits[0], "note", body={"text": "Only once."}))
    start = threading.Barrier(4)

    def tell(_: int) -> Any:
        start.wait(30)
        return technician_sync.take_in(crew.actor, [told], None)

    with ThreadPoolExecutor(4) as tabs:
        receipts = list(tabs.map(tell, range(4)))
    assert all(one == receipts[0] for one in receipts)
    assert receipts[0][0]["state"] == "done"
    with reading(SYSTEM) as work:
        wanted = select(func.count()).select_from(Message).where(Message.text == "Only once.")
        assert work.session.scalar(wanted) == 1


def test_a_day_costs_the_same_statements_however_many_visits_there_are(
    crew: Crew, database: Database
) -> None:
    def cost() -> int:
        with counted(database) as told, reading(crew.actor) as work:
            technician_day.day(work)
        return len(told)

    few = cost()
    with begin(SYSTEM) as work:
        scene.more_visits(work, crew, 6)
    assert cost() == few
    assert few <= 20


def test_the_clock_of_a_phone_is_set_right(crew: Crew, phone: Browser) -> None:
    visit, now = crew.visits[0], clock.now()
    ahead = now + timedelta(hours=3)  # the phone's clock is three hours fast
    said = (ahead - timedelta(minutes=30)).isoformat()
    say(phone, command(crew, visit, "depart", said_at=said), sent_at=ahead.isoformat())
    early = (now - timedelta(hours=5)).isoformat()  # before the step before it
    say(phone, command(crew, visit, "arrive", said_at=early))
    later = (now + timedelta(days=2)).isoformat()
    say(phone, command(crew, visit, "finish", said_at=later, body={"outcome": "solved"}))
    with reading(SYSTEM) as work:
        row = work.session.get_one(Visit, visit)
        assert row.departed_at is not None
        assert abs(now - timedelta(minutes=30) - row.departed_at) < timedelta(seconds=30)
        assert row.arrived_at == row.departed_at
        assert row.finished_at is not None
        assert row.finished_at <= clock.now()


def test_what_was_changed_meanwhile_is_a_conflict_that_nobody_loses(
    app: Flask, crew: Crew, phone: Browser
) -> None:
    taken, cancelled = crew.visits
    scene.give_to(taken, crew.mia)
    scene.cancel(cancelled)
    told = [
        command(crew, taken, "arrive"),
        command(crew, taken, "note", body={"text": "I was there."}),
        command(crew, cancelled, "depart"),
        command(crew, cancelled, "note", body={"text": "Nobody told me."}),
    ]
    receipts = say(phone, *told)
    assert states(receipts) == ["conflict", "conflict", "conflict", "done"]
    assert [one.get("code") for one in receipts[:3]] == [
        "visit_taken", "visit_taken", "visit_cancelled",
    ]  # fmt: skip
    assert "given to Ada Technician" in receipts[0]["message"]
    assert "The customer is ill" in receipts[2]["message"]
    assert say(phone, *told) == receipts
    with reading(Actor("user", add_user("supervisor"), "supervisor")) as work:
        waiting = commands.conflicts(work).items
        assert [one.id for one in waiting] == [one["id"] for one in told[:3]]
        assert waiting[1].body == {"text": "I was there."}
        assert work.session.get_one(Visit, taken).state == "booked"
    boss = browser_as(app, "supervisor")
    assert "From the road" in boss.get("/dispatch").get_data(as_text=True)
    page = boss.get("/dispatch/road").get_data(as_text=True)
    assert "I was there." in page
    assert "given to Ada Technician" in page
    path = f"/dispatch/road/{told[0]['id']}"
    assert browser_as(app, "agent").post(path, data={"how": "x"}).status_code == 403
    assert boss.post(path, data={"how": "Called Tom."}).status_code == 303
    assert boss.post(path, data={"how": "Called Tom."}).status_code == 409
    with reading(SYSTEM) as work:
        assert len(commands.conflicts(work).items) == 2


def test_what_was_done_at_a_visit_that_was_cancelled_meanwhile_is_kept(
    crew: Crew, phone: Browser
) -> None:
    visit = crew.visits[0]
    scene.cancel(visit)
    receipts = say(
        phone,
        command(crew, visit, "checklist", body={"answers": {"pressure": True}}),
        command(crew, visit, "parts", body={"used": {crew.pump: 1}}),
        command(crew, visit, "remark", body={"text": "Was there all the same."}),
    )
    assert states(receipts) == ["done"] * 3
    many = {f"key {n}": True for n in range(100)}
    for extra in ("a", "b"):
        answers = {f"{key} {extra}": value for key, value in many.items()}
        last = say(phone, command(crew, visit, "checklist", body={"answers": answers}))
    assert states(last) == ["refused"]
    with reading(SYSTEM) as work:
        row = work.session.get_one(VisitWork, visit)
        assert (row.note, row.checklist["pressure"]) == ("Was there all the same.", True)
        used = work.session.scalars(
            select(AuditEntry).where(AuditEntry.action == "stock.used")
        ).one()
        assert (used.details["visit_id"], used.details["left"]) == (visit, 1)


def test_a_visit_that_was_moved_to_another_day_is_not_begun_today(
    crew: Crew, phone: Browser
) -> None:
    visit = crew.visits[1]
    scene.give_to(visit, crew.tom, days=1)
    with reading(SYSTEM) as work:
        version = work.session.get_one(Visit, visit).version
    (old,) = say(phone, command(crew, visit, "depart", base=version - 1))
    assert (old["state"], old["code"]) == ("conflict", "visit_moved")
    (known,) = say(phone, command(crew, visit, "depart", base=version))
    assert known["state"] == "done"


def test_who_is_not_on_the_way_after_all_says_so(crew: Crew, phone: Browser) -> None:
    visit = crew.visits[0]
    say(phone, command(crew, visit, "depart"), command(crew, visit, "turn_back"))
    with reading(SYSTEM) as work:
        row = work.session.get_one(Visit, visit)
        assert (row.state, row.departed_at) == ("booked", None)
    (there,) = say(phone, command(crew, visit, "arrive"))
    assert there["state"] == "done"
    (late,) = say(phone, command(crew, visit, "turn_back"))
    assert late["state"] == "conflict"


def test_E11_a_foreign_visit_is_not_there(app: Flask, crew: Crew, phone: Browser) -> None:
    other = browser_as(app, "technician", user_id=crew.mia)
    visit = crew.visits[0]
    for mark in ("", "x" * 43, command(crew, visit, "note")["pass"]):
        stolen = command(crew, visit, "note", body={"text": "hello"}, **{"pass": mark})
        (receipt,) = say(other, stolen, status=404)
        assert (receipt["state"], receipt["code"]) == ("refused", "not_found")
        assert receipt.keys() == {"id", "state", "code", "message"}
    mine = command(crew, visit, "depart")
    say(phone, mine)
    assert states(say(other, mine, status=404)) == ["refused"]
    for path in (f"/tech/visits/{visit}/report.pdf", f"/tech/files/{visit}"):
        assert other.get(path).status_code == 404
    with reading(SYSTEM) as work:
        count = select(func.count()).select_from(TechnicianCommand)
        assert work.session.scalar(count.where(TechnicianCommand.technician_id == crew.mia)) == 0
        assert work.session.scalar(count) == 1


def test_nonsense_is_refused_with_words_and_what_follows_goes_on(
    crew: Crew, phone: Browser
) -> None:
    visit = crew.visits[0]
    receipts = say(
        phone,
        command(crew, visit, "explode"),
        command(crew, visit, "time", body={"minutes": -1}),
        command(crew, visit, "parts", body={"used": {visit: 1}}),
        command(crew, visit, "finish", body={"outcome": "solved"}),
        command(crew, visit, "sign", body={"name": "A", "content": {}, "digest": "0" * 64,
                                           "strokes": []}),
        command(crew, visit, "time", body={"minutes": 5}),
    )  # fmt: skip
    assert states(receipts) == ["refused", "refused", "refused", "conflict", "refused", "done"]
    assert all(one["message"] for one in receipts[:5])
    with reading(SYSTEM) as work:
        assert work.session.get_one(VisitWork, visit).spent_s == 300
    for body in (
        {}, {"commands": []}, {"commands": [{"id": "1"}]},
        {"commands": [command(crew, visit, "note", said_at="0001-01-01T00:00:00+14:00")]},
        {"commands": [command(crew, visit, "note", said_at="9999-12-31T23:59:59-14:00")]},
    ):  # fmt: skip
        assert phone.post("/tech/sync", json=body).status_code == 400


def test_a_follow_up_waits_for_its_part(crew: Crew, phone: Browser) -> None:
    wanted = {"text": "Fit the new pump", "type_id": crew.kind, "part_id": crew.pump,
              "quantity": 1, "expected_on": "2026-06-20"}  # fmt: skip
    (receipt,) = say(phone, command(crew, crew.visits[0], "follow_up", body=wanted))
    assert receipt["state"] == "done"
    far = wanted | {"expected_on": "9999-12-31"}
    assert states(say(phone, command(crew, crew.visits[0], "follow_up", body=far))) == ["refused"]
    with reading(SYSTEM) as work:
        made = work.session.scalars(select(Visit).where(Visit.number == receipt["number"])).one()
        assert (made.state, made.source, made.follows_id) == (
            "waiting", "technician", crew.visits[0],
        )  # fmt: skip
        need = work.session.scalars(select(VisitNeeds).where(VisitNeeds.visit_id == made.id)).one()
        assert (need.part_id, need.met_at) == (crew.pump, None)


def test_a_follow_up_is_booked_at_the_table_of_the_customer(
    app: Flask, crew: Crew, phone: Browser
) -> None:
    wanted = {"text": "Look again", "type_id": crew.kind}
    (receipt,) = say(phone, command(crew, crew.visits[0], "follow_up", body=wanted))
    path = f"/tech/follow-ups/{receipt['follow_up_id']}"
    other = browser_as(app, "technician", user_id=crew.mia)
    assert other.post(f"{path}/windows", json={}).status_code == 404
    found = phone.post(f"{path}/windows", json={}).get_json()
    assert found["items"], found
    slot = found["items"][0]
    assert slot.keys() == {"slot_id", "starts_at", "ends_at"}
    chosen = {"slot_id": slot["slot_id"]}
    assert other.post(f"{path}/book", json=chosen).status_code == 404
    booked = phone.post(f"{path}/book", json=chosen).get_json()
    assert booked == {
        "number": receipt["number"], "starts_at": slot["starts_at"], "ends_at": slot["ends_at"],
    }  # fmt: skip
    assert phone.post(f"{path}/book", json=chosen).get_json() == booked
    with reading(SYSTEM) as work:
        made = work.session.get_one(Visit, receipt["follow_up_id"])
        assert (made.state, made.follows_id) == ("booked", crew.visits[0])


def test_a_position_is_taken_only_on_the_way(app: Flask, crew: Crew, phone: Browser) -> None:
    visit = crew.visits[0]
    here = {"visit_id": visit, "lat": 53.551234, "lon": 10.001234, "accuracy_m": 100}
    assert phone.post("/tech/position", json=here).status_code == 409
    say(phone, command(crew, visit, "depart"))
    assert phone.post("/tech/position", json=here).status_code == 200
    assert browser_as(app, "technician").post("/tech/position", json=here).status_code == 404
    with reading(SYSTEM) as work:
        row = work.session.scalars(select(TechnicianPosition)).one()
        assert (row.lat, row.lon) == (53.551, 10.001)
    say(phone, command(crew, visit, "arrive"))
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(TechnicianPosition)).all() == []


def test_a_night_goes_on_after_midnight(crew: Crew, phone: Browser) -> None:
    visit = crew.visits[0]
    with begin(SYSTEM) as work:
        route = work.session.scalars(
            select(Route).join(RouteStop).where(RouteStop.visit_id == visit)
        ).one()
        route.day -= timedelta(days=1)  # its shift began yesterday
        version = work.session.get_one(Visit, visit).version
    (old,) = say(phone, command(crew, visit, "depart", base=version - 1))
    assert old["state"] == "done"
