"""The slow-changing half of the floor, kept for a second: queues, who serves them, abilities.

Each arrival needs all of it and it changes a few times a day. A change is seen at once by the
process that made it and within a second by the others. Presence, connections and slots are never
kept: they are read in the transaction that decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from sqlalchemy import select

from helpdesk.core import clock, db
from helpdesk.core.db import json_rows, table_of
from helpdesk.core.work import Work
from helpdesk.routing import models
from helpdesk.routing.models import AgentState, PresenceChoice, QueueMember
from helpdesk.routing.overflow import OverflowRule
from helpdesk.routing.requirements import Step
from helpdesk.routing.state import AgentState as PersonValue
from helpdesk.routing.state import Queue
from helpdesk.routing.strategies import strategy_named

KEPT_S = 1.0
HOUSE_PRESENCES = ("available", "break", "training", "offline")
LONGEST_READ_S = 0.5
_KEY, _RENEWED = "routing.roster", "routing.roster.renewed_until"

Told: TypeAlias = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Roster:
    """`queue_rows` are detached and only for reading. `skills` and `capacity` by agent.

    `people`: for each day the values made with it so far, by what the database said of them.
    """

    read_at: float
    queue_rows: Mapping[str, models.Queue]
    queues: Mapping[str, Queue]
    served: Mapping[str, frozenset[str]]
    members: Mapping[str, frozenset[str]]
    skills: Mapping[str, Mapping[str, int]]
    capacity: Mapping[str, Mapping[str, int]]
    presence_meaning: Mapping[str, str]
    people: dict[str, dict[Told, PersonValue]] = field(default_factory=dict)


def roster(work: Work) -> Roster:
    """The roster, at most a second old; while one transaction reads it anew, others go on with it.

    Or each of the many under way when the second is over would read the whole of it.
    """
    shelf, now = db.current().remembered, clock.monotonic()
    kept: Roster | None = shelf.get(_KEY)
    if kept is not None and (now - kept.read_at < KEPT_S or now < shelf.get(_RENEWED, now)):
        return kept
    shelf[_RENEWED] = now + LONGEST_READ_S
    try:
        fresh = _read(work)
    finally:
        shelf.pop(_RENEWED, None)
    shelf[_KEY] = fresh
    return fresh


def queue_row(work: Work, queue_id: str) -> models.Queue:
    """A queue that is known to exist, for reading only; one made a moment ago is looked up."""
    return roster(work).queue_rows.get(queue_id) or work.session.get_one(models.Queue, queue_id)


def forget(work: Work) -> None:
    """Something of it is being changed: read it anew now, and again after the commit."""

    def drop() -> None:
        db.current().remembered.pop(_KEY, None)

    drop()
    work.after_commit(drop)


def _read(work: Work) -> Roster:
    rows = {row.id: row for row in work.session.scalars(select(models.Queue))}  # flushes too
    served: dict[str, set[str]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    for user_id, queue_id in orjson.loads(work.sql.scalar(_MEMBERS) or "[]"):
        served[user_id].add(queue_id)
        members[queue_id].add(user_id)
    able = [
        (user_id, _as_json(skills), _as_json(capacity))
        for user_id, skills, capacity in orjson.loads(work.sql.scalar(_ABLE) or "[]")
    ]
    meaning = {code: code for code in HOUSE_PRESENCES}
    meaning.update((code, counts_as) for code, counts_as in work.sql.execute(_CHOICES))
    return Roster(
        read_at=clock.monotonic(),
        queue_rows={key: _copy(row) for key, row in rows.items()},
        queues={key: queue_value(row) for key, row in rows.items()},
        served={key: frozenset(value) for key, value in served.items()},
        members={key: frozenset(value) for key, value in members.items()},
        skills={user_id: skills for user_id, skills, _ in able},
        capacity={user_id: capacity for user_id, _, capacity in able},
        presence_meaning=meaning,
    )


_MEMBERS = select(json_rows(QueueMember.user_id, QueueMember.queue_id))
_ABLE = select(json_rows(AgentState.user_id, AgentState.skills, AgentState.capacity))
_CHOICES = select(*(table_of(PresenceChoice).c[name] for name in ("code", "counts_as")))


def _as_json(value: Any) -> Any:
    """SQLite keeps JSON as text, and puts it as text among others."""
    return orjson.loads(value) if isinstance(value, str) else value


def _copy(row: models.Queue) -> models.Queue:
    """A row of its own, tied to no session."""
    columns = models.Queue.__table__.columns.keys()
    return models.Queue(**{name: getattr(row, name) for name in columns})


def queue_value(row: models.Queue) -> Queue:
    return Queue(
        id=row.id,
        skills=row.skills,
        steps=steps_of(row.relaxation),
        strategy=strategy_named(row.strategy, **row.weights),
        most_value_head_start=row.max_value_head_start_s,
        overflow=tuple(
            OverflowRule(when=rule["when"], to=rule["to"], over=float(rule.get("over", 0)))
            for rule in row.overflow
        ),
    )


def steps_of(relaxation: list[Any]) -> tuple[Step, ...]:
    return tuple(
        Step(
            after=float(step["after_s"]),
            drop=tuple(step.get("drop", ())),
            lower=tuple(sorted(step.get("lower", {}).items())),
            add_queues=tuple(step.get("add_queues", ())),
        )
        for step in relaxation
    )
