"""Row L: two hundred customers book the last twenty windows of a running installation at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from http.client import HTTPConnection
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.core import clock, db
from helpdesk.core.db import Database
from helpdesk.core.work import begin
from helpdesk.customers import service as customers
from helpdesk.field_service.models import Route, RouteStop, Visit, VisitPromise
from helpdesk.tickets.models import Ticket
from tests.faults.house import SETUP, House, open_house
from tests.field_service import crew_scene as scene
from tests.real.server import Installation

pytestmark = [pytest.mark.timeout(240), pytest.mark.slow]
CUSTOMERS, WINDOWS, TECHNICIANS = 200, 20, 10  # each finds room for two in a window


def call(house: House, n: int, method: str, path: str, body: Any, key: str = "") -> tuple[int, Any]:
    """One request in the name of one of the agents."""
    headers = {
        "Authorization": f"Bearer {house.tokens[n % len(house.tokens)]}",
        "Content-Type": "application/json",
        **({"Idempotency-Key": key} if key else {}),
    }
    line = HTTPConnection("127.0.0.1", house.running.port, timeout=200)
    try:
        line.request(method, f"/api/v1{path}", json.dumps(body), headers)
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


def furnish(house: House) -> tuple[list[str], str]:
    """Technicians, and customers who all live at one crossing; the kind of visit."""
    db.use(house.running.database)
    with begin(SETUP) as work:
        for n in range(TECHNICIANS):
            scene.add_technician(work, f"Tech {n}")
        kind = scene.add_type(work)
        made = [customers.create_customer(work, name=f"Customer {n}").id for n in range(CUSTOMERS)]
        for one in made:
            scene.add_place(work, one)
    db.use(None)
    return made, kind


def windows_of(house: House, people: list[str], kind: str) -> list[str]:
    """One window of one day, offered to everybody."""
    day = clock.now().date() + timedelta(days=3)
    while day.weekday() > 4:
        day += timedelta(days=1)
    asked = {"visit_type": kind, "from": day.isoformat(), "to": day.isoformat()}
    _, first = call(house, 0, "POST", "/visits/slots", {"customer_id": people[0], **asked})
    begins = datetime.fromisoformat(min(one["starts_at"] for one in first["items"]))
    asked["from"] = begins.isoformat()
    asked["to"] = (begins + timedelta(minutes=1)).isoformat()

    def ask(n: int) -> str:
        status, told = call(house, n, "POST", "/visits/slots", {"customer_id": people[n], **asked})
        assert status == 200, told
        [one] = told["items"]
        return str(one["slot_id"])

    with ThreadPoolExecutor(8) as crew:
        return list(crew.map(ask, range(len(people))))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_L_two_hundred_customers_book_the_last_twenty_windows_once(
    start_server: Callable[..., Installation], kind: str
) -> None:
    house = open_house(start_server(kind, roles=("web", "sweeper")), agents=8)
    people, visit_type = furnish(house)
    slots = windows_of(house, people, visit_type)
    barrier = Barrier(CUSTOMERS)

    def book(n: int) -> tuple[int, Any]:
        barrier.wait()
        body = {"slot_id": slots[n]}
        return call(house, n, "POST", "/visits", body, f"book-{n}")

    with ThreadPoolExecutor(CUSTOMERS) as crew:
        answers = list(crew.map(book, range(CUSTOMERS)))
    for n, answer in enumerate(answers):  # L10: sent once more, with its key
        if answer[0] == 201:
            assert call(house, n, "POST", "/visits", {"slot_id": slots[n]}, f"book-{n}") == answer
    told = Counter((status, body.get("code", "")) for status, body in answers)
    assert told == {(201, ""): WINDOWS, (409, "slot_gone"): CUSTOMERS - WINDOWS}
    nothing_is_promised_twice(house.running.database)


def nothing_is_promised_twice(database: Database) -> None:
    with database.read_session() as session:
        for table in (Visit, VisitPromise, RouteStop, Ticket):
            assert session.scalar(select(func.count()).select_from(table)) == WINDOWS, table
        assert session.scalar(select(func.count()).select_from(Route)) == TECHNICIANS
        before: dict[str, datetime] = {}
        for stop in session.scalars(select(RouteStop).order_by(RouteStop.starts_at)):
            assert before.get(stop.route_id, stop.starts_at) <= stop.starts_at
            before[stop.route_id] = stop.ends_at
        for visit in session.scalars(select(Visit)):
            assert visit.window_starts_at <= visit.planned_at <= visit.window_ends_at
