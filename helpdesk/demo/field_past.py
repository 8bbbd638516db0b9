"""Two weeks of visits that were driven to, and a coming week that is three fifths full.

Each working day is booked some days before, as a desk would: a ticket, a visit, its place in a
route, a promised window. What lies before now is driven to, arrived at and finished by the clock of
the history, most of it in time. Not for who drives (`field_crew`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import cos, hypot, radians
from zoneinfo import ZoneInfo

from helpdesk.demo.cases import Cases
from helpdesk.demo.clientele import Client
from helpdesk.demo.company import ZONE
from helpdesk.demo.field_crew import PLACES, Team, place_of
from helpdesk.demo.field_words import DRIVERS, FOUND, KINDS, SUBJECTS, TOWNS, Driver, Town
from helpdesk.demo.history_work import DEMO
from helpdesk.field_service import (
    absences,
    maintenance,
    rosters,
    routes,
    service,
    settings,
    working_days,
)
from helpdesk.field_service.models import Visit, VisitPlace
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.service import StopAt
from helpdesk.field_service.working_days import Day
from helpdesk.tickets import service as tickets
from helpdesk.workflows import visit_course, visit_travel

BACK_DAYS, AHEAD_DAYS = 14, 7
BOOKED_BEFORE = timedelta(days=3)
TICKET_EVERY = 3  # the others were ordered without one; the filling has to be quick
KM_A_DEGREE = 111.2
DETOUR, KMH = 1.3, 42.0
STEP_S = 300
TOGETHER = ("Björn Hansen", "Samir Rahmani")  # who does what needs two
PORTAL = 2  # the first of the customers sign in there
PORTAL_KINDS = ("wallbox_install", "heat_pump_service")
Point = tuple[float, float]


@dataclass(slots=True)
class Round:
    """A technician's day while it is booked: where and from when they are free."""

    driver: Driver
    technician_id: str
    day: date
    hours: Day
    at: Point
    free: int
    done: int = 0


@dataclass(slots=True)
class Trip_:
    """A booked visit on its way through the history."""

    visit_id: str
    technician_id: str
    leaves: datetime
    starts: datetime
    ends: datetime


