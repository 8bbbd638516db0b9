"""What may be recorded, told, heard and kept, as decisions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helpdesk.core.actors import Actor

MODES = ("never", "always", "ask")
LISTENERS = ("supervisors", "own", "desk")
AGREES = "1"
ANNOUNCED = "This call is recorded for training and to look things up later."
ASKED = (
    "We would like to record this call for training. If you agree, press 1. If not, press any"
    " other key or just wait. Your call goes on either way."
)
USUAL_ANNOUNCEMENT = {"never": "", "always": ANNOUNCED, "ask": ASKED}
KEEP_DAYS = 90
MOST_DAYS = 3650
LONGEST_ANNOUNCEMENT = 500
PAUSED_WITHIN_S = 8  # without a word of the carrier by then, the page says that it is not paused


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a caller said: `state` is given or refused, `how` by what."""

    state: str
    how: str

    @property
    def agrees(self) -> bool:
        return self.state == "given"


def verdict(mode: str, key: str) -> Verdict:
    """After the announcement: who was told has heard it; who was asked agrees with one key only."""
    if mode == "always":
        return Verdict("given", "announcement")
    if key == AGREES:
        return Verdict("given", "key")
    return Verdict("refused", "other key" if key else "no key")


def covers(mode: str, state: str, how: str) -> bool:
    """Whether what a caller has said allows recording in a queue of that mode, too.

    A key counts everywhere; having been told is not enough where callers are asked.
    """
    return state == "given" and (mode == "always" or (mode == "ask" and how == "key"))


def is_to_ask(mode: str, state: str, how: str, *, is_other_queue: bool) -> bool:
    """Whether a caller who comes into such a queue is told or asked (anew).

    `state` is empty for whoever has heard nothing yet. A no holds for the whole call.
    """
    if mode == "never" or state in ("refused", "withdrawn"):
        return False
    if state == "asked":
        return is_other_queue
    return not covers(mode, state, how)


def may_listen(actor: Actor, listeners: str, agent_id: str | None) -> bool:
    """Whether somebody who may see the call may hear it, too."""
    if actor.is_supervisor:
        return True
    if not actor.on_desk:
        return False
    return listeners == "desk" or (listeners == "own" and agent_id == actor.id)


def may_download(actor: Actor, downloads: bool) -> bool:
    return actor.is_admin or (actor.is_supervisor and downloads)


@dataclass(frozen=True, slots=True)
class Gap:
    """A pause in seconds of the file."""

    begins: float
    ends: float


def gaps(
    began_at: datetime | None,
    pauses: Sequence[tuple[datetime | None, datetime | None]],
    seconds: float | None,
) -> list[Gap]:
    """Where in the file the pauses lie; `pauses` are (confirmed, ended).

    The carrier leaves silence in them, so that they are where they were in the call.
    """
    if began_at is None:
        return []
    most = seconds if seconds is not None else float("inf")
    found = []
    for confirmed, ended in pauses:
        if confirmed is None:
            continue
        begins = min(most, max(0.0, (confirmed - began_at).total_seconds()))
        until = (ended - began_at).total_seconds() if ended else most
        if (ends := min(most, until)) > begins:
            found.append(Gap(begins, ends))
    return found
