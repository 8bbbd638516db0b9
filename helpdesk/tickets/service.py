"""Opening and changing a ticket: its row, its history, its events, and what its clocks are told.

Whoever changes a ticket holds its row (`hold`), and the work item in line before that, so that two
changes at once take turns. Not for the line, the assignment and the words (see `workflows.cases`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from helpdesk.clocks import service as clocks
from helpdesk.clocks.policies import Facts
from helpdesk.core.counters import next_for_column
from helpdesk.core.db import insert_rows
from helpdesk.core.errors import Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.tickets import permissions, types
from helpdesk.tickets.errors import NoSuchStep, StaleTicket
from helpdesk.tickets.events import (
    TicketAssigned,
    TicketChanged,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    TicketResolved,
)
from helpdesk.tickets.history import note
from helpdesk.tickets.lifecycle import PRIORITIES, STATES, is_done, may_follow, party
from helpdesk.tickets.models import FIRST_NUMBER, NEVER, Ticket, TicketTag
from helpdesk.tickets.tags import enter, tag_names

LONGEST_SUBJECT = 200
NO_SUBJECT = "(no subject)"
FIELDS = frozenset(
    {"subject", "priority", "type", "queue_id", "team_id", "organisation_id", "customer_id"}
)

_FACTS = {"priority", "type", "queue_id", "tags", "organisation_id", "customer_id", "fields"}


def open_ticket(
    work: Work,
    *,
    subject: str,
    customer_id: str,
    channel: str,
    queue_id: str,
    organisation_id: str | None = None,
    priority: str | None = None,
    type: str | None = None,
    team_id: str | None = None,
    assignee_id: str | None = None,
    tags: Sequence[str] = (),
    fields: Mapping[str, Any] | None = None,
    conversation_id: str | None = None,
    answered: bool = False,
) -> Ticket:
    """A new ticket with its number. `answered`: nobody waits for a first answer of ours."""
    names = tag_names(tags)
    values = types.checked(work, type, fields or {}, {}, step="to_open")
    ticket = Ticket(
        id=new_id(),
        number=next_for_column(work, "ticket", "number", first=FIRST_NUMBER),
        subject=clean_subject(subject),
        state="open" if assignee_id else "new",
        priority=_priority(priority or "normal"),
        type=type,
        queue_id=queue_id,
        team_id=team_id,
        assignee_id=assignee_id,
        customer_id=customer_id,
        organisation_id=organisation_id,
        channel=channel,
        tags=names,
        fields=values,
        opened_at=work.at,
        waiting_since=None if answered else work.at,
        updated_at=work.at,
    )
    due_at = clocks.open_ledger(
        work,
        ticket.id,
        facts_of(ticket),
        party=party(ticket.state, owned=assignee_id is not None),
        state=ticket.state,
        owes_reply=not answered,
    )
    ticket.next_due_at = due_at or NEVER
    work.put(ticket)
    _add_tags(work, ticket, names)
    note(work, ticket.id, "opened", details={"channel": channel})
    work.emit(
        TicketOpened(
            customer_id=customer_id,
            ticket_id=ticket.id,
            number=ticket.number,
            subject=ticket.subject[:120],
            channel=channel,
            queue_id=queue_id,
            priority=ticket.priority,
            conversation_id=conversation_id,
        )
    )
    return ticket


def hold(work: Work, ticket_id: str) -> Ticket:
    """The ticket, held until the end of the transaction and freshly read; NotFound when absent."""
    ticket = work.session.scalar(
        select(Ticket)
        .where(Ticket.id == ticket_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if ticket is None:
        raise NotFound(permissions.ABSENT)
    return ticket


def need_version(ticket: Ticket, version: int | None) -> None:
    """Refuse a change that was made looking at an older state of the (held) ticket."""
    if version is not None and ticket.version != version:
        raise StaleTicket(ticket.version)


def change(
    work: Work,
    ticket: Ticket,
    changes: Mapping[str, Any],
    *,
    tags: Sequence[str] | None = None,
    fields: Mapping[str, Any] | None = None,
    kind: str = "changed",
    details: Mapping[str, Any] | None = None,
) -> dict[str, list[Any]]:
    """Set fields of a held ticket; answers {field: [before, after]} of what really changed.

    `fields` are custom values by key, None clears one. Ids are checked by the caller.
    """
    if unknown := set(changes) - FIELDS:
        raise Invalid(fields={min(unknown): "This can't be changed."})
    wanted = dict(changes)
    if "subject" in wanted:
        wanted["subject"] = clean_subject(wanted["subject"])
    if "priority" in wanted:
        wanted["priority"] = _priority(wanted["priority"])
    kind_of_case = wanted.get("type", ticket.type)
    if fields is not None or "type" in wanted:
        wanted["fields"] = types.checked(work, kind_of_case, fields or {}, ticket.fields)
    if tags is not None:
        wanted["tags"] = tag_names(tags)
    changed = {
        name: [getattr(ticket, name), value]
        for name, value in wanted.items()
        if getattr(ticket, name) != value
    }
    if not changed:
        return {}
    if "tags" in changed:
        _replace_tags(work, ticket, changed["tags"][1])
    for name, (_, value) in changed.items():
        setattr(ticket, name, value)
    if changed.keys() & _FACTS:
        clocks.refit(work, ticket.id, facts_of(ticket))
    _write(work, ticket, kind, changed, details)
    return changed


def set_state(
    work: Work, ticket: Ticket, state: str, *, owned: bool | None = None, why: str = ""
) -> bool:
    """Take a step of the lifecycle on a held ticket; False when it was there already.

    `owned` False: it waits in line from now on, whoever had it. Conflict (`no_such_step`) when the
    table has no such step; Invalid when the form of its type wants values before it is resolved.
    """
    before = ticket.state
    check_step(work, ticket, state)
    if before == state:
        return False
    reopened = is_done(before) and not is_done(state)
    enter(work, ticket, state)
    if is_done(state) and not is_done(before):
        _resolved(work, ticket)
    if state == "closed":
        ticket.closed_at = work.at
        work.emit(
            TicketClosed(customer_id=ticket.customer_id, ticket_id=ticket.id, number=ticket.number)
        )
    if reopened:
        _reopened(work, ticket)
    _tell_clocks(work, ticket, reopened=reopened, owned=owned)
    details = {"why": why} if why else None
    _write(work, ticket, "reopened" if reopened else "state", {"state": [before, state]}, details)
    return True


def check_step(work: Work, ticket: Ticket, state: str) -> None:
    """Raise what `set_state` would, without taking the step."""
    before = ticket.state
    if state not in STATES:
        raise Invalid(fields={"state": f"Choose one of {', '.join(STATES)}."})
    if before == state:
        return
    if not may_follow(before, state):
        raise NoSuchStep(f"A ticket that is {_words(before)} can't become {_words(state)}.")
    if before == "closed" and work.actor.kind == "user" and work.actor.on_desk:
        _need_reopening(work)
    if is_done(state) and not is_done(before):
        types.checked(work, ticket.type, {}, ticket.fields, step="to_resolve")


def assign(work: Work, ticket: Ticket, agent_id: str | None, *, why: str = "") -> bool:
    """Give the held ticket to an agent (None: to nobody); False when nothing changes."""
    before = ticket.assignee_id
    if before == agent_id:
        return False
    ticket.assignee_id = agent_id
    changed: dict[str, list[Any]] = {"assignee_id": [before, agent_id]}
    if agent_id is not None and ticket.state == "new":
        enter(work, ticket, "open")
        changed["state"] = ["new", "open"]
    work.emit(
        TicketAssigned(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            agent_id=agent_id,
            before=before,
            why=why,
        )
    )
    _write(work, ticket, "assigned", changed, {"why": why} if why else None)
    return True


def book(work: Work, ticket: Ticket, *, owned: bool) -> None:
    """From now on the time of the held ticket goes to who is waited for now."""
    clocks.book(work, ticket.id, party(ticket.state, owned=owned), ticket.state)


def record_reply(
    work: Work, ticket: Ticket, *, public: bool, by_person: bool, at: datetime | None = None
) -> bool:
    """Somebody of ours wrote on the held ticket; True when it was the first answer.

    Only a public answer by a person answers: a note, a bot or an automatic message never does.
    `at`: when it was said, where that was not now.
    """
    ticket.updated_at = work.at
    if not (public and by_person):
        return False
    first = ticket.first_replied_at is None
    ticket.first_replied_at = ticket.first_replied_at or at or work.at
    ticket.waiting_since = None
    clocks.replied(work, ticket.id, at=at)
    if ticket.state == "new":
        enter(work, ticket, "open")
        book(work, ticket, owned=ticket.assignee_id is not None)
        _write(work, ticket, "state", {"state": ["new", "open"]}, {"why": "answered"})
    return first


def record_customer_message(work: Work, ticket: Ticket, *, at: datetime | None = None) -> None:
    """The customer wrote on the held ticket; later words don't move when the wait began."""
    ticket.waiting_since = ticket.waiting_since or at or work.at
    ticket.updated_at = work.at
    clocks.customer_wrote(work, ticket.id, at=at)


