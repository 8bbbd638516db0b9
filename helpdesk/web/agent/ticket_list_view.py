"""What a list of tickets shows: rows in words, chips, orders, the views at the side.

Values for templates only. Not for finding tickets (see `tickets.listing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import request
from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers.models import Customer, Organisation
from helpdesk.identity import queries as identity
from helpdesk.identity.models import Team
from helpdesk.routing.roster import roster
from helpdesk.tickets import filters, types, views
from helpdesk.tickets.filters import ME, MINE, NOBODY, Filter
from helpdesk.tickets.lifecycle import PRIORITIES, STATES
from helpdesk.tickets.listing import Line, TicketPage
from helpdesk.tickets.views import View
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.bodies import query_text

HERE = "/desk/tickets"
SORT_WORDS = {
    "due": "Next deadline first",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "updated": "Last changed first",
    "priority": "Most urgent first",
    "resolved": "Last resolved first",
}
FIELD_WORDS = {
    "scope": "Show", "state": "State", "queue": "Queue", "assignee": "Assignee",
    "priority": "Priority", "type": "Type", "channel": "Channel", "team": "Team", "tag": "Tag",
    "customer": "Customer", "organisation": "Organisation", "due": "Deadline",
}  # fmt: skip
SCOPE_WORDS = {"live": "Open ones", "done": "Resolved and closed", "all": "All"}
DUE_WORDS = {"late": "Late", "soon": "Late or within 4 hours"}
CHANNEL_WORDS = {
    "email": "E-mail", "form": "Form", "chat": "Chat", "call": "Call", "sms": "SMS",
    "whatsapp": "WhatsApp",
}  # fmt: skip
FIRST_VIEW = "mine"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a view as it is, or a filter of one's own beside it."""

    view: View
    wanted: Filter
    sort: str
    is_own: bool

    @property
    def title(self) -> str:
        return f"{self.view.name}, changed" if self.is_own else self.view.name

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The address of this list, less its page."""
        pairs = [("view", self.view.key)]
        if self.is_own:
            pairs += [("own", "1"), *filters.as_pairs(self.wanted)]
        if self.sort != self.view.sort or self.is_own:
            pairs.append(("sort", self.sort))
        return pairs

    @property
    def whole(self) -> dict[str, Any]:
        """The list as a change to all of it names it."""
        lists = filters.as_dict(self.wanted)
        return {"scope": lists.pop("scope"), "filter": lists, "sort": self.sort}

    @property
    def query(self) -> str:
        return urlencode(self.pairs)


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket in words; `stamp` changes whenever the row would look different."""

    id: str
    number: int
    subject: str
    state: str
    priority: str
    customer: str
    customer_id: str
    queue: str
    assignee: str
    due_at: datetime | None
    opened_at: datetime
    waiting_since: datetime | None
    tags: Sequence[str]
    channel: str
    stamp: str


@dataclass(frozen=True, slots=True)
class ListView:
    rows: Sequence[Row]
    sorts: Sequence[tuple[str, str]]
    sort: str
    older: str | None
    first: str | None
    looked_at: int


@dataclass(frozen=True, slots=True)
class Chip:
    field: str
    value: str
    href: str


def asked(work: Work) -> Asked:
    """Read the address. A view that is gone gives way to the first one."""
    key = query_text("view", longest=40) or FIRST_VIEW
    view = views.get_view(work, key)
    is_own = bool(request.args.get("own"))
    wanted = view.filter
    if is_own:
        names = (*filters.LISTS, "scope")
        wanted = filters.from_lists({name: request.args.getlist(name) for name in names})
    sort = filters.sort_or_default(wanted, query_text("sort", longest=12) or view.sort)
    return Asked(view, wanted, sort, is_own and wanted != view.filter)


def list_view(work: Work, asked: Asked, page: TicketPage) -> ListView:
    queues = roster(work).queue_rows
    people = identity.names(work, {line.assignee_id for line in page.items if line.assignee_id})
    rows = [
        Row(
            id=line.id,
            number=line.number,
            subject=line.subject,
            state=line.state,
            priority=line.priority,
            customer=name_or_unknown(line.customer),
            customer_id=line.customer_id,
            queue=queues[line.queue_id].name if line.queue_id in queues else "",
            assignee=people.get(line.assignee_id or "", ""),
            due_at=line.due_at,
            opened_at=line.opened_at,
            waiting_since=line.waiting_since,
            tags=line.tags,
            channel=line.channel,
            stamp=stamp(line),
        )
        for line in page.items
    ]
    older = None
    if page.next_cursor:
        older = f"{HERE}?{urlencode([*asked.pairs, ('cursor', page.next_cursor)])}"
    first = f"{HERE}?{asked.query}" if request.args.get("cursor") else None
    sorts = [(sort, SORT_WORDS[sort]) for sort in filters.sorts_for(asked.wanted)]
    return ListView(rows, sorts, page.sort, older, first, page.looked_at)


