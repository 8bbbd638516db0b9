"""First and further pages of any filter in any order, and bounded counts, at a cost that is fixed.

A page walks one index (`paths`) and looks at what the index does not pin row by row, but never at
more than a few thousand: where a rare thing is sought among a million, the page says how far it
has looked and goes on from there. An agent who sees only some queues is a narrower filter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from helpdesk.core.db import table_of
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.paging import clamp_limit, decode_cursor, encode_cursor
from helpdesk.core.work import Work
from helpdesk.customers.called import called
from helpdesk.customers.models import Customer
from helpdesk.tickets import paths
from helpdesk.tickets.filters import NOBODY, Filter, Reader, resolved_for, sort_or_default
from helpdesk.tickets.models import DONE, FREE, LIVE, NEVER, Ticket, TicketTag
from helpdesk.tickets.paths import Branch, Way
from helpdesk.tickets.permissions import require_desk

MOST_COUNTED = 99
FIRST_LOOK = 300
FURTHEST_LOOK = 2_000
SOON = timedelta(hours=4)

_T = table_of(Ticket).c
_G = table_of(TicketTag).c
PARTS: Mapping[str, ColumnElement[bool]] = {
    "live": literal_column(f"ticket.{LIVE}"),
    "free": literal_column(f"ticket.{FREE}".replace("AND assignee", "AND ticket.assignee")),
    "done": literal_column(f"ticket.{DONE}".replace("AND merged", "AND ticket.merged")),
}
_TAGGED: Mapping[str, ColumnElement[Any]] = {"tag": _G.tag, "state": _G.state}
_COLUMNS: Mapping[str, ColumnElement[Any]] = {
    "state": _T.state,
    "queue": _T.queue_id,
    "assignee": _T.assignee_id,
    "priority": _T.priority,
    "type": _T.type,
    "channel": _T.channel,
    "team": _T.team_id,
    "customer": _T.customer_id,
    "organisation": _T.organisation_id,
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a list shows of one ticket; a whole object of it would cost three times as much."""

    id: str
    number: int
    subject: str
    state: str
    priority: str
    queue_id: str
    assignee_id: str | None
    customer_id: str
    customer: str
    channel: str
    tags: list[str]
    opened_at: datetime
    waiting_since: datetime | None
    resolved_at: datetime | None
    updated_at: datetime
    next_due_at: datetime
    version: int

    @property
    def due_at(self) -> datetime | None:
        return None if self.next_due_at >= NEVER else self.next_due_at


@dataclass(frozen=True, slots=True)
class TicketPage:
    """`next_cursor` None: nothing follows. `looked_at`: so many were looked through and the page is
    not full yet; it goes on behind them (0: the page is whole).
    """

    items: Sequence[Line]
    next_cursor: str | None
    sort: str
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """At most 99; `more`: there are more, or further rows were not looked at."""

    number: int
    more: bool

    @property
    def shown(self) -> str:
        return f"{self.number}+" if self.more else str(self.number)


@dataclass(frozen=True, slots=True)
class _Seen:
    rank: int
    key: Any
    id: str


