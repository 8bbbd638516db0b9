"""The desk's search: one field over everything, filters beside it, searches kept for next time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from flask import Response, request
from sqlalchemy import select

from helpdesk.core.actors import DESK
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import listing
from helpdesk.field_service.models import Visit
from helpdesk.identity.models import Team, User
from helpdesk.owned import queries as owned
from helpdesk.routing.models import Queue
from helpdesk.search import rebuilding, saved
from helpdesk.search.models import SavedSearch
from helpdesk.search.queries import Filters, Hit
from helpdesk.search.words import LONGEST_QUERY
from helpdesk.tickets.lifecycle import STATES
from helpdesk.web import doors, visit_words
from helpdesk.web.agent import door
from helpdesk.web.agent.shell import show
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import Body, form_body, query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import indexing, searching
from helpdesk.workflows.indexing import MARKS, TICKET

SHOWN = 25
MOST = 100
_NAMES = ("scope", "state", "queue", "assignee", "customer", "tag", "since", "until")
_SCOPES = (
    ("all", "Everything"),
    ("tickets", "Tickets"),
    ("messages", "Messages"),
    ("customers", "Customers"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in the address: words, a scope and filters as they were typed."""

    words: str
    given: dict[str, str]
    limit: int

    @property
    def scope(self) -> searching.Scope:
        found = self.given.get("scope")
        return next((known for known in searching.SCOPES if known == found), "all")

    @property
    def filters(self) -> Filters:
        """Odd values are left out rather than refused: the address may be an old bookmark."""
        state = self.given.get("state", "")
        return Filters(
            states=frozenset({state}) if state in STATES else frozenset(),
            queue_id=self._id("queue"),
            assignee_id=self._id("assignee"),
            customer_id=self._id("customer"),
            tag=self.given.get("tag") or None,
            since=self._day("since"),
            until=self._day("until", days=1),
        )

    @property
    def is_filtered(self) -> bool:
        return self.filters != Filters()

    def address(self, **but: str) -> str:
        """The same search, with these values instead."""
        values = {"q": self.words, **self.given, **but}
        return "/desk/search?" + urlencode({k: v for k, v in values.items() if v})

    def _id(self, name: str) -> str | None:
        value = self.given.get(name, "")
        return value if is_id(value) else None

    def _day(self, name: str, days: int = 0) -> datetime | None:
        try:
            day = date.fromisoformat(self.given.get(name, ""))
            return datetime.combine(day, time(), UTC) + timedelta(days=days)
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Row:
    """One hit as the list shows it."""

    hit: Hit
    href: str
    icon: str
    about: str
    who: str


@door.get("/search")
@allow("agent", "supervisor", "admin")
def search_page() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, _asked())


class Kept(Body, frozen=True):
    name: Annotated[str, msgspec.Meta(max_length=saved.LONGEST_NAME)] = ""
    q: Annotated[str, msgspec.Meta(max_length=LONGEST_QUERY)] = ""
    scope: Annotated[str, msgspec.Meta(max_length=12)] = ""
    state: Annotated[str, msgspec.Meta(max_length=24)] = ""
    queue: Annotated[str, msgspec.Meta(max_length=36)] = ""
    assignee: Annotated[str, msgspec.Meta(max_length=36)] = ""
    customer: Annotated[str, msgspec.Meta(max_length=36)] = ""
    tag: Annotated[str, msgspec.Meta(max_length=50)] = ""
    since: Annotated[str, msgspec.Meta(max_length=10)] = ""
    until: Annotated[str, msgspec.Meta(max_length=10)] = ""
    team_id: Annotated[str, msgspec.Meta(max_length=36)] = ""


@door.post("/search/saved")
@allow("agent", "supervisor", "admin")
def save_this_search() -> Response:
    body = form_body(Kept)
    given = {name: getattr(body, name) for name in _NAMES}
    asked = Asked(body.q, given, SHOWN)
    filters = {"kind" if name == "scope" else name: value for name, value in given.items()}
    try:
        with begin(doors.actor()) as work:
            saved.keep_search(
                work, name=body.name, words=body.q, filters=filters, team_id=body.team_id or None
            )
    except Invalid as error:
        with reading(doors.actor()) as work:
            response = _page(work, asked, error.fields)
            response.status_code = 400
            return response
    return doors.go(asked.address())


class Removed(Body, frozen=True):
    pass


