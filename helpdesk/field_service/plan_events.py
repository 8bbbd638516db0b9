"""What happens to re-plannings. Ids and short facts; days are ISO texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class PlanEvent(Event):
    run_id: str
    day: str


@dataclass(frozen=True, kw_only=True)
class PlanAsked(PlanEvent):
    """Somebody, or an event of the day, wants a re-planning; a worker makes it."""

    kind: ClassVar[str] = "plan.asked"


@dataclass(frozen=True, kw_only=True)
class PlanReady(PlanEvent):
    """The proposal stands, `lines` of it, or it failed (`state`)."""

    kind: ClassVar[str] = "plan.ready"

    state: str
    lines: int = 0
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanApplied(PlanEvent):
    """Lines were carried out, or put back (`back`); `by_itself`: nobody had to say so."""

    kind: ClassVar[str] = "plan.applied"

    visits: list[str] = field(default_factory=list)
    warn: list[str] = field(default_factory=list)
    left: int = 0
    back: bool = False
    by_itself: bool = False
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanChanged(PlanEvent):
    """Somebody decided on a line or dropped the whole: boards look again."""

    kind: ClassVar[str] = "plan.changed"
