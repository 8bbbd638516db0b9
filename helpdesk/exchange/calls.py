"""A call as the carrier keeps it: one connection between the exchange and one phone or browser.

Only what it is; what happens to it stands in `legs` and in the verbs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from helpdesk.exchange.programs import Signal, Task

if TYPE_CHECKING:
    from helpdesk.exchange.rooms import Room

Status = Literal[
    "queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"
]
Direction = Literal["inbound", "outbound-api", "outbound-dial"]
ENDED: frozenset[Status] = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
SIP_RESPONSES: dict[Status, str] = {
    "completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404",
}  # fmt: skip


class Endpoint(Protocol):
    """A telephone or a browser at the other end of calls."""

    def ring(self, call: Call) -> None: ...

    def stop(self, call: Call) -> None: ...


@dataclass(frozen=True, slots=True)
class Jump:
    """Where a program goes on: an address to ask, or a document given outright."""

    url: str
    method: str = "POST"
    params: dict[str, str] = field(default_factory=dict)
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of events, and of which."""

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Detection:
    """Answering-machine detection as it was ordered; `callback` only when it runs beside."""

    mode: Literal["Enable", "DetectMessageEnd"]
    seconds: int = 30
    callback: Watch | None = None


@dataclass(frozen=True, slots=True)
class Answered(Signal):
    pass


@dataclass(frozen=True, slots=True)
class Refused(Signal):
    """Nobody is there: `status` says how."""

    status: Status


@dataclass(eq=False, slots=True)
class Call:
    sid: str
    from_: str
    to: str
    direction: Direction
    created_at: datetime
    updated_at: datetime
    status: Status = "queued"
    endpoints: list[Endpoint] = field(default_factory=list)
    parent: Call | None = None
    forwarded_from: str = ""
    caller_name: str = ""
    number_sid: str = ""
    application_sid: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    fallback: Jump | None = None
    watch: Watch | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: str = ""
    sequence: int = 0
    task: Task | None = None
    beside: Task | None = None  # music or an announcement while the call itself waits
    partner: Call | None = None
    room: Room | None = None
    unanswered: Callable[[Call], None] | None = None  # whoever waits for it in vain
    queued_seconds: float = 0.0
    recording_sids: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def live(self) -> bool:
        return self.status not in ENDED

    @property
    def answered(self) -> bool:
        return self.answered_at is not None

    def wake(self, signal: Signal) -> None:
        if self.task and not self.task.over:
            self.task.wake(signal)

    def hear(self, what: str) -> None:
        self.heard.append(what)

    def duration(self) -> int:
        """Whole seconds of talk; 0 before the end and for calls never answered."""
        if not self.answered_at or not self.ended_at:
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())
