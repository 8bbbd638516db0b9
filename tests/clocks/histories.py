"""Random lives of tickets: how they are made, put through the service, and read back.

The houses have hours where clocks do odd things: split shifts, a night shift over the change to
and from daylight saving, midnight that does not exist (São Paulo), half-hour zones and half-hour
daylight saving.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from helpdesk.calendars import service as calendars
from helpdesk.calendars.hours import Calendar, calendar_from_dict
from helpdesk.calendars.models import CalendarRow
from helpdesk.clocks import queries, service, setup, stories
from helpdesk.clocks.models import Ledger, PolicyRow
from helpdesk.clocks.policies import PRIORITIES, Condition, Facts
from helpdesk.clocks.terms import Rule
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from tests.calendars.brute_force import open_minutes
from tests.clocks.brute_force import MINUTE, Event, House

ME = system("test")
LONGEST = 4 * 1440
AHEAD_DAYS = 22

OFFICE = {day: [["09:00", "12:30"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu")}
NIGHT = {day: [["22:00", "06:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
MIDNIGHT = {day: [["00:00", "08:00"], ["20:00", "24:00"]] for day in NIGHT}
LONG = {day: [["08:30", "20:00"]] for day in NIGHT}

# Each begins shortly before a change of some clock: Berlin in spring and autumn, São Paulo's
# midnight that is skipped and the one that comes twice, Lord Howe's half hour.
STARTS = (
    datetime(2026, 3, 27, 10, 0, tzinfo=UTC),
    datetime(2026, 10, 23, 14, 30, tzinfo=UTC),
    datetime(2018, 11, 2, 20, 0, tzinfo=UTC),
    datetime(2018, 2, 15, 23, 0, tzinfo=UTC),
    datetime(2026, 10, 2, 9, 15, tzinfo=UTC),
    datetime(2026, 12, 23, 11, 0, tzinfo=UTC),
)

CUSTOMER = frozenset({"customer"})
DEFAULT = frozenset({"customer", "third_party", "visit_booked"})
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Level:
    """One service level as both sides are told of it; targets in minutes."""

    plan: Mapping[str, Any] | None
    targets: Mapping[str, int]
    business: tuple[bool, bool, bool]
    pauses: tuple[frozenset[str], frozenset[str], frozenset[str]]


LEVELS: Mapping[str, Level] = {
    "low": Level(None, {"resolution": 2880}, (True, True, True), (NONE, NONE, DEFAULT)),
    "normal": Level(
        {
            "zone": "Europe/Berlin",
            "weekly": {**OFFICE, "sat": [["22:00", "06:00"]]},
            "exceptions": {"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []},
        },
        {"first_response": 60, "next_response": 30, "resolution": 480},
        (True, True, True),
        (NONE, NONE, DEFAULT),
    ),
    "high": Level(
        {"zone": "America/Sao_Paulo", "weekly": MIDNIGHT, "exceptions": {}},
        {"first_response": 240, "next_response": 90, "resolution": 960},
        (False, True, True),
        (NONE, frozenset({"bot"}), CUSTOMER),
    ),
    "urgent": Level(
        {"zone": "Asia/Kolkata", "weekly": LONG, "exceptions": {}},
        {"first_response": 15, "resolution": 300},
        (True, False, True),
        (frozenset({"third_party"}), CUSTOMER, frozenset({"visit_booked", "on_site"})),
    ),
}
NAMES = ("first_response", "next_response", "resolution")
WHO = (
    ("queue", "new"),
    ("queue", "open"),
    ("agent", "open"),
    ("bot", "open"),
    ("customer", "waiting_on_customer"),
    ("third_party", "waiting_on_third_party"),
    ("third_party", "visit_booked"),
    ("travelling", "visit_booked"),
    ("on_site", "open"),
)


# The same levels in other places: each priority gets the hours, pauses and targets of another.
ROTATED = dict(zip(LEVELS, [*list(LEVELS.values())[1:], LEVELS["low"]], strict=True))


@lru_cache(maxsize=64)
def _open(place: int, start: datetime) -> frozenset[datetime] | None:
    plan = list(LEVELS.values())[place].plan
    if plan is None:
        return None
    calendar: Calendar = calendar_from_dict(plan)
    end = start + timedelta(minutes=LONGEST, days=AHEAD_DAYS)
    return frozenset(open_minutes(calendar, start, end))


def houses(start: datetime, levels: Mapping[str, Level] = LEVELS) -> dict[str, House]:
    """The levels as the reference wants them."""
    places = list(LEVELS.values())
    return {
        priority: House(
            _open(places.index(level), start),
            level.targets,
            dict(zip(NAMES, level.business, strict=True)),
            dict(zip(NAMES, level.pauses, strict=True)),
        )
        for priority, level in levels.items()
    }


def lay_out() -> list[str | None]:
    """The levels as policies and calendars of the installation; answers the calendars' ids."""
    made: list[str | None] = []
    with begin(ME) as work:
        _clear(work)
        for priority, level in LEVELS.items():
            calendar = None
            if level.plan is not None:
                calendar = calendars.create_calendar(work, name=priority, plan=level.plan).id
            made.append(calendar)
            setup.create_policy(
                work,
                name=f"For {priority}",
                conditions=[Condition("priority", "any_of", (priority,))],
                **_as_policy(priority, level, calendar),
            )
    return made


