"""Driving times of an OSRM server: its `/table` over HTTP, at most a hundred places a question.

The adapter of `travel_port`'s port; no other file knows how OSRM speaks. Nobody may call it within
a transaction: it waits for another machine. What it answers is kept by `workflows.visit_travel`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.core import fetching
from helpdesk.field_service.plan import Place

MOST_PLACES = 100  # what a server takes unless its operator says otherwise
LONGEST = 4_000_000
TIMEOUT_S = 8.0
DAY_S = 86_400


class NoAnswer(Exception):
    """The server did not say what was asked; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Server:
    """`address` as it was set up: that of the server, or with /table/v1/profile of its own."""

    address: str
    timeout_s: float = TIMEOUT_S

    def table(self, places: Sequence[Place]) -> list[list[int | None]]:
        """Seconds from each place (rows) to each (columns); None: no road leads there."""
        if len(places) > MOST_PLACES:
            raise ValueError("too many places for one question")
        points = ";".join(f"{one.lon:.5f},{one.lat:.5f}" for one in places)
        below = f"{self._way()}/{points}?annotations=duration"
        answer = fetching.ask(
            "GET", self.address, longest=LONGEST, timeout_s=self.timeout_s, below=below
        )
        return _durations(answer, len(places))

    def _way(self) -> str:
        return "" if "/table/" in self.address else "/table/v1/driving"


def _durations(answer: fetching.Answer, count: int) -> list[list[int | None]]:
    if answer.trouble:
        raise NoAnswer(fetching.TROUBLES[answer.trouble])
    try:
        told = json.loads(answer.body)
    except ValueError as error:
        raise NoAnswer(f"It answered {answer.status} and no table.") from error
    if not isinstance(told, dict) or answer.status != 200 or told.get("code") != "Ok":
        raise NoAnswer(f"It answered {answer.status} {_code(told)}".strip())
    rows = told.get("durations")
    if not isinstance(rows, list) or len(rows) != count:
        raise NoAnswer("Its table has another size than was asked for.")
    return [_row(row, count) for row in rows]


def _row(row: Any, count: int) -> list[int | None]:
    if not isinstance(row, list) or len(row) != count:
        raise NoAnswer("Its table has another size than was asked for.")
    return [_seconds(one) for one in row]


def _seconds(one: Any) -> int | None:
    if one is None:
        return None
    if isinstance(one, bool) or not isinstance(one, int | float) or not 0 <= one < DAY_S:
        raise NoAnswer("Its table holds something that is no time.")
    return round(one)


def _code(told: Any) -> str:
    return str(told.get("code", ""))[:40] if isinstance(told, dict) else ""
