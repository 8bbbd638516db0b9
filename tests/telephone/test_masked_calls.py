"""A technician calls a customer by our number, told through the exchange."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Forbidden, NotFound
from helpdesk.core.ids import new_id
from helpdesk.customers import no_calls, points
from helpdesk.customers import service as customers
from helpdesk.customers.models import TimelineEntry
from helpdesk.field_service import routes
from helpdesk.field_service.models_crew import Technician
from helpdesk.field_service.service import StopAt, put_into
from helpdesk.workflows import technician_calling
from tests.field_service import scene
from tests.telephone.centre import NUMBER, Centre
from tests.web.signed_in import add_user, browser_as

TOMS, THEIRS = "+447400654321", "+447400123456"


def visit_of(centre: Centre, tom: str, phone: str = TOMS) -> tuple[str, str]:
    """A visit of Tom's today, and its customer."""
    with centre.at() as work:
        field = scene.furnish(work, (tom,), key=new_id())
        work.session.get_one(Technician, tom).phone = phone
        ada = customers.create_customer(work, name="Ada Lindgren")
        points.put(work, ada, points.read(work, "phone", THEIRS), proved=True)
        made = scene.visit(work, field, ada.id)
        begins, day = work.at + timedelta(hours=1), date(2026, 6, 1)
        assert routes.find(work, tom, day) is None
        stop = StopAt(tom, day, begins, begins + timedelta(hours=1))
        put_into(work, made, [stop], {(tom, day): 0})
        return made.id, ada.id


def test_our_number_rings_the_technician_and_then_the_customer(app: Flask, centre: Centre) -> None:
    tom = add_user("technician")
    visit, ada = visit_of(centre, tom)
    toms, other = centre.exchange.phone(TOMS), add_user("technician")
    with clock.moved_to(centre.exchange.now()):
        stranger = browser_as(app, "technician", user_id=other)
        path, click = f"/tech/visits/{visit}/call", {"client_id": new_id()}
        assert stranger.post(path, json=click).status_code == 404
        phone = browser_as(app, "technician", user_id=tom)
        assert phone.post(path, json=click).status_code == 200
        assert phone.post(path, json={"client_id": new_id()}).status_code == 200, "touched twice"
    centre.exchange.settle()
    centre.exchange.advance(1)
    assert toms.ringing is not None
    assert centre.caller.ringing is None, "nobody is rung before the technician is there"
    toms.answer()
    centre.exchange.advance(6)
    assert centre.caller.ringing is not None
    centre.caller.answer()
    centre.exchange.advance(2)
    assert centre.talk(toms, centre.caller)
    for one in (toms, centre.caller):
        assert one.call is not None
        assert one.call.from_ == NUMBER, "neither sees the other's number"
    centre.caller.hang_up()
    centre.exchange.advance(3)
    assert toms.call is None
    with centre.look() as work:
        kinds = work.session.scalars(
            select(TimelineEntry.kind).where(TimelineEntry.customer_id == ada)
        ).all()
        assert list(kinds).count("visit.customer_called") == 1


def test_what_may_not_be_called_is_said_before_anybody_is_rung(centre: Centre) -> None:
    tom = add_user("technician")
    visit, ada = visit_of(centre, tom, phone="")
    actor = Actor("user", tom, "technician")
    with pytest.raises(Conflict, match="Ask the desk"), centre.at(actor) as work:
        technician_calling.call(work, visit, new_id())
    with centre.at() as work:
        work.session.get_one(Technician, tom).phone = TOMS
        no_calls.mark(work, ada, THEIRS, kind="asked")
    with pytest.raises(Forbidden, match="wants no calls"), centre.at(actor) as work:
        technician_calling.call(work, visit, new_id())
    with pytest.raises(NotFound), centre.at(Actor("user", new_id(), "technician")) as work:
        technician_calling.call(work, visit, new_id())
    with centre.look() as work:
        assert technician_calling.connects(work, new_id()) is None
