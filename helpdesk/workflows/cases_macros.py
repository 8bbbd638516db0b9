"""A macro on a ticket: shown before it is used, then its changes and its words in one step.

The words are the actor's own, filled in as plain text. Not for making macros (`tickets.macros`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.identity.models import User
from helpdesk.routing.roster import roster
from helpdesk.tickets import macros, permissions, placeholders, queries
from helpdesk.tickets import service as tickets
from helpdesk.tickets.models import Macro, Ticket
from helpdesk.workflows import cases
from helpdesk.workflows import cases_line as line


@dataclass(frozen=True, slots=True)
class Preview:
    """What it would do: {field: [before, after]}, and the words as the customer reads them.

    `then` are the same changes as they go with words (`tickets.with_words`).
    """

    macro: Macro
    changes: dict[str, list[Any]]
    then: dict[str, Any]
    text: str
    public: bool


@dataclass(frozen=True, slots=True)
class Applied:
    ticket: Ticket
    posted: cases.Posted | None
    changes: dict[str, list[Any]] = field(default_factory=dict)


def save(work: Work, facts: Mapping[str, Any]) -> Macro:
    """A new macro whose queue exists."""
    _need_queue(work, facts)
    return macros.save_macro(work, facts)


def change(work: Work, macro_id: str, facts: Mapping[str, Any], *, version: int) -> Macro:
    _need_queue(work, facts)
    return macros.change_macro(work, macro_id, facts, version=version)


def preview(work: Work, macro_id: str, ticket_id: str) -> Preview:
    """Before and after, without doing anything. For the composer: `text` goes into it."""
    macro = macros.get_macro(work, macro_id)
    ticket = permissions.get_visible(work, ticket_id)
    wanted = macros.wanted_changes(macro, ticket, work.actor.id)
    changes = {name: [getattr(ticket, name), value] for name, value in wanted.items()}
    then = {name: value for name, value in wanted.items() if name != "tags"}
    if added := [tag for tag in macro.add_tags if tag not in ticket.tags]:
        then["add_tags"] = added
    if removed := [tag for tag in macro.remove_tags if tag in ticket.tags]:
        then["remove_tags"] = removed
    if then:
        then["macro"] = macro.name
    return Preview(macro, changes, then, filled(work, macro.reply, ticket), macro.public)


def apply(
    work: Work,
    macro_id: str,
    ticket_id: str,
    *,
    version: int | None = None,
    client_msg_id: str | None = None,
) -> Applied:
    """Words first, then the changes (a resolved ticket has its last words); all or nothing."""
    permissions.require_desk(work)
    macro = macros.get_macro(work, macro_id)
    held = line.hold(work, queries.get_current(work, ticket_id).id)
    tickets.need_version(held.ticket, version)
    return apply_held(work, macro, held.ticket, client_msg_id=client_msg_id)


def apply_held(
    work: Work, macro: Macro, ticket: Ticket, *, client_msg_id: str | None = None
) -> Applied:
    """The same on a ticket that is held already (for many at once)."""
    text = filled(work, macro.reply, ticket)
    posted = None
    if text.strip():
        posted = cases.reply(
            work,
            ticket.id,
            author=f"agent:{work.actor.id}",
            text=text,
            public=macro.public,
            client_msg_id=client_msg_id,
        )
        work.session.flush()
    wanted = macros.wanted_changes(macro, ticket, work.actor.id)
    changes = {name: [getattr(ticket, name), value] for name, value in wanted.items()}
    if wanted:
        details = {"macro": macro.name}
        ticket = line.change(work, ticket.id, wanted, kind="macro", details=details)
    return Applied(ticket, posted, changes)


def filled(work: Work, text: str, ticket: Ticket) -> str:
    """The text with its placeholders filled in for this ticket and this agent."""
    if not placeholders.used(text):
        return text
    customer = records.find(work, ticket.customer_id)
    person = work.session.get(User, work.actor.id) if work.actor.kind == "user" else None
    name = customer.name if customer is not None else ""
    queue = roster(work).queue_rows.get(ticket.queue_id)
    values = {
        "customer.name": name,
        "customer.first_name": name.split(" ")[0],
        "ticket.number": queries.shown_number(ticket),
        "ticket.subject": ticket.subject,
        "agent.name": person.public_name if person is not None else "",
        "queue.name": queue.name if queue is not None else "",
    }
    return placeholders.fill(text, values)


def _need_queue(work: Work, facts: Mapping[str, Any]) -> None:
    queue_id = dict(facts.get("changes") or {}).get("queue_id")
    if queue_id and queue_id not in roster(work).queue_rows:
        raise Invalid(fields={"queue_id": "There is no such queue."})
