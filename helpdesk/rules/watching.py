"""Marks of time: since when tickets are as they are, and whose time has come.

A rule looks at marks that lie behind how far it has looked, and a day further back for tickets of
which it heard late; the ledger of firings sees to it that nothing has two turns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, String, cast, exists, literal, null, or_, select, update

from helpdesk.clocks.models import ClockRow
from helpdesk.core.db import insert_all_if_absent
from helpdesk.core.work import Work
from helpdesk.rules.deciding import Rule
from helpdesk.rules.models import RuleFiring, RuleRow, RuleWatch
from helpdesk.rules.triggers import CLOCKS, Timer

HEARD_LATE = timedelta(days=1)
BATCH = 200


@dataclass(frozen=True, slots=True)
class Due:
    """A ticket whose time has come for a rule: `mark` is what armed it, and fires once."""

    ticket_id: str
    mark: str
    at: datetime
    clock_id: str = ""
    clock: str = ""


@dataclass(slots=True)
class Seen:
    """What a batch of events says of one ticket."""

    state: str | None = None
    state_since: datetime | None = None
    customer_wrote_at: datetime | None = None
    opened_at: datetime | None = None


def note_seen(work: Work, seen: Mapping[str, Seen]) -> None:
    """Keep the newest of each ticket; older news never overwrites it."""
    known = {
        row.ticket_id: row
        for row in work.session.scalars(select(RuleWatch).where(RuleWatch.ticket_id.in_(seen)))
    }
    fresh: list[dict[str, Any]] = []
    for ticket_id, news in seen.items():
        row = known.get(ticket_id)
        if row is None:
            began = news.opened_at or news.state_since or news.customer_wrote_at
            if began is None:
                continue
            values = {
                "ticket_id": ticket_id,
                "state": news.state or "open",
                "state_since": news.state_since or began,
                "customer_wrote_at": news.customer_wrote_at or began,
            }
            fresh.append(values)
            continue
        if news.state and news.state_since and news.state_since >= row.state_since:
            row.state, row.state_since = news.state, news.state_since
        if news.customer_wrote_at and news.customer_wrote_at > row.customer_wrote_at:
            row.customer_wrote_at = news.customer_wrote_at
    insert_all_if_absent(work.session, RuleWatch, fresh)
    work.session.flush()


def due(work: Work, row: RuleRow, rule: Rule, *, most: int = BATCH) -> list[Due]:
    """Tickets whose time has come and that had no turn for this mark; the oldest first."""
    assert rule.timer is not None
    return _read(work, rule.timer, _wanted(rule, work.at, row).limit(most))


def passed(work: Work, rule: Rule, *, most: int) -> list[Due]:
    """Tickets that are past the mark now, the latest first: what a trial looks at."""
    assert rule.timer is not None
    return _read(work, rule.timer, _wanted(rule, work.at, None).limit(most))


def looked(work: Work, rule_id: str, until: datetime) -> None:
    """The rule has looked at every mark up to `until`."""
    work.session.execute(
        update(RuleRow)
        .where(RuleRow.id == rule_id, RuleRow.is_active, RuleRow.looked_until < until)
        .values(looked_until=until)
    )


def still_so(work: Work, timer: Timer, one: Due) -> bool:
    """Whether what armed it still holds; asked again when the ticket is held."""
    if one.clock_id:
        running = select(ClockRow.due_at).where(
            ClockRow.id == one.clock_id, ClockRow.stopped_at.is_(None)
        )
        due_at = work.session.scalar(running)
        after = timedelta(seconds=timer.after_s)
        if due_at is None:
            return False
        if timer.what == "before_deadline":
            return work.at < due_at <= work.at + after
        return due_at <= work.at - after
    column = RuleWatch.state_since if timer.what == "in_state" else RuleWatch.customer_wrote_at
    held = select(column).where(RuleWatch.ticket_id == one.ticket_id)
    return work.session.scalar(held) == one.at


_Marks = Select[Any, Any, Any, Any]  # ticket, mark, id and name of the clock


def _wanted(rule: Rule, now: datetime, row: RuleRow | None) -> _Marks:
    """Marks that are reached: of a rule that runs (`row`) those that had no turn, else the latest.

    A rule that was switched on looks at marks reached since then.
    """
    timer = rule.timer
    assert timer is not None
    if timer.what in ("in_state", "since_customer"):
        return _states(rule, timer, now, row)
    return _deadlines(rule, timer, now, row)


def _states(rule: Rule, timer: Timer, now: datetime, row: RuleRow | None) -> _Marks:
    after = timedelta(seconds=timer.after_s)
    column = RuleWatch.state_since if timer.what == "in_state" else RuleWatch.customer_wrote_at
    statement = select(RuleWatch.ticket_id, column, null(), null()).where(column <= now - after)
    if timer.what == "in_state":
        statement = statement.where(RuleWatch.state == timer.state)
    else:
        statement = statement.where(RuleWatch.state != "closed")
    if row is None:
        return statement.order_by(column.desc())
    turn = exists().where(
        RuleFiring.rule_id == rule.id,
        RuleFiring.ticket_id == RuleWatch.ticket_id,
        RuleFiring.trigger == timer.what,
        RuleFiring.at > column,
    )
    return statement.where(column > _since(row, now) - after, ~turn).order_by(column)


def _deadlines(rule: Rule, timer: Timer, now: datetime, row: RuleRow | None) -> _Marks:
    after = timedelta(seconds=timer.after_s)
    before = timer.what == "before_deadline"
    statement = select(ClockRow.ticket_id, ClockRow.due_at, ClockRow.id, ClockRow.name).where(
        ClockRow.stopped_at.is_(None), ClockRow.due_at.is_not(None)
    )
    # Each clock by its name, which is how they are indexed.
    statement = statement.where(ClockRow.name.in_([timer.clock] if timer.clock else CLOCKS))
    if before:
        statement = statement.where(ClockRow.due_at > now, ClockRow.due_at <= now + after)
    else:
        statement = statement.where(ClockRow.due_at <= now - after)
    if row is None:
        return statement.order_by(ClockRow.due_at.desc())
    mark = literal(f"{timer.what}:") + cast(ClockRow.id, String)
    turn = exists().where(
        RuleFiring.rule_id == rule.id,
        RuleFiring.ticket_id == ClockRow.ticket_id,
        RuleFiring.cause == mark,
    )
    since = _since(row, now)
    if before:
        fresh = or_(ClockRow.due_at > since + after, ClockRow.created_at > since)
    else:
        fresh = ClockRow.due_at > since - after
    return statement.where(fresh, ~turn).order_by(ClockRow.due_at)


def _since(row: RuleRow, now: datetime) -> datetime:
    on_since, looked_until = row.on_since or now, row.looked_until or now
    return max(on_since, looked_until - HEARD_LATE)


def _read(work: Work, timer: Timer, statement: _Marks) -> list[Due]:
    found = []
    for ticket_id, at, clock_id, clock in work.session.execute(statement):
        if clock_id is not None:
            mark = f"{timer.what}:{clock_id}"
        else:
            words = f"{timer.what}|{ticket_id}|{at.isoformat()}"
            mark = sha256(words.encode()).hexdigest()
        found.append(Due(ticket_id, mark, at, clock_id or "", clock or ""))
    return found
