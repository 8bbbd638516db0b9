"""What is learned of the roads: finished drives are noted, a routing server is asked ahead of need.

Drives of today teach tomorrow's: each night the pace of every part of the day is learned from them.
Where a routing server is set up, a worker asks it about places that lie near each other before
anybody plans with them; no transaction is open while it answers, and where it does not answer
planning goes on with what it has. Not for the arithmetic (`field_service.travel`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from helpdesk.core import db, stored_settings
from helpdesk.core.actors import system
from helpdesk.core.ids import new_id
from helpdesk.core.work import Emitted, Work, begin, reading
from helpdesk.field_service import osrm, settings, travel_port
from helpdesk.field_service.events import VisitArrived
from helpdesk.field_service.models import RouteStop, Visit, VisitPlace
from helpdesk.field_service.models_crew import Technician, TravelNear, Trip
from helpdesk.field_service.plan import Place
from helpdesk.field_service.travel import Trip as Drive
from helpdesk.field_service.travel import calibrated

log = logging.getLogger(__name__)

ACTOR = system("travel")
LEARNED_FROM = timedelta(days=120)
KEPT = timedelta(days=400)
RENEWED = timedelta(days=60)
MOST_TRIPS = 20_000
KEPT_NEAR = 150  # drives of one place that are worth a row's room
SHORTEST_S, LONGEST_S = 60, 4 * 3600


def note_trips(work: Work, emitted: list[Emitted]) -> None:
    """A reaction to arrivals: the drive, its ends rounded to about 100 m."""
    for one in emitted:
        if isinstance(one.event, VisitArrived) and one.event.travel_s is not None:
            _note(work, one.event)


def _note(work: Work, event: VisitArrived) -> None:
    visit = work.session.get(Visit, event.visit_id)
    if visit is None or visit.departed_at is None or event.travel_s is None:
        return
    ends = _from(work, visit, event.technician_id), _place(work, visit.place_id)
    if None in ends or not SHORTEST_S <= event.travel_s <= LONGEST_S:
        return
    a, b = (Place(round(one.lat, 3), round(one.lon, 3)) for one in ends if one is not None)
    work.insert(
        Trip,
        id=new_id(),
        technician_id=event.technician_id,
        from_lat=a.lat,
        from_lon=a.lon,
        to_lat=b.lat,
        to_lon=b.lon,
        left_at=visit.departed_at,
        seconds=event.travel_s,
        expected_s=travel_port.of(work).seconds(a, b, int(visit.departed_at.timestamp())),
    )


def _from(work: Work, visit: Visit, technician_id: str) -> Place | None:
    """Where the drive began: the visit before it that day, else where the day began."""
    assert visit.departed_at is not None
    before = work.session.scalar(
        select(Visit.place_id)
        .join(RouteStop, RouteStop.visit_id == Visit.id)
        .where(
            RouteStop.technician_id == technician_id,
            RouteStop.starts_at >= visit.departed_at - timedelta(hours=16),
            RouteStop.starts_at <= visit.departed_at,
            Visit.id != visit.id,
            Visit.finished_at <= visit.departed_at,
        )
        .order_by(Visit.finished_at.desc())
        .limit(1)
    )
    if before is not None:
        return _place(work, before)
    home = work.session.get(Technician, technician_id)
    return Place(home.start_lat, home.start_lon) if home is not None else None


def _place(work: Work, place_id: str) -> Place | None:
    row = work.session.get(VisitPlace, place_id)
    if row is None or row.lat is None or row.lon is None:
        return None
    return Place(row.lat, row.lon)


def calibrate() -> None:
    """A job of the night: the pace of each part of the day, from the drives of four months."""
    with reading(ACTOR) as work:
        base = travel_port.stated(work)
        since = work.at - LEARNED_FROM
        rows = work.session.execute(
            select(
                Trip.from_lat, Trip.from_lon, Trip.to_lat, Trip.to_lon, Trip.left_at, Trip.seconds
            )
            .where(Trip.left_at >= since)
            .order_by(Trip.left_at.desc())
            .limit(MOST_TRIPS)
        ).all()
    drives = [
        Drive(Place(a, b), Place(c, d), int(left.timestamp()), seconds)
        for a, b, c, d, left, seconds in rows
    ]
    bands, counts = calibrated(base, drives)
    told = {
        "bands": [
            {
                "name": one.name, "from": one.from_minute, "to": one.to_minute,
                "pace": round(one.pace, 3), "weekdays": sorted(one.weekdays),
                "trips": counts.get(one.name, 0),
            }
            for one in bands.rows
        ] if counts else [],
    }  # fmt: skip
    with begin(ACTOR) as work:
        if stored_settings.get(work, travel_port.LEARNED, {}) != told:
            stored_settings.put(work, travel_port.LEARNED, told)
        work.session.execute(delete(Trip).where(Trip.left_at < work.at - KEPT))
        work.session.execute(delete(TravelNear).where(TravelNear.asked_at < work.at - RENEWED))


def ask_ahead() -> None:
    """A job: drives between all places that are planned with in the coming days."""
    with reading(ACTOR) as work:
        if not settings.get(work).osrm:
            return
        places = _planned_places(work)
    ask_about(places)


def ask_about(places: Iterable[Place]) -> str:
    """Let the routing server say what is not known of these; why it did not, "" where it did.

    Nothing may be open: it waits for the server.
    """
    with reading(ACTOR) as work:
        address = settings.get(work).osrm
        if not address:
            return ""
        groups = travel_port.lacking(travel_port.of(work), places, osrm.MOST_PLACES)
    server = osrm.Server(address)
    for group in groups:
        try:
            table = server.table(group)
        except osrm.NoAnswer as error:
            log.warning("the routing server did not answer: %s", error)
            return str(error)
        with begin(ACTOR) as work:
            _keep(work, address, group, table)
    return ""


def _planned_places(work: Work) -> list[Place]:
    """Where visits are to be, and where technicians start and end."""
    wanted = (
        select(VisitPlace.lat, VisitPlace.lon)
        .join(Visit, Visit.place_id == VisitPlace.id)
        .where(
            Visit.state.in_(("waiting", "booked", "travelling", "on_site")),
            VisitPlace.lat.is_not(None),
        )
        .distinct()
    )
    found = [Place(lat or 0.0, lon or 0.0) for lat, lon in work.session.execute(wanted)]
    for one in work.session.scalars(select(Technician).where(Technician.is_active)):
        found.append(Place(one.start_lat, one.start_lon))
        if one.end_lat is not None and one.end_lon is not None:
            found.append(Place(one.end_lat, one.end_lon))
    return found


def _keep(
    work: Work, address: str, group: Sequence[Place], table: Sequence[Sequence[int | None]]
) -> None:
    """Both directions as one figure, since planning counts them alike; the nearest stay."""
    keys = [travel_port.key_of(one) for one in group]
    told: dict[int, dict[str, int]] = defaultdict(dict)
    for i, key in enumerate(keys):
        for j, other in enumerate(keys):
            ways = [one for one in (table[i][j], table[j][i]) if one is not None]
            if i != j and ways:
                told[key][str(other)] = round(sum(ways) / len(ways))
    known = {
        row.place: row.near
        for row in work.session.execute(
            select(TravelNear.place, TravelNear.near).where(
                TravelNear.place.in_(keys), TravelNear.server == address
            )
        )
    }
    rows: list[dict[str, Any]] = []
    for key in keys:
        both = {**known.get(key, {}), **told.get(key, {})}
        nearest = sorted(both, key=lambda one: both[one])[:KEPT_NEAR]
        near = {one: both[one] for one in nearest}
        rows.append({"place": key, "server": address, "near": near, "asked_at": work.at})
    db.insert_all_if_absent(work.session, TravelNear, rows)
    for row in rows:
        work.session.execute(
            update(TravelNear)
            .where(TravelNear.place == row["place"])
            .values(row)
            .execution_options(synchronize_session=False)
        )
