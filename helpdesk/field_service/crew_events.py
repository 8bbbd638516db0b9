"""What becomes of those who drive: whoever plans or shows a plan looks again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TechnicianChanged(Event):
    """Set up anew, or anything of them differs: hours, skills, stock, an absence."""

    kind: ClassVar[str] = "technician.changed"

    technician_id: str
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class TechnicianAway(Event):
    """An absence was written down; `visits` of theirs lie in it."""

    kind: ClassVar[str] = "technician.away"

    technician_id: str
    absence_id: str
    starts_at: str
    ends_at: str
    why: str
    visits: list[str] = field(default_factory=list)
