"""How much one address, network or visitor may send through this door.

Counted in each web process by itself: it keeps a flood from becoming work, and a second process
lets a second portion through, which does no harm. Not for sign-in, whose counts must be exact.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from helpdesk.core import clock
from helpdesk.core.errors import TooMany

REMEMBERED = 20_000


class Allowance:
    """`most` within `seconds` for each key; a portion grows back steadily."""

    def __init__(self, most: int, seconds: float, message: str) -> None:
        self.most = most
        self.seconds = seconds
        self.message = message
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._guard = threading.Lock()

    def spend(self, key: str) -> None:
        """Use one up; TooMany says how long until the next."""
        now = clock.monotonic()
        each = self.seconds / self.most
        with self._guard:
            left, since = self._left.pop(key, (float(self.most), now))
            left = min(float(self.most), left + (now - since) / each)
            spent = left >= 1
            self._left[key] = (left - 1 if spent else left, now)
            if len(self._left) > REMEMBERED:
                self._left.popitem(last=False)
        if not spent:
            raise TooMany(self.message, retry_after_s=max(1, round((1 - left) * each)))

    def forget(self) -> None:
        """Start afresh (tests)."""
        with self._guard:
            self._left.clear()


forms_by_network = Allowance(
    20, 600, "Many messages came from your network. Wait some minutes, then try again."
)
forms_by_address = Allowance(
    5, 3600, "We have several messages from this address already. We answer them soon."
)
uploads = Allowance(30, 60, "That are many files at once. Wait a minute, then go on.")
searches = Allowance(300, 60, "That was fast. Go on in a moment.")
looks = Allowance(60, 600, "You have looked very often. Wait some minutes.")
