"""Whether what triage does by itself still pays, told from what came of it. Pure.

Right gains one, wrong costs five; where the latest outcomes lose, or it promises clearly more than
comes, it has to stop. Not for stopping it (`service.stop`).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from helpdesk.triage.thresholds import utility

Outcome = tuple[float, bool]
"""How sure it was, and whether it was right."""
LOOKED_AT = 100
SHORT, LEAST = 30, 20
PROMISED_FROM, PROMISED_TOO_MUCH = 50, 0.05
SURE = 3.0


def look(outcomes: Sequence[Outcome]) -> str:
    """Empty while all is well; `losing` or `overconfident`. The oldest outcome first."""
    latest = outcomes[-LOOKED_AT:]
    if len(latest) >= LEAST and _gained(latest) <= 0:
        return "losing"
    if len(latest) >= SHORT and _gained(latest[-SHORT:]) <= 0:
        return "losing"
    if len(latest) >= PROMISED_FROM and _promises_too_much(latest):
        return "overconfident"
    return ""


def _gained(outcomes: Sequence[Outcome]) -> float:
    right = sum(was_right for _, was_right in outcomes)
    return utility(right, len(outcomes) - right)


def _promises_too_much(outcomes: Sequence[Outcome]) -> bool:
    count = len(outcomes)
    promised = sum(confidence for confidence, _ in outcomes) / count
    came = sum(was_right for _, was_right in outcomes) / count
    error = sqrt(sum(c * (1 - c) for c, _ in outcomes)) / count
    return promised - came > max(PROMISED_TOO_MUCH, SURE * error)
