"""What a simulation is run on: work that comes in, people with shifts, and the rules of the queues.

Why apart: a scenario is written by a planner as JSON or taken from a file of counts, and has to be
refused with a sentence that says what is wrong. Not for running it; that is `simulation`.
"""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from helpdesk.routing.overflow import OverflowRule
from helpdesk.routing.requirements import Levels, Step
from helpdesk.routing.state import DEFAULT_SLOTS, Queue
from helpdesk.routing.strategies import LONGEST_IDLE, Strategy, strategy_named

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stream:
    """Work of one kind coming in. `counts` per interval of `interval_s` seconds from the start.

    Counts are means of a Poisson number, or the very numbers where `exact`. Handling times are
    lognormal; `handle_spread` is standard deviation over mean. `patience_s` is the mean of an
    exponential time after which a customer gives up; None waits for ever. `skills` and
    `head_starts` are shares (0-1) with what they ask or get; what is left of the shares asks or
    gets nothing.
    """

    queue: str
    counts: tuple[float, ...]
    channel: str = "chat"
    interval_s: float = 300.0
    exact: bool = False
    handle_s: float = 300.0
    handle_spread: float = 0.8
    patience_s: float | None = None
    skills: tuple[tuple[float, Levels], ...] = ()
    head_starts: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Crew:
    """`size` people alike. `shifts` are pairs of seconds from the start; none: always there."""

    name: str
    size: int
    queues: tuple[str, ...]
    skills: Levels = field(default_factory=dict)
    slots: Mapping[str, int] = field(default_factory=lambda: DEFAULT_SLOTS)
    shifts: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole simulation. The same scenario with the same seed gives the same result.

    `answer_after_s`: from an offer to its acceptance. `declined`: share of offers refused.
    """

    queues: tuple[Queue, ...]
    streams: tuple[Stream, ...]
    crews: tuple[Crew, ...]
    answer_within_s: float = 20.0
    short_abandon_s: float = 5.0
    answer_after_s: float = 3.0
    declined: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        known = {str(queue.id) for queue in self.queues}
        named = {stream.queue for stream in self.streams}
        named |= {name for crew in self.crews for name in crew.queues}
        named |= {
            str(added) for queue in self.queues for step in queue.steps for added in step.add_queues
        }
        unknown = sorted(named - known)
        if unknown:
            raise ValueError(f"no queue {unknown[0]!r} in this scenario")
        if not 0 <= self.declined < 1:
            raise ValueError("declined is a share from 0 to below 1")
        for stream in self.streams:
            if stream.interval_s <= 0 or stream.handle_s <= 0 or min(stream.counts, default=0) < 0:
                raise ValueError(
                    f"stream {stream.queue!r}: intervals and handling times are above 0 seconds, "
                    "counts at least 0"
                )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Scenario":
        """Plain JSON values with the names of the fields; ValueError says what doesn't fit."""
        return _built(
            cls,
            data,
            queues=lambda many: tuple(_queue(one) for one in many),
            streams=lambda many: tuple(_stream(one) for one in many),
            crews=lambda many: tuple(_crew(one) for one in many),
        )


def arrivals_from_csv(lines: Iterable[str]) -> tuple[float, ...]:
    """Counts in file order from lines of `time,count` under a header; closed hours are absent."""
    reader = csv.reader(lines)
    next(reader, None)
    counts = []
    for row in reader:
        if not row:
            continue
        try:
            counts.append(float(row[1]))
        except (IndexError, ValueError):
            raise ValueError(
                f"line {reader.line_num}: expected a time and a count, found {','.join(row)!r}"
            ) from None
    return tuple(counts)


def _queue(data: Mapping[str, Any]) -> Queue:
    return _built(
        Queue,
        data,
        steps=lambda many: tuple(_step(one) for one in many),
        strategy=_strategy,
        overflow=lambda many: tuple(_built(OverflowRule, one) for one in many),
    )


def _step(data: Mapping[str, Any]) -> Step:
    return _built(
        Step,
        data,
        drop=tuple,
        lower=lambda levels: tuple(sorted(levels.items())),
        add_queues=tuple,
    )


def _strategy(data: str | Mapping[str, Any]) -> Strategy:
    if isinstance(data, str):
        return strategy_named(data)
    weights = dict(data)
    return strategy_named(str(weights.pop("name", LONGEST_IDLE.name)), **weights)


def _stream(data: Mapping[str, Any]) -> Stream:
    return _built(
        Stream,
        data,
        counts=lambda many: tuple(float(one) for one in many),
        skills=lambda many: tuple((share, dict(levels)) for share, levels in many),
        head_starts=lambda many: tuple((share, seconds) for share, seconds in many),
    )


def _crew(data: Mapping[str, Any]) -> Crew:
    return _built(
        Crew,
        data,
        queues=tuple,
        shifts=lambda many: tuple((begins, ends) for begins, ends in many),
    )


def _built(kind: type[T], data: Mapping[str, Any], **read: Callable[[Any], Any]) -> T:
    """`kind` from plain values; unknown, missing and unreadable fields are told by name."""
    if not isinstance(data, Mapping):
        raise ValueError(f"{kind.__name__}: expected fields with values, found {data!r}")
    known = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    for name in data:
        if name not in known:
            raise ValueError(f"{kind.__name__}: no field {name!r}; known are {', '.join(known)}")
    try:
        return kind(**{name: read.get(name, _same)(value) for name, value in data.items()})
    except TypeError as error:
        raise ValueError(f"{kind.__name__}: {error}") from None


def _same(value: Any) -> Any:
    return value
