"""A day's re-plannings as the board shows them: figures before and after, each line in words.

What a line means was put into words when it was made; here stand names, times and what may be done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.called import called, shown
from helpdesk.customers.models import Customer
from helpdesk.field_service import permissions, settings
from helpdesk.field_service.models import PlanChange, PlanRun, Visit
from helpdesk.identity import queries as identity
from helpdesk.web.presenting import duration
from helpdesk.workflows import planning_runs

MOST_RUNS = 12
RUN_STATES = {
    "queued": ("Waiting for a worker", "info", "hourglass"),
    "running": ("Being made", "info", "refresh-cw"),
    "ready": ("Proposal", "warning", "clipboard-list"),
    "applied": ("Carried out", "success", "check"),
    "dropped": ("Dropped", "quiet", "x"),
    "undone": ("Undone", "quiet", "undo-2"),
    "failed": ("Broke off", "danger", "circle-alert"),
}
LINE_STATES = {
    "proposed": ("Proposed", "quiet", "circle-dot"),
    "accepted": ("Accepted", "success", "check"),
    "refused": ("Refused", "quiet", "x"),
    "undone": ("Undone", "quiet", "undo-2"),
    "stale": ("No longer fits", "warning", "triangle-alert"),
}
FIGURES = (
    ("travel_s", "Driving", True),
    ("late_s", "Late against promises", True),
    ("overtime_s", "Overtime", True),
    ("unplanned", "Left out", False),
    ("at_risk", "Promises at risk", False),
)


@dataclass(frozen=True, slots=True)
class Line:
    id: str
    visit_id: str
    number: int
    customer: str
    why: str
    before: str
    after: str
    warn: bool
    refusal: str
    state: tuple[str, str, str]
    may_accept: bool
    may_undo: bool


def panel(work: Work, day: date, run_id: str | None) -> dict[str, Any]:
    """Everything that templates/dispatch/plans.html shows."""
    runs = work.session.scalars(
        select(PlanRun)
        .where(PlanRun.day == day)
        .order_by(PlanRun.asked_at.desc(), PlanRun.id.desc())
        .limit(MOST_RUNS)
    ).all()
    run = next((one for one in runs if one.id == run_id), None) if is_id(run_id or "") else None
    run = run or next((one for one in runs if one.state == "ready"), next(iter(runs), None))
    given = settings.get(work)
    lines = _lines(work, run, given.zone) if run else []
    return {
        "day": f"{day:%a} {day.day} {day:%b}",
        "runs": [(one, RUN_STATES[one.state], _words(one)) for one in runs],
        "run": run,
        "words": _words(run) if run else "",
        "state": RUN_STATES[run.state] if run else None,
        "figures": _figures(run.figures) if run else [],
        "lines": lines,
        "warns": sum(one.warn for one in lines),
        "open_lines": sum(one.may_accept for one in lines),
        "can_undo": any(one.may_undo for one in lines),
        "proposals": sum(one.state == "ready" for one in runs),
        "budget": given.budget,
        "may_change": permissions.can_dispatch(work.actor),
    }


def _words(run: PlanRun) -> str:
    if run.kind == "optimise":
        return "Optimise the day"
    return str(run.event.get("words") or "Mend the day")


def _figures(figures: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Word, before, after, and whether it got better or worse."""
    before, after = figures.get("before") or {}, figures.get("after") or {}
    found = []
    for key, word, is_time in FIGURES:
        if key not in before or key not in after:
            continue
        low, high = int(before[key]), int(after[key])
        if not low and not high:
            continue
        told = [duration(one) if is_time else str(one) for one in (low, high)]
        change = "better" if high < low else "worse" if high > low else ""
        found.append((word, told[0], told[1], change))
    return found


def _lines(work: Work, run: PlanRun, zone: str) -> list[Line]:
    rows = planning_runs.lines_of(work, run.id)
    who = {one for row in rows for spot in (row.before, row.after) for one in _ids(spot)}
    names = identity.names(work, sorted(who))
    visits = _visits(work, rows)
    return [
        Line(
            id=row.id,
            visit_id=row.visit_id,
            number=visits.get(row.visit_id, (0, ""))[0],
            customer=visits.get(row.visit_id, (0, ""))[1],
            why=row.why,
            before=_spot(row.before, names, zone),
            after=_spot(row.after, names, zone),
            warn=row.warn,
            refusal=row.refusal,
            state=_state(row),
            may_accept=row.applied_at is None and row.state in ("proposed", "accepted"),
            may_undo=row.applied_at is not None and row.state == "accepted",
        )
        for row in rows
    ]


def _state(row: PlanChange) -> tuple[str, str, str]:
    if row.state == "accepted" and row.applied_at is not None:
        return ("Carried out", "success", "check")
    return LINE_STATES[row.state]


def _visits(work: Work, rows: Sequence[PlanChange]) -> dict[str, tuple[int, str]]:
    if not rows:
        return {}
    wanted: Any = (
        select(Visit.id, Visit.number, called())
        .join(Customer, Customer.id == Visit.customer_id)
        .where(Visit.id.in_(sorted({row.visit_id for row in rows})))
    )
    seen = work.session.execute(permissions.visible(work, wanted))
    return {row[0]: (row[1], shown(row[2])) for row in seen}


def _ids(spot: Mapping[str, Any] | None) -> list[str]:
    return list((spot or {}).get("technician_ids") or ())


def _spot(spot: Mapping[str, Any] | None, names: Mapping[str, str], zone: str) -> str:
    """`10:30 Anna Berg`; where it stands nowhere, in no row."""
    who = " and ".join(names.get(one, "Somebody") for one in _ids(spot))
    at = (spot or {}).get("starts_at")
    if not at:
        return who or "Not planned"
    clock = datetime.fromisoformat(str(at)).astimezone(ZoneInfo(zone)).strftime("%H:%M")
    return f"{clock} {who}"
