"""Two tickets become one, and can become two again.

The conversations, people, links, tasks, time, promises and visits of the source go to the target;
the source closes and leads there, so whatever still comes in for it (a late reply, an old link)
finds the target. Undoing takes back what came along and leaves alone what others have changed
since. Not for moving some words only (see `workflows.cases_split`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from helpdesk.channels import hands
from helpdesk.channels.events import ConversationReattached
from helpdesk.channels.models import Conversation
from helpdesk.clocks import promises
from helpdesk.complaints import service as complaints
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.field_service import rehanging
from helpdesk.returns import service as returns
from helpdesk.tickets import merging, permissions
from helpdesk.tickets import service as tickets
from helpdesk.tickets.lifecycle import is_done, needs_us
from helpdesk.tickets.models import Ticket, TicketMerge
from helpdesk.workflows import cases_line as line
from helpdesk.workflows import cases_waits as waits


@dataclass(frozen=True, slots=True)
class MergePreview:
    """What a merge would do: {field: [source's, target's]} where they differ, and how much moves.

    `other_customer`: the two belong to different customers, which has to be confirmed.
    """

    source: Ticket
    target: Ticket
    differences: dict[str, list[Any]]
    conversations: int
    other_customer: bool


@dataclass(frozen=True, slots=True)
class Unmerged:
    """`kept` are fields of the target that stayed, because somebody changed them since."""

    source: Ticket
    target: Ticket
    kept: list[str] = field(default_factory=list)


def preview(work: Work, source_id: str, target_id: str) -> MergePreview:
    source, target = _both(work, source_id, target_id)
    count = len(line.threads_of(work, source.id))
    other = source.customer_id != target.customer_id
    return MergePreview(source, target, merging.differences(source, target), count, other)


def merge(
    work: Work,
    source_id: str,
    target_id: str,
    *,
    choose: Mapping[str, str] | None = None,
    other_customer: bool = False,
    versions: tuple[int, int] | None = None,
) -> TicketMerge:
    """Put the source into the target. `choose` {field: "source" or "target"} where they differ.

    Conflict `other_customer` unless that is confirmed, `merged` or `target_done` where it makes no
    sense, `is_complaint` or `is_return` while one goes on in the source, `stale` when one is no
    longer what `versions` (source's, target's) says.
    """
    _both(work, source_id, target_id)
    held = _hold_both(work, source_id, target_id)
    source, target = held[source_id].ticket, held[target_id].ticket
    if versions is not None:
        tickets.need_version(source, versions[0])
        tickets.need_version(target, versions[1])
    _refuse(source, target, other_customer)
    _refuse_what_stands_alone(work, source.id)
    chosen = _take_over(work, source, target, choose or {})
    item = held[source_id].item
    stood = item.waiting_since if item is not None and held[source_id].in_line else None
    line.out_of_hands(work, held[source_id], "merged")
    moved = {
        "conversations": _move_conversations(work, source.id, target),
        **merging.move_people(work, source, target),
        **merging.move_parts(work, source, target),
        **merging.move_links(work, source, target),
        "promises": promises.move(work, source.id, target.id),
        "visits": rehanging.move(work, source.id, target.id),
    }
    waited = source.waiting_since
    before = {
        **waits.stood(target),
        **merging.close_as_merged(work, source, target, in_line_since=stood),
    }
    if waited is not None:
        waits.owe(work, held[target_id], waited)
    row = TicketMerge(
        id=new_id(),
        source_id=source.id,
        target_id=target.id,
        at=work.at,
        actor=work.actor.label,
        moved=moved,
        before=before,
        chosen=chosen,
    )
    work.session.add(row)
    work.session.flush()
    work.audit(
        "ticket.merged",
        "ticket",
        source.id,
        into=target.id,
        number=source.number,
        into_number=target.number,
        chosen=chosen,
    )
    return row


def undo(work: Work, merge_id: str) -> Unmerged:
    """Make two of it again. Words that were written since stay where their conversation goes."""
    row = work.session.get(TicketMerge, merge_id, with_for_update=True) if is_id(merge_id) else None
    if row is None or not _sees_both(work, row):
        raise NotFound("There is no such merge.")
    held = _hold_both(work, row.source_id, row.target_id)
    source, target = held[row.source_id].ticket, held[row.target_id].ticket
    if row.undone_at is not None or source.merged_into_id != target.id:
        raise Conflict("This merge has been undone already.", code="undone")
    if target.merged_into_id is not None:
        raise Conflict("The ticket was merged again since. Undo that first.", code="merged")
    _give_back(work, source, row.moved.get("conversations", ()), target.id)
    merging.return_people(work, target, row.moved)
    merging.return_parts(work, source, target, row.moved)
    merging.return_links(work, row.moved)
    promises.move(work, target.id, source.id, only=row.moved.get("promises", ()))
    rehanging.move(work, target.id, source.id, only=row.moved.get("visits", ()))
    kept = _give_up(work, target, row.chosen)
    merging.stand_again(work, source, target, row.before)
    work.session.flush()
    waits.owe_no_more(work, target, row)
    stood = row.before.get("in_line_since")
    # What somebody has is theirs again, and is offered to nobody beside them.
    if needs_us(source.state) and (stood or source.assignee_id is None):
        since = datetime.fromisoformat(stood) if stood else None
        line.back_into_line(work, held[row.source_id], since=since)
    row.undone_at, row.undone_by = work.at, work.actor.label
    work.audit("ticket.merge_undone", "ticket", source.id, into=target.id, kept=kept)
    return Unmerged(source, target, kept)


def _both(work: Work, source_id: str, target_id: str) -> tuple[Ticket, Ticket]:
    """Both, for an actor who may see them and works on the desk; NotFound otherwise."""
    permissions.require_desk(work)
    source = permissions.get_visible(work, source_id)
    target = permissions.get_visible(work, target_id)
    if source.id == target.id:
        raise Invalid(fields={"target": "A ticket can't be merged into itself."})
    return source, target


def _sees_both(work: Work, row: TicketMerge) -> bool:
    try:
        _both(work, row.source_id, row.target_id)
    except NotFound:
        return False
    return True


def _hold_both(work: Work, *ids: str) -> dict[str, line.Held]:
    """In order of their ids, so that two merges at once never wait for each other."""
    return {one: line.hold(work, one) for one in sorted(ids)}


def _refuse(source: Ticket, target: Ticket, other_customer: bool) -> None:
    if source.merged_into_id is not None:
        raise Conflict("This ticket was merged already.", code="merged")
    if target.merged_into_id is not None:
        raise Conflict("That ticket was merged into another one.", code="merged")
    if is_done(target.state) and not is_done(source.state):
        raise Conflict("That ticket is done. Open it again first.", code="target_done")
    if source.customer_id != target.customer_id and not other_customer:
        raise Conflict(
            "These tickets belong to different customers. Confirm that they are one matter.",
            code="other_customer",
        )


def _refuse_what_stands_alone(work: Work, source_id: str) -> None:
    """What is due on a complaint or return is reached by its own ticket, which a merge closes."""
    complaint, sent_back = complaints.find(work, source_id), returns.of_ticket(work, source_id)
    if complaint is not None and complaints.is_open(complaint):
        raise Conflict(
            "This ticket is a complaint that is not answered yet. Merge the other one into it.",
            code="is_complaint",
        )
    if sent_back is not None and sent_back.ended_at is None:
        raise Conflict(
            "A return goes on in this ticket. Merge the other one into it.", code="is_return"
        )


def _take_over(
    work: Work, source: Ticket, target: Ticket, choose: Mapping[str, str]
) -> dict[str, list[Any]]:
    """Change the target as chosen; answers {field: [before, after]}."""
    known = merging.differences(source, target)
    if unknown := {n for n, side in choose.items() if side not in ("source", "target")}:
        raise Invalid(fields={min(unknown): "Choose source or target."})
    wanted = merging.wanted_of_target(
        source, target, {n: side for n, side in choose.items() if n in known}
    )
    if not wanted:
        return {}
    before = {name: getattr(target, name) for name in wanted}
    details = {"number": source.number, "id": source.id}
    line.change(work, target.id, wanted, kind="took_over", details=details)
    return {name: [before[name], getattr(target, name)] for name in wanted}


def _move_conversations(work: Work, source_id: str, target: Ticket) -> list[str]:
    ids = hang(work, Conversation.ticket_id == source_id, target.id)
    if target.assignee_id is not None:
        _hand(work, ids, target.assignee_id)
    return ids


def _give_back(work: Work, source: Ticket, ids: Sequence[str], target_id: str) -> None:
    back = hang(work, Conversation.id.in_(ids) & (Conversation.ticket_id == target_id), source.id)
    if source.assignee_id is not None:
        _hand(work, back, source.assignee_id)


def hang(work: Work, which: Any, ticket_id: str) -> list[str]:
    """Let these conversations belong to this ticket; those who show them are told."""
    rows = work.session.execute(
        update(Conversation)
        .where(which)
        .values(ticket_id=ticket_id, version=Conversation.version + 1)
        .returning(Conversation.id, Conversation.customer_id, Conversation.agent_id)
        .execution_options(synchronize_session=False)
    ).all()
    for row in rows:
        work.emit(
            ConversationReattached(
                customer_id=row.customer_id, conversation_id=row.id, agent_id=row.agent_id
            )
        )
    for known in list(work.session.identity_map.values()):
        if isinstance(known, Conversation):
            work.session.expire(known)
    return [row.id for row in rows]


def _hand(work: Work, ids: Sequence[str], agent_id: str) -> None:
    """Threads that live as long as their ticket are its owner's."""
    rows = select(Conversation.id).where(
        Conversation.id.in_(ids),
        Conversation.channel.in_(line.THREADS),
        Conversation.state != "ended",
    )
    for conversation_id in work.session.scalars(rows).all():
        hands.take(work, conversation_id, agent_id)


def _give_up(work: Work, target: Ticket, chosen: Mapping[str, list[Any]]) -> list[str]:
    """Put back what the target took over, field by field, unless somebody changed it since."""
    kept = []
    for name, (before, after) in chosen.items():
        now = getattr(target, name)
        if name == "tags":
            came = [tag for tag in after if tag not in before]
            back: Any = [tag for tag in now if tag not in came]
        elif name == "fields":
            back = {
                key: before.get(key)
                for key, value in after.items()
                if before.get(key) != value and now.get(key) == value
            }
            kept += [
                f"fields.{k}" for k, v in after.items() if before.get(k) != v and k not in back
            ]
        elif now != after:
            kept.append(name)
            continue
        else:
            back = before
        try:
            line.change(work, target.id, {name: back}, kind="took_over_undone")
        except HelpdeskError:
            kept.append(name)  # what it was is no longer possible: a team or person is gone
    return kept


def customer_name(work: Work, ticket: Ticket) -> str:
    """Whose ticket it is, for a question that has to be asked."""
    found = work.session.get(Customer, ticket.customer_id)
    return found.name if found is not None else ""
