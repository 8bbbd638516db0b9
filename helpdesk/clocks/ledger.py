"""The waiting-on ledger as values: spans without gap or overlap, each booked to one party.

Pure. A span keeps the terms (hours and pauses) that held while it ran, so what was booked stays
as it was when a policy or calendar changes later. Closed hours are no event: they are cut out of
the time that is ours by the hours of the span's terms. Whoever waits outside (customer, third
party) or is on the way keeps the time by night too. Not for deadlines: those are `sla`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from helpdesk.calendars import hours
from helpdesk.clocks.terms import Terms

Party = Literal[
    "queue", "agent", "customer", "third_party", "travelling", "on_site", "bot", "closed_hours"
]
PARTIES: tuple[str, ...] = (
    "queue", "agent", "bot", "customer", "third_party", "travelling", "on_site", "closed_hours",
)  # fmt: skip
KEEPS_HOURS = frozenset({"queue", "agent", "bot"})
DONE = frozenset({"resolved", "closed"})
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Booked to `party` while the ticket was in `state`; `to_at` None: it still runs."""

    from_at: datetime
    to_at: datetime | None
    party: str
    state: str
    terms: Terms


@dataclass(frozen=True, slots=True)
class Line:
    """A piece of the ledger with one party; `behind` is whose time it is when hours are closed."""

    from_at: datetime
    to_at: datetime
    party: str
    behind: str
    state: str
    is_open: bool
    why: str
    span: int

    @property
    def microseconds(self) -> int:
        return (self.to_at - self.from_at) // MICROSECOND


def clipped(
    spans: Sequence[Span], start: datetime, stop: datetime
) -> Iterator[tuple[int, Span, datetime, datetime]]:
    """The parts of the spans between two instants, with the place of each span."""
    for place, span in enumerate(spans):
        if span.from_at >= stop:
            return
        begins = max(span.from_at, start)
        ends = stop if span.to_at is None else min(span.to_at, stop)
        if begins < ends:
            yield place, span, begins, ends


def as_of(spans: Sequence[Span], at: datetime) -> list[Span]:
    """The ledger as it stood just before `at`: the span of that moment runs on for ever.

    Where the ticket was closed by then, nothing runs on.
    """
    known = [span for span in spans if span.from_at < at] or list(spans[:1])
    last = known[-1] if known else None
    if last is not None and (last.to_at is None or last.to_at >= at):
        known[-1] = Span(last.from_at, None, last.party, last.state, last.terms)
    return known


def lines(spans: Sequence[Span], start: datetime, stop: datetime) -> list[Line]:
    """Every second between two instants, booked to exactly one party, with the hours' reason."""
    found: list[Line] = []
    for place, span, begins, ends in clipped(spans, start, stop):
        for piece in hours.explain(span.terms.hours, begins, ends):
            closed = not piece.is_open and span.party in KEEPS_HOURS
            party = "closed_hours" if closed else span.party
            found.append(
                Line(
                    piece.starts_at, piece.ends_at, party, span.party, span.state,
                    piece.is_open, piece.text, place,
                )
            )  # fmt: skip
    return found


def totals_us(spans: Sequence[Span], start: datetime, stop: datetime) -> dict[str, int]:
    """Microseconds by party; their sum is the whole time between the two instants."""
    found = dict.fromkeys(PARTIES, 0)
    for _, span, begins, ends in clipped(spans, start, stop):
        whole = (ends - begins) // MICROSECOND
        if span.party in KEEPS_HOURS:
            is_open = hours.open_microseconds(span.terms.hours, begins, ends)
            found["closed_hours"] += whole - is_open
            whole = is_open
        found[span.party] += whole
    return found


def is_whole(spans: Iterable[Span]) -> bool:
    """True when the spans follow each other without gap or overlap and only the last one runs."""
    reached: datetime | None = None
    ended = True
    for span in spans:
        if reached is not None and span.from_at != reached:
            return False
        if not ended or (span.to_at is not None and span.to_at <= span.from_at):
            return False
        ended = span.to_at is not None
        reached = span.to_at
    return True
