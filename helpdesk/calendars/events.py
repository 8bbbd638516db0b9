"""Business calendars came, changed or went; whoever keeps their hours asks again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CalendarAdded(Event):
    kind: ClassVar[str] = "calendar.added"

    calendar_id: str


@dataclass(frozen=True, kw_only=True)
class CalendarChanged(Event):
    """`what`: hours, name, holidays or import."""

    kind: ClassVar[str] = "calendar.changed"

    calendar_id: str
    version: int
    what: str


@dataclass(frozen=True, kw_only=True)
class CalendarDeleted(Event):
    kind: ClassVar[str] = "calendar.deleted"

    calendar_id: str
