"""How many chats a second come in, find their agent and are accepted: services and a real database.

    python -m benchmarks.assignments --database postgres --agents 200 --threads 4 --processes 2

Each one is what a visitor and an agent cause: a transaction that makes customer, conversation,
message, work item and offer, and one that accepts it. Agents are emptied in between by ending the
chat and finishing the wrap-up, outside of the figure. CPU is that of the processes that do it, as
many as there are web processes (`helpdesk web --processes` on PostgreSQL).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.floor import arguments, make_floor_here, of_runs
from helpdesk import wiring
from helpdesk.app import rest_what_is_loaded
from helpdesk.core import db, migrating, secrets, work
from helpdesk.core.actors import Actor
from helpdesk.core.work import begin
from helpdesk.routing.events import OfferMade
from helpdesk.workflows import chat, desk
from tests.real.postgres import PostgresServer


@contextlib.contextmanager
def database(kind: str) -> Iterator[None]:
    """An empty migrated database, synced as in production."""
    secrets.configure("a key for measuring only, long enough for all purposes")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-bench-")))
        url = f"sqlite:///{folder / 'helpdesk.db'}"
        if kind == "postgres":
            server = PostgresServer.make(durable=True)
            stack.callback(server.remove)
            server.start()
            url = server.create_database("bench")
        opened = db.connect(url)
        stack.callback(opened.dispose)
        migrating.upgrade(opened)
        _compose()
        yield


def _compose() -> None:
    wiring.wire()
    rest_what_is_loaded()
    work.silence()
    for observer in wiring.observers():
        work.observe(observer)


class Run:
    """Threads that start chats and accept them until `count` are assigned."""

    def __init__(self, floor: Any, count: int) -> None:
        self.floor, self.left = floor, count
        self.guard = threading.Lock()
        self.assigned: list[tuple[str, str]] = []
        self.failed = 0

    def one(self, n: int) -> bool:
        with begin(Actor("visitor", "new")) as unit:
            site = chat.default_site(unit, self.floor.site_key)
            started = chat.start(unit, site, None, text=f"Question {n}", name=f"Visitor {n}")
            told = [e.event for e in unit.events() if isinstance(e.event, OfferMade)]
        if not told:
            return False
        offer = told[0]  # as the agent's client gets it
        with begin(Actor("user", offer.agent_id, role="agent")) as unit:
            desk.accept_offer(unit, offer.offer_id)
        self.assigned.append((started.conversation_id, offer.agent_id))
        return True

    def worker(self) -> None:
        while True:
            with self.guard:
                if not self.left:
                    return
                self.left -= 1
                n = self.left
            if not self.one(n):
                self.failed += 1

    def empty(self) -> None:
        for conversation_id, agent_id in self.assigned:
            with begin(Actor("user", agent_id, role="agent")) as unit:
                desk.end_by_agent(unit, conversation_id)
                desk.finish_wrap_up(unit, conversation_id, outcome="resolved")


def measure(floor: Any, count: int, threads: int) -> tuple[float, float]:
    """Seconds that `count` assignments took, and processor time of this process for them."""
    run = Run(floor, count)
    begun, cpu = time.perf_counter(), time.process_time()
    crew = [threading.Thread(target=run.worker) for _ in range(threads)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    took, used = time.perf_counter() - begun, time.process_time() - cpu
    run.empty()
    if run.failed:
        print(f"  {run.failed} of {count} found nobody")
    return took, used


class Helper:
    """Another process that does the same at the same time."""

    def __init__(self, url: str, floor: Any, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=_help, args=(url, floor, threads, theirs))
        self.process.start()

    def ready(self) -> None:
        self.line.recv()

    def begin(self, count: int) -> None:
        self.line.send(count)

    def end(self) -> tuple[float, float]:
        took: tuple[float, float] = self.line.recv()
        return took

    def leave(self) -> None:
        self.line.send(0)
        self.process.join()


def _help(url: str, floor: Any, threads: int, line: Connection) -> None:
    secrets.configure("a key for measuring only, long enough for all purposes")
    opened = db.connect(url)
    _compose()
    line.send("ready")
    while count := line.recv():
        line.send(measure(floor, count, threads))
    opened.dispose()


def measure_all(floor: Any, count: int, threads: int, others: list[Helper]) -> tuple[float, float]:
    """Assignments a second of all processes together, and milliseconds of processor for each."""
    for other in others:
        other.begin(count)
    took = [measure(floor, count, threads), *(other.end() for other in others)]
    done = count * len(took)
    return done / max(t for t, _ in took), sum(used for _, used in took) / done * 1000


def main() -> None:
    options = arguments(
        __doc__ or "",
        database="postgres",
        agents=200,
        threads=4,
        count=400,
        runs=5,
        processes=1,
    )
    with database(options.database):
        floor = make_floor_here(options.agents, online=True)
        url = db.current().url
        others = [Helper(url, floor, options.threads) for _ in range(options.processes - 1)]
        for other in others:
            other.ready()
        each = options.count // options.processes
        measure_all(floor, 50, options.threads, others)
        figures = [measure_all(floor, each, options.threads, others) for _ in range(options.runs)]
        for other in others:
            other.leave()
        what = f"{options.agents} agents, {options.threads} threads, {options.processes} processes"
        print(f"{options.database}, {what}")
        print(f"  assignments: {of_runs([rate for rate, _ in figures], 'a second')}")
        print(f"  own CPU:     {of_runs([used for _, used in figures], 'ms each')}")


if __name__ == "__main__":
    main()
