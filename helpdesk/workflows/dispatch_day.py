"""The dispatch board's days as one value: who works when, what stands where, what was promised.

A fixed number of statements, however many technicians and visits. Visits of customers that the
reader may not see are shown as time that is taken, without a name or a place. Not for changing
anything (`dispatching`).
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.core import db
from helpdesk.core.work import Work
from helpdesk.field_service import crew_days, days, settings
from helpdesk.field_service.crew_days import Crew, Person, seconds
from helpdesk.field_service.models import (
    Route,
    RouteStop,
    SlotOffer,
    Visit,
)
from helpdesk.field_service.models_crew import (
    Technician,
    TechnicianAbsence,
    TechnicianPosition,
    Territory,
    VisitType,
)
from helpdesk.field_service.permissions import visible
from helpdesk.identity.models import User
from helpdesk.routing.models import Skill
from helpdesk.workflows import dispatch_visits
from helpdesk.workflows.dispatch_words import Told

MOST_DAYS = 3
OPENS, CLOSES = 7, 18  # the hours that are shown even where nobody works
HOUR = 3600
_KEY, _GUARD, _KEPT = "dispatch.crews", "dispatch.crews.guard", 4
AWAY_WORDS = {"leave": "On leave", "ill": "Ill", "training": "Training", "other": "Away"}
SHOWN = ("booked", "travelling", "on_site", "done", "no_access")


@dataclass(frozen=True, slots=True)
class Window:
    """Which days, and between which instants each of them is shown."""

    days: tuple[date, ...]
    zone: str

    def bounds(self, day: date) -> tuple[int, int]:
        """The day's first and last instant."""
        return days.begins(day, 0, self.zone), days.begins(day + timedelta(days=1), 0, self.zone)


def window(work: Work, first: date | None, count: int) -> Window:
    """`count` days from `first` on; None: today where the plan is made."""
    zone = settings.get(work).zone
    begins = first or days.day_of(seconds(work.at), zone)
    most = max(1, min(MOST_DAYS, count))
    return Window(tuple(begins + timedelta(days=n) for n in range(most)), zone)


def board(work: Work, shown_days: Window, only: Collection[str] | None = None) -> dict[str, Any]:
    """All that the board draws; `only` narrows it to these technicians."""
    chosen = settings.get(work)
    crew = crew_of(work, shown_days.days[0])
    people = _people(work, only)
    routes = _routes(work, shown_days, only)
    stops = _stops(work, routes)
    seen = _seen(work, {row.id for row in stops})
    technicians = [_technician(row, crew, routes, shown_days) for row in people]
    _add_absences(work, technicians, shown_days)
    _add_positions(work, technicians)
    told, visits, sources = _told(stops, technicians, shown_days, seen)
    return {
        "at": work.at.isoformat(),
        "zone": shown_days.zone,
        "days": _bounds(technicians, told, shown_days),
        "pace": {
            "seconds_per_km": chosen.detour / chosen.speed_kmh * HOUR,
            "source": "straight line",
        },
        "technicians": technicians,
        "visits": visits,
        "stops": told,
        "sources": sources,
        "held": _held(work, technicians, shown_days),
        **(_names(work) if only is None else {}),
    }


def crew_of(work: Work, first: date) -> Crew:
    """Everybody's days from that one on, read again only when the set-up has moved."""
    shelf = db.current().remembered
    stamp = crew_days.stamp(work)
    with shelf.setdefault(_GUARD, threading.Lock()):
        kept: dict[date, Crew] = shelf.setdefault(_KEY, {})
        if (known := kept.get(first)) is not None and known.stamp == stamp:
            return known
        while len(kept) >= _KEPT:
            kept.pop(next(iter(kept)))
        kept[first] = crew_days.read(work, stamp, first)
        return kept[first]


def _people(work: Work, only: Collection[str] | None) -> Sequence[Any]:
    wanted = (
        select(
            Technician.user_id,
            User.name,
            Technician.colour,
            Technician.start_name,
            Technician.start_lat,
            Technician.start_lon,
            Technician.may_overrun_s,
            Technician.is_active,
        )
        .join(User, User.id == Technician.user_id)
        .where(Technician.is_active)
        .order_by(User.name, Technician.user_id)
    )
    if only is not None:
        wanted = wanted.where(Technician.user_id.in_(sorted(only)))
    return work.session.execute(wanted).all()


