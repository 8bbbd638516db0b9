"""What a list of tickets is narrowed to, as a value: from an address or a stored view and back.

Pure. Words such as `me`, `nobody` and `mine` stay words here, so that one view serves everybody;
`resolved_for` puts the reader's ids in their place. Not for finding tickets (see `listing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.tickets.lifecycle import PRIORITIES, STATES, is_done

SCOPES = ("live", "done", "all")
DUES = ("late", "soon")
CHANNELS = ("email", "form", "chat", "call", "sms", "whatsapp")
ME, NOBODY, MINE = "me", "nobody", "mine"
MOST_VALUES = 50
NO_QUEUE = ("",)  # no ticket lies there


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty means "not by this". Values of one field are alternatives; all tags must be there.

    `scope` live (needs us or is waited for), done or all; naming states decides it.
    """

    scope: str = "live"
    state: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    customer: tuple[str, ...] = ()
    organisation: tuple[str, ...] = ()
    due: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and the queues they serve (for somebody who serves none: all queues).

    `only` are the queues whose tickets they see beside their own; None: every ticket.
    """

    user_id: str
    queue_ids: tuple[str, ...] = ()
    all_queue_ids: tuple[str, ...] = field(default=())
    only: frozenset[str] | None = None


LISTS = tuple(f.name for f in fields(Filter) if f.name != "scope")


def from_lists(given: Mapping[str, Iterable[str]]) -> Filter:
    """A filter out of the values of an address; Invalid for words that are not known."""
    values: dict[str, Any] = {}
    for name in LISTS:
        found = tuple(dict.fromkeys(v.strip() for v in given.get(name, ()) if v.strip()))
        if len(found) > MOST_VALUES:
            raise Invalid(fields={name: f"Choose at most {MOST_VALUES}."})
        for value in found:
            _check(name, value)
        if found:
            values[name] = found
    scope = next(iter(given.get("scope", ())), "live") or "live"
    if scope not in SCOPES:
        raise Invalid(fields={"scope": f"Choose one of {', '.join(SCOPES)}."})
    return settled(Filter(scope=scope, **values))


def from_dict(stored: Mapping[str, Any]) -> Filter:
    """A stored filter; what this version no longer knows is left out."""
    given = {k: [str(x) for x in v] for k, v in stored.items() if isinstance(v, list)}
    known: dict[str, list[str]] = {}
    for name, values in given.items():
        known[name] = [value for value in values if _is_known(name, value)]
    scope = stored.get("scope", "live")
    known["scope"] = [scope if scope in SCOPES else "live"]
    return from_lists(known)


def as_dict(wanted: Filter) -> dict[str, Any]:
    """As it is stored."""
    kept: dict[str, Any] = {"scope": wanted.scope}
    for name in LISTS:
        if values := getattr(wanted, name):
            kept[name] = list(values)
    return kept


def as_pairs(wanted: Filter) -> list[tuple[str, str]]:
    """As it stands in an address."""
    pairs = [] if wanted.scope == "live" or wanted.state else [("scope", wanted.scope)]
    return pairs + [(name, value) for name in LISTS for value in getattr(wanted, name)]


def settled(wanted: Filter) -> Filter:
    """Naming states decides which of the tickets are looked through."""
    if not wanted.state:
        return wanted
    done = [is_done(state) for state in wanted.state]
    scope = "done" if all(done) else "all" if any(done) else "live"
    return replace(wanted, scope=scope)


def sorts_for(wanted: Filter) -> tuple[str, ...]:
    """The orders that cost no more on a million tickets than on ten, for this filter."""
    if wanted.tag or wanted.customer or wanted.organisation or wanted.scope == "all":
        return ("newest", "oldest")
    if wanted.due:
        return ("due",)
    if wanted.scope == "done":
        return ("resolved", "newest", "oldest")
    narrow = wanted.queue or wanted.assignee == (NOBODY,)
    return ("due", "newest", "oldest", "priority", *(() if narrow else ("updated",)))


def sort_or_default(wanted: Filter, sort: str) -> str:
    """The order asked for where this filter has it, else its first."""
    able = sorts_for(wanted)
    return sort if sort in able else able[0]


def resolved_for(wanted: Filter, reader: Reader) -> Filter:
    """With the reader's own ids for `me` and `mine`; `nobody` stays."""
    queues: list[str] = []
    for value in wanted.queue:
        queues += (reader.queue_ids or reader.all_queue_ids) if value == MINE else [value]
    people = tuple(reader.user_id if value == ME else value for value in wanted.assignee)
    found = tuple(dict.fromkeys(queues))
    if reader.only is not None and people != (reader.user_id,):
        asked = found or tuple(sorted(reader.only))
        found = tuple(one for one in asked if one in reader.only) or NO_QUEUE
    return replace(wanted, queue=found, assignee=people)


def without(wanted: Filter, name: str, value: str) -> Filter:
    """The filter less one value: what the cross on a chip leads to."""
    if name == "scope":
        return replace(wanted, scope="live")
    left = tuple(one for one in getattr(wanted, name) if one != value)
    changes: dict[str, Any] = {name: left}
    return settled(replace(wanted, **changes))


def _check(name: str, value: str) -> None:
    if not _is_known(name, value):
        raise Invalid(fields={name: "This can't be used here."})


def _is_known(name: str, value: str) -> bool:
    words = _WORDS.get(name)
    if words is not None and value in words:
        return True
    if name in _IDS:
        return is_id(value)
    return words is None and name in LISTS and 0 < len(value) <= 50 and value.isprintable()


_WORDS: Mapping[str, Collection[str]] = {
    "state": STATES,
    "priority": PRIORITIES,
    "due": DUES,
    "channel": CHANNELS,
    "assignee": (ME, NOBODY),
    "queue": (MINE,),
}
_IDS: Sequence[str] = ("assignee", "queue", "team", "customer", "organisation")
