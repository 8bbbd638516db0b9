"""When customers may be rung: hours and days by the clock where they are, and how strictly."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.calls import calling_rules
from helpdesk.calls.calling_hours import DAY_WORDS
from helpdesk.calls.calling_rules import Rules
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.admin.hours import ZONES
from helpdesk.web.doors import allow

HERE = "calling-hours"
SHAPE = Shape(texts=("from_time", "until_time", "zone"), flags=("is_hard",), lists=("days",))
LABELS = {
    "from_time": "From",
    "until_time": "Until",
    "zone": "Time zone",
    "is_hard": "Refuse outside",
    "days": "Days",
}


@door.get("/calling-hours")
@allow("supervisor", "admin")
def calling_hours_page() -> Response:
    with reading(doors.actor()) as work:
        now = calling_rules.rules(work)
    return _page(_values(now), now)


@door.post("/calling-hours")
@allow("supervisor", "admin")
def save_calling_hours() -> Response:
    given = forms.read(SHAPE)
    values = given.values
    try:
        with begin(doors.actor()) as work:
            calling_rules.change(
                work,
                version=given.version,
                from_time=values["from_time"],
                until_time=values["until_time"],
                days=values["days"],
                is_hard=values["is_hard"] == "1",
                zone=values["zone"],
            )
    except (Invalid, Conflict) as error:
        return _again(given, error)
    return doors.go("/admin/calling-hours?note=saved")


def _again(given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        now = calling_rules.rules(work)
        if error.code != "stale":
            return _page(given.values, now, error.status, given=given, **frame.refusal(error))
        stored = _values(now)
        one = calling_rules.ONE
        shown, change = frame.stale(work, "calling_hours", one, given, stored, LABELS)
        return _page(shown, now, 409, stale=change, dirty=True)


def _values(now: Rules) -> Values:
    return {
        "from_time": f"{now.hours.start:%H:%M}",
        "until_time": f"{now.hours.until:%H:%M}",
        "zone": now.zone,
        "is_hard": "1" if now.is_hard else "",
        "days": [day for day in DAY_WORDS if day in now.hours.days],
    }


def _page(
    form: Values, now: Rules, status: int = 200, *, given: Given | None = None, **extra: Any
) -> Response:
    values = {
        "form": form,
        "was": forms.as_was(given.was if given else _values(now)),
        "version": given.version if given else now.version,
        "days": list(DAY_WORDS.items()),
        "zones": ZONES,
        "dirty": given is not None,
    }
    return show("calling_hours.html", HERE, status, **(values | extra))
