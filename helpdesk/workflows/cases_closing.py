"""Resolved tickets are closed after the days that their queue says; a duty of the sweeper."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from helpdesk.core.actors import system
from helpdesk.core.work import Work, begin, reading
from helpdesk.routing.roster import roster
from helpdesk.tickets import queue_rules
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_line

SWEEPER = system("sweeper")
AT_ONCE = 100


def close_due() -> None:
    """Close what has been resolved for long enough, each ticket in a transaction of its own."""
    with reading(SWEEPER) as work:
        due = [
            ticket_id for queue_id in roster(work).queue_rows for ticket_id in _due(work, queue_id)
        ]
    for ticket_id in due:
        with begin(SWEEPER) as work:
            _close(work, ticket_id)


def _due(work: Work, queue_id: str) -> list[str]:
    rule = queue_rules.rule_of(work, queue_id)
    if rule.close_after_days is None:
        return []
    resolved_before = work.at - timedelta(days=rule.close_after_days)
    wanted = (
        select(Ticket.id)
        .where(
            Ticket.queue_id == queue_id,
            Ticket.state == "resolved",
            Ticket.resolved_at <= resolved_before,
        )
        .order_by(Ticket.opened_at)
        .limit(AT_ONCE)
    )
    return list(work.session.scalars(wanted))


def _close(work: Work, ticket_id: str) -> None:
    held = cases_line.hold(work, ticket_id)
    rule = queue_rules.rule_of(work, held.ticket.queue_id)
    days, resolved_at = rule.close_after_days, held.ticket.resolved_at
    # It may have been reopened, or resolved anew, since it was found.
    if held.ticket.state != "resolved" or days is None or resolved_at is None:
        return
    if resolved_at <= work.at - timedelta(days=days):
        cases_line.set_state(work, ticket_id, "closed", why=f"resolved {days} days ago")
