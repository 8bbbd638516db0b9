"""Things that customers have, over the API: with serial, place, history and warranty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, structs

from helpdesk.core.work import Work
from helpdesk.customers import permissions as customers
from helpdesk.owned import assets, permissions, queries, told
from helpdesk.owned.models import Asset
from helpdesk.web.api.base import ADMIN, DESK, operation
from helpdesk.web.api.orders import Origin, WhoseBody, customer_asked
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import Id, Listed, Paged, Version, View, given, listed
from helpdesk.web.bodies import Body

Serial = Annotated[str, Meta(max_length=80)]
State = Literal["in_use", "replaced", "retired"]


class AssetPut(Body, frozen=True):
    """`origin` and `external_id` name the thing. What is left out stays as it was."""

    origin: Origin
    external_id: told.External
    name: told.Name | UnsetType = UNSET
    sku: told.Sku | UnsetType = UNSET
    serial: Serial | UnsetType = UNSET
    purchased_on: date | UnsetType | None = UNSET
    warranty_until: date | UnsetType | None = UNSET
    place: told.Place | UnsetType = UNSET
    state: State | UnsetType = UNSET
    customer: WhoseBody = WhoseBody()
    customer_id: Id | None = None


class NewAsset(Body, frozen=True):
    """A name or a product is needed."""

    customer_id: Id
    name: Annotated[str, Meta(max_length=160)] = ""
    product_id: Id | None = None
    serial: Serial = ""
    purchased_on: date | None = None
    warranty_until: date | None = None
    place: told.Place = ""


class AssetChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    name: told.Name | UnsetType = UNSET
    product_id: Id | UnsetType | None = UNSET
    serial: Serial | UnsetType = UNSET
    purchased_on: date | UnsetType | None = UNSET
    warranty_until: date | UnsetType | None = UNSET
    place: told.Place | UnsetType = UNSET
    state: State | UnsetType = UNSET


class AssetView(View):
    """A thing. `warranty` is covered, ended, none_given, unknown or not_in_use, today."""

    id: str
    customer_id: str | None
    organisation_id: str | None
    product_id: str | None
    name: str
    serial: str
    order_id: str | None
    origin: str
    external_id: str | None
    purchased_on: date | None
    warranty_until: date | None
    warranty: str
    covered_until: date | None
    place: str
    state: str
    created_at: datetime
    version: int


class AssetsAsked(Paged):
    customer_id: Annotated[str, Meta(max_length=36)] = ""
    serial: Annotated[str, Meta(max_length=80)] = ""


@operation("GET", "/assets", who=DESK, query=AssetsAsked, gives=Listed[AssetView])
def list_assets(work: Work, query: AssetsAsked) -> Listed[AssetView]:
    """List things that customers have, the newest first."""
    page = queries.page_of_assets(
        work,
        customer_id=customer_asked(work, query.customer_id),
        serial=query.serial,
        cursor=query.place(),
        limit=query.limit,
    )
    return listed(page, _views(work, page.items))


@operation("PUT", "/assets", who=ADMIN, body=AssetPut, gives=AssetView)
def put_asset(work: Work, body: AssetPut) -> AssetView:
    """Tell of a thing: it is added, or brought up to what is given."""
    customer = customers.get_customer(work, body.customer_id) if body.customer_id else None
    fields: dict[str, Any] = given(body, "origin", "customer_id", "customer")
    fields["customer"] = told.Whose(**structs.asdict(body.customer))
    made = assets.tell_asset(work, body.origin, told.AssetTold(**fields), customer=customer)
    return _views(work, [made])[0]


@operation("POST", "/assets", who=DESK, body=NewAsset, gives=AssetView, status=201)
def add_asset(work: Work, body: NewAsset) -> AssetView:
    """Write down what a customer has."""
    return _views(work, [assets.add(work, body.customer_id, **given(body, "customer_id"))])[0]


@operation("GET", "/assets/<id:asset_id>", who=DESK, gives=AssetView)
def get_asset(work: Work, asset_id: str) -> AssetView:
    """Get one thing."""
    return _views(work, [permissions.get_asset(work, asset_id)])[0]


@operation(
    "PATCH",
    "/assets/<id:asset_id>",
    who=DESK,
    body=AssetChange,
    gives=AssetView,
    versioned=True,
)
def change_asset(work: Work, asset_id: str, body: AssetChange) -> AssetView:
    """Change what is known of a thing; its history keeps what it was."""
    version = version_asked(body.version)
    changed = assets.change(work, asset_id, version=version, changes=given(body, "version"))
    return _views(work, [changed])[0]


def _views(work: Work, rows: Sequence[Asset]) -> list[AssetView]:
    names = [one for one in AssetView.__struct_fields__ if one not in ("warranty", "covered_until")]
    return [
        AssetView(
            **{name: getattr(one.asset, name) for name in names},
            warranty=one.verdict.code,
            covered_until=one.verdict.until,
        )
        for one in queries.things(work, rows, work.at.date())
    ]
