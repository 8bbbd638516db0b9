"""A running installation to measure: real processes, a real database with its syncing on, a floor.

Everything is made through the services; nothing is faked for speed. The load generator shares the
machine with what it measures, so figures are what two cores give to all of it together.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from helpdesk import app
from helpdesk.channels import sites
from helpdesk.core import db
from helpdesk.core.actors import Actor, system
from helpdesk.core.work import begin
from helpdesk.identity import service as people
from helpdesk.identity import tokens
from helpdesk.routing import setup
from helpdesk.workflows import desk
from tests.real.postgres import PostgresServer
from tests.real.server import Installation

SETUP = system("setup")


@dataclass(frozen=True)
class Floor:
    """`tokens` are the agents' bearer tokens, in the order of `agents`."""

    queue_id: str
    site_key: str
    agents: list[str]
    tokens: list[str]


@contextlib.contextmanager
def installation(
    kind: str,
    *,
    threads: int = 1200,
    roles: Sequence[str] = ("web", "relay", "sweeper"),
    processes: int = 1,
    told: Mapping[str, str] | None = None,
) -> Iterator[Installation]:
    """A running installation on `sqlite` or `postgres`, removed at the end.

    `processes` are those of its web role, `told` what else its environment says.
    """
    with contextlib.ExitStack() as stack:
        url = ""
        if kind == "postgres":
            server = PostgresServer.make(durable=True)
            stack.callback(server.remove)
            server.start()
            url = server.create_database("bench")
        running = Installation(url, roles=tuple(roles), by_itself=True)
        running.extra["HELPDESK_WEB_THREADS"] = str(threads)
        running.extra["HELPDESK_LOG_LEVEL"] = "warning"
        running.extra |= told or {}
        if processes > 1:
            running.words["web"] = ("--processes", str(processes))
        stack.callback(running.stop_all)
        running.start_all()
        yield running


def make_floor(running: Installation, agents: int) -> Floor:
    """A queue with that many agents, each with a token, made over the same database."""
    app.compose(running.settings)
    floor = make_floor_here(agents)
    db.current().dispose()
    return floor


def make_floor_here(agents: int, *, capacity: int = 4, online: bool = False) -> Floor:
    """The same over the database that is current; `online` puts everybody on duty."""
    with begin(SETUP) as work:
        queue = setup.create_queue(work, name="Help")
        site, _ = sites.create_site(work, name="Shop", queue_id=queue.id)
        made = [
            people.create_user(work, email=f"agent{n}@example.com", name=f"Agent {n}", role="agent")
            for n in range(agents)
        ]
        setup.set_members(work, queue.id, [user.id for user in made])
        for user in made:
            setup.set_capacity(work, user.id, {"chat": capacity})
        keys = [tokens.create(work, user.id, "bench")[1] for user in made]
        floor = Floor(queue.id, site.key, [user.id for user in made], keys)
    for agent_id in floor.agents if online else ():
        with begin(Actor("user", agent_id, role="agent")) as work:
            desk.connect(work, f"bench-{agent_id}", "bench")
            desk.set_presence(work, "available")
    return floor


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def spread(values: Sequence[float], unit: str = "ms", scale: float = 1000) -> str:
    """`p50 1.0  p90 2.0  p99 3.0  max 4.0 ms (n)`."""
    if not values:
        return "nothing measured"
    parts = [f"{name} {percentile(values, share) * scale:.1f}" for name, share in _SHARES]
    return f"{'  '.join(parts)}  max {max(values) * scale:.1f} {unit}  ({len(values)})"


_SHARES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99))


def of_runs(values: Sequence[float], unit: str) -> str:
    """Median of several runs with the lowest and the highest."""
    return (
        f"median {statistics.median(values):,.1f} {unit}"
        f"  (lowest {min(values):,.1f}, highest {max(values):,.1f}, {len(values)} runs)"
    )


def arguments(text: str, **defaults: object) -> argparse.Namespace:
    """Command-line options with these defaults, by the type of each."""
    parser = argparse.ArgumentParser(description=text)
    for name, value in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    return parser.parse_args()
