"""Values of a condition that come from a closed list: ticked on the form, kept as keys.

On the form they are one text with commas between them, as typed values are; names are read too, so
that an address or a page of earlier still means what it did. Not for free text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Table = Mapping[str, str]
Pick = tuple[str, str, bool]


def split(text: str) -> tuple[str, ...]:
    words = text.replace("\n", ",").split(",")
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


def joined(values: Sequence[str], table: Table) -> str:
    """Keys as a browser sends those that are ticked: in the order of the list."""
    order = {key: place for place, key in enumerate(table)}
    return ", ".join(sorted(values, key=lambda key: order.get(key, len(order))))


def read(text: str, table: Table, unknown: Callable[[str], str]) -> tuple[str, ...]:
    """The keys that a text means; ValueError, in the words of `unknown`, for one that is none."""
    by_word = _by_word(table)
    if text.strip().casefold() in by_word:
        return (by_word[text.strip().casefold()],)
    words = split(text)
    for word in words:
        if word.casefold() not in by_word:
            raise ValueError(unknown(word[:60]))
    return tuple(by_word[word.casefold()] for word in words)


def picks(text: str, table: Table | None, called: Callable[[str], str]) -> list[Pick] | None:
    """What there is to tick, with what is ticked; None for free text.

    What is ticked and not in the list any more stands at the end, so that it is seen and taken out.
    """
    if table is None:
        return None
    by_word = _by_word(table)
    if text.strip().casefold() in by_word:
        chosen: Sequence[str] = (by_word[text.strip().casefold()],)
    else:
        chosen = [by_word.get(word.casefold(), word) for word in split(text)]
    found = [(key, word[:1].upper() + word[1:], key in chosen) for key, word in table.items()]
    return found + [(key, called(key), True) for key in chosen if key not in table]


def without_values(form: dict[str, Any], do: str, groups: Sequence[str]) -> dict[str, Any]:
    """The form after another subject was chosen in one row (`subject:2:every`): nothing ticked."""
    what, _, rest = do.partition(":")
    place, _, group = rest.partition(":")
    rows = [dict(row) for row in form.get(group, ())] if group in groups else []
    if what != "subject" or not place.isdigit() or int(place) >= len(rows):
        return form
    rows[int(place)]["values"] = ""
    return form | {group: rows}


def _by_word(table: Table) -> dict[str, str]:
    return {word.casefold(): key for key, word in table.items()} | {
        key.casefold(): key for key in table
    }
