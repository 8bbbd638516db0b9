"""One request from the carrier to its customer, and the answer: plain values.

A `Courier` carries them: into a Flask test client, over HTTP, or whatever a test puts there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from helpdesk.exchange.signing import Parameter

PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Hook:
    """`params` in the order in which they are written; a GET carries them in its query."""

    url: str
    params: tuple[Parameter, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"

    def __getitem__(self, name: str) -> str:
        return dict(self.params)[name]

    def get(self, name: str, default: str = "") -> str:
        return dict(self.params).get(name, default)


@dataclass(frozen=True, slots=True)
class Answer:
    """`seconds` is how long it took on the exchange's clock; status 0 means nobody answered."""

    status: int
    body: bytes = b""
    content_type: str = ""
    seconds: float = 0.0


class Courier(Protocol):
    def post(
        self, url: str, params: tuple[Parameter, ...], headers: dict[str, str], method: str
    ) -> Answer:
        """Brings one request and waits for the answer; never raises for a failing customer."""
