"""A form of the admin area: plain fields, several choices, and lists of rows that grow.

A form is a dict of texts as they stand on the page, so that input which can't be taken comes back
as it was typed. Names that a form does not declare are refused. Rows are named `step-0-after`.
Adding and removing rows is done here for browsers with and without script alike: a button named
`_do` sends the form, and the page is drawn again. Not for what the texts mean (each screen and its
service say that).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from flask import request

from helpdesk.core.errors import Invalid

Values: TypeAlias = dict[str, Any]

MOST_ROWS = 200
_ROW = re.compile(r"([a-z_]+)-([0-9]{1,3})-([a-z_]+)")
_STEPS = {"up": -1, "down": 1}
_HIDDEN = frozenset({"_csrf", "_do", "_was", "version", "work_version"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What a form may bring. `levels` and `maps` are prefixes of fields named `skill-<id>`; what is
    empty is left out, and of levels a 0 too. `ticked` are columns of rows that may come several
    times and are kept as one text with commas.
    """

    texts: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ticked: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """The form as it came: `values` to draw it again, `do` for a button that only changes rows."""

    values: Values
    was: Values
    version: int
    work_version: int
    do: str = ""


def read(shape: Shape) -> Given:
    """The posted form; Invalid for a name that `shape` does not know."""
    form = request.form
    values: Values = dict.fromkeys((*shape.texts, *shape.flags), "")
    values |= {name: [] for name in shape.lists}
    values |= {name: {} for name in (*shape.levels, *shape.maps)}
    found: dict[str, dict[int, dict[str, str]]] = {name: {} for name in shape.rows}
    for name, given in form.lists():
        if name in _HIDDEN:
            continue
        if name in shape.lists:
            values[name] = [text for text in given if text]
        elif name in shape.texts or name in shape.flags:
            values[name] = given[-1].strip().replace("\r\n", "\n")
        elif (prefix := name.partition("-")[0]) in (*shape.levels, *shape.maps) and name != prefix:
            text = given[-1].strip()
            if text and not (text == "0" and prefix in shape.levels):
                values[prefix][name[len(prefix) + 1 :]] = text
        elif (at := _ROW.fullmatch(name)) and at[3] in shape.rows.get(at[1], ()):
            found[at[1]].setdefault(int(at[2]), {})[at[3]] = (
                ", ".join(text.strip() for text in given if text.strip())
                if at[3] in shape.ticked
                else given[-1].strip()
            )
        else:
            raise Invalid("The form holds a field that is not known here.", code="unknown_field")
    for name, rows in found.items():
        if len(rows) > MOST_ROWS:
            raise Invalid(f"List at most {MOST_ROWS} lines.")
        blank = dict.fromkeys(shape.rows[name], "")
        values[name] = [blank | rows[number] for number in sorted(rows)]
    return Given(
        values,
        _was(shape),
        whole(form.get("version", ""), 0),
        whole(form.get("work_version", ""), 0),
        form.get("_do", "")[:60],
    )


def rearranged(values: Values, do: str, blanks: Mapping[str, Mapping[str, str]]) -> Values:
    """The form after a button such as `add:step`, `remove:step:2`, `up:step:2` or `down:step:0`;
    unknown words change nothing.
    """
    what, _, rest = do.partition(":")
    group, _, place = rest.partition(":")
    if group not in blanks:
        return values
    rows = list(values.get(group, []))
    if what == "add" and len(rows) < MOST_ROWS:
        rows.append(dict(blanks[group]))
    elif place.isdigit() and int(place) < len(rows):
        row = rows.pop(int(place))
        if what in _STEPS:
            rows.insert(max(0, int(place) + _STEPS[what]), row)
        elif what != "remove":
            return values
    return values | {group: rows}


def merged(was: Values, mine: Values, now: Values) -> tuple[Values, list[str], list[str]]:
    """Two people changed the same thing: what they changed, what I changed, told apart by field.

    Answers the form to show (mine where I changed it, else what is stored now), the fields that the
    other changed, and those of them that I had changed to something else.
    """
    theirs = [name for name in now if name in was and now[name] != was[name]]
    touched = {name for name in mine if name not in was or mine[name] != was[name]}
    both = [name for name in theirs if name in touched and mine.get(name) != now[name]]
    shown = {name: mine[name] if name in touched else now.get(name, mine[name]) for name in mine}
    return shown, theirs, both


def as_was(values: Values) -> str:
    """What the hidden field `_was` holds: the form as it was drawn from the stored state."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def whole(text: str, otherwise: int) -> int:
    """A whole number written with plain digits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def number(values: Mapping[str, str], name: str, wrong: dict[str, str], *, key: str = "") -> int:
    """A whole number of a form; says beside the field (`key`) when it is none."""
    text = values.get(name, "")
    if text.isascii() and text.isdigit() and len(text) < 10:
        return int(text)
    wrong[key or name] = "Enter a whole number."
    return 0


def swapped(ids: Sequence[str], one: int, other: int) -> str:
    """The order as a form sends it after two neighbours changed places; empty at the ends."""
    if not 0 <= other < len(ids):
        return ""
    order = list(ids)
    order[one], order[other] = order[other], order[one]
    return ",".join(order)


def key_of(words: str) -> str:
    """A key for programs from the words for people; the service says so when none comes of it."""
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in words.lower()).split()
    return "_".join(kept).lstrip("0123456789_")[:40]


def choices(rows: Sequence[Any]) -> list[tuple[str, str]]:
    """(id, name) pairs for a select."""
    return [(row.id, row.name) for row in rows]


def _was(shape: Shape) -> Values:
    known = {*shape.texts, *shape.flags, *shape.lists, *shape.rows, *shape.levels, *shape.maps}
    try:
        was = json.loads(request.form.get("_was", "") or "{}")
    except (ValueError, RecursionError):
        return {}
    return {k: v for k, v in was.items() if k in known} if isinstance(was, dict) else {}
