"""The texts of the demo's telephones in a file, so that they outlive a restart of the exchange.

Calls do not: a line that breaks off is gone, texts lie on the telephone. What was opted out of
stays opted out. Not for the desk's own messages, which are in the database.
"""

from __future__ import annotations

import json
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any

from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.messages import Message, MessageStatus
from helpdesk.exchange.phones import Phone

MOST = 500


class KeptTexts:
    """Reads the file when it is made; `save` writes what has come since."""

    def __init__(self, exchange: Exchange, path: Path) -> None:
        self._exchange, self._path = exchange, path
        self._restore()
        self._saved = self._now()

    def save(self) -> None:
        """Cheap where nothing is new."""
        with self._exchange.lock:
            now = self._now()
            if now == self._saved:
                return
            switch = self._exchange.switch
            kept = {
                "texts": [_plain(one) for one in deque(switch.messages.values(), MOST)],
                "opted_out": sorted(switch.opted_out),
            }
            self._saved = now
            part = self._path.with_suffix(".part")
            part.touch(mode=0o600)
            part.write_text(json.dumps(kept))
            part.replace(self._path)

    def _now(self) -> tuple[int, int]:
        switch = self._exchange.switch
        return len(switch.messages), hash(frozenset(switch.opted_out))

    def _restore(self) -> None:
        try:
            kept = json.loads(self._path.read_text())
            texts = [_message(one) for one in kept["texts"]]
            opted_out = {(ours, theirs) for ours, theirs in kept["opted_out"]}
        except (OSError, ValueError, KeyError, TypeError):
            return  # none yet, or none that can be read: the telephones begin empty
        switch = self._exchange.switch
        switch.opted_out |= opted_out
        for one in texts:
            switch.messages[one.sid] = one
            if one.direction != "inbound":
                self._phone(one.to).inbox.append(one)

    def _phone(self, number: str) -> Phone:
        for end in self._exchange.switch.at(number):
            if isinstance(end, Phone):
                return end
        return self._exchange.phone(number)


def _plain(one: Message) -> dict[str, Any]:
    return {
        "sid": one.sid,
        "from_": one.from_,
        "to": one.to,
        "body": one.body,
        "direction": one.direction,
        "at": one.created_at.isoformat(),
    }


def _message(kept: dict[str, Any]) -> Message:
    at = datetime.fromisoformat(kept.pop("at"))
    status: MessageStatus = "received" if kept["direction"] == "inbound" else "delivered"
    return Message(**kept, created_at=at, updated_at=at, sent_at=at, status=status)
