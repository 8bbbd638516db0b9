"""Queues as the carrier keeps them: a name, a limit and the calls that wait, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk.exchange.calls import Call

DEFAULT_SIZE, LARGEST_SIZE = 100, 5000


@dataclass(eq=False, slots=True)
class Member:
    call: Call
    since: datetime


@dataclass(eq=False, slots=True)
class Queue:
    sid: str
    name: str
    created_at: datetime
    updated_at: datetime
    max_size: int = DEFAULT_SIZE
    members: list[Member] = field(default_factory=list)
    wanting: list[Call] = field(default_factory=list)  # who dialled the queue while it was empty

    @property
    def full(self) -> bool:
        return len(self.members) >= self.max_size

    def position(self, member: Member) -> int:
        return self.members.index(member) + 1

    def find(self, call_sid: str) -> Member | None:
        """By the sid of its call, or the first one for "Front"."""
        if call_sid == "Front":
            return self.members[0] if self.members else None
        return next((member for member in self.members if member.call.sid == call_sid), None)

    def average_wait(self, now: datetime) -> int:
        if not self.members:
            return 0
        waits = [(now - member.since).total_seconds() for member in self.members]
        return round(sum(waits) / len(waits))
