"""Whether an article really spared a contact: decided by what people did, never by what was shown.

Pure. An article counts as having solved something only where the reader said so and then wrote or
called about nothing at all for seven days. Whoever read and left without a word is told apart, and
whoever opened nothing proves nothing. Not for who wrote (see `workflows.articles_measured`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

WINDOW = timedelta(days=7)
Outcome = Literal["contact", "solved", "left", "ignored"]
OUTCOMES: tuple[Outcome, ...] = ("solved", "left", "contact", "ignored")


@dataclass(frozen=True, slots=True)
class Facts:
    """`contact_at` is the first contact by that person, on any channel, after `shown_at`."""

    shown_at: datetime
    opened_at: datetime | None = None
    declared_at: datetime | None = None
    contact_at: datetime | None = None


def until(facts: Facts) -> datetime:
    """How long to look for a contact: seven days from the last that they did with the offer."""
    acts = [facts.shown_at, facts.opened_at, facts.declared_at]
    return max(at for at in acts if at is not None) + WINDOW


def decide(facts: Facts, now: datetime) -> Outcome | None:
    """None while nobody can know.

    A contact counts whatever it was about: rather one too few than one that was not spared.
    """
    end = until(facts)
    if facts.contact_at is not None and facts.shown_at <= facts.contact_at <= end:
        return "contact"
    if now < end:
        return None
    if facts.declared_at is not None:
        return "solved"
    return "left" if facts.opened_at is not None else "ignored"
