"""A small field service for tests: technicians, a kind of visit, a customer with a place.

Berlin, one degree of latitude is 111 km; `EAST` km to the east of `DEPOT` is `at(EAST)`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin
from helpdesk.customers import service as customers
from helpdesk.field_service.models import VisitPlace
from helpdesk.field_service.models_crew import Technician, VisitType
from helpdesk.routing import setup
from tests.workflows.people import add_person

SETUP = system("setup")
ZONE = "Europe/Berlin"
MONDAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # 7 in the morning in Berlin
DEPOT = (52.52, 13.40)
WEEK = {str(day): [["08:00", "17:00"]] for day in range(5)}


@dataclass
class Crew:
    """`technicians` are the actors; `customer_id` lives at `place_id`."""

    technicians: list[Actor] = field(default_factory=list)
    type_id: str = ""
    customer_id: str = ""
    place_id: str = ""
    agent: Actor = SETUP
    admin: Actor = SETUP
    queue_id: str = ""


def at_km(east: float) -> tuple[float, float]:
    """A point so far to the east of the depot."""
    return DEPOT[0], DEPOT[1] + east / 67.7


def make_crew(count: int = 2, *, days_ahead: int | None = None, **kind: Any) -> Crew:
    """So many technicians who start at the depot and may do everything."""
    with begin(SETUP) as work:
        made = Crew()
        made.queue_id = setup.create_queue(work, name="Help").id
        made.agent = add_person(work, "Anna")
        made.admin = add_person(work, "Olga", role="admin")
        setup.set_members(work, made.queue_id, [made.agent.id])
        made.technicians = [add_technician(work, f"Tech {n}") for n in range(count)]
        made.type_id = add_type(work, **kind)
        made.customer_id = customers.create_customer(work, name="Ada Byron").id
        made.place_id = add_place(work, made.customer_id)
    return made


def add_technician(work: Work, name: str, **values: Any) -> Actor:
    person = add_person(work, name, role="technician")
    work.session.add(
        Technician(
            **{
                "user_id": person.id,
                "start_lat": DEPOT[0],
                "start_lon": DEPOT[1],
                "zone": ZONE,
                "week": WEEK,
                "breaks": [],
                "skills": {},
                "territory_ids": [],
                "is_active": True,
                "created_at": work.at,
                "version": 1,
                **_DEFAULTS,
                **values,
            }
        )
    )
    work.session.flush()
    return person


_DEFAULTS: dict[str, Any] = {
    "start_name": "Depot", "end_name": "", "end_lat": None, "end_lon": None, "calendar_id": None,
    "phone": "", "cost_per_hour_minor": 0, "cost_per_km_minor": 0, "currency": "EUR", "colour": "",
    "may_overrun_s": 0,
}  # fmt: skip


def add_type(work: Work, **values: Any) -> str:
    kept: dict[str, Any] = {
        "key": f"repair-{new_id()[-6:]}", "name": "Repair", "names": {"de": "Reparatur"},
        "description": "", "duration_p50_s": 3600, "duration_p80_s": 4500, "skills": {},
        "parts": {}, "crew": 1, "days": 1, "checklist": [], "priority": 3, "window_s": None,
        "is_bookable": True, "needs_signature": True, "moves_until_s": 86_400, "is_active": True,
        "position": 0, "version": 1,
    }  # fmt: skip
    row = VisitType(id=new_id(), **{**kept, **values})
    work.session.add(row)
    work.session.flush()
    return row.id


def add_place(work: Work, customer_id: str, east: float = 5.0, **values: Any) -> str:
    lat, lon = at_km(east)
    kept: dict[str, Any] = {
        "name": "", "address": "Werkstr. 1, 10115 Berlin", "postcode": "10115", "lat": lat,
        "lon": lon, "pin": "person", "access": "", "zone": ZONE, "is_active": True, "version": 1,
    }  # fmt: skip
    row = VisitPlace(id=new_id(), customer_id=customer_id, created_at=work.at, **{**kept, **values})
    work.session.add(row)
    work.session.flush()
    return row.id
