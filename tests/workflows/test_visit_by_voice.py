"""A visit booked and moved by telephone menu: number, proof, windows, a key, by the walk itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.customers import points
from helpdesk.customers.models import Customer
from helpdesk.field_service.models import SlotOffer, Visit
from helpdesk.ivr.actions import Ask, Say
from helpdesk.ivr.flow import Flow, read
from helpdesk.ivr.walking import Facts, Given, answer, enter, wanted
from helpdesk.workflows import call_flows, cases, looking_up
from tests.field_service.crew_scene import MONDAY, SETUP, Crew, make_crew

FLOW = {
    "language": "en-GB", "zone": "Europe/Berlin", "greeting": "Welcome.", "greeting_known": "",
    "nodes": [
        {"id": "v", "name": "Visit", "kind": "visit", "prompt": "Your number?",
         "proof": call_flows.ACCOUNT, "proof_prompt": "Your account?", "retries": "2",
         "no_input": "Nothing.", "invalid": "No.", "wrong": "These numbers don't fit together.",
         "next": "bye", "refused": "person"},
        {"id": "bye", "name": "Bye", "kind": "hangup", "text": "Goodbye."},
        {"id": "person", "name": "Person", "kind": "hangup", "text": "A person."},
    ],
}  # fmt: skip


@pytest.fixture
def crew(database: object, clock_at: Any) -> Crew:
    clock_at(MONDAY)
    made = make_crew(1)
    with begin(SETUP) as work:
        ada = work.session.get_one(Customer, made.customer_id)
        points.put(work, ada, points.read(work, "external", "NL-4711"), proved=True)
    return made


class Caller:
    """Somebody at the menu; what is looked up is looked up for real."""

    def __init__(self) -> None:
        self.flow: Flow = read(FLOW)
        self.step = enter(self.flow, Facts())

    def types(self, digits: str) -> str:
        facts, given = Facts(at=MONDAY), Given(digits=digits)
        for _ in range(3):
            asked = wanted(self.flow, self.step.state, given, facts)
            if asked is None:
                break
            with begin(SETUP) as work:
                found = looking_up.found(work, asked, self.conversation, "+4930123456", {})
            facts = Facts(at=MONDAY, found={**facts.found, asked: found})
        self.step = answer(self.flow, self.step.state, given, facts)
        return self.hears

    conversation = "00000000-0000-7000-8000-000000000001"

    @property
    def hears(self) -> str:
        said: list[str] = []
        for one in self.step.actions:
            if isinstance(one, Say):
                said.append(one.text)
            elif isinstance(one, Ask):
                said += [part.text for part in one.prompts if isinstance(part, Say)]
        return " ".join(said)


def ticket_number(crew: Crew) -> int:
    with begin(SETUP) as work:
        return cases.open_case(
            work,
            customer_id=crew.customer_id,
            subject="Cold",
            body="Cold",
            channel="form",
            queue=crew.queue_id,
        ).ticket.number


def the_visit() -> Visit:
    with reading(SETUP) as work:
        return work.session.scalars(select(Visit)).one()


def test_a_caller_books_a_visit_with_a_key_and_moves_it(crew: Crew) -> None:
    number = ticket_number(crew)
    caller = Caller()
    assert caller.types(f"{number}#") == "Your account?"
    heard = caller.types("4711#")
    assert heard.startswith("For today between 10:00 and 12:00, press 1. For today between")
    assert "press 2" in caller.types("")  # nothing: once more
    assert "press 2" in caller.types("9")
    booked = caller.types("2")
    assert booked.startswith("Thank you. A technician comes today between 12:00 and 14:00.")
    assert "Goodbye." in booked
    visit = the_visit()
    assert (visit.state, visit.source) == ("booked", "ivr")
    again = Caller()
    again.types(str(visit.number))
    # Too late by the day before: what was promised stays.
    assert "It is too late to change this visit here. A person." in again.types("4711")
    with clock.moved_to(MONDAY - timedelta(days=3)):
        early = Caller()
        early.types(str(visit.number))
        early.types("4711")
        assert "Thank you." in early.types("1")
    assert the_visit().moves == 1


def test_a_wrong_proof_teaches_nothing_and_a_taken_window_brings_fresh_ones(crew: Crew) -> None:
    number = ticket_number(crew)
    caller = Caller()
    caller.types(str(number))
    assert "These numbers don't fit together." in caller.types("4712")
    caller.types(str(number))
    caller.types("4711")
    with begin(SETUP) as work:
        for one in work.session.scalars(select(SlotOffer)):
            one.expires_at = MONDAY - timedelta(seconds=1)
    assert caller.types("1").endswith("A person.") or "press 1" in caller.hears
    with reading(SETUP) as work:
        assert work.session.scalars(select(Visit)).all() == []
