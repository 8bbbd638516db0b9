"""A customer's timeline as the desk reads it: names for ids, one entry for one conversation.

Each kind of event has its own template, `templates/timeline/<kind>.html`; one that has none is
shown in plain words. Not for writing entries (see `helpdesk.customers.timeline`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.clocks.models import ClockRow
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.customers.models import CustomerNote, Organisation, TimelineEntry
from helpdesk.field_service import settings
from helpdesk.field_service.models import Visit, VisitPlace
from helpdesk.routing.models import Queue
from helpdesk.web.agent import timeline_words
from helpdesk.web.agent.conversation_view import people
from helpdesk.web.agent.recording_view import RecordingView, recording_views
from helpdesk.web.agent.timeline_words import Exchange

CONTACTS = frozenset(
    {
        "conversation.opened", "conversation.ended", "call.ended", "call.handed_on",
        "call.taken_on", "work.left",
        "assignment.finished", *timeline_words.KINDS, "visit.booked", "visit.moved",
        "visit.cancelled", "visit.departed", "visit.arrived", "visit.finished", "visit.no_access",
        "visit.promise_broken", "visit.confirmed",
    }
)  # fmt: skip
NOTES = frozenset({"customer.note_added", "customer.note_deleted"})
CHANGES = frozenset(
    {
        "customer.added", "customer.changed", "customer.owner_changed", "customer.merged",
        "customer.merge_undone", "customer.organisation_assigned", "customer.tag_added",
        "customer.tag_removed", "contact_point.added", "contact_point.verified",
        "contact_point.removed", "texts.opted_out", "texts.opted_in", "calls.refused",
        "calls.allowed", "consent.changed", "household.moved",
    }
)  # fmt: skip
FILTERS: dict[str, tuple[str, frozenset[str]]] = {
    "all": ("Everything", frozenset()),
    "contacts": ("Contacts", CONTACTS),
    "notes": ("Notes", NOTES),
    "changes": ("Changes", CHANGES),
}
MOVES = ("call.handed_on", "call.taken_on")
FOLDED = ("conversation.opened", "assignment.finished", "call.ended", *MOVES)
_PERSON_FACTS = ("agent_id", "owner_id", "to_agent_id", "technician_id")


@dataclass(frozen=True, slots=True)
class Entry:
    """`facts` are the event's own; `opened`, `call`, `finished`, `moves` those of its conversation.

    `moves` are (kind, facts) of a call that went from hand to hand, in their order.
    """

    kind: str
    at: datetime
    actor: str
    subject_id: str | None
    facts: dict[str, Any]
    names: dict[str, str]
    note: str = ""
    opened: dict[str, Any] | None = None
    finished: list[dict[str, Any]] = field(default_factory=list)
    call: dict[str, Any] | None = None
    moves: Sequence[tuple[str, dict[str, Any]]] = ()
    exchange: Exchange | None = None
    recordings: Sequence[RecordingView] = ()
    zone: str = ""  # of the place of a visit, whose clock counts

    def name(self, id_: str | None) -> str:
        """What an id in the facts is called; empty when nobody knows it any more."""
        return self.names.get(id_ or "", "")


def kinds_of(shown: str) -> frozenset[str]:
    return FILTERS.get(shown, FILTERS["all"])[1]


def entries(work: Work, page: Page[TimelineEntry]) -> list[Entry]:
    """Ready to show, in a few queries whatever their number."""
    rows = list(page.items)
    names = _names(work, rows)
    notes = _notes(work, rows) | _promises(work, rows)
    exchanges = timeline_words.exchanges(work, rows)
    recordings = recording_views(work, _calls(rows))
    zones = _zones(work, rows)
    folded = _fold(rows)
    moves = _moves(rows)
    made = []
    for row, opened, finished, call in folded:
        made.append(
            Entry(
                kind=row.kind,
                at=row.at,
                actor=_actor(row.actor, names),
                subject_id=row.subject_id,
                facts=row.facts,
                names=names,
                note=notes.get(row.facts.get("note_id") or row.facts.get("clock_id", ""), ""),
                opened=opened,
                finished=finished,
                call=call,
                moves=moves.get(row.facts.get("conversation_id", ""), ())
                if row.kind == "conversation.ended"
                else (),
                exchange=exchanges.get(row.seq),
                recordings=recordings.get(row.facts.get("conversation_id", ""), ())
                if row.kind in ("conversation.ended", "call.ended")
                else (),
                zone=zones.get(row.facts.get("visit_id", ""), ""),
            )
        )
    return made


def _calls(rows: Sequence[TimelineEntry]) -> list[str]:
    return [row.facts["conversation_id"] for row in rows if row.kind == "call.ended"]


def _moves(rows: Sequence[TimelineEntry]) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """By conversation, the oldest first: a page holds the newest first."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for row in reversed(rows):
        if row.kind in MOVES:
            found.setdefault(row.facts["conversation_id"], []).append((row.kind, row.facts))
    return found


