"""A ticket's history in sentences: who did what, and what stood there before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.core.db import Base
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer, CustomField, Organisation
from helpdesk.identity.models import Team, User
from helpdesk.routing.models import Queue
from helpdesk.tickets.history import page_of_history
from helpdesk.tickets.models import TicketChange, TicketType
from helpdesk.web.agent import tickets_history_told
from helpdesk.web.agent.tickets_history_told import Told
from helpdesk.web.agent.tickets_steps import STATES
from helpdesk.web.presenting import duration
from helpdesk.web.sla_words import CHANNELS, PRIORITIES

SHOWN = 40
FIELDS = {
    "subject": "Subject",
    "state": "State",
    "priority": "Priority",
    "type": "Type",
    "queue_id": "Queue",
    "team_id": "Team",
    "assignee_id": "Assignee",
    "customer_id": "Customer",
    "organisation_id": "Organisation",
    "tags": "Tags",
}
RELATIONS = {
    "child_of": "part of",
    "parent_of": "parent of",
    "duplicate_of": "duplicate of",
    "has_duplicate": "has the duplicate",
    "incident_of": "incident of",
    "problem_of": "problem behind",
    "follow_up_of": "follow-up of",
    "followed_up_by": "followed up by",
    "related_to": "related to",
}
_NAMED: Mapping[str, type[Base]] = {
    "queue_id": Queue,
    "team_id": Team,
    "assignee_id": User,
    "customer_id": Customer,
    "organisation_id": Organisation,
}
_SENTENCES = {
    "opened": "Opened",
    "changed": "Changed",
    "state": "Changed the state",
    "assigned": "Assigned",
    "reopened": "Reopened",
    "checklist_added": "Added to the checklist",
    "checklist_done": "Ticked off",
    "checklist_undone": "Took the tick away",
    "checklist_changed": "Reworded on the checklist",
    "checklist_removed": "Took off the checklist",
    "followed": "Follows from now on",
    "unfollowed": "Follows no longer",
    "participant_added": "Takes part from now on",
    "participant_removed": "Takes part no longer",
    "linked": "Linked",
    "unlinked": "Took a link away",
    "article_used": "Used the article",
    "article_begun": "Began an article from it",
    "article_taken_back": "Took back the article",
    "time_added": "Booked time",
    "time_removed": "Took time back",
    "reply_scheduled": "Planned a reply",
    "reply_failed": "A planned reply could not be sent",
    "reply_held": "A planned reply is held back",
    "reply_stopped": "Stopped a colleague's planned reply",
    "reply_stands_again": "Put back a colleague's planned reply",
    "promise_made": "Promised",
    "promise_kept": "Kept a promise",
    "promise_withdrawn": "Took a promise back",
    "promise_stands_again": "A promise stands again",
    "change_refused": "A change was refused",
    "merged": "Merged into",
    "merged_from": "Took in",
    "merge_undone": "Is a ticket of its own again, apart from",
    "merge_undone_from": "Gave back",
    "took_over": "Took over from a merged ticket",
    "took_over_undone": "Put back what a merge had brought",
    "split_into": "Split off",
    "split_from": "Was split from",
    "macro": "Used a macro",
    "bulk": "Changed with many others",
    "bulk_undone": "Took back a change of many",
}
_WHYS = {
    "accepted": "accepted the offer",
    "pulled": "took it",
    "by hand": "by hand",
    "given back": "given back to the line",
    "answered": "because it was answered",
    "customer wrote": "because the customer wrote",
}
_ICONS = {
    "opened": "ticket",
    "assigned": "user-check",
    "state": "circle-dot",
    "reopened": "rotate-ccw",
    "linked": "link",
    "unlinked": "unlink",
    "article_used": "book-open",
    "article_begun": "pencil-line",
    "article_taken_back": "undo-2",
    "time_added": "timer",
    "time_removed": "timer",
    "merged": "git-merge",
    "merged_from": "git-merge",
    "split_into": "layers",
    "split_from": "layers",
    "macro": "zap",
    "reply_scheduled": "calendar-clock",
    "reply_held": "triangle-alert",
    "reply_stopped": "circle-pause",
    "reply_stands_again": "undo-2",
    "reply_failed": "triangle-alert",
    "promise_made": "handshake",
    "promise_kept": "handshake",
    "promise_withdrawn": "undo-2",
    "promise_stands_again": "handshake",
    "bulk_undone": "undo-2",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`changes` are (field, before, after) in words, `more` sentences that explain."""

    at: datetime
    who: str
    what: str
    icon: str
    detail: str
    changes: Sequence[tuple[str, str, str]]
    more: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class History:
    lines: Sequence[Line]
    older: str | None


def history_view(work: Work, ticket_id: str, cursor: str | None = None) -> History:
    """A page of the history, the newest first. For a ticket that the reader may see."""
    page = page_of_history(work, ticket_id, cursor=cursor, limit=SHOWN)
    names, told = _names(work, page.items), tickets_history_told.told(work, page.items)
    lines = [_line(row, names, told.get(row.seq)) for row in page.items]
    return History(lines, page.next_cursor)


