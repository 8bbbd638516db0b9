"""Technicians as they are set up: where the day begins, hours, breaks, skills, territories, costs.

Every change moves the technician's `version`, which whoever keeps their days in memory goes by.
Absences and days that differ are in `absences`, what a van holds in `stock`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from helpdesk.calendars.queries import hours_of
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Emitted, Work
from helpdesk.customers import contact_points
from helpdesk.customers.field_values import line
from helpdesk.field_service import setting_up, working_days
from helpdesk.field_service.crew_events import TechnicianChanged
from helpdesk.field_service.models_crew import Technician, Territory, VisitType
from helpdesk.identity.events import RoleChanged, UserDeactivated
from helpdesk.identity.models import User

FIELDS = (
    "start_name", "start_lat", "start_lon", "end_name", "end_lat", "end_lon", "zone", "week",
    "breaks", "calendar_id", "skills", "territory_ids", "phone", "cost_per_hour_minor",
    "cost_per_km_minor", "currency", "colour", "may_overrun_s", "is_active",
)  # fmt: skip
COLOURS = tuple(f"hue-{n}" for n in range(8))  # of the design's tokens
MOST_COST = 100_000_00
LONGEST_OVERRUN = 4 * 3600
USUAL_WEEK = {str(day): [["08:00", "17:00"]] for day in range(5)}
USUAL_BREAKS = ({"from": "11:30", "to": "13:30", "minutes": 30},)


@dataclass(frozen=True, slots=True)
class Member:
    """A technician with the account they sign in with."""

    row: Technician
    name: str
    email: str
    can_sign_in: bool

    @property
    def id(self) -> str:
        return self.row.user_id

    @property
    def drives(self) -> bool:
        return self.row.is_active and self.can_sign_in


def page(
    work: Work, *, cursor: str | None = None, limit: int | None = None, active: bool | None = None
) -> Page[Member]:
    """By name."""
    setting_up.require_look(work)
    most = clamp_limit(limit)
    wanted = _members()
    if active is not None:
        wanted = wanted.where(Technician.is_active.is_(active))
    columns = (User.name.expression, User.id.expression)
    rows = work.session.execute(
        keyset(wanted, columns, cursor=cursor, limit=most, descending=False)
    ).all()
    found = cut(rows, most, lambda row: [row[1], row[0].user_id])
    return Page([_member(row) for row in found.items], found.next_cursor)


def driving(work: Work) -> Sequence[Member]:
    """Everybody who can be planned, by name. For every actor: planning asks it."""
    wanted = _members().where(Technician.is_active, User.is_active, User.role == "technician")
    return [_member(row) for row in work.session.execute(wanted.order_by(User.name, User.id))]


def get(work: Work, technician_id: str) -> Member:
    setting_up.require_look(work)
    found = None
    if is_id(technician_id):
        wanted = _members().where(Technician.user_id == technician_id)
        found = work.session.execute(wanted).first()
    if found is None:
        raise NotFound(setting_up.ABSENT)
    return _member(found)


def candidates(work: Work) -> Sequence[tuple[str, str]]:
    """Accounts with the role that nobody has set up yet: id and name."""
    setting_up.require_look(work)
    wanted = (
        select(User.id, User.name)
        .outerjoin(Technician, Technician.user_id == User.id)
        .where(User.role == "technician", User.is_active, Technician.user_id.is_(None))
        .order_by(User.name)
        .limit(200)
    )
    return [(row.id, row.name) for row in work.session.execute(wanted)]


def add(work: Work, user_id: str, **values: Any) -> Technician:
    """Set up an account as a technician; needs at least where the day begins and the zone."""
    setting_up.require_set_up(work)
    _account(work, user_id)
    if work.session.get(Technician, user_id) is not None:
        raise Conflict("This technician is set up already.", code="taken")
    usual: dict[str, Any] = {
        "week": USUAL_WEEK, "breaks": list(USUAL_BREAKS), "start_lat": None, "start_lon": None,
        "zone": "",
    }  # fmt: skip
    checked = _checked(work, {**usual, **values}, None)
    made = Technician(user_id=user_id, created_at=work.at, version=1, **checked)
    work.session.add(made)
    work.session.flush()
    work.audit("technician.added", "technician", user_id, name=name_of(work, user_id))
    work.emit(TechnicianChanged(technician_id=user_id, changed=["added"]))
    return made


def change(work: Work, technician_id: str, *, version: int | None, **values: Any) -> Technician:
    setting_up.require_set_up(work)
    row = setting_up.get(work, Technician, technician_id, lock=True)
    setting_up.at_version(row, version)
    checked = _checked(work, values, row)
    changed = sorted(name for name, value in checked.items() if getattr(row, name) != value)
    if setting_up.apply(
        work, row, checked, "technician.changed", name=name_of(work, technician_id)
    ):
        work.emit(TechnicianChanged(technician_id=technician_id, changed=changed))
    return row


def name_of(work: Work, technician_id: str) -> str:
    """For the audit log, which outlives the account."""
    return work.session.scalar(select(User.name).where(User.id == technician_id)) or ""


def touch(work: Work, technician_id: str, what: str) -> None:
    """Move the version on, which locks the row: what hangs on it differs now."""
    moved = work.session.execute(
        update(Technician)
        .where(Technician.user_id == technician_id)
        .values(version=Technician.version + 1)
        .execution_options(synchronize_session="fetch")
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise NotFound(setting_up.ABSENT)
    work.emit(TechnicianChanged(technician_id=technician_id, changed=[what]))


def follow_accounts(work: Work, emitted: list[Emitted]) -> None:
    """Whoever can't sign in any more, or got another role, is planned no more."""
    for one in emitted:
        event = one.event
        if not isinstance(event, UserDeactivated | RoleChanged):
            continue
        if not isinstance(event, RoleChanged) or event.after != "technician":
            stop_driving(work, event.user_id)


