"""Whom a customer waits on after a merge, and after it was undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.clocks.models import ClockRow
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.workflows import cases, cases_line, cases_merge
from tests.workflows.people import Floor, make_floor
from tests.workflows.test_cases import TEST, new_customer, open_one
from tests.workflows.test_cases_merge import NOW, in_line, merge, of

HOUR = timedelta(hours=1)


@pytest.fixture
def floor(database: Database, clock_at: Callable[[datetime], None]) -> Floor:
    clock_at(NOW)
    return make_floor("Anna", "Ben")


@pytest.fixture
def answered(
    floor: Floor, clock_at: Callable[[datetime], None]
) -> tuple[cases.Opened, cases.Opened]:
    """The source waits since ten; the target was answered at eleven and waits for the customer."""
    customer = new_customer()
    target = open_one(floor, customer, subject="Lamp is dark")
    source = open_one(floor, customer, subject="Still dark")
    clock_at(NOW + HOUR)
    _answer(floor, target.ticket.id)
    with begin(floor.anna) as work:
        cases_line.set_state(work, target.ticket.id, "waiting_on_customer")
    return source, target


def _answer(floor: Floor, ticket_id: str) -> None:
    with begin(floor.anna) as work:
        cases.reply(work, ticket_id, author=f"agent:{floor.anna.id}", text="Seen", public=True)


def _write(opened: cases.Opened, ticket_id: str) -> None:
    with begin(TEST) as work:
        cases.customer_wrote(work, ticket_id, conversation_id=opened.conversation_id, text="Well?")


def _undo(floor: Floor, merged: str) -> None:
    with begin(floor.anna) as work:
        cases_merge.undo(work, merged)


def _waits_by_clock(ticket_id: str) -> datetime | None:
    """When the next response began that still runs."""
    with reading(TEST) as work:
        return work.session.scalar(
            select(ClockRow.started_at).where(
                ClockRow.ticket_id == ticket_id,
                ClockRow.name == "next_response",
                ClockRow.stopped_at.is_(None),
            )
        )


def test_undone_nobody_waits_on_the_ticket_that_had_been_answered(
    floor: Floor, answered: tuple[cases.Opened, cases.Opened]
) -> None:
    source, target = answered[0].ticket.id, answered[1].ticket.id
    merged = merge(floor.anna, source, target)
    assert (of(target).state, of(target).waiting_since) == ("open", NOW)
    assert _waits_by_clock(target) is not None
    _undo(floor, merged)
    assert (of(target).state, of(target).waiting_since) == ("waiting_on_customer", None)
    assert _waits_by_clock(target) is None
    assert not in_line(target)
    assert (of(source).waiting_since, in_line(source)) == (NOW, True)


def test_undone_each_goes_on_with_the_words_that_are_its_own(
    floor: Floor,
    answered: tuple[cases.Opened, cases.Opened],
    clock_at: Callable[[datetime], None],
) -> None:
    source, target = answered
    merged = merge(floor.anna, source.ticket.id, target.ticket.id)
    clock_at(NOW + 2 * HOUR)
    _write(source, target.ticket.id)
    clock_at(NOW + 3 * HOUR)
    _write(target, target.ticket.id)
    _undo(floor, merged)
    after = of(target.ticket.id)
    assert (after.state, after.waiting_since) == ("open", NOW + 3 * HOUR)
    assert _waits_by_clock(target.ticket.id) == NOW + 3 * HOUR


def test_undone_after_an_answer_only_later_words_wait(
    floor: Floor,
    answered: tuple[cases.Opened, cases.Opened],
    clock_at: Callable[[datetime], None],
) -> None:
    source, target = answered
    merged = merge(floor.anna, source.ticket.id, target.ticket.id)
    clock_at(NOW + 2 * HOUR)
    _answer(floor, target.ticket.id)
    clock_at(NOW + 3 * HOUR)
    _write(source, target.ticket.id)
    _undo(floor, merged)
    assert of(target.ticket.id).waiting_since is None
    assert _waits_by_clock(target.ticket.id) is None


def test_undone_a_wait_of_its_own_stays_as_it_was(floor: Floor) -> None:
    customer = new_customer()
    target, source = open_one(floor, customer), open_one(floor, customer)
    _undo(floor, merge(floor.anna, source.ticket.id, target.ticket.id))
    assert of(target.ticket.id).waiting_since == NOW
    assert of(source.ticket.id).waiting_since == NOW
