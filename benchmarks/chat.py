"""How long a visitor's first words take to an agent's desk, and each message after that.

    python -m benchmarks.chat --database postgres --agents 200 --rate 20 --seconds 20

Agents accept at once, chats end after a few seconds and are wrapped up, so the whole loop is the
load. Times are from the visitor's send to the agent client's receipt, on one clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from pathlib import Path
from typing import Any

from benchmarks.floor import Floor, arguments, installation, make_floor, spread
from benchmarks.wire import Client

ENDS_AFTER_S = 4.0


class Load:
    """Clients and what they saw."""

    def __init__(self, url: str, floor: Floor) -> None:
        self.url, self.floor = url, floor
        self.sent: dict[str, float] = {}
        self.offers: list[float] = []
        self.messages: list[float] = []
        self.agents: list[Client] = []
        self.taken: dict[str, Client] = {}
        self.tasks: set[asyncio.Task[Any]] = set()
        self.errors = 0

    def spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.errors += 1

    async def agents_come_in(self) -> None:
        for token in self.floor.tokens:
            agent = Client(self.url, "/agent", {"token": token})
            agent.keep_events = False
            agent.on["offer"].append(lambda offer, a=agent: self._offered(a, offer))
            agent.on["message"].append(self._message)
            await agent.connect()
            self.agents.append(agent)
        for agent in self.agents:
            await agent.emit("presence.set", {"state": "available"})

    def _offered(self, agent: Client, offer: dict[str, Any]) -> None:
        started = self.sent.get(offer["reason"])
        if started is not None:
            self.offers.append(time.perf_counter() - started)
        self.spawn(self._accept(agent, offer))

    async def _accept(self, agent: Client, offer: dict[str, Any]) -> None:
        answer = await agent.emit("offer.accept", {"offer_id": offer["offer_id"]})
        if "error" not in answer:
            self.taken[answer["conversation_id"]] = agent

    def _message(self, message: dict[str, Any]) -> None:
        started = self.sent.pop(message.get("client_msg_id") or "", None)
        if started is not None and message["from"] == "visitor":
            self.messages.append(time.perf_counter() - started)

    async def visitor(self, name: str, *, ends: bool) -> tuple[Client, str]:
        client = Client(self.url, "/visitor", {"site": self.floor.site_key})
        client.keep_events = False
        await client.connect()
        text = f"chat {name}"
        self.sent[text] = time.perf_counter()
        answer = await client.emit("chat.start", {"text": text, "name": f"Visitor {name}"})
        conversation_id = answer["conversation_id"]
        if ends:
            await asyncio.sleep(ENDS_AFTER_S)
            await client.emit("chat.end", {})
            agent = self.taken.pop(conversation_id, None)
            if agent is not None:
                facts = {"conversation_id": conversation_id, "outcome": "resolved"}
                await agent.emit("wrapup.finish", facts)
            await client.close()
        return client, conversation_id


async def steady(rate: float, seconds: float, act: Any) -> None:
    """Call `act(n)` at an even rate, whatever the calls take."""
    begun = time.perf_counter()
    for n in range(int(rate * seconds)):
        pause = begun + n / rate - time.perf_counter()
        if pause > 0:
            await asyncio.sleep(pause)
        act(n)


async def offers(load: Load, rate: float, seconds: float) -> None:
    """Chats start at `rate` for `seconds`."""
    await steady(rate, seconds, lambda n: load.spawn(load.visitor(f"{n}", ends=True)))
    await asyncio.sleep(ENDS_AFTER_S + 2)


async def messages(load: Load, chats: int, rate: float, seconds: float) -> None:
    """`chats` running chats in which visitors write, `rate` messages a second over all of them."""
    talking = []
    for n in range(chats):
        talking.append(await load.visitor(f"talk {n}", ends=False))
    await asyncio.sleep(1)

    def write(n: int) -> None:
        client, _ = talking[n % chats]
        key = f"m-{n}"
        load.sent[key] = time.perf_counter()
        load.spawn(client.emit("chat.message", {"client_msg_id": key, "text": f"message {n}"}))

    await steady(rate, seconds, write)
    await asyncio.sleep(1)
    for client, _ in talking:
        with contextlib.suppress(Exception):
            await client.emit("chat.end", {})
            await client.close()


async def idle(load: Load, how_many: int, pid: int) -> None:
    """Visitors who have the widget open and write nothing; memory of the web process per socket."""
    before = resident(pid)
    clients = []
    for n in range(how_many):
        client = Client(load.url, "/visitor", {"site": load.floor.site_key})
        client.keep_events = False
        clients.append(await client.connect())
        if n % 200 == 199:
            await asyncio.sleep(0.05)
    await asyncio.sleep(2)
    grown = resident(pid) - before
    each = grown / how_many / 1024
    print(f"{how_many} idle visitors: {each:.1f} kB each, process grew {grown >> 20} MiB")


def resident(pid: int) -> int:
    """Bytes in memory of a process and its children."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            stat = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
            if int(folder.name) == pid or int(stat[1]) == pid:
                total += int((folder / "statm").read_text().split()[1]) * 4096
    return total


async def run(options: Any, url: str, floor: Floor, pid: int) -> None:
    load = Load(url, floor)
    await load.agents_come_in()
    print(f"{len(load.agents)} agents connected", flush=True)
    if options.idle:
        await idle(load, options.idle, pid)
    # Walking thousands of clients of its own, the collector stopped the clock for half a second.
    gc.collect()
    gc.freeze()
    await offers(load, options.rate, 3)  # warm-up
    for n in range(options.runs):
        load.offers.clear()
        load.errors = 0
        await offers(load, options.rate, options.seconds)
        print(f"offer   run {n + 1}: {spread(load.offers)}  errors {load.errors}", flush=True)
    for n in range(options.runs):
        load.messages.clear()
        load.errors = 0
        await messages(load, options.chats, options.messages, options.seconds)
        print(f"message run {n + 1}: {spread(load.messages)}  errors {load.errors}", flush=True)


def main() -> None:
    options = arguments(
        __doc__ or "",
        database="postgres",
        agents=200,
        rate=20.0,
        messages=200.0,
        chats=100,
        seconds=15.0,
        runs=3,
        idle=0,
    )
    with installation(options.database) as running:
        floor = make_floor(running, options.agents)
        print(f"{options.database}, {options.rate:g} chats/s, {options.messages:g} messages/s")
        asyncio.run(run(options, running.url, floor, running.processes["web"].pid))


if __name__ == "__main__":
    main()
