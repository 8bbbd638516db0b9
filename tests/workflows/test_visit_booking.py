"""Booking through the workflow: offers, a held window, a promise, moving, calling off, limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.field_service import promises, settings
from helpdesk.field_service.models import Route, RouteStop, SlotOffer, Visit
from helpdesk.field_service.models_crew import (
    Technician,
    TechnicianAbsence,
    VanStock,
    VisitType,
)
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import visit_booking
from helpdesk.workflows.visit_offering import Asked, price_words, refusal_words
from tests.field_service.crew_scene import MONDAY, SETUP, Crew, add_place, add_type, make_crew

At = Callable[[datetime], None]


@pytest.fixture
def crew(database: object, clock_at: At) -> Crew:
    clock_at(MONDAY)
    return make_crew(2)


def ask(crew: Crew, actor: Actor | None = None, **wanted: object) -> Asked:
    given = {"visit_type": crew.type_id, **wanted}
    with begin(actor or crew.agent) as work:
        return visit_booking.offers(work, crew.customer_id, **given)  # type: ignore[arg-type]


def accept(crew: Crew, slot_id: str, actor: Actor | None = None, **given: object) -> str:
    with begin(actor or crew.agent) as work:
        return visit_booking.accept(work, slot_id, **given).id  # type: ignore[arg-type]


def customer_of(crew: Crew) -> Actor:
    return Actor("user", crew.customer_id, role="customer", customer_id=crew.customer_id)


def test_an_offer_becomes_a_promise_on_a_ticket(crew: Crew) -> None:
    asked = ask(crew)
    assert asked.refusal is None
    assert 3 <= len(asked.offers) <= 6
    assert len({one.day for one in asked.offers}) >= 2
    first = asked.offers[0]
    assert first.starts_at >= MONDAY + timedelta(hours=2)  # notice
    assert "min driving" in price_words(first, "en")
    assert "Min. Fahrt" in price_words(first, "de")
    visit_id = accept(crew, first.id, note="The boiler leaks")
    assert accept(crew, first.id) == visit_id  # twice is once
    with reading(SETUP) as work:
        visit = work.session.get_one(Visit, visit_id)
        assert (visit.state, visit.source) == ("booked", "desk")
        assert (visit.window_starts_at, visit.window_ends_at) == (first.starts_at, first.ends_at)
        ticket = work.session.get_one(Ticket, visit.ticket_id)
        assert (ticket.state, ticket.customer_id) == ("visit_booked", crew.customer_id)
        [stop] = work.session.scalars(select(RouteStop)).all()
        assert stop.starts_at == visit.planned_at
        assert first.starts_at <= stop.starts_at <= first.ends_at
        assert stop.ends_at - stop.starts_at == timedelta(hours=1)
        assert stop.travel_s > 300
        assert promises.open_of(work, visit_id) is not None


def test_what_is_booked_is_offered_no_more_and_later_stops_move_within_their_windows(
    crew: Crew,
) -> None:
    """One technician and windows of two hours: two visits fit, the third finds none."""
    with begin(SETUP) as work:
        work.session.get_one(Technician, crew.technicians[1].id).is_active = False
        work.session.get_one(Technician, crew.technicians[1].id).version = 2
    tuesday = datetime(2026, 3, 3, 7, tzinfo=UTC)
    within = {"from_at": tuesday, "to_at": tuesday + timedelta(hours=1)}
    booked = [accept(crew, ask(crew, **within).offers[0].id) for _ in range(2)]
    third = ask(crew, **within)
    assert not third.offers
    assert third.refusal is not None
    assert third.refusal["kind"] == "full"
    assert "full" in refusal_words(third.refusal, "en")
    with reading(SETUP) as work:
        stops = work.session.scalars(select(RouteStop).order_by(RouteStop.starts_at)).all()
        assert {one.visit_id for one in stops} == set(booked)
        assert stops[0].ends_at <= stops[1].starts_at <= tuesday + timedelta(hours=2)
        assert [one.position for one in stops] == [0, 1]
        for one in stops:
            assert work.session.get_one(Visit, one.visit_id).planned_at == one.starts_at


def test_a_held_window_occupies_its_place_until_it_expires(crew: Crew, clock_at: At) -> None:
    with begin(SETUP) as work:
        row = work.session.get_one(Technician, crew.technicians[1].id)
        row.is_active, row.version = False, 2
    day = datetime(2026, 3, 3, 7, tzinfo=UTC)
    within = {"from_at": day, "to_at": day + timedelta(hours=1)}
    accept(crew, ask(crew, **within).offers[0].id)
    held, other = ask(crew, **within).offers[0], ask(crew, **within).offers[0]
    with begin(crew.agent) as work:
        kept = visit_booking.hold(work, held.id)
        assert kept.expires_at == MONDAY + timedelta(minutes=10)
    assert not ask(crew, **within).offers
    with pytest.raises(visit_booking.SlotGone):
        accept(crew, other.id)
    with begin(crew.agent) as work:  # fresh ones for the same wish
        again = visit_booking.offers_again(work, other.id)
    assert again.offers
    visit_booking.expire_held()
    assert not ask(crew, **within).offers
    clock_at(MONDAY + timedelta(minutes=10))
    visit_booking.expire_held()
    assert ask(crew, **within).offers
    with pytest.raises(visit_booking.SlotGone):
        accept(crew, held.id)
    assert accept(crew, other.id)


def test_what_is_held_is_accepted_in_its_place_and_one_is_held_of_a_question(crew: Crew) -> None:
    asked = ask(crew)
    with begin(crew.agent) as work:
        visit_booking.hold(work, asked.offers[0].id)
    with begin(crew.agent) as work:
        visit_booking.hold(work, asked.offers[1].id)
    with reading(SETUP) as work:
        states = {one.id: one.state for one in work.session.scalars(select(SlotOffer))}
        assert states[asked.offers[0].id] == "released"
        assert states[asked.offers[1].id] == "held"
    visit = accept(crew, asked.offers[1].id)
    with reading(SETUP) as work:
        [stop] = work.session.scalars(select(RouteStop)).all()
        assert stop.visit_id == visit
        assert not work.session.scalars(select(SlotOffer).where(SlotOffer.state == "held")).all()


def test_a_customer_keeps_one_window_and_books_only_what_is_for_customers(crew: Crew) -> None:
    ada = customer_of(crew)
    for asked in (ask(crew, ada), ask(crew, ada)):
        with begin(ada) as work:
            visit_booking.hold(work, asked.offers[0].id)
    with reading(SETUP) as work:
        held = select(SlotOffer.asked_id).where(SlotOffer.state == "held")
        assert work.session.scalars(held).all() == [asked.id]
    with begin(SETUP) as work:
        for kind in work.session.scalars(select(VisitType)):
            kind.is_bookable = False
    with pytest.raises(Invalid):
        ask(crew, ada)
    assert ask(crew).offers


def test_another_technician_takes_over_where_the_offered_one_is_full_by_then(crew: Crew) -> None:
    day = datetime(2026, 3, 3, 7, tzinfo=UTC)
    within = {"from_at": day, "to_at": day + timedelta(hours=1)}
    offers = [ask(crew, **within).offers[0] for _ in range(5)]
    assert len({tuple(one.technician_ids) for one in offers}) == 1
    taken = []
    for one in offers:
        try:
            taken.append(accept(crew, one.id))
        except visit_booking.SlotGone:
            break
    assert len(taken) == 4  # two for each of the two
    with reading(SETUP) as work:
        assert len(work.session.scalars(select(Route)).all()) == 2


def test_a_visit_moves_into_another_window_even_of_its_own_route(crew: Crew) -> None:
    first = ask(crew).offers[0]
    visit_id = accept(crew, first.id)
    moved = ask(crew, visit_id=visit_id)
    other = next(one for one in moved.offers if one.starts_at != first.starts_at)
    with begin(crew.agent) as work:
        visit = visit_booking.move(work, visit_id, other.id, reason="they are away")
        assert (visit.window_starts_at, visit.moves) == (other.starts_at, 1)
    with begin(crew.agent) as work:
        assert visit_booking.move(work, visit_id, other.id).moves == 1
    with reading(SETUP) as work:
        [stop] = work.session.scalars(select(RouteStop)).all()
        assert other.starts_at <= stop.starts_at <= other.ends_at
        assert [one.state for one in promises.of_visit(work, visit_id)] == ["moved", "open"]


def test_customers_change_until_the_cut_off_and_staff_always(crew: Crew, clock_at: At) -> None:
    ada = customer_of(crew)
    offer = ask(crew, ada, source="portal").offers[-1]
    visit_id = accept(crew, offer.id, ada)
    with reading(ada) as work:
        visit = work.session.get_one(Visit, visit_id)
        until = visit_booking.changes_until(work, visit)
    assert until == offer.starts_at - timedelta(days=1)
    slot = next(
        o for o in ask(crew, ada, visit_id=visit_id).offers if o.starts_at != visit.window_starts_at
    )
    clock_at(until + timedelta(seconds=1))
    for act in (
        lambda work: visit_booking.cancel(work, visit_id, reason="no need"),
        lambda work: visit_booking.move(work, visit_id, slot.id),
    ):
        with pytest.raises(Conflict) as refused, begin(ada) as work:
            act(work)
        assert refused.value.code in ("too_late", "slot_gone")
    with begin(crew.agent) as work:
        assert visit_booking.cancel(work, visit_id, reason="they called").state == "cancelled"
    with begin(crew.agent) as work:
        assert visit_booking.cancel(work, visit_id).state == "cancelled"
    with reading(SETUP) as work:
        assert not work.session.scalars(select(RouteStop)).all()
        assert [one.state for one in promises.of_visit(work, visit_id)] == ["withdrawn"]


def test_reasons_are_said_in_words(crew: Crew) -> None:
    from helpdesk.core.ids import new_id
    from helpdesk.routing.models import Skill

    with begin(SETUP) as work:
        skill = Skill(id=new_id(), name="Gas", version=1)
        work.session.add(skill)
        work.session.flush()
        add_type(work, key="gas", name="Gas", skills={skill.id: 2}, position=1)
        far = add_place(work, crew.customer_id, east=900)
    no = ask(crew, visit_type="gas", place_id=crew.place_id)
    assert refusal_words(no.refusal or {}) == "Nobody who works then has Gas at level 2."
    no = ask(crew, place_id=far)
    assert (no.refusal or {})["kind"] == "far"
    with pytest.raises(Invalid) as asked:
        ask(crew)
    assert asked.value.code == "no_place"
    with begin(SETUP) as work:
        bare = add_place(work, crew.customer_id, lat=None, lon=None, pin="none")
    with pytest.raises(Invalid) as pinned:
        ask(crew, place_id=bare)
    assert pinned.value.code == "no_pin"


def test_parts_of_a_van_are_promised_once_on_all_days_together(crew: Crew) -> None:
    from helpdesk.core.ids import new_id
    from helpdesk.field_service.models_crew import Part

    with begin(SETUP) as work:
        part = Part(id=new_id(), sku="P-1", name="Pump", cost_minor=None, currency="EUR",
                    is_active=True, version=1)  # fmt: skip
        work.session.add(part)
        work.session.flush()
        work.session.add(
            VanStock(technician_id=crew.technicians[0].id, part_id=part.id, quantity=1,
                     changed_at=work.at)
        )  # fmt: skip
        add_type(work, key="pump", name="Pump", parts={part.id: 1}, position=1)
    offer = ask(crew, visit_type="pump").offers[0]
    assert offer.technician_ids == [crew.technicians[0].id]
    accept(crew, offer.id)
    no = ask(crew, visit_type="pump")
    assert refusal_words(no.refusal or {}) == "No van has 1 x Pump left."


def test_an_absence_closes_what_was_open(crew: Crew) -> None:
    from helpdesk.core.ids import new_id

    assert ask(crew).offers
    with begin(SETUP) as work:
        for one in crew.technicians:
            work.session.add(
                TechnicianAbsence(
                    id=new_id(), technician_id=one.id, starts_at=MONDAY - timedelta(days=1),
                    ends_at=MONDAY + timedelta(days=40), kind="leave", note="", made_at=work.at,
                    made_by="test",
                )
            )  # fmt: skip
    no = ask(crew)
    assert (no.refusal or {})["kind"] == "no_shift"


def test_two_people_come_together(crew: Crew) -> None:
    with begin(SETUP) as work:
        add_type(work, key="lift", name="Lift", crew=2, position=1)
    offer = ask(crew, visit_type="lift").offers[0]
    assert set(offer.technician_ids) == {one.id for one in crew.technicians}
    visit_id = accept(crew, offer.id)
    with reading(SETUP) as work:
        stops = work.session.scalars(select(RouteStop)).all()
        assert len(stops) == 2
        assert len({one.starts_at for one in stops}) == 1
        assert sum(one.is_lead for one in stops) == 1
        assert work.session.get_one(Visit, visit_id).crew == 2


def test_windows_keep_their_wall_time_over_a_change_of_clocks(crew: Crew, clock_at: At) -> None:
    clock_at(datetime(2026, 3, 27, 6, tzinfo=UTC))  # Friday; clocks change on Sunday
    asked = ask(crew, from_at=datetime(2026, 3, 29, tzinfo=UTC))
    assert asked.offers
    for one in asked.offers:
        assert one.day >= date(2026, 3, 30)
        assert one.starts_at.hour in (6, 8, 10, 12)  # 8, 10, 12 and 14 in summer time


def test_settings_say_how_many(crew: Crew) -> None:
    with begin(SETUP) as work:
        settings.put(work, {"most": 3, "fewest": 2, "days_ahead": 4})
    asked = ask(crew)
    assert len(asked.offers) <= 3
