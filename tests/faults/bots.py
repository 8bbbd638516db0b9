"""Visitors and agents who behave like real clients when things break: they come back and resend.

What was acknowledged is written down, so that a test can ask the database for every word of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from dataclasses import dataclass, field
from typing import Any

from benchmarks.wire import Client, Refused

AWAY = (OSError, ConnectionError, Refused, TimeoutError, Exception)


@dataclass
class Visitor:
    """Starts a chat and writes numbered messages until told to stop."""

    url: str
    site: str
    name: str
    token: str | None = None
    conversation_id: str | None = None
    acknowledged: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    stopping: bool = False
    reconnects: int = 0

    async def live(self) -> None:
        start_key = uuid.uuid4().hex
        while not self.stopping:
            client: Client | None = None
            try:
                auth = {"site": self.site} | ({"token": self.token} if self.token else {})
                client = await Client(self.url, "/visitor", auth).connect()
                client.keep_events = False
                if self.conversation_id is None:
                    answer = await client.emit(
                        "chat.start",
                        {"text": f"hello from {self.name}", "client_msg_id": start_key},
                        timeout=5,
                    )
                    if "error" in answer:
                        raise ConnectionError(answer["error"]["code"])
                    self.conversation_id = answer["conversation_id"]
                    self.token = answer.get("token", self.token)
                await self._write(client)
            except AWAY:
                self.reconnects += 1
                await asyncio.sleep(0.2)
            finally:
                if client is not None:
                    with contextlib.suppress(Exception):
                        await client.close()

    async def _write(self, client: Client) -> None:
        while not self.stopping:
            key = f"{self.name}-{self.sent}"
            answer = await client.emit(
                "chat.message", {"client_msg_id": key, "text": f"{self.name} says {self.sent}"},
                timeout=3,
            )  # fmt: skip
            if "error" in answer:
                raise ConnectionError(answer["error"]["code"])
            self.acknowledged[key] = answer["seq"]
            self.sent += 1
            await asyncio.sleep(0.1)


@dataclass
class Agent:
    """Comes back after every break, accepts every offer, says one line in each chat."""

    url: str
    token: str
    accepted: list[str] = field(default_factory=list)
    stopping: bool = False
    client: Client | None = None
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def live(self) -> None:
        while not self.stopping:
            try:
                self.client = Client(self.url, "/agent", {"token": self.token})
                self.client.keep_events = False
                self.client.on["offer"].append(self._offered)
                await self.client.connect()
                await self.client.emit("presence.set", {"state": "available"}, timeout=5)
                while not self.stopping and not self.client.closed.is_set():
                    await asyncio.sleep(0.1)
            except AWAY:
                await asyncio.sleep(0.2)
            finally:
                with contextlib.suppress(Exception):
                    await self.client.close()  # type: ignore[union-attr]

    def _offered(self, offer: dict[str, Any]) -> None:
        task = asyncio.ensure_future(self._accept(offer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _accept(self, offer: dict[str, Any]) -> None:
        with contextlib.suppress(Exception):
            assert self.client is not None
            answer = await self.client.emit(
                "offer.accept", {"offer_id": offer["offer_id"]}, timeout=3
            )
            if "error" not in answer:
                self.accepted.append(answer["conversation_id"])
                await self.client.emit(
                    "message.send",
                    {
                        "conversation_id": answer["conversation_id"],
                        "client_msg_id": uuid.uuid4().hex,
                        "text": "How can I help?",
                        "public": True,
                    },
                    timeout=3,
                )
