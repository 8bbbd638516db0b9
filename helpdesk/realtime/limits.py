"""How much one socket, and one address, may ask for. In memory: a limit that is lost costs nothing.

Programs on this machine (a proxy, a load test) are not counted by address.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import Counter
from dataclasses import dataclass

from helpdesk.core import clock
from helpdesk.core.errors import TooMany

SOCKETS_PER_ADDRESS = 300
CHATS_PER_ADDRESS_A_MINUTE = 30


@dataclass(slots=True)
class Bucket:
    """Tokens that come back at `per_second`, at most `burst` of them."""

    burst: float
    per_second: float
    left: float = -1.0
    at: float = 0.0

    def take(self) -> None:
        """Use one; TooMany (with the seconds to wait) when there is none."""
        now = clock.monotonic()
        if self.left < 0:
            self.left, self.at = self.burst, now
        self.left = min(self.burst, self.left + (now - self.at) * self.per_second)
        self.at = now
        if self.left < 1:
            wait = max(1, round((1 - self.left) / self.per_second))
            raise TooMany("That was a lot at once. Wait a moment.", retry_after_s=wait)
        self.left -= 1


def is_local(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


class Addresses:
    """Open visitor sockets and started chats by address."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._chats: dict[str, Bucket] = {}
        self._guard = threading.Lock()

    def enter(self, address: str | None) -> None:
        if not address or is_local(address):
            return
        with self._guard:
            if self._open[address] >= SOCKETS_PER_ADDRESS:
                raise TooMany("Too many open chats from this network.", retry_after_s=30)
            self._open[address] += 1

    def leave(self, address: str | None) -> None:
        if not address or is_local(address):
            return
        with self._guard:
            self._open[address] -= 1
            if self._open[address] <= 0:
                del self._open[address]

    def start_chat(self, address: str | None) -> None:
        if not address or is_local(address):
            return
        with self._guard:
            if len(self._chats) > 10_000:
                self._chats.clear()
            a_minute = CHATS_PER_ADDRESS_A_MINUTE
            bucket = self._chats.setdefault(address, Bucket(a_minute, a_minute / 60))
        bucket.take()
