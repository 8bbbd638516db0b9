"""A ticket's clocks counted minute by minute: slow, and without a ledger.

Exists as the reference for helpdesk.clocks. It walks through a history with a few counters in
hand, one minute after the other, and shares nothing with the code it checks but the meaning of the
words: no spans, no sums over windows, no instants computed from amounts. Which minutes are open
comes from the minute-by-minute reference of the calendars.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

MINUTE = timedelta(minutes=1)
KEEPS_HOURS = ("queue", "agent", "bot")


@dataclass(frozen=True)
class House:
    """What holds for one priority: `open_minutes` None is around the clock."""

    open_minutes: frozenset[datetime] | None
    targets: Mapping[str, int]  # minutes
    business: Mapping[str, bool]
    pauses: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Event:
    """`minute` after the opening; `what` names the method of Walk that says what happened."""

    minute: int
    what: str
    party: str = ""
    state: str = ""
    priority: str = ""


@dataclass
class Clock:
    name: str
    started: int
    target: int | None
    counted: list[int] = field(default_factory=list)
    stopped: int | None = None
    by: str = ""
    due: int | None = None
    first: tuple[int, int, bool] | None = None


@dataclass
class Now:
    party: str
    state: str
    priority: str


@dataclass
class Result:
    clocks: list[Clock]
    parties: Counter[str]
    end: int


class Walk:
    """One history from the first minute to the last."""

    def __init__(
        self,
        houses: Mapping[str, House],
        opened_at: datetime,
        priority: str,
        later: Mapping[str, House] | None = None,
    ) -> None:
        self.houses, self.opened_at = houses, opened_at
        self.later = later or houses
        self.now = Now("queue", "new", priority)
        self.before = Now("queue", "new", priority)
        self.clocks: list[Clock] = []
        self.parties: Counter[str] = Counter()
        self.closed = self.resolved = False
        self.since_closing = 0
        self.minute = 0
        for name in ("first_response", "resolution"):
            self.start(name)

    def walk(self, events: Sequence[Event], until: int) -> Result:
        waiting = list(events)
        while True:
            while waiting and waiting[0].minute == self.minute:
                getattr(self, waiting[0].what)(waiting.pop(0))
            if self.minute == until:
                break
            self.tick()
        for clock in self.clocks:
            if clock.stopped is None:
                clock.due = self.look_ahead(clock, self.now)
        return Result(self.clocks, self.parties, self.minute)

    def tick(self) -> None:
        if self.closed:
            self.since_closing += 1
        else:
            self.parties[self.party_of_this_minute()] += 1
            for clock in self.clocks:
                if clock.stopped is None and self.counts(clock.name, self.now, self.minute):
                    clock.counted.append(self.minute)
        self.before = Now(**vars(self.now))
        self.minute += 1

    def party_of_this_minute(self) -> str:
        if self.now.party in KEEPS_HOURS and not self.is_open(self.now.priority, self.minute):
            return "closed_hours"
        return self.now.party

    def is_open(self, priority: str, minute: int) -> bool:
        hours = self.houses[priority].open_minutes
        return hours is None or self.opened_at + minute * MINUTE in hours

    def counts(self, name: str, now: Now, minute: int) -> bool:
        house = self.houses[now.priority]
        if now.state in ("resolved", "closed"):
            return False
        if house.business[name] and not self.is_open(now.priority, minute):
            return False
        who = "visit_booked" if now.state == "visit_booked" else now.party
        return who not in house.pauses[name]

    def look_ahead(self, clock: Clock, now: Now, days: int = 21) -> int | None:
        """The minute at which the target is used up, if all goes on as `now`."""
        if clock.target is None:
            return None
        if len(clock.counted) >= clock.target:
            return clock.counted[clock.target - 1] + 1
        if self.closed:  # what begins on a closed ticket has no deadline before a reopening
            return None
        left = clock.target - len(clock.counted)
        for minute in range(self.minute, self.minute + days * 1440):
            left -= self.counts(clock.name, now, minute)
            if left == 0:
                return minute + 1
        return None

    # What can happen.

    def start(self, name: str) -> None:
        target = self.houses[self.now.priority].targets.get(name)
        self.clocks.append(Clock(name, self.minute, target))

    def running(self, name: str) -> Clock | None:
        found = [c for c in self.clocks if c.name == name and c.stopped is None]
        return found[0] if found else None

    def stop(self, name: str, by: str) -> None:
        clock = self.running(name)
        if clock is not None:
            clock.stopped, clock.by = self.minute, by
            clock.due = self.look_ahead(clock, self.before)
            if name == "resolution" and clock.first is None:
                late = clock.due is not None and clock.due < self.minute
                clock.first = (self.minute, len(clock.counted), late)

    def book(self, event: Event) -> None:
        if not self.settled():
            self.now.party, self.now.state = event.party, event.state

    def wrote(self, event: Event) -> None:
        if not self.running("first_response") and not self.running("next_response"):
            self.start("next_response")

    def replied(self, event: Event) -> None:
        self.stop("first_response", "reply")
        self.stop("next_response", "reply")

    def settled(self) -> bool:
        return self.closed or self.resolved

    def do_resolve(self) -> None:
        self.stop("resolution", "resolved")
        self.resolved = True
        self.now.party, self.now.state = "customer", "resolved"

    def resolve(self, event: Event) -> None:
        if not self.settled():
            self.do_resolve()

    def close(self, event: Event) -> None:
        if self.closed:
            return
        for name in ("resolution", "first_response", "next_response"):
            self.stop(name, "closed")
        self.closed, self.since_closing = True, 0

    def reopen(self, event: Event) -> None:
        if not self.settled():
            return
        if self.closed:
            self.parties["customer"] += self.since_closing
        for name in ("resolution", "first_response", "next_response"):
            last = [c for c in self.clocks if c.name == name][-1:]
            if last and (name == "resolution" or (self.closed and last[0].by == "closed")):
                last[0].stopped, last[0].by = None, ""
        self.closed = self.resolved = False
        self.now.party, self.now.state = event.party, event.state
        self.aim()

    def refit(self, event: Event) -> None:
        self.now.priority = event.priority
        if not self.closed:
            self.aim()

    def change(self, event: Event) -> None:
        """An administrator changed every level; what was counted stays counted."""
        self.houses = self.later
        if not self.closed:
            self.aim()

    def aim(self) -> None:
        for clock in self.clocks:
            if clock.stopped is None:
                clock.target = self.houses[self.now.priority].targets.get(clock.name)


def walk(
    houses: Mapping[str, House],
    opened_at: datetime,
    priority: str,
    events: Sequence[Event],
    until: int,
    later: Mapping[str, House] | None = None,
) -> Result:
    """The whole life up to `until`; `later` holds from the event `change` on."""
    return Walk(houses, opened_at, priority, later).walk(events, until)


def story(result: Result) -> list[tuple[Any, ...]]:
    """What is compared: name, start, stop, counted minutes, due minute, late, first resolution."""
    told = []
    for clock in result.clocks:
        end = result.end if clock.stopped is None else clock.stopped
        late = clock.due is not None and clock.due < end
        told.append(
            (clock.name, clock.started, clock.stopped, len(clock.counted), clock.due, late,
             clock.first)
        )  # fmt: skip
    return sorted(told, key=lambda one: (one[1], one[0]))
