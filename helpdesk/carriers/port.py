"""What the program needs of a telephone carrier, said by those who need it; no vendor is named.

The composition root chooses which carrier that is (`choose`), once. Each vendor's package has an
adapter (`carriers.twilio.carrier`); hooks are a door of their own, in the vendor's own language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from helpdesk.core.config import Settings


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody rings one of our numbers. `caller` and `name` prove nothing about who it is."""

    sid: str
    called: str
    caller: str
    name: str


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording at the carrier: `state` is running, paused, making, over or none. `seconds` once
    it is over.
    """

    sid: str
    state: str
    seconds: int | None


class Line(Protocol):
    """Calls. Each order names a state, so that it may be said twice.

    Raises NotYet, Refused, or what trouble there is. `known` is the conference that the party was
    last told to be in, if any.
    """

    def move(self, sid: str, *, was_tried: bool, room: str) -> None: ...
    def seat(self, sid: str, room: str, wanted: Mapping[str, Any], *, known: str) -> None: ...
    def announce(self, sid: str, room: str, text: str, *, known: str) -> None: ...
    def hang_up(self, sid: str) -> None: ...
    def tape(self, line: str, sid: str, state: str, *, is_new: bool) -> tuple[str, str]: ...
    def tape_of(self, line: str, sid: str) -> Tape | None: ...
    def forget_tape(self, sid: str) -> None: ...
    def dial(self, dialled_id: str, wanted: Mapping[str, Any], *, was_tried: bool) -> str: ...
    def bridge(self, bridge_id: str, wanted: Mapping[str, Any], *, was_tried: bool) -> str: ...
    def live_calls(self) -> set[str]: ...
    def is_live(self, sid: str) -> bool: ...


class Texts(Protocol):
    """Texts that leave. Raises TextRefused, TextAway or TextUnsure."""

    def send(
        self,
        *,
        to: str,
        from_: str,
        body: str,
        media: Sequence[str] = (),
        content_sid: str = "",
        variables: Mapping[str, str] | None = None,
        callback: str = "",
    ) -> str:
        """Hand one text over and answer its sid. A template goes by its content id."""

    def find(
        self,
        *,
        to: str,
        from_: str,
        body: str | None,
        since: datetime,
        others: Callable[[Sequence[str]], set[str]],
    ) -> str | None:
        """The sid of a text that was handed over since, though its answer was lost."""


class Carrier(Protocol):
    """`line` and `texts` are None where no account is set up."""

    def line(self, settings: Settings) -> Line | None: ...
    def texts(self, settings: Settings) -> Texts | None: ...

    def can_mint(self, settings: Settings) -> bool:
        """Whether pages of our people can telephone over it."""

    def access_token(self, settings: Settings, user_id: str) -> str:
        """With which a page of that person may place its calls."""

    def has_ended(self, told: Mapping[str, str]) -> bool:
        """Whether the line of this report is over."""

    def refusal(self, told: str) -> str:
        """Why a call was not placed, in plain words."""

    def is_recording(self, sid: str) -> bool:
        """Whether that can be a recording's id: what a hook names becomes part of an address."""

    def recording_address(self, settings: Settings, sid: str) -> str: ...

    def fetch(self, settings: Settings, url: str, *, most: int) -> BinaryIO:
        """The bytes of a file. Raises NotFetched (never), NotNow."""


_chosen: Carrier | None = None


def choose(one: Carrier) -> None:
    global _chosen
    _chosen = one


def carrier() -> Carrier:
    if _chosen is None:
        raise RuntimeError("no carrier has been chosen")
    return _chosen
