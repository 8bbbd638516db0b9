"""Small made-up days for the tests of planning: a town on a plane, times from one Monday on."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import strategies as st

from helpdesk.field_service import checking
from helpdesk.field_service.plan import Break, Job, Place, Plan, Route, Shift, Travel
from helpdesk.field_service.slots import Window
from helpdesk.field_service.travel import Band, Bands, Plane

HOUR = 3600
MONDAY = 1_765_152_000  # 8 December 2025, 0:00 UTC
RUSH = Bands("UTC", (Band("rush", 8 * 60, 9 * 60 + 30, 1.7), Band("quiet", 12 * 60, 780, 0.8)))
EVEN = Plane()
PACED = Plane(RUSH)


def at(hour: float, day: int = 0) -> int:
    return MONDAY + day * 86_400 + int(hour * HOUR)


def shift(technician: str, day: int = 0, **others: object) -> Shift:
    made = Shift(
        f"{day}/{technician}", technician, f"2025-12-{8 + day:02}", at(8, day), at(17, day),
        Place(0, 0), Place(0, 0), {"boiler": 2}, {"filter": 2},
    )  # fmt: skip
    return replace(made, **others)  # type: ignore[arg-type]


def job(key: str, lat: float = 0, lon: float = 0, **others: object) -> Job:
    made = Job(key, Place(lat, lon), HOUR, MONDAY, at(0, 30))
    return replace(made, **others)  # type: ignore[arg-type]


def plan(*routes: Route, unplanned: tuple[Job, ...] = ()) -> Plan:
    return Plan({route.shift.id: route for route in routes}, unplanned)


def windows(days: int = 2) -> list[Window]:
    return [
        Window(f"{day}-{hour}", at(hour, day), at(hour + 2, day))
        for day in range(days)
        for hour in (8, 10, 12, 14)
    ]


def random_job(rng: random.Random, key: str) -> Job:
    return job(
        key,
        rng.randint(-15, 15),
        rng.randint(-15, 15),
        duration_s=rng.choice((900, 2700, 5400)),
        skills={"boiler": rng.randint(1, 3)} if rng.random() < 0.4 else {},
        parts={"filter": 1} if rng.random() < 0.3 else {},
        crew=2 if rng.random() < 0.12 else 1,
        due=rng.choice((None, at(12), at(12, 1))),
    )


def random_shift(rng: random.Random, technician: int, day: int) -> Shift:
    breaks = (Break(at(11.5, day), at(13, day), 1800), Break(at(15, day), at(16, day), 900))
    return shift(
        f"t{technician}",
        day,
        start=Place(rng.randint(-10, 10), rng.randint(-10, 10)),
        end=Place(rng.randint(-10, 10), rng.randint(-10, 10)),
        skills={"boiler": rng.randint(0, 3)},
        breaks=breaks[: rng.randint(0, 2)],
        free_from=at(9.3, day) if rng.random() < 0.2 else None,
        free_at=Place(3, 3) if rng.random() < 0.2 else None,
        may_overrun_s=rng.choice((0, 1800)),
    )


def random_plan(rng: random.Random, travel: Travel, technicians: int = 3, days: int = 2) -> Plan:
    """A plan that may stand: jobs put in wherever the checker has nothing to say."""
    shifts = [random_shift(rng, t, day) for day in range(days) for t in range(technicians)]
    made = plan(*(Route(one) for one in shifts))
    spans = windows(days)
    for n in range(technicians * days * 3):
        one = random_job(rng, f"j{n}")
        window = rng.choice(spans)
        if rng.random() < 0.7:
            one = replace(one, earliest=window.starts, latest=window.ends, promised=True)
        routes = [made.routes[s.id] for s in rng.sample(shifts, one.crew)]
        longer = made.with_routes(*(r.inserted(rng.randint(0, len(r.jobs)), one) for r in routes))
        if not checking.faults(longer, travel):
            made = longer
    return made


seeds = st.integers(0, 10**6)
