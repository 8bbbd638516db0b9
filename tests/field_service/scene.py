"""A small field service to try things on: a kind of visit, two technicians, a customer's place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.field_service import places, service
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_crew import Technician, VisitType
from helpdesk.field_service.service import StopAt

SYSTEM = system("test")
HAMBURG = (53.55, 10.0)
WEEK = {str(day): [["08:00", "17:00"]] for day in range(5)}
MONDAY = datetime(2026, 6, 1, 8, tzinfo=UTC)  # 10:00 in Berlin


@dataclass(frozen=True, slots=True)
class Field:
    kind: VisitType
    technicians: tuple[Actor, ...]


def furnish(work: Work, users: tuple[str, ...], **kind: object) -> Field:
    """`users` are accounts of technicians."""
    made = VisitType(
        **(
            {
                "id": new_id(), "key": "repair", "name": "Repair", "names": {"de": "Reparatur"},
                "duration_p50_s": 3600, "duration_p80_s": 5400, "skills": {}, "parts": {},
                "crew": 1, "days": 1, "checklist": [], "priority": 3, "window_s": None,
                "is_bookable": True, "needs_signature": True, "moves_until_s": 86_400,
                "is_active": True, "position": 0, "description": "", "version": 1,
            }
            | kind
        )
    )  # fmt: skip
    work.session.add(made)
    for one in users:
        work.session.add(
            Technician(
                user_id=one,
                start_name="Depot",
                start_lat=HAMBURG[0],
                start_lon=HAMBURG[1],
                end_lat=None,
                end_lon=None,
                zone="Europe/Berlin",
                week=WEEK,
                breaks=[],
                skills={},
                territory_ids=[],
                is_active=True,
                created_at=work.at,
                version=1,
            )
        )
    work.session.flush()
    return Field(made, tuple(Actor("user", one, "technician") for one in users))


def visit(
    work: Work, field: Field, customer_id: str, *, ticket_id: str | None = None, **given: object
) -> Visit:
    place = places.make(work, customer_id, address="Deich 1, Hamburg", lat=53.56, lon=10.02)
    return service.make(
        work,
        field.kind,
        customer_id=customer_id,
        place_id=place.id,
        source="desk",
        ticket_id=ticket_id,
        **given,  # type: ignore[arg-type]
    )


def at(hour: float, start: datetime = MONDAY) -> datetime:
    """So many hours after ten o'clock of that Monday in Berlin."""
    return start + timedelta(hours=hour)


def plan(work: Work, one: Visit, technician: str, hour: float = 0, version: int = 0) -> None:
    """Into that technician's day, an hour long."""
    begins = at(hour)
    day = begins.date()
    stop = StopAt(technician, day, begins, begins + timedelta(hours=1))
    service.put_into(work, one, [stop], {(technician, day): version})
