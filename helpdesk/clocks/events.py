"""What happens to deadlines, in the past tense. Each warning and each breach is told once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ClockWarned(Event):
    """The stated share of a target is used up and nobody has acted yet."""

    kind: ClassVar[str] = "clock.warned"

    ticket_id: str
    clock_id: str
    name: str
    due_at: str
    target_s: int | None
    owner_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClockBreached(Event):
    """A deadline has passed; `stopped`: what was owed came, but late."""

    kind: ClassVar[str] = "clock.breached"

    ticket_id: str
    clock_id: str
    name: str
    due_at: str
    target_s: int | None
    stopped: bool
    owner_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PromiseMade(Event):
    kind: ClassVar[str] = "promise.made"
    on_timeline: ClassVar[bool] = True

    ticket_id: str
    clock_id: str
    owner_id: str
    due_at: str


@dataclass(frozen=True, kw_only=True)
class PromiseEnded(Event):
    """`outcome` kept, late or withdrawn; stands: its end was taken back."""

    kind: ClassVar[str] = "promise.ended"
    on_timeline: ClassVar[bool] = True

    ticket_id: str
    clock_id: str
    owner_id: str | None
    outcome: str


@dataclass(frozen=True, kw_only=True)
class PoliciesChanged(Event):
    """An administrator changed a service level or their order; `what` says in a word."""

    kind: ClassVar[str] = "sla.changed"

    policy_id: str | None
    what: str


@dataclass(frozen=True, kw_only=True)
class RecomputeStarted(Event):
    """All open tickets are gone over because hours or service levels changed."""

    kind: ClassVar[str] = "clocks.recompute_started"

    run_id: str
