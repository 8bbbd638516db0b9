"""Ways to walk through tickets in an order, each along one index, and the choice among them.

Pure. A way pins some fields to single values and yields the rest in order; what it does not pin is
looked at row by row. Not for the statements (see `listing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from helpdesk.tickets.filters import NOBODY, Filter
from helpdesk.tickets.lifecycle import PRIORITIES, STATES, is_done

MOST_BRANCHES = 24


@dataclass(frozen=True, slots=True)
class Way:
    """`pins` are fields of the filter; `which` is the part that the index holds: live, free (live
    and nobody's), done, or all. `key` is the column of the order.
    """

    sort: str
    which: str
    pins: tuple[str, ...]
    key: str
    descending: bool = False
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Branch:
    """One range of the index: every pin at one value."""

    values: tuple[tuple[str, str], ...]
    rank: int = 0  # of the priority, most urgent first


def _both(which: str, pins: tuple[str, ...], weight: int = 0) -> tuple[Way, Way]:
    return (
        Way("newest", which, pins, "opened_at", True, weight),
        Way("oldest", which, pins, "opened_at", False, weight),
    )


_SCOPES = {
    "live": tuple(state for state in STATES if not is_done(state)),
    "done": tuple(state for state in STATES if is_done(state)),
}
WAYS: tuple[Way, ...] = (
    *_both("all", ("tag", "state"), 11),
    *_both("all", ("tag",), 9),
    *_both("all", ("customer",), 10),
    *_both("all", ("organisation",), 5),
    *_both("all", ("queue", "state"), 2),
    *_both("all", ("assignee", "state"), 4),
    *_both("all", ("queue",), 1),
    *_both("all", ("assignee",), 3),
    *_both("all", ("state",), 1),
    *_both("all", ()),
    Way("due", "live", (), "next_due_at"),
    Way("due", "live", ("queue",), "next_due_at", weight=1),
    Way("due", "live", ("assignee",), "next_due_at", weight=3),
    Way("due", "free", (), "next_due_at", weight=3),
    Way("due", "free", ("queue",), "next_due_at", weight=4),
    *_both("live", (), 1),
    *_both("live", ("queue",), 2),
    *_both("live", ("assignee",), 4),
    *_both("free", (), 4),
    *_both("free", ("queue",), 5),
    Way("updated", "live", (), "updated_at", True),
    Way("updated", "live", ("assignee",), "updated_at", True, 3),
    Way("priority", "live", ("priority",), "opened_at"),
    Way("priority", "live", ("queue", "priority"), "opened_at", weight=1),
    Way("priority", "live", ("assignee", "priority"), "opened_at", weight=3),
    Way("priority", "free", ("priority",), "opened_at", weight=3),
    Way("priority", "free", ("queue", "priority"), "opened_at", weight=4),
    Way("resolved", "done", (), "resolved_at", True),
    Way("resolved", "done", ("queue",), "resolved_at", True, 1),
    Way("resolved", "done", ("assignee",), "resolved_at", True, 3),
)


def way_for(wanted: Filter, sort: str | None) -> Way:
    """The narrowest way that yields this order (None: any order, for counting)."""
    able = [way for way in WAYS if sort in (way.sort, None) and _leads(way, wanted)]
    return max(able, key=lambda way: way.weight)


def branches_of(way: Way, wanted: Filter) -> list[Branch]:
    """The ranges to walk and to merge, one for each combination of pinned values."""
    lists: list[Sequence[str]] = [_values(pin, wanted, way) for pin in way.pins]
    found: list[Branch] = []
    for values in product(*lists):
        pinned = tuple(zip(way.pins, values, strict=True))
        rank = -PRIORITIES.index(dict(pinned)["priority"]) if way.sort == "priority" else 0
        found.append(Branch(pinned, rank))
    return sorted(found, key=lambda branch: branch.rank)


def is_pinned(way: Way, wanted: Filter, name: str) -> bool:
    """Whether the way alone sees to this field of the filter."""
    if name == "assignee" and way.which == "free" and wanted.assignee == (NOBODY,):
        return True
    if name == "tag":
        return "tag" in way.pins and len(wanted.tag) == 1
    return name in way.pins


def _leads(way: Way, wanted: Filter) -> bool:
    if way.which in ("live", "free") and wanted.scope != "live":
        return False
    if way.which == "done" and wanted.scope != "done":
        return False
    if way.which == "free" and wanted.assignee != (NOBODY,):
        return False
    count = 1
    for pin in way.pins:
        values = _values(pin, wanted, way)
        count *= len(values)
        if not values or (pin == "assignee" and NOBODY in values):
            return False
    return count <= MOST_BRANCHES


def _values(pin: str, wanted: Filter, way: Way) -> tuple[str, ...]:
    if pin == "state" and "tag" in way.pins and not wanted.state:
        return _SCOPES.get(wanted.scope, ())
    if pin == "priority":
        return wanted.priority or PRIORITIES
    if pin == "tag":
        return wanted.tag[:1]
    return tuple(getattr(wanted, pin))
