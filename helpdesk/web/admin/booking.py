"""How visits are booked: windows, notice, what customers are told, promises at risk, maps."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import settings
from helpdesk.field_service.settings import Settings
from helpdesk.routing import queries as routing
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame, hours, hours_form
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "booking"
DAYS = hours_form.DAYS
# Fields of the form: the setting, and how many of its units the number stands for.
NUMBERS = {
    "days_ahead": ("days_ahead", 1), "notice": ("notice_s", 60), "hold": ("hold_s", 60),
    "offer": ("offer_s", 60), "fewest": ("fewest", 1), "most": ("most", 1),
    "risk_ahead": ("risk_ahead_s", 60), "budget": ("budget", 1), "speed": ("speed_kmh", 1),
}  # fmt: skip
FLAGS = ("confirms", "reminds_day_before", "tells_on_the_way", "mends_itself", "complains")
TEXTS = ("zone", "osrm", "tiles", "tiles_by", "maintenance_queue")
SHAPE = Shape(
    texts=(*TEXTS, *NUMBERS, "risk", "detour"),
    flags=FLAGS,
    rows={key: ("from", "to") for key, _ in DAYS},
)
BLANKS = {key: {"from": "", "to": ""} for key, _ in DAYS}
PLACES = {stored: name for name, (stored, _) in NUMBERS.items()}


@door.get("/field/booking")
@allow("admin")
def booking_settings() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, _values(settings.get(work)))


@door.post("/field/booking")
@allow("admin")
def save_booking_settings() -> Response:
    given = forms.read(SHAPE)
    if given.do:
        values = forms.rearranged(given.values, given.do, BLANKS)
        with reading(doors.actor()) as work:
            return _page(work, hours_form.rearranged(values, given.do), given=given)
    try:
        with begin(doors.actor()) as work:
            facts = _facts(given.values)
            _need_queue(work, facts["maintenance_queue"])
            settings.put(work, facts)
    except (Invalid, Conflict) as error:
        told = frame.refusal(error)
        told["errors"] = {PLACES.get(k, k): v for k, v in told["errors"].items()}
        with reading(doors.actor()) as work:
            return _page(work, given.values, error.status, given=given, **told)
    return doors.go("/admin/field/booking?note=saved")


def _facts(form: Values) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    facts: dict[str, Any] = {name: form[name] for name in TEXTS}
    facts |= {name: bool(form[name]) for name in FLAGS}
    for name, (stored, unit) in NUMBERS.items():
        facts[stored] = forms.number(form, name, wrong) * unit
    facts["risk"] = _decimal(form, "risk", wrong) / 100
    facts["detour"] = _decimal(form, "detour", wrong)
    facts["windows"] = {
        str(n): [[_time(row["from"]), _time(row["to"])] for row in form[key] if any(row.values())]
        for n, (key, _) in enumerate(DAYS)
    }
    if wrong:
        raise Invalid(fields=wrong)
    return facts


def _time(text: str) -> str:
    """`8:00` as `08:00`, so that times may be compared as texts."""
    return text.rjust(5, "0") if text else text


def _decimal(form: Values, name: str, wrong: dict[str, str]) -> float:
    try:
        return float(form[name].replace(",", "."))
    except ValueError:
        wrong[name] = "Enter a number."
        return 0.0


def _need_queue(work: Work, queue_id: str) -> None:
    if queue_id and queue_id not in {queue.id for queue in routing.queues(work)}:
        raise Invalid(fields={"maintenance_queue": "There is no such queue."})


def _values(row: Settings) -> Values:
    return {
        **{name: getattr(row, name) for name in TEXTS},
        **{name: "1" if getattr(row, name) else "" for name in FLAGS},
        **{name: str(getattr(row, stored) // unit) for name, (stored, unit) in NUMBERS.items()},
        "risk": f"{row.risk * 100:g}", "detour": f"{row.detour:g}",
        **{
            key: [{"from": a, "to": b} for a, b in row.by_weekday.get(str(n), [])]
            for n, (key, _) in enumerate(DAYS)
        },
    }  # fmt: skip


def _page(
    work: Work, form: Values, status: int = 200, *, given: Given | None = None, **extra: Any
) -> Response:
    queues = [(queue.id, queue.name) for queue in routing.queues(work) if queue.is_active]
    return show(
        "booking.html", HERE, status, form=form, days=DAYS, zones=hours.ZONES,
        queues=[("", "The first queue"), *queues], was=forms.as_was(form), version=0,
        **{"dirty": given is not None, **extra},
    )  # fmt: skip
