"""Orders and things on the desk: one order, one thing, whose they are, what tickets are about."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
from flask import Response

from helpdesk.core.errors import HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import permissions as customers
from helpdesk.owned import about, assets, owners, permissions, products, queries
from helpdesk.owned.models import Asset
from helpdesk.tickets import permissions as tickets
from helpdesk.tickets import service
from helpdesk.web import doors
from helpdesk.web.agent import door, maintenance_view, owned_view
from helpdesk.web.agent.card import try_change as try_on_card
from helpdesk.web.agent.maintenance_view import PlansOf
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.tickets_changes import try_change
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow

Text = Annotated[str, msgspec.Meta(max_length=300)]


class Nothing(Body, frozen=True):
    """A button with nothing to say but where it stands."""

    conversation: str = ""


class Numbered(Body, frozen=True):
    """An order or a thing by the number that people read."""

    owned: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class Thing(Body, frozen=True):
    version: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    name: Text = ""
    product_id: Annotated[str, msgspec.Meta(max_length=36)] = ""
    serial: Text = ""
    purchased_on: Annotated[str, msgspec.Meta(max_length=10)] = ""
    warranty_until: Annotated[str, msgspec.Meta(max_length=10)] = ""
    place: Text = ""
    state: Annotated[str, msgspec.Meta(max_length=10)] = "in_use"


@door.get("/orders/<id:order_id>")
@allow("agent", "supervisor", "admin")
def order(order_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = permissions.get_order(work, order_id)
        return show(
            work,
            "agent/order.html",
            title=f"Order {found.number}",
            area="customers",
            order=found,
            lines=queries.lines_of(work, [found], work.at.date())[found.id],
            owner=owned_view.owner_name(work, found.customer_id),
            things=queries.things(work, queries.of_order(work, found.id), work.at.date()),
            tickets=owned_view.tickets_about(work, found.id),
            say=owned_view.Speaks,
        )


@door.get("/assets/<id:asset_id>")
@allow("agent", "supervisor", "admin")
def asset(asset_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _thing_page(work, asset_id)


@door.post("/assets/<id:asset_id>")
@allow("agent", "supervisor", "admin")
def change_asset(asset_id: str) -> Response:
    body = form_body(Thing)
    try:
        with begin(doors.actor()) as work:
            assets.change(work, asset_id, version=body.version, changes=_read(body))
    except HelpdeskError as error:
        with reading(doors.actor()) as work:
            return _thing_page(work, asset_id, error=error, given=body)
    return doors.go(f"/desk/assets/{asset_id}")


@door.get("/customers/<id:customer_id>/assets/new")
@allow("agent", "supervisor", "admin")
def new_asset(customer_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _new_page(work, customer_id, Thing())


@door.post("/customers/<id:customer_id>/assets/new")
@allow("agent", "supervisor", "admin")
def add_asset(customer_id: str) -> Response:
    body = form_body(Thing)
    try:
        with begin(doors.actor()) as work:
            made = assets.add(work, customer_id, **_read(body)).id
    except Invalid as error:
        with reading(doors.actor()) as work:
            return _new_page(work, customer_id, body, errors=error.fields)
    return doors.go(f"/desk/assets/{made}")


@door.post("/customers/<id:customer_id>/orders/<id:order_id>")
@allow("agent", "supervisor", "admin")
def attach_order(customer_id: str, order_id: str) -> Response:
    """An order that is nobody's yet is this customer's; answers the card anew."""
    form_body(Nothing)
    return try_on_card(customer_id, lambda work: owners.attach(work, order_id, customer_id))


@door.post("/tickets/<id:ticket_id>/about")
@allow("agent", "supervisor", "admin")
def hang_on_ticket(ticket_id: str) -> Response:
    """The ticket is about an order or a thing of its customer, named by its number."""
    body = form_body(Numbered)

    def change(work: Work) -> None:
        ticket = tickets.get_visible(work, ticket_id)
        orders, things = queries.found(work, body.owned)
        mine = [("order", one.id) for one in orders if one.customer_id == ticket.customer_id]
        mine += [("asset", one.id) for one in things if one.customer_id == ticket.customer_id]
        if not mine:
            raise Invalid(fields={"owned": "This customer has nothing of this number."})
        held = service.hold(work, ticket_id)
        for subject, subject_id in mine:
            about.hang(work, held.id, subject, subject_id)

    return try_change(ticket_id, change)


@door.post("/tickets/<id:ticket_id>/about/<id:subject_id>/remove")
@allow("agent", "supervisor", "admin")
def take_off_ticket(ticket_id: str, subject_id: str) -> Response:
    form_body(Nothing)
    return try_change(
        ticket_id,
        lambda work: about.unhang(work, tickets.get_visible(work, ticket_id).id, subject_id),
    )


def _thing_page(
    work: Work, asset_id: str, *, error: HelpdeskError | None = None, given: Thing | None = None
) -> Response:
    row = permissions.get_asset(work, asset_id)
    found = queries.things(work, [row], work.at.date())[0]
    fields = dict(getattr(error, "fields", {}))
    response = show(
        work,
        "agent/asset.html",
        title=row.name,
        area="customers",
        thing=found,
        form=given or _form(row),
        errors=fields,
        message=error.message if error is not None and not fields else "",
        products=_products(work),
        owner=owned_view.owner_name(work, row.customer_id),
        order=queries.order_of(work, row),
        tickets=owned_view.tickets_about(work, row.id),
        plans=_plans(work, row),
        changes=[
            (one.at, owned_view.change_words(one)) for one in queries.changes_of(work, row.id)
        ],
        say=owned_view.Speaks,
    )
    response.status_code = error.status if error is not None else 200
    return response


def _plans(work: Work, row: Asset) -> PlansOf:
    if row.customer_id is None:
        return PlansOf()
    return maintenance_view.of_customer(work, row.customer_id, asset_id=row.id)


def _new_page(
    work: Work, customer_id: str, body: Thing, errors: dict[str, str] | None = None
) -> Response:
    customer = customers.get_customer(work, customer_id)
    response = show(
        work,
        "agent/asset_new.html",
        title="Add a product",
        area="customers",
        customer=customer,
        form=body,
        errors=errors or {},
        products=_products(work),
    )
    response.status_code = 400 if errors else 200
    return response


def _form(row: Any) -> Thing:
    return Thing(
        version=row.version,
        name=row.name,
        product_id=row.product_id or "",
        serial=row.serial,
        purchased_on=str(row.purchased_on or ""),
        warranty_until=str(row.warranty_until or ""),
        place=row.place,
        state=row.state,
    )


def _read(body: Thing) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("purchased_on", "warranty_until"):
        text = getattr(body, name)
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            wrong[name] = "Choose a day."
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "name": body.name,
        "serial": body.serial,
        "place": body.place,
        "state": body.state,
        "product_id": body.product_id or None,
        **days,
    }


def _products(work: Work) -> list[tuple[str, str]]:
    rows = products.page(work, limit=100).items
    return [("", "None of the catalogue"), *((row.id, f"{row.name} ({row.sku})") for row in rows)]
