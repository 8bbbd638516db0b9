"""The course of a visit: ticket, clocks, waiting-on ledger and promises go with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.clocks.models import ClockRow, SpanRow
from helpdesk.complaints.models import Complaint
from helpdesk.core import clock
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.work import begin, reading
from helpdesk.customers.models import TimelineEntry
from helpdesk.field_service import drives, promises, service
from helpdesk.field_service.models import Route, Visit, VisitPromise
from helpdesk.field_service.models_crew import TechnicianPosition
from helpdesk.field_service.routes import PlanMoved
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_line, cases_merge, visit_course
from tests.field_service import scene
from tests.field_service.scene import MONDAY, SYSTEM, Field, at
from tests.web.portal import scene as portal
from tests.web.portal.scene import Shop
from tests.web.signed_in import add_user


@pytest.fixture
def shop(app: Flask, settings: Any) -> Shop:
    return portal.furnish(app, settings)


@pytest.fixture
def field(shop: Shop) -> Field:
    users = (add_user("technician"), add_user("technician"))
    with begin(SYSTEM) as work:
        return scene.furnish(work, users)


@pytest.fixture
def booked(shop: Shop, field: Field) -> str:
    """Ada's visit on Monday from ten to twelve; its id."""
    ada = shop.customer("Ada", "ada@example.com")
    with clock.moved_to(MONDAY - timedelta(days=2)):
        ticket = shop.case(ada)
        with begin(SYSTEM) as work:
            made = scene.visit(work, field, ada, ticket_id=ticket)
            scene.plan(work, made, field.technicians[0].id, 1)
            visit_course.promise(work, made, at(0), at(2), by_customer=True)
            return made.id


def state_of(visit_id: str) -> tuple[str, str, str]:
    """Of the visit, its ticket and its newest promise."""
    with reading(SYSTEM) as work:
        visit = work.session.get_one(Visit, visit_id)
        ticket = work.session.get_one(Ticket, visit.ticket_id)
        return visit.state, ticket.state, promises.of_visit(work, visit_id)[-1].state


def test_a_visit_books_its_time_to_the_technician_and_keeps_its_promise(
    booked: str, field: Field
) -> None:
    bjorn = field.technicians[0]
    assert state_of(booked) == ("booked", "visit_booked", "open")
    with clock.moved_to(at(0.5)), begin(bjorn) as work:
        visit_course.depart(work, booked, bjorn.id, eta=at(1), eta_source="distance")
    with clock.moved_to(at(3)), begin(bjorn) as work:
        visit_course.arrive(work, booked, bjorn.id, at=at(1))  # told later, by a phone offline
    assert state_of(booked) == ("on_site", "visit_booked", "kept")
    with clock.moved_to(at(3)), begin(bjorn) as work:
        visit_course.finish(work, booked, bjorn.id, outcome="solved", note="New pump", at=at(2))
    assert state_of(booked) == ("done", "resolved", "kept")
    with reading(SYSTEM) as work:
        visit = work.session.get_one(Visit, booked)
        assert service.travelled(visit) == 1800
        row = work.session.scalars(select(ClockRow).where(ClockRow.name == "appointment")).one()
        assert (row.started_at, row.stopped_at, row.breached_at) == (at(0), at(1), None)
        spans = work.session.execute(
            select(SpanRow.party, SpanRow.from_at, SpanRow.to_at)
            .where(SpanRow.ticket_id == visit.ticket_id)
            .order_by(SpanRow.from_at)
        ).all()
        assert [tuple(one) for one in spans if one.party in ("travelling", "on_site")] == [
            ("travelling", at(0.5), at(1)),
            ("on_site", at(1), at(2)),
        ]
        told = work.session.scalars(
            select(TimelineEntry.kind)
            .where(TimelineEntry.kind.like("visit.%"))
            .order_by(TimelineEntry.seq)
        ).all()
        assert list(told) == [
            "visit.made", "visit.booked", "visit.departed", "visit.arrived", "visit.finished",
        ]  # fmt: skip


