"""What each kind of command does, and whether it still fits the visit as it stands now.

Steps go through `visit_course`; what was done there is written beside the visit. Not for receipts
(`technician_sync`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work
from helpdesk.customers import service as customers
from helpdesk.field_service import service, van
from helpdesk.field_service.commands import Told
from helpdesk.field_service.models import Route, RouteStop, Visit
from helpdesk.field_service.models_crew import Technician, VisitType
from helpdesk.field_service.models_work import VisitWork
from helpdesk.identity.models import User
from helpdesk.workflows import cases, visit_course, visit_files, visit_reports

MOVES: Mapping[str, str] = {
    "depart": "travelling", "turn_back": "booked", "arrive": "on_site", "finish": "done",
    "no_access": "no_access",
}  # fmt: skip
MOST_ANSWERS = 200
SAME_SHIFT = timedelta(hours=6)  # nights go on after midnight
NONSENSE = "This step could not be read. Restart the app; what else you did is safe."

Text = Annotated[str, Meta(max_length=2_000)]
Key = Annotated[str, Meta(min_length=1, max_length=60)]
OfPart = Annotated[str, Meta(min_length=36, max_length=36)]


class Said(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a command brings."""


class Nothing(Said, frozen=True):
    pass


class Finish(Said, frozen=True):
    outcome: str
    mail: bool = False


class NoAccess(Said, frozen=True):
    note: Annotated[str, Meta(max_length=300)] = ""


class Checklist(Said, frozen=True):
    answers: Annotated[
        dict[Key, bool | Annotated[str, Meta(max_length=300)]], Meta(min_length=1, max_length=100)
    ]


class Parts(Said, frozen=True):
    used: Annotated[dict[OfPart, int], Meta(min_length=1, max_length=100)]


class Time(Said, frozen=True):
    minutes: Annotated[int, Meta(ge=0, le=6_000)]


class Remark(Said, frozen=True):
    text: Text


class Note(Said, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]


class FollowUp(Said, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=500)]
    type_id: OfPart
    part_id: OfPart | None = None
    quantity: Annotated[int, Meta(ge=1, le=999)] = 1
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class Doing:
    told: Told
    visit_id: str
    at: datetime


def need_fitting(work: Work, told: Told, visit: Visit, at: datetime) -> None:
    """Conflict, in words for the technician, where somebody changed the visit meanwhile."""
    if visit.state == "cancelled":
        if told.kind in MOVES:
            raise Conflict(_cancelled(visit), code="visit_cancelled")
        return
    stop = work.session.execute(
        select(RouteStop.starts_at, Route.day)
        .join(Route, Route.id == RouteStop.route_id)
        .where(RouteStop.visit_id == visit.id, RouteStop.technician_id == work.actor.id)
    ).first()
    if stop is None:
        raise Conflict(_taken(work, visit), code="visit_taken")
    if told.kind in ("depart", "arrive") and visit.state == "booked" and told.base != visit.version:
        zone = _zone(work)
        another = at.astimezone(zone).date() != stop[1]
        if another and abs(at - stop[0]) > SAME_SHIFT:
            when = f"{stop[0].astimezone(zone):%a %d %b, %H:%M}"
            raise Conflict(
                f"This visit was moved to {when} while you had no net. Call the desk before you go "
                "on: the customer may not expect you.",
                code="visit_moved",
            )


def act(work: Work, doing: Doing) -> dict[str, Any]:
    """Do it; answers what else the receipt says. Invalid for what makes no sense."""
    known = KINDS.get(doing.told.kind)
    if known is None:
        raise Invalid(NONSENSE, code="unknown_kind")
    shape, run = known
    try:
        body = msgspec.convert(doing.told.body, shape)
    except msgspec.ValidationError as error:
        raise Invalid(NONSENSE, code="bad_command") from error
    return run(work, doing, body) or {}


def _move(work: Work, doing: Doing, body: Any) -> dict[str, Any] | None:
    """A step of the visit's course; one that was taken already is no trouble."""
    me, kind = work.actor.id, doing.told.kind
    visit = visit_course.hold(work, doing.visit_id)
    if visit.state == MOVES[kind]:
        return {"already": True}
    if kind == "depart":
        eta, source = _eta(work, visit, doing.at)
        visit_course.depart(work, visit.id, me, at=doing.at, eta=eta, eta_source=source)
    elif kind == "turn_back":
        visit_course.turn_back(work, visit.id, at=doing.at)
    elif kind == "arrive":
        visit_course.arrive(work, visit.id, me, at=doing.at)
    elif kind == "no_access":
        visit_course.no_access(work, visit.id, me, note=body.note, at=doing.at)
        visit_files.put_on_ticket(work, visit)
    else:
        note = _work_of(work, visit.id).note
        visit_course.finish(work, visit.id, me, outcome=body.outcome, note=note, at=doing.at)
        visit_reports.finished(work, visit, mails=body.mail)
        visit_files.put_on_ticket(work, visit)
    return None


def _checklist(work: Work, doing: Doing, body: Checklist) -> None:
    row = _hold(work, doing)
    answers = {**row.checklist, **body.answers}
    if len(answers) > MOST_ANSWERS:
        raise Invalid(NONSENSE, code="bad_command")
    row.checklist = answers
    _changed(work, doing, row)


