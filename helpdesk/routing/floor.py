"""From rows to the values that `matching` decides on.

The only translation between tables and pure routing; both directions of a wait's story use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    bindparam,
    case,
    cast,
    literal_column,
    or_,
    select,
)

from helpdesk.core import db
from helpdesk.core.ready import Ready
from helpdesk.core.rows import touching
from helpdesk.core.work import Work
from helpdesk.routing import models
from helpdesk.routing.models import AgentState as AgentRow
from helpdesk.routing.models import Slot
from helpdesk.routing.roster import HOUSE_PRESENCES, Roster, roster
from helpdesk.routing.state import TAKES_ALL, AgentState, Queue, WorkItem


def epoch(at: datetime) -> float:
    return at.timestamp()


def sort_key(waiting_since: datetime, head_start_s: int) -> int:
    """Milliseconds; lower is served first, and it never changes while the item waits."""
    return round(epoch(waiting_since) * 1000) - head_start_s * 1000


def queues(work: Work) -> Mapping[str, Queue]:
    """Every queue as a value; there are tens of them, not thousands."""
    return roster(work).queues


def item_value(row: models.WorkItem) -> WorkItem:
    return WorkItem(
        id=row.id,
        channel=row.channel,
        queue=row.queue_id,
        waiting_since=epoch(row.waiting_since),
        head_start=float(row.head_start_s),
        front=row.front == 0,
        skills=row.skills,
        preferred=tuple(row.preferred),
        preferred_for=float(row.preferred_for_s),
        refused_by=frozenset(row.asked),
    )


def waiting(
    work: Work,
    queue_ids: Collection[str],
    *,
    channels: Collection[str] | None = None,
    limit: int = 200,
) -> Sequence[models.WorkItem]:
    """About the first `limit` waiting items of these queues in the order they are served.

    Where more wait, each queue and channel gives its first ones: hundreds of web forms that
    nobody takes must not hide the chat behind them.
    """
    item = models.WorkItem
    within = [item.state == "waiting", item.queue_id.in_(queue_ids)]
    if channels is not None:
        within.append(item.channel.in_(channels))
    in_turn = select(item).order_by(item.front, item.sort_key, item.id)
    rows = work.session.scalars(in_turn.where(*within).limit(limit)).all()
    if len(rows) < limit:
        return rows
    lines = work.session.execute(
        select(item.queue_id, item.channel).where(*within).distinct()
    ).all()
    if len(lines) == 1:
        return rows
    share = max(FEWEST_OF_LINE, limit // len(lines))
    found: list[models.WorkItem] = []
    for queue_id, channel in lines:
        own = (item.state == "waiting", item.queue_id == queue_id, item.channel == channel)
        found.extend(work.session.scalars(in_turn.where(*own).limit(share)))
    return sorted(found, key=lambda row: (row.front, row.sort_key, row.id))


FEWEST_OF_LINE = 20
_ITEM = models.WorkItem.__table__.c
_ANY_WAITING = (
    select(_ITEM.id)
    .where(_ITEM.state == "waiting", _ITEM.queue_id.in_(bindparam("queues", expanding=True)))
    .limit(1)
)


def anything_waits(work: Work, queue_ids: Collection[str]) -> bool:
    """One look into the index: most of the time nothing does, and nothing else need be read."""
    work.session.flush()
    return work.sql.scalar(_ANY_WAITING, {"queues": list(queue_ids)}) is not None


def served_by(work: Work, agent_id: str) -> frozenset[str]:
    """The queues this person serves."""
    return roster(work).served.get(agent_id, frozenset())


def reachable(queue: Queue) -> frozenset[str]:
    """The queue and those that its steps may add some time."""
    added = (str(q) for step in queue.steps for q in step.add_queues)
    return frozenset((str(queue.id), *added))


def feeding(all_queues: Mapping[str, Queue], served: Collection[str]) -> frozenset[str]:
    """Queues whose items may reach somebody who serves `served`."""
    wanted = set(served)
    return frozenset(q for q, value in all_queues.items() if reachable(value) & wanted)


def agents(
    work: Work, queue_ids: Collection[str] | None = None, *, only: Collection[str] | None = None
) -> list[AgentState]:
    """The people of these queues (or just those named) with all that decides about them."""
    known = roster(work)
    people = _people(known, queue_ids, only)
    if not people:
        return []
    today = work.at.date().isoformat()
    values = known.people.setdefault(today, {})
    lines, held = _told(work, people)
    found = []
    for line in lines:
        told = line, held.get(line[:ID])
        person = values.get(told)
        if person is None:
            person = values[told] = _person(*told, known, today)
        if person.id in people:
            found.append(person)
    return found


def _person(line: str, held: str | None, known: Roster, today: str) -> AgentState:
    user_id, presence, connected, silent, day, taken, idle_since = line.split(" ")
    return AgentState(
        user_id,
        known.served.get(user_id, frozenset()),
        known.skills.get(user_id, {}),
        known.presence_meaning.get(presence, "offline"),
        connected == "y",
        silent == "y",
        known.capacity.get(user_id, {}),
        dict(Counter(held.split(","))) if held else {},
        TAKES_ALL,
        float(idle_since),
        int(taken) if day == today else 0,
    )


def presence_meaning(work: Work) -> Mapping[str, str]:
    """What each choosable state counts as: available, break, training or offline."""
    return roster(work).presence_meaning


FEW = 12
ID = 36
_STATE = AgentRow.__table__.c
_SLOT = Slot.__table__.c
_YES: ColumnElement[str] = literal_column("'y'")
_NO: ColumnElement[str] = literal_column("'n'")
_SPACE: ColumnElement[str] = literal_column("' '")


def _line(*parts: Any) -> ColumnElement[str]:
    return reduce(lambda line, text: line + _SPACE + text, (cast(part, Text) for part in parts))


# Each person is a text, and what they hold another: most are as they were a moment ago, and values
# made of the same texts before are known. Taking hundreds of rows apart costs ten times as much.
_PRESENT = _line(
    _STATE.user_id,
    _STATE.presence,
    case((_STATE.connected, _YES), else_=_NO),
    case((_STATE.not_responding_at.is_not(None), _YES), else_=_NO),
    _STATE.today,
    _STATE.taken_today,
    db.epoch_of(_STATE.idle_since),
)
_HELD = (
    select(_SLOT.agent_id, db.joined(_SLOT.channel, literal_column("','")).label("channels"))
    .where(or_(_SLOT.offer_id.is_not(None), _SLOT.assignment_id.is_not(None)))
    .group_by(_SLOT.agent_id)
)
_held = _HELD.subquery()


def _lines(line: ColumnElement[str]) -> Select[Any]:
    return select(db.joined(line, literal_column("'\n'")))


_EVERYBODY = Ready(
    select(
        _lines(_PRESENT).where(_STATE.is_active).scalar_subquery(),
        _lines(_line(_held.c.agent_id, _held.c.channels)).scalar_subquery(),
    )
)
_named: BindParameter[Any] = bindparam("people", expanding=True)
_SOME = touching(select(_PRESENT).where(_STATE.is_active, _STATE.user_id.in_(_named)))
_HELD_BY_SOME = touching(_HELD.where(_SLOT.agent_id.in_(_named)))


def _told(work: Work, people: Collection[str]) -> tuple[Iterable[str], Mapping[str, str]]:
    """A text of each person, and by id the channels of what they hold."""
    if len(people) <= FEW:
        given = {"people": list(people)}
        rows = work.sql.execute(_HELD_BY_SOME, given)
        held = {row.agent_id: row.channels for row in rows}
        return work.sql.scalars(_SOME, given), held
    # Naming many people costs more than reading those who are not asked for.
    present, holding = _EVERYBODY.first(work.sql, {})
    held = {line[:ID]: line[ID + 1 :] for line in holding.split("\n")} if holding else {}
    return present.split("\n") if present else (), held


def _people(
    known: Roster, queue_ids: Collection[str] | None, only: Collection[str] | None
) -> Collection[str]:
    if only is not None:
        return [user_id for user_id in only if user_id in known.served]
    if queue_ids is None:
        return known.served.keys()
    if len(queue_ids) == 1:
        return known.members.get(next(iter(queue_ids)), frozenset())
    return frozenset().union(*(known.members.get(q, frozenset()) for q in queue_ids))


__all__ = [
    "HOUSE_PRESENCES",
    "agents",
    "epoch",
    "feeding",
    "item_value",
    "presence_meaning",
    "queues",
    "reachable",
    "sort_key",
    "waiting",
]
