"""Changes of a ticket that go with words on it: what may stand there, and in which steps they are
made once the words are said. Pure.

Tags are added and taken away rather than set, because hours may lie between writing and saying.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.tickets.lifecycle import PRIORITIES, STATES
from helpdesk.tickets.tags import tag_names

PLAIN = ("priority", "type", "queue_id", "team_id", "assignee_id")
TAGS = ("add_tags", "remove_tags")
NAMES = frozenset((*PLAIN, *TAGS, "state", "macro"))
LONGEST = 80


def checked(then: Mapping[str, Any] | None) -> dict[str, Any]:
    """The changes as they are kept; Invalid for what could never be made."""
    wanted = {name: value for name, value in (then or {}).items() if value not in ("", [], ())}
    if unknown := wanted.keys() - NAMES:
        raise Invalid(fields={min(unknown): "This can't go with words."})
    kept: dict[str, Any] = {}
    for name, value in wanted.items():
        if name in TAGS:
            kept[name] = tag_names(value)
        elif value is None and name in ("team_id", "assignee_id", "type"):
            kept[name] = None
        elif isinstance(value, str) and len(value) <= LONGEST and _fits(name, value):
            kept[name] = value
        else:
            raise Invalid(fields={name: "This can't be chosen."})
    return kept


def steps(then: Mapping[str, Any], tags: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What `cases_line.change` is to do, one after the other; the state comes last.

    `tags` are the ticket's own at that moment.
    """
    for name in PLAIN:
        if name in then:
            yield {name: then[name]}
    added = [tag for tag in then.get("add_tags", ()) if tag not in tags]
    kept = [tag for tag in tags if tag not in then.get("remove_tags", ())]
    if [*kept, *added] != list(tags):
        yield {"tags": [*kept, *added]}
    if "state" in then:
        yield {"state": then["state"]}


def _fits(name: str, value: str) -> bool:
    if name == "state":
        return value in STATES and value != "new"
    if name == "priority":
        return value in PRIORITIES
    return is_id(value) if name.endswith("_id") else value.isprintable()
