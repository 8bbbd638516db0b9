"""A ticket's clocks as sentences and rows of a table.

Pure: a story in, words out. The arithmetic is in helpdesk.clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.clocks.explain import Explanation, Row
from helpdesk.clocks.queries import ClockValue
from helpdesk.clocks.sla import MICROS, Reckoning
from helpdesk.clocks.stories import Story
from helpdesk.clocks.terms import ABSOLUTE
from helpdesk.web.presenting import MONTHS, WEEKDAYS, duration
from helpdesk.web.sla_words import CLOCKS, PARTIES, REASONS, target_text

ORDER = ("queue", "agent", "bot", "travelling", "on_site", "customer", "third_party")


@dataclass(frozen=True, slots=True)
class Part:
    """One party's share of the bar; left and width in thousandths."""

    party: str
    word: str
    seconds: int
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. `day` is said only where it changes."""

    row: Row
    day: str
    begins: str
    ends: str
    who: str
    counts: str
    note: str


@dataclass(frozen=True, slots=True)
class View:
    parts: Sequence[Part]
    lines: Sequence[Line]
    rule: str


def view(story: Story, told: Explanation | None, zone: str) -> View:
    return View(_parts(story), _lines(told, zone) if told else [], _rule(story, told))


def pressing(story: Story) -> str:
    """The clock one most likely came for: late and owed, then the next due, then the resolution."""
    owed = [c for c in story.clocks if c.stopped_at is None and c.due_at is not None]
    if owed:
        return min(owed, key=lambda c: (c.due_at, c.name)).id
    resolution = [c for c in story.clocks if c.name == "resolution"]
    return (resolution or list(story.clocks))[0].id if story.clocks else ""


def answer(clock: ClockValue, at: datetime, zone: str) -> str:
    """One sentence about one clock."""
    name = CLOCKS[clock.name]
    took = duration(clock.elapsed_us / MICROS)
    if clock.state == "withdrawn":
        return f"{name} was withdrawn."
    if clock.name in ABSOLUTE:
        return _fixed(clock, name, at, zone)
    if clock.stopped_at is not None:
        if clock.stopped_by == "closed":
            return f"{name} was never given: the ticket was closed after {took} had counted."
        if clock.target_s is None:
            return f"{name} took {took}. No deadline was set."
        outcome = "late" if clock.breached_at else "in time"
        return f"{name} took {took} of {target_text(clock.target_s)}: {outcome}."
    if clock.target_s is None:
        return f"{name} has no deadline. So far {took} have counted."
    if clock.breached_at is not None:
        return f"{name} is late. It was due {when(clock.breached_at, zone)}."
    if clock.due_at is None:
        left = duration(max(0, clock.target_s * MICROS - clock.elapsed_us) / MICROS)
        why = REASONS.get(clock.paused_by or "", "paused")
        why = why.removeprefix("Paused: ").lower()
        return f"{name} is paused ({why}). {left} are left of {target_text(clock.target_s)}."
    return f"{name} is due {when(clock.due_at, zone)}, if all goes on as it is now."


def _fixed(clock: ClockValue, name: str, at: datetime, zone: str) -> str:
    due = when(clock.due_at or clock.started_at, zone)
    if clock.stopped_at is not None:
        return f"{name} for {due}: {'late' if clock.breached_at else 'kept in time'}."
    return f"{name} for {due}" + (", and that has passed." if clock.breached_at else ".")


def state(clock: ClockValue) -> tuple[str, str, str]:
    """Word, tone and icon of a clock's pill."""
    if clock.state == "withdrawn":
        return "Withdrawn", "quiet", "circle-off"
    if clock.breached_at is not None:
        word = "Late" if clock.stopped_at is None else "Was late"
        return word, "danger", "circle-alert"
    if clock.stopped_by == "closed" and clock.name != "resolution":
        return "Unanswered", "quiet", "circle-off"
    if clock.stopped_at is not None:
        return ("In time", "success", "check") if clock.target_s else ("Done", "quiet", "check")
    if clock.paused_by is not None:
        return REASONS.get(clock.paused_by, "Paused").removeprefix("Paused: "), "quiet", "pause"
    return "Running", "info", "timer"


def verdict(clock: ClockValue, found: Reckoning, target_s: int | None, zone: str) -> str:
    """One cell of the comparison."""
    if target_s is None:
        return "No deadline"
    if found.breached_at is not None:
        return f"Late since {when(found.breached_at, zone)}"
    if clock.stopped_at is not None:
        return f"In time, {duration(found.elapsed_us / MICROS)} counted"
    if found.due_at is None:
        return "Paused"
    return f"Due {when(found.due_at, zone)}"


def as_found(clock: ClockValue) -> Reckoning:
    return Reckoning(clock.elapsed_us, clock.due_at, clock.breached_at, clock.paused_by)


def when(at: datetime, zone: str) -> str:
    """`Mon 23 Nov at 17:00` on the reader's wall clock."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{_day(local)} at {local:%H:%M}"


def _day(local: datetime) -> str:
    return f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}"


def _parts(story: Story) -> list[Part]:
    total = sum(story.totals_us.values()) or 1
    parts, left = [], 0
    for party in (*ORDER, "closed_hours"):
        us = story.totals_us.get(party, 0)
        if not us:
            continue
        width = max(4, round(us * 1000 / total))
        parts.append(Part(party, PARTIES[party], us // MICROS, left, width))
        left += width
    return parts


def _lines(told: Explanation, zone: str) -> list[Line]:
    lines, shown = [], ""
    for row in told.rows:
        begins, ends = (at.astimezone(ZoneInfo(zone)) for at in (row.from_at, row.to_at))
        day = _day(begins)
        last = _day(ends)
        lines.append(
            Line(
                row=row,
                day="" if day == shown else day,
                begins=f"{begins:%H:%M}",
                ends=f"{ends:%H:%M}" if last == day else f"{last}, {ends:%H:%M}",
                who=PARTIES.get(row.party, row.party),
                counts="Counts" if row.counted else REASONS.get(row.why, "Paused"),
                note=_note(row),
            )
        )
        shown = day
    return lines


def _note(row: Row) -> str:
    if row.party == "closed_hours":
        behind = PARTIES[row.behind].lower()
        return f"{row.hours.removeprefix('Closed, ').capitalize()}; {behind}"
    if row.why == "closed_hours":
        return row.hours.removeprefix("Closed, ").capitalize()
    if row.state == "visit_booked":
        return "A visit is booked"
    return ""


def _rule(story: Story, told: Explanation | None) -> str:
    """What counts by the terms that hold now."""
    if told is None or not story.spans:
        return ""
    terms = story.spans[-1].terms
    rule = terms.rule(told.clock)
    by_hours = rule.business and not terms.hours.around_the_clock
    counted = f"Business hours count ({terms.hours.zone})" if by_hours else "Every hour counts"
    pauses = [REASONS[key].removeprefix("Paused: ") for key in sorted(rule.pauses)]
    if not pauses:
        return f"{counted}; nothing pauses it."
    return f"{counted}; it pauses while {', '.join(pauses)}."
