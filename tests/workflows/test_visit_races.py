"""Row L for visits: an accept against the end of the kept time, a move against a cancellation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from helpdesk.core import clock
from helpdesk.core.db import is_contention
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service.models import RouteStop, SlotOffer, Visit, VisitPromise
from helpdesk.workflows import visit_booking
from tests.field_service.crew_scene import MONDAY, SETUP, Crew, make_crew
from tests.workflows.test_races import at_once

ROUNDS = 6


@pytest.fixture
def crew(database: object, clock_at: Callable[[Any], None]) -> Crew:
    clock_at(MONDAY)
    return make_crew(1)


def ask(crew: Crew, **wanted: Any) -> list[str]:
    with begin(crew.agent) as work:
        found = visit_booking.offers(work, crew.customer_id, visit_type=crew.type_id, **wanted)
        return [one.id for one in found.offers]


def done(crew: Crew, act: Callable[[Work], Any], *, seconds: int = 0) -> str:
    """What came of it: a lost race in the database is tried again, as every door does."""
    while True:
        try:
            with clock.moved_to(MONDAY + timedelta(seconds=seconds)), begin(crew.agent) as work:
                act(work)
            return "done"
        except Conflict as refused:
            return refused.code
        except DBAPIError as error:
            if not is_contention(error):
                raise


def stands(crew: Crew) -> tuple[list[Visit], list[RouteStop], list[VisitPromise]]:
    with reading(SETUP) as work:
        return tuple(  # type: ignore[return-value]
            list(work.session.scalars(select(table))) for table in (Visit, RouteStop, VisitPromise)
        )


def test_L3_an_accept_at_the_end_of_the_kept_time_wins_or_loses_but_never_both(
    crew: Crew,
) -> None:
    for n in range(ROUNDS):
        slot = ask(crew)[0]
        assert done(crew, partial(visit_booking.hold, slot_id=slot)) == "done"
        accepted, _ = at_once(
            partial(done, crew, partial(visit_booking.accept, slot_id=slot), seconds=599),
            partial(_expire, 601),
        )
        with reading(SETUP) as work:
            state = work.session.get_one(SlotOffer, slot).state
            made = work.session.scalars(select(Visit.id).order_by(Visit.created_at)).all()
        assert state == ("accepted" if accepted == "done" else "expired"), n
        assert accepted in ("done", "slot_gone")
        with begin(crew.agent) as work:
            for one in made:
                visit_booking.cancel(work, one)
    _, stops, _ = stands(crew)
    assert not stops


def _expire(seconds: int) -> None:
    with clock.moved_to(MONDAY + timedelta(seconds=seconds)):
        visit_booking.expire_held()


def test_L_a_move_against_a_cancellation_leaves_one_of_them(crew: Crew) -> None:
    for _ in range(ROUNDS):
        slot = ask(crew)[0]
        with begin(crew.agent) as work:
            visit = visit_booking.accept(work, slot).id
        other = ask(crew, visit_id=visit)[-1]
        moved, cancelled = at_once(
            partial(done, crew, partial(visit_booking.move, visit_id=visit, slot_id=other)),
            partial(done, crew, partial(visit_booking.cancel, visit_id=visit)),
        )
        assert cancelled == "done"
        assert moved in ("done", "no_such_step", "slot_gone")
        visits, stops, promised = stands(crew)
        assert not stops
        assert all(one.state != "open" for one in promised)
        assert all(one.state == "cancelled" for one in visits)


def test_L10_one_window_accepted_twice_at_once_is_one_visit(crew: Crew) -> None:
    for n in range(ROUNDS):
        slot = ask(crew)[0]
        accept = partial(done, crew, partial(visit_booking.accept, slot_id=slot))
        assert at_once(accept, accept, accept) == ["done"] * 3
        visits, stops, promised = stands(crew)
        assert (len(visits), len(stops), len(promised)) == (n + 1,) * 3


def test_L_two_hold_one_last_place(crew: Crew) -> None:
    """A window of one technician holds two visits: one is booked, two want the other."""
    from datetime import UTC, datetime

    day = datetime(2026, 3, 3, 7, tzinfo=UTC)
    within = {"from_at": day, "to_at": day + timedelta(hours=1)}
    slots = [ask(crew, **within)[0] for _ in range(3)]
    with begin(crew.agent) as work:
        visit_booking.accept(work, slots[0])
    answers = at_once(
        *(partial(done, crew, partial(visit_booking.hold, slot_id=one)) for one in slots[1:])
    )
    assert sorted(answers) == ["done", "slot_gone"]
