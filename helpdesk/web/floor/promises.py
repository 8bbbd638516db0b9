"""The promise ledger as a report: windows kept and broken by week and technician, their rows."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Response

from helpdesk.core.work import Work, reading
from helpdesk.field_service import ledger
from helpdesk.field_service.ledger import NOBODY
from helpdesk.identity import queries as identity
from helpdesk.web import doors
from helpdesk.web.agent import owned_view
from helpdesk.web.agent.shell import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.floor import door

WEEKS = 8
WORDS = {
    "kept": "Kept",
    "broken": "Broken",
    "changed": "Changed by us",
    "moved": "Moved by the customer",
    "withdrawn": "Cancelled",
    "open": "Open",
    "at_risk": "At risk",
}
FORMULAS = {
    "made": "Promised windows that begin in the week, whatever became of them.",
    "kept": "The technician was on site before the window ended.",
    "broken": (
        "The technician came after the window's end, or nobody was there when it ended, or it was "
        "cancelled after its end."
    ),
    "changed": "We promised another window before this one was over. Counts as not kept.",
    "moved": "The customer chose another window. Says nothing of us and is in no share.",
    "withdrawn": "Cancelled before the window ended. In no share.",
    "open": "Not decided yet.",
    "at_risk": (
        "Open, and by the simulation of the day the technician probably arrives after its end."
    ),
    "share": "Kept / (kept + broken + changed by us).",
    "late": "Mean time after the window's end of broken ones. Nobody came at all: counts as 0.",
}


@door.get("/promises")
@allow("supervisor", "admin")
def promises() -> Response:
    with reading(doors.actor()) as work:
        monday = _asked_week(work)
        people = ledger.by_technician(work, monday)
        return show(
            work,
            "floor/promises.html",
            title="Promised windows",
            area="floor",
            weeks=ledger.by_week(work, _last_shown(work, monday), WEEKS),
            monday=monday,
            ends=monday + timedelta(days=6),
            people=sorted(people.items(), key=lambda row: _by_share(row[1])),
            names=_names(work, people),
            words=WORDS,
            formulas=FORMULAS,
            nobody=NOBODY,
        )


@door.get("/promises/rows")
@allow("supervisor", "admin")
def promise_rows() -> Response:
    with reading(doors.actor()) as work:
        monday, state = _asked_week(work), query_text("state")
        state = state if state in WORDS else ""
        technician = query_text("technician")
        page = ledger.rows(
            work,
            monday,
            state=state,
            technician_id=technician,
            cursor=query_text("cursor") or None,
        )
        return show(
            work,
            "floor/promise_rows.html",
            title="Promised windows",
            area="floor",
            page=page,
            monday=monday,
            ends=monday + timedelta(days=6),
            state=state,
            technician=technician,
            whose=_names(work, [technician]).get(technician, "") if technician else "",
            names=owned_view.owner_names(work, {row[0].customer_id for row in page.items}),
            words=WORDS,
            formulas=FORMULAS,
        )


def _asked_week(work: Work) -> date:
    """The Monday of the week that was asked for, this week's otherwise."""
    asked = query_text("week")
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        return ledger.week_of(work)
    if not date(2000, 1, 3) <= day <= date(2200, 1, 1):
        return ledger.week_of(work)
    return day - timedelta(days=day.weekday())


def _last_shown(work: Work, monday: date) -> date:
    """This week, unless the one that was asked for lies further back than the weeks shown."""
    this = ledger.week_of(work)
    return this if this - timedelta(weeks=WEEKS) < monday <= this else monday


def _by_share(counts: ledger.Counts) -> tuple[float, int]:
    """The worst first; who has nothing decided comes last."""
    share = counts.share_kept
    return (2.0 if share is None else share, -counts.made)


def _names(work: Work, ids: object) -> dict[str, str]:
    known = identity.names(work, [one for one in ids if one != NOBODY])  # type: ignore[attr-defined]
    return {**known, NOBODY: "In no route"}
