"""Windows that open when others make room: found while the customer decides, done when accepted."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.core.ids import new_id
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.field_service.models import Route, RouteStop, SlotAsk, SlotOffer, Visit
from helpdesk.field_service.models_crew import Technician
from helpdesk.routing.models import Skill
from helpdesk.workflows import visit_booking, visit_further, visit_offering
from tests.field_service.crew_scene import MONDAY, SETUP, Crew, add_type, make_crew

TUESDAY = datetime(2026, 3, 3, 7, tzinfo=UTC)
EIGHT = {"from_at": TUESDAY, "to_at": TUESDAY + timedelta(hours=1)}


def set_up(crew: Crew, n: int, **values: object) -> None:
    with begin(SETUP) as work:
        row = work.session.get_one(Technician, crew.technicians[n].id)
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1


def book(crew: Crew, slot_id: str) -> str:
    with begin(crew.agent) as work:
        return visit_booking.accept(work, slot_id).id


def ask(crew: Crew, kind: str) -> visit_offering.Asked:
    with begin(crew.agent) as work:
        return visit_booking.offers(work, crew.customer_id, visit_type=kind, **EIGHT)


@pytest.fixture
def crew(database: object, clock_at: Callable[[datetime], None]) -> Crew:
    """The first technician alone knows gas, and is full at eight on Tuesday; the second is free."""
    clock_at(MONDAY)
    made = make_crew(2)
    set_up(made, 1, is_active=False)
    for _ in range(2):
        book(made, ask(made, made.type_id).offers[0].id)
    with begin(SETUP) as work:
        skill = Skill(id=new_id(), name="Gas", version=1)
        work.session.add(skill)
        work.session.flush()
        add_type(work, key="gas", name="Gas", skills={skill.id: 1}, position=1)
    set_up(made, 1, is_active=True)
    set_up(made, 0, skills={skill.id: 2})
    return made


def test_others_make_room_within_their_promises(crew: Crew) -> None:
    asked = ask(crew, "gas")
    assert not asked.offers
    assert asked.looking
    with reading(SETUP) as work:
        told = select(EventRow.id).where(EventRow.kind == "slots.missed")
        event_id = work.session.scalars(told.order_by(EventRow.id.desc())).first()
    visit_further.run(str(event_id))
    visit_further.run(str(event_id))  # a worker that is asked twice finds it once
    with reading(SETUP) as work:
        ask_row = work.session.get_one(SlotAsk, asked.id)
        now = visit_offering.of_ask(work, ask_row)
        assert (ask_row.state, len(now.offers), now.refusal, now.looking) == (
            "done",
            1,
            None,
            False,
        )
        offer = now.offers[0]
        assert offer.starts_at == TUESDAY
        assert offer.technician_ids == [crew.technicians[0].id]
        before = {
            one.visit_id: one.technician_id for one in work.session.scalars(select(RouteStop))
        }
        found = work.session.scalars(select(EventRow).where(EventRow.kind == "slots.found")).one()
        assert found.facts["slot_ids"] == [offer.id]
    visit_id = book(crew, offer.id)
    with reading(SETUP) as work:
        stops = work.session.scalars(select(RouteStop).order_by(RouteStop.starts_at)).all()
        now_at = {one.visit_id: one.technician_id for one in stops}
        assert now_at[visit_id] == crew.technicians[0].id
        assert sum(now_at[one] != before[one] for one in before) == 1
        assert len(work.session.scalars(select(Route)).all()) == 2
        for stop in stops:
            visit = work.session.get_one(Visit, stop.visit_id)
            assert visit.planned_at == stop.starts_at
            assert visit.window_starts_at <= stop.starts_at <= visit.window_ends_at
        for who in {one.technician_id for one in stops}:
            own = [one for one in stops if one.technician_id == who]
            for one, two in itertools.pairwise(own):
                assert one.ends_at <= two.starts_at


def test_a_day_that_changed_since_is_not_rearranged(crew: Crew) -> None:
    asked = ask(crew, "gas")
    assert visit_further.look(asked.id) == 1
    with reading(SETUP) as work:
        [offer] = work.session.scalars(select(SlotOffer).where(SlotOffer.asked_id == asked.id))
    for _ in range(2):  # the second technician's morning is taken meanwhile
        book(crew, ask(crew, crew.type_id).offers[0].id)
    with pytest.raises(visit_booking.SlotGone):
        book(crew, offer.id)