def _parts(work: Work, doing: Doing, body: Parts) -> None:
    row = _hold(work, doing)
    row.parts_used = van.used(work, work.actor.id, row.parts_used, body.used, doing.visit_id)
    _changed(work, doing, row)


def _time(work: Work, doing: Doing, body: Time) -> None:
    row = _hold(work, doing)
    row.spent_s = body.minutes * 60
    _changed(work, doing, row)


def _remark(work: Work, doing: Doing, body: Remark) -> None:
    row = _hold(work, doing)
    row.note = body.text
    _changed(work, doing, row)


def _note(work: Work, doing: Doing, body: Note) -> None:
    """Onto the one timeline: of the ticket where there is one, else of the customer."""
    visit, author = work.session.get_one(Visit, doing.visit_id), f"agent:{work.actor.id}"
    with visit_course.for_the_house(work):
        if visit.ticket_id is None:
            customers.add_note(work, visit.customer_id, f"V-{visit.number}: {body.text}")
            return
        cases.reply(
            work,
            visit.ticket_id,
            author=author,
            text=body.text,
            public=False,
            client_msg_id=doing.told.id,
        )


def _photo(work: Work, doing: Doing, body: visit_files.Photo) -> None:
    visit_files.announce(work, doing.visit_id, body, doing.at)


def _sign(work: Work, doing: Doing, body: visit_reports.Signature) -> dict[str, Any]:
    return visit_reports.sign(work, _held(work, doing.visit_id), body, doing.at)


def _follow_up(work: Work, doing: Doing, body: FollowUp) -> dict[str, Any]:
    """A visit that waits for the desk to book it, with what has to come first."""
    before = work.session.get_one(Visit, doing.visit_id)
    kind = work.session.get(VisitType, body.type_id)
    if kind is None or not kind.is_active:
        raise Invalid("There is no such kind of visit.", code="no_type")
    if body.part_id is not None and not van.names(work, [body.part_id]):
        raise Invalid("There is no such part.", code="no_part")
    made = service.make(
        work,
        kind,
        customer_id=before.customer_id,
        place_id=before.place_id,
        source="technician",
        ticket_id=before.ticket_id,
        asset_id=before.asset_id,
        note=body.text,
        follows_id=before.id,
    )
    if body.part_id is not None:
        service.need(
            work,
            made,
            part_id=body.part_id,
            quantity=body.quantity,
            expected_on=body.expected_on,
        )
    return {"number": made.number, "follow_up_id": made.id}


KINDS: Mapping[str, tuple[type[Any], Callable[[Work, Doing, Any], dict[str, Any] | None]]] = {
    "depart": (Nothing, _move),
    "turn_back": (Nothing, _move),
    "arrive": (Nothing, _move),
    "finish": (Finish, _move),
    "no_access": (NoAccess, _move),
    "checklist": (Checklist, _checklist),
    "parts": (Parts, _parts),
    "time": (Time, _time),
    "remark": (Remark, _remark),
    "note": (Note, _note),
    "photo": (visit_files.Photo, _photo),
    "sign": (visit_reports.Signature, _sign),
    "follow_up": (FollowUp, _follow_up),
}


def _hold(work: Work, doing: Doing) -> VisitWork:
    """The visit held, and what was done there; made with the first word of it."""
    _held(work, doing.visit_id)
    return _work_of(work, doing.visit_id)


def _held(work: Work, visit_id: str) -> Visit:
    """That it is or was theirs is known; a cancelled one stands in nobody's route any more."""
    with visit_course.for_the_house(work):
        return service.hold(work, visit_id)


def _work_of(work: Work, visit_id: str) -> VisitWork:
    found = work.session.get(VisitWork, visit_id)
    if found is None:
        found = VisitWork(
            visit_id=visit_id, checklist={}, parts_used=[], note="", changed_at=work.at, version=0
        )
        work.session.add(found)
    return found


def _changed(work: Work, doing: Doing, row: VisitWork) -> None:
    row.changed_at = doing.at
    row.version += 1
    work.session.flush()
    visit = work.session.get_one(Visit, doing.visit_id)
    if visit.state == "done":
        visit_reports.changed(work, visit)


def _eta(work: Work, visit: Visit, at: datetime) -> tuple[datetime | None, str]:
    """By the drive that the plan reckons with."""
    row = work.session.execute(
        select(RouteStop.travel_s, RouteStop.travel_source).where(
            RouteStop.visit_id == visit.id, RouteStop.technician_id == work.actor.id
        )
    ).first()
    if row is None or not row[0]:
        return None, ""
    return at + timedelta(seconds=row[0]), row[1]


def _zone(work: Work) -> ZoneInfo:
    me = work.session.get(Technician, work.actor.id)
    return ZoneInfo(me.zone if me is not None else "UTC")


def _cancelled(visit: Visit) -> str:
    why = f" ({visit.reason})" if visit.reason else ""
    return (
        f"This visit was cancelled while you had no net{why}. If you are there already, call the "
        "desk; what you wrote is kept."
    )


def _taken(work: Work, visit: Visit) -> str:
    name = work.session.scalar(
        select(User.name)
        .join(RouteStop, RouteStop.technician_id == User.id)
        .where(RouteStop.visit_id == visit.id)
        .limit(1)
    )
    now = f"was given to {name}" if name else "was taken out of your route"
    return (
        f"This visit {now} while you had no net. If you did it, call the desk: what you wrote is "
        "kept, and the dispatcher sees it."
    )