def test_a_window_that_nobody_came_in_is_broken_once_and_a_complaint(
    booked: str, field: Field
) -> None:
    with clock.moved_to(at(1.9)):
        visit_course.settle_overdue()
    assert state_of(booked) == ("booked", "visit_booked", "open")
    for _ in range(2):
        with clock.moved_to(at(2.1)):
            visit_course.settle_overdue()
    assert state_of(booked)[2] == "broken"
    with reading(SYSTEM) as work:
        assert len(work.session.scalars(select(Complaint)).all()) == 1
        late = work.session.scalars(select(ClockRow).where(ClockRow.name == "appointment")).one()
    assert late.due_at == at(2)
    bjorn = field.technicians[0]
    with clock.moved_to(at(2.5)), begin(bjorn) as work:
        visit_course.arrive(work, booked, bjorn.id)  # without a word that they had left
    assert state_of(booked)[::2] == ("on_site", "broken")
    with reading(SYSTEM) as work:
        assert promises.of_visit(work, booked)[-1].late_s == 1800


def test_an_arrival_in_time_that_is_told_after_the_window_keeps_the_promise(
    booked: str, field: Field
) -> None:
    bjorn = field.technicians[0]
    with clock.moved_to(at(2.1)):
        visit_course.settle_overdue()
    assert state_of(booked)[2] == "broken"
    with clock.moved_to(at(5)), begin(bjorn) as work:  # the phone had no net
        visit_course.arrive(work, booked, bjorn.id, at=at(1))
    assert state_of(booked)[2] == "kept"
    with reading(SYSTEM) as work:
        row = work.session.scalars(select(ClockRow).where(ClockRow.name == "appointment")).one()
        assert (row.stopped_at, row.breached_at) == (at(1), None)


def test_nobody_opened_is_told_late_and_what_came_after_is_no_time_on_site(
    booked: str, field: Field
) -> None:
    bjorn = field.technicians[0]
    with clock.moved_to(at(5)), begin(bjorn) as work:
        visit_course.arrive(work, booked, bjorn.id, at=at(1))
        visit_course.no_access(work, booked, bjorn.id, at=at(1.25))
    with reading(SYSTEM) as work:
        spans = select(SpanRow.from_at, SpanRow.to_at).where(SpanRow.party == "on_site")
        assert [tuple(one) for one in work.session.execute(spans)] == [(at(1), at(1.25))]


def test_a_ticket_that_was_done_stays_so_when_its_visit_is_cancelled(booked: str) -> None:
    with clock.moved_to(MONDAY - timedelta(days=1)), begin(SYSTEM) as work:
        ticket_id = work.session.get_one(Visit, booked).ticket_id
        assert ticket_id is not None
        cases_line.set_state(work, ticket_id, "resolved")
        visit_course.cancel(work, booked, reason="It works again")
    assert state_of(booked) == ("cancelled", "resolved", "withdrawn")


def test_where_somebody_is_is_forgotten_once_nobody_comes(booked: str, field: Field) -> None:
    bjorn = field.technicians[0]
    with clock.moved_to(at(0)), begin(bjorn) as work:
        visit_course.depart(work, booked, bjorn.id)
        for _ in range(2):
            drives.tell_position(work, booked, 53.551234, 10.001234, None)
    with begin(SYSTEM) as work:
        visit_course.cancel(work, booked, reason="The customer is ill")
    with reading(SYSTEM) as work:
        assert not work.session.scalars(select(TechnicianPosition)).all()


