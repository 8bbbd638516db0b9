"""What of a customer's matters has to be kept, and until when. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Subject:
    """A matter, or a talk without one; `ended_at` None: still open."""

    id: str
    name: str
    ended_at: datetime | None
    held: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """`until` None: for as long as it is held. `why`: hold, retention."""

    id: str
    name: str
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Sorted:
    goes: Sequence[Subject]
    kept: Sequence[Kept]
    open: Sequence[Subject]


def sort(subjects: Collection[Subject], *, days: int, at: datetime) -> Sorted:
    """A hold goes before everything, even where it is still open; then open ones; then the days."""
    goes: list[Subject] = []
    kept: list[Kept] = []
    running: list[Subject] = []
    for one in subjects:
        if one.held:
            kept.append(Kept(one.id, one.name, "hold", None))
        elif one.ended_at is None:
            running.append(one)
        elif (until := one.ended_at + timedelta(days=days)) > at:
            kept.append(Kept(one.id, one.name, "retention", until))
        else:
            goes.append(one)
    return Sorted(goes, kept, running)


def next_look(kept: Collection[Kept], at: datetime) -> datetime:
    """When the rest may go: at the first end of a time, and where only holds stand in a month."""
    ends = [one.until for one in kept if one.until is not None]
    return min(ends, default=at + timedelta(days=30))