def stamp(line: Line) -> str:
    return f"{line.version}.{int(line.updated_at.timestamp() * 1000)}"


def sides(work: Work, asked: Asked) -> list[tuple[str, list[View]]]:
    """The views at the side in groups: of the house, one's own, shared."""
    groups: dict[str, list[View]] = {"": [], "Mine": [], "Shared": []}
    for view in views.views_for(work):
        word = "" if view.saved is None else "Mine" if view.saved.audience == "own" else "Shared"
        groups[word].append(view)
    return [(word, found) for word, found in groups.items() if found]


def chips(work: Work, asked: Asked) -> list[Chip]:
    """Each value that narrows the list, with the address of the list without it."""
    found = []
    names = _names(work, asked.wanted)
    pairs = [("scope", asked.wanted.scope)] if asked.wanted.scope != "live" else []
    pairs = [] if asked.wanted.state else pairs
    pairs += [(n, v) for n in filters.LISTS for v in getattr(asked.wanted, n)]
    for name, value in pairs:
        left = filters.without(asked.wanted, name, value)
        address = [("view", asked.view.key), ("own", "1"), *filters.as_pairs(left)]
        href = f"{HERE}?{urlencode([*address, ('sort', asked.sort)])}"
        found.append(Chip(FIELD_WORDS[name], names.get((name, value), value), href))
    return found


def panel(work: Work, asked: Asked) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """The fields of the filter's form: (name, word, [(value, word, chosen)])."""
    wanted = asked.wanted
    teams = work.session.execute(select(Team.id, Team.name).order_by(Team.name)).all()
    fields: list[tuple[str, Iterable[tuple[str, str]]]] = [
        ("state", [(state, state_word(state)) for state in STATES]),
        ("assignee", [(ME, "Me"), (NOBODY, "Nobody"), *colleagues(work)]),
        ("queue", [(MINE, "My queues"), *queue_choices(work)]),
        ("priority", [(word, word.capitalize()) for word in reversed(PRIORITIES)]),
        ("due", DUE_WORDS.items()),
        ("type", [(row.key, row.name) for row in types.list_types(work)]),
        ("channel", CHANNEL_WORDS.items()),
        ("team", [(row.id, row.name) for row in teams]),
    ]
    return [
        (name, FIELD_WORDS[name], [(v, w, v in getattr(wanted, name)) for v, w in choices])
        for name, choices in ((name, list(choices)) for name, choices in fields)
        if choices
    ]


def colleagues(work: Work) -> list[tuple[str, str]]:
    return identity.colleagues(work)


def queue_choices(work: Work) -> list[tuple[str, str]]:
    rows = [row for row in roster(work).queue_rows.values() if row.is_active]
    return [(row.id, row.name) for row in sorted(rows, key=lambda row: row.name.lower())]


def state_word(state: str) -> str:
    return state.replace("_", " ").capitalize()


def _names(work: Work, wanted: Filter) -> dict[tuple[str, str], str]:
    """Words for the values of a filter; only what it names is looked up."""
    found: dict[tuple[str, str], Any] = {
        ("assignee", ME): "Me",
        ("assignee", NOBODY): "Nobody",
        ("queue", MINE): "My queues",
    }
    found |= {("scope", key): word for key, word in SCOPE_WORDS.items()}
    found |= {("due", key): word for key, word in DUE_WORDS.items()}
    found |= {("channel", key): word for key, word in CHANNEL_WORDS.items()}
    found |= {("state", state): state_word(state) for state in STATES}
    found |= {("priority", word): word.capitalize() for word in PRIORITIES}
    queues = roster(work).queue_rows
    found |= {("queue", one): queues[one].name for one in wanted.queue if one in queues}
    people = [one for one in wanted.assignee if one not in (ME, NOBODY)]
    if people:
        named = identity.names(work, people)
        found |= {("assignee", one): named.get(one, "Somebody who left") for one in people}
    tables: tuple[tuple[str, Any], ...] = (
        ("team", Team), ("customer", Customer), ("organisation", Organisation),
    )  # fmt: skip
    for name, table in tables:
        if values := getattr(wanted, name):
            rows = work.session.execute(select(table.id, table.name).where(table.id.in_(values)))
            found |= {(name, row.id): row.name or "Unknown" for row in rows}
    return found
