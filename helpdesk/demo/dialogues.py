"""The conversations of the demo company, and how they are varied.

A dialogue is written once as lines of a visitor (`v:`) and an agent (`a:`); `[this|that]` is one
of several wordings, `{amount}` and the like are filled in. The same ones make the history and
feed the simulated visitors of today.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from helpdesk.demo import talk_billing, talk_contracts, talk_general, talk_technical

Line = tuple[Literal["visitor", "agent"], str]

TEXTS = {
    "general": talk_general.TEXT,
    "billing": talk_billing.TEXT,
    "technical-help": talk_technical.TEXT,
    "contracts": talk_contracts.TEXT,
}
_ONE_OF = re.compile(r"\[([^\[\]]+\|[^\[\]]+)\]")
_ADDRESSED = re.compile(r",? \{name\}")
_STREETS = ("Hafenstraße", "Lindenweg", "Am Deich", "Mühlenstraße", "Birkenallee", "Kirchgasse")


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One matter from the first word to the last; `queue` is a slug, `outcome` a code of it."""

    queue: str
    title: str
    outcome: str
    note: str
    lines: tuple[Line, ...]


@functools.cache
def dialogues() -> tuple[Dialogue, ...]:
    return tuple(one for queue, text in TEXTS.items() for one in _read(queue, text))


def of_queue(queue: str) -> list[Dialogue]:
    return [one for one in dialogues() if one.queue == queue]


def spoken(dialogue: Dialogue, rng: random.Random, name: str, day: str) -> list[Line]:
    """The lines as they are said this time; `day` is a date that fits, in words."""
    facts = _facts(rng, name, day)
    return [(who, _worded(text, facts, rng)) for who, text in dialogue.lines]


def _facts(rng: random.Random, name: str, day: str) -> Mapping[str, str]:
    usage = rng.randrange(1600, 6200, 50)
    return {
        "name": name,
        "day": day,
        "street": f"{rng.choice(_STREETS)} {rng.randrange(1, 90)}",
        "meter": f"1NLE{rng.randrange(10_000_000, 99_999_999)}",
        "reading": f"{rng.randrange(3000, 60_000):,}",
        "amount": f"{rng.randrange(62, 240)} €",
        "smaller": f"{rng.randrange(18, 61)} €",
        "usage": f"{usage:,}",
        "postcode": str(rng.randrange(20_095, 27_749)),
        "hour": f"{rng.randrange(11, 18)}:00",
        "customer_number": f"NL-{rng.randrange(100_000, 999_999)}",
        "code": str(rng.randrange(11, 48)),
    }


def _worded(text: str, facts: Mapping[str, str], rng: random.Random) -> str:
    chosen = _ONE_OF.sub(lambda found: rng.choice(found[1].split("|")), text)
    if not facts["name"]:
        chosen = _ADDRESSED.sub("", chosen)
    return chosen.format_map(facts)


def _read(queue: str, text: str) -> list[Dialogue]:
    found = []
    for block in text.split("\n= ")[1:]:
        head, *rest = block.replace("\n   ", " ").strip().splitlines()
        title, outcome, note = (part.strip() for part in head.split("|"))
        lines: list[Line] = [
            ("visitor" if line.startswith("v:") else "agent", line[2:].strip())
            for line in rest
            if line
        ]
        found.append(Dialogue(queue, title, outcome, note, tuple(lines)))
    return found
