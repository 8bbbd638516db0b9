"""How soon the carrier's questions about calls are answered, and callers are on agents' screens.

    python -m benchmarks.hooks --rate 50 --seconds 6

A running installation on PostgreSQL with two web processes, two hundred agents, and a carrier that
signs (`carrier`). Each hook in its turn, at an even rate whatever the answers take: callers come
in, wait, give up; meet a flow; leave a message after hours; ring, are answered, spoken with, ended.
An offer's time is from the request that puts its caller in line to the frame at the agent's client.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.carrier import CLOSED, FLOW, NUMBER, Hooks, settings, taking
from benchmarks.chat import steady
from benchmarks.floor import (
    SETUP,
    Floor,
    arguments,
    installation,
    make_floor_here,
    percentile,
    spread,
)
from benchmarks.tickets import cpu_seconds
from benchmarks.wire import Client
from helpdesk import app
from helpdesk.calendars import service as calendars
from helpdesk.carriers import numbers
from helpdesk.carriers.twilio.words import identity_of
from helpdesk.channels.models import Conversation
from helpdesk.core import db
from helpdesk.core.work import Work, begin
from helpdesk.ivr import service as flows
from helpdesk.ivr.starting import step
from helpdesk.routing import setup
from helpdesk.workflows import call_flows

NEVER = {"zone": "UTC", "weekly": {}, "exceptions": {}}
GOAL_MS, MOST_MS = 50, 1000
HIDDEN = ("warm-up", "end", "wrap-up")


def furnish(running: Any, agents: int) -> Floor:
    """A line that is open, one that is closed, one behind a flow: a number for each."""
    app.compose(running.settings)
    floor = make_floor_here(agents)
    with begin(SETUP) as work:
        for agent_id in floor.agents:
            setup.set_capacity(work, agent_id, {"call": 1})
        night = setup.create_queue(work, name="Night")
        night.calendar_id = calendars.create_calendar(work, name="Never", plan=NEVER).id
        flow_id = _flow(work, floor.queue_id)
        for number, queue_id, flow in (
            (NUMBER, floor.queue_id, None),
            (CLOSED, night.id, None),
            (FLOW, floor.queue_id, flow_id),
        ):
            numbers.add_number(
                work, number=number, name=f"Line {number[-1]}", queue_id=queue_id, flow_id=flow,
                greeting="Welcome.", language="en-GB", takes_calls=True, takes_texts=False,
            )  # fmt: skip
    db.current().dispose()
    return floor


def _flow(work: Work, queue_id: str) -> str:
    choices = [{"key": "1", "words": "", "to": "wait"}]
    content = {
        "language": "en-GB",
        "zone": "UTC",
        "greeting": "Welcome.",
        "greeting_known": "",
        "nodes": [
            step("main", "menu", "Menu", prompt="Press one.", choices=choices, otherwise="wait"),
            step("wait", "queue", "Wait", queue_id=queue_id, text="One moment."),
        ],
    }
    flow = flows.add_flow(work, name="Main", content=content)
    flows.publish(work, flow.id, call_flows.known(work), note="", version=flow.version)
    return flow.id


class Caller:
    """A telephone with a number of its own, and the facts that every hook of its call carries."""

    def __init__(self, hooks: Hooks, n: int, called: str) -> None:
        self.hooks = hooks
        self.sid = hooks.sid()
        self.told = {
            "CallSid": self.sid, "From": f"+4474{n:08d}", "To": called, "Direction": "inbound",
            "CallStatus": "in-progress",
        }  # fmt: skip
        self.rang_at = 0.0

    async def rings(self, name: str) -> None:
        self.rang_at = time.perf_counter()
        await self.asks(name, "/voice", CallStatus="ringing")

    async def asks(self, name: str, path: str, **more: str) -> str:
        return await self.hooks.send(name, path, **self.told | more)

    async def ends(self, name: str = "status: the call is over") -> None:
        await self.asks(name, "/status", CallStatus="completed", CallDuration="9")


class Desks:
    """Two hundred agents' clients: they accept at once, and speak when they are told to."""

    def __init__(self, url: str, floor: Floor) -> None:
        self.url, self.floor = url, floor
        self.clients: list[Client] = []
        self.offered: dict[str, float] = {}
        self.took: dict[str, int] = {}
        self.tasks: set[asyncio.Task[Any]] = set()

    async def come_in(self) -> None:
        for n, token in enumerate(self.floor.tokens):
            client = Client(self.url, "/agent", {"token": token})
            client.keep_events = False
            client.on["offer"].append(lambda offer, n=n: self._offer(n, offer))
            self.clients.append(await client.connect())
        for client in self.clients:
            await client.emit("presence.set", {"state": "available"})

    def _offer(self, n: int, offer: dict[str, Any]) -> None:
        self.offered.setdefault(offer["conversation_id"], time.perf_counter())
        task = asyncio.ensure_future(self._accept(n, offer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _accept(self, n: int, offer: dict[str, Any]) -> None:
        answer = await self.clients[n].emit("offer.accept", {"offer_id": offer["offer_id"]})
        if "error" not in answer:
            self.took[answer["conversation_id"]] = n

    async def wrap_up(self, conversation_id: str) -> None:
        facts = {"conversation_id": conversation_id, "outcome": "resolved"}
        await self.clients[self.took[conversation_id]].emit("wrapup.finish", facts)


class Run:
    def __init__(self, running: Any, floor: Floor, options: Any) -> None:
        self.hooks = Hooks(running.url)
        self.desks = Desks(running.url, floor)
        self.database = running.database
        self.rate, self.count = options.rate, int(options.rate * options.seconds)
        self.ring_rate, self.rounds = options.ring_rate, options.rounds
        self.n = 0
        self.cost: dict[str, tuple[float, float]] = {}
        self.offers: list[float] = []

    def callers(self, called: str, count: int) -> list[Caller]:
        self.n += count
        return [Caller(self.hooks, n, called) for n in range(self.n - count, self.n)]

    async def phase(
        self, name: str, acts: Sequence[Callable[[], Awaitable[Any]]], rate: float = 0
    ) -> None:
        """All of it at an even rate; what web processes and database used is the hook's cost."""
        tasks: list[asyncio.Future[Any]] = []
        before, rate = cpu_seconds(), rate or self.rate
        seconds = len(acts) / rate
        await steady(rate, seconds, lambda n: tasks.append(asyncio.ensure_future(acts[n]())))
        await asyncio.gather(*tasks)
        after = cpu_seconds()
        web, base = (after.get(k, 0) - before.get(k, 0) for k in ("web", "database"))
        self.cost[name] = web / len(acts) * 1000, base / len(acts) * 1000
        if name not in HIDDEN:
            self.show(name)
        await asyncio.sleep(0.5)

    def show(self, name: str) -> None:
        took, (web, base) = self.hooks.took[name], self.cost[name]
        p50, p95 = (percentile(took, share) * 1000 for share in (0.5, 0.95))
        verdict = "" if p95 < GOAL_MS and max(took) * 1000 < MOST_MS else "  MISSED"
        print(
            f"{name:40} p50 {p50:6.1f}  p95 {p95:6.1f}  max {max(took) * 1000:7.1f} ms"
            f"  ({len(took)})  processor ms: web {web:.1f}, database {base:.1f}{verdict}",
            flush=True,
        )

    async def alone(self, name: str, path: str, callers: Sequence[Caller], **more: str) -> None:
        await self.phase(name, [lambda c=c: c.asks(name, path, **more) for c in callers])

    async def warm_up(self) -> None:
        some = self.callers(NUMBER, 60)
        await self.phase("warm-up", [lambda c=c: c.rings("warm-up") for c in some])
        await self.alone("warm-up", "/voice/wait", some)
        await self.phase("warm-up", [lambda c=c: c.ends("warm-up") for c in some])

    async def give_up(self) -> None:
        some = self.callers(NUMBER, self.count)
        name = "voice: a call comes in and waits"
        await self.phase(name, [lambda c=c: c.rings(name) for c in some])
        await self.alone("wait: place in line, of hundreds", "/voice/wait", some)
        await self.alone("next: where to be now", "/voice/next", some)
        name = "status: the call is over"
        half = len(some) // 2
        await self.phase(name, [lambda c=c: c.ends() for c in some[:half]])
        left = {"QueueResult": "hangup", "CallStatus": "completed"}
        await self.alone("left: gave up in line", "/voice/left", some[half:], **left)

    async def flow(self) -> None:
        some = self.callers(FLOW, self.count // 2)
        name = "voice: a call comes into a flow"
        await self.phase(name, [lambda c=c: c.rings(name) for c in some])
        await self.alone("step: a key is pressed", "/voice/step?n=1", some, Digits="1")
        await self.phase("end", [lambda c=c: c.ends("end") for c in some])

    async def message(self) -> None:
        some = self.callers(CLOSED, self.count // 2)
        name = "voice: a call comes in after hours"
        await self.phase(name, [lambda c=c: c.rings(name) for c in some])
        name = "message: a voicemail becomes a ticket"
        told = {c.sid: {"RecordingSid": "RE" + c.sid[2:], "RecordingDuration": "7"} for c in some}
        await self.phase(
            name, [lambda c=c: c.asks(name, "/voice/message", **told[c.sid]) for c in some]
        )
        name = "recorded: its sound is ready"
        ready = {"RecordingStatus": "completed"}
        await self.phase(
            name,
            [lambda c=c: c.asks(name, "/voice/recorded", **told[c.sid], **ready) for c in some],
        )
        await self.phase("end", [lambda c=c: c.ends("end") for c in some])

    async def answered(self) -> None:
        """Everybody's desk gets one call; they speak, are held, and it ends."""
        some = self.callers(NUMBER, len(self.desks.clients))
        name = "voice: a call comes in and is offered"
        await self.phase(name, [lambda c=c: c.rings(name) for c in some], self.ring_rate)
        await asyncio.sleep(1)
        calls = self._conversations({c.told["From"]: c for c in some})
        self.offers += [
            self.desks.offered[id_] - caller.rang_at
            for id_, caller in calls.items()
            if id_ in self.desks.offered
        ]
        agents = {id_: self._page(id_) for id_ in calls if id_ in self.desks.took}
        name = "agent: an agent's page comes in"
        await self.phase(
            name,
            [lambda i=i, p=p: p.asks(name, "/voice/agent", call=i) for i, p in agents.items()],
        )
        both = [one for id_ in agents for one in (calls[id_], agents[id_])]
        event = {"StatusCallbackEvent": "participant-join", "ConferenceSid": "CF" + "0" * 32}
        await self.alone("next: into the conference", "/voice/next", [calls[i] for i in agents])
        await self.alone("room: somebody is in the conference", "/voice/room", both, **event)
        await self.alone("over: an agent's line ends", "/voice/over", [*agents.values()],
                         CallStatus="completed")  # fmt: skip
        name = "status: an answered call is over"
        await self.phase(name, [lambda i=i: calls[i].ends(name) for i in agents])
        await self.phase(
            "wrap-up", [lambda i=i: self.desks.wrap_up(i) for i in agents], self.ring_rate
        )

    def _page(self, conversation_id: str) -> Caller:
        user_id = self.desks.floor.agents[self.desks.took[conversation_id]]
        page = Caller(self.hooks, 0, "")
        page.told |= {"From": f"client:{identity_of(user_id)}", "To": ""}
        return page

    def _conversations(self, callers: dict[str, Caller]) -> dict[str, Caller]:
        """By conversation who rang: the offer names only the one, the hook only the other."""
        with Session(self.database.engine) as session:
            rows = session.execute(
                select(Conversation.id, Conversation.answers).where(
                    Conversation.ended_at.is_(None), Conversation.channel == "call"
                )
            ).all()
        return {id_: callers[a["caller"]] for id_, a in rows if a.get("caller") in callers}

    async def fixed(self) -> None:
        some = self.callers(NUMBER, self.count // 2)
        await self.alone("hold: what who is held hears", "/voice/hold", some)
        await self.alone("fallback", "/voice/fallback", some, ErrorCode="11200")

    async def everything(self) -> None:
        gc.freeze()
        await self.warm_up()
        for part in (self.give_up, self.flow, self.message, self.fixed):
            await part()
        await self.desks.come_in()
        for _ in range(self.rounds):
            await self.answered()


def main() -> None:
    options = arguments(
        __doc__ or "", database="postgres", agents=200, rate=50.0, seconds=6.0, ring_rate=20.0,
        rounds=1, processes=2,
    )  # fmt: skip
    rest, end = taking()
    with contextlib.ExitStack() as stack:
        stack.callback(end)
        told = settings(rest)
        running = stack.enter_context(
            installation(options.database, processes=options.processes, told=told)
        )
        run = Run(running, furnish(running, options.agents), options)
        asyncio.run(run.everything())
        print(f"in line -> offer on the screen: {spread(run.offers)}")
        print(f"refused: {dict(run.hooks.refused) or 'none'}")


if __name__ == "__main__":
    main()
