"""The shapes in which `helpdesk.wiring` tells the jobs what to run.

Wiring offers `consumers() -> Mapping[str, Sequence[Consumer]]` (by event kind), `duties() ->
Sequence[Duty]`, `jobs() -> Sequence[Job]` and `announcer()` (called with a batch of events);
relay, sweeper and worker read them. Not for running anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from helpdesk.core.work import Emitted, Work

WorkFactory = Callable[[], AbstractContextManager[Work]]
"""Opens one transaction in the name of the job that runs; a duty may open several."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """What happens because of an event.

    A `reaction` only touches the database: the relay calls `handle(work, emitted)` with the
    events of one batch, in order, in a transaction of its own. An `errand` calls the outside
    world: its `job` (a name in `helpdesk.jobs.queue`) is queued once per event with `event_id`.
    `name` stays the same for ever, because receipts are kept by it.
    """

    name: str
    handle: Callable[[Work, list[Emitted]], None] | None = None
    mode: Literal["reaction", "errand"] = "reaction"
    job: str = ""

    def __post_init__(self) -> None:
        if (self.mode == "reaction") != (self.handle is not None):
            raise ValueError(f"consumer {self.name}: a reaction needs `handle`, an errand `job`")
        if (self.mode == "errand") != bool(self.job):
            raise ValueError(f"consumer {self.name}: an errand needs `job`, a reaction `handle`")


@dataclass(frozen=True, slots=True)
class Duty:
    """Something the sweeper does again and again, at most once every `every_s` seconds."""

    name: str
    every_s: float
    run: Callable[[WorkFactory], Any]


@dataclass(frozen=True, slots=True)
class Job:
    """Labour for a worker: `run` is called with the plain JSON arguments that were queued."""

    name: str
    run: Callable[..., None]
    timeout_s: int = 600


def by_name(jobs: Sequence[Job]) -> dict[str, Job]:
    """The jobs as a table; two with one name are an error of the program."""
    table = {job.name: job for job in jobs}
    if len(table) != len(jobs):
        raise ValueError("two jobs have the same name")
    return table
