"""A deadline told window by window, and what it would be under other terms.

Pure. Rows follow each other without a gap from the clock's start to now (or its stop), and on to
the deadline as it would come if nothing changed. The counted time of the rows is the clock's time,
exactly. Not for words on a screen: `why` is a pause's name or the hours' own reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from helpdesk.clocks.ledger import MICROSECOND, Line, Span, as_of, lines
from helpdesk.clocks.sla import Reckoning, paused_by, reckon
from helpdesk.clocks.terms import Terms

MOST_ROWS = 240


@dataclass(frozen=True, slots=True)
class Row:
    """One window. `why` "" where it counts; else a pause's name, or "closed_hours".

    `hours` says in words why business hours are open or closed. `sum_us` is the clock at its end.
    `ahead`: it has not happened yet. `late`: it lies after the deadline.
    """

    from_at: datetime
    to_at: datetime
    party: str
    behind: str
    state: str
    counted: bool
    why: str
    hours: str
    sum_us: int
    ahead: bool
    late: bool
    new_terms: bool

    @property
    def microseconds(self) -> int:
        return (self.to_at - self.from_at) // MICROSECOND


@dataclass(frozen=True, slots=True)
class Explanation:
    """`left_out` rows in the middle of a very long story are not listed; the sums hold anyway."""

    clock: str
    rows: tuple[Row, ...]
    found: Reckoning
    target_s: int | None
    left_out: int


def explain(
    spans: Sequence[Span],
    clock: str,
    *,
    started_at: datetime,
    stopped_at: datetime | None,
    at: datetime,
    target_s: int | None,
) -> Explanation:
    """Why the clock stands where it stands."""
    found = reckon(
        spans, clock, started_at=started_at, stopped_at=stopped_at, at=at, target_s=target_s
    )
    known = spans if stopped_at is None else as_of(spans, stopped_at)
    end = at if stopped_at is None else stopped_at
    rows: list[Row] = []
    for line in _cut(lines(known, started_at, end), found.due_at):
        _lay(rows, known, clock, line, ahead=False, due_at=found.due_at)
    if stopped_at is None and found.due_at is not None and found.due_at > end:
        for line in lines(known, end, found.due_at):
            _lay(rows, known, clock, line, ahead=True, due_at=found.due_at)
    half = MOST_ROWS // 2
    left_out = max(0, len(rows) - 2 * half)
    if left_out:
        rows = rows[:half] + rows[-half:]
    return Explanation(clock, tuple(rows), found, target_s, left_out)


def as_if(spans: Sequence[Span], terms: Terms) -> list[Span]:
    """The same history as if these terms had held from the first second."""
    return [replace(span, terms=terms) for span in spans]


def _cut(found: Sequence[Line], due_at: datetime | None) -> list[Line]:
    """A line that runs over the deadline becomes two."""
    pieces: list[Line] = []
    for line in found:
        if due_at is not None and line.from_at < due_at < line.to_at:
            pieces += [replace(line, to_at=due_at), replace(line, from_at=due_at)]
        else:
            pieces.append(line)
    return pieces


def _lay(
    rows: list[Row],
    spans: Sequence[Span],
    clock: str,
    line: Line,
    *,
    ahead: bool,
    due_at: datetime | None,
) -> None:
    span = spans[line.span]
    pause = paused_by(span, clock)
    by_hours = span.terms.rule(clock).business
    why = pause or ("closed_hours" if by_hours and not line.is_open else "")
    counted = not why
    before = rows[-1] if rows else None
    total = (before.sum_us if before else 0) + (line.microseconds if counted else 0)
    terms_before = spans[line.span - 1].terms if line.span > 0 else span.terms
    new = line.from_at == span.from_at and bool(rows) and terms_before != span.terms
    row = Row(
        from_at=line.from_at, to_at=line.to_at, party=line.party, behind=line.behind,
        state=line.state, counted=counted, why=why, hours=line.why if by_hours else "",
        sum_us=total, ahead=ahead, late=due_at is not None and line.from_at >= due_at,
        new_terms=new,
    )  # fmt: skip
    if before is not None and not new and _same(before, row):
        rows[-1] = replace(before, to_at=row.to_at, sum_us=total)
    else:
        rows.append(row)


def _same(one: Row, other: Row) -> bool:
    """Whether two rows in a row may be told as one."""
    keys = ("party", "behind", "state", "counted", "why", "ahead", "late", "hours")
    return all(getattr(one, key) == getattr(other, key) for key in keys)
