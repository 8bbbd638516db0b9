"""Lines of desks into calls at the exchange: placed with the vendor's token, without any sound.

What a browser does with the carrier's library elsewhere. A page that is heard of no more has died,
as the carrier would notice by its packets.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from helpdesk.core import clock
from helpdesk.exchange import legs
from helpdesk.exchange.calls import Call
from helpdesk.exchange.exchange import Exchange

# Browsers let a page in the background look only once a minute.
DEAF_AFTER_S = 150.0
VOICE = "voice: "
STATES = {"queued": "connecting", "ringing": "connecting", "in-progress": "connected"}


@dataclass(slots=True)
class _Line:
    call: Call
    heard_of_at: datetime


class QuietLines:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._lines: dict[str, _Line] = {}

    def place(self, token: str, conversation_id: str) -> str:
        """Answers the id of the line; raises TokenRefused."""
        device = self._exchange.register(token)
        call = device.connect({"call": conversation_id})
        self._lines[call.sid] = _Line(call, self._exchange.now())
        self._exchange.do(lambda: self._look_later(call.sid))
        return call.sid

    def state(self, sid: str) -> dict[str, object]:
        """connecting, connected, or lost, and what was said so far; whoever asks is alive."""
        line = self._lines.get(sid)
        if line is None:
            return {"state": "lost", "said": []}
        line.heard_of_at = self._exchange.now()
        said = [what[len(VOICE) :] for what in line.call.heard if what.startswith(VOICE)]
        return {"state": STATES.get(line.call.status, "lost"), "said": said}

    def press(self, sid: str, key: str) -> None:
        """A key of the desk's keypad: whoever hears the line hears its tone."""
        line = self._lines.get(sid)
        if line is not None and line.call.live:
            self._exchange.do(lambda: legs.press(self._exchange.switch, line.call, key))

    def hang_up(self, sid: str) -> None:
        line = self._lines.get(sid)
        if line is not None and line.call.live:
            self._exchange.do(lambda: legs.hang_up(self._exchange.switch, line.call))

    def _look_later(self, sid: str) -> None:
        self._exchange.switch.agenda.after(DEAF_AFTER_S, lambda: self._look(sid))

    def _look(self, sid: str) -> None:
        line = self._lines[sid]
        if not line.call.live:
            del self._lines[sid]
            return
        if clock.seconds_between(line.heard_of_at, self._exchange.now()) >= DEAF_AFTER_S:
            legs.hang_up(self._exchange.switch, line.call)
        self._look_later(sid)
