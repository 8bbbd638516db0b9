"""One search for programs: tickets, messages, articles and customers that the caller may read."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit
from helpdesk.core.work import Work
from helpdesk.customers.search import Hit as CustomerHit
from helpdesk.search import rebuilding, saved
from helpdesk.search.highlighting import Piece
from helpdesk.search.models import SavedSearch
from helpdesk.search.queries import Filters, Hit
from helpdesk.web.api.base import ADMIN, DESK, DESK_AND_CUSTOMERS, operation
from helpdesk.web.api.shapes import Id, Listed, Query, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import indexing, searching
from helpdesk.workflows.indexing import MARKS, TICKET

Scope = Literal["all", "tickets", "messages", "customers", "articles"]
_SCOPE_OF = {TICKET: "tickets", MARKS: "tickets", "message": "messages", "article": "articles"}


class PieceView(View):
    """Part of a passage; `marked` where it has a word that was asked for."""

    text: str
    marked: bool


class HitView(View):
    """Something found. `near`: only a similar spelling was found. `alike`: how many further hits
    belong to the same ticket or conversation.
    """

    scope: Literal["tickets", "messages", "customers", "articles"]
    id: str
    title: str
    detail: str
    near: bool
    passage: list[PieceView] = field(default_factory=list)
    at: datetime | None = None
    state: str | None = None
    number: int | None = None
    ticket_id: str | None = None
    conversation_id: str | None = None
    customer_id: str | None = None
    public: bool | None = None
    alike: int = 0


class SearchAsked(Query):
    q: Annotated[
        str,
        Meta(max_length=400, description="Words, or the beginning of a number or an address."),
    ]
    scope: Scope = "all"
    limit: Annotated[int, Meta(description="How many at most; more than 50 means 50.")] = 20
    state: Annotated[str, Meta(max_length=24)] = ""
    queue: Annotated[str, Meta(max_length=36, description="The id of a queue.")] = ""
    assignee: Annotated[str, Meta(max_length=36, description="The id of a colleague.")] = ""
    customer: Annotated[str, Meta(max_length=36, description="The id of a customer.")] = ""
    tag: Annotated[str, Meta(max_length=50)] = ""
    since: Annotated[str, Meta(max_length=40, description="An instant, ISO 8601 with zone.")] = ""
    until: Annotated[str, Meta(max_length=40, description="An instant, not included.")] = ""


@operation("GET", "/search", who=DESK_AND_CUSTOMERS, query=SearchAsked, gives=Listed[HitView])
def search(work: Work, query: SearchAsked) -> Listed[HitView]:
    """Search, the best first: customers, then everything else.

    Words are wished, none is needed. What fits is on one page; ask more precisely for less.
    """
    found = searching.search(
        work,
        query.q,
        scope=query.scope,
        filters=filters_of(query),
        limit=min(50, clamp_limit(query.limit)),
    )
    views = [_person(hit) for hit in found.people]
    views += [_hit(hit, bool(found.instead)) for hit in found.hits]
    return listed(Page([], None), views)


def filters_of(query: SearchAsked) -> Filters:
    return Filters(
        states=frozenset({query.state}) if query.state else frozenset(),
        queue_id=_id("queue", query.queue),
        assignee_id=_id("assignee", query.assignee),
        customer_id=_id("customer", query.customer),
        tag=query.tag or None,
        since=_instant("since", query.since),
        until=_instant("until", query.until),
    )


def _id(name: str, given: str) -> str | None:
    if given and not is_id(given):
        raise Invalid(fields={name: "This is not an id."})
    return given or None


def _instant(name: str, given: str) -> datetime | None:
    if not given:
        return None
    try:
        found = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid(fields={name: "Write it like 2026-11-22T10:00:00Z."})
    return found


def _why(hit: CustomerHit) -> list[PieceView]:
    """The first field that has what was asked, its name in front."""
    return [
        piece
        for why in hit.reasons[:1]
        for piece in (
            PieceView(text=f"{why.label}: ", marked=False),
            *(PieceView(text=one.text, marked=one.marked) for one in why.pieces),
        )
    ]


def _person(hit: CustomerHit) -> HitView:
    return HitView(
        scope="customers",
        id=hit.customer_id,
        title=hit.name,
        detail=" · ".join(part for part in (hit.organisation, hit.contact) if part),
        near=hit.near,
        passage=_why(hit),
        customer_id=hit.customer_id,
        at=hit.last_contact_at,
    )


def _hit(hit: Hit, near: bool) -> HitView:
    number = hit.facts.get("number")
    title = "".join(piece.text for piece in hit.title) or str(hit.facts.get("subject", ""))
    return HitView(
        scope=_SCOPE_OF.get(hit.kind, "articles"),  # type: ignore[arg-type]
        id=hit.id,
        title=title,
        detail="".join(piece.text for piece in hit.passage),
        near=near,
        passage=_pieces(hit.passage),
        at=hit.at,
        state=hit.state,
        number=number,
        ticket_id=hit.group_id if number is not None else None,
        conversation_id=hit.facts.get("conversation_id"),
        customer_id=hit.customer_id,
        public=None if hit.kind in (TICKET, MARKS) else hit.scope != "internal",
        alike=hit.alike,
    )


def _pieces(passage: tuple[Piece, ...]) -> list[PieceView]:
    return [PieceView(text=piece.text, marked=piece.marked) for piece in passage]


class SavedSearchView(View):
    """A search that somebody kept; with `team_id` the whole team has it."""

    id: str
    name: str
    q: str
    filters: dict[str, str]
    team_id: str | None
    mine: bool
    version: int


class SavedSearchGiven(Body, frozen=True):
    name: Annotated[str, Meta(min_length=1, max_length=saved.LONGEST_NAME)]
    q: Annotated[str, Meta(max_length=400)] = ""
    filters: dict[str, Annotated[str, Meta(max_length=100)]] = field(default_factory=dict)
    team_id: Id | None = None


@operation("GET", "/search/saved", who=DESK, gives=Listed[SavedSearchView])
def list_saved_searches(work: Work) -> Listed[SavedSearchView]:
    """Your saved searches and those of your teams, by name."""
    found = [_saved(work, one) for one in saved.visible_searches(work)]
    return listed(Page([], None), found)


@operation(
    "POST",
    "/search/saved",
    who=DESK,
    body=SavedSearchGiven,
    gives=SavedSearchView,
    status=201,
)
def save_search(work: Work, body: SavedSearchGiven) -> SavedSearchView:
    """Save a search; the same name again replaces it."""
    kept = saved.keep_search(
        work, name=body.name, words=body.q, filters=body.filters, team_id=body.team_id
    )
    return _saved(work, kept)


@operation("DELETE", "/search/saved/<id:search_id>", who=DESK)
def delete_saved_search(work: Work, search_id: str) -> None:
    """Delete one of your saved searches."""
    saved.remove_search(work, search_id)


class RebuildView(View):
    """How far a rebuild of the search is; `stage` is null when none runs."""

    stage: str | None
    share: float
    started_at: str | None
    finished_at: str | None


class RebuildAsked(Body, frozen=True):
    from_nothing: bool = False


@operation("GET", "/search/rebuild", who=ADMIN, gives=RebuildView)
def get_search_rebuild(work: Work) -> RebuildView:
    """How far the rebuild of the search is."""
    return _rebuild(rebuilding.progress(work))


@operation(
    "POST",
    "/search/rebuild",
    who=ADMIN,
    body=RebuildAsked,
    body_needed=False,
    gives=RebuildView,
    status=202,
)
def rebuild_search(work: Work, body: RebuildAsked) -> RebuildView:
    """Read everything into the search again, while people go on working.

    With `from_nothing` the index is emptied first, so less is found until it is done.
    """
    indexing.start_rebuild(work, from_nothing=body.from_nothing)
    return _rebuild(rebuilding.progress(work))


def _saved(work: Work, one: SavedSearch) -> SavedSearchView:
    return SavedSearchView(
        id=one.id,
        name=one.name,
        q=one.words,
        filters=one.filters,
        team_id=one.team_id,
        mine=one.owner_id == work.actor.id,
        version=one.version,
    )


def _rebuild(found: rebuilding.Progress) -> RebuildView:
    return RebuildView(
        stage=found.stage,
        share=round(found.share, 3),
        started_at=found.started_at,
        finished_at=found.finished_at,
    )