def page(
    work: Work,
    wanted: Filter,
    reader: Reader,
    *,
    sort: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> TicketPage:
    """One page of the tickets that the reader's filter lets through."""
    require_desk(work)
    most = clamp_limit(limit, default=50)
    exact = resolved_for(wanted, reader)
    order = sort_or_default(exact if reader.only is not None else wanted, sort)
    way = paths.way_for(exact, order)
    after = _place(cursor, order) if cursor else None
    rest = _rest(work, way, exact)
    found: list[_Seen] = []
    end: _Seen | None = None
    for alike in _by_rank(paths.branches_of(way, exact), after):
        more, end = _look(work, way, alike, rest, exact, after, most)
        found += more
        if end is not None or len(found) > most:
            break
    shown = found[:most]
    items = _rows(work, [seen.id for seen in shown])
    if len(found) > most:
        return TicketPage(items, _cursor(order, shown[-1]), order)
    if end is not None:
        return TicketPage(items, _cursor(order, end), order, looked_at=FURTHEST_LOOK)
    return TicketPage(items, None, order)


def count(work: Work, wanted: Filter, reader: Reader) -> Count:
    """How many there are, as far as it is worth counting; one statement, however many there are."""
    require_desk(work)
    exact = resolved_for(wanted, reader)
    way = paths.way_for(exact, "due" if wanted.due else None)
    branches = paths.branches_of(way, exact)
    rest = _rest(work, way, exact)
    look = MOST_COUNTED + 1 if rest is None else FURTHEST_LOOK // 3
    each = max(MOST_COUNTED + 1, look // len(branches))
    limited = [
        _branch(work, way, one, rest, exact, None).limit(each).subquery() for one in branches
    ]
    parts = [select(rows.c.fits) for rows in limited]
    rows = union_all(*parts).subquery() if len(parts) > 1 else limited[0]
    fitting = func.sum(rows.c.fits)
    seen, fit = work.session.execute(select(func.count(), fitting)).one()
    number = int(fit or 0)
    if number > MOST_COUNTED:
        return Count(MOST_COUNTED, True)
    return Count(number, rest is not None and int(seen) >= each and number < int(seen))


def _by_rank(
    branches: Sequence[Branch], after: tuple[int, Any, str] | None
) -> Iterator[list[Branch]]:
    """Branches that are merged with each other, the most urgent first, from the page on."""
    able = [one for one in branches if after is None or one.rank >= after[0]]
    for _, alike in groupby(able, key=lambda one: one.rank):
        yield list(alike)


def _look(
    work: Work,
    way: Way,
    branches: Sequence[Branch],
    rest: ColumnElement[bool] | None,
    wanted: Filter,
    after: tuple[int, Any, str] | None,
    most: int,
) -> tuple[list[_Seen], _Seen | None]:
    """At first a short look, then a long one: mostly what is sought is not rare."""
    if rest is None:
        return _walk(work, way, branches, rest, wanted, after, most + 1)
    found: list[_Seen] = []
    end: _Seen | None = None
    for look in (FIRST_LOOK, FURTHEST_LOOK):
        each = max(most + 1, look // len(branches))
        found, end = _walk(work, way, branches, rest, wanted, after, each)
        if end is None or len(found) > most:
            break
    return found, end


def _walk(
    work: Work,
    way: Way,
    branches: Sequence[Branch],
    rest: ColumnElement[bool] | None,
    wanted: Filter,
    after: tuple[int, Any, str] | None,
    each: int,
) -> tuple[list[_Seen], _Seen | None]:
    """Fitting rows of all branches in order, up to where the first of them was left off."""
    parts: list[Select[Any]] = []
    for one in branches:
        rows = _branch(work, way, one, rest, wanted, after).limit(each).subquery()
        place: ColumnElement[Any] = literal_column(str(one.rank))
        parts.append(
            select(place, rows.c.place, rows.c.id, literal_column("1")).where(rows.c.fits == 1)
        )
        last = _branch(work, way, one, None, wanted, after).limit(1).offset(each - 1).subquery()
        parts.append(select(place, last.c.place, last.c.id, literal_column("0")))
    seen = work.session.execute(union_all(*parts)).all()
    found = [_Seen(rank, key, str(one)) for rank, key, one, fits in seen if fits]
    ends = [_Seen(rank, key, str(one)) for rank, key, one, fits in seen if not fits]
    _in_order(found, way)
    if not ends:
        return found, None
    # Behind the first branch that was left off, others may be missing in between.
    _in_order(ends, way)
    both = [*found, ends[0]]
    _in_order(both, way)
    return found[: both.index(ends[0]) + (ends[0] in found)], ends[0]


def _in_order(rows: list[_Seen], way: Way) -> None:
    rows.sort(key=lambda one: (one.key, one.id), reverse=way.descending)
    rows.sort(key=lambda one: one.rank)  # stable


def _branch(
    work: Work,
    way: Way,
    branch: Branch,
    rest: ColumnElement[bool] | None,
    wanted: Filter,
    after: tuple[int, Any, str] | None,
) -> Select[Any]:
    """The rows of one range of the way's index, in its order, each with whether it fits."""
    tagged = "tag" in way.pins
    key: ColumnElement[Any] = _G.opened_at if tagged else _T[way.key]
    row_id: ColumnElement[Any] = _G.ticket_id if tagged else _T.id
    fits = literal_column("1") if rest is None else case((rest, 1), else_=0)
    source = table_of(Ticket)
    statement = select(key.label("place"), row_id.label("id"), fits.label("fits"))
    statement = statement.select_from(table_of(TicketTag).join(source) if tagged else source)
    if way.which in PARTS:
        statement = statement.where(PARTS[way.which])
    for name, value in branch.values:
        column = (_TAGGED if tagged else _COLUMNS)[name]
        statement = statement.where(column == value)
    if way.key == "resolved_at":
        statement = statement.where(key.is_not(None))
    if wanted.due and way.sort == "due":
        statement = statement.where(key <= _due_by(work, wanted))
    if after is not None and branch.rank == after[0]:
        left = tuple_(key, row_id)
        right = tuple_(literal(after[1], key.type), literal(after[2], row_id.type))
        statement = statement.where(left < right if way.descending else left > right)
    return statement.order_by(*(c.desc() if way.descending else c for c in (key, row_id)))


def _rest(work: Work, way: Way, wanted: Filter) -> ColumnElement[bool] | None:
    """What the way does not see to, as a condition on each row; None when nothing is left."""
    left: list[ColumnElement[bool]] = []
    if way.which == "all":
        if wanted.scope in ("live", "done") and "state" not in way.pins:
            left.append(PARTS[wanted.scope])
        if wanted.scope != "live":
            left.append(_T.merged_into_id.is_(None))
    for name, column in _COLUMNS.items():
        values = getattr(wanted, name)
        if values and not paths.is_pinned(way, wanted, name):
            left.append(_one_of(name, column, values))
    if wanted.tag and not paths.is_pinned(way, wanted, "tag"):
        left += [_has_tag(tag) for tag in (wanted.tag[1:] if "tag" in way.pins else wanted.tag)]
    if wanted.due and way.sort != "due":
        left.append(_T.next_due_at <= _due_by(work, wanted))
    return and_(true(), *left) if left else None


def _one_of(name: str, column: ColumnElement[Any], values: Sequence[str]) -> ColumnElement[bool]:
    if name == "assignee" and NOBODY in values:
        named = [value for value in values if value != NOBODY]
        free = column.is_(None)
        return or_(free, column.in_(named)) if named else free
    return column == values[0] if len(values) == 1 else column.in_(values)


def _has_tag(tag: str) -> ColumnElement[bool]:
    other = table_of(TicketTag).alias("other_tag")
    same = (other.c.ticket_id == _T.id, other.c.tag == tag)
    return select(other.c.tag).where(*same).correlate(table_of(Ticket)).exists()


def _due_by(work: Work, wanted: Filter) -> ColumnElement[Any]:
    until = work.at + SOON if "soon" in wanted.due else work.at
    return literal(min(until, NEVER), _T.next_due_at.type)


def _rows(work: Work, ids: Sequence[str]) -> Sequence[Line]:
    if not ids:
        return []
    rows = {row.id: Line(*row) for row in work.session.execute(_LINES, {"ids": list(ids)})}
    return [rows[one] for one in ids if one in rows]


_WHO = table_of(Customer).c
_CALLED = called(_WHO)
_LINES = (
    select(*(_CALLED if name == "customer" else _T[name] for name in Line.__dataclass_fields__))
    .join(table_of(Customer), _WHO.id == _T.customer_id, isouter=True)
    .where(_T.id.in_(bindparam("ids", expanding=True)))
)


def _cursor(sort: str, seen: _Seen) -> str:
    return encode_cursor([sort, seen.rank, seen.key, seen.id])


def _place(cursor: str, sort: str) -> tuple[int, Any, str]:
    made_for, rank, key, ticket_id = decode_cursor(cursor, 4)
    try:
        at = datetime.fromisoformat(key)
    except (TypeError, ValueError) as error:
        raise Invalid("That page does not exist.", code="bad_cursor") from error
    if made_for != sort or not isinstance(rank, int) or not is_id(ticket_id) or at.tzinfo is None:
        raise Invalid("That page does not exist.", code="bad_cursor")
    return rank, at, ticket_id
