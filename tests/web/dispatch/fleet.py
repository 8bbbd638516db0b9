"""A fleet for the dispatch board: technicians with hours, breaks and skills, visits in their rows.

Made through the services, so that what stands in the rows is what the program would have put there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin
from helpdesk.customers import service as customers
from helpdesk.field_service import days, places, routes, service
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_crew import Technician, TechnicianAbsence, VisitType
from helpdesk.field_service.service import StopAt
from helpdesk.identity.models import User
from helpdesk.routing.models import Skill
from helpdesk.workflows import visit_course

SETUP = system("setup")
ZONE = "Europe/Berlin"
HAMBURG = (53.55, 10.0)
WEEK = {str(day): [["08:00", "17:00"]] for day in range(7)}
BREAKS = [{"from": "11:30", "to": "13:30", "minutes": 30}]
NAMES = (
    "Anna Berg", "Bjorn Dahl", "Carla Engel", "Deniz Acar", "Eva Lindt", "Farid Omar",
    "Greta Holm", "Hannes Koch", "Ines Roth", "Jonas Wolf",
)  # fmt: skip
CUSTOMERS = (
    "Mia Krause", "Otto Brandt", "Paula Stein", "Rana Aziz", "Sven Petersen", "Tilda Nygaard",
)  # fmt: skip
STREETS = ("Deichstrasse", "Elbchaussee", "Grindelallee", "Hafenstrasse", "Isestrasse")


@dataclass
class Fleet:
    day: date
    boss: str
    agent: str
    technicians: list[str]
    kinds: dict[str, str]
    gas: str
    visits: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    def dispatcher(self) -> Actor:
        return Actor("user", self.boss, "supervisor")

    def at(self, hours: int, minutes: int = 0) -> int:
        """That time of the day, in seconds."""
        return days.begins(self.day, hours * 60 + minutes, ZONE)


def furnish(work: Work, day: date, technicians: int = 3) -> Fleet:
    """People, kinds of visits and a skill; nothing is planned yet. Every second one knows gas."""
    gas = Skill(id=new_id(), name="Gas", version=1)
    work.session.add(gas)
    kinds = {
        "repair": _kind(work, "repair", "Repair"),
        "gas": _kind(work, "gas", "Gas check", skills={gas.id: 3}),
        "lift": _kind(work, "lift", "Boiler exchange", crew=2, duration_p50_s=7200),
    }
    boss, agent = _user(work, "Birgit Sommer", "supervisor"), _user(work, "Ole Agent", "agent")
    made = [_technician(work, n, gas.id) for n in range(technicians)]
    work.session.flush()
    return Fleet(day, boss, agent, made, kinds, gas.id)


def _kind(work: Work, key: str, name: str, **given: object) -> str:
    made = VisitType(
        **(
            {
                "id": new_id(), "key": key, "name": name, "names": {}, "description": "",
                "duration_p50_s": 2400, "duration_p80_s": 3600, "skills": {}, "parts": {},
                "crew": 1, "days": 1, "checklist": [], "priority": 3, "window_s": None,
                "is_bookable": True, "needs_signature": True, "moves_until_s": 86_400,
                "is_active": True, "position": 0, "version": 1,
            }
            | given
        )
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    return made.id


def _user(work: Work, name: str, role: str) -> str:
    made = User(
        id=new_id(),
        email=f"{name.split()[0].lower()}-{new_id()}@example.org",
        name=name,
        public_name=name.split()[0],
        role=role,
        created_at=work.at,
    )
    work.session.add(made)
    work.session.flush()
    return made.id


def _technician(work: Work, number: int, gas: str) -> str:
    name = NAMES[number] if number < len(NAMES) else f"{NAMES[number % 10]} {number + 1}"
    user_id = _user(work, name, "technician")
    work.session.add(
        Technician(
            user_id=user_id,
            start_name="Depot",
            start_lat=_around(number)[0],
            start_lon=_around(number)[1],
            end_lat=None,
            end_lon=None,
            zone=ZONE,
            week=WEEK,
            breaks=BREAKS,
            skills={gas: 4} if number % 2 == 0 else {},
            territory_ids=[],
            colour=f"hue-{number % 8}",
            is_active=True,
            created_at=work.at,
            version=1,
        )
    )
    return user_id


def _around(number: int, step: int = 0) -> tuple[float, float]:
    """A part of the town for each technician, its visits within three kilometres."""
    lat = HAMBURG[0] + (number % 10) * 0.02 + (step * 7 % 5) * 0.004
    return lat, HAMBURG[1] + (number // 10) * 0.03 + (step * 3 % 5) * 0.005


def wish(
    work: Work,
    fleet: Fleet,
    kind: str = "repair",
    *,
    number: int = 0,
    step: int = 0,
    **given: object,
) -> Visit:
    """A visit that waits, at a place near that technician's others."""
    name = CUSTOMERS[(number * 3 + step) % len(CUSTOMERS)]
    customer = customers.create_customer(work, name=name)
    lat, lon = _around(number, step)
    street = STREETS[(number + step) % len(STREETS)]
    place = places.make(
        work,
        customer.id,
        address=f"{street} {step + 1}, Hamburg",
        postcode="20457",
        lat=lat,
        lon=lon,
    )
    row = work.session.get_one(VisitType, fleet.kinds[kind])
    return service.make(
        work,
        row,
        customer_id=customer.id,
        place_id=place.id,
        source="desk",
        **given,  # type: ignore[arg-type]
    )


