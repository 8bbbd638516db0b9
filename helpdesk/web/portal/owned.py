"""The customer's orders and things: the list, one order, one thing."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.work import Work, reading
from helpdesk.owned import about
from helpdesk.web import doors
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.portal import door, frame, owned_words, showing
from helpdesk.web.portal.frame import Here
from helpdesk.workflows import portal_matters, portal_owned, portal_reach, portal_returns
from helpdesk.workflows.portal_owned import Whose
from helpdesk.workflows.portal_reach import Reach

SHARED: tuple[Whose, ...] = ("organisation", "household")


@door.get("/owned")
@allow("customer")
def owned() -> Response:
    """Orders and things, their own or those of the household or organisation."""
    asked = query_text("show")
    whose: Whose = next((one for one in SHARED if one == asked), "own")
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        name = ""
        if reach.organisation_id is not None:
            name = portal_matters.organisation_name(work, reach)
        orders = portal_owned.orders(work, reach, whose=whose, cursor=query_text("after") or None)
        things, more = portal_owned.things(
            work, reach, whose=whose, cursor=query_text("more") or None
        )
    return frame.show(
        "owned.html",
        at,
        area="owned",
        name=name,
        show=whose,
        has_household=bool(reach.household),
        orders=[owned_words.shown(at.say, one) for one in orders.items],
        next_orders=orders.next_cursor,
        things=[(one, owned_words.warranty(at.say, one.verdict)) for one in things],
        next_things=more,
        is_first=not (query_text("after") or query_text("more")),
    )


@door.get("/orders/<id:order_id>")
@allow("customer")
def order(order_id: str) -> Response:
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        return order_page(work, at, reach, order_id)


def order_page(work: Work, at: Here, reach: Reach, order_id: str, **extra: Any) -> Response:
    found = portal_owned.order(work, reach, order_id)
    lines = [
        (
            one,
            owned_words.amount(at.say, one.line.unit_minor, found.order.currency),
            owned_words.warranty(at.say, one.verdict) if one.verdict else "",
        )
        for one in found.lines
    ]
    return frame.show(
        "order.html",
        at,
        area="owned",
        found=found,
        shown=owned_words.shown(at.say, found.order),
        lines=lines,
        matters=_matters(work, at, reach, found.order.id),
        returns=portal_returns.of_order(work, found.order.id),
        **extra,
    )


@door.get("/things/<id:asset_id>")
@allow("customer")
def thing(asset_id: str) -> Response:
    with reading(doors.actor()) as work:
        at, reach = frame.mine(work), portal_reach.of(work)
        found = portal_owned.thing(work, reach, asset_id)
        bought = found.asset.purchased_on
        return frame.show(
            "thing.html",
            at,
            area="owned",
            thing=found,
            whose=portal_owned.whose_is(reach, found.asset),
            order=portal_owned.bought_in(work, reach, found.asset),
            bought=owned_words.day(at.say, bought) if bought else "",
            warranty=owned_words.warranty(at.say, found.verdict),
            matters=_matters(work, at, reach, found.asset.id),
        )


def _matters(work: Work, at: Here, reach: Reach, subject_id: str) -> list[Any]:
    """The reader's matters about it, with what happens next."""
    found = portal_matters.those(work, reach, about.tickets_of(work, subject_id))
    return showing.with_steps(at.say, found)
