"""A ticket's clocks through the service, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from helpdesk.clocks import queries, service
from helpdesk.clocks.policies import Facts
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading

T0 = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ME = system("test")


def minutes(n: float) -> datetime:
    return T0 + timedelta(minutes=n)


def test_a_ticket_is_answered_resolved_and_reopened(database, clock_at):
    ticket = new_id()
    clock_at(T0)
    with begin(ME) as work:
        service.open_ledger(work, ticket, Facts(), party="queue", state="new")
    clock_at(minutes(10))
    with begin(ME) as work:
        service.book(work, ticket, "agent", "open")
    clock_at(minutes(20))
    with begin(ME) as work:
        service.replied(work, ticket)
        service.book(work, ticket, "customer", "waiting_on_customer")
    clock_at(minutes(60))
    with begin(ME) as work:
        service.customer_wrote(work, ticket)
        service.book(work, ticket, "agent", "open")
    clock_at(minutes(70))
    with begin(ME) as work:
        service.replied(work, ticket)
        service.resolved(work, ticket)
    clock_at(minutes(100))
    with begin(ME) as work:
        service.customer_wrote(work, ticket)
        service.reopened(work, ticket, party="agent", state="open")
    clock_at(minutes(105))
    with reading(ME) as work:
        found = [(c.name, c.state, c.elapsed_s // 60) for c in queries.clocks_of(work, ticket)]
    assert found == [
        ("first_response", "stopped", 20),
        ("resolution", "running", 35),
        ("next_response", "stopped", 10),
        ("next_response", "running", 5),
    ]
    with begin(ME) as work:
        service.closed(work, ticket)
    with reading(ME) as work:
        states = {c.state for c in queries.clocks_of(work, ticket)}
        resolution = queries.clocks_of(work, ticket)[1]
    assert states == {"stopped"}
    assert resolution.first_elapsed_us == 30 * 60 * 1_000_000
    assert resolution.elapsed_s == 35 * 60
