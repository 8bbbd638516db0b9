"""What an agent who sees only the queues of their teams may see, across packages.

A package whose rows lie in queues says here how to tell which of them an actor sees; a package that
may not know it (customers lie below tickets) asks here. Nothing is asked for anybody who sees all.
Not for roles: who works at the desk at all is each package's own permission.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, exists, false, not_, or_, select

from helpdesk.core.actors import Actor
from helpdesk.core.db import Base
from helpdesk.core.work import Work

Seen = Callable[[Actor, FromClause], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows that lie in queues and belong to a customer; `fact` names one of them in events."""

    table_name: str
    fact: str
    seen: Seen

    @property
    def table(self) -> Table:
        return Base.metadata.tables[self.table_name]


_kinds: dict[str, Kind] = {}


def register(table_name: str, fact: str, seen: Seen) -> None:
    """`seen(actor, table)` is a condition over the table or an alias of it, for limited actors."""
    _kinds[table_name] = Kind(table_name, fact, seen)


def sees(actor: Actor, table_name: str, row_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Condition for a limited actor: the row of another package that this id names is seen."""
    kind = _kinds.get(table_name)
    if kind is None:
        return false()
    table = kind.table.alias(f"reached_{table_name}")
    return exists(select(table.c.id).where(table.c.id == row_id, kind.seen(actor, table)))


def sees_customer(actor: Actor, customer_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Condition for a limited actor: something of the customer's lies within reach.

    So does a record that has nothing in any queue yet: it is no other team's.
    """
    own: list[ColumnElement[bool]] = []
    any_at_all: list[ColumnElement[bool]] = []
    for kind in _kinds.values():
        table = kind.table.alias(f"reached_{kind.table_name}")
        theirs = table.c.customer_id == customer_id
        own.append(exists(select(table.c.id).where(theirs, kind.seen(actor, table))))
        any_at_all.append(exists(select(table.c.id).where(theirs)))
    return or_(*own, not_(or_(*any_at_all))) if own else false()


def hidden(work: Work, told: Iterable[Mapping[str, Any]]) -> list[bool]:
    """For each event's facts, whether they tell of something that the actor does not see."""
    facts = list(told)
    unseen: set[str] = set()
    if work.actor.is_limited:
        for kind in _kinds.values():
            named = {str(one[kind.fact]) for one in facts if one.get(kind.fact)}
            unseen |= named - _seen_among(work, kind, named)
    names = [kind.fact for kind in _kinds.values()]
    return [any(one.get(name) in unseen for name in names) for one in facts]


def _seen_among(work: Work, kind: Kind, ids: Collection[str]) -> set[str]:
    if not ids:
        return set()
    table = kind.table
    wanted = and_(table.c.id.in_(sorted(ids)), kind.seen(work.actor, table))
    return set(work.session.scalars(select(table.c.id).where(wanted)))
