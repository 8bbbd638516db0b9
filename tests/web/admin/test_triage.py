"""Triage on its screens: trained, read, switched on where it pays, used by agents."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.routing import setup as routing
from helpdesk.tickets.models import Ticket
from helpdesk.triage import place, setup
from helpdesk.triage.models import TriageModel
from helpdesk.workflows import cases
from tests.web.admin.triage_scene import suggest, trained
from tests.web.signed_in import Browser, browser_as
from tests.workflows.people import SETUP


def two_queues() -> tuple[str, str]:
    with begin(SETUP) as work:
        heating = routing.create_queue(work, name="Heating").id
        return heating, routing.create_queue(work, name="Billing").id


def ticket_in(queue_id: str) -> str:
    with begin(SETUP) as work:
        customer = customers.create_customer(work, name="Ada Byron")
        facts = {"subject": "Cold", "body": "The boiler is cold.", "channel": "form"}
        return cases.open_case(work, customer_id=customer.id, queue=queue_id, **facts).ticket.id


def queue_of(ticket_id: str) -> str:
    with reading(SETUP) as work:
        return work.session.get_one(Ticket, ticket_id).queue_id


def test_an_untrained_triage_says_what_it_needs(admin: Browser, monkeypatch) -> None:
    page = admin.get("/admin/triage").text
    assert "It has learned nothing yet" in page
    assert admin.post("/admin/triage/switch", data={"on": "1"}).status_code == 400
    monkeypatch.setattr(place, "can_train", lambda: False)
    assert "helpdesk[triage]" in admin.get("/admin/triage").text
    assert admin.post("/admin/triage/train").status_code == 400
    monkeypatch.setattr(place, "can_train", lambda: True)
    assert admin.post("/admin/triage/train").status_code == 303
    assert "Waiting for a worker" in admin.get("/admin/triage").text
    part = admin.get("/admin/triage", headers={"HX-Request": "true"}).text
    assert "<h1" not in part
    assert admin.post("/admin/triage/train").status_code == 409
    with reading(SETUP) as work:
        assert len(work.session.scalars(select(TriageModel)).all()) == 1


def test_it_acts_only_where_the_curve_says_that_it_pays(admin: Browser) -> None:
    trained(*two_queues())
    page = admin.get("/admin/triage").text
    assert "Heating" in page
    assert "of them right" in page
    assert "from no threshold on would acting pay" in page
    refused = admin.post("/admin/triage/fields", data={"field": "priority", "acts": "1"})
    assert refused.status_code == 400
    assert "surely better" in refused.text
    wrong = {"field": "queue_id", "acts": "1", "threshold": "30"}
    assert admin.post("/admin/triage/fields", data=wrong).status_code == 400
    assert admin.post("/admin/triage/switch", data={"on": "1"}).status_code == 303
    good = wrong | {"threshold": "92"}
    assert admin.post("/admin/triage/fields", data=good).status_code == 303
    with reading(SETUP) as work:
        assert setup.read(work).acts_from("queue_id") == pytest.approx(0.92)
        assert setup.read(work).acts_from("priority") is None
    assert "Acts from 92 %" in admin.get("/admin/triage").text
    assert admin.post("/admin/triage/switch").status_code == 303
    with reading(SETUP) as work:
        assert setup.read(work).acts_from("queue_id") is None


def test_agents_take_dismiss_and_undo_on_the_ticket(app: Flask) -> None:
    heating, billing = two_queues()
    model_id, agent = trained(heating, billing), browser_as(app, "agent")
    one, two, done = ticket_in(billing), ticket_in(billing), ticket_in(heating)
    suggest(one, model_id, heating, was=billing)
    suggest(two, model_id, heating, was=billing)
    suggest(two, model_id, "high", field="priority", sure=0.4)
    suggest(done, model_id, heating, was=billing, state="acted")
    page = agent.get(f"/desk/tickets/{one}").text
    assert "Move to Heating" in page
    assert "96 %" in page
    assert "“boiler”" in page
    assert agent.post(_path(page, "take")).status_code == 303
    assert queue_of(one) == heating
    page = agent.get(f"/desk/tickets/{two}").text
    assert "Priority High" not in page  # not sure enough to be shown
    assert agent.post(_path(page, "dismiss")).status_code == 303
    assert queue_of(two) == billing
    assert "Move to Heating" not in agent.get(f"/desk/tickets/{two}").text
    page = agent.get(f"/desk/tickets/{done}").text
    assert agent.post(_path(page, "undo")).status_code == 303
    assert queue_of(done) == billing
    history = agent.get(f"/desk/tickets/{done}?side=history").text
    assert "undid what triage did" in history


def _path(page: str, what: str) -> str:
    found = re.search(rf'action="(/desk/tickets/[^"]+/suggested/[^"]+/{what})"', page)
    assert found
    return found[1]
