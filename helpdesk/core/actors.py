"""Who acts: a person, a visitor, or the program itself.

Every transaction has one actor; permissions ask it, audit and events record it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Role = Literal["admin", "supervisor", "agent", "technician", "customer"]
ROLES: tuple[Role, ...] = ("admin", "supervisor", "agent", "technician", "customer")
STAFF: frozenset[str] = frozenset({"admin", "supervisor", "agent", "technician"})
DESK: frozenset[str] = frozenset({"admin", "supervisor", "agent"})


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is user, visitor or system; `id` the user's or visitor's id (or a job's name).

    `queue_ids` are the only queues whose work an agent sees; None: all of them.
    """

    kind: Literal["user", "visitor", "system"]
    id: str
    role: Role | None = None
    team_ids: frozenset[str] = field(default_factory=frozenset)
    customer_id: str | None = None
    address: str | None = None
    scopes: frozenset[str] | None = None
    queue_ids: frozenset[str] | None = None

    @property
    def label(self) -> str:
        """How events and audit name the actor: `user:ID`, `visitor:ID`, `system:sweeper`."""
        return f"{self.kind}:{self.id}"

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"

    @property
    def is_supervisor(self) -> bool:
        return self.role in ("admin", "supervisor")

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF

    @property
    def is_limited(self) -> bool:
        """Sees only the work of some queues, and what is in their own hands."""
        return self.queue_ids is not None

    @property
    def on_desk(self) -> bool:
        return self.role in DESK


def system(name: str) -> Actor:
    """The program itself, acting as `name` (relay, sweeper, setup, demo)."""
    return Actor("system", name)
