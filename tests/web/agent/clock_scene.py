"""A ticket with a past, for the page about its clocks: three days, two service levels, a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from helpdesk.calendars import service as calendars
from helpdesk.clocks import promises, setup
from helpdesk.clocks.policies import Condition
from helpdesk.clocks.terms import DEFAULT_RULES
from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.customers import service as customers
from helpdesk.tickets import service as tickets
from helpdesk.workflows import clocks as workflow

ME = system("test")
# A Thursday in Helsinki, 15:00 on the wall.
START = datetime(2026, 11, 19, 13, 0, tzinfo=UTC)
WEEK = {
    day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")
}


@dataclass(frozen=True)
class Scene:
    ticket: str
    number: int
    calendar: str
    vip: str
    house: str


def furnish(queue_id: str, owner_id: str) -> Scene:
    with begin(ME) as work:
        plan = {"zone": "Europe/Helsinki", "weekly": WEEK, "exceptions": {}}
        hours = calendars.create_calendar(work, name="Office hours", plan=plan).id
        vip = setup.create_policy(
            work,
            name="Important customers",
            conditions=[Condition("tags", "any_of", ("vip",))],
            targets={"first_response": {"normal": 1800}, "resolution": {"normal": 4 * 3600}},
            rules=DEFAULT_RULES,
        ).id
        house = setup.create_policy(
            work,
            name="Everybody else",
            targets={
                "first_response": {"normal": 3600, "urgent": 900},
                "next_response": {"normal": 7200},
                "resolution": {"normal": 8 * 3600, "urgent": 2 * 3600},
            },
            rules=DEFAULT_RULES,
            calendar_id=hours,
        ).id
    workflow.recompute_deadlines()
    with clock.moved_to(START), begin(ME) as work:
        customer = customers.create_customer(work, name="Aino Virtanen")
        ticket = tickets.open_ticket(
            work,
            subject="The radiator is cold",
            customer_id=customer.id,
            channel="email",
            queue_id=queue_id,
        )
        found = Scene(ticket.id, ticket.number, hours, vip, house)
    _at(20, found, assignee=owner_id)
    _at(45, found, reply=True)
    _at(50, found, state="waiting_on_customer")
    with clock.moved_to(START + timedelta(hours=19)), begin(ME) as work:
        ticket = tickets.hold(work, found.ticket)
        tickets.record_customer_message(work, ticket)
        if ticket.state != "open":
            tickets.set_state(work, ticket, "open")
    with clock.moved_to(START + timedelta(hours=20)), begin(ME) as work:
        promises.promise(
            work,
            found.ticket,
            owner_id=owner_id,
            due_at=START + timedelta(hours=24),
            text="Call back about the valve",
        )
    return found


def _at(
    minute: int, scene: Scene, *, assignee: str = "", reply: bool = False, state: str = ""
) -> None:
    with clock.moved_to(START + timedelta(minutes=minute)), begin(ME) as work:
        ticket = tickets.hold(work, scene.ticket)
        if assignee:
            tickets.assign(work, ticket, assignee)
            tickets.book(work, ticket, owned=True)
        if reply:
            tickets.record_reply(work, ticket, public=True, by_person=True)
        if state:
            tickets.set_state(work, ticket, state)