def test_cancelled_and_nobody_opened_give_the_ticket_back(
    shop: Shop, booked: str, field: Field
) -> None:
    bjorn = field.technicians[0]
    with clock.moved_to(at(1)), begin(bjorn) as work:
        visit_course.arrive(work, booked, bjorn.id)
    with clock.moved_to(at(1.2)), begin(bjorn) as work:
        visit_course.no_access(work, booked, bjorn.id, note="Rang twice")
        with pytest.raises(Conflict):
            visit_course.cancel(work, booked, reason="Too late")
    assert state_of(booked) == ("no_access", "open", "kept")
    with clock.moved_to(at(1.3)), begin(SYSTEM) as work:
        first = work.session.get_one(Visit, booked)
        again = scene.visit(work, field, first.customer_id, ticket_id=first.ticket_id)
        scene.plan(work, again, bjorn.id, 50)
        visit_course.promise(work, again, at(49), at(51))
        visit_course.cancel(work, again.id, reason="Works again", by_customer=True)
    assert state_of(again.id) == ("cancelled", "open", "withdrawn")


def test_two_who_planned_with_one_state_of_a_route_do_not_both_win(
    shop: Shop, field: Field
) -> None:
    bjorn, derya = (one.id for one in field.technicians)
    ada = shop.customer("Ada", "ada@example.com")
    with begin(SYSTEM) as work:
        one, two = scene.visit(work, field, ada), scene.visit(work, field, ada)
        scene.plan(work, one, bjorn, 0)
    with begin(SYSTEM) as work, pytest.raises(PlanMoved):
        scene.plan(work, service.hold(work, two.id), bjorn, 2)
    with begin(SYSTEM) as work:
        held = service.hold(work, one.id)
        scene.plan(work, held, derya, 0)  # leaves one route for another: both move on
    with reading(SYSTEM) as work:
        versions = dict(work.session.execute(select(Route.technician_id, Route.version)).all())
        assert versions == {bjorn: 2, derya: 1}
        assert [stop.technician_id for stop in service.stops_of(work, one.id)] == [derya]


def test_E11_a_technician_sees_the_own_visits_only(shop: Shop, booked: str, field: Field) -> None:
    bjorn, derya = field.technicians
    with begin(derya) as work, pytest.raises(NotFound):
        visit_course.depart(work, booked, derya.id)
    with clock.moved_to(at(0)), begin(bjorn) as work:
        visit_course.depart(work, booked, bjorn.id)
        visit_course.turn_back(work, booked)
    assert state_of(booked) == ("booked", "visit_booked", "open")
    with clock.moved_to(at(24 * 9)), begin(bjorn) as work, pytest.raises(NotFound):
        service.hold(work, booked)


def test_a_moved_promise_is_the_customers_doing_or_ours(booked: str, field: Field) -> None:
    with clock.moved_to(MONDAY - timedelta(days=1)), begin(SYSTEM) as work:
        visit = visit_course.hold(work, booked)
        visit_course.promise(work, visit, at(2), at(4), by_customer=True)
        visit_course.promise(work, visit, at(4), at(6), reason="A colleague is ill")
    with reading(SYSTEM) as work:
        states = [one.state for one in promises.of_visit(work, booked)]
        assert states == ["moved", "changed", "open"]
        assert len(work.session.scalars(select(VisitPromise)).all()) == 3
        ended = work.session.scalars(
            select(ClockRow.stopped_by).where(ClockRow.name == "appointment")
        ).all()
    assert sorted(one or "" for one in ended) == ["", "withdrawn", "withdrawn"]


def test_a_visit_and_its_clock_go_along_when_its_ticket_is_merged(shop: Shop, booked: str) -> None:
    with reading(SYSTEM) as work:
        visit = work.session.get_one(Visit, booked)
        source, ada = visit.ticket_id, visit.customer_id
    assert source is not None
    target = shop.case(ada)

    def stands() -> tuple[str | None, str | None]:
        with reading(SYSTEM) as work:
            runs = select(ClockRow.ticket_id).where(ClockRow.name == "appointment")
            return work.session.get_one(Visit, booked).ticket_id, work.session.scalar(runs)

    with begin(SYSTEM) as work:
        merged = cases_merge.merge(work, source, target).id
    assert stands() == (target, target)
    with begin(SYSTEM) as work:
        cases_merge.undo(work, merged)
    assert stands() == (source, source)