def lines_since(work: Work, ticket_id: str, at: datetime, *, most: int = SHOWN) -> Sequence[Line]:
    """What others than the reader have done since then, the newest first."""
    rows = work.session.scalars(
        select(TicketChange)
        .where(
            TicketChange.ticket_id == ticket_id,
            TicketChange.at > at,
            TicketChange.actor != work.actor.label,
            TicketChange.kind != "opened",
        )
        .order_by(TicketChange.seq.desc())
        .limit(most)
    ).all()
    names, told = _names(work, rows), tickets_history_told.told(work, rows)
    return [_line(row, names, told.get(row.seq)) for row in rows]


def _line(row: TicketChange, names: Mapping[str, str], told: Told | None) -> Line:
    if told is not None:
        who = _who(row.actor, names)
        return Line(row.at, who, told.what, told.icon, told.detail, (), told.more)
    kind = row.kind.partition("_")[0]
    icon = _ICONS.get(row.kind) or {"checklist": "clipboard-check"}.get(kind, "pencil")
    return Line(
        at=row.at,
        who=_who(row.actor, names),
        what=_SENTENCES.get(row.kind, row.kind.replace("_", " ").capitalize()),
        icon=icon,
        detail=_detail(row, names),
        changes=[
            pair
            for name, (before, after) in sorted(row.changes.items())
            for pair in _changed(name, before, after, names)
        ],
    )


def _changed(
    name: str, before: Any, after: Any, names: Mapping[str, str]
) -> Iterable[tuple[str, str, str]]:
    if name == "fields" and isinstance(after, dict):
        was = before if isinstance(before, dict) else {}
        for key in sorted({*was, *after}):
            if was.get(key) != after.get(key):
                label = names.get(f"field:{key}", key)
                yield label, _value("", was.get(key), names), _value("", after.get(key), names)
        return
    yield (
        FIELDS.get(name, name.replace("_", " ").capitalize()),
        _value(name, before, names),
        _value(name, after, names),
    )


def _value(name: str, value: Any, names: Mapping[str, str]) -> str:
    if value is None or value == "" or value == []:
        return "nobody" if name == "assignee_id" else "nothing"
    if value is True or value is False:
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if name == "state":
        return STATES.get(value, str(value))
    if name == "priority":
        return PRIORITIES.get(value, str(value))
    if name == "type":
        return names.get(f"type:{value}", str(value))
    if name in _NAMED:
        return names.get(str(value), "somebody" if name == "assignee_id" else "gone by now")
    return str(value)


def _detail(row: TicketChange, names: Mapping[str, str]) -> str:
    told = row.details
    if row.kind in ("linked", "unlinked"):
        relation = RELATIONS.get(str(told.get("relation")), "with")
        return f"{relation} T-{told.get('number')}"
    if "number" in told:
        return f"T-{told['number']}"
    if "macro" in told or "words" in told:
        return str(told.get("macro") or told.get("words"))
    if "seconds" in told:
        return duration(int(told["seconds"]))
    if "text" in told:
        return str(told["text"])
    if "id" in told:
        return names.get(str(told["id"]), "")
    if row.kind == "opened":
        return f"by {CHANNELS.get(str(told.get('channel')), told.get('channel', ''))}"
    why = str(told.get("why") or told.get("name") or "")
    return _WHYS.get(why, why)


def _who(label: str, names: Mapping[str, str]) -> str:
    kind, _, actor_id = label.partition(":")
    if kind == "user":
        return names.get(actor_id, "A colleague")
    return "The customer" if kind == "visitor" else "Automatic"


def _names(work: Work, rows: Sequence[TicketChange]) -> dict[str, str]:
    """What the ids in these lines are called, one query a table that is named at all."""
    wanted: dict[type[Base], set[str]] = {}
    people: set[str] = {row.actor[5:] for row in rows if row.actor.startswith("user:")}
    keyed: set[str] = set()
    for row in rows:
        for name, pair in row.changes.items():
            if table := _NAMED.get(name):
                wanted.setdefault(table, set()).update(str(v) for v in pair if is_id(v))
            keyed |= {name} & {"fields", "type"}
        if is_id(told := row.details.get("id")):
            table = Customer if row.kind.startswith("participant") else User
            wanted.setdefault(table, set()).add(str(told))
    wanted.setdefault(User, set()).update(people)
    found: dict[str, str] = {}
    for table, ids in wanted.items():
        if ids:
            columns = table.__table__.c
            named = work.session.execute(
                select(columns.id, columns.name).where(columns.id.in_(ids))
            )
            found |= {row.id: row.name for row in named}
    if "fields" in keyed:
        labels = work.session.execute(
            select(CustomField.key, CustomField.label).where(CustomField.subject == "ticket")
        )
        found |= {f"field:{key}": label for key, label in labels}
    if "type" in keyed:
        kinds = work.session.execute(select(TicketType.key, TicketType.name))
        found |= {f"type:{key}": name for key, name in kinds}
    return found