def facts_of(ticket: Ticket) -> Facts:
    """What a service level may ask about the ticket."""
    return Facts(
        priority=ticket.priority,
        type=ticket.type,
        queue_id=ticket.queue_id,
        channel=ticket.channel,
        tags=tuple(ticket.tags),
        organisation_id=ticket.organisation_id,
        customer_id=ticket.customer_id,
        fields=ticket.fields,
    )


def _tell_clocks(work: Work, ticket: Ticket, *, reopened: bool, owned: bool | None) -> None:
    if ticket.state == "resolved":
        clocks.resolved(work, ticket.id)
    elif ticket.state == "closed":
        clocks.closed(work, ticket.id)
    else:
        held = ticket.assignee_id is not None if owned is None else owned
        who = party(ticket.state, owned=held)
        if reopened:
            clocks.reopened(work, ticket.id, party=who, state=ticket.state)
        else:
            clocks.book(work, ticket.id, who, ticket.state)


def clean_subject(text: object) -> str:
    """One line of at most 200 characters; a longer one is cut, an empty one gets a stand-in."""
    if not isinstance(text, str):
        raise Invalid(fields={"subject": "This must be text."})
    kept = line(text[: LONGEST_SUBJECT * 4], "subject", longest=LONGEST_SUBJECT * 4)
    if len(kept) > LONGEST_SUBJECT:
        kept = kept[: LONGEST_SUBJECT - 1].rstrip() + "…"
    return kept or NO_SUBJECT


