"""Finding colleagues' names behind an @ in a note. Pure.

`@Anna Smith`, `@anna.smith` (the part of an address before its @) and `@Anna`, where only one
colleague is called so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Not inside a word or an address: "me@example.com" mentions nobody.
_AT = re.compile(r"(?<![\w.@/+-])@(?=\w)")
MOST = 20


@dataclass(frozen=True, slots=True)
class Colleague:
    id: str
    name: str
    email: str


def mentioned(text: str, colleagues: Sequence[Colleague]) -> list[str]:
    """Ids of the colleagues that the text names, in its order, each once, at most twenty."""
    starts = [found.end() for found in _AT.finditer(text)]
    if not starts:
        return []
    names = _names(colleagues)
    longest = max((len(name) for name in names), default=0)
    found: dict[str, None] = {}
    for start in starts:
        behind = text[start : start + longest + 1].casefold()
        for end in range(min(len(behind), longest), 0, -1):
            whole_word = end == len(behind) or not (behind[end].isalnum() or behind[end] == "_")
            if whole_word and (who := names.get(" ".join(behind[:end].split(" ")))):
                found[who] = None
                break
    return list(found)[:MOST]


def _names(colleagues: Sequence[Colleague]) -> dict[str, str]:
    """Every way to name somebody that means one person only."""
    ways = [
        (way.casefold(), one.id)
        for one in colleagues
        for way in {one.name, one.name.split(" ")[0], one.email.split("@")[0]}
        if way
    ]
    times = Counter(way for way, _ in set(ways))
    return {way: who for way, who in ways if times[way] == 1}
