"""What a flow asks the carrier to do next, in words that no carrier owns.

The walk through a flow (`helpdesk.ivr.walking`) answers a `Step`; whoever carries the call makes
TwiML, or sound in a browser, of its actions, in their order. Only the last one may be one after
which the carrier comes back (`Ask`) or which ends the walk (`Enqueue`, `Voicemail`, `Forward`,
`CallBack`, `HangUp`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Say:
    """Words read out. They are plain text: whoever carries them escapes them."""

    text: str
    language: str = "en-GB"


@dataclass(frozen=True, slots=True)
class Play:
    """A sound file of ours, by its id."""

    sound_id: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Prompts that may be interrupted by keys or words; the answer comes back to the walk."""

    prompts: tuple[Say | Play, ...]
    digits: int = 1  # 0: as many as come until `finish_key`
    finish_key: str = "#"
    timeout_s: int = 5
    speech: bool = False
    language: str = "en-GB"


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait in that queue for a person."""

    queue_id: str
    reason: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    head_start_s: int = 0


@dataclass(frozen=True, slots=True)
class Voicemail:
    """Leave a message after the tone; it becomes a ticket in that queue."""

    queue_id: str
    most_s: int = 180


@dataclass(frozen=True, slots=True)
class Forward:
    """Put the caller through to a number outside; the walk goes on where nobody answers."""

    number: str
    timeout_s: int = 25


@dataclass(frozen=True, slots=True)
class CallBack:
    """Ring that number when it is the caller's turn in that queue; then `thanks` is said.

    `window` is (from, until): nobody is rung outside of these times of the day in `zone`.
    """

    queue_id: str
    number: str = ""
    thanks: str = ""
    window: tuple[str, str] | None = None
    zone: str = "UTC"
    language: str = "en-GB"


@dataclass(frozen=True, slots=True)
class HangUp:
    pass


Action = Say | Play | Ask | Enqueue | Voicemail | Forward | CallBack | HangUp


@dataclass(frozen=True, slots=True)
class Went:
    """A step that the caller came to, or what the caller gave there (never a secret)."""

    node_id: str
    name: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now, and where the walk stands afterwards (JSON, kept with the call)."""

    actions: tuple[Action, ...]
    state: Mapping[str, Any]
    trail: tuple[str, ...] = ()
    """Names of the nodes gone through in this step, for the agent's screen and the reports."""
    went: tuple[Went, ...] = ()
    """The same with what was given."""