def put(
    work: Work,
    fleet: Fleet,
    visit: Visit,
    who: Sequence[str],
    at: int,
    *,
    travel_s: int = 600,
    promise: tuple[int, int] | None = None,
) -> None:
    """Into these rows at that second, and promise the window where there is one."""
    stops = [
        StopAt(
            one, fleet.day, instant(at), instant(at + visit.duration_s), travel_s,
            "straight line", is_lead=n == 0,
        )
        for n, one in enumerate(who)
    ]  # fmt: skip
    versions = {(one, fleet.day): version(work, one, fleet.day) for one in who}
    service.put_into(work, visit, stops, versions)
    if promise is not None:
        visit_course.promise(work, visit, *map(instant, promise), by_customer=True)


def version(work: Work, technician_id: str, day: date) -> int:

    row = routes.find(work, technician_id, day)
    if row is None:
        return 0
    work.session.refresh(row)
    return row.version


def fill(fleet: Fleet, each: int, waiting: int = 20) -> None:
    """So many visits in each row, one after the other from half past eight on."""
    for number, who in enumerate(fleet.technicians):
        with begin(SETUP) as work:
            for step in range(each):
                made = wish(work, fleet, number=number, step=step)
                at = fleet.at(8, 30) + step * 2700 + (1800 if step > 4 else 0)
                low = at - at % 7200
                put(work, fleet, made, [who], at, promise=(low, low + 14_400))
                fleet.visits.append(made.id)
    with begin(SETUP) as work:
        for number in range(waiting):
            kind = ("repair", "gas", "repair", "lift")[number % 4]
            made = wish(
                work, fleet, kind, number=number % 10, step=number % 5,
                priority=1 if number % 9 == 0 else 2 + number % 3,
                due_at=work.at + timedelta(days=number % 5 - 1),
            )  # fmt: skip
            fleet.waiting.append(made.id)


def away(work: Work, technician_id: str, starts: int, ends: int, kind: str = "ill") -> None:
    work.session.add(
        TechnicianAbsence(
            id=new_id(),
            technician_id=technician_id,
            starts_at=instant(starts),
            ends_at=instant(ends),
            kind=kind,
            note="",
            made_at=work.at,
            made_by="test",
        )
    )
    work.session.flush()


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)
