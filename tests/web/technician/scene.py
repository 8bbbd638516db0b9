"""A technician's day for tests: two customers with tickets, two visits today, a van with parts.

The technician's zone is one where it is about noon, so that a test may cross no midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helpdesk.core import clock
from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin
from helpdesk.customers import points
from helpdesk.customers import service as customers
from helpdesk.field_service import passes, places, routes, service
from helpdesk.field_service.commands import Told
from helpdesk.field_service.models_crew import Part, Technician, VanStock, VisitType
from helpdesk.field_service.service import StopAt
from helpdesk.owned.models import Asset
from helpdesk.routing import setup
from helpdesk.workflows import cases, visit_course
from tests.web.signed_in import add_user

SYSTEM = system("test")
WEEK = {str(day): [["00:00", "24:00"]] for day in range(7)}
CHECKLIST = [
    {"key": "pressure", "text": "Pressure checked", "kind": "check", "needed": True},
    {"key": "bar", "text": "Reading in bar", "kind": "number", "needed": False},
    {"key": "plate", "text": "Picture of the type plate", "kind": "photo", "needed": True},
]


@dataclass
class Crew:
    """`visits` are those of today in order, `tickets` theirs."""

    tom: str
    mia: str
    kind: str
    pump: str
    seal: str
    visits: tuple[str, ...]
    tickets: tuple[str, ...]
    customers: tuple[str, ...]

    @property
    def actor(self) -> Actor:
        return Actor("user", self.tom, "technician")


def noon_zone() -> str:
    """A zone in which it is between 11:30 and 12:30 now, or as near as whole hours come."""
    ahead = 12 - clock.now().hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"


def today() -> Any:
    return clock.now().astimezone(ZoneInfo(noon_zone())).date()


def furnish() -> Crew:
    tom, mia = add_user("technician"), add_user("technician")
    with begin(SYSTEM) as work:
        setup.create_queue(work, name=f"Heating {new_id()}", target_s=60)
        kind = _kind(work)
        for user_id in (tom, mia):
            work.session.add(_technician(user_id, work.at))
        pump, seal = _part(work, "Pump", 12_000), _part(work, "Seal", 150)
        work.session.flush()
        for part, quantity in ((pump, 2), (seal, 10)):
            stock = VanStock(technician_id=tom, part_id=part, quantity=quantity, changed_at=work.at)
            work.session.add(stock)
        ada = _customer(work, "Ada Lindgren", "+4930111111", "de")
        bob = _customer(work, "Bob Stone", "+4930222222", "en")
        asset = _asset(work, ada)
        tickets = (
            _case(work, ada, "The heating is cold", "It is cold since Monday, in all rooms."),
            _case(work, bob, "The boiler drips", "Water under the boiler."),
        )
        start = clock.now().replace(second=0, microsecond=0)
        visits = (
            _visit(work, kind, ada, tickets[0], tom, start, asset_id=asset, note="Ring twice."),
            _visit(work, kind, bob, tickets[1], tom, start + timedelta(hours=2)),
        )
        return Crew(tom, mia, kind.id, pump, seal, visits, tickets, (ada, bob))


def give_to(visit_id: str, technician_id: str, *, days: int = 0) -> None:
    """A dispatcher plans it anew, for somebody else or on another day."""
    with begin(SYSTEM) as work:
        visit = service.hold(work, visit_id)
        assert visit.planned_at is not None
        begins = visit.planned_at + timedelta(days=days)
        _plan(work, visit, technician_id, begins, today() + timedelta(days=days))


def cancel(visit_id: str) -> None:
    with begin(SYSTEM) as work:
        visit_course.cancel(work, visit_id, reason="The customer is ill")


def command(crew: Crew, visit_id: str, kind: str, /, **more: Any) -> dict[str, Any]:
    """As the phone sends it; `more` may name id, body, base, pass, said_at."""
    given = {
        "id": new_id(),
        "kind": kind,
        "visit_id": visit_id,
        "pass": passes.made(visit_id, crew.tom),
        "base": 0,
        "body": {},
        "said_at": clock.now().isoformat(),
    }
    return given | more


def told(given: dict[str, Any]) -> Told:
    """The command as the door hands it on."""
    said_at = datetime.fromisoformat(given["said_at"])
    return Told(
        given["id"], given["kind"], given["visit_id"], given["body"], said_at, 0, given["pass"]
    )


def more_visits(work: Work, crew: Crew, count: int) -> None:
    """Each with a customer, a ticket, a device and a place of its own."""
    kind = work.session.get_one(VisitType, crew.kind)
    start = clock.now() + timedelta(hours=3)
    for at in range(count):
        customer = _customer(work, f"Cay {at}", f"+49301111{at:02}", "en")
        ticket = _case(work, customer, "Cold", "It is cold.")
        begins, asset = start + timedelta(hours=at), _asset(work, customer)
        _visit(work, kind, customer, ticket, crew.tom, begins, asset_id=asset)


def _kind(work: Work) -> VisitType:
    made = VisitType(
        id=new_id(), key=new_id(), name="Repair", names={"de": "Reparatur", "en": "Repair"},
        duration_p50_s=3600, duration_p80_s=5400, skills={}, parts={}, crew=1, days=1,
        checklist=CHECKLIST, priority=3, window_s=None, is_bookable=True, needs_signature=True,
        moves_until_s=86_400, is_active=True, position=0, description="", version=1,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    return made


def _technician(user_id: str, at: datetime) -> Technician:
    return Technician(
        user_id=user_id, start_name="Depot", start_lat=53.55, start_lon=10.0, end_lat=None,
        end_lon=None, zone=noon_zone(), week=WEEK, breaks=[], skills={}, territory_ids=[],
        is_active=True, created_at=at, version=1,
    )  # fmt: skip


def _part(work: Work, name: str, cost: int) -> str:
    part = Part(
        id=new_id(),
        sku=f"{name[0]}-{new_id()[-6:]}",
        name=name,
        cost_minor=cost,
        currency="EUR",
        is_active=True,
    )
    work.session.add(part)
    return part.id


def _customer(work: Work, name: str, phone: str, language: str) -> str:
    email = f"{name.split()[0].lower()}-{new_id()}@customer.example"
    made = customers.create_customer(work, name=name, language=language)
    points.put(work, made, points.read(work, "email", email), proved=False)
    points.put(work, made, points.read(work, "phone", phone), proved=False)
    return made.id


def _asset(work: Work, customer_id: str) -> str:
    made = Asset(
        id=new_id(), customer_id=customer_id, name="Boiler B-12", serial="SN-4711",
        serial_key="sn4711", state="in_use", created_at=work.at, updated_at=work.at, version=1,
    )  # fmt: skip
    work.session.add(made)
    return made.id


def _case(work: Work, customer_id: str, subject: str, text: str) -> str:
    opened = cases.open_case(
        work, customer_id=customer_id, subject=subject, body=text, channel="form"
    )
    return opened.ticket.id


def _visit(
    work: Work,
    kind: VisitType,
    customer_id: str,
    ticket_id: str,
    technician_id: str,
    begins: datetime,
    **given: Any,
) -> str:
    place = places.make(
        work,
        customer_id,
        address="Deich 1, 20095 Hamburg",
        lat=53.56,
        lon=10.02,
        access="Gate code 1234",
    )
    made = service.make(
        work,
        kind,
        customer_id=customer_id,
        place_id=place.id,
        source="desk",
        ticket_id=ticket_id,
        **given,
    )
    _plan(work, made, technician_id, begins, today())
    visit_course.promise(work, made, begins, begins + timedelta(hours=2))
    return made.id


def _plan(work: Work, visit: Any, technician_id: str, begins: datetime, day: Any) -> None:
    route = routes.find(work, technician_id, day)
    ends = begins + timedelta(seconds=visit.duration_s)
    stop = StopAt(technician_id, day, begins, ends, travel_s=900, travel_source="distance")
    versions = {(technician_id, day): route.version if route else 0}
    service.put_into(work, visit, [stop], versions)