def _routes(
    work: Work, shown_days: Window, only: Collection[str] | None
) -> dict[tuple[str, date], Any]:
    wanted = select(Route.id, Route.technician_id, Route.day, Route.version, Route.is_locked).where(
        Route.day.between(shown_days.days[0], shown_days.days[-1])
    )
    if only is not None:
        wanted = wanted.where(Route.technician_id.in_(sorted(only)))
    return {(row.technician_id, row.day): row for row in work.session.execute(wanted)}


def _stops(work: Work, routes: Mapping[tuple[str, date], Any]) -> Sequence[Any]:
    if not routes:
        return []
    wanted = (
        dispatch_visits.statement()
        .join(RouteStop, RouteStop.visit_id == Visit.id)
        .add_columns(
            RouteStop.route_id,
            RouteStop.technician_id,
            RouteStop.starts_at,
            RouteStop.ends_at,
            RouteStop.travel_s,
            RouteStop.travel_source,
            RouteStop.is_lead,
        )
        .where(RouteStop.route_id.in_([row.id for row in routes.values()]))
        .order_by(RouteStop.starts_at, RouteStop.id)
    )
    return work.session.execute(wanted).all()


def _seen(work: Work, ids: Collection[str]) -> Collection[str] | None:
    """Of these visits those that the reader may see; None: every one."""
    if not work.actor.is_limited:
        return None
    wanted = visible(work, select(Visit.id).where(Visit.id.in_(sorted(ids))))
    return set(work.session.scalars(wanted))


def seen_of(work: Work, faults: Sequence[Told]) -> Sequence[Told]:
    """Without what is said of visits that the reader may not see."""
    seen = _seen(work, {one.visit_id for one in faults if one.visit_id})
    return [one for one in faults if seen is None or not one.visit_id or one.visit_id in seen]


def _technician(
    row: Any, crew: Crew, routes: Mapping[tuple[str, date], Any], shown_days: Window
) -> dict[str, Any]:
    person = crew.people.get(row.user_id)
    hue = row.colour.removeprefix("hue-")
    return {
        "id": row.user_id,
        "name": row.name,
        "hue": int(hue) if hue.isdigit() else sum(row.user_id.encode()) % 8,
        "start": [row.start_lat, row.start_lon],
        "end": [person.end.lat, person.end.lon] if person else None,
        "start_name": row.start_name,
        "overrun": row.may_overrun_s,
        "skills": dict(person.skills) if person else {},
        "territories": sorted(person.territories) if person else [],
        "position": None,
        "days": [
            _day(person, one, routes.get((row.user_id, one)), shown_days) for one in shown_days.days
        ],
    }


def _day(person: Person | None, day: date, route: Any | None, shown_days: Window) -> dict[str, Any]:
    told = person.day(day) if person else None
    breaks = [[one.earliest, one.latest, one.duration_s] for one in told.breaks] if told else []
    return {
        "day": day.isoformat(),
        "version": route.version if route else 0,
        "locked": bool(route and route.is_locked),
        "shifts": [[told.starts, told.ends]] if told else [],
        "breaks": breaks,
        "away": [],
    }


def _add_absences(work: Work, technicians: list[dict[str, Any]], shown_days: Window) -> None:
    first, last = (
        shown_days.bounds(shown_days.days[0])[0],
        shown_days.bounds(shown_days.days[-1])[1],
    )
    rows = work.session.execute(
        select(
            TechnicianAbsence.technician_id,
            TechnicianAbsence.starts_at,
            TechnicianAbsence.ends_at,
            TechnicianAbsence.kind,
        ).where(
            TechnicianAbsence.ends_at > _instant(first, work),
            TechnicianAbsence.starts_at < _instant(last, work),
        )
    ).all()
    by_id = {one["id"]: one for one in technicians}
    for row in rows:
        if (one := by_id.get(row.technician_id)) is None:
            continue
        for part, day in zip(one["days"], shown_days.days, strict=True):
            begins, ends = shown_days.bounds(day)
            low, high = max(begins, seconds(row.starts_at)), min(ends, seconds(row.ends_at))
            if low < high:
                part["away"].append([low, high, AWAY_WORDS.get(row.kind, "Away")])


