"""Made-up working days of technicians around a town, for the measurements of field service.

Each route is made by driving it: the next visit is near, and the window promised for it is the one
its start falls into. So every plan made here may stand. Numbers only; no database.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from helpdesk.field_service import timing
from helpdesk.field_service.happening import (
    Cancelled,
    Emergency,
    Happening,
    Ill,
    NoShow,
    Overrun,
    Traffic,
)
from helpdesk.field_service.plan import Break, Job, Place, Plan, Route, Shift, Travel
from helpdesk.field_service.slots import Window
from helpdesk.field_service.travel import GreatCircle

HOUR = 3600
_TRAVEL = GreatCircle()
FIRST = datetime(2026, 12, 7, tzinfo=UTC)
SKILLS = ("boiler", "electric", "lift", "network")
TOWN = Place(51.34, 12.37)


def place(rng: random.Random, around: Place = TOWN, spread: float = 0.12) -> Place:
    return Place(
        round(around.lat + rng.gauss(0, spread), 6),
        round(around.lon + rng.gauss(0, spread * 1.5), 6),
    )


def windows(days: int) -> list[Window]:
    """Four of two hours on each day."""
    midnights = [FIRST + timedelta(days=day) for day in range(days)]
    return [
        Window(
            f"{m:%Y-%m-%d} {h:02}",
            int(m.timestamp()) + h * HOUR,
            int(m.timestamp()) + (h + 2) * HOUR,
        )
        for m in midnights
        for h in (8, 10, 12, 14)
    ]


def shift(
    rng: random.Random, technician: int, day: int, home: Place, skills: dict[str, int]
) -> Shift:
    midnight = FIRST + timedelta(days=day)
    at = int(midnight.timestamp())
    return Shift(
        f"{midnight:%Y-%m-%d}/t{technician:03}",
        f"t{technician:03}",
        f"{midnight:%Y-%m-%d}",
        at + 8 * HOUR,
        at + 17 * HOUR,
        home,
        home,
        skills,
        {"filter": 4, "valve": 2},
        (Break(at + 11 * HOUR + 1800, at + 13 * HOUR, 1800),),
    )


def job(rng: random.Random, key: str, around: Place = TOWN, spread: float = 0.12) -> Job:
    skills = {rng.choice(SKILLS): rng.randint(1, 3)} if rng.random() < 0.7 else {}
    parts = {"filter": 1} if rng.random() < 0.15 else {}
    duration = rng.choice((1800, 2400, 2700, 3600))
    return Job(key, place(rng, around, spread), duration, 0, 1 << 40, skills, parts)


def driven(rng: random.Random, one: Shift, visits: int, travel: Travel) -> Route:
    """A route of so many promised visits, or as many as its hours hold."""
    route = Route(one)
    at = one.starts - one.starts % 86_400
    for n in range(visits * 4):
        if len(route.jobs) == visits:
            break
        made = job(rng, f"{one.id}/{n}", route.jobs[-1].place if route.jobs else one.start, 0.025)
        if any(one.skills.get(s, 0) < level for s, level in made.skills.items()) or made.parts:
            continue
        longer = route.inserted(len(route.jobs), made)
        told = timing.day(longer, travel)
        begins = at + (told.stops[-1].starts - at) // (2 * HOUR) * 2 * HOUR
        promised = Job(
            made.id,
            made.place,
            made.duration_s,
            begins,
            begins + 2 * HOUR,
            made.skills,
            promised=True,
        )
        longer = route.inserted(len(route.jobs), promised)
        if not timing.day(longer, travel).late:
            route = longer
    return route


def plan(seed: int, technicians: int, days: int, visits: int, travel: Travel) -> Plan:
    """So many technicians on so many days with so many visits each."""
    rng = random.Random(seed)
    routes = {}
    for technician in range(technicians):
        home = place(rng)
        skills = {skill: rng.randint(1, 4) for skill in rng.sample(SKILLS, 3)}
        for day in range(days):
            route = driven(rng, shift(rng, technician, day, home, skills), visits, travel)
            routes[route.shift.id] = route
    return Plan(routes)


def event(rng: random.Random, plan: Plan) -> tuple[Plan, Happening]:
    """Something that happens on a plan's day, any kind as likely as another, and the plan it meets:
    where a visit overruns, what that technician did before is over."""
    route = rng.choice([route for route in plan.routes.values() if len(route.jobs) > 2])
    visit = rng.choice(route.jobs)
    kind = rng.randrange(6)
    if kind == 0:
        return _overrun(rng, plan, route)
    if kind == 1:
        return plan, Cancelled(visit.id)
    if kind == 2:
        return plan, NoShow(visit.id)
    if kind == 3:
        day = route.shift.starts
        made = job(rng, "emergency")
        made = replace(made, earliest=day + 2 * HOUR, latest=day + 5 * HOUR, priority=1)
        return plan, Emergency(made)
    if kind == 4:
        return plan, Ill(frozenset({route.shift.id}))
    return plan, Traffic(rng.choice((1.1, 1.15, 1.2)))


def _overrun(rng: random.Random, plan: Plan, route: Route) -> tuple[Plan, Happening]:
    told = timing.day(route, _TRAVEL)
    n = rng.randrange(1, len(told.stops))
    ends, at = told.stops[n - 1].ends, route.jobs[n - 1].place
    shift = replace(route.shift, free_from=ends, free_at=at)
    left = plan.with_routes(Route(shift, route.jobs[n:]))
    return left, Overrun(shift.id, ends + rng.choice((1200, 2400, 3600)), at)
