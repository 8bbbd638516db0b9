"""Changes that go with words, as the composer shows them: one short phrase each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select

from helpdesk.core.db import Base
from helpdesk.core.work import Work
from helpdesk.identity.models import Team, User
from helpdesk.routing.models import Queue
from helpdesk.tickets.models import TicketType
from helpdesk.web.agent.tickets_steps import STATES

_NAMED: Mapping[str, type[Base]] = {"queue_id": Queue, "team_id": Team, "assignee_id": User}
_LABELS = {
    "priority": "Priority",
    "type": "Type",
    "queue_id": "Queue",
    "team_id": "Team",
    "assignee_id": "Assignee",
    "state": "State",
}


def name_changes(work: Work, frames: Collection[dict[str, Any]]) -> None:
    """To each frame's `then` the words for it: `with` [{"name", "value", "word"}]."""
    names = _names(work, [frame["then"] for frame in frames])
    for frame in frames:
        frame["with"] = [
            {"name": name, "value": value, "word": word}
            for name, value, word in _phrases(frame["then"], names)
        ]


def _phrases(then: Mapping[str, Any], names: Mapping[str, str]) -> Collection[tuple[str, Any, str]]:
    found: list[tuple[str, Any, str]] = []
    for name, label in _LABELS.items():
        if name in then:
            value = then[name]
            found.append((name, value, f"{label}: {_said(name, value, names)}"))
    found += [("add_tags", tag, f"+ {tag}") for tag in then.get("add_tags", ())]
    found += [("remove_tags", tag, f"\u2212 {tag}") for tag in then.get("remove_tags", ())]
    return found


def _said(name: str, value: Any, names: Mapping[str, str]) -> str:
    if value is None:
        return "nobody" if name == "assignee_id" else "none"
    if name == "state":
        return STATES.get(value, str(value))
    if name == "priority":
        return str(value).capitalize()
    return names.get(str(value), "gone by now")


def _names(work: Work, thens: Collection[Mapping[str, Any]]) -> dict[str, str]:
    """What ids and keys in these changes are called; nothing is asked where there are none."""
    found: dict[str, str] = {}
    for name, table in _NAMED.items():
        ids = {then[name] for then in thens if then.get(name)}
        if ids:
            columns = table.__table__.c
            rows = work.session.execute(select(columns.id, columns.name).where(columns.id.in_(ids)))
            found |= {row.id: row.name for row in rows}
    keys = {then["type"] for then in thens if then.get("type")}
    if keys:
        kinds = select(TicketType.key, TicketType.name).where(TicketType.key.in_(keys))
        found |= {row.key: row.name for row in work.session.execute(kinds)}
    return found
