"""Service levels as an administrator changes them, and the going-over of tickets that follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from helpdesk.calendars import service as calendars
from helpdesk.clocks import queries, recompute, service, setup
from helpdesk.clocks.models import ClockRow, ClockTerms, Ledger, PolicyRow, SpanRow
from helpdesk.clocks.policies import Condition, Facts
from helpdesk.clocks.terms import DEFAULT_RULES, Rule
from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import Emitted, begin, reading
from helpdesk.customers.events import CustomerChanged
from helpdesk.customers.models import Customer
from helpdesk.workflows import clocks as workflow

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday
ME = system("test")
HOUR = 3600
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minutes(n: float) -> datetime:
    return T0 + timedelta(minutes=n)


def plan(*window: str) -> dict[str, Any]:
    return {"zone": "UTC", "weekly": {day: [list(window)] for day in WEEK}, "exceptions": {}}


def level(work, name="All", priority="normal", seconds=HOUR, **given):
    return setup.create_policy(
        work, name=name, targets={"resolution": {priority: seconds}}, **given
    )


def opened(facts=None) -> str:
    ticket_id = new_id()
    with begin(ME) as work:
        service.open_ledger(work, ticket_id, facts or Facts(), party="agent", state="open")
    return ticket_id


def resolution(ticket_id: str) -> queries.ClockValue:
    with reading(ME) as work:
        return next(c for c in queries.clocks_of(work, ticket_id) if c.name == "resolution")


def half_a_batch() -> None:
    with begin(ME) as work:
        recompute.batch(work, size=3)
        raise KeyboardInterrupt


def half_a_ticket() -> None:
    with begin(ME) as work:
        service.open_ledger(work, new_id(), Facts(), party="queue", state="new")
        raise KeyboardInterrupt


def spans(ticket_id: str) -> int:
    with reading(ME) as work:
        return len(work.session.scalars(
            select(SpanRow).where(SpanRow.ticket_id == ticket_id)
        ).all())  # fmt: skip


@pytest.fixture
def house(database, clock_at):
    clock_at(T0)
    return clock_at


def test_a_changed_target_reaches_open_tickets_by_the_job_and_leaves_closed_ones(house):
    with begin(ME) as work:
        policy = level(work)
    open_one, done = opened(), opened()
    with begin(ME) as work:
        service.resolved(work, done)
        service.closed(work, done)
        setup.change_policy(
            work, policy.id, version=1, targets={"resolution": {"normal": 2 * HOUR}}
        )
    assert resolution(open_one).target_s == HOUR
    workflow.recompute_deadlines()
    assert (resolution(open_one).target_s, resolution(done).target_s) == (2 * HOUR, HOUR)
    assert resolution(open_one).due_at == minutes(120)
    assert spans(open_one) == 1


def test_edited_hours_move_what_is_ahead_and_never_what_was_booked(house):
    with begin(ME) as work:
        hours = calendars.create_calendar(work, name="Day", plan=plan("00:00", "24:00"))
        level(work, seconds=4 * HOUR, calendar_id=hours.id)
    ticket = opened()
    house(minutes(60))
    with begin(ME) as work:
        calendars.change_calendar(work, hours.id, version=1, plan=plan("11:00", "12:00"))
        happened = work.events()
    with begin(ME) as work:
        workflow.hours_changed(work, happened)
        assert recompute.is_running(work)
    workflow.recompute_deadlines()
    house(minutes(105))
    # One hour was booked in the old, open hours; until eleven nothing counts by the new.
    assert resolution(ticket).elapsed_s == HOUR
    assert resolution(ticket).due_at == T0.replace(day=25, hour=12)
    assert spans(ticket) == 2


def test_a_killed_recomputation_goes_on_where_it_stood_and_does_nothing_twice(house):
    with begin(ME) as work:
        policy = level(work)
    tickets = [opened() for _ in range(7)]
    with begin(ME) as work:
        setup.change_policy(
            work, policy.id, version=1, rules={**DEFAULT_RULES, "resolution": Rule(False)}
        )
    house(minutes(10))
    with begin(ME) as work:
        assert recompute.batch(work, size=3)
    with pytest.raises(KeyboardInterrupt):
        half_a_batch()
    with reading(ME) as work:
        run = recompute.latest(work)
        assert (run.state, run.done, run.total) == ("running", 3, 7)
    workflow.recompute_deadlines("an event")
    workflow.recompute_deadlines("an event")
    with reading(ME) as work:
        run = recompute.latest(work)
        assert (run.state, run.done, run.total, run.changed) == ("done", 7, 7, 7)
    assert [spans(one) for one in tickets] == [2] * 7


def test_a_further_change_supersedes_the_run_that_is_under_way(house):
    with begin(ME) as work:
        policy = level(work)
    opened()
    with begin(ME) as work:
        setup.change_policy(work, policy.id, version=1, warn_percent=50)
    with begin(ME) as work:
        setup.change_policy(work, policy.id, version=2, warn_percent=60)
    workflow.recompute_deadlines()
    with reading(ME) as work:
        states = work.session.scalars(select(recompute.RecomputeRun.state)).all()
    assert sorted(states) == ["done", "superseded", "superseded"]


def test_a_name_or_a_description_starts_no_recomputation(house):
    with begin(ME) as work:
        policy = level(work)
    workflow.recompute_deadlines()
    with begin(ME) as work:
        setup.change_policy(work, policy.id, version=1, name="Everybody", description="x")
        assert not recompute.is_running(work)


def test_changing_the_priority_keeps_what_was_booked_and_takes_the_other_target(house):
    with begin(ME) as work:
        setup.create_policy(work, name="All", targets={"resolution": {"normal": HOUR, "low": 600}})
    ticket = opened()
    house(minutes(20))
    with begin(ME) as work:
        service.refit(work, ticket, Facts(priority="low"))
    found = resolution(ticket)
    assert (found.target_s, found.elapsed_s) == (600, 1200)
    assert found.breached_at == minutes(10)
    with begin(ME) as work:
        service.refit(work, ticket, Facts(priority="normal"))
    assert resolution(ticket).breached_at is None


def test_a_customers_own_field_may_choose_the_policy_and_a_change_of_it_counts(house):
    customer = new_id()
    with begin(ME) as work:
        work.session.add(
            Customer(id=customer, name="Ada", created_at=T0, last_contact_at=T0, custom={})
        )
        gold = Condition("customer:tier", "any_of", ("gold",))
        level(work, "Gold", seconds=600, conditions=[gold])
        level(work, "Rest")
    ticket = opened(Facts(customer_id=customer))
    assert resolution(ticket).target_s == HOUR
    with begin(ME) as work:
        work.session.execute(update(Customer).values(custom={"tier": "Gold"}))
        workflow.customers_changed(
            work,
            [Emitted("e", CustomerChanged(customer_id=customer, changed=["custom.tier"]), T0, "")],
        )
    assert resolution(ticket).target_s == 600


def test_the_order_decides_and_is_changed_as_a_whole(house):
    with begin(ME) as work:
        first, second = level(work, "One"), level(work, "Two", seconds=600)
        ids = [first.id, second.id]
    ticket = opened()
    with begin(ME) as work:
        setup.reorder(work, ids[::-1])
    workflow.recompute_deadlines()
    assert resolution(ticket).target_s == 600
    with begin(ME) as work, pytest.raises(Conflict):
        setup.reorder(work, ids[:1])


def test_policies_are_audited_with_what_they_were(house):
    with begin(ME) as work:
        policy = level(work)
        setup.change_policy(work, policy.id, version=1, warn_percent=50)
        setup.remove_policy(work, policy.id, version=2)
    with reading(ME) as work:
        rows = work.session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [row.action for row in rows] == ["sla.added", "sla.changed", "sla.removed"]
    assert (rows[1].details["before"], rows[1].details["after"]) == (
        {"warn_percent": 80},
        {"warn_percent": 50},
    )


def test_only_administrators_set_service_levels_and_outsiders_see_nothing(house):
    with begin(Actor("user", new_id(), "supervisor")) as work, pytest.raises(Forbidden):
        level(work)
    with begin(Actor("user", new_id(), "customer")) as work, pytest.raises(NotFound):
        level(work)
    with reading(ME) as work:
        assert not work.session.scalars(select(PolicyRow)).all()


@pytest.mark.parametrize(
    "given,field",
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"targets": {"resolution": {"normal": 0}}}, "target.resolution.normal"),
        ({"targets": {"lunch": {"normal": 5}}}, "targets"),
        ({"warn_percent": 100}, "warn_percent"),
        ({"calendar_id": "no-such"}, "calendar_id"),
        ({"conditions": [Condition("priority", "any_of", ())]}, "conditions"),
        ({"conditions": [Condition("shoe size", "any_of", ("9",))]}, "conditions"),
        ({"rules": {"resolution": Rule(True, frozenset({"lunch"}))}}, "rules"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_by_its_field(house, given, field):
    with begin(ME) as work, pytest.raises(Invalid) as refused:
        setup.create_policy(work, **{"name": "New", **given})
    assert field in refused.value.fields


def test_a_calendar_that_a_policy_counts_by_is_not_deleted(house):
    with begin(ME) as work:
        hours = calendars.create_calendar(work, name="Day", plan=plan("09:00", "17:00"))
        level(work, calendar_id=hours.id)
    with begin(ME) as work, pytest.raises(Conflict, match="service level “All”"):
        calendars.delete_calendar(work, hours.id, version=1)


def test_terms_are_stored_once_for_the_same_content_however_many_tickets(house):
    with begin(ME) as work:
        level(work)
    for _ in range(3):
        opened()
    with reading(ME) as work:
        assert len(work.session.scalars(select(ClockTerms.digest)).all()) == 1


def test_terms_of_a_transaction_that_rolled_back_are_not_relied_on(house):
    with begin(ME) as work:
        level(work)
    with pytest.raises(KeyboardInterrupt):
        half_a_ticket()
    ticket = opened()
    with reading(ME) as work:
        ledger = work.session.get_one(Ledger, ticket)
        assert work.session.get(ClockTerms, ledger.terms) is not None
        assert work.session.scalars(select(ClockRow.ticket_id).distinct()).all() == [ticket]