@door.post("/search/saved/<id:search_id>/remove")
@allow("agent", "supervisor", "admin")
def remove_saved_search(search_id: str) -> Response:
    form_body(Removed)
    with begin(doors.actor()) as work:
        saved.remove_search(work, search_id)
    return doors.go("/desk/search")


@door.post("/search/rebuild")
@allow("admin")
def start_search_rebuild() -> Response:
    form_body(Removed)
    with begin(doors.actor()) as work:
        indexing.start_rebuild(work)
    return doors.go("/desk/search")


def address_of(one: SavedSearch) -> str:
    """Where a saved search is carried out."""
    given = {"scope" if name == "kind" else name: v for name, v in one.filters.items()}
    return Asked(one.words, given, SHOWN).address()


def _asked() -> Asked:
    given = {name: query_text(name, longest=50) for name in _NAMES}
    try:
        limit = int(request.args.get("show", SHOWN))
    except ValueError:
        limit = SHOWN
    return Asked(query_text("q", longest=LONGEST_QUERY), given, max(1, min(MOST, limit)))


def _page(work: Work, asked: Asked, errors: dict[str, str] | None = None) -> Response:
    found = searching.search(
        work,
        asked.words,
        scope=asked.scope,
        filters=asked.filters,
        limit=asked.limit,
        typing=True,
    )
    people = _people(work)
    more = len(found.hits) >= asked.limit < MOST
    return show(
        work,
        "agent/search.html",
        title=f"{asked.words} · Search" if asked.words else "Search",
        area="search",
        asked=asked,
        found=found,
        owned=owned.found(work, asked.words) if asked.scope == "all" else ((), ()),
        visits=_visits(work, asked),
        visit_words=visit_words,
        rows=[_row(hit, people) for hit in found.hits],
        name_of=name_or_unknown,
        scopes=[(asked.address(scope=value), word) for value, word in _SCOPES],
        states=[("", "Any state"), *((s, s.replace("_", " ").capitalize()) for s in STATES)],
        queues=[("", "Any queue"), *_queues(work)],
        assignees=[("", "Anybody"), *sorted(people.items(), key=lambda one: one[1])],
        teams=_teams(work),
        kept=[(one, address_of(one)) for one in saved.visible_searches(work)],
        rebuild=rebuilding.progress(work),
        more=asked.address(show=str(min(MOST, asked.limit * 2))) if more else None,
        errors=errors or {},
    )


def _visits(work: Work, asked: Asked) -> list[Visit]:
    """The visit whose number was asked for."""
    number = visit_words.read_number(asked.words) if asked.scope == "all" else None
    found = listing.by_number(work, number) if number is not None else None
    return [found] if found is not None else []


def _row(hit: Hit, people: dict[str, str]) -> Row:
    about = "" if hit.title else title_of(hit)
    if hit.kind in (TICKET, MARKS):
        return Row(hit, place_of(hit), "ticket", about, people.get(hit.assignee_id or "", ""))
    author = str(hit.facts.get("author", ""))
    icon = "lock" if hit.scope == "internal" else "message-circle"
    who = people.get(author.removeprefix("agent:"), "") if author.startswith("agent:") else ""
    return Row(hit, place_of(hit), icon, about, who or ("Customer" if author == "visitor" else ""))


def title_of(hit: Hit) -> str:
    """The ticket or conversation that a hit belongs to, in a line."""
    number, subject = hit.facts.get("number"), str(hit.facts.get("subject", ""))
    return f"T-{number} {subject}" if number is not None else subject or "Conversation"


def place_of(hit: Hit) -> str:
    """Where it can be read."""
    if hit.facts.get("number") is not None:
        return f"/desk/tickets/{hit.group_id or hit.id}"
    return f"/desk/conversations/{hit.facts.get('conversation_id')}"


def _people(work: Work) -> dict[str, str]:
    rows = work.session.execute(
        select(User.id, User.name).where(User.role.in_(DESK)).order_by(User.name).limit(1000)
    )
    return {row.id: row.name for row in rows}


def _queues(work: Work) -> list[tuple[str, str]]:
    rows = work.session.execute(select(Queue.id, Queue.name).order_by(Queue.name).limit(500))
    return [(row.id, row.name) for row in rows]


def _teams(work: Work) -> list[tuple[str, str]]:
    mine = sorted(work.actor.team_ids)
    if not mine:
        return []
    rows = work.session.execute(
        select(Team.id, Team.name).where(Team.id.in_(mine)).order_by(Team.name)
    )
    return [(row.id, row.name) for row in rows]
