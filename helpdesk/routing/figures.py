"""What a simulated day comes to, by the formulas of the glossary, and how it reads as plain text.

Why apart: the same names as in the reports on real days, so that the two can be laid side by side.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from helpdesk.routing.estimates import Coverage, Outcome, coverage
from helpdesk.routing.state import Id


@dataclass(frozen=True, slots=True)
class Wait:
    """One customer's wait. `unserved`: still waiting when nothing more could happen."""

    item: Id
    queue: Id
    seconds: float
    answered: bool
    unserved: bool
    told: Outcome | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares are 0-1, times in seconds; None where there is nothing to divide by."""

    offered: int
    answered: int
    abandoned: int
    abandoned_at_once: int
    unserved: int
    service_level: float | None
    average_speed_of_answer: float | None
    wait_p50: float | None
    wait_p90: float | None
    abandonment: float | None
    estimates: Coverage


@dataclass(frozen=True, slots=True)
class Fairness:
    """Mean waits of those with a head start and of the others, and both without any head start."""

    favoured: int
    favoured_wait: float
    favoured_wait_without: float
    others: int
    others_wait: float
    others_wait_without: float

    @property
    def others_paid(self) -> float:
        """Seconds that each of the others waited longer, on average."""
        return self.others_wait - self.others_wait_without

    @classmethod
    def between(
        cls, given: Sequence[Wait], plain: Sequence[Wait], favoured: Collection[Id]
    ) -> "Fairness | None":
        """None where nobody, or everybody, had a head start."""
        means = []
        for waits in (given, plain):
            for wanted in (True, False):
                group = [wait.seconds for wait in waits if (wait.item in favoured) == wanted]
                if not group:
                    return None
                means.append(sum(group) / len(group))
        n = sum(wait.item in favoured for wait in given)
        return cls(n, means[0], means[2], len(given) - n, means[1], means[3])


@dataclass(frozen=True, slots=True)
class Result:
    total: Figures
    queues: dict[str, Figures]
    occupancy: float | None
    answer_within_s: float
    short_abandon_s: float
    fairness: Fairness | None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(slots=True)
class _Person:
    idle_since: float = 0.0
    slots_used: int = 0
    working_since: float = 0.0
    worked: float = 0.0
    on_duty_since: float | None = None
    available: float = 0.0


@dataclass(slots=True)
class Agents:
    """Books each agent's time: at work (any slot in use, past a shift's end too) or available."""

    people: dict[Id, _Person] = field(default_factory=dict)

    def begins(self, agent: Id, at: float) -> None:
        person = self.people.setdefault(agent, _Person())
        person.on_duty_since = person.idle_since = at

    def ends(self, agent: Id, at: float) -> None:
        person = self.people[agent]
        if not person.slots_used:
            self._book_available(person, at)
        person.on_duty_since = None

    def idle_since(self, agent: Id) -> float:
        return self.people[agent].idle_since

    def takes(self, agent: Id, at: float) -> None:
        person = self.people[agent]
        if not person.slots_used:
            self._book_available(person, at)
            person.working_since = at
        person.slots_used += 1
        person.idle_since = at

    def gives_back(self, agent: Id, at: float, *, idle_since: float) -> None:
        person = self.people[agent]
        person.slots_used -= 1
        person.idle_since = idle_since
        if not person.slots_used:
            person.worked += at - person.working_since
            if person.on_duty_since is not None:
                person.on_duty_since = at

    def occupancy(self, at: float) -> float | None:
        """Time at work over that and available time."""
        worked = available = 0.0
        for person in self.people.values():
            worked += person.worked
            available += person.available
            if person.slots_used:
                worked += at - person.working_since
            elif person.on_duty_since is not None:
                available += at - person.on_duty_since
        return worked / (worked + available) if worked + available > 0 else None

    def _book_available(self, person: _Person, at: float) -> None:
        if person.on_duty_since is not None:
            person.available += at - person.on_duty_since


def figures(waits: Sequence[Wait], answer_within_s: float, short_abandon_s: float) -> Figures:
    """The figures of the glossary over some waits."""
    answered = [wait.seconds for wait in waits if wait.answered]
    left = [wait.seconds for wait in waits if not wait.answered and not wait.unserved]
    at_once = sum(seconds <= short_abandon_s for seconds in left)
    counted = len(waits) - at_once
    in_time = sum(seconds <= answer_within_s for seconds in answered)
    ordered = sorted(wait.seconds for wait in waits)
    return Figures(
        offered=len(waits),
        answered=len(answered),
        abandoned=len(left) - at_once,
        abandoned_at_once=at_once,
        unserved=sum(wait.unserved for wait in waits),
        service_level=in_time / counted if counted else None,
        average_speed_of_answer=sum(answered) / len(answered) if answered else None,
        wait_p50=_percentile(ordered, 0.5),
        wait_p90=_percentile(ordered, 0.9),
        abandonment=(len(left) - at_once) / len(waits) if waits else None,
        estimates=coverage([wait.told for wait in waits if wait.told is not None]),
    )


def render(result: Result) -> str:
    """A plain text report, one line a queue."""
    within = f"in {result.answer_within_s:g} s"
    titles = ("queue", "offered", "answered", "left", within, "ASA s", "p50 s", "p90 s")
    rows = [titles, *(_row(name, one) for name, one in result.queues.items())]
    rows.append(_row("all", result.total))
    widths = [max(len(row[n]) for row in rows) for n in range(len(titles))]
    lines = [
        "  ".join(
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    told = result.total.estimates
    shares = f"p50 {_share(told.within_p50)}, p90 {_share(told.within_p90)}"
    lines += [
        "",
        f"Occupancy {_share(result.occupancy)}",
        f"Estimates told {told.counted}; within {shares}",
    ]
    if result.total.unserved:
        lines.append(f"Never served {result.total.unserved}: nobody on the roster fits")
    if result.fairness is not None:
        fair = result.fairness
        lines.append(
            f"Head starts: {fair.favoured} waited {fair.favoured_wait:.1f} s instead of "
            f"{fair.favoured_wait_without:.1f} s; {fair.others} others {fair.others_wait:.1f} s "
            f"instead of {fair.others_wait_without:.1f} s"
        )
    return "\n".join(lines) + "\n"


def _row(name: str, one: Figures) -> tuple[str, ...]:
    return (
        name,
        str(one.offered),
        str(one.answered),
        _share(one.abandonment),
        _share(one.service_level),
        *(_seconds(value) for value in (one.average_speed_of_answer, one.wait_p50, one.wait_p90)),
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _percentile(ordered: Sequence[float], share: float) -> float | None:
    """Between neighbours by distance."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
