"""What may be read out to a caller: a registry that other parts add to.

A look-up answers only to two facts that belong together, the number of something and digits that
its customer's record holds. The parts that know the records register here (see the wiring), so a
flow can offer only what this installation can answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from helpdesk.core.work import Work

FEWEST_DIGITS = 4
MOST_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """`proof` names the field of the record, `digits` what the caller gave for it."""

    what: str
    number: str
    proof: str
    digits: str


@dataclass(frozen=True, slots=True)
class Found:
    """`outcome` is one of the look-up's; `slots` fill the braces of its `sentence`, which is said
    unless the flow has its own.
    """

    outcome: str
    slots: Mapping[str, str] = field(default_factory=dict)
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """`outcomes` are sentences by outcome, as a flow reads them out unless it has its own.

    `find` answers None for everything that does not fit, so that nothing is learnt from it.
    """

    name: str
    words: str
    outcomes: Mapping[str, str]
    find: Callable[[Work, Asked], Found | None]


_known: dict[str, LookUp] = {}


def register(one: LookUp) -> None:
    _known[one.name] = one


def known() -> Mapping[str, LookUp]:
    return dict(_known)


def digits_of(text: object) -> str:
    """What can be typed of a stored value: `NL-123 456` is 123456."""
    return "".join(c for c in str(text or "") if c.isascii() and c.isdigit())


def proves(stored: object, given: str) -> bool:
    """Whether the digits given are those of the stored value, and enough of them."""
    return len(given) >= FEWEST_DIGITS and digits_of(stored) == given