_Facts = dict[str, Any]
_Folded = tuple[TimelineEntry, _Facts | None, list[_Facts], _Facts | None]


def _fold(rows: Sequence[TimelineEntry]) -> list[_Folded]:
    """A conversation that ended is one entry: its opening and its outcomes stand in it."""
    over = {row.facts.get("conversation_id") for row in rows if row.kind == "conversation.ended"}
    opened = {
        row.facts["conversation_id"]: row.facts for row in rows if row.kind == "conversation.opened"
    }
    calls = {row.facts["conversation_id"]: row.facts for row in rows if row.kind == "call.ended"}
    finished: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row.kind == "assignment.finished":
            finished.setdefault(row.facts.get("subject_id", ""), []).append(row.facts)
    folded: list[_Folded] = []
    for row in rows:
        about = row.facts.get("conversation_id") or row.facts.get("subject_id")
        if row.kind in FOLDED and about in over:
            continue
        if row.kind == "conversation.ended":
            found = finished.get(str(about), [])[::-1]
            folded.append((row, opened.get(str(about)), found, calls.get(str(about))))
        else:
            folded.append((row, None, [], None))
    return folded


def _names(work: Work, rows: Sequence[TimelineEntry]) -> dict[str, str]:
    wanted: set[str | None] = {r.actor[5:] for r in rows if r.actor.startswith("user:")}
    queues: set[str] = set()
    organisations: set[str] = set()
    for row in rows:
        wanted |= {row.facts.get(key) for key in _PERSON_FACTS}
        wanted |= set(row.facts.get("technician_ids") or ())
        queues |= {row.facts["queue_id"]} if row.facts.get("queue_id") else set()
        if row.facts.get("organisation_id"):
            organisations.add(row.facts["organisation_id"])
    found = people(work, wanted)
    for table, ids in ((Queue, queues), (Organisation, organisations)):
        if ids:
            named = work.session.execute(select(table.id, table.name).where(table.id.in_(ids)))
            found |= {row.id: row.name for row in named}
    return found


def _notes(work: Work, rows: Sequence[TimelineEntry]) -> dict[str, str]:
    ids = {row.facts["note_id"] for row in rows if row.facts.get("note_id")}
    if not ids:
        return {}
    found = work.session.execute(
        select(CustomerNote.id, CustomerNote.text).where(CustomerNote.id.in_(ids))
    )
    return {row.id: row.text for row in found}


def _promises(work: Work, rows: Sequence[TimelineEntry]) -> dict[str, str]:
    ids = {row.facts["clock_id"] for row in rows if row.kind.startswith("promise.")}
    if not ids:
        return {}
    found = work.session.execute(select(ClockRow.id, ClockRow.text).where(ClockRow.id.in_(ids)))
    return {row.id: row.text for row in found}


def _zones(work: Work, rows: Sequence[TimelineEntry]) -> dict[str, str]:
    """By visit: a window is told by the clock of the place where it was promised."""
    ids = {row.facts["visit_id"] for row in rows if row.kind.startswith("visit.")}
    if not ids:
        return {}
    house = settings.get(work).zone
    found = work.session.execute(
        select(Visit.id, VisitPlace.zone)
        .join(VisitPlace, VisitPlace.id == Visit.place_id)
        .where(Visit.id.in_(ids))
    )
    return {row.id: row.zone or house for row in found}


def _actor(label: str, names: dict[str, str]) -> str:
    kind, _, id_ = label.partition(":")
    if kind == "user":
        return names.get(id_, "A colleague")
    return "The customer" if kind == "visitor" else "Automatic"
