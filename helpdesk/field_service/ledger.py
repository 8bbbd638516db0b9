"""The promise ledger as figures: what was kept, by week and by technician, and the rows behind it.

A promise counts in the week in which its window began, in the house's zone, whatever became of it
later. Share kept = kept / (kept + broken + changed): what customers moved or cancelled says nothing
of us, and what is open is not decided. Not for changing anything (`promises`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select

from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.field_service import days, permissions, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import RouteStop, Visit, VisitPromise

STATES = ("kept", "broken", "changed", "moved", "withdrawn", "open", "at_risk")
DECIDED = ("kept", "broken", "changed")
NOBODY = "none"  # whose visit stands in no route


@dataclass(slots=True)
class Counts:
    """How many of each state; `at_risk` are open ones, and among `open` too."""

    of: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    late_s: int = 0

    @property
    def made(self) -> int:
        return sum(count for state, count in self.of.items() if state != "at_risk")

    @property
    def share_kept(self) -> float | None:
        decided = sum(self.of[state] for state in DECIDED)
        return self.of["kept"] / decided if decided else None

    @property
    def mean_late_s(self) -> int | None:
        """Of those that were broken by somebody who came late."""
        return round(self.late_s / self.of["broken"]) if self.of["broken"] else None

    def add(self, state: str, count: int, at_risk: int, late_s: int) -> None:
        self.of[state] += count
        self.of["at_risk"] += at_risk
        self.late_s += late_s


def week_of(work: Work, at: datetime | None = None) -> date:
    """The Monday of the week that an instant lies in."""
    day = days.day_of(seconds(at or work.at), settings.get(work).zone)
    return day - timedelta(days=day.weekday())


def by_week(work: Work, last: date, weeks: int) -> Mapping[date, Counts]:
    """`weeks` weeks, the one that begins on `last` first."""
    mondays = [last - timedelta(weeks=n) for n in range(weeks)]
    spans = [_span(work, monday) for monday in mondays]
    number = case(
        *((_began(span), literal(n)) for n, span in enumerate(spans)), else_=literal(-1)
    ).label("number")
    within = and_(VisitPromise.starts_at >= spans[-1][0], VisitPromise.starts_at < spans[0][1])
    found = {monday: Counts() for monday in mondays}
    for row in work.session.execute(_counted(number).where(within).group_by(number)):
        found[mondays[row.number]].add(row.state, row.number_of, row.at_risk, row.late_s)
    return found


def by_technician(work: Work, monday: date) -> Mapping[str, Counts]:
    """A week's promises by who led the visit; NOBODY where it stands in no route."""
    whose = RouteStop.technician_id.expression
    wanted = _counted(whose).outerjoin(RouteStop, _led()).where(_began(_span(work, monday)))
    found: dict[str, Counts] = {}
    for row in work.session.execute(wanted.group_by(whose)):
        counts = found.setdefault(row.technician_id or NOBODY, Counts())
        counts.add(row.state, row.number_of, row.at_risk, row.late_s)
    return found


def rows(
    work: Work,
    monday: date,
    *,
    state: str = "",
    technician_id: str = "",
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Any]:
    """Promises of a week that the actor may see, with their visits, by the window's begin."""
    most = clamp_limit(limit)
    wanted = permissions.visible(
        work,
        select(VisitPromise, Visit)
        .join(Visit, Visit.id == VisitPromise.visit_id)
        .where(_began(_span(work, monday))),
    )
    if state == "at_risk":
        wanted = wanted.where(_AT_RISK)
    elif state:
        wanted = wanted.where(VisitPromise.state == state)
    if technician_id:
        wanted = wanted.outerjoin(RouteStop, _led())
        theirs: ColumnElement[bool] = RouteStop.technician_id == technician_id
        if technician_id == NOBODY:
            theirs = RouteStop.technician_id.is_(None)
        wanted = wanted.where(theirs)
    columns = (VisitPromise.starts_at.expression, VisitPromise.id.expression)
    wanted = keyset(wanted, columns, cursor=cursor, limit=most, descending=False)
    return cut(work.session.execute(wanted).all(), most, _place)


def _place(row: Any) -> Sequence[Any]:
    return row[0].starts_at, row[0].id


_AT_RISK = and_(VisitPromise.state == "open", VisitPromise.at_risk_since.is_not(None))


def _counted(by: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            by,
            VisitPromise.state,
            func.count(VisitPromise.id).label("number_of"),
            func.coalesce(func.sum(case((_AT_RISK, 1), else_=0)), 0).label("at_risk"),
            func.coalesce(func.sum(VisitPromise.late_s), 0).label("late_s"),
        )
        .select_from(VisitPromise)
        .group_by(VisitPromise.state)
    )


def _led() -> ColumnElement[bool]:
    return and_(RouteStop.visit_id == VisitPromise.visit_id, RouteStop.is_lead.is_(True))


def _began(span: tuple[datetime, datetime]) -> ColumnElement[bool]:
    return and_(VisitPromise.starts_at >= span[0], VisitPromise.starts_at < span[1])


def _span(work: Work, monday: date) -> tuple[datetime, datetime]:
    zone = settings.get(work).zone
    ends = (monday, monday + timedelta(days=7))
    first, last = (datetime.fromtimestamp(days.begins(one, 0, zone), UTC) for one in ends)
    return first, last
