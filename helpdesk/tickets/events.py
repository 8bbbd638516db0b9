"""What happens to tickets, in the past tense. Ids and short facts; no texts of customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketOpened(Event):
    kind: ClassVar[str] = "ticket.opened"
    on_timeline: ClassVar[bool] = True

    ticket_id: str
    number: int
    subject: str
    channel: str
    queue_id: str
    priority: str
    conversation_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketChanged(Event):
    """`changes` {field: [before, after]}: state, assignee_id, priority, queue_id, tags, ..."""

    kind: ClassVar[str] = "ticket.changed"

    ticket_id: str
    version: int
    assignee_id: str | None
    changes: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(Event):
    """`agent_id` None: it belongs to nobody now."""

    kind: ClassVar[str] = "ticket.assigned"

    ticket_id: str
    agent_id: str | None
    before: str | None
    why: str


@dataclass(frozen=True, kw_only=True)
class TicketReplied(Event):
    """Somebody of ours wrote: `public` goes out to the customer, else it is a note."""

    kind: ClassVar[str] = "ticket.replied"
    on_timeline: ClassVar[bool] = True
    folds: ClassVar[bool] = True

    ticket_id: str
    conversation_id: str
    seq: int
    author: str  # agent:USER_ID, bot or system
    public: bool
    first: bool
    named: list[str] = field(default_factory=list)  # colleagues whom a note names

    @property
    def is_told(self) -> bool:
        """A note is about the ticket, not about the customer."""
        return self.public


@dataclass(frozen=True, kw_only=True)
class CustomerWrote(Event):
    """The customer wrote on a ticket that was there already."""

    kind: ClassVar[str] = "ticket.customer_wrote"
    on_timeline: ClassVar[bool] = True
    folds: ClassVar[bool] = True

    ticket_id: str
    conversation_id: str
    seq: int
    assignee_id: str | None


@dataclass(frozen=True, kw_only=True)
class SaidInChat(Event):
    """Somebody wrote in a running chat that belongs to a ticket."""

    kind: ClassVar[str] = "ticket.said_in_chat"

    ticket_id: str
    conversation_id: str
    seq: int
    author: str
    public: bool


@dataclass(frozen=True, kw_only=True)
class TicketResolved(Event):
    kind: ClassVar[str] = "ticket.resolved"
    on_timeline: ClassVar[bool] = True

    ticket_id: str
    number: int
    subject: str
    agent_id: str | None
    first: bool


@dataclass(frozen=True, kw_only=True)
class TicketReopened(Event):
    kind: ClassVar[str] = "ticket.reopened"
    on_timeline: ClassVar[bool] = True

    ticket_id: str
    number: int
    subject: str
    count: int


@dataclass(frozen=True, kw_only=True)
class TicketClosed(Event):
    kind: ClassVar[str] = "ticket.closed"

    ticket_id: str
    number: int


@dataclass(frozen=True, kw_only=True)
class TicketLinked(Event):
    """`from_id` is `relation` `to_id`; `removed`: not any more."""

    kind: ClassVar[str] = "ticket.linked"

    ticket_id: str
    to_id: str
    relation: str
    removed: bool = False


@dataclass(frozen=True, kw_only=True)
class TicketMerged(Event):
    """`merged_id` goes on in `ticket_id`; `undone`: it is a ticket of its own again."""

    kind: ClassVar[str] = "ticket.merged"
    on_timeline: ClassVar[bool] = True

    ticket_id: str
    merged_id: str
    number: int
    merged_number: int
    undone: bool = False


@dataclass(frozen=True, kw_only=True)
class BulkDue(Event):
    """A change to many tickets waits for a worker."""

    kind: ClassVar[str] = "tickets.bulk_due"

    run_id: str


@dataclass(frozen=True, kw_only=True)
class TicketMentioned(Event):
    """A note names these colleagues; they follow the ticket from now on."""

    kind: ClassVar[str] = "ticket.mentioned"

    ticket_id: str
    conversation_id: str
    seq: int
    by: str
    user_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class TicketPartsChanged(Event):
    """Followers, participants, the checklist or time changed (`part` says which)."""

    kind: ClassVar[str] = "ticket.parts_changed"

    ticket_id: str
    part: str


@dataclass(frozen=True, kw_only=True)
class ReplyTroubled(Event):
    """A waiting reply did not go as meant. `what` held: the customer wrote meanwhile; failed: it
    was refused; partly: it is out, but a change that was to go with it was refused; stopped: a
    supervisor or the ticket's owner did not want it sent.
    """

    kind: ClassVar[str] = "ticket.reply_troubled"

    ticket_id: str
    reply_id: str
    user_id: str
    what: str


@dataclass(frozen=True, kw_only=True)
class TicketSetupChanged(Event):
    """An administrator changed a type (`type`) or a queue's rule (`queue_rule`)."""

    kind: ClassVar[str] = "ticket_setup.changed"

    subject: str
    key: str
