"""Orders over the API: told by programs that know them, read by the desk."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field, structs

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import permissions as customers
from helpdesk.owned import owners, permissions, queries, service, told
from helpdesk.owned.models import ShopOrder
from helpdesk.owned.queries import LineOf
from helpdesk.web.api.base import ADMIN, DESK, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, View, given, listed
from helpdesk.web.bodies import Body

Origin = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[a-z][a-z0-9-]*$")]


class WhoseBody(Body, frozen=True):
    """Whom the shop names. Only a proved address, number or account leads to a customer."""

    email: Annotated[str, Meta(max_length=254)] = ""
    phone: Annotated[str, Meta(max_length=60)] = ""
    external_id: Annotated[str, Meta(max_length=254)] = ""
    name: Annotated[str, Meta(max_length=160)] = ""


class OrderLineBody(Body, frozen=True):
    """`serials` become things of the order's customer."""

    name: told.Name
    sku: told.Sku = ""
    quantity: told.Quantity = 1
    unit_minor: told.Minor | None = None
    serials: Annotated[list[told.Serial], Meta(max_length=100)] = field(default_factory=list)


class OrderPut(Body, frozen=True):
    """`shop` and `external_id` name the order. What is left out stays as it was.

    `told_at` is when the shop knew this; an older word never undoes a newer one, and a status
    never goes back. Amounts are whole minor units: 1250 and EUR are 12.50 euros.
    """

    shop: Origin
    external_id: told.External
    number: told.Number | UnsetType = UNSET
    status: told.Status | UnsetType = UNSET
    status_at: told.At | None = None
    told_at: told.At | None = None
    placed_at: told.At | None = None
    expected_on: date | UnsetType | None = UNSET
    carrier: Annotated[str, Meta(max_length=60)] | UnsetType = UNSET
    tracking_url: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    currency: told.Currency | UnsetType = UNSET
    total_minor: told.Minor | UnsetType | None = UNSET
    lines: Annotated[list[OrderLineBody], Meta(max_length=told.MOST_LINES)] | UnsetType = UNSET
    customer: WhoseBody = WhoseBody()
    customer_id: Id | None = None


class OrderCustomer(Body, frozen=True):
    customer_id: Id


class OrderLineView(View):
    """`warranty` is covered, ended, none_given or unknown; null for what is in no catalogue."""

    id: str
    sku: str
    name: str
    quantity: int
    unit_minor: int | None
    serials: list[str]
    product_id: str | None
    warranty: str | None
    warranty_until: date | None


class OrderView(View):
    """An order. `customer_id` is null while nobody proved is known for it."""

    id: str
    shop: str
    external_id: str
    number: str
    customer_id: str | None
    organisation_id: str | None
    status: str
    reached: dict[str, datetime]
    placed_at: datetime
    expected_on: date | None
    carrier: str
    tracking_url: str
    currency: str
    total_minor: int | None
    lines: list[OrderLineView]
    told_at: datetime
    version: int


class OrdersAsked(Paged):
    customer_id: Annotated[str, Meta(max_length=36)] = ""
    number: Annotated[str, Meta(max_length=60)] = ""
    unattached: Annotated[bool, Meta(description="Those that are nobody's; administrators.")] = (
        False
    )


@operation("GET", "/orders", who=DESK, query=OrdersAsked, gives=Listed[OrderView])
def list_orders(work: Work, query: OrdersAsked) -> Listed[OrderView]:
    """List orders, the newest first."""
    page = queries.page_of_orders(
        work,
        customer_id=customer_asked(work, query.customer_id),
        number=query.number,
        nobodys=query.unattached,
        cursor=query.place(),
        limit=query.limit,
    )
    return listed(page, _views(work, page.items))


@operation("PUT", "/orders", who=ADMIN, body=OrderPut, gives=OrderView)
def put_order(work: Work, body: OrderPut) -> OrderView:
    """Tell of an order: it is added, or brought up to what is given.

    The same sent again, late or out of order leaves the same order.
    """
    customer = customers.get_customer(work, body.customer_id) if body.customer_id else None
    fields: dict[str, Any] = given(body, "shop", "customer_id", "customer", "lines")
    fields["customer"] = told.Whose(**structs.asdict(body.customer))
    if body.lines is not UNSET:
        fields["lines"] = [told.LineTold(**structs.asdict(one)) for one in body.lines]
    return _views(
        work, [service.tell_order(work, body.shop, told.OrderTold(**fields), customer=customer)]
    )[0]


@operation("GET", "/orders/<id:order_id>", who=DESK, gives=OrderView)
def get_order(work: Work, order_id: str) -> OrderView:
    """Get one order."""
    return _views(work, [permissions.get_order(work, order_id)])[0]


@operation("POST", "/orders/<id:order_id>/customer", who=DESK, body=OrderCustomer, gives=OrderView)
def attach_order(work: Work, order_id: str, body: OrderCustomer) -> OrderView:
    """Say whose an order is that is nobody's yet.

    Agents may where the customer's record says the order's address; administrators always.
    """
    return _views(work, [owners.attach(work, order_id, body.customer_id)])[0]


def customer_asked(work: Work, customer_id: str) -> str:
    if not customer_id:
        return ""
    if len(customer_id) != 36:
        raise Invalid(fields={"customer_id": "This is no id."})
    return customers.get_customer(work, customer_id).id


def _views(work: Work, rows: Any) -> list[OrderView]:
    lines = queries.lines_of(work, rows, work.at.date())
    names = [name for name in OrderView.__struct_fields__ if name not in ("lines", "reached")]
    return [
        OrderView(
            **{name: getattr(row, name) for name in names},
            reached=_times(row),
            lines=[_line(one) for one in lines[row.id]],
        )
        for row in rows
    ]


def _times(row: ShopOrder) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(at) for name, at in row.reached.items()}


def _line(one: LineOf) -> OrderLineView:
    row, checked = one.line, one.verdict
    return OrderLineView(
        id=row.id,
        sku=row.sku,
        name=row.name,
        quantity=row.quantity,
        unit_minor=row.unit_minor,
        serials=row.serials,
        product_id=one.product.id if one.product else None,
        warranty=checked.code if checked else None,
        warranty_until=checked.until if checked else None,
    )
