"""Technicians: who drives, and one of them with hours, skills, absences and the van."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response

from helpdesk.calendars import queries as calendars
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import absences, crew, parts, rosters, settings, stock, territories
from helpdesk.field_service.crew import Member
from helpdesk.routing import queries as routing
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, hours, hours_form
from helpdesk.web.admin import technician_form as form_of
from helpdesk.web.admin.forms import Given, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.presenting import MONTHS, WEEKDAYS

HERE = "technicians"
SHOWN_DAYS = 14


@dataclass(frozen=True, slots=True)
class Line:
    """One technician of the list, in words."""

    member: Member
    week: str
    skills: str
    areas: str
    away: str


@door.get("/field/technicians")
@allow("admin", "supervisor")
def technician_list() -> Response:
    with reading(doors.actor()) as work:
        page = crew.page(work, cursor=query_text("after") or None)
        return show(
            "technicians.html", HERE, rows=_lines(work, page.items), next_cursor=page.next_cursor,
            candidates=crew.candidates(work),
        )  # fmt: skip


@door.get("/field/technicians/new")
@allow("admin")
def new_technician() -> Response:
    with reading(doors.actor()) as work:
        form = form_of.blank(settings.get(work).zone)
        return page(work, None, form | {"user_id": query_text("account")})


@door.post("/field/technicians/new")
@allow("admin")
def add_technician() -> Response:
    given = forms.read(form_of.SHAPE)
    if given.do:
        return _redrawn(None, given)
    try:
        with begin(doors.actor()) as work:
            facts = _facts(work, given.values)
            made = crew.add(work, given.values["user_id"], **facts).user_id
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return page(work, None, given.values, error.status, given=given, **_refused(error))
    return doors.go(f"/admin/field/technicians/{made}?note=added")


@door.get("/field/technicians/<id:technician_id>")
@allow("admin", "supervisor")
def technician(technician_id: str) -> Response:
    with reading(doors.actor()) as work:
        member = crew.get(work, technician_id)
        return page(work, member, form_of.values_of(member.row))


@door.post("/field/technicians/<id:technician_id>")
@allow("admin")
def save_technician(technician_id: str) -> Response:
    given = forms.read(form_of.SHAPE)
    if given.do:
        return _redrawn(technician_id, given)
    try:
        with begin(doors.actor()) as work:
            facts = _facts(work, given.values)
            crew.change(work, technician_id, version=given.version, **facts)
    except (Invalid, Conflict) as error:
        return _again(technician_id, given, error)
    return doors.go(f"/admin/field/technicians/{technician_id}?note=saved")


def page(
    work: Work, member: Member | None, form: Values, status: int = 200, *,
    given: Given | None = None, **extra: Any,
) -> Response:  # fmt: skip
    """One technician's page; `extra` says what was just done or refused."""
    known = routing.skills(work)
    values: dict[str, Any] = {
        "member": member, "form": form, "days": form_of.DAYS, "zones": hours.ZONES,
        "was": forms.as_was(given.was if given else form),
        "version": given.version if given else member.row.version if member else 0,
        "skills": known, "areas": [(one.id, one.name) for one in territories.list_all(work)],
        "calendars": [("", "No holidays"), *forms.choices(calendars.list_calendars(work))],
        "candidates": [("", "Choose an account"), *crew.candidates(work)] if not member else [],
        "colours": crew.COLOURS, "kinds": list(absences.KINDS.items()),
        "read_only": not frame.may_change(doors.reader().role or ""),
        "dirty": given is not None, "hits": [], "hits_of": "", "strips": [], "removed": None,
        "absence": {"kind": "leave", "from": "", "to": "", "note": ""},
        "day": {"day": "", "hours": "", "note": ""},
    }  # fmt: skip
    if member is not None:
        values |= _beside(work, member)
    return show("technician.html", HERE, status, **{**values, **extra})


