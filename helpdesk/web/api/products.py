"""The catalogue over the API: listed, and brought up to what a shop sells, by its numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.owned import products
from helpdesk.owned.models import Product
from helpdesk.tickets import types
from helpdesk.web.api.base import ADMIN, DESK, operation
from helpdesk.web.api.shapes import Listed, Paged, View, given, listed
from helpdesk.web.bodies import Body

Sku = Annotated[str, Meta(min_length=1, max_length=60, examples=["TV-55-OLED"])]
Months = Annotated[int, Meta(ge=0, le=products.MOST_MONTHS)]
Days = Annotated[int, Meta(ge=0, le=products.MOST_DAYS)]


class ProductView(View):
    """Something that is sold. Without `returnable_days` it can't be sent back."""

    id: str
    sku: str
    name: str
    warranty_months: int | None
    returnable_days: int | None
    problem_type: str | None
    is_active: bool
    created_at: datetime
    version: int


class ProductsAsked(Paged):
    sku: Annotated[str, Meta(max_length=60)] = ""


class ProductPut(Body, frozen=True):
    """`problem_type`: the key of the ticket type whose form a customer gets for a problem."""

    sku: Sku
    name: Annotated[str, Meta(min_length=1, max_length=160)] | UnsetType = UNSET
    warranty_months: Months | UnsetType | None = UNSET
    returnable_days: Days | UnsetType | None = UNSET
    problem_type: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET


@operation("GET", "/products", who=DESK, query=ProductsAsked, gives=Listed[ProductView])
def list_products(work: Work, query: ProductsAsked) -> Listed[ProductView]:
    """List products by name, those no longer sold too."""
    page = products.page(work, cursor=query.place(), limit=query.limit, sku=query.sku)
    return listed(page, [_view(row) for row in page.items])


@operation("PUT", "/products", who=ADMIN, body=ProductPut, gives=ProductView)
def put_product(work: Work, body: ProductPut) -> ProductView:
    """Add the product of this number, or change what is given of it.

    Sending the same again changes nothing. A new product needs a name.
    """
    if body.problem_type and types.find_type(work, str(body.problem_type)) is None:
        raise Invalid(fields={"problem_type": "There is no such type of ticket."})
    made, _ = products.put(work, sku=body.sku, **given(body, "sku"))
    return _view(made)


@operation("GET", "/products/<id:product_id>", who=DESK, gives=ProductView)
def get_product(work: Work, product_id: str) -> ProductView:
    """Get one product."""
    return _view(products.get(work, product_id))


def _view(row: Product) -> ProductView:
    return ProductView(**{name: getattr(row, name) for name in ProductView.__struct_fields__})
