"""How a text is counted: its characters, and as how many parts it is sent and paid. Pure.

One character outside the GSM alphabet makes the whole text UCS-2, which holds less than half.
`static/agent/text_parts.js` counts the same way while somebody types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("^{}\\[~]|€\f")  # behind an escape, so they count twice
ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
LONGEST = 1600  # characters the carrier takes at once


@dataclass(frozen=True, slots=True)
class Count:
    """`units` are what the parts are filled with; `left` is the room in the last part."""

    alphabet: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    left: int


def count(text: str) -> Count:
    """Nothing at all is one part: a picture without words is sent as one, too."""
    sizes = _sizes(text)
    alphabet: Literal["GSM-7", "UCS-2"] = "UCS-2" if sizes is None else "GSM-7"
    sizes = [2 if ord(c) > 0xFFFF else 1 for c in text] if sizes is None else sizes
    alone, each = ROOM[alphabet]
    units = sum(sizes)
    if units <= alone:
        return Count(alphabet, units, 1, alone - units)
    parts, filled = 1, 0
    for size in sizes:  # no character is cut in two
        if filled + size > each:
            parts, filled = parts + 1, 0
        filled += size
    return Count(alphabet, units, parts, each - filled)


def _sizes(text: str) -> list[int] | None:
    """What each character takes in the GSM alphabet; None where one is not in it."""
    sizes = []
    for character in text:
        if character in GSM:
            sizes.append(1)
        elif character in GSM_DOUBLE:
            sizes.append(2)
        else:
            return None
    return sizes
