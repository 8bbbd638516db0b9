"""Triage on real tickets: learned from what people left, suggested, done, undone, stopped."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from helpdesk.core.actors import Actor
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.listening import Consumer
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import service as customers
from helpdesk.jobs.relay import Relay
from helpdesk.mail import place as mail_place
from helpdesk.notices.models import Notice
from helpdesk.routing import setup as routing
from helpdesk.tickets.models import Ticket, TicketChange
from helpdesk.triage import place, queries, service, setup
from helpdesk.triage.models import TriageModel, TriageSuggestion
from helpdesk.triage.sorters import sorters
from helpdesk.workflows import (
    cases,
    cases_line,
    triage_outcomes,
    triage_sorting,
    triage_training,
)
from tests.workflows.people import SETUP, Floor, add_person, make_floor

HEATING = ["boiler", "radiator", "no hot water", "cold rooms", "thermostat", "burner"]
BILLING = ["invoice", "charged twice", "refund", "payment", "wrong amount", "receipt"]
SMALL_TALK = ["please help", "since monday", "thank you", "i called before", "good morning"]


@pytest.fixture
def floor(database: Database, tmp_path: Path) -> Iterator[Floor]:
    mail_place.configure(Settings(data=tmp_path, secret_key="k" * 40, base_url="http://localhost"))
    place.configure(tmp_path / "triage")
    yield make_floor("Anna", "Ben")
    sorters.close()


@pytest.fixture
def admin(floor: Floor) -> Actor:
    with begin(SETUP) as work:
        return add_person(work, "Greta", role="admin")


def add_queue(floor: Floor, name: str) -> str:
    with begin(SETUP) as work:
        queue = routing.create_queue(work, name=name)
        routing.set_members(work, queue.id, [a.id for a in floor.agents])
        return queue.id


def open_one(queue_id: str, body: str, **given: Any) -> str:
    with begin(SETUP) as work:
        return _open(work, queue_id, body, **given)


def _open(work: Work, queue_id: str, body: str, **given: Any) -> str:
    customer = customers.create_customer(work, name="Ada Byron")
    facts = {"subject": "Question", "channel": "form", "body": body, **given}
    return cases.open_case(work, customer_id=customer.id, queue=queue_id, **facts).ticket.id


def past(floor: Floor, queue_id: str, about: Sequence[str], count: int, seed: int) -> None:
    """Tickets that came into this queue and were done by Anna."""
    dice = random.Random(seed)
    with begin(floor.anna) as work:
        for _ in range(count):
            words = dice.sample(list(about), 2) + dice.sample(SMALL_TALK, 2)
            dice.shuffle(words)
            ticket_id = _open(work, queue_id, ", ".join(words), tags=[about[0]])
            cases_line.assign(work, ticket_id, floor.anna.id)
            cases_line.set_state(work, ticket_id, "resolved")


def relay() -> None:
    """Hand on what triage listens to."""
    note = Consumer("triage", triage_sorting.note)
    hear = Consumer("triage outcomes", triage_outcomes.hear)
    tell = Consumer("triage was stopped", triage_outcomes.tell_admins)
    consumers = {
        "ticket.opened": [note],
        "ticket.changed": [hear],
        "ticket.replied": [hear],
        "ticket.resolved": [hear],
        "triage.stopped": [tell],
    }
    running = Relay(consumers)
    while running.deliver_waiting():
        pass


def suggestions(ticket_id: str, field: str = "queue_id") -> list[TriageSuggestion]:
    with reading(SETUP) as work:
        rows = select(TriageSuggestion).where(
            TriageSuggestion.ticket_id == ticket_id, TriageSuggestion.field == field
        )
        return list(work.session.scalars(rows))


def ticket(ticket_id: str) -> Ticket:
    with reading(SETUP) as work:
        return work.session.get_one(Ticket, ticket_id)


@pytest.mark.slow
def test_it_learns_suggests_acts_is_undone_and_stops(
    floor: Floor, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("sklearn")
    heating, billing = add_queue(floor, "Heating"), add_queue(floor, "Billing")
    past(floor, heating, HEATING, 45, 1)
    past(floor, billing, BILLING, 45, 2)
    odd = open_one(floor.queue_id, "An odd one out.")

    with pytest.raises(Forbidden), begin(floor.anna) as work:
        service.ask_for_training(work)
    with pytest.raises(Invalid), begin(admin) as work:
        setup.switch(work, True)
    with begin(admin) as work:
        model_id = service.ask_for_training(work).id
    with pytest.raises(Conflict), begin(admin) as work:
        service.ask_for_training(work)
    triage_training.run(model_id=model_id)
    with reading(SETUP) as work:
        model = work.session.get_one(TriageModel, model_id)
        assert (model.state, model.version, model.examples) == ("ready", 1, 90)
        assert model.figures["queue_id"]["accuracy"] > 0.95
        assert setup.read(work).of("queue_id").recommended is not None
    relay()
    assert triage_sorting.sort_due() == 0  # off until somebody switches it on
    assert suggestions(odd) == []

    with begin(admin) as work:
        setup.switch(work, True)
    stuck = open_one(floor.queue_id, "The boiler again")
    first = open_one(floor.queue_id, "We have no hot water, the boiler is broken")
    foreign = open_one(floor.queue_id, "Quarterly synergy webinar registration")
    relay()
    with monkeypatch.context() as patched:
        patched.setattr(triage_sorting, "sort", _failing_at(stuck))
        assert triage_sorting.sort_due() == 3
    assert suggestions(stuck) == []
    assert triage_sorting.sort_due() == 0  # what fails holds up nobody
    [told] = suggestions(first)
    assert (told.value, told.state) == (heating, "open")
    assert told.confidence > 0.9
    assert any("boiler" in one for one in told.words)
    assert ticket(first).queue_id == floor.queue_id
    assert all(one.is_foreign for one in suggestions(foreign))

    with begin(floor.anna) as work:
        triage_outcomes.settle(work, first, told.id, "take")
    assert ticket(first).queue_id == heating
    with pytest.raises(Conflict), begin(floor.anna) as work:
        triage_outcomes.settle(work, first, told.id, "dismiss")

    with begin(admin) as work:
        setup.choose(work, "queue_id", acts=True, own=None)
    second = open_one(floor.queue_id, "I was charged twice, I want a refund for the invoice")
    relay()
    triage_sorting.sort_due()
    [acted] = suggestions(second)
    assert (acted.state, acted.was, ticket(second).queue_id) == ("acted", floor.queue_id, billing)
    with reading(SETUP) as work:
        changes = select(TicketChange).where(
            TicketChange.ticket_id == second, TicketChange.kind == "triage"
        )
        [line] = work.session.scalars(changes).all()
        assert line.actor == "system:triage"
        assert line.details["because"][0]["value"] == billing
    with begin(floor.anna) as work:
        triage_outcomes.settle(work, second, acted.id, "undo")
    assert ticket(second).queue_id == floor.queue_id
    [undone] = suggestions(second)
    assert (undone.state, undone.right) == ("undone", False)

    _lose(second, undone)
    with begin(SETUP) as work:
        triage_outcomes.stop_where_it_loses(work, "queue_id")
    relay()
    with reading(SETUP) as work:
        now = setup.read(work).of("queue_id")
        assert (now.acts, now.stopped) == (False, "losing")
        [notice] = work.session.scalars(select(Notice).where(Notice.user_id == admin.id)).all()
        assert "no longer sets queues" in notice.title


def _failing_at(ticket_id: str) -> Callable[..., None]:
    sort = triage_sorting.sort

    def failing(work: Work, ticket: Ticket, *given: Any) -> None:
        if ticket.id == ticket_id:
            raise ZeroDivisionError
        sort(work, ticket, *given)

    return failing


def _lose(ticket_id: str, like: TriageSuggestion) -> None:
    """Twenty more tickets on which acting was wrong."""
    with begin(SETUP) as work:
        for number in range(25):
            service.keep(
                work,
                ticket_id,
                like.model_id,
                "queue_id",
                {"label": f"other {number}", "confidence": 0.95, "words": []},
                likeness=0.5,
                is_foreign=False,
                state="acted",
            )
        work.session.execute(
            update(TriageSuggestion)
            .where(TriageSuggestion.value.like("other%"))
            .values(right=False, judged_at=work.at)
        )


def test_what_people_leave_says_whether_it_was_right(floor: Floor) -> None:
    other = add_queue(floor, "Other")
    one, two = open_one(floor.queue_id, "Something"), open_one(floor.queue_id, "More")
    with begin(SETUP) as work:
        for ticket_id in (one, two):
            guess = {"label": other, "confidence": 0.8, "words": ["something"]}
            service.keep(
                work,
                ticket_id,
                one,
                "queue_id",
                guess,
                likeness=0.5,
                is_foreign=False,
                state="open",
                was=floor.queue_id,
            )
    with begin(floor.anna) as work:
        cases_line.change(work, one, {"queue_id": other})
        cases.reply(work, two, author=f"agent:{floor.anna.id}", text="Hello", public=True)
    relay()
    assert suggestions(one)[0].right is True
    assert suggestions(two)[0].right is None  # nobody has said anything about it yet
    with begin(floor.anna) as work:
        cases_line.set_state(work, two, "resolved")
    relay()
    assert suggestions(two)[0].right is False


def test_too_few_tickets_are_said_in_words(floor: Floor, admin: Actor) -> None:
    pytest.importorskip("sklearn")
    with begin(admin) as work:
        model_id = service.ask_for_training(work).id
    triage_training.run(model_id=model_id)
    with reading(SETUP) as work:
        model = work.session.get_one(TriageModel, model_id)
        assert model.state == "failed"
        assert "too few" in model.trouble
        assert queries.ready_model(work) is None


def test_a_silent_training_is_over(floor: Floor, admin: Actor) -> None:
    with begin(SETUP) as work:
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        work.session.add(
            TriageModel(
                id="00000000-0000-7000-8000-000000000001",
                by="user:x",
                state="running",
                started_at=long_ago,
                touched_at=long_ago - timedelta(hours=1),
            )
        )
    with begin(admin) as work:
        assert service.ask_for_training(work).state == "waiting"
