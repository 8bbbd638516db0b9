"""Who hears whom in a call. Every carrier is told by this one table; nothing else decides it.

A caller on hold hears nobody and is heard by nobody, while our own people go on talking: that is a
consult. Whoever listens in is heard by nobody; whoever whispers is heard by our own people only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Party:
    """One joined party: `is_ours` for agents, colleagues, supervisors; not for the customer."""

    id: str
    is_ours: bool
    mode: str = "talk"  # talk, listen, whisper
    held: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """What one party must know of another: whether it is heard there, and who dials whom."""

    id: str
    is_heard: bool
    hears: bool
    offers: bool


def hears(listener: Party, speaker: Party) -> bool:
    """Whether `listener` hears `speaker`."""
    if listener.id == speaker.id or listener.held or speaker.held or speaker.mode == "listen":
        return False
    return listener.is_ours or speaker.mode == "talk"


def pairs(parties: Iterable[Party]) -> set[tuple[str, str]]:
    """(listener, speaker) for all who hear each other, by id."""
    here = list(parties)
    return {(one.id, other.id) for one in here for other in here if hears(one, other)}


def peers(me: Party, parties: Sequence[Party]) -> list[Peer]:
    """The others as `me` must connect to them, in the order of their ids.

    Exactly one of two begins the negotiation: our side towards a customer, else the lower id.
    """
    others = sorted((p for p in parties if p.id != me.id), key=lambda p: p.id)
    return [
        Peer(other.id, hears(other, me), hears(me, other), _offers(me, other)) for other in others
    ]


def _offers(me: Party, other: Party) -> bool:
    if me.is_ours != other.is_ours:
        return me.is_ours
    return me.id < other.id


def doing(parties: Iterable[Party], *, caller_id: str | None) -> str:
    """What a second of the call is booked to: `waiting`, `talk` or `hold`."""
    here = {party.id: party for party in parties}
    caller = here.get(caller_id or "")
    speaks = any(p.is_ours and p.mode == "talk" for p in here.values())
    if caller is None or not speaks:
        return "waiting"
    return "hold" if caller.held else "talk"
