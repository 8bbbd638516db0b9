"""Promises that will probably be missed, told while something can still be done.

A duty of the sweeper looks at the windows of the next hours. The rest of each technician's day is
simulated from where they are now; what comes of it is when they are expected (for the customer's
page) and how likely the window is missed. From `risk_ahead_s` before a window begins on, one that
is likely missed is told to supervisors, and the day is mended (`planning_repair`). A route is
simulated again only when it has changed or some time has passed. Not for windows that are over
(`visit_course.settle_overdue`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from helpdesk.core import db
from helpdesk.core.actors import system
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import promises, service, settings
from helpdesk.field_service.crew_days import seconds, shift_id
from helpdesk.field_service.models import Route, RouteStop, Visit, VisitPromise
from helpdesk.field_service.settings import Settings
from helpdesk.workflows import planning_repair

if TYPE_CHECKING:
    from helpdesk.field_service.risk import Risk

ACTOR = system("alarm")
AHEAD = timedelta(hours=4)
AGAIN_S = 120  # a route that nobody changed is looked at again so often
DRAWS = 60
CALM = 0.6  # of the limit: an alarm that is on goes off below it
_KEY = "visit_alarm.seen"


@dataclass(frozen=True, slots=True)
class Watched:
    """A promise with the route that it hangs on."""

    promise_id: str
    visit_id: str
    technician_id: str
    day: date
    version: int
    ends_at: datetime

    @property
    def shift(self) -> str:
        return shift_id(self.technician_id, self.day)


def look_ahead() -> None:
    """The duty."""
    with reading(ACTOR) as work:
        rows = _watched(work)
        if not rows:
            return
        due = _due(work, rows)
        told = _simulated(work, due) if due else {}
        at = work.at
    for row in due:
        risk = told.get((row.shift, row.visit_id))
        if risk is not None and _is_news(row.promise_id, risk, at):
            with begin(ACTOR) as work:
                _note(work, row, risk)


def _watched(work: Work) -> list[Watched]:
    """Open promises of the next hours whose visit stands in a route and nobody is there yet."""
    rows = work.session.execute(
        select(
            VisitPromise.id, VisitPromise.visit_id, RouteStop.technician_id, Route.day,
            Route.version, VisitPromise.ends_at,
        )
        .join(Visit, Visit.id == VisitPromise.visit_id)
        .join(RouteStop, RouteStop.visit_id == Visit.id)
        .join(Route, Route.id == RouteStop.route_id)
        .where(
            VisitPromise.state == "open",
            VisitPromise.ends_at >= work.at,
            VisitPromise.starts_at < work.at + AHEAD,
            Visit.state.in_(("booked", "travelling")),
            RouteStop.is_lead.is_(True),
        )
        .order_by(VisitPromise.ends_at)
    )  # fmt: skip
    return [Watched(*row) for row in rows]


def _due(work: Work, rows: Sequence[Watched]) -> list[Watched]:
    """Those whose route is another one than last time, or was looked at a while ago."""
    seen: dict[str, tuple[int, int]] = db.current().remembered.setdefault(_KEY, {})
    bucket = seconds(work.at) // AGAIN_S
    due = [row for row in rows if seen.get(row.shift) != (row.version, bucket)]
    seen.clear()
    seen.update({row.shift: (row.version, bucket) for row in rows})
    return due


def _simulated(work: Work, rows: Sequence[Watched]) -> Mapping[tuple[str, str], Risk]:
    """Every stop of these routes, by shift and visit."""
    # Only when a window is near; the sweeper has no need of it otherwise.
    from helpdesk.field_service import book, risk  # noqa: PLC0415

    seen, now = book.look(work), seconds(work.at)
    wanted: dict[date, set[str]] = defaultdict(set)
    for row in rows:
        wanted[row.day].add(row.shift)
    until = {row.visit_id: seconds(row.ends_at) for row in rows}
    found = {}
    for day, shifts in wanted.items():
        for route in book.going_on(work, seen, day, now):
            if route.shift.id in shifts:
                jobs = [replace(job, latest=until.get(job.id, job.latest)) for job in route.jobs]
                for one in risk.risks(route.with_jobs(jobs), seen.board.travel, draws=DRAWS):
                    found[route.shift.id, one.job_id] = one
    return found


def _is_news(promise_id: str, risk: Risk, at: datetime) -> bool:
    """Whether anything that somebody reads has changed."""
    with reading(ACTOR) as work:
        row = work.session.get(VisitPromise, promise_id)
        if row is None or row.state != "open":
            return False
        if row.risk is None or row.eta_p50_at is None:
            return True
        given = settings.get(work)
        moved = abs((row.eta_p50_at - _eta(risk.arrives_p50, at)).total_seconds()) >= 90
        turned = (risk.missed >= _limit(given, row, at)) != (row.at_risk_since is not None)
        return moved or turned or abs(row.risk - risk.missed) >= 0.1


def _note(work: Work, row: Watched, risk: Risk) -> None:
    visit = service.hold(work, row.visit_id)
    promise = promises.open_of(work, row.visit_id)
    if promise is None or promise.id != row.promise_id:
        return
    given = settings.get(work)
    new = promises.foreseen(
        work,
        promise,
        visit,
        risk=risk.missed,
        p50=_eta(risk.arrives_p50, work.at),
        p90=_eta(risk.arrives_p90, work.at),
        limit=_limit(given, promise, work.at),
    )
    if new:
        promise.warned_at = work.at
        planning_repair.late(work, visit, row.technician_id, row.day)


def _limit(given: Settings, promise: VisitPromise, at: datetime) -> float:
    """From which risk on it is told: never before its time, and what is told is not taken back
    for a little luck.
    """
    if promise.at_risk_since is not None:
        return given.risk * CALM
    early = promise.starts_at - timedelta(seconds=given.risk_ahead_s) > at
    return 2.0 if early else given.risk


def _eta(second: int, at: datetime) -> datetime:
    return max(datetime.fromtimestamp(second, UTC), at)
