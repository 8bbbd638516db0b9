"""What Ctrl-K finds beside the page's own commands: customers and cases, as somebody types.

And orders, things and visits by their whole numbers.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from helpdesk.core.work import Work, reading
from helpdesk.customers.search import Hit as CustomerHit
from helpdesk.field_service import listing
from helpdesk.field_service.models import Visit
from helpdesk.owned import queries as owned
from helpdesk.owned.models import Asset, ShopOrder
from helpdesk.search import queries
from helpdesk.web import doors, visit_words
from helpdesk.web.agent import door
from helpdesk.web.agent.searching import place_of, title_of
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import searching

SHOWN = 8


@door.get("/palette")
@allow("agent", "supervisor", "admin")
def found() -> dict[str, Any]:
    words = query_text("q")
    with reading(doors.actor()) as work:
        people = searching.search(work, words, scope="customers", limit=SHOWN).people
        hits = searching.search(work, words, limit=SHOWN, typing=True).hits
        orders, things = owned.found(work, words)
        visit = visit_of(work, words)
    items = [*map(_visit, visit), *map(_order, orders), *map(_thing, things)]
    items += [_person(hit) for hit in people] + [_case(hit) for hit in hits]
    if items:
        href = "/desk/search?" + urlencode({"q": words})
        items.append({"title": f"All results for {words}", "icon": "search", "href": href})
        items[-1]["group"] = "Search"
    return {"items": items}


def visit_of(work: Work, words: str) -> list[Visit]:
    """The visit of this number (`V-10001`), if the reader sees one."""
    number = visit_words.read_number(words)
    found = listing.by_number(work, number) if number is not None else None
    return [found] if found is not None else []


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "title": f"{visit_words.number(visit.number)} · {visit_words.STATES[visit.state][0]}",
        "group": "Visits",
        "icon": "truck",
        "href": f"/desk/visits/{visit.id}",
    }


def _order(order: ShopOrder) -> dict[str, Any]:
    return {
        "title": f"Order {order.number} · {order.status.replace('_', ' ')}",
        "group": "Orders and products",
        "icon": "package",
        "href": f"/desk/orders/{order.id}",
    }


def _thing(asset: Asset) -> dict[str, Any]:
    return {
        "title": f"{asset.name} · {asset.serial}",
        "group": "Orders and products",
        "icon": "package",
        "href": f"/desk/assets/{asset.id}",
    }


def _person(hit: CustomerHit) -> dict[str, Any]:
    told = [f"{why.label}: {''.join(p.text for p in why.pieces)}" for why in hit.reasons]
    known = told or [hit.organisation, hit.contact]
    parts = (name_or_unknown(hit.name), *known)
    return {
        "title": " · ".join(part for part in parts if part),
        "group": "Customers (similar spelling)" if hit.near else "Customers",
        "icon": "user-round",
        "href": f"/desk/customers/{hit.customer_id}",
        "customer_id": hit.customer_id,
        "event": "customer",
    }


def _case(hit: queries.Hit) -> dict[str, Any]:
    return {
        "title": title_of(hit),
        "group": "Tickets and messages",
        "icon": "ticket" if hit.facts.get("number") is not None else "message-circle",
        "href": place_of(hit),
    }
