"""What a caller or a page of ours is answered: things to hear in order, or a conference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.ivr.actions import Action


@dataclass(frozen=True, slots=True)
class Consent:
    """What is said about recording; the carrier comes back after it, with a key or none."""

    text: str
    language: str
    asks: bool


@dataclass(frozen=True, slots=True)
class RingBack:
    """A round of waiting in which a key lays the phone down; with `sure` it was pressed once."""

    text: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`step` numbers the question that is asked at its end, so that its answer is told from one to
    the same question asked again. `look_again` is a work item to look at after the commit.
    """

    actions: Sequence[Action | Consent]
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
