"""Names that many admin screens offer as choices, and who belongs where, in one query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.core.actors import DESK, STAFF
from helpdesk.core.work import Work
from helpdesk.identity.models import Team, TeamMember, User
from helpdesk.routing.models import Queue, QueueMember

MOST_PEOPLE = 2_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be ticked in a list."""

    id: str
    name: str
    detail: str


def staff(work: Work, *, desk_only: bool = False) -> Sequence[Person]:
    """Active people by name, for lists to tick."""
    rows = work.session.execute(
        select(User.id, User.name, User.email)
        .where(User.is_active, User.role.in_(DESK if desk_only else STAFF))
        .order_by(User.name, User.id)
        .limit(MOST_PEOPLE)
    )
    return [Person(*row) for row in rows]


def teams_of(work: Work, user_ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """(id, name) of the teams that each of these people is in."""
    return _grouped(
        work.session.execute(
            select(TeamMember.user_id, Team.id, Team.name)
            .join(Team, Team.id == TeamMember.team_id)
            .where(TeamMember.user_id.in_(list(user_ids)))
            .order_by(Team.name)
        )
    )


def queues_of(work: Work, user_ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """(id, name) of the queues that each of these people serves."""
    return _grouped(
        work.session.execute(
            select(QueueMember.user_id, Queue.id, Queue.name)
            .join(Queue, Queue.id == QueueMember.queue_id)
            .where(QueueMember.user_id.in_(list(user_ids)))
            .order_by(Queue.name)
        )
    )


def changed_membership(now: Iterable[str], was: Iterable[str], mine: Iterable[str]) -> set[str]:
    """Who belongs after my ticks: only what I ticked or unticked changes, others' changes stay."""
    before, after = set(was), set(mine)
    return (set(now) | (after - before)) - (before - after)


def _grouped(rows: Iterable[Any]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, row_id, name in rows:
        found[key].append((row_id, name))
    return found
