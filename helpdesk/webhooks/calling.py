"""One call of ours to another program's address; the guards are those of `core.fetching`.

Not for when to call (see `helpdesk.workflows.webhooks_sending`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpdesk.core import fetching
from helpdesk.core.fetching import TROUBLES

__all__ = ["CALL_S", "TROUBLES", "Answer", "post"]

LONGEST_ANSWER = 2_000
CALL_S = fetching.LIMIT_S


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: there was no answer, `trouble` is a key of TROUBLES. `text` is cut short."""

    status: int | None
    text: str
    took_ms: int
    trouble: str = ""


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = CALL_S) -> Answer:
    """Send `body` as JSON; never raises for what the other side does."""
    given = {"Content-Type": "application/json", "User-Agent": "Helpdesk-Webhooks/1", **headers}
    answer = fetching.ask(
        "POST", url, body=body, headers=given, longest=LONGEST_ANSWER, timeout_s=timeout_s
    )
    text = answer.body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return Answer(answer.status, text, answer.took_ms, answer.trouble)
