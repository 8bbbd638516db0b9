"""Rules for tests: made, switched on, and the relay run until nothing is left to do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk.core.listening import Consumer
from helpdesk.core.work import begin, reading
from helpdesk.jobs.relay import Relay
from helpdesk.rules import service
from helpdesk.rules.actions import Action
from helpdesk.rules.conditions import Condition
from helpdesk.rules.models import RuleFiring
from helpdesk.rules.service import Draft
from helpdesk.rules.triggers import EVENT_KINDS
from helpdesk.tickets.models import Ticket, TicketChange
from helpdesk.workflows import ruling
from tests.workflows.people import SETUP

LONGEST = 60


def rule(name: str, *triggers: str, on: bool = True, **said: Any) -> str:
    """A rule that is on; `every`, `some` and `actions` as they are in a draft."""
    with begin(SETUP) as work:
        row = service.add_rule(work, Draft(name, triggers, **said))
        if on:
            service.switch(work, row.id, True)
        return row.id


def when(subject: str, operator: str, *values: str) -> Condition:
    return Condition(subject, operator, values)


def act(kind: str, value: str = "", *values: str, text: str = "") -> Action:
    return Action(kind, value, values, text)


def relay() -> int:
    """Hand every event on until none is left; answers in how many batches."""
    consumers = {kind: [Consumer("rules", ruling.react)] for kind in EVENT_KINDS}
    running, batches = Relay(consumers), 0
    while running.deliver_waiting():
        batches += 1
        assert batches < LONGEST, "the rules go on for ever"
    return batches


def ticket(ticket_id: str) -> Ticket:
    with reading(SETUP) as work:
        return work.session.get_one(Ticket, ticket_id)


def history(ticket_id: str, *kinds: str) -> list[TicketChange]:
    with reading(SETUP) as work:
        rows = select(TicketChange).where(TicketChange.ticket_id == ticket_id)
        found = work.session.scalars(rows.order_by(TicketChange.seq)).all()
        return [row for row in found if not kinds or row.kind in kinds]


def firings(ticket_id: str) -> list[RuleFiring]:
    with reading(SETUP) as work:
        rows = select(RuleFiring).where(RuleFiring.ticket_id == ticket_id, RuleFiring.held)
        return list(work.session.scalars(rows.order_by(RuleFiring.at)))
