"""What may be read out to a caller: a registry that other parts add to.

A look-up answers only to two facts that belong together, the number of something and a proof of who
is calling. The parts that know the records register here (see the wiring), so a flow can offer only
what this installation can answer: a look-up that nobody registered stands in no editor.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from helpdesk.core.work import Work

FEWEST_DIGITS = 4
MOST_DIGITS = 20
BY_PROGRAM = "program"
"""The proof that another program is asked to check."""
FAILED = "failed"
"""The outcome of a look-up that could not be made: the caller goes on as without it."""
HOLE = re.compile(r"\{([a-z][a-z0-9_]{0,29})\}")


@dataclass(frozen=True, slots=True)
class Asked:
    """`proof` names the field of the record, `digits` what the caller gave for it; `language` is
    that in which the flow speaks.
    """

    what: str
    number: str
    proof: str
    digits: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """`outcome` is one of the look-up's; `slots` fill the braces of its `sentence`, which is said
    unless the flow has its own. `customer_id`: whose it is, where that is known.
    """

    outcome: str
    slots: Mapping[str, str] = field(default_factory=dict)
    sentence: str = ""
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """There is no such thing, or the proof is not that of its customer: both answer alike."""

    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class LookUp:
    """`outcomes` are sentences by outcome, as a flow reads them out unless it has its own.

    `find` answers Refused for everything that does not fit, so that nothing is learnt from it.
    Without it another program is asked, before the transaction, and checks the proof itself.
    `is_offered`: an administrator may choose it; others belong to a kind of step of their own.
    """

    name: str
    words: str
    outcomes: Mapping[str, str]
    find: Callable[[Work, Asked], Found | Refused] | None
    is_offered: bool = True


_known: dict[str, LookUp] = {}


def register(one: LookUp) -> None:
    _known[one.name] = one


def known() -> Mapping[str, LookUp]:
    return dict(_known)


def digits_of(text: object) -> str:
    """What can be typed of a stored value: `NL-123 456` is 123456."""
    return "".join(c for c in str(text or "") if c.isascii() and c.isdigit())


def typed(digits: str) -> str:
    """The digits of a number as typed; empty where anything else was pressed."""
    plain = digits.rstrip("#")
    right = plain.isascii() and plain.isdigit() and len(plain) <= MOST_DIGITS
    return plain if right else ""


def looks_like_card(digits: str) -> bool:
    """By length and check digit: such a number is kept out of the records, whatever was asked."""
    doubled = (int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits)))
    return 13 <= len(digits) <= 19 and sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def proves(stored: object, given: str) -> bool:
    """Whether the digits given are those of the stored value, and enough of them."""
    return len(given) >= FEWEST_DIGITS and digits_of(stored) == given


def filled(text: str, found: Found) -> str:
    return HOLE.sub(lambda hole: found.slots.get(hole.group(1), hole.group(0)), text)