def _clear(work: Work) -> None:
    """What an earlier life left behind: its policies go, its tickets are closed."""
    work.session.execute(update(Ledger).values(closed_at=work.at))
    work.session.execute(delete(PolicyRow))
    work.session.execute(delete(CalendarRow))


def rotate(made: Sequence[str | None]) -> None:
    """Every policy is given what another had, which starts a recomputation."""
    places = list(LEVELS.values())
    with begin(ME) as work:
        rows = {row.name: row for row in work.session.scalars(select(PolicyRow))}
        for priority, level in ROTATED.items():
            row = rows[f"For {priority}"]
            given = _as_policy(priority, level, made[places.index(level)])
            setup.change_policy(work, row.id, version=row.version, **given)


def _as_policy(priority: str, level: Level, calendar: str | None) -> dict[str, Any]:
    pairs = zip(NAMES, level.business, level.pauses, strict=True)
    return {
        "targets": {n: {priority: m * 60} for n, m in level.targets.items()},
        "rules": {name: Rule(business, pauses) for name, business, pauses in pairs},
        "calendar_id": calendar,
    }


@st.composite
def histories(draw: st.DrawFn) -> tuple[datetime, str, list[Event], int]:
    """A start, a first priority, events in order, and the minute at which one looks."""
    start = draw(st.sampled_from(STARTS)) + draw(st.integers(0, 2 * 1440)) * MINUTE
    minutes = sorted(draw(st.lists(st.integers(1, LONGEST - 1), max_size=14)))
    events = [draw(_event(minute)) for minute in minutes]
    until = draw(st.integers(minutes[-1] if minutes else 1, LONGEST))
    return start, draw(st.sampled_from(PRIORITIES)), events, until


@st.composite
def _event(draw: st.DrawFn, minute: int) -> Event:
    what = draw(
        st.sampled_from(
            ("book", "book", "book", "wrote", "replied", "refit", "resolve", "reopen", "close")
        )
    )
    party, state = draw(st.sampled_from(WHO)) if what in ("book", "reopen") else ("", "")
    priority = draw(st.sampled_from(PRIORITIES)) if what == "refit" else ""
    return Event(minute, what, party, state, priority)


def play(
    clock_at: Callable[[datetime], Any], start: datetime, priority: str, events: Sequence[Event]
) -> str:
    """The same life through the service, each event in a transaction of its own."""
    ticket_id = new_id()
    clock_at(start)
    facts = Facts(priority=priority)
    with begin(ME) as work:
        service.open_ledger(work, ticket_id, facts, party="queue", state="new")
    state = "open"
    for event in events:
        clock_at(start + event.minute * MINUTE)
        with begin(ME) as work:
            state = _tell(work, ticket_id, event, state)
    return ticket_id


def _tell(work: Any, ticket_id: str, event: Event, state: str) -> str:
    """As tickets do: only what is resolved or closed is reopened."""
    match event.what:
        case "book":
            service.book(work, ticket_id, event.party, event.state)
        case "wrote":
            service.customer_wrote(work, ticket_id)
        case "replied":
            service.replied(work, ticket_id)
        case "resolve":
            service.resolved(work, ticket_id)
            return state if state == "closed" else "resolved"
        case "close":
            service.closed(work, ticket_id)
            return "closed"
        case "reopen" if state in ("resolved", "closed"):
            service.reopened(work, ticket_id, party=event.party, state=event.state)
            return "open"
        case "refit":
            service.refit(work, ticket_id, Facts(priority=event.priority))
    return state


def told(ticket_id: str, start: datetime) -> list[tuple[Any, ...]]:
    """What the product says now, in the words of the reference."""
    with reading(ME) as work:
        values = queries.clocks_of(work, ticket_id)
    found = []
    for one in values:
        first = None
        if one.first_stopped_at is not None:
            assert one.first_elapsed_us is not None
            first = (
                _minute(start, one.first_stopped_at),
                _whole(one.first_elapsed_us),
                one.first_breached_at is not None,
            )
        found.append(
            (
                one.name,
                _minute(start, one.started_at),
                _minute(start, one.stopped_at),
                _whole(one.elapsed_us),
                _minute(start, one.due_at),
                one.is_breached,
                first,
            )
        )
    return sorted(found, key=lambda one: (one[1], one[0]))


def parties(ticket_id: str) -> dict[str, int]:
    """Minutes by party, as the story of the ticket adds them up."""
    with reading(ME) as work:
        totals = stories.story_of(work, ticket_id).totals_us
    return {party: _whole(us) for party, us in totals.items() if us}


def _minute(start: datetime, at: datetime | None) -> int | None:
    return None if at is None else _whole((at - start) // timedelta(microseconds=1))


def _whole(us: int) -> int:
    minutes, rest = divmod(us, 60_000_000)
    assert rest == 0, "histories of whole minutes give whole minutes"
    return minutes
