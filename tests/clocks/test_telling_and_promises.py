"""Warnings and breaches are told once; promises and appointments run by the wall clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk.clocks import promises, queries, service, setup
from helpdesk.clocks.models import SpanRow
from helpdesk.clocks.policies import Facts
from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.workflows import clocks as workflow

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ME = system("test")
ADA = Actor("user", new_id(), "agent")
BOB = Actor("user", new_id(), "agent")


def minutes(n: float) -> datetime:
    return T0 + timedelta(minutes=n)


def told(kind: str = "clock.%") -> list[tuple[str, str]]:
    with reading(ME) as work:
        rows = work.session.scalars(
            select(EventRow).where(EventRow.kind.like(kind)).order_by(EventRow.seq)
        ).all()
    return [(row.kind, row.facts["name"]) for row in rows]


@pytest.fixture
def ticket(database, clock_at):
    clock_at(T0)
    found = new_id()
    with begin(ME) as work:
        setup.create_policy(
            work,
            name="All",
            targets={"first_response": {"normal": 600}, "resolution": {"normal": 3600}},
        )
        service.open_ledger(work, found, Facts(), party="queue", state="new")
    return found


def test_a_warning_and_a_breach_are_each_told_once(ticket, clock_at):
    seen = []
    for minute in (7, 8, 9, 10, 11, 12):
        clock_at(minutes(minute))
        workflow.tell_deadlines()
        workflow.tell_deadlines()
        seen.append(len(told()))
    assert told() == [("clock.warned", "first_response"), ("clock.breached", "first_response")]
    assert seen == [0, 1, 1, 1, 2, 2]


def test_a_late_answer_tells_the_breach_itself_when_no_sweeper_was_there(ticket, clock_at):
    clock_at(minutes(30))
    with begin(ME) as work:
        service.replied(work, ticket)
    assert told() == [("clock.breached", "first_response")]
    workflow.tell_deadlines()
    assert told() == [("clock.breached", "first_response")]
    with reading(ME) as work:
        first = queries.clocks_of(work, ticket)[0]
    assert (first.breached_at, first.stopped_by) == (minutes(10), "reply")


def test_a_paused_clock_is_not_told_of_and_comes_back_with_its_rest(ticket, clock_at):
    clock_at(minutes(5))
    with begin(ME) as work:
        service.replied(work, ticket)
        service.book(work, ticket, "customer", "waiting_on_customer")
    with reading(ME) as work:
        assert queries.due_of(work, [ticket]) == {}
    clock_at(minutes(500))
    workflow.tell_deadlines()
    assert told() == []
    with begin(ME) as work:
        service.book(work, ticket, "agent", "open")
    with reading(ME) as work:
        assert queries.due_of(work, [ticket]) == {ticket: minutes(555)}


def test_a_ticket_resolved_unanswered_rests_and_its_clocks_end_when_it_is_closed(ticket, clock_at):
    clock_at(minutes(5))
    with begin(ME) as work:
        service.resolved(work, ticket)
    clock_at(minutes(50))
    with reading(ME) as work:
        first = queries.clocks_of(work, ticket)[0]
    assert (first.state, first.paused_by, first.elapsed_s) == ("paused", "resolved", 300)
    with begin(ME) as work:
        service.closed(work, ticket)
    with reading(ME) as work:
        first = queries.clocks_of(work, ticket)[0]
    assert (first.stopped_by, first.breached_at) == ("closed", None)


def test_the_database_refuses_a_second_open_span(ticket):
    with begin(ME) as work:
        terms = work.session.scalars(select(SpanRow.terms)).one()
        second = SpanRow(
            id=new_id(), ticket_id=ticket, from_at=minutes(3), to_at=None,
            party="agent", state="open", terms=terms,
        )  # fmt: skip
        with pytest.raises(IntegrityError), work.session.begin_nested():
            work.put(second)


def test_a_promise_is_kept_in_time_or_late_and_warns_a_quarter_of_an_hour_before(ticket, clock_at):
    with begin(ADA) as work:
        service.replied(work, ticket)
        kept = promises.promise(
            work, ticket, owner_id=ADA.id, due_at=minutes(40), text="Call  back"
        )
        late = promises.promise(work, ticket, owner_id=ADA.id, due_at=minutes(41), text="Send it")
    clock_at(minutes(26))
    workflow.tell_deadlines()
    assert told() == [("clock.warned", "promise"), ("clock.warned", "promise")]
    clock_at(minutes(40))
    with begin(ADA) as work:
        promises.keep_promise(work, kept)
    clock_at(minutes(42))
    with begin(ADA) as work:
        promises.keep_promise(work, late)
    with reading(ME) as work:
        found = {c.id: c for c in queries.clocks_of(work, ticket)}
    assert (found[kept].text, found[kept].is_breached) == ("Call back", False)
    assert (found[late].breached_at, found[late].elapsed_s) == (minutes(41), 60)
    with begin(ADA) as work, pytest.raises(Conflict):
        promises.keep_promise(work, kept)


def test_a_promise_is_its_owners_or_a_supervisors_to_end(ticket):
    with begin(ADA) as work:
        one = promises.promise(work, ticket, owner_id=ADA.id, due_at=minutes(40), text="Call")
    with begin(BOB) as work, pytest.raises(Forbidden):
        promises.keep_promise(work, one)
    with begin(Actor("user", new_id(), "customer")) as work, pytest.raises(NotFound):
        promises.withdraw_promise(work, one)
    with begin(Actor("user", new_id(), "supervisor")) as work:
        promises.withdraw_promise(work, one)
    with reading(ME) as work:
        value = next(c for c in queries.clocks_of(work, ticket) if c.id == one)
    assert (value.state, value.breached_at) == ("withdrawn", None)


@pytest.mark.parametrize("text,due", [("", 40), ("x" * 301, 40), ("Call", 0), ("Call", 600_000)])
def test_a_promise_needs_words_and_a_time_ahead(ticket, text, due):
    with begin(ADA) as work, pytest.raises(Invalid):
        promises.promise(work, ticket, owner_id=ADA.id, due_at=minutes(due), text=text)


def test_an_appointment_is_met_inside_its_window_and_late_after_it(ticket, clock_at):
    with begin(ME) as work:
        met = promises.appointment(work, ticket, begins_at=minutes(60), ends_at=minutes(180))
        missed = promises.appointment(work, ticket, begins_at=minutes(60), ends_at=minutes(90))
        moved = promises.appointment(work, ticket, begins_at=minutes(60), ends_at=minutes(90))
        promises.withdraw_appointment(work, moved)
    clock_at(minutes(100))
    with begin(ME) as work:
        promises.arrived(work, met)
        promises.arrived(work, missed)
    with reading(ME) as work:
        found = {c.id: c for c in queries.clocks_of(work, ticket)}
    assert found[met].breached_at is None
    assert found[missed].breached_at == minutes(90)
    assert found[moved].state == "withdrawn"
