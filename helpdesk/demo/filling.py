"""Filling an empty installation with the demo company, its customers and its last three months.

The content is the same each time but for passwords, tokens and the day it ends on. Everything is
one transaction: an interrupted start leaves nothing behind.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from helpdesk import wiring
from helpdesk.core import clock, stored_settings
from helpdesk.core.config import Settings
from helpdesk.core.work import begin, reading
from helpdesk.demo import company, earlier, field_crew, keys, portal_visits, post, sales
from helpdesk.demo.cases import Cases, times_of_day
from helpdesk.demo.clientele import Clientele, arrival_times
from helpdesk.demo.company import STAFF, House
from helpdesk.demo.dialogues import of_queue
from helpdesk.demo.field_past import Rounds
from helpdesk.demo.history_work import DEMO, HistoryWork, history
from helpdesk.demo.knowledge import Shelf
from helpdesk.demo.past import Past
from helpdesk.identity import passwords, tokens
from helpdesk.workflows import indexing

Login = dict[str, Any]
Tell = Callable[[str], None]

DAYS = 90
IN_FULL_DAYS = 24
CUSTOMERS = 205
PORTAL = ("Greta Hoffmann", "Stefan Lehmann")
SETTING = "demo"
SEED = 20_261_121
ZONE = ZoneInfo(company.ZONE)
CHATS_A_DAY = (8, 6, 6, 6, 6, 2, 2)  # Monday first
QUEUES = (("general", 38), ("billing", 27), ("technical-help", 21), ("contracts", 14))
TOLD_EVERY_S = 0.9


def is_filled() -> bool:
    """Whether this database holds the demo company."""
    with reading(DEMO) as work:
        return bool(stored_settings.get(work, SETTING, {"filled": False})["filled"])


def fill(settings: Settings, progress: Tell, *, days: int = DAYS) -> list[Login]:
    """Fill the database and answer the logins; their tokens and passwords are readable only now.

    `days` is the length of the history. An installation that is filled already is left as it is
    and answers no logins.
    """
    if is_filled():
        progress("The demo data is there already; left as it is")
        return []
    wiring.register()  # whoever fills, wired or not: a flow is checked against what there is
    now = clock.now().replace(microsecond=0)
    rng = random.Random(SEED)
    progress("Making passwords for the logins")
    logins = {name: keys.new_password() for name in (*_who_signs_in(), *PORTAL)}
    hashes = {name: passwords.hash_password(password) for name, password in logins.items()}
    begins = now - timedelta(days=days + 300)
    with _no_collections(), history(begins) as work:
        house = company.found(work, hashes, settings.origin)
        team = field_crew.found(work, house)
        staff, queues = len(house.people), len(house.queues)
        progress(f"{company.NAME}: {staff} people, {queues} queues, one web site")
        clientele = Clientele(work, house, rng)
        clientele.found_organisations()
        firms = (None, clientele.biggest_firm)
        portal = [
            clientele.portal_customer(name, hashes[name], firm=firm)
            for name, firm in zip(PORTAL, firms, strict=True)
        ]
        past = Past(work, house, clientele, rng)
        _plan_customers(past, clientele, rng, begins, now)
        _plan_days(past, rng, now, days)
        earlier.plan(past, random.Random(SEED + 2), now - timedelta(days=days + 1))
        mail = Cases(past, rng, now=now)
        _plan_letters(mail, rng, now, days)
        shelf = Shelf(past)
        shelf.plan(begins, now, random.Random(SEED + 1))  # the other lives stay as they are
        rounds = Rounds(mail, team, clientele.known[: len(PORTAL)], random.Random(SEED + 3))
        rounds.plan(now)
        portal_visits.plan(mail, clientele.known[: len(PORTAL)], now)
        _live(past, mail, now, days, progress)
        shelf.use()
        clientele.favour()
        work.act_as(DEMO)
        post.keep_rules(work)
        portal_visits.announce(work)
        sales.furnish(work, clientele.known[: len(PORTAL)])
        rounds.close()
        _remember(work, house, clientele)
        answer = _logins(work, house, logins, portal)
    with begin(DEMO) as asked:  # nobody relayed those months, so the search has not heard of them
        indexing.start_rebuild(asked)
        earlier.learn(asked)
    return answer


@contextmanager
def _no_collections() -> Iterator[None]:
    """A short life with much garbage that reference counts clear: the collector only costs."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _who_signs_in() -> list[str]:
    return [member.name for member in STAFF if member.signs_in]


def _plan_customers(
    past: Past, clientele: Clientele, rng: random.Random, begins: datetime, now: datetime
) -> None:
    for at in arrival_times(rng, begins, now - timedelta(days=3), CUSTOMERS):
        past.plan(at, clientele.arrive)
    for n in range(6):
        past.plan(now - timedelta(days=2 + 5 * n, hours=n, minutes=7), clientele.arrive_again)


def _plan_days(past: Past, rng: random.Random, now: datetime, days: int) -> None:
    today = now.astimezone(ZONE).date()
    for back in range(days, -1, -1):
        day = today - timedelta(days=back)
        _plan_shifts(past, rng, day, in_full=back <= IN_FULL_DAYS)
        for at, queue in _arrivals(rng, day, back):
            if at < now - timedelta(minutes=25):
                past.plan(at, _somebody_writes, past, rng, queue)


def _plan_letters(cases: Cases, rng: random.Random, now: datetime, days: int) -> None:
    """The mail of the last weeks; further back it would only cost seconds."""
    today = now.astimezone(ZONE).date()
    for back in range(min(days, IN_FULL_DAYS), -1, -1):
        day = today - timedelta(days=back)
        for at in times_of_day(rng, _at(day, 0), day.weekday()):
            if at < now - timedelta(minutes=10):
                cases.past.plan(at, cases.arrive)


