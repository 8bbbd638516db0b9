"""Views of tickets over the API: those of the house and saved ones, and their tickets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.core.work import Work
from helpdesk.tickets import filters, listing, views
from helpdesk.tickets.models import Ticket
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, Version, View, page_of_few, seal_cursor
from helpdesk.web.api.shapes import listed as paged
from helpdesk.web.api.tickets import TicketView, view
from helpdesk.web.bodies import Body
from helpdesk.workflows import cases_bulk

Audience = Literal["own", "team", "everybody"]
Sort = Literal["due", "newest", "oldest", "updated", "priority", "resolved"]
Scope = Literal["live", "done", "all"]
Value = Annotated[str, Meta(min_length=1, max_length=50)]
FilterFields = Annotated[
    dict[Annotated[str, Meta(max_length=20)], Annotated[list[Value], Meta(max_length=50)]],
    Meta(max_length=12, examples=[{"state": ["open"], "queue": ["mine"]}]),
]
Name = Annotated[str, Meta(min_length=1, max_length=60)]


class SavedViewView(View):
    """`id` of a view of the house is a word, such as `mine`; `version` is then null."""

    id: str
    name: str
    scope: Scope
    filter: dict[str, list[str]]
    sort: Sort
    audience: str
    team_id: str | None
    version: int | None


class NewView(Body, frozen=True):
    """`filter` {field: values}: state, queue, assignee, priority, type, channel, team, tag,
    customer, organisation, due. `assignee` knows `me` and `nobody`, `queue` knows `mine`.
    """

    name: Name
    scope: Scope = "live"
    filter: FilterFields = field(default_factory=dict)
    sort: Sort = "due"
    audience: Audience = "own"
    team_id: Id | None = None


class ViewChange(NewView, frozen=True, kw_only=True):
    version: Version


class ViewTicketsAsked(Paged):
    view: Annotated[str, Meta(max_length=36, description="The id of a view.")] = "mine"
    sort: Sort | UnsetType = UNSET


class ViewTickets(View):
    """`looked_at` above 0: so many were looked through and there may be more behind the cursor."""

    items: list[TicketView]
    next_cursor: str | None
    looked_at: int


@operation("GET", "/ticket-views", who=DESK, query=Paged, gives=Listed[SavedViewView])
def list_ticket_views(work: Work, query: Paged) -> Listed[SavedViewView]:
    """List the views the caller may use: those of the house and saved ones."""
    rows = [_shown(one) for one in views.views_for(work)]
    page = page_of_few(rows, query, key=lambda one: (one.name, one.id))
    return paged(page, page.items)


@operation("POST", "/ticket-views", who=DESK, body=NewView, gives=SavedViewView, status=201)
def add_ticket_view(work: Work, body: NewView) -> SavedViewView:
    """Save a view. Supervisors share with everybody, people of a team with it."""
    return _shown(views.save_view(work, **_facts(body)))


@operation("GET", "/ticket-views/tickets", who=DESK, query=ViewTicketsAsked, gives=ViewTickets)
def list_tickets_of_view(work: Work, query: ViewTicketsAsked) -> ViewTickets:
    """List the tickets of a view as the caller sees it, by its order or another one it has."""
    found = views.get_view(work, query.view)
    page = listing.page(
        work,
        found.filter,
        cases_bulk.reader_of(work),
        sort=query.sort if query.sort is not UNSET else found.sort,
        cursor=query.place(),
        limit=query.limit,
    )
    rows = [work.session.get_one(Ticket, line.id) for line in page.items]
    return ViewTickets(
        items=[view(row) for row in rows],
        next_cursor=seal_cursor(page.next_cursor),
        looked_at=page.looked_at,
    )


@operation("PUT", "/ticket-views/<id:view_id>", who=DESK, body=ViewChange, gives=SavedViewView)
def change_ticket_view(work: Work, view_id: str, body: ViewChange) -> SavedViewView:
    """Change a view as a whole; 409 `stale` when somebody changed it since `version`."""
    return _shown(views.change_view(work, view_id, version=body.version, **_facts(body)))


@operation("DELETE", "/ticket-views/<id:view_id>", who=DESK)
def remove_ticket_view(work: Work, view_id: str) -> None:
    """Remove a saved view."""
    views.remove_view(work, view_id)


def _facts(body: NewView) -> dict[str, Any]:
    return {
        "name": body.name,
        "filter": filters.from_lists({**body.filter, "scope": [body.scope]}),
        "sort": body.sort,
        "audience": body.audience,
        "team_id": body.team_id,
    }


def _shown(one: views.View) -> SavedViewView:
    lists = filters.as_dict(one.filter)
    scope = lists.pop("scope")
    return SavedViewView(
        id=one.key,
        name=one.name,
        scope=scope,
        filter=lists,
        sort=one.sort,  # type: ignore[arg-type]
        audience=one.saved.audience if one.saved else "everybody",
        team_id=one.saved.team_id if one.saved else None,
        version=one.saved.version if one.saved else None,
    )
