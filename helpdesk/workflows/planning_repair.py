"""Events of a day ask for a repair: something fell out, came in, takes longer, or somebody is ill.

The repair is a re-planning like any other (`planning_runs`), made by a worker within seconds. What
touches no promise and stays within the house's budget is carried out by itself, where the house
wants that, and can be undone; the rest is a proposal that says which customers have to be warned.
Events that come while one waits to be made are added to it. Not for finding out that somebody will
be late (`visit_alarm`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, Work
from helpdesk.field_service import days, settings
from helpdesk.field_service.crew_days import seconds
from helpdesk.field_service.models import PlanRun, Route, RouteStop, Visit
from helpdesk.identity import queries as identity
from helpdesk.workflows import planning_runs

log = logging.getLogger(__name__)

ACTOR = system("planning")
EVENTS = ("visit.cancelled", "visit.no_access", "visit.made", "technician.away")
WORDS = {
    "cancelled": "V-{number} was cancelled",
    "no_access": "Nobody opened at V-{number}",
    "emergency": "V-{number} is an emergency",
    "overrun": "{name} needs longer at V-{number}",
    "traffic": "{name} is held up on the way to V-{number}",
    "late": "{name} will be late at V-{number}",
    "ill": "{name} is away",
}
MOST_DAYS = 14
KEPT_TOGETHER = 20  # visits named by one run


def hear(work: Work, emitted: list[Emitted]) -> None:
    """A reaction to what happens to visits and technicians."""
    actor, work.actor = work.actor, ACTOR
    try:
        for one in emitted:
            _HEARD[one.event.kind](work, one.event)
    finally:
        work.actor = actor


def ask(
    work: Work,
    day: date,
    what: str,
    *,
    visits: Collection[str] = (),
    urgent: Collection[str] = (),
    **words: Any,
) -> PlanRun | None:
    """Have a day mended; None for one that nobody plans any more, or not yet.

    `visits` that wait are looked at whatever their date, `urgent` ones are driven to at once.
    """
    given = settings.get(work)
    if day not in days.ahead(seconds(work.at), given.zone, given.days_ahead):
        return None
    told = WORDS[what].format(**words)
    waiting = work.session.scalar(
        select(PlanRun)
        .where(PlanRun.day == day, PlanRun.kind == "repair", PlanRun.state == "queued")
        .with_for_update()
    )
    if waiting is not None:
        waiting.event = _together(waiting.event, what, told, visits, urgent)
        return waiting
    event = _together({}, what, told, visits, urgent)
    return planning_runs.start(work, day, "repair", event, None)


def late(work: Work, visit: Visit, technician_id: str, day: date) -> PlanRun | None:
    """It is foreseen that this visit's window is missed: by whoever is still busy before it."""
    busy = _under_way(work, technician_id, day)
    what = "late"
    if busy is not None:
        what = "overrun" if busy.state == "on_site" else "traffic"
    name = identity.names(work, [technician_id]).get(technician_id, "Somebody")
    number = busy.number if busy is not None else visit.number
    return ask(work, day, what, number=number, name=name)


def _together(
    event: Mapping[str, Any], what: str, told: str, visits: Collection[str], urgent: Collection[str]
) -> dict[str, Any]:
    known = str(event.get("words", ""))
    words = told if not known else f"{known}; {told}"
    both = {
        name: sorted({*event.get(name, ()), *new})[:KEPT_TOGETHER]
        for name, new in (("visits", {*visits, *urgent}), ("urgent", urgent))
    }
    return {"what": event.get("what", what), "words": words[:200], **both}


def _fell_out(what: str) -> Callable[[Work, Any], None]:
    def react(work: Work, event: Any) -> None:
        """Only where something of today could use the room, or runs late: others lose nothing."""
        today = _today(work)
        when = _day_of_window(work, event)
        if when == today:
            ask(work, today, what, number=event.number)

    return react


def _made(work: Work, event: Any) -> None:
    visit = work.session.get(Visit, event.visit_id)
    if visit is None or visit.priority != 1 or visit.state != "waiting":
        return
    day = _today(work)
    if visit.earliest_at is not None and visit.earliest_at > work.at:
        day = days.day_of(seconds(visit.earliest_at), settings.get(work).zone)
    ask(work, day, "emergency", urgent=[visit.id], number=visit.number)


def _away(work: Work, event: Any) -> None:
    """Every day of theirs that has visits in the absence."""
    starts, ends = (datetime.fromisoformat(one) for one in (event.starts_at, event.ends_at))
    name = identity.names(work, [event.technician_id]).get(event.technician_id, "Somebody")
    wanted = (
        select(Route.day)
        .join(RouteStop, RouteStop.route_id == Route.id)
        .join(Visit, Visit.id == RouteStop.visit_id)
        .where(
            Route.technician_id == event.technician_id,
            RouteStop.ends_at > max(starts, work.at),
            RouteStop.starts_at < ends,
            Visit.state == "booked",
        )
        .distinct()
        .order_by(Route.day)
        .limit(MOST_DAYS)
    )
    for day in work.session.scalars(wanted).all():
        ask(work, day, "ill", name=name)


_HEARD: Mapping[str, Callable[[Work, Any], None]] = {
    "visit.cancelled": _fell_out("cancelled"),
    "visit.no_access": _fell_out("no_access"),
    "visit.made": _made,
    "technician.away": _away,
}


def _today(work: Work) -> date:
    return days.day_of(seconds(work.at), settings.get(work).zone)


def _day_of_window(work: Work, event: Any) -> date | None:
    """The day it was for, by its window or by the place that it had."""
    zone = settings.get(work).zone
    if event.window:
        return days.day_of(seconds(datetime.fromisoformat(event.window[0])), zone)
    visit = work.session.get(Visit, event.visit_id)
    at = visit.planned_at or visit.finished_at if visit is not None else None
    return days.day_of(seconds(at), zone) if at is not None else None


def _under_way(work: Work, technician_id: str, day: date) -> Visit | None:
    since = work.at - timedelta(hours=20)
    return work.session.scalar(
        select(Visit)
        .join(RouteStop, RouteStop.visit_id == Visit.id)
        .join(Route, Route.id == RouteStop.route_id)
        .where(
            RouteStop.technician_id == technician_id,
            RouteStop.starts_at > since,
            Route.day == day,
            Visit.state.in_(("travelling", "on_site")),
        )
        .order_by(Visit.state, Visit.planned_at)
        .limit(1)
    )
