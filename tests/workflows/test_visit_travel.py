"""Travel times: estimated, learned from finished drives, told by a routing server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.core import addresses, clock
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import Emitted, begin, reading
from helpdesk.field_service import service, settings, travel_port
from helpdesk.field_service.models import Visit, VisitPlace
from helpdesk.field_service.models_crew import TravelNear, Trip, VisitType
from helpdesk.field_service.plan import Place
from helpdesk.field_service.service import StopAt
from helpdesk.workflows import visit_course, visit_travel
from tests.field_service import crew_scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew
from tests.field_service.router import router

NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # in Berlin
DEPOT, EAST = Place(*crew_scene.DEPOT), Place(*crew_scene.at_km(10))


@pytest.fixture
def crew(database: Database) -> Crew:
    with clock.moved_to(MONDAY):
        return crew_scene.make_crew(1)


def seconds(at: datetime = NINE) -> tuple[int, str]:
    with clock.moved_to(at), reading(SETUP) as work:
        eta, source = travel_port.eta(work, DEPOT, EAST, at)
        return int((eta - at).total_seconds()), source


def test_paces_are_learned_from_finished_drives_by_the_hour(crew: Crew) -> None:
    usual, source = seconds()
    assert source == "estimate"
    assert usual == pytest.approx(10 * 1.35 / 40 * 3600, rel=0.02)
    with clock.moved_to(MONDAY + timedelta(days=30)), begin(SETUP) as work:
        for day in range(40):
            work.insert(
                Trip, id=new_id(), technician_id=crew.technicians[0].id, from_lat=DEPOT.lat,
                from_lon=DEPOT.lon, to_lat=EAST.lat, to_lon=EAST.lon,
                left_at=MONDAY + timedelta(days=day // 10, hours=1), seconds=2 * usual,
                expected_s=usual,
            )  # fmt: skip
    with clock.moved_to(MONDAY + timedelta(days=30)):
        visit_travel.calibrate()
        visit_travel.calibrate()  # the same again: nothing more to learn
    slow, source = seconds(NINE - timedelta(hours=1))
    assert source == "calibrated"
    assert slow > 1.5 * usual  # forty drives against what was stated
    assert seconds(NINE + timedelta(hours=4))[0] == pytest.approx(usual, rel=0.05)


def test_an_arrival_leaves_a_drive_without_the_house(crew: Crew) -> None:
    who = crew.technicians[0]
    with clock.moved_to(NINE), begin(SETUP) as work:
        work.session.get_one(VisitPlace, crew.place_id).lat = 52.52471
        kind = work.session.get_one(VisitType, crew.type_id)
        made = service.make(
            work, kind, customer_id=crew.customer_id, place_id=crew.place_id, source="desk"
        )
        stop = StopAt(who.id, NINE.date(), NINE, NINE + timedelta(hours=1))
        service.put_into(work, made, [stop], {})
        visit_course.depart(work, made.id, who.id)
    with clock.moved_to(NINE + timedelta(minutes=12)), begin(who) as work:
        visit_course.arrive(work, made.id, who.id)
        told = [one for one in work.events() if one.event.kind == "visit.arrived"]
    with begin(SETUP) as work:
        visit_travel.note_trips(work, [Emitted(o.id, o.event, o.at, o.actor) for o in told])
    with reading(SETUP) as work:
        trip = work.session.scalars(select(Trip)).one()
        assert (trip.to_lat, trip.seconds, trip.left_at) == (52.525, 720, NINE)
        assert (trip.from_lat, trip.from_lon) == crew_scene.DEPOT
        assert work.session.get_one(Visit, made.id).state == "on_site"


def test_a_routing_server_is_asked_once_and_missed_by_nobody(crew: Crew) -> None:
    with router() as roads:
        host = roads.address.removeprefix("http://")
        with begin(SETUP) as work:
            settings.put(work, {"osrm": roads.address})
        assert "public host" in visit_travel.ask_about([DEPOT, EAST])  # the operator allows it
        addresses.configure([host])
        try:
            roads.broken = True
            assert "TooBig" in visit_travel.ask_about([DEPOT, EAST])
            assert seconds()[1] == "estimate"
            roads.broken = False
            assert visit_travel.ask_about([DEPOT, EAST]) == ""
            asked = len(roads.asked)
            assert visit_travel.ask_about([DEPOT, EAST]) == ""
            assert len(roads.asked) == asked
        finally:
            addresses.configure([])
    # There and back are one figure: 30 s more on the way east.
    took, source = seconds()
    assert source == "osrm"
    assert took == pytest.approx(20_000 * (EAST.lon - DEPOT.lon) + 15, abs=2)
    with reading(SETUP) as work:
        travel = travel_port.of(work)
        assert travel is travel_port.of(work)
        elsewhere = Place(53.0, 13.0)
        assert travel.source_of(DEPOT, elsewhere) == "estimate"
        assert travel.works([DEPOT, EAST, elsewhere])[0][1] == took
        assert len(work.session.scalars(select(TravelNear)).all()) == 2
    with begin(SETUP) as work:
        settings.put(work, {"osrm": ""})
    assert seconds()[1] == "estimate"


def test_places_are_asked_about_in_groups_that_lie_together() -> None:
    travel = travel_port.Roads()
    places = [Place(52 + n / 500, 13 + n % 7 / 100) for n in range(250)]
    groups = travel_port.lacking(travel, places, 100)
    assert all(len(group) <= 100 for group in groups)
    assert {one for group in groups for one in group} == set(places)
    assert len(groups) <= 20
