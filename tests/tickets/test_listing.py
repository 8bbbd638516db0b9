"""Pages of any filter in any order against a plain sort of all rows, and counts that stop."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database, insert_rows
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.tickets import filters, listing
from helpdesk.tickets.filters import Filter, Reader
from helpdesk.tickets.lifecycle import PRIORITIES, STATES, is_done
from helpdesk.tickets.models import NEVER, Ticket, TicketTag

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
QUEUES = [new_id() for _ in range(4)]
PEOPLE = [new_id() for _ in range(3)]
CUSTOMERS = [new_id() for _ in range(5)]
ANNA = Actor("user", PEOPLE[0], role="agent")
READER = Reader(PEOPLE[0], (QUEUES[0], QUEUES[1]), tuple(QUEUES))


def row_of(number: int, dice: random.Random) -> dict[str, Any]:
    state = dice.choice(STATES)
    opened = NOW - timedelta(minutes=dice.randrange(200))  # many at the same minute
    due = dice.choice([NEVER, NOW + timedelta(minutes=dice.randrange(-60, 600))])
    return {
        "id": new_id(),
        "number": number,
        "subject": f"Case {number}",
        "state": state,
        "priority": dice.choice(PRIORITIES),
        "type": dice.choice([None, "fault"]),
        "queue_id": dice.choice(QUEUES),
        "assignee_id": dice.choice([None, None, *PEOPLE]),
        "customer_id": dice.choice(CUSTOMERS),
        "organisation_id": None,
        "team_id": None,
        "channel": dice.choice(["email", "form"]),
        "tags": dice.choice([[], ["vip"], ["vip", "lamp"]]),
        "fields": {},
        "opened_at": opened,
        "resolved_at": NOW - timedelta(minutes=dice.randrange(50)) if is_done(state) else None,
        "merged_into_id": None,
        "updated_at": opened + timedelta(minutes=dice.randrange(30)),
        "next_due_at": due,
        "reopened_count": 0,
        "version": 1,
    }


@pytest.fixture
def rows(database: Database) -> list[dict[str, Any]]:
    dice = random.Random(7)
    made = [row_of(n, dice) for n in range(1, 301)]
    for closed in [row for row in made if row["state"] == "closed"][:10]:
        closed["merged_into_id"] = made[0]["id"]
    with begin(system("test")) as work:
        insert_rows(work.session, Ticket, made)
        tags = [
            {
                "ticket_id": row["id"],
                "tag": tag,
                "opened_at": row["opened_at"],
                "state": row["state"],
            }
            for row in made
            for tag in row["tags"]
        ]
        insert_rows(work.session, TicketTag, tags)
    return made


def fits(wanted: Filter, row: dict[str, Any]) -> bool:
    """By the words of the filter alone."""
    if wanted.scope == "live" and is_done(row["state"]):
        return False
    if wanted.scope == "done" and not is_done(row["state"]):
        return False
    for name in ("state", "priority", "type", "channel"):
        if getattr(wanted, name) and row[name] not in getattr(wanted, name):
            return False
    for name in ("queue", "customer"):
        if getattr(wanted, name) and row[f"{name}_id"] not in getattr(wanted, name):
            return False
    if wanted.assignee and (row["assignee_id"] or "nobody") not in wanted.assignee:
        return False
    if wanted.due and row["next_due_at"] > NOW + (
        timedelta(hours=4) if "soon" in wanted.due else timedelta()
    ):
        return False
    return not set(wanted.tag) - set(row["tags"]) and row["merged_into_id"] is None


def plainly(rows: list[dict[str, Any]], wanted: Filter, sort: str) -> list[str]:
    found = [row for row in rows if fits(filters.resolved_for(wanted, READER), row)]
    key = {
        "due": lambda r: (r["next_due_at"], r["id"]),
        "newest": lambda r: (r["opened_at"], r["id"]),
        "oldest": lambda r: (r["opened_at"], r["id"]),
        "updated": lambda r: (r["updated_at"], r["id"]),
        "resolved": lambda r: (r["resolved_at"], r["id"]),
        "priority": lambda r: (-PRIORITIES.index(r["priority"]), r["opened_at"], r["id"]),
    }[sort]
    return [
        r["id"] for r in sorted(found, key=key, reverse=sort in ("newest", "updated", "resolved"))
    ]


def walked(wanted: Filter, sort: str, limit: int) -> list[str]:
    """Every page after the other."""
    ids: list[str] = []
    cursor = None
    with reading(ANNA) as work:
        while True:
            page = listing.page(work, wanted, READER, sort=sort, cursor=cursor, limit=limit)
            assert page.sort == sort
            ids += [ticket.id for ticket in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return ids


FILTERS = [
    Filter(),
    Filter(scope="all"),
    Filter(scope="done"),
    Filter(assignee=("me",)),
    Filter(assignee=("nobody",)),
    Filter(assignee=("nobody",), queue=("mine",)),
    Filter(assignee=("nobody", PEOPLE[1]), priority=("urgent", "low")),
    Filter(queue=tuple(QUEUES[:3]), type=("fault",)),
    Filter(state=("waiting_on_customer",)),
    Filter(state=("new", "open"), queue=("mine",), channel=("email",)),
    Filter(state=("open", "resolved"), assignee=("me",)),
    Filter(priority=("urgent",)),
    Filter(priority=("high", "urgent"), assignee=("me",)),
    Filter(scope="done", assignee=("me",)),
    Filter(scope="done", queue=("mine",)),
    Filter(tag=("vip",)),
    Filter(tag=("vip", "lamp"), scope="all"),
    Filter(customer=(CUSTOMERS[0],)),
    Filter(due=("late",)),
    Filter(due=("soon",), assignee=("me",)),
    Filter(due=("late",), assignee=("nobody",), queue=("mine",)),
]


@pytest.fixture
def at_now(clock_at: Any) -> None:
    clock_at(NOW)


@pytest.mark.usefixtures("at_now")
def test_every_filter_in_every_order_gives_each_ticket_once_and_in_place(
    rows: list[dict[str, Any]],
) -> None:
    for given in FILTERS:
        wanted = filters.settled(given)
        for sort in filters.sorts_for(wanted):
            assert walked(wanted, sort, 23) == plainly(rows, wanted, sort), (wanted, sort)


@pytest.mark.usefixtures("at_now")
def test_a_rare_thing_is_found_though_each_look_is_short(
    rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FIRST_LOOK", 10)
    monkeypatch.setattr(listing, "FURTHEST_LOOK", 20)
    for wanted in (Filter(type=("fault",), channel=("email",), priority=("low",)), Filter()):
        for sort in filters.sorts_for(wanted):
            assert walked(wanted, sort, 5) == plainly(rows, wanted, sort)
    with reading(ANNA) as work:
        rare = Filter(type=("gone",))
        page = listing.page(work, rare, READER, limit=5)
    assert (page.items, page.looked_at > 0, page.next_cursor is not None) == ([], True, True)


@pytest.mark.usefixtures("at_now")
def test_counts_are_exact_below_a_hundred_and_stop_there(rows: list[dict[str, Any]]) -> None:
    for given in FILTERS:
        wanted = filters.settled(given)
        real = len([r for r in rows if fits(filters.resolved_for(wanted, READER), r)])
        with reading(ANNA) as work:
            count = listing.count(work, wanted, READER)
        assert (count.number, count.more) == (min(real, 99), real > 99), wanted


@pytest.mark.usefixtures("at_now")
def test_a_ticket_that_is_resolved_leaves_the_live_ones(rows: list[dict[str, Any]]) -> None:
    one = walked(Filter(), "newest", 50)[0]
    with begin(system("test")) as work:
        work.session.execute(
            update(Ticket).where(Ticket.id == one).values(state="closed", resolved_at=NOW)
        )
    assert one not in walked(Filter(), "due", 50)
    assert one == walked(Filter(scope="done"), "resolved", 50)[0]


@pytest.mark.parametrize("cursor", ["x", "W10", "!!", "WzEsMiwzLDRd", "[]"])
def test_A15_a_page_nobody_made_is_refused(rows: list[dict[str, Any]], cursor: str) -> None:
    with reading(ANNA) as work, pytest.raises(Invalid):
        listing.page(work, Filter(), READER, cursor=cursor)


def test_E6_a_customer_lists_and_counts_nothing(rows: list[dict[str, Any]]) -> None:
    customer = Actor("user", new_id(), role="customer", customer_id=CUSTOMERS[0])
    with reading(customer) as work:
        for look in (listing.page, listing.count):
            with pytest.raises(NotFound):
                look(work, Filter(), READER)


def test_what_an_address_may_say_and_what_not() -> None:
    given = {"state": ["open", "open"], "queue": ["mine"], "tag": [" vip "], "scope": ["live"]}
    wanted = filters.from_lists(given)
    assert wanted == Filter(state=("open",), queue=("mine",), tag=("vip",))
    assert filters.from_dict(filters.as_dict(wanted)) == wanted
    assert filters.as_pairs(wanted) == [("state", "open"), ("queue", "mine"), ("tag", "vip")]
    assert filters.from_lists({"state": ["open", "closed"]}).scope == "all"
    for name, value in (
        ("state", "'; DROP"), ("queue", "x"), ("assignee", "1 OR 1"), ("scope", "z"),
        ("tag", "a\nb"), ("tag", "x" * 51), ("due", "never"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            filters.from_lists({name: [value]})


def test_a_stored_filter_of_another_version_keeps_what_is_known() -> None:
    stored = {"scope": "odd", "state": ["open", "gone"], "colour": ["red"], "tag": "x"}
    assert filters.from_dict(stored) == Filter(state=("open",))
