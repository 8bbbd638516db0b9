"""The fault run: many calls at once over an exchange while parts of the program are killed.

    python -m benchmarks.outage --calls 500 --minutes 10 --agents 120

An installation on PostgreSQL with two web processes, relay, sweeper and worker, and an exchange by
this machine's clock whose callbacks come twice (one in ten) and late (one in ten). Meanwhile web,
worker, sweeper and relay are killed (-9) and started again. Then everybody hangs up, and after the
reconciler's time the carrier's book is held against the database: lost, double and stuck must be 0.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.carrier import ACCOUNT, NUMBER, TOKEN, settings
from benchmarks.floor import SETUP, Floor, arguments, installation, make_floor_here
from benchmarks.outage_books import Judgement, judge, repairs, undone
from benchmarks.outage_people import Agent, Caller, Habits
from helpdesk import app
from helpdesk.carriers import numbers
from helpdesk.core import db
from helpdesk.core.work import begin
from helpdesk.exchange.agenda import LiveClock
from helpdesk.exchange.couriers import HttpCourier
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.hooks import Answer
from helpdesk.exchange.http import served
from helpdesk.exchange.live import LiveRunner
from helpdesk.exchange.switch import Account
from helpdesk.routing import setup
from tests.real.ports import free_port

ROLES = ("web", "relay", "sweeper", "worker")
# When, as a part of the run, which role is killed.
KILLS = ((0.2, "web"), (0.35, "worker"), (0.5, "web"), (0.65, "sweeper"), (0.8, "relay"))
AWAY_S = 1.0
WRAP_UP_S = 15


class Book(HttpCourier):
    """The carrier's own book: who was put into our line, and what answers there were."""

    def __init__(self) -> None:
        super().__init__()
        self.met: set[str] = set()
        self.answers: Counter[str] = Counter()
        self._guard = threading.Lock()

    def post(self, url: str, params: Any, headers: dict[str, str], method: str) -> Answer:
        answer = super().post(url, params, headers, method)
        with self._guard:
            self.answers[str(answer.status or "none")] += 1
            # Who has hung up before our first word gets no place in line, and is no call of ours.
            is_first = url.endswith("/hooks/twilio/voice") and answer.status == 200
            if is_first and b"<Enqueue" in answer.body:
                self.met.add(dict(params)["CallSid"])
        return answer


@dataclass
class Plan:
    calls: int = 500
    seconds: float = 600.0
    agents: int = 120
    kills: Sequence[tuple[float, str]] = KILLS
    habits: Habits = field(default_factory=Habits)
    settles_s: float = 60.0
    late_s: float = 20.0  # the longest delay of a callback
    seed: int = 1


def exchange_for(running: Any, rest: str, plan: Plan) -> tuple[Exchange, Book, str]:
    """An exchange in bad weather whose number and application lead to this installation."""
    book, hooks = Book(), f"{running.url}/hooks/twilio"
    weather = Disturbance(duplicated=0.1, delayed=0.1, late=plan.late_s, seed=plan.seed)
    exchange = Exchange(
        book, account=Account(ACCOUNT, TOKEN), clock=LiveClock(), disturbance=weather, strict=False
    )
    exchange.reachable_at(rest)
    exchange.number(
        NUMBER, voice_url=f"{hooks}/voice", voice_fallback_url=f"{hooks}/voice/fallback",
        status_callback=f"{hooks}/status",
    )  # fmt: skip
    made = exchange.application(f"{hooks}/voice/agent", status_callback=f"{hooks}/status")
    return exchange, book, made.sid


def furnish(running: Any, agents: int) -> Floor:
    app.compose(running.settings)
    floor = make_floor_here(agents)
    with begin(SETUP) as work:
        setup.change_queue(work, floor.queue_id, wrap_up_s={"call": WRAP_UP_S})
        for agent_id in floor.agents:
            setup.set_capacity(work, agent_id, {"call": 1})
        numbers.add_number(
            work, number=NUMBER, name="Line", queue_id=floor.queue_id, flow_id=None,
            greeting="Welcome.", language="en-GB", takes_calls=True, takes_texts=False,
        )  # fmt: skip
    db.current().dispose()
    return floor