def _resolved(work: Work, ticket: Ticket) -> None:
    first = ticket.first_resolved_at is None
    ticket.resolved_at = work.at
    ticket.first_resolved_at = ticket.first_resolved_at or work.at
    ticket.waiting_since = None
    work.emit(
        TicketResolved(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            number=ticket.number,
            subject=ticket.subject[:120],
            agent_id=ticket.assignee_id,
            first=first,
        )
    )


def _reopened(work: Work, ticket: Ticket) -> None:
    ticket.closed_at = None
    ticket.reopened_count += 1
    work.emit(
        TicketReopened(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            number=ticket.number,
            subject=ticket.subject[:120],
            count=ticket.reopened_count,
        )
    )


def _need_reopening(work: Work) -> None:
    if not permissions.may_reopen_closed(work.actor):
        raise Forbidden("This ticket is closed. A supervisor can open it again.", code="closed")


def _write(
    work: Work,
    ticket: Ticket,
    kind: str,
    changed: Mapping[str, list[Any]],
    details: Mapping[str, Any] | None,
) -> None:
    """What every change has in common: a new version, a line of history, an event."""
    ticket.updated_at = work.at
    ticket.version += 1
    note(work, ticket.id, kind, changes=changed, details=details)
    work.emit(
        TicketChanged(
            customer_id=ticket.customer_id,
            ticket_id=ticket.id,
            version=ticket.version,
            assignee_id=ticket.assignee_id,
            changes=dict(changed),
        )
    )


def _priority(word: object) -> str:
    if word not in PRIORITIES:
        raise Invalid(fields={"priority": f"Choose one of {', '.join(PRIORITIES)}."})
    return str(word)


def _add_tags(work: Work, ticket: Ticket, names: Sequence[str]) -> None:
    insert_rows(
        work.session,
        TicketTag,
        [
            {
                "ticket_id": ticket.id,
                "tag": name,
                "opened_at": ticket.opened_at,
                "state": ticket.state,
            }
            for name in names
        ],
    )


def _replace_tags(work: Work, ticket: Ticket, names: Sequence[str]) -> None:
    gone = [name for name in ticket.tags if name not in names]
    if gone:
        work.session.execute(
            delete(TicketTag).where(TicketTag.ticket_id == ticket.id, TicketTag.tag.in_(gone))
        )
    _add_tags(work, ticket, [name for name in names if name not in ticket.tags])


def _words(state: str) -> str:
    return state.replace("_", " ")
