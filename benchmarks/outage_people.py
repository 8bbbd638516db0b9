"""The people of the fault run: callers at the exchange's telephones, agents at their desks.

Each goes on whatever breaks: a caller dials again, an agent's client comes back, looks at what it
has in hand and goes on with that. Nobody is told what is going to break.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.wire import Client
from helpdesk.carriers.twilio.words import identity_of
from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.phones import Device, Phone

LOOKS_EVERY_S = 0.5
AGENT_LOOKS_EVERY_S = 4.0
PATIENT_S = 8.0  # how long an agent waits for an answer before they look again


@dataclass
class Habits:
    """How long people do what they do, in seconds; each draws its own between the two."""

    waits: tuple[float, float] = (60.0, 300.0)
    gives_up: tuple[float, float] = (5.0, 90.0)
    talks: tuple[float, float] = (20.0, 90.0)
    pauses: tuple[float, float] = (5.0, 20.0)
    begins: float = 60.0  # all have rung for the first time by then


@dataclass
class Caller:
    """Rings, waits as long as they have patience, speaks, hangs up, and rings again."""

    exchange: Exchange
    phone: Phone
    number: str
    habits: Habits
    chance: Random
    sids: list[str] = field(default_factory=list)
    stopping: bool = False

    async def live(self) -> None:
        await asyncio.sleep(self.chance.uniform(0, self.habits.begins))
        while not self.stopping:
            await self._one()
            await asyncio.sleep(self.chance.uniform(*self.habits.pauses))

    async def _one(self) -> None:
        call = await asyncio.to_thread(self.phone.dial, self.number)
        self.sids.append(call.sid)
        patience = self.habits.gives_up if self.chance.random() < 0.25 else self.habits.waits
        await self._while_on_the_line(self.chance.uniform(*patience), until=self._is_spoken_to)
        if self.phone.call and self._is_spoken_to():
            # The longest talk is more than any agent has: half of them end it, and half we do.
            talk = self.chance.uniform(*self.habits.talks) * 1.5
            await self._while_on_the_line(talk, until=lambda: False)
        if self.phone.call:
            with contextlib.suppress(RuntimeError):
                await asyncio.to_thread(self.phone.hang_up)

    def _is_spoken_to(self) -> bool:
        return bool(self.phone.call and self.exchange.hears(self.phone.call.sid))

    async def _while_on_the_line(self, seconds: float, until: Callable[[], bool]) -> None:
        end = asyncio.get_running_loop().time() + seconds
        while self.phone.call and not self.stopping and not until():
            if asyncio.get_running_loop().time() > end:
                return
            await asyncio.sleep(LOOKS_EVERY_S)


@dataclass
class Agent:
    """Takes every offer, speaks, holds now and then, ends or waits for the end, wraps up."""

    url: str
    token: str
    user_id: str
    page: Device
    habits: Habits
    chance: Random
    stopping: bool = False
    client: Client | None = None
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    busy_with: set[str] = field(default_factory=set)

    @classmethod
    def at(cls, exchange: Exchange, application: str, url: str, token: str, user_id: str,
           habits: Habits, chance: Random) -> Agent:  # fmt: skip
        page = exchange.device(identity_of(user_id), application)
        return cls(url, token, user_id, page, habits, chance)

    async def live(self) -> None:
        while not self.stopping:
            with contextlib.suppress(Exception):
                self.client = Client(self.url, "/agent", {"token": self.token})
                self.client.keep_events = False
                self.client.on["offer"].append(lambda offer: self._begin(self._accept(offer)))
                await self.client.connect()
                await self._ask("presence.set", state="available")
                while not self.stopping and not self.client.closed.is_set():
                    await self._look()
                    await asyncio.sleep(AGENT_LOOKS_EVERY_S)
            with contextlib.suppress(Exception):
                await self.client.close()  # type: ignore[union-attr]
            await asyncio.sleep(0.3)

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(self._safely(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _safely(self, work: Awaitable[None]) -> None:
        """Whatever breaks off: at the next look they go on with what is still theirs."""
        with contextlib.suppress(Exception):
            await work

    async def _ask(self, event: str, **told: Any) -> dict[str, Any]:
        assert self.client is not None
        answer: dict[str, Any] = await self.client.emit(event, told, timeout=PATIENT_S)
        return answer

    async def _look(self) -> None:
        """What the desk shows after a reload: calls that are theirs and that nobody attends to."""
        for call in (await self._ask("call.mine")).get("calls", ()):
            if call["agent_id"] == self.user_id and call["conversation_id"] not in self.busy_with:
                self._begin(self._attend(call["conversation_id"]))

    async def _accept(self, offer: dict[str, Any]) -> None:
        if self.chance.random() < 0.05:
            await self._ask("offer.decline", offer_id=offer["offer_id"], reason="busy")
            return
        answer = await self._ask("offer.accept", offer_id=offer["offer_id"])
        if "error" not in answer:
            await self._attend(answer["conversation_id"])

    async def _attend(self, conversation_id: str) -> None:
        if conversation_id in self.busy_with:
            return
        self.busy_with.add(conversation_id)
        try:
            await self._speak(conversation_id)
            await self._end(conversation_id)
        finally:
            self.busy_with.discard(conversation_id)

    async def _speak(self, conversation_id: str) -> None:
        joined = await self._ask("call.join", conversation_id=conversation_id)
        if "error" in joined:
            return
        if self.page.call is None:
            await asyncio.to_thread(self.page.connect, joined["params"])
        left = self.chance.uniform(*self.habits.talks)
        holds = self.chance.random() < 0.3
        while left > 0 and self.page.call is not None and not self.stopping:
            await asyncio.sleep(1)
            left -= 1
            if holds and left < 4:
                holds = False
                await self._ask("call.hold", conversation_id=conversation_id, on=True)
                await asyncio.sleep(1)
                await self._ask("call.hold", conversation_id=conversation_id, on=False)

    async def _end(self, conversation_id: str) -> None:
        await self._ask("conversation.end", conversation_id=conversation_id)
        await self._ask("wrapup.finish", conversation_id=conversation_id, outcome="resolved")
