"""Visitors and agents at the sockets of a running installation, for stories on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.wire import Client
from tests.faults.house import House
from tests.real import loops


def run(story: Callable[[], Awaitable[None]]) -> None:
    loops.run(asyncio.wait_for(story(), 60))


async def visitor(house: House, token: str | None = None) -> Client:
    auth = {"site": house.site_key} | ({"token": token} if token else {})
    return await Client(house.running.url, "/visitor", auth).connect()


async def agent(house: House, n: int = 0) -> Client:
    client = await Client(house.running.url, "/agent", {"token": house.tokens[n]}).connect()
    return client


async def alone_on_duty(house: House, n: int = 0) -> Client:
    """This agent available, everybody else not."""
    for other in range(3):
        if other != n:
            away = await agent(house, other)
            await away.emit("presence.set", {"state": "break"})
            await away.close()
    client = await agent(house, n)
    await client.emit("presence.set", {"state": "available"})
    return client


async def in_contact(house: House, text: str = "hello") -> tuple[Client, Client, dict[str, Any]]:
    """An agent and a visitor in a running chat, and what `chat.start` answered."""
    desk = await alone_on_duty(house)
    guest = await visitor(house)
    started = await guest.emit("chat.start", {"text": text})
    offer = await desk.wait_for("offer")
    while offer["conversation_id"] != started["conversation_id"]:
        await desk.emit("offer.decline", {"offer_id": offer["offer_id"]})
        offer = await desk.wait_for("offer")
    assert "error" not in await desk.emit("offer.accept", {"offer_id": offer["offer_id"]})
    return desk, guest, started


async def finish(desk: Client, guest: Client, conversation_id: str) -> None:
    await guest.emit("chat.end", {})
    facts = {"conversation_id": conversation_id, "outcome": "resolved"}
    await desk.emit("wrapup.finish", facts)
    await guest.close()
    await desk.close()


def frames(client: Client) -> list[tuple[str, Any]]:
    found = []
    while not client.events.empty():
        found.append(client.events.get_nowait())
    return found
