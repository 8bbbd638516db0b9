"""What answering-machine detection finds, and how long it takes. Pure."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from helpdesk.exchange.calls import Call, Detection

HUMAN_SECONDS, MACHINE_SECONDS = 2.0, 4.0


@runtime_checkable
class Answering(Protocol):
    """An endpoint that says who or what answers there."""

    answered_by: str  # human, machine, fax or unknown
    greeting_seconds: float


def detected(call: Call, wanted: Detection) -> tuple[str, float]:
    """The word for whoever answered, and after how many seconds it is known."""
    end = call.endpoints[0] if call.endpoints else None
    who = end.answered_by if isinstance(end, Answering) else "human"
    greeting = end.greeting_seconds if isinstance(end, Answering) else 0.0
    if who == "human":
        return "human", HUMAN_SECONDS
    if who == "fax":
        return "fax", HUMAN_SECONDS
    if who == "unknown":
        return "unknown", float(wanted.seconds)
    if wanted.mode == "Enable":
        return "machine_start", MACHINE_SECONDS
    if greeting > wanted.seconds:
        return "unknown", float(wanted.seconds)
    return "machine_end_beep", greeting