def stop_driving(work: Work, user_id: str) -> None:
    """The account is gone, or is none of a technician's any more: nothing new is planned."""
    row = work.session.get(Technician, user_id, with_for_update=True)
    if row is not None and row.is_active:
        setting_up.apply(
            work, row, {"is_active": False}, "technician.changed", name=name_of(work, user_id)
        )
        work.emit(TechnicianChanged(technician_id=user_id, changed=["is_active"]))


def using_calendar(work: Work, calendar_id: str) -> str | None:
    """Who takes their holidays from it, in words."""
    wanted = _members().where(Technician.calendar_id == calendar_id).order_by(User.name)
    return _listed([row[1] for row in work.session.execute(wanted)])


def using_skill(work: Work, skill_id: str) -> str | None:
    """Which technicians have it and which kinds of visits ask for it, in words."""
    rows = work.session.execute(
        select(User.name, Technician.skills).join_from(
            Technician, User, User.id == Technician.user_id
        )
    )
    names = [name for name, skills in rows if skill_id in skills]
    kinds = work.session.execute(select(VisitType.name, VisitType.skills))
    asking = [f"visits “{name}”" for name, skills in kinds if skill_id in skills]
    return _listed(sorted(names) + sorted(asking))


def _members() -> Any:
    return select(Technician, User.name, User.email, User.is_active, User.role).join_from(
        Technician, User, User.id == Technician.user_id
    )


def _member(found: Any) -> Member:
    row, name, email, is_active, role = found
    return Member(row, name, email, bool(is_active) and role == "technician")


def _account(work: Work, user_id: str) -> User:
    found = work.session.get(User, user_id) if is_id(user_id) else None
    if found is None or found.role != "technician" or not found.is_active:
        raise Invalid(fields={"user_id": "Choose an account with the role of a technician."})
    return found


def _checked(work: Work, values: Mapping[str, Any], row: Technician | None) -> dict[str, Any]:
    setting_up.known(values, FIELDS)
    found, wrong = dict(values), dict[str, str]()
    for names, check in _CHECKS:
        given = {name: found[name] for name in names if name in found}
        if not given:
            continue
        try:
            found |= check(work, given, row)
        except Invalid as error:
            wrong |= error.fields
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _lines(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    return {name: line(text, name, longest=120) for name, text in given.items()}


def _points(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    for name, degrees in given.items():
        most = 90 if name.endswith("lat") else 180
        if degrees is None and name.startswith("end"):
            continue
        if not isinstance(degrees, int | float) or not -most <= degrees <= most:
            raise Invalid(fields={name: f"Give degrees from -{most} to {most}."})
    ends = {name: given.get(name, getattr(row, name, None)) for name in ("end_lat", "end_lon")}
    if (ends["end_lat"] is None) != (ends["end_lon"] is None):
        raise Invalid(fields={"end_lat": "Give both degrees, or neither."})
    return given


def _hours(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    checks = {
        "zone": working_days.read_zone, "week": working_days.read_week,
        "breaks": working_days.read_breaks,
    }  # fmt: skip
    found = {}
    for name, value in given.items():
        try:
            found[name] = checks[name](value)  # type: ignore[operator]
        except Invalid as error:
            wrong |= error.fields
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _calendar(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    wanted = given["calendar_id"] or None
    if wanted is not None:
        try:
            hours_of(work, wanted)
        except NotFound:
            raise Invalid(fields={"calendar_id": "There are no such hours."}) from None
    return {"calendar_id": wanted}


def _areas(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    wanted = sorted(set(given["territory_ids"]))
    there = set(work.session.scalars(select(Territory.id).where(Territory.id.in_(wanted))))
    if set(wanted) - there:
        raise Invalid(fields={"territory_ids": "There is no such territory."})
    return {"territory_ids": wanted}


def _phone(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    text = line(given["phone"], "phone", longest=40)
    return {"phone": contact_points.phone(text) if text else ""}


def _costs(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    for name, value in given.items():
        if name == "currency":
            if value:
                setting_up.currency(line(value, name, longest=3))
        elif name == "may_overrun_s":
            setting_up.whole(value, name, 0, LONGEST_OVERRUN, " seconds")
        else:
            setting_up.whole(value, name, 0, MOST_COST)
    return given


def _colour(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    if given["colour"] and given["colour"] not in COLOURS:
        raise Invalid(fields={"colour": "Choose one of the colours."})
    return given


def _skills(work: Work, given: dict[str, Any], row: Any) -> dict[str, Any]:
    return {"skills": setting_up.levels(given["skills"])}


_CHECKS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("start_name", "end_name"), _lines),
    (("start_lat", "start_lon", "end_lat", "end_lon"), _points),
    (("zone", "week", "breaks"), _hours),
    (("calendar_id",), _calendar),
    (("skills",), _skills),
    (("territory_ids",), _areas),
    (("phone",), _phone),
    (("cost_per_hour_minor", "cost_per_km_minor", "currency", "may_overrun_s"), _costs),
    (("colour",), _colour),
)


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None