def _plan_shifts(past: Past, rng: random.Random, day: date, *, in_full: bool) -> None:
    """Three come early and two late on a working day; one looks after the house at weekends.

    Further back there were fewer of them, and their breaks are not kept: it saves seconds.
    """
    agents = past.house.agents()
    turn = day.toordinal() * 5
    if day.weekday() < 5:
        crew = [agents[(turn + n) % len(agents)] for n in range(5)]
        hours = [(8, 16), (8, 16), (8.5, 16.5), (11, 19), (11.5, 19.5)]
    else:
        all_round = [name for name in agents if len(past.house.members[name].queues) > 2]
        crew, hours = [all_round[day.toordinal() % len(all_round)]], [(10, 16)]
    if not in_full:
        crew, hours = crew[-3:], [(8, 16), (9.5, 17.5), (11, 19)][-len(crew) :]
    for name, (start, end) in zip(crew, hours, strict=True):
        past.plan(_at(day, start, rng.uniform(-6, 4)), past.come_in, name)
        lunch = (start + end) / 2 + rng.uniform(-0.6, 0.6)
        if in_full:
            past.plan(_at(day, lunch), past.choose, name, "break")
            past.plan(_at(day, lunch + rng.uniform(0.4, 0.6)), past.choose, name, "available")
        past.plan(_at(day, end, rng.uniform(-2, 9)), past.leave, name)
    if day.weekday() == 2 and in_full:
        past.plan(_at(day, 13.5), past.choose, crew[0], "training")
        past.plan(_at(day, 14.5), past.choose, crew[0], "available")
    if day.day % 9 == 4:
        past.plan(_at(day, rng.uniform(10, 15)), past.lose_browser, crew[0])


def _arrivals(rng: random.Random, day: date, back: int) -> list[tuple[datetime, str]]:
    """When chats come in on this day, and to which queue."""
    found = []
    for _ in range(max(0, CHATS_A_DAY[day.weekday()] + rng.randrange(-2, 3))):
        hour = min(21.5, max(6.5, rng.gauss(12.6, 3.1)))
        found.append((_at(day, hour), _queue(rng)))
    if day.day == 2 and day.weekday() < 6:  # the bills went out
        found += [(_at(day, rng.uniform(9, 11)), "billing") for _ in range(16)]
    if back in (5, 33, 61):  # a storm
        found += [(_at(day, rng.uniform(10, 10.7)), "general") for _ in range(18)]
    if back in (12, 47):  # the first frost, heat pumps
        found += [(_at(day, rng.uniform(8.2, 9.2)), "technical-help") for _ in range(12)]
    return found


def _queue(rng: random.Random) -> str:
    return rng.choices([name for name, _ in QUEUES], [weight for _, weight in QUEUES])[0]


def _somebody_writes(past: Past, rng: random.Random, queue: str) -> None:
    """Four of five are on record; the others are new to us, or do not say who they are."""
    known = past.clientele.known
    regulars = known[: len(known) // 3]
    client = None
    if rng.random() < 0.84 and known:
        client = rng.choice(regulars if regulars and rng.random() < 0.55 else known)
    past.write(client, rng.choice(of_queue(queue)))


def _live(past: Past, mail: Cases, now: datetime, days: int, progress: Tell) -> None:
    """Live through it all, writing down week by week and telling how far we are."""
    told = clock.monotonic()
    at = now - timedelta(days=days + 7)
    while at < now:
        past.live_until(at)
        past.work.put_down()
        if clock.monotonic() - told > TOLD_EVERY_S:
            told = clock.monotonic()
            progress(
                f"{at.astimezone(ZONE):%-d %B}: {len(past.clientele.known)} customers, "
                f"{past.chats} chats"
            )
        at += timedelta(days=7)
    past.live_until(now - timedelta(seconds=40))
    past.work.step(max(past.work.at, now - timedelta(seconds=30)))
    mail.close()
    past.close()
    past.work.step(now)
    progress(
        f"{len(past.clientele.known)} customers, {past.chats} chats, {len(mail.cases)} cases by "
        "mail; nobody is at the desk"
    )


def _remember(work: HistoryWork, house: House, clientele: Clientele) -> None:
    """What the traffic of today needs to know."""
    talked = [client for client in clientele.known if client.visitor_id][:60]
    stored_settings.put(
        work,
        SETTING,
        {
            "filled": True,
            "site_id": house.site_id,
            "colleagues": [house.people[n].id for n in ("Hanna Krüger", "Paul Nowak")],
            "loses_browser": house.people["Mia Schulz"].id,
            "declines": house.people["Oskar Lindqvist"].id,
            "regulars": [[c.customer_id, c.person.first] for c in talked],
        },
    )


def _logins(
    work: HistoryWork, house: House, given: dict[str, str], portal: list[str]
) -> list[Login]:
    people = [(m.role, m.name, house.people[m.name].id, company.email_of(m.name))
              for m in STAFF if m.signs_in]  # fmt: skip
    people += [
        ("customer", name, user_id, f"{name.replace(' ', '.').lower()}@post.example")
        for name, user_id in zip(PORTAL, portal, strict=True)
    ]
    answer = []
    for role, name, user_id, email in people:
        _, token = tokens.create(work, user_id, "Demo")
        answer.append(
            {"role": role, "email": email, "password": given[name], "token": token, "name": name}
        )
    return answer


def _at(day: date, hour: float, minutes: float = 0) -> datetime:
    midnight = datetime.combine(day, time(), ZONE)
    wall = midnight + timedelta(hours=hour, minutes=minutes)
    return clock.require_utc(wall.replace(microsecond=0))


__all__ = ["fill", "is_filled"]
