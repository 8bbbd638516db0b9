"""Windows offered through the API, and booked: 100 technicians, ten days, 6,000 visits, 40 windows.

    python -m benchmarks.booking --database postgres

Whole requests inside the program, without the network: the server's own time, with the database on
the same cores. Between questions some windows are accepted, as other people would, so that the
routes in memory have to be refreshed. Waits move with whatever else runs; processor times do not.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import date, timedelta
from typing import Any

from benchmarks import field_days
from benchmarks.assignments import database
from benchmarks.floor import percentile
from helpdesk import app
from helpdesk.core import clock, db
from helpdesk.core.actors import Actor, system
from helpdesk.core.config import Settings
from helpdesk.core.db import insert_rows
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin
from helpdesk.customers import service as customers
from helpdesk.field_service import settings, timing
from helpdesk.field_service.models import Route, RouteStop, Visit, VisitPlace
from helpdesk.field_service.models_crew import Part, Technician, VanStock, VisitType
from helpdesk.field_service.plan import Plan
from helpdesk.field_service.travel import GreatCircle
from helpdesk.identity import service as people
from helpdesk.identity import tokens
from helpdesk.routing import setup
from helpdesk.workflows.visit_offering import instant

SETUP = system("bench")
KEY = "a key for measuring only, long enough for all purposes"
WEEK = {str(day): [["08:00", "17:00"]] for day in range(7)}
WINDOWS = {
    str(day): [["08:00", "10:00"], ["10:00", "12:00"], ["12:00", "14:00"], ["14:00", "16:00"]]
    for day in range(7)
}
TRAVEL = GreatCircle(detour=1.35, kmh=40)


def main() -> int:
    options = _options()
    with database(options.database), clock.moved_to(field_days.FIRST - timedelta(hours=8)):
        plan = field_days.plan(options.seed, options.technicians, options.days, 6, TRAVEL)
        made = furnish(plan, options)
        visits = sum(len(route.jobs) for route in plan.routes.values())
        print(f"{options.technicians} technicians, {visits} visits, {4 * options.days} windows")
        measure(made, options)
    return 0


def furnish(plan: Plan, options: argparse.Namespace) -> dict[str, Any]:
    """The plan as rows, and customers who ask; what the questions need."""
    rng = random.Random(options.seed + 1)
    with begin(SETUP) as work:
        given = {"zone": "UTC", "days_ahead": options.days + 1, "notice_s": 0, "windows": WINDOWS}
        settings.put(work, given)
        setup.create_queue(work, name="Help")
        agent = people.create_user(work, email="a@example.com", name="Agent", role="agent")
        token = tokens.create(work, agent.id, "bench")[1]
        owner = customers.create_customer(work, name="Owner").id
        kinds = _kinds(work, rng)
        crew = _technicians(work, plan)
        _routes(work, plan, crew, kinds[0], owner)
        asking = [_asker(work, rng, n) for n in range(options.requests)]
    return {"token": token, "agent": Actor("user", agent.id, role="agent"), "kinds": kinds,
            "asking": asking}  # fmt: skip


def _kinds(work: Work, rng: random.Random) -> list[str]:
    """Kinds of visits as `field_days.job` makes them; the first asks nothing."""
    part = Part(id=new_id(), sku="filter", name="Filter", cost_minor=None, currency="EUR",
                is_active=True, version=1)  # fmt: skip
    work.session.add(part)
    ids = []
    for n in range(20):
        one = field_days.job(rng, str(n))
        row = VisitType(
            id=new_id(), key=f"kind-{n}", name=f"Kind {n}", names={}, description="",
            duration_p50_s=one.duration_s, duration_p80_s=one.duration_s + 900,
            skills=dict(one.skills) if n else {},
            parts={part.id: 1} if one.parts and n else {},
            crew=1, days=1, checklist=[], priority=3, window_s=None, is_bookable=True,
            needs_signature=True, moves_until_s=86_400, is_active=True, position=n, version=1,
        )  # fmt: skip
        work.session.add(row)
        ids.append(row.id)
    work.session.flush()
    return ids


def _technicians(work: Work, plan: Plan) -> dict[str, str]:
    crew: dict[str, str] = {}
    part = work.session.query(Part).one()
    for route in plan.routes.values():
        shift = route.shift
        if shift.technician_id in crew:
            continue
        name = shift.technician_id
        user = people.create_user(work, email=f"{name}@example.com", name=name, role="technician")
        crew[name] = user.id
        work.session.add(
            Technician(
                user_id=user.id, start_name="", start_lat=shift.start.lat,
                start_lon=shift.start.lon, end_name="", end_lat=None, end_lon=None, zone="UTC",
                week=WEEK, breaks=[{"from": "11:30", "to": "13:30", "minutes": 30}],
                calendar_id=None, skills=dict(shift.skills), territory_ids=[], phone="",
                cost_per_hour_minor=0, cost_per_km_minor=0, currency="EUR", colour="",
                may_overrun_s=0, is_active=True, created_at=work.at, version=1,
            )
        )  # fmt: skip
        work.session.flush()
        work.session.add(
            VanStock(technician_id=user.id, part_id=part.id, quantity=4, changed_at=work.at)
        )
    work.session.flush()
    return crew


def _routes(work: Work, plan: Plan, crew: dict[str, str], kind: str, owner: str) -> None:
    places, visits, routes, stops = list[Any](), list[Any](), list[Any](), list[Any]()
    for route in plan.routes.values():
        who, day = crew[route.shift.technician_id], date.fromisoformat(route.shift.day)
        key = new_id()
        routes.append({"id": key, "technician_id": who, "day": day, "version": 1,
                       "is_locked": False, "changed_at": work.at})  # fmt: skip
        for n, timed in enumerate(timing.schedule(route, TRAVEL)):
            job, visit, place = route.jobs[n], new_id(), new_id()
            places.append({"id": place, "customer_id": owner, "name": "", "address": "-",
                           "postcode": "", "lat": job.place.lat, "lon": job.place.lon,
                           "pin": "person", "access": "", "zone": "", "is_active": True,
                           "created_at": work.at, "version": 1})  # fmt: skip
            visits.append(_visit(work, len(visits), visit, place, kind, owner, job, timed.starts))
            stops.append({"id": new_id(), "route_id": key, "technician_id": who,
                          "visit_id": visit, "position": n, "starts_at": instant(timed.starts),
                          "ends_at": instant(timed.ends), "travel_s": timed.travel_s,
                          "travel_source": "", "is_lead": True})  # fmt: skip
    for table, rows in ((VisitPlace, places), (Visit, visits), (Route, routes), (RouteStop, stops)):
        for at in range(0, len(rows), 500):
            insert_rows(work.session, table, rows[at : at + 500])


def _visit(
    work: Work, n: int, key: str, place: str, kind: str, owner: str, job: Any, starts: int
) -> dict[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(column.name for column in Visit.__table__.columns)
    return blank | {
        "id": key, "number": 10_001 + n, "customer_id": owner, "visit_type_id": kind,
        "place_id": place, "state": "booked", "source": "api", "priority": 3, "note": "",
        "duration_s": job.duration_s, "duration_p80_s": job.duration_s + 900, "crew": 1,
        "skills": dict(job.skills), "parts": {}, "window_starts_at": instant(job.earliest),
        "window_ends_at": instant(job.latest), "planned_at": instant(starts), "series_place": 0,
        "created_at": work.at, "created_by": "bench", "outcome": "", "reason": "", "moves": 0,
        "version": 1,
    }  # fmt: skip


def _asker(work: Work, rng: random.Random, n: int) -> str:
    customer = customers.create_customer(work, name=f"Customer {n}").id
    where = field_days.place(rng)
    row = VisitPlace(id=new_id(), customer_id=customer, name="", address="-", postcode="",
                     lat=where.lat, lon=where.lon, pin="person", access="", zone="",
                     is_active=True, created_at=work.at, version=1)  # fmt: skip
    work.session.add(row)
    return customer


def measure(made: dict[str, Any], options: argparse.Namespace) -> None:
    given = Settings(secret_key=KEY, base_url="http://localhost", database_url=db.current().url)
    client = app.create_app(given, sockets=False).test_client()
    headers = {"Authorization": f"Bearer {made['token']}"}
    waits, spent, booked, none = list[float](), list[float](), list[float](), 0

    def ask(n: int) -> tuple[float, float, list[str]]:
        body = {"customer_id": made["asking"][n], "visit_type": made["kinds"][n % 20]}
        begun, used = time.perf_counter(), time.process_time()
        answer = client.post("/api/v1/visits/slots", json=body, headers=headers)
        took = time.perf_counter() - begun, time.process_time() - used
        if answer.status_code != 200:
            raise SystemExit(answer.get_data(as_text=True))
        return *took, [one["slot_id"] for one in answer.get_json()["items"]]

    first = ask(0)
    print(f"first question, all routes read: {first[0]:.2f} s ({first[1]:.2f} of the processor)")
    for n in range(1, options.requests):
        wait, used, slots = ask(n)
        waits.append(wait)
        spent.append(used)
        none += not slots
        if slots and n % 4 == 0:
            begun = time.process_time()
            client.post("/api/v1/visits", json={"slot_id": slots[0]}, headers=headers)
            booked.append(time.process_time() - begun)
    for name, values in (("waited", waits), ("of the processor", spent)):
        print(f"offers, {name}: {_told(values)}")
    print(f"booking one, of the processor: {_told(booked)}; without a window: {none}")


def _told(values: list[float]) -> str:
    shares = (0.5, 0.95)
    told = [f"p{share * 100:.0f} {percentile(values, share) * 1000:.1f}" for share in shares]
    return f"{', '.join(told)}, worst {max(values) * 1000:.1f} ms ({len(values)})"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgres", choices=("postgres", "sqlite"))
    parser.add_argument("--technicians", type=int, default=100)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