async def crowd(
    running: Any, exchange: Exchange, application: str, floor: Floor, plan: Plan
) -> int:
    """Everybody at it for the plan's time; answers the most calls that went on at once."""
    chance = Random(plan.seed)
    callers = [
        Caller(exchange, exchange.phone(f"+4474{n:08d}"), NUMBER, plan.habits, Random(n))
        for n in range(plan.calls)
    ]
    agents = [
        Agent.at(exchange, application, running.url, token, user_id, plan.habits,
                 Random(chance.random()))
        for token, user_id in zip(floor.tokens, floor.agents, strict=True)
    ]  # fmt: skip
    desks = [asyncio.create_task(one.live()) for one in agents]
    phones = [asyncio.create_task(one.live()) for one in callers]
    most = await _broken(running, callers, plan)
    for caller in callers:
        caller.stopping = True
    await asyncio.wait(phones, timeout=60)
    await asyncio.sleep(5)
    for agent in agents:
        agent.stopping = True
    await asyncio.wait(desks, timeout=30)
    for agent in agents:
        if agent.page.call is not None:
            await asyncio.to_thread(agent.page.hang_up)
    return most


async def _broken(running: Any, callers: Sequence[Caller], plan: Plan) -> int:
    begun, kills, most = time.monotonic(), list(plan.kills), 0
    while (gone := time.monotonic() - begun) < plan.seconds:
        most = max(most, sum(one.phone.call is not None for one in callers))
        if kills and gone >= kills[0][0] * plan.seconds:
            role = kills.pop(0)[1]
            await asyncio.to_thread(running.kill, role)
            await asyncio.sleep(AWAY_S)
            await _back(running, role)
            back = time.monotonic() - begun
            print(f"{gone:5.0f} s: {role} was killed, at {back:.0f} s it is back", flush=True)
        await asyncio.sleep(0.5)
    return most


async def _back(running: Any, role: str) -> None:
    await asyncio.to_thread(running.start, role, wait=False)
    while role == "web" and not await asyncio.to_thread(running.is_serving):
        await asyncio.sleep(0.2)


def settled(running: Any, exchange: Exchange, book: Book, plan: Plan) -> Judgement:
    """The judgement once nothing is left to do: stuck is what is left when nothing moves any more.

    After an outage our hooks are also asked by callers who are gone long since: until these have
    been found, there is more to do and not less.
    """
    before: tuple[int, dict[str, int]] = (-1, {})
    deadline = 0.0
    while True:
        found = judge(running.database.engine, book.met, list(exchange.switch.live))
        if (now := (found.count("stuck"), found.figures)) != before:
            before, deadline = now, time.monotonic() + plan.settles_s
        if found.is_clean or time.monotonic() > deadline:
            return found
        time.sleep(2)


def run(running: Any, plan: Plan, rest_port: int) -> tuple[Judgement, Book, int]:
    """`running` has to know the exchange's address: `settings(f"http://127.0.0.1:{rest_port}")`."""
    rest = f"http://127.0.0.1:{rest_port}"
    floor = furnish(running, plan.agents)
    exchange, book, application = exchange_for(running, rest, plan)
    with served(exchange, rest_port):
        runner = LiveRunner(exchange, carriers=48)
        runner.start()
        try:
            most = asyncio.run(crowd(running, exchange, application, floor, plan))
            return settled(running, exchange, book, plan), book, most
        finally:
            runner.stop()


def main() -> None:
    options = arguments(__doc__ or "", calls=60, minutes=1.5, agents=20, seed=1)
    port = free_port()
    plan = Plan(options.calls, options.minutes * 60, options.agents, seed=options.seed)
    with contextlib.ExitStack() as stack:
        told = settings(f"http://127.0.0.1:{port}")
        running = stack.enter_context(installation("postgres", roles=ROLES, processes=2, told=told))
        found, book, most = run(running, plan, port)
        print(f"{most} calls at once at the most; answers to hooks by status: {dict(book.answers)}")
        print(found.told())
        for what, count in repairs(running.database.engine).items():
            print(f"    {count} x {what}")
        for order in undone(running.database.engine):
            print(f"    not carried out: {order}")
        if not found.is_clean:
            print(running.logs()[-4000:])
            raise SystemExit(1)


if __name__ == "__main__":
    main()
