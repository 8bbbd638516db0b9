"""The tickets' half of a merge: what hangs on a ticket moves to another, and back again.

Each `move_*` answers what it did as plain values, and its `return_*` takes those back as far as
nobody has touched them since. Not for conversations and lines (see `workflows.cases_merge`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update

from helpdesk.clocks import service as clocks
from helpdesk.core.db import insert_if_absent
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.tickets.events import TicketChanged, TicketMerged
from helpdesk.tickets.history import note
from helpdesk.tickets.lifecycle import is_done, party
from helpdesk.tickets.models import (
    ChecklistItem,
    PendingReply,
    Ticket,
    TicketFollower,
    TicketLink,
    TicketMerge,
    TicketParticipant,
    TimeEntry,
)
from helpdesk.tickets.tags import enter

CHOICES = ("subject", "priority", "type", "queue_id", "team_id", "assignee_id")
PARTS: Mapping[str, Any] = {"tasks": ChecklistItem, "time": TimeEntry, "pending": PendingReply}


def differences(source: Ticket, target: Ticket) -> dict[str, list[Any]]:
    """Fields where the two say different things: {field: [source's, target's]}."""
    found = {
        name: [getattr(source, name), getattr(target, name)]
        for name in CHOICES
        if getattr(source, name) != getattr(target, name)
    }
    for key in sorted({*source.fields, *target.fields}):
        ours, theirs = source.fields.get(key), target.fields.get(key)
        if ours != theirs and ours is not None:
            found[f"fields.{key}"] = [ours, theirs]
    return found


def wanted_of_target(source: Ticket, target: Ticket, choose: Mapping[str, str]) -> dict[str, Any]:
    """What the target takes over. By itself only what it lacks; a chosen field in any case."""
    wanted: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for name, (ours, theirs) in differences(source, target).items():
        take = choose.get(name) == "source" or (name not in choose and theirs is None)
        if not take:
            continue
        if name.startswith("fields."):
            fields[name.removeprefix("fields.")] = ours
        elif name != "assignee_id" or name in choose:
            wanted[name] = ours
    if fields:
        wanted["fields"] = fields
    tags = [*target.tags, *(tag for tag in source.tags if tag not in target.tags)]
    if tags != target.tags:
        wanted["tags"] = tags
    return wanted


def move_people(work: Work, source: Ticket, target: Ticket) -> dict[str, Any]:
    """Followers and participants of the source are told of the target from now on."""
    followed, joined = [], []
    rows = select(TicketFollower).where(TicketFollower.ticket_id == source.id)
    for one in work.session.scalars(rows).all():
        values = {"ticket_id": target.id, "user_id": one.user_id, "since": work.at, "why": one.why}
        if insert_if_absent(work.session, TicketFollower, values):
            followed.append(one.user_id)
    there = set(
        work.session.scalars(
            select(TicketParticipant.customer_id).where(TicketParticipant.ticket_id == target.id)
        )
    )
    rows_of = select(TicketParticipant).where(TicketParticipant.ticket_id == source.id)
    for part in work.session.scalars(rows_of).all():
        if part.customer_id in there or part.customer_id == target.customer_id:
            continue
        row = TicketParticipant(
            id=new_id(), ticket_id=target.id, customer_id=part.customer_id, since=work.at
        )
        work.session.add(row)
        joined.append(row.id)
    work.session.flush()
    return {"followers": followed, "participants": joined}


def return_people(work: Work, target: Ticket, moved: Mapping[str, Any]) -> None:
    work.session.execute(
        delete(TicketFollower).where(
            TicketFollower.ticket_id == target.id,
            TicketFollower.user_id.in_(moved.get("followers", ())),
        )
    )
    work.session.execute(
        delete(TicketParticipant).where(
            TicketParticipant.ticket_id == target.id,
            TicketParticipant.id.in_(moved.get("participants", ())),
        )
    )


def move_parts(work: Work, source: Ticket, target: Ticket) -> dict[str, Any]:
    """Checklist, time and replies that wait go along, by their ids."""
    moved: dict[str, Any] = {}
    for name, table in PARTS.items():
        moved[name] = list(
            work.session.scalars(
                update(table)
                .where(table.ticket_id == source.id)
                .values(ticket_id=target.id)
                .returning(table.id)
                .execution_options(synchronize_session=False)
            )
        )
    return moved


def return_parts(work: Work, source: Ticket, target: Ticket, moved: Mapping[str, Any]) -> None:
    for name, table in PARTS.items():
        work.session.execute(
            update(table)
            .where(table.id.in_(moved.get(name, ())), table.ticket_id == target.id)
            .values(ticket_id=source.id)
            .execution_options(synchronize_session=False)
        )


def move_links(work: Work, source: Ticket, target: Ticket) -> dict[str, Any]:
    """Links of the source lead to the target; what would lead from it to itself is dropped."""
    moved, dropped = [], []
    rows = work.session.scalars(
        select(TicketLink).where(
            or_(TicketLink.from_id == source.id, TicketLink.to_id == source.id)
        )
    ).all()
    for row in rows:
        ends = [target.id if one == source.id else one for one in (row.from_id, row.to_id)]
        same = select(TicketLink.id).where(
            TicketLink.from_id == ends[0], TicketLink.to_id == ends[1], TicketLink.kind == row.kind
        )
        if ends[0] == ends[1] or work.session.scalar(same) is not None:
            dropped.append(_facts(row))
            work.session.delete(row)
        else:
            moved.append([row.id, row.from_id, row.to_id])
            row.from_id, row.to_id = ends
        work.session.flush()
    return {"links": moved, "dropped_links": dropped}


def return_links(work: Work, moved: Mapping[str, Any]) -> None:
    for link_id, from_id, to_id in moved.get("links", ()):
        row = work.session.get(TicketLink, link_id)
        if row is not None:
            row.from_id, row.to_id = from_id, to_id
            work.session.flush()
    for facts in moved.get("dropped_links", ()):
        insert_if_absent(work.session, TicketLink, {**facts, "at": work.at})


def close_as_merged(
    work: Work, source: Ticket, target: Ticket, *, in_line_since: datetime | None = None
) -> dict[str, Any]:
    """The source ends here and leads to the target; answers how it stood.

    Neither its type's form nor a survey is asked: nothing was solved.
    """
    before = {
        "state": source.state,
        "closed_at": source.closed_at.isoformat() if source.closed_at else None,
        "waiting_since": source.waiting_since.isoformat() if source.waiting_since else None,
        "assignee_id": source.assignee_id,
        "in_line_since": in_line_since.isoformat() if in_line_since else None,
    }
    source.merged_into_id = target.id
    enter(work, source, "closed")
    source.waiting_since = None
    source.closed_at = source.closed_at or work.at
    clocks.closed(work, source.id)
    _written(work, source, "merged", {"state": [before["state"], "closed"]}, target)
    note(work, target.id, "merged_from", details={"number": source.number, "id": source.id})
    work.emit(
        TicketMerged(
            customer_id=target.customer_id,
            ticket_id=target.id,
            merged_id=source.id,
            number=target.number,
            merged_number=source.number,
        )
    )
    return before


def stand_again(work: Work, source: Ticket, target: Ticket, before: Mapping[str, Any]) -> None:
    """The source is a ticket of its own again, in the state it was in."""
    source.merged_into_id = None
    state = str(before["state"])
    enter(work, source, state)
    if state != "closed":
        source.closed_at = None
        if is_done(state):
            clocks.reopened(work, source.id, party="customer", state=state)
            clocks.resolved(work, source.id)
        else:
            who = party(state, owned=source.assignee_id is not None)
            clocks.reopened(work, source.id, party=who, state=state)
            if before.get("waiting_since"):
                source.waiting_since = datetime.fromisoformat(before["waiting_since"])
                clocks.customer_wrote(work, source.id, at=source.waiting_since)
    _written(work, source, "merge_undone", {"state": ["closed", state]}, target)
    note(work, target.id, "merge_undone_from", details={"number": source.number, "id": source.id})
    work.emit(
        TicketMerged(
            customer_id=target.customer_id,
            ticket_id=target.id,
            merged_id=source.id,
            number=target.number,
            merged_number=source.number,
            undone=True,
        )
    )


def merges_of(work: Work, ticket_id: str) -> Sequence[TicketMerge]:
    """What went into this ticket and where it went itself, the newest first; undone ones too."""
    return work.session.scalars(
        select(TicketMerge)
        .where(or_(TicketMerge.source_id == ticket_id, TicketMerge.target_id == ticket_id))
        .order_by(TicketMerge.at.desc(), TicketMerge.id.desc())
        .limit(50)
    ).all()


def _written(
    work: Work, ticket: Ticket, kind: str, changes: dict[str, list[Any]], other: Ticket
) -> None:
    ticket.updated_at, ticket.version = work.at, ticket.version + 1
    note(work, ticket.id, kind, changes=changes, details={"number": other.number, "id": other.id})
    work.emit(
        TicketChanged(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            version=ticket.version,
            assignee_id=ticket.assignee_id,
            changes=changes,
        )
    )


def _facts(row: TicketLink) -> dict[str, Any]:
    return {
        "id": row.id,
        "from_id": row.from_id,
        "to_id": row.to_id,
        "kind": row.kind,
        "actor": row.actor,
    }
