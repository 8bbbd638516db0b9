"""Merging and splitting tickets on the desk: shown before it is done, undone from the same page.

The page of a merge lists what went before, each with its way back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from sqlalchemy import select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import queries as identity
from helpdesk.routing.roster import roster
from helpdesk.tickets import merging, permissions, queries, types
from helpdesk.tickets.models import Ticket
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.agent import ticket_list_view as shown
from helpdesk.web.agent.shell import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.workflows import cases_line, cases_merge, cases_split

LABELS = {
    "subject": "Subject", "priority": "Priority", "type": "Type", "queue_id": "Queue",
    "team_id": "Team", "assignee_id": "Assignee",
}  # fmt: skip
SHOWN_WORDS = 100


@dataclass(frozen=True, slots=True)
class Before:
    """A merge or split of earlier, with where its undoing is posted."""

    what: str
    at: Any
    href: str
    is_undone: bool


@door.get("/tickets/<id:ticket_id>/merge")
@allow("agent", "supervisor", "admin")
def merge_ticket_form(ticket_id: str) -> Response:
    """Which ticket it goes into, then field by field where the two differ."""
    with reading(doors.actor()) as work:
        return _merge_page(work, ticket_id, query_text("with", longest=40))


@door.post("/tickets/<id:ticket_id>/merge")
@allow("agent", "supervisor", "admin")
def merge_tickets(ticket_id: str) -> Response:
    """The ticket of the address goes into `target`."""
    form = request.form
    target = form.get("target", "")[:40]
    choose = {
        name.removeprefix("choice."): side
        for name, side in form.items()
        if name.startswith("choice.") and side in ("source", "target")
    }
    try:
        with begin(doors.actor()) as work:
            other = _find(work, target)
            done = cases_merge.merge(
                work,
                ticket_id,
                other.id,
                choose=choose,
                other_customer=bool(form.get("other_customer")),
                versions=_versions(form.get("versions", "")),
            )
    except (Conflict, Invalid) as error:
        with reading(doors.actor()) as work:
            return _merge_page(work, ticket_id, target, error=error, chosen=choose)
    return doors.go(f"/desk/tickets/{other.id}?merged={done.id}")


@door.post("/tickets/merges/<id:merge_id>/undo")
@allow("agent", "supervisor", "admin")
def undo_ticket_merge(merge_id: str) -> Response:
    with begin(doors.actor()) as work:
        undone = cases_merge.undo(work, merge_id)
        path = f"/desk/tickets/{undone.source.id}"
    return doors.go(path)


@door.get("/tickets/<id:ticket_id>/split")
@allow("agent", "supervisor", "admin")
def split_ticket_form(ticket_id: str) -> Response:
    """The words of the ticket with boxes to tick."""
    with reading(doors.actor()) as work:
        return _split_page(work, ticket_id)


@door.post("/tickets/<id:ticket_id>/split")
@allow("agent", "supervisor", "admin")
def split_ticket(ticket_id: str) -> Response:
    """Messages as `CONVERSATION:SEQ`; all of one conversation."""
    form = request.form
    try:
        conversation_id, seqs = _messages(form.getlist("message"))
        with begin(doors.actor()) as work:
            made = cases_split.split(
                work,
                ticket_id,
                conversation_id=conversation_id,
                seqs=seqs,
                subject=form.get("subject", "")[:400],
                queue=form.get("queue", "")[:80] or None,
            )
            path = f"/desk/tickets/{made.made_id}"
    except (Conflict, Invalid) as error:
        with reading(doors.actor()) as work:
            return _split_page(work, ticket_id, error=error)
    return doors.go(path)


@door.post("/tickets/splits/<id:split_id>/undo")
@allow("agent", "supervisor", "admin")
def undo_ticket_split(split_id: str) -> Response:
    with begin(doors.actor()) as work:
        path = f"/desk/tickets/{cases_split.undo(work, split_id).id}"
    return doors.go(path)


def _merge_page(
    work: Work,
    ticket_id: str,
    with_: str,
    *,
    error: HelpdeskError | None = None,
    chosen: dict[str, str] | None = None,
) -> Response:
    source = permissions.get_visible(work, ticket_id)
    told = error.message if error else ""
    preview = None
    if with_:
        try:
            preview = cases_merge.preview(work, source.id, _find(work, with_).id)
        except (NotFound, Invalid) as refusal:
            told = told or (
                f"There is no ticket {with_} that you may see. Look at its number, such as T-10432."
            )
            if isinstance(refusal, Invalid):
                told = next(iter(refusal.fields.values()), told)
    response = show(
        work,
        "agent/ticket_list/merge.html",
        title=f"Merge T-{source.number}",
        area="tickets",
        source=source,
        wanted=with_,
        preview=preview,
        rows=_differences(work, preview) if preview else [],
        chosen=chosen or {},
        names=_customers(work, preview) if preview else ("", ""),
        near=_same_customer(work, source),
        before=_before(work, source.id),
        error=told,
    )
    if error is not None:
        response.status_code = error.status
    return response


def _split_page(work: Work, ticket_id: str, error: HelpdeskError | None = None) -> Response:
    source = permissions.get_visible(work, ticket_id)
    threads = cases_line.threads_of(work, source.id)
    rows = work.session.execute(
        select(Message, Conversation.channel)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.conversation_id.in_([one.id for one in threads]))
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(SHOWN_WORDS)
    ).all()
    people = identity.names(work, {m.author[6:] for m, _ in rows if m.author.startswith("agent:")})
    words = [
        {
            "key": f"{m.conversation_id}:{m.seq}",
            "thread": m.conversation_id,
            "channel": channel,
            "who": people.get(m.author[6:], "A colleague")
            if m.author.startswith("agent:")
            else "Customer"
            if m.author == "visitor"
            else "Helpdesk",
            "note": not m.public,
            "text": m.text[:400],
            "at": m.at,
        }
        for m, channel in reversed(rows)
    ]
    told = ""
    if error is not None:
        fields = error.fields if isinstance(error, Invalid) else {}
        told = next(iter(fields.values()), error.message)
    response = show(
        work,
        "agent/ticket_list/split.html",
        title=f"Split T-{source.number}",
        area="tickets",
        source=source,
        words=words,
        queues=shown.queue_choices(work),
        before=_before(work, source.id),
        error=told,
    )
    if error is not None:
        response.status_code = error.status
    return response


def _find(work: Work, text: str) -> Ticket:
    """By id or by number."""
    if is_id(text):
        return permissions.get_visible(work, text)
    number = queries.read_number(text)
    found = queries.find_by_number(work, number) if number is not None else None
    if found is None:
        raise NotFound("There is no such ticket.")
    return permissions.get_visible(work, found.id)


def _versions(text: str) -> tuple[int, int] | None:
    parts = text.split(",")
    if len(parts) != 2 or not all(one.isdigit() and len(one) < 10 for one in parts):
        return None
    return int(parts[0]), int(parts[1])


def _messages(given: Sequence[str]) -> tuple[str, list[int]]:
    pairs = [one.partition(":")[::2] for one in given[: cases_split.MOST_MESSAGES + 1]]
    threads = {thread for thread, _ in pairs}
    if not pairs:
        raise Invalid(fields={"message": "Tick the messages that are another matter."})
    if len(threads) > 1:
        raise Invalid(fields={"message": "Tick messages of one conversation at a time."})
    seqs = [seq for _, seq in pairs]
    if not all(seq.isdigit() and len(seq) < 10 for seq in seqs):
        raise Invalid(fields={"message": "A message is not here any more. Choose again."})
    return threads.pop(), [int(seq) for seq in seqs]


def _differences(
    work: Work, preview: cases_merge.MergePreview
) -> list[tuple[str, str, str, str, bool]]:
    """(field, label, source's word, target's word, whether the target's is empty)."""
    queues = {key: row.name for key, row in roster(work).queue_rows.items()}
    people = identity.names(
        work, {one.assignee_id for one in (preview.source, preview.target) if one.assignee_id}
    )
    kinds = {row.key: row.name for row in types.list_types(work, active_only=False)}
    teams = {row.id: row.name for row in identity.list_teams(work)}
    named = {"queue_id": queues, "assignee_id": people, "type": kinds, "team_id": teams}
    found = []
    for name, (ours, theirs) in preview.differences.items():
        label = LABELS.get(name) or name.removeprefix("fields.").replace("_", " ").capitalize()
        said = [
            "" if value is None else str(named.get(name, {}).get(value, value))
            for value in (ours, theirs)
        ]
        found.append((name, label, said[0], said[1], theirs is None))
    return found


def _customers(work: Work, preview: cases_merge.MergePreview) -> tuple[str, str]:
    both = (preview.source, preview.target)
    return tuple(cases_merge.customer_name(work, one) or "Unknown" for one in both)  # type: ignore[return-value]


def _same_customer(work: Work, source: Ticket) -> list[Ticket]:
    """What it most often goes into: another open ticket of the same customer."""
    rows = queries.of_customer(work, source.customer_id, limit=8)
    return [one for one in rows if one.id != source.id and one.merged_into_id is None]


def _before(work: Work, ticket_id: str) -> list[Before]:
    merges = merging.merges_of(work, ticket_id)
    splits = cases_split.splits_of(work, ticket_id)
    ids = {i for m in merges for i in (m.source_id, m.target_id)}
    ids |= {i for s in splits for i in (s.source_id, s.made_id)}
    rows = work.session.execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(ids)))
    number = {row.id: f"T-{row.number}" for row in rows}
    found = [
        Before(
            f"{number[m.source_id]} was merged into {number[m.target_id]}",
            m.at,
            f"/desk/tickets/merges/{m.id}/undo",
            m.undone_at is not None,
        )
        for m in merges
    ]
    found += [
        Before(
            f"{number[s.made_id]} was split from {number[s.source_id]}",
            s.at,
            f"/desk/tickets/splits/{s.id}/undo",
            s.undone_at is not None,
        )
        for s in splits
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)
