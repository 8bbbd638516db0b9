"""Rows of places where customers are visited.

A place without coordinates can be written down, but nothing can be planned there: the booking
asks for a pin first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.field_service import routes, steps
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace

ABSENT = "This place does not exist."
MOST = 200  # of one customer
FIELDS = ("name", "address", "postcode", "access")


def of_customer(work: Work, customer_id: str) -> Sequence[VisitPlace]:
    """Those in use, the oldest first."""
    return work.session.scalars(
        select(VisitPlace)
        .where(VisitPlace.customer_id == customer_id, VisitPlace.is_active.is_(True))
        .order_by(VisitPlace.created_at, VisitPlace.id)
        .limit(MOST)
    ).all()


def get(work: Work, place_id: str, customer_id: str | None = None) -> VisitPlace:
    """`customer_id`: only where it is theirs. Whether the actor sees them, the caller asks."""
    found = work.session.get(VisitPlace, place_id) if is_id(place_id) else None
    if found is None or customer_id not in (None, found.customer_id):
        raise NotFound(ABSENT)
    return found


def written(address: str, postcode: str) -> str:
    """As one line; an address that names its postcode itself keeps its own order."""
    if not postcode or postcode in address:
        return address
    return f"{address}, {postcode}" if address else postcode


def make(
    work: Work,
    customer_id: str,
    *,
    address: str,
    lat: float | None = None,
    lon: float | None = None,
    pin: str = "person",
    name: str = "",
    postcode: str = "",
    access: str = "",
    zone: str = "",
) -> VisitPlace:
    where = _pin(lat, lon)
    count = work.session.scalar(
        select(func.count()).select_from(VisitPlace).where(VisitPlace.customer_id == customer_id)
    )
    if (count or 0) >= MOST:
        raise Conflict(f"This customer has {MOST} places already.", code="too_many_places")
    made = VisitPlace(
        id=new_id(),
        customer_id=customer_id,
        created_at=work.at,
        zone=zone,
        is_active=True,
        version=1,
        lat=where[0],
        lon=where[1],
        pin=pin if where[0] is not None else "none",
        **_texts({"name": name, "address": address, "postcode": postcode, "access": access}),
    )
    work.session.add(made)
    work.session.flush()
    return made


def change(work: Work, place: VisitPlace, given: Mapping[str, Any], *, version: int | None) -> None:
    """`given`: any of FIELDS, and lat with lon."""
    if version is not None and version != place.version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")
    texts = {name: given.get(name, getattr(place, name)) for name in FIELDS}
    for name, value in _texts(texts).items():
        setattr(place, name, value)
    if "lat" in given or "lon" in given:
        place.lat, place.lon = _pin(given.get("lat"), given.get("lon"))
        place.pin = "none" if place.lat is None else str(given.get("pin", "person"))
        _moved(work, place)
    place.version += 1
    work.session.flush()


def has_pin(place: VisitPlace) -> bool:
    return place.lat is not None and place.lon is not None


def _moved(work: Work, place: VisitPlace) -> None:
    """Whoever drives there drives another way: their routes are others from now on."""
    stands = (
        select(RouteStop.route_id)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .where(Visit.place_id == place.id, Visit.state.in_(steps.AHEAD))
        .order_by(RouteStop.route_id)
    )
    for route_id in dict.fromkeys(work.session.scalars(stands)):
        routes.touch(work, route_id)


def _texts(given: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": line(str(given["name"] or ""), "name", longest=80),
        "address": line(str(given["address"] or ""), "address", longest=300, needed=True),
        "postcode": line(str(given["postcode"] or ""), "postcode", longest=12),
        "access": line(str(given["access"] or ""), "access", longest=500),
    }


def _pin(lat: float | None, lon: float | None) -> tuple[float | None, float | None]:
    if lat is None and lon is None:
        return None, None
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise Invalid(fields={"lat": "Give latitude and longitude in degrees."})
    return float(lat), float(lon)
