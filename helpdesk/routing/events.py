"""What the router does, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class WorkQueued(Event):
    kind: ClassVar[str] = "work.queued"

    work_item_id: str
    queue_id: str
    channel: str


@dataclass(frozen=True, kw_only=True)
class WorkMoved(Event):
    """It waits in another queue now (`why`: overflow, transferred)."""

    kind: ClassVar[str] = "work.moved"

    work_item_id: str
    from_queue_id: str
    to_queue_id: str
    why: str


@dataclass(frozen=True, kw_only=True)
class WorkLeft(Event):
    """The customer gave up waiting."""

    kind: ClassVar[str] = "work.left"
    on_timeline: ClassVar[bool] = True

    work_item_id: str
    queue_id: str
    channel: str
    waited_s: int


@dataclass(frozen=True, kw_only=True)
class OfferMade(Event):
    kind: ClassVar[str] = "offer.made"

    offer_id: str
    work_item_id: str
    agent_id: str
    queue_id: str
    channel: str
    subject_kind: str
    subject_id: str
    reason: str
    waiting_since: str
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class OfferAccepted(Event):
    kind: ClassVar[str] = "offer.accepted"

    offer_id: str
    work_item_id: str
    agent_id: str
    queue_id: str
    channel: str
    waited_s: int


@dataclass(frozen=True, kw_only=True)
class OfferEnded(Event):
    """Declined, expired or withdrawn; `reason` in a word for programs."""

    kind: ClassVar[str] = "offer.ended"

    offer_id: str
    work_item_id: str
    agent_id: str
    queue_id: str
    outcome: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class WrapUpStarted(Event):
    kind: ClassVar[str] = "wrap_up.started"

    assignment_id: str
    agent_id: str
    queue_id: str
    subject_id: str
    until: str


@dataclass(frozen=True, kw_only=True)
class AssignmentFinished(Event):
    """Wrap-up is over, or the work left the agent (`released` says why)."""

    kind: ClassVar[str] = "assignment.finished"
    on_timeline: ClassVar[bool] = True

    assignment_id: str
    agent_id: str
    queue_id: str
    channel: str
    subject_id: str
    outcome: str | None
    released: str | None
    contact_s: int
    wrap_up_s: int


@dataclass(frozen=True, kw_only=True)
class PresenceChanged(Event):
    """What the agent chose, or what the system sees, changed."""

    kind: ClassVar[str] = "presence.changed"

    agent_id: str
    presence: str
    connected: bool
    not_responding: bool


@dataclass(frozen=True, kw_only=True)
class FloorChanged(Event):
    """A queue, an agent's abilities or (without an id) the presence choices were changed."""

    kind: ClassVar[str] = "floor.changed"

    subject: str
    changed_id: str | None
