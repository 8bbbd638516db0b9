"""One search for programs; each scope asks the port of its own subject."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from helpdesk.core.paging import Page, clamp_limit
from helpdesk.core.work import Work
from helpdesk.customers import search as customers
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Listed, Query, View, listed


class HitView(View):
    """Something found. `near`: only a similar spelling was found."""

    scope: Literal["customers"]
    id: str
    title: str
    detail: str
    near: bool


class SearchAsked(Query):
    q: Annotated[str, Meta(max_length=200, description="Words, or the beginning of a number.")]
    scope: Literal["customers"] = "customers"
    limit: Annotated[int, Meta(description="How many at most; more than 50 means 50.")] = 20


@operation("GET", "/search", who=DESK, query=SearchAsked, gives=Listed[HitView])
def search(work: Work, query: SearchAsked) -> Listed[HitView]:
    """Search, the best first. What fits is on one page; ask more precisely for less."""
    hits = customers.search(work, query.q, limit=clamp_limit(query.limit))
    found = [
        HitView(
            scope="customers",
            id=hit.customer_id,
            title=hit.name,
            detail=" · ".join(part for part in (hit.organisation, hit.contact) if part),
            near=hit.near,
        )
        for hit in hits
    ]
    return listed(Page([], None), found)
