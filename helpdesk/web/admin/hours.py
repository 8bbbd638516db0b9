"""Hours: calendars with weekly windows, holidays, holiday files, and a strip of two weeks."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from flask import Response, request

from helpdesk.calendars import ical, queries, service
from helpdesk.calendars.hours import Calendar, CalendarError, as_dict, calendar_from_dict
from helpdesk.calendars.ical import CalendarFileError, Holiday
from helpdesk.calendars.models import CalendarRow
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.routing.setup import queues_using_calendar
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, hours_form
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "hours"
FILE = Shape(texts=("year_from", "year_to"))
CHOSEN = Shape(lists=("holiday",))
MOST_SHOWN = 400
ZONES = [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]
TOO_MANY = f"That is more than {MOST_SHOWN} holidays. Choose fewer years."


@door.get("/hours")
@allow("admin")
def hours_list() -> Response:
    return _list()


@door.get("/hours/new")
@allow("admin")
def new_hours() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, hours_form.blank(doors.reader().timezone))


@door.post("/hours/new")
@allow("admin")
def add_hours() -> Response:
    given = forms.read(hours_form.SHAPE)
    if given.do:
        return _rows_changed(None, given)
    try:
        with begin(doors.actor()) as work:
            plan = hours_form.plan_of(given.values)
            row = service.create_calendar(work, name=given.values["name"], plan=plan)
            calendar_id = row.id
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go(f"/admin/hours/{calendar_id}?note=added")


@door.get("/hours/<id:calendar_id>")
@allow("admin")
def hours(calendar_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = queries.get_calendar(work, calendar_id)
        return _page(work, row, _values(work, row))


@door.post("/hours/<id:calendar_id>")
@allow("admin")
def save_hours(calendar_id: str) -> Response:
    given = forms.read(hours_form.SHAPE)
    if given.do:
        return _rows_changed(calendar_id, given)
    try:
        with begin(doors.actor()) as work:
            row = queries.get_calendar(work, calendar_id)
            if row.version != given.version:
                raise Conflict("Somebody changed these hours meanwhile.", code="stale")
            plan = hours_form.with_dates_not_shown(
                hours_form.plan_of(given.values), row.plan, row.holiday_names, given.was
            )
            name, stored = given.values["name"], {**row.plan, "names": row.holiday_names}
            if name != row.name or _read(plan) != _read(stored):
                service.change_calendar(
                    work, calendar_id, version=given.version, name=name, plan=plan
                )
    except (Invalid, Conflict) as error:
        return _again(calendar_id, given, error)
    return doors.go(f"/admin/hours/{calendar_id}?note=saved")


@door.post("/hours/<id:calendar_id>/remove")
@allow("admin")
def remove_hours(calendar_id: str) -> Response:
    """Answers the list with the way back: the same calendar made anew."""
    try:
        with begin(doors.actor()) as work:
            row = queries.get_calendar(work, calendar_id)
            was = hours_form.values_of(row.name, row.plan, row.holiday_names)
            whole = len(was["date"]) == len(row.plan["exceptions"])
            service.delete_calendar(work, calendar_id, version=row.version)
    except Conflict as error:
        with reading(doors.actor()) as work:
            row = queries.get_calendar(work, calendar_id)
            return _page(work, row, _values(work, row), 409, message=error.message)
    return _list(removed=was if whole else None, gone=was["name"])


@door.post("/hours/<id:calendar_id>/file")
@allow("admin", uploads=True)
def read_holiday_file(calendar_id: str) -> Response:
    """What a holiday file would add; nothing is stored yet."""
    given = forms.read(FILE)
    with reading(doors.actor()) as work:
        row = queries.get_calendar(work, calendar_id)
        years = {name: given.values[name] for name in FILE.texts}
        try:
            found = _found(row, *(forms.whole(years[name], 0) for name in FILE.texts))
        except CalendarFileError as error:
            errors = {"file": f"{str(error).rstrip('.')}."}
            return _page(work, row, _values(work, row), 400, errors=errors, years=years)
        known = {day for day, _ in hours_form.calendar_of(row.plan).exceptions}
    return show(
        "hours_file.html",
        HERE,
        calendar=row,
        found=[(_packed(one), one, _how(one), one.date in known) for one in found],
        day_words=hours_form.day_words,
    )


@door.post("/hours/<id:calendar_id>/holidays")
@allow("admin")
def add_holidays(calendar_id: str) -> Response:
    """Store those holidays of a file that were ticked."""
    given = forms.read(CHOSEN)
    chosen = [_unpacked(text) for text in given.values["holiday"][:MOST_SHOWN]]
    with begin(doors.actor()) as work:
        row = queries.get_calendar(work, calendar_id)
        if chosen:
            stored = hours_form.calendar_of(row.plan, row.holiday_names)
            try:
                plan = as_dict(ical.apply_holidays(stored, chosen))
            except CalendarError as error:
                raise Invalid(str(error)) from None
            # The dates are added to what is stored now, so no change of others can be lost.
            service.change_calendar(work, calendar_id, version=row.version, plan=plan)
    return doors.go(f"/admin/hours/{calendar_id}?note=saved#holidays")


def _found(row: CalendarRow, year_from: int, year_to: int) -> list[Holiday]:
    file = request.files.get("file")
    raw = file.read(ical.LARGEST_FILE + 1) if file else b""
    if not raw:
        raise CalendarFileError("Choose a file that ends in .ics")
    found = ical.holidays_from_ical(raw, year_from, year_to, zone=str(row.plan["zone"]))
    if len(found) > MOST_SHOWN:
        raise CalendarFileError(TOO_MANY)
    return found


def _packed(holiday: Holiday) -> str:
    """One ticked line of the preview: date, closed from and to in minutes, name."""
    start, end = holiday.closed_from or 0, holiday.closed_to or 0
    return f"{holiday.date.isoformat()}|{start}|{end}|{holiday.name}"


def _unpacked(text: str) -> Holiday:
    day, start, end, name = [*text.split("|", 3), "", "", ""][:4]
    try:
        part = (int(start), int(end)) if int(end) else (None, None)
        return Holiday(date.fromisoformat(day), name[:100], (), *part)
    except ValueError:
        raise Invalid("A holiday of the list can't be read. Read the file again.") from None


def _how(holiday: Holiday) -> str:
    if holiday.closed_from is None or holiday.closed_to is None:
        return "Closed all day"
    start, end = holiday.closed_from, holiday.closed_to
    return f"Closed {start // 60:02}:{start % 60:02} to {end // 60:02}:{end % 60:02}"


def _list(**extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows = [
            (
                row,
                hours_form.strips(hours_form.calendar_of(row.plan, row.holiday_names), work.at)[:7],
            )
            for row in queries.list_calendars(work)
        ]
    return show("hours.html", HERE, rows=rows, **{"removed": None, "gone": "", **extra})


def _rows_changed(calendar_id: str | None, given: Given) -> Response:
    values = forms.rearranged(given.values, given.do, hours_form.BLANKS)
    values = hours_form.rearranged(values, given.do)
    with reading(doors.actor()) as work:
        row = queries.get_calendar(work, calendar_id) if calendar_id else None
        return _page(work, row, values, given=given)


def _again(calendar_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        row = queries.get_calendar(work, calendar_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, row, given.values, error.status, given=given, **refused)
        now = _values(work, row)
        labels = hours_form.LABELS
        shown, change = frame.stale(work, "calendar", calendar_id, given, now, labels)
        return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    row: CalendarRow | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(work, row) if row else hours_form.blank(form["zone"])
    year = str(work.at.year)
    values: dict[str, Any] = {
        "calendar": row,
        "form": form,
        "was": forms.as_was(given.was if given else stored),
        "version": given.version if given else row.version if row else 0,
        "days": hours_form.DAYS,
        "zones": ZONES,
        "strips": _strips(work, form),
        "used_by": queues_using_calendar(work, row.id) if row else None,
        "years": {"year_from": year, "year_to": str(work.at.year + 1)},
        "dirty": given is not None,
    }
    return show("calendar.html", HERE, status, **{**values, **extra})


def _read(plan: dict[str, Any]) -> Calendar:
    try:
        return calendar_from_dict(plan)
    except CalendarError as error:
        raise Invalid(str(error)) from None


def _strips(work: Work, form: Values) -> list[hours_form.Strip]:
    try:
        calendar = calendar_from_dict(hours_form.plan_of(form))
    except (Invalid, CalendarError):
        return []
    return hours_form.strips(calendar, work.at)


def _values(work: Work, row: CalendarRow) -> Values:
    since = work.at.date() - timedelta(days=7)
    return hours_form.values_of(row.name, row.plan, row.holiday_names, since)
