"""The field team as an administrator would have set it up: technicians, kinds of visits, parts,
areas, what is in the vans.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from helpdesk.core.actors import Actor
from helpdesk.demo.clientele import Client
from helpdesk.demo.company import ZONE, House, email_of
from helpdesk.demo.field_words import (
    ACCESS,
    AREAS,
    DRIVERS,
    KINDS,
    NEW_SKILLS,
    PARTS,
    STREETS,
    Driver,
    Town,
)
from helpdesk.demo.history_work import HistoryWork
from helpdesk.field_service import crew, parts, places, settings, stock, territories, types
from helpdesk.field_service.models import VisitPlace
from helpdesk.field_service.models_crew import Technician, VisitType
from helpdesk.identity import service as identity
from helpdesk.routing import queries as routing
from helpdesk.routing import setup

PLACES = 120


@dataclass(slots=True)
class Team:
    """What was set up, by the names of `field_words`."""

    technicians: dict[str, Technician] = field(default_factory=dict)
    kinds: dict[str, VisitType] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    skills: dict[str, str] = field(default_factory=dict)
    areas: dict[str, str] = field(default_factory=dict)


def found(work: HistoryWork, house: House) -> Team:
    """The team and what it needs, before there are any customers."""
    team = Team(skills={one.name: one.id for one in routing.skills(work)})
    team.skills |= {name: setup.create_skill(work, name).id for name in NEW_SKILLS}
    settings.put(work, {"zone": ZONE})
    for name, postcodes, outline in AREAS:
        made = territories.add(work, name=name, postcodes=list(postcodes), outline=list(outline))
        team.areas[name] = made.id
    for sku, name, cost in PARTS:
        given = {"name": name, "cost_minor": cost, "currency": "EUR"}
        team.parts[sku] = parts.add(work, sku=sku, **given).id
    for kind in KINDS:
        team.kinds[kind["key"]] = _kind(work, team, **kind)
    for driver in DRIVERS:
        team.technicians[driver.name] = _technician(work, house, team, driver)
    return team


def place_of(work: HistoryWork, client: Client, town: Town, rng: random.Random) -> VisitPlace:
    """An invented address in a real town."""
    street = f"{rng.choice(STREETS)} {rng.randrange(1, 90)}"
    return places.make(
        work, client.customer_id, address=f"{street}, {town.postcode} {town.name}",
        postcode=town.postcode, lat=round(town.lat + rng.uniform(-1, 1) * town.reach, 5),
        lon=round(town.lon + rng.uniform(-1, 1) * town.reach, 5), access=rng.choice(ACCESS),
        zone=ZONE, pin="found",
    )  # fmt: skip


def _kind(
    work: HistoryWork, team: Team, *, key: str, minutes: tuple[int, int],
    skills: Mapping[str, int], parts: Mapping[str, int] | None = None, **more: object,
) -> VisitType:  # fmt: skip
    return types.add(
        work, key=key, duration_p50_s=minutes[0] * 60, duration_p80_s=minutes[1] * 60,
        skills={team.skills[name]: level for name, level in skills.items()},
        parts={team.parts[sku]: count for sku, count in (parts or {}).items()}, **more,
    )  # fmt: skip


def _technician(work: HistoryWork, house: House, team: Team, driver: Driver) -> Technician:
    if not driver.joined:
        _account(work, house, driver.name)
    user_id = house.people[driver.name].id
    hours = [list(pair) for pair in driver.shift]
    friday = [*hours[:-1], [hours[-1][0], f"{int(hours[-1][1][:2]) - 2:02}{hours[-1][1][2:]}"]]
    made = crew.add(
        work, user_id, start_name=driver.depot, start_lat=driver.at[0], start_lon=driver.at[1],
        zone=ZONE, week={**{str(day): hours for day in range(4)}, "4": friday},
        breaks=[] if len(hours) > 1 else [{"from": "11:30", "to": "13:30", "minutes": 30}],
        phone=driver.phone, calendar_id=house.hours_id, currency="EUR",
        skills={team.skills[name]: level for name, level in driver.skills.items()},
        territory_ids=[team.areas[name] for name in driver.areas], colour=driver.colour,
        cost_per_hour_minor=driver.cost, cost_per_km_minor=45, may_overrun_s=1800,
    )  # fmt: skip
    for place, part_id in enumerate(team.parts.values()):
        stock.book_in(work, user_id, part_id, 24 + (place + len(driver.name)) % 5)
    return made


def _account(work: HistoryWork, house: House, name: str) -> None:
    """A colleague who does not sign in to the demo."""
    team_id = house.teams["Field"]
    user = identity.create_user(
        work, email=email_of(name), name=name, role="technician", timezone=ZONE,
        team_ids=[team_id],
    )  # fmt: skip
    house.people[name] = Actor("user", user.id, role="technician", team_ids=frozenset({team_id}))