class Rounds:
    """`plan` puts the booking of each day on the list of `past`; the rest follows from it."""

    def __init__(
        self, mail: Cases, team: Team, portal: Sequence[Client], rng: random.Random
    ) -> None:
        self.mail, self.past, self.team, self.rng = mail, mail.past, team, rng
        self.work = self.past.work
        self.portal = list(portal)
        self.now = self.work.at
        self.taken: dict[str, VisitPlace] = {}
        self.visits = 0

    def plan(self, now: datetime) -> None:
        self.now = now
        today = now.astimezone(ZoneInfo(ZONE)).date()
        for number in range(-BACK_DAYS, AHEAD_DAYS + 1):
            day = today + timedelta(days=number)
            at = datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC) - BOOKED_BEFORE
            self.past.plan(min(at, now - timedelta(hours=2)), self.book_day, day)

    def book_day(self, day: date) -> None:
        """Everybody's visits of one day, one after the other, each near where the last one was."""
        self.work.act_as(DEMO)
        rounds = self._rounds(day)
        is_past = day < self.now.astimezone(ZoneInfo(ZONE)).date()
        if not is_past and len(rounds) > 5 and day.toordinal() % 3 == 1:
            self._together([one for one in rounds if one.driver.name in TOGETHER])
        for place, one in enumerate(rounds):
            while one.done < _wanted(place + day.day, is_past=is_past):
                if not self._book(one):
                    break

    def close(self) -> None:
        """What is left to do: more addresses, visits to be planned, maintenance, a day off."""
        self._place_the_rest()
        rest = list(self.taken.values())
        for key, priority in (("heat_pump_fault", 1), ("smart_meter", 4), ("fibre", 3),
                              ("heat_pump_fault", 2), ("wallbox_install", 3)):  # fmt: skip
            place, kind = self.rng.choice(rest), self.team.kinds[key]
            service.make(
                self.work, kind, customer_id=place.customer_id, place_id=place.id, source="desk",
                priority=priority, due_at=self.work.at + timedelta(days=2 * priority),
            )  # fmt: skip
        for number, place in enumerate(rest[:8]):
            maintenance.add(
                self.work, place.customer_id, place_id=place.id, lead_days=28,
                visit_type_id=self.team.kinds["heat_pump_service"].id, rule="FREQ=YEARLY",
                starts_on=self.work.at.date() - timedelta(days=330 - 40 * number),
            )  # fmt: skip
        off = datetime.combine(self.work.at.date() + timedelta(days=10), datetime.min.time(), UTC)
        who = self.team.technicians["Wiebke Claussen"].user_id
        absences.add(
            self.work, who, starts_at=off, ends_at=off + timedelta(days=2), kind="training",
            note="Course on heat pumps in Rendsburg",
        )  # fmt: skip

    def _place_the_rest(self) -> None:
        """Some customers more have an address that a technician would find."""
        weights = [town.weight for town in TOWNS]
        rest = [c for c in self.past.clientele.known if c.is_named]
        for client in rest:
            if len(self.taken) < PLACES and client.customer_id not in self.taken:
                town = self.rng.choices(TOWNS, weights)[0]
                self.taken[client.customer_id] = place_of(self.work, client, town, self.rng)

    def _rounds(self, day: date) -> list[Round]:
        drivers = {self.team.technicians[one.name].user_id: one for one in DRIVERS}
        rows = list(self.team.technicians.values())
        hours = rosters.between(self.work, rows, day, day)
        return [
            Round(
                drivers[row.user_id],
                row.user_id,
                day,
                found,
                drivers[row.user_id].at,
                found.spans[0][0],
            )
            for row in rows
            if (found := hours[row.user_id, day]).spans
        ]

    def _book(self, one: Round) -> bool:
        kind = self._kind(one)
        client, place = self._customer(one, kind)
        times = self._times(one, (place.lat or 0, place.lon or 0), kind.duration_p50_s)
        if times is None:
            return False
        travel, starts, ends = times
        stop = StopAt(one.technician_id, one.day, starts, ends, travel, "great circle")
        visit = self._write(kind, client, place, [stop])
        self._follow(visit, one, place, stop)
        one.at, one.free, one.done = (
            (place.lat or 0, place.lon or 0),
            int(ends.timestamp()),
            one.done + 1,
        )
        return True

    def _together(self, rounds: Sequence[Round]) -> None:
        """A job for two in the morning of both."""
        if len(rounds) < 2:
            return
        kind = self.team.kinds["heat_pump_swap"]
        client, place = self._customer(rounds[0], kind)
        point = (place.lat or 0, place.lon or 0)
        drives = [drive_s(one.at, point) for one in rounds]
        begins = max(one.free + drive for one, drive in zip(rounds, drives, strict=True))
        starts = _instant(-(-begins // STEP_S) * STEP_S)
        ends = starts + timedelta(seconds=kind.duration_p50_s)
        stops = [
            StopAt(one.technician_id, one.day, starts, ends, drive, "great circle", place_ == 0)
            for place_, (one, drive) in enumerate(zip(rounds, drives, strict=True))
        ]
        visit = self._write(kind, client, place, stops)
        self._follow(visit, rounds[0], place, stops[0])
        for one in rounds:
            one.at, one.free, one.done = point, int(ends.timestamp()), one.done + 2

    def _kind(self, one: Round) -> VisitType:
        able = [
            self.team.kinds[kind["key"]]
            for kind in KINDS
            if kind.get("crew", 1) == 1
            and all(one.driver.skills.get(name, 0) >= n for name, n in kind["skills"].items())
        ]
        return self.rng.choice(able)

    def _customer(self, one: Round, kind: VisitType) -> tuple[Client, VisitPlace]:
        """Those of the portal where one fits, else somebody known, near where this one drives."""
        towns = [town for town in TOWNS if _serves(one.driver, town)]
        if (
            self.portal
            and kind.key == PORTAL_KINDS[-len(self.portal)]
            and one.day > self.now.date()
        ):
            client = self.portal.pop(0)
            return client, self._place(client, towns)
        known = [c for c in self.past.clientele.known if c.is_named and c not in self.portal]
        near = [c for c in known if self._is_near(c, towns)]
        if near and (len(self.taken) >= PLACES or self.rng.random() < 0.3):
            return (client := self.rng.choice(near)), self.taken[client.customer_id]
        new = [c for c in known if c.customer_id not in self.taken] or near
        client = self.rng.choice(new)
        return client, self._place(client, towns)

    def _is_near(self, client: Client, towns: Sequence[Town]) -> bool:
        place = self.taken.get(client.customer_id)
        return place is not None and any(place.postcode == town.postcode for town in towns)

    def _place(self, client: Client, towns: Sequence[Town]) -> VisitPlace:
        if client.customer_id not in self.taken:
            town = self.rng.choices(towns, [town.weight for town in towns])[0]
            made = place_of(self.work, client, town, self.rng)
            self.taken[client.customer_id] = made
        return self.taken[client.customer_id]

    def _times(self, one: Round, to: Point, length: int) -> tuple[int, datetime, datetime] | None:
        """The drive, start and end of the next visit of the day; None: the day is over for them."""
        travel = drive_s(one.at, to)
        back = drive_s(to, one.driver.at)
        for span_from, span_to in one.hours.spans:
            start = max(one.free, span_from) + travel
            for _, latest, pause in one.hours.pauses:
                if one.free <= latest + pause and start + length > latest:
                    start = max(start, latest + pause + travel)
            start = -(-start // STEP_S) * STEP_S
            gap = self.rng.randrange(0, 6) * STEP_S
            last = back if span_to == one.hours.spans[-1][1] else 0
            if start + gap + length + last <= span_to:
                return travel, _instant(start + gap), _instant(start + gap + length)
        return None

    def _write(
        self, kind: VisitType, client: Client, place: VisitPlace, stops: Sequence[StopAt]
    ) -> Visit:
        """The ticket, the visit on it, its place in the routes, and what the customer is told."""
        work = self.work
        ticket_id = self._ticket(kind, client) if self._needs_ticket(client) else None
        visit = service.make(
            work, kind, customer_id=client.customer_id, place_id=place.id, source="desk",
            ticket_id=ticket_id,
        )  # fmt: skip
        found = [routes.find(work, stop.technician_id, stop.day) for stop in stops]
        versions = {
            (stop.technician_id, stop.day): row.version if row else 0
            for stop, row in zip(stops, found, strict=True)
        }
        service.put_into(work, visit, stops, versions)
        visit_course.promise(work, visit, *self._window(stops[0]), by_customer=True)
        self.visits += 1
        return visit

    def _needs_ticket(self, client: Client) -> bool:
        is_of_portal = client in self.past.clientele.known[:PORTAL]
        return is_of_portal or self.visits % TICKET_EVERY == 0

    def _ticket(self, kind: VisitType, client: Client) -> str:
        made = tickets.open_ticket(
            self.work, subject=self.rng.choice(SUBJECTS[kind.key]), customer_id=client.customer_id,
            channel=self.rng.choice(("form", "call", "email")), answered=True,
            queue_id=self.past.house.queues["technical-help"],
        )  # fmt: skip
        self.mail.adopt(made.id, client)
        return made.id

    def _window(self, stop: StopAt) -> tuple[datetime, datetime]:
        """The window of the settings that the start lies in, else two hours around it."""
        start = int(stop.starts_at.timestamp())
        for pair in settings.WINDOWS[str(stop.day.weekday())]:
            begin, end = (
                working_days.instant(stop.day, int(text[:2]) * 60 + int(text[3:]), ZONE)
                for text in pair
            )
            if begin <= start < end:
                return _instant(begin), _instant(end)
        whole = start - start % 3600
        return _instant(whole), _instant(whole + 7200)

    def _follow(self, visit: Visit, one: Round, place: VisitPlace, stop: StopAt) -> None:
        """Drive there, if that is before now; what lies ahead is never reached."""
        rng = self.rng
        late = rng.uniform(45, 150) * 60 if rng.random() < 0.06 else rng.uniform(-8, 9) * 60
        arrives = stop.starts_at + timedelta(seconds=late)
        length = (stop.ends_at - stop.starts_at).total_seconds() * rng.lognormvariate(0, 0.22)
        drive = stop.travel_s * rng.uniform(0.85, 1.35) + 60
        trip = Trip_(
            visit.id, one.technician_id,
            _whole(arrives - timedelta(seconds=drive)), _whole(arrives),
            _whole(arrives + timedelta(seconds=length)),
        )  # fmt: skip
        if trip.leaves < self.now:
            self.past.plan(trip.leaves, self._depart, trip)
            self.past.plan(trip.starts, self._arrive, trip)
            self.past.plan(trip.ends, self._finish, trip)

    def _depart(self, trip: Trip_) -> None:
        self._act_as(trip)
        visit_course.depart(
            self.work, trip.visit_id, trip.technician_id, eta=trip.starts, eta_source="estimate"
        )

    def _arrive(self, trip: Trip_) -> None:
        self._act_as(trip)
        before = len(self.work.events())
        visit_course.arrive(self.work, trip.visit_id, trip.technician_id)
        visit_travel.note_trips(self.work, self.work.events()[before:])  # nobody relays

    def _finish(self, trip: Trip_) -> None:
        self._act_as(trip)
        if self.rng.random() < 0.04:
            visit_course.no_access(
                self.work, trip.visit_id, trip.technician_id, note="Rang twice and telephoned."
            )
            return
        outcome = "follow_up" if self.rng.random() < 0.1 else "solved"
        visit_course.finish(
            self.work, trip.visit_id, trip.technician_id, outcome=outcome,
            note=self.rng.choice(FOUND),
        )  # fmt: skip

    def _act_as(self, trip: Trip_) -> None:
        who = next(a for a in self.past.house.people.values() if a.id == trip.technician_id)
        self.work.act_as(who)


def _wanted(turn: int, *, is_past: bool) -> int:
    """Visits of a technician on a day: ahead it is three fifths full."""
    return int(turn % 4 != 0) if is_past else 3


def drive_s(a: Point, b: Point) -> int:
    """Seconds by the straight line and a detour."""
    north = (b[0] - a[0]) * KM_A_DEGREE
    east = (b[1] - a[1]) * KM_A_DEGREE * cos(radians(a[0]))
    return int(hypot(north, east) * DETOUR / KMH * 3600) + 120


def _serves(driver: Driver, town: Town) -> bool:
    """By the towns' names for the areas: those who go everywhere take what is near their depot."""
    if not driver.areas:
        return drive_s(driver.at, (town.lat, town.lon)) < 45 * 60
    wanted = {"Hamburg": ("20", "21", "22", "25"), "Lübeck and the coast": ("23",),
              "Kiel and Neumünster": ("24",)}  # fmt: skip
    return any(town.postcode.startswith(wanted[area]) for area in driver.areas[:1])


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
