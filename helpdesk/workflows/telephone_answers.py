"""What a caller or a page of ours is answered: things to hear in order, or a conference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.ivr.actions import Action


@dataclass(frozen=True, slots=True)
class Consent:
    """What is said about recording; the carrier comes back after it, with a key or none.

    `turn` tells it from the same said before, in another queue of the same call.
    """

    text: str
    language: str
    asks: bool
    turn: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A round of waiting in which a key may be pressed; with `sure` it confirms a callback."""

    texts: tuple[str, ...]
    sure: bool = False


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """Out of the carrier's queue; the carrier asks then where the caller has to be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`step` numbers the question that is asked at its end, so that its answer is told from one to
    the same question asked again. `look_again` is a work item to look at after the commit.
    """

    actions: Sequence[Action | Consent | LeaveLine]
    look_again: str | None = None
    step: int = 0


@dataclass(frozen=True, slots=True)
class Conference:
    """Where a party speaks; `label` is its leg, `waits` whether it waits for one of ours, `rings`
    whether it hears the other end ringing until that answers.
    """

    room: str
    label: str
    waits: bool = False
    muted: bool = False
    rings: bool = False
