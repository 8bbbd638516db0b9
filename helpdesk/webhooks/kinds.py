"""Which events other programs may be told of, and which of their facts: a list, not a filter.

An event or a fact that is not named here is never sent, so a new one does not leak by itself. Not
for what the resource beside the facts shows (see `helpdesk.workflows.webhooks_resources`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PING = "webhook.ping"

# Fields of a ticket whose changes are told, value before and after; of others nothing.
TOLD_CHANGES = frozenset(
    {"state", "priority", "type", "subject", "queue_id", "team_id", "assignee_id", "customer_id"}
    | {"organisation_id", "tags"}
)


@dataclass(frozen=True, slots=True)
class Kind:
    """`subject` says which resource goes along; `public_only`: events about notes are left out."""

    kind: str
    words: str
    subject: str
    facts: tuple[str, ...]
    public_only: bool = False


_VISIT = ("visit_id", "ticket_id", "number", "window")
KINDS: tuple[Kind, ...] = (
    Kind("ticket.opened", "A ticket was opened", "ticket", ("ticket_id", "conversation_id")),
    Kind("ticket.changed", "Fields of a ticket changed", "ticket", ("ticket_id", "changes")),
    Kind(
        "ticket.assigned", "A ticket got another owner", "ticket",
        ("ticket_id", "agent_id", "before"),
    ),
    Kind(
        "ticket.replied", "We answered on a ticket", "ticket_message",
        ("ticket_id", "conversation_id", "seq", "first"), public_only=True,
    ),
    Kind(
        "ticket.customer_wrote", "The customer wrote on a ticket", "ticket_message",
        ("ticket_id", "conversation_id", "seq"),
    ),
    Kind("ticket.resolved", "A ticket was resolved", "ticket", ("ticket_id", "agent_id", "first")),
    Kind("ticket.reopened", "A ticket was reopened", "ticket", ("ticket_id", "count")),
    Kind("ticket.closed", "A ticket was closed", "ticket", ("ticket_id",)),
    Kind(
        "conversation.opened", "A conversation began", "conversation",
        ("conversation_id", "channel"),
    ),
    Kind(
        "conversation.answered", "A conversation got its first answer", "conversation",
        ("conversation_id", "agent_id", "waited_s"),
    ),
    Kind(
        "conversation.ended", "A conversation ended", "conversation",
        ("conversation_id", "channel", "agent_id", "ended_by", "waited_s", "talked_s"),
    ),
    Kind(
        "message.posted", "A message was written (no notes)", "message",
        ("conversation_id", "seq"), public_only=True,
    ),
    Kind("customer.added", "A customer was added", "customer", ("source",)),
    Kind("customer.changed", "Fields of a customer changed", "customer", ("changed",)),
    Kind("customer.merged", "Two customers became one", "customer", ("merged_id",)),
    Kind("customer.merge_undone", "A merge was taken back", "customer", ("merged_id",)),
    Kind("organisation.added", "An organisation was added", "organisation", ("organisation_id",)),
    Kind(
        "organisation.changed", "Fields of an organisation changed", "organisation",
        ("organisation_id", "changed"),
    ),
    Kind(
        "order.moved", "An order was told of, or its status went on", "order",
        ("order_id", "number", "status", "before"),
    ),
    Kind("order.attached", "An order got its customer", "order", ("order_id", "number")),
    Kind(
        "return.moved", "A return was asked for, or took a step", "return",
        ("return_id", "ticket_id", "order_number", "state"),
    ),
    Kind("return.late", "We owe a step of a return", "return", ("return_id", "ticket_id", "state")),
    Kind(
        "complaint.moved", "A complaint was opened, or took a step", "complaint",
        ("complaint_id", "ticket_id", "what", "outcome"),
    ),
    Kind(
        "complaint.escalated", "A complaint was escalated", "complaint",
        ("complaint_id", "ticket_id", "role", "late"),
    ),
    Kind("visit.made", "A visit is wanted and waits", "visit", (*_VISIT, "source")),
    Kind("visit.booked", "A window was promised", "visit", (*_VISIT, "technician_ids")),
    Kind(
        "visit.moved", "Another window was promised", "visit",
        (*_VISIT, "technician_ids", "before", "by_customer"),
    ),
    Kind("visit.confirmed", "The customer confirmed the window", "visit", _VISIT),
    Kind("visit.cancelled", "A visit was called off", "visit", (*_VISIT, "by_customer")),
    Kind(
        "visit.departed", "The technician is on the way", "visit",
        (*_VISIT, "technician_id", "eta", "eta_source"),
    ),
    Kind(
        "visit.arrived", "The technician is on site", "visit",
        (*_VISIT, "technician_id", "travel_s", "late_s"),
    ),
    Kind(
        "visit.finished", "The work of a visit ended", "visit",
        (*_VISIT, "technician_id", "outcome", "travel_s", "on_site_s"),
    ),
    Kind(
        "visit.at_risk", "A promised window will probably be missed", "visit",
        (*_VISIT, "risk", "eta"),
    ),
    Kind("visit.no_access", "Nobody opened", "visit", (*_VISIT, "technician_id", "waited_s")),
    Kind("visit.promise_broken", "A promised window was missed", "visit", _VISIT),
)  # fmt: skip

BY_NAME: Mapping[str, Kind] = {one.kind: one for one in KINDS}
NAMES: Sequence[str] = tuple(BY_NAME)


def told_facts(kind: Kind, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """The facts to send; None when this event is about something internal."""
    if kind.public_only and facts.get("public") is not True:
        return None
    told = {name: facts[name] for name in kind.facts if name in facts}
    if isinstance(changes := told.get("changes"), Mapping):
        told["changes"] = {k: v for k, v in changes.items() if k in TOLD_CHANGES}
    if isinstance(changed := told.get("changed"), list):
        told["changed"] = [name for name in changed if not str(name).startswith("custom")]
    return told