def _beside(work: Work, member: Member) -> dict[str, Any]:
    """What stands on the page beside the form: away, days of their own, the van, two weeks."""
    zone = ZoneInfo(member.row.zone)
    today = work.at.astimezone(zone).date()
    held = stock.of_vans(work, [member.id])[member.id]
    return {
        "away": absences.ahead(work, [member.id]),
        "own_days": absences.days_ahead(work, [member.id], today),
        "van": [(part, held.get(part.id, 0)) for part in parts.active(work)],
        "strips": _strips(work, member),
        "zone": member.row.zone,
    }


def _strips(work: Work, member: Member) -> list[hours_form.Strip]:
    """The next two weeks as they will be worked, absences left out."""
    zone = ZoneInfo(member.row.zone)
    today = work.at.astimezone(zone).date()
    days = [today + timedelta(days=n) for n in range(SHOWN_DAYS)]
    found = rosters.between(work, [member.row], days[0], days[-1])
    return [
        hours_form.strip_of(
            day, zone, found[member.id, day].spans, is_today=day == today, none="Free"
        )
        for day in days
    ]


def _lines(work: Work, members: Sequence[Member]) -> list[Line]:
    names = {one.id: one.name for one in routing.skills(work)}
    areas = {one.id: one.name for one in territories.list_all(work)}
    away: dict[str, str] = {}
    for one in absences.ahead(work, [member.id for member in members]):
        kind = absences.KINDS[one.kind]
        zone = next(m.row.zone for m in members if m.id == one.technician_id)
        ends = one.ends_at.astimezone(ZoneInfo(zone))
        now = one.starts_at <= work.at
        words = f"{kind} until {ends.day} {MONTHS[ends.month - 1]}" if now else ""
        away.setdefault(one.technician_id, words)
    return [
        Line(
            member, week_words(member.row.week), _named(member.row.skills, names),
            _named(dict.fromkeys(member.row.territory_ids, 0), areas) or "Everywhere",
            away.get(member.id, ""),
        )
        for member in members
    ]  # fmt: skip


def week_words(week: Mapping[str, Any]) -> str:
    """`Mon–Fri, 38 h 30`: the days and how long they are together."""
    days = sorted(int(day) for day, pairs in week.items() if pairs)
    if not days:
        return "No hours"
    minutes = sum(_minutes(*pair) for pairs in week.values() for pair in pairs)
    whole = days == list(range(days[0], days[-1] + 1)) and len(days) > 2
    shown = (
        f"{WEEKDAYS[days[0]]}–{WEEKDAYS[days[-1]]}"
        if whole
        else ", ".join(WEEKDAYS[day] for day in days)
    )
    return f"{shown}, {minutes // 60} h{f' {minutes % 60:02}' if minutes % 60 else ''}"


def _minutes(starts: str, ends: str) -> int:
    first, last = (int(text[:2]) * 60 + int(text[3:]) for text in (starts, ends))
    return last - first if last > first else last - first + 24 * 60


def _named(ids: Mapping[str, int], names: Mapping[str, str]) -> str:
    return ", ".join(sorted(names[one] for one in ids if one in names))


def _facts(work: Work, form: Values) -> dict[str, Any]:
    facts = form_of.facts_of(form)
    known = {one.id for one in routing.skills(work)}
    facts["skills"] = {skill: n for skill, n in facts["skills"].items() if skill in known}
    return facts


def _refused(error: HelpdeskError) -> dict[str, Any]:
    told = frame.refusal(error)
    return told | {"errors": form_of.placed(told["errors"])}


def _redrawn(technician_id: str | None, given: Given) -> Response:
    """A row more or less; nothing is stored."""
    values = forms.rearranged(given.values, given.do, form_of.BLANKS)
    values = hours_form.rearranged(values, given.do)
    with reading(doors.actor()) as work:
        member = crew.get(work, technician_id) if technician_id else None
        return page(work, member, values, given=given)


def _again(technician_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        member = crew.get(work, technician_id)
        if error.code != "stale":
            return page(work, member, given.values, error.status, given=given, **_refused(error))
        now = form_of.values_of(member.row)
        shown, change = frame.stale(work, "technician", technician_id, given, now, form_of.LABELS)
        return page(work, member, shown, 409, stale=change, dirty=True)