def _add_positions(work: Work, technicians: list[dict[str, Any]]) -> None:
    """Where they were last, to about a hundred metres; of today alone."""
    by_id = {one["id"]: one for one in technicians}
    for row in work.session.execute(
        select(
            TechnicianPosition.technician_id,
            TechnicianPosition.at,
            TechnicianPosition.lat,
            TechnicianPosition.lon,
        ).where(TechnicianPosition.at > work.at - timedelta(hours=12))
    ):
        if (one := by_id.get(row.technician_id)) is not None:
            one["position"] = [seconds(row.at), round(row.lat, 3), round(row.lon, 3)]


def _told(
    stops: Sequence[Any],
    technicians: Sequence[Mapping[str, Any]],
    shown_days: Window,
    seen: Collection[str] | None,
) -> tuple[list[list[Any]], list[dict[str, Any]], list[str]]:
    """Stops by the places of their technician, day and visit in the lists beside them."""
    who = {one["id"]: n for n, one in enumerate(technicians)}
    visits: list[dict[str, Any]] = []
    places: dict[str, int] = {}
    sources: dict[str, int] = {}
    told = []
    for row in stops:
        if row.technician_id not in who or row.state not in SHOWN:
            continue
        if row.id not in places:
            places[row.id] = len(visits)
            visits.append(
                dispatch_visits.told(row)
                if seen is None or row.id in seen
                else dispatch_visits.taken(row)
            )
        starts = seconds(row.starts_at)
        told.append(
            [
                who[row.technician_id], _index(starts, shown_days), places[row.id], starts,
                seconds(row.ends_at), row.travel_s,
                sources.setdefault(row.travel_source, len(sources)), int(row.is_lead),
            ]
        )  # fmt: skip
    return told, visits, list(sources)


def _index(at: int, shown_days: Window) -> int:
    """Which of the shown days it belongs to: nights belong to the day that they began on."""
    found = 0
    for n, day in enumerate(shown_days.days):
        if at >= shown_days.bounds(day)[0]:
            found = n
    return found


def _instant(at: int, work: Work) -> datetime:
    return datetime.fromtimestamp(at, work.at.tzinfo)


def _bounds(
    technicians: Iterable[Mapping[str, Any]], stops: Sequence[Sequence[Any]], shown_days: Window
) -> list[dict[str, Any]]:
    """From which hour to which each day is shown: all shifts and all stops lie in it."""
    low: dict[int, list[int]] = defaultdict(list)
    for n, day in enumerate(shown_days.days):
        begins, _ = shown_days.bounds(day)
        low[n] += [begins + OPENS * HOUR, begins + CLOSES * HOUR]
    for one in technicians:
        for n, part in enumerate(one["days"]):
            low[n] += [at for pair in part["shifts"] for at in pair]
    for stop in stops:
        low[stop[1]] += [stop[3] - stop[5], stop[4]]
    return [
        {
            "day": day.isoformat(),
            "from": min(low[n]) // HOUR * HOUR,
            "to": -(-max(low[n]) // HOUR) * HOUR,
        }
        for n, day in enumerate(shown_days.days)
    ]


def _held(
    work: Work, technicians: Sequence[Mapping[str, Any]], shown_days: Window
) -> list[list[int]]:
    """Places that are kept while a customer makes up their mind."""
    who = {one["id"]: n for n, one in enumerate(technicians)}
    index = {day: n for n, day in enumerate(shown_days.days)}
    found = []
    for row in work.session.execute(
        select(
            SlotOffer.technician_ids,
            SlotOffer.day,
            SlotOffer.job,
            SlotOffer.planned,
            SlotOffer.expires_at,
        ).where(SlotOffer.state == "held", SlotOffer.expires_at > work.at)
    ):
        starts = int(row.planned.get("starts", 0))
        for one in row.technician_ids:
            if one in who and row.day in index and starts:
                ends = starts + int(row.job.get("duration_s", HOUR))
                found.append([who[one], index[row.day], starts, ends, seconds(row.expires_at)])
    return found


def _names(work: Work) -> dict[str, Any]:
    """Words for ids: skills, kinds of visits, territories."""

    def named(key: Any, name: Any) -> dict[str, str]:
        return {row[0]: row[1] for row in work.session.execute(select(key, name).order_by(name))}

    return {
        "skills": named(Skill.id, Skill.name),
        "types": named(VisitType.id, VisitType.name),
        "territories": named(Territory.id, Territory.name),
    }
