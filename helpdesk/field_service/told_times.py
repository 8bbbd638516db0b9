"""When something happened that a phone tells us, perhaps hours later and by a clock of its own.
Pure.

The phone says when it was (`said_at`) and what its clock shows while it sends (`sent_at`): the gap
to our own clock is how far the phone's is off, and is taken out. What remains never lies in the
future, never before what the same technician did before, and never longer ago than a phone may
stay without a net.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LONGEST_AWAY = timedelta(days=7)
NOTED = timedelta(seconds=30)  # a gap below it is the way over the net


def told_at(
    said_at: datetime, sent_at: datetime | None, now: datetime, before: datetime | None
) -> datetime:
    """The moment that counts; `before` is that of the technician's last command."""
    gap = now - sent_at if sent_at is not None else timedelta(0)
    meant = said_at + gap if abs(gap) > NOTED else said_at
    earliest = max(now - LONGEST_AWAY, before) if before is not None else now - LONGEST_AWAY
    return min(max(meant, earliest), now)
