"""Places where a customer is visited, over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customers
from helpdesk.field_service import places
from helpdesk.field_service.models import VisitPlace
from helpdesk.web.api.base import DESK, DESK_AND_CUSTOMERS, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import Listed, Paged, Version, View, given, listed, page_of_few
from helpdesk.web.api.visit_slots import Degrees, NewPlace
from helpdesk.web.bodies import Body

Words = Annotated[str, Meta(max_length=500)]


class PlaceView(View):
    """`pin` says where the coordinates come from: a person, found for the address, or none.

    Without coordinates no visit can be planned there.
    """

    id: str
    name: str
    address: str
    postcode: str
    lat: float | None
    lon: float | None
    pin: str
    access: str
    created_at: datetime
    version: int


class PlaceChange(Body, frozen=True):
    """Fields that are left out stay; `lat` and `lon` go together."""

    name: Annotated[str, Meta(max_length=80)] | UnsetType = UNSET
    address: Annotated[str, Meta(min_length=1, max_length=300)] | UnsetType = UNSET
    postcode: Annotated[str, Meta(max_length=12)] | UnsetType = UNSET
    access: Words | UnsetType = UNSET
    lat: Degrees | UnsetType = UNSET
    lon: Degrees | UnsetType = UNSET
    version: Version | UnsetType = UNSET


@operation(
    "GET",
    "/customers/<id:customer_id>/places",
    who=DESK_AND_CUSTOMERS,
    query=Paged,
    gives=Listed[PlaceView],
)
def list_places(work: Work, customer_id: str, query: Paged) -> Listed[PlaceView]:
    """List a customer's places, the oldest first."""
    customer = customers.get_customer(work, customer_id)
    rows = [_view(row) for row in places.of_customer(work, customer.id)]
    page = page_of_few(rows, query, lambda one: (one.created_at.isoformat(), one.id))
    return listed(page, page.items)


@operation(
    "POST",
    "/customers/<id:customer_id>/places",
    who=DESK_AND_CUSTOMERS,
    body=NewPlace,
    gives=PlaceView,
    status=201,
)
def add_place(work: Work, customer_id: str, body: NewPlace) -> PlaceView:
    """Add a place to a customer."""
    customer = customers.get_customer(work, customer_id)
    made = places.make(
        work,
        customer.id,
        address=body.address,
        postcode=body.postcode,
        lat=body.lat,
        lon=body.lon,
        name=body.name,
        access=body.access,
    )
    return _view(made)


@operation(
    "PATCH",
    "/customers/<id:customer_id>/places/<id:place_id>",
    who=DESK,
    body=PlaceChange,
    gives=PlaceView,
    versioned=True,
)
def change_place(work: Work, customer_id: str, place_id: str, body: PlaceChange) -> PlaceView:
    """Change a place, its pin for example."""
    customer = customers.get_customer(work, customer_id)
    row = places.get(work, place_id, customer.id)
    values = given(body, "version")
    if ("lat" in values) != ("lon" in values):
        raise Invalid(fields={"lat": "Give latitude and longitude together."})
    places.change(work, row, values, version=version_asked(body.version))
    return _view(row)


def _view(row: VisitPlace) -> PlaceView:
    return PlaceView(**{name: getattr(row, name) for name in PlaceView.__struct_fields__})
