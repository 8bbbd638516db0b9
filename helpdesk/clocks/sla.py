"""Deadlines as sums over the ledger: how much has counted, when it is due, whether it is late.

Pure. A clock's time is the counted time of the spans between its start and its stop; a span counts
by the terms it was booked under, so a later change of policy or calendar moves the rest and not
what was. `due_at` is the first instant at which the target is used up, if all goes on as it does
now; late means that the clock still ran after it. No timer takes part in any of this.

Resolved and closed time counts for no clock: after a reopening the clock goes on from where it
stood. Promises and appointments run by the wall clock (`reckon_absolute`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.calendars import hours
from helpdesk.clocks.ledger import DONE, MICROSECOND, Span, as_of, clipped
from helpdesk.clocks.terms import pause_key

MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One clock at one instant. `due_at` None: no target, paused before it, or not in five years.

    `paused_by` names what keeps it from counting now (a pause, or resolved, closed).
    """

    elapsed_us: int
    due_at: datetime | None
    breached_at: datetime | None
    paused_by: str | None


def paused_by(span: Span, clock: str) -> str | None:
    """What keeps this span from counting for the clock; closed hours are not asked here."""
    if span.state in DONE:
        return span.state
    key = pause_key(span.party, span.state)
    return key if key in span.terms.rule(clock).pauses else None


def counted_us(span: Span, clock: str, begins: datetime, ends: datetime) -> int:
    """How much of the span between two instants counts, in microseconds."""
    if paused_by(span, clock) is not None:
        return 0
    if span.terms.rule(clock).business:
        return hours.open_microseconds(span.terms.hours, begins, ends)
    return (ends - begins) // MICROSECOND


def elapsed_us(spans: Sequence[Span], clock: str, start: datetime, stop: datetime) -> int:
    return sum(counted_us(span, clock, a, b) for _, span, a, b in clipped(spans, start, stop))


def reached_at(spans: Sequence[Span], clock: str, start: datetime, us: int) -> datetime | None:
    """The first instant at which that much has counted; the last span runs on for ever."""
    if us <= 0:
        return start
    left = us
    for span in spans:
        if span.to_at is not None and span.to_at <= start:
            continue
        if paused_by(span, clock) is not None:
            continue
        begins = max(span.from_at, start)
        if span.to_at is not None:
            counted = counted_us(span, clock, begins, span.to_at)
            if counted < left:
                left -= counted
                continue
        return _after(span, clock, begins, left)
    return None


def _after(span: Span, clock: str, begins: datetime, us: int) -> datetime | None:
    if not span.terms.rule(clock).business:
        return begins + timedelta(microseconds=us)
    try:
        return hours.add_open_seconds(span.terms.hours, begins, us / MICROS)
    except hours.NeverOpens:
        return None


def reckon(
    spans: Sequence[Span],
    clock: str,
    *,
    started_at: datetime,
    stopped_at: datetime | None,
    at: datetime,
    target_s: int | None,
) -> Reckoning:
    """A clock over the ledger, as it stands at `at`, or stood when it was stopped."""
    end = at if stopped_at is None else stopped_at
    known = spans if stopped_at is None else as_of(spans, stopped_at)
    due = None
    if target_s is not None:
        due = reached_at(known, clock, started_at, target_s * MICROS)
    late = due if due is not None and due < end else None
    ended = not known or known[-1].to_at is not None
    now = "closed" if ended else paused_by(known[-1], clock)
    return Reckoning(elapsed_us(known, clock, started_at, end), due, late, now)


def reckon_absolute(
    *, started_at: datetime, stopped_at: datetime | None, at: datetime, target_s: int | None
) -> Reckoning:
    """A promise or an appointment: real time from its start, without any pause."""
    end = at if stopped_at is None else stopped_at
    due = started_at + timedelta(seconds=target_s or 0)
    elapsed = max(0, (end - started_at) // MICROSECOND)
    return Reckoning(elapsed, due, due if due < end else None, None)
