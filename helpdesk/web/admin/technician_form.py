"""A technician as a form and back: the week, breaks, points on a map, amounts. Pure.

Not for what a technician may hold (`field_service.crew`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.customers.contact_points import shown_phone
from helpdesk.field_service.models_crew import Technician
from helpdesk.owned import money
from helpdesk.web.admin import forms, hours_form
from helpdesk.web.admin.forms import Shape, Values

DAYS = hours_form.DAYS
SHAPE = Shape(
    texts=(
        "user_id", "start_name", "start_at", "end_name", "end_at", "zone", "calendar_id", "phone",
        "cost_per_hour", "cost_per_km", "currency", "colour", "may_overrun",
    ),
    flags=("is_active",),
    lists=("territories",),
    levels=("skill",),
    rows={**{key: ("from", "to") for key, _ in DAYS}, "break": ("from", "to", "minutes")},
)  # fmt: skip
LABELS = {
    "start_name": "Where the day begins", "start_at": "Its coordinates",
    "end_name": "Where it ends", "end_at": "Its coordinates",
    "zone": "Time zone", "calendar_id": "Holidays", "phone": "Phone",
    "cost_per_hour": "Cost of an hour", "cost_per_km": "Cost of a kilometre",
    "currency": "Currency", "colour": "Colour", "may_overrun": "May work longer",
    "is_active": "Drives", "territories": "Territories", "skill": "Skills", "break": "Breaks",
    **dict(DAYS),
}  # fmt: skip
BLANKS = {
    **{key: {"from": "", "to": ""} for key, _ in DAYS},
    "break": {"from": "11:30", "to": "13:30", "minutes": "30"},
}
# Fields of the service by where they stand on the form.
PLACES = {
    **{f"week-{n}": key for n, (key, _) in enumerate(DAYS)},
    "start_lat": "start_at", "start_lon": "start_at", "end_lat": "end_at", "end_lon": "end_at",
    "skills": "skill", "territory_ids": "territories", "breaks": "break",
    "cost_per_hour_minor": "cost_per_hour", "cost_per_km_minor": "cost_per_km",
    "may_overrun_s": "may_overrun",
}  # fmt: skip
_POINT = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,10})?)[,;\s]+(-?[0-9]{1,3}(?:\.[0-9]{1,10})?)")


def blank(zone: str) -> Values:
    return {
        **dict.fromkeys(SHAPE.texts, ""), "zone": zone, "is_active": "1", "territories": [],
        "currency": "EUR", "may_overrun": "0", "skill": {},
        **{key: [{"from": "08:00", "to": "17:00"}] for key, _ in DAYS[:5]},
        **{key: [] for key, _ in DAYS[5:]}, "break": [dict(BLANKS["break"])],
    }  # fmt: skip


def values_of(row: Technician) -> Values:
    currency = row.currency or "EUR"
    return {
        "user_id": row.user_id, "start_name": row.start_name, "end_name": row.end_name,
        "start_at": point_text(row.start_lat, row.start_lon),
        "end_at": point_text(row.end_lat, row.end_lon),
        "zone": row.zone, "calendar_id": row.calendar_id or "",
        "phone": shown_phone(row.phone) if row.phone else "",
        "cost_per_hour": amount_text(row.cost_per_hour_minor, currency),
        "cost_per_km": amount_text(row.cost_per_km_minor, currency), "currency": row.currency,
        "colour": row.colour, "may_overrun": str(row.may_overrun_s // 60),
        "is_active": "1" if row.is_active else "",
        "territories": list(row.territory_ids),
        "skill": {skill: str(level) for skill, level in sorted(row.skills.items())},
        **{
            key: [{"from": a, "to": b} for a, b in row.week.get(str(n), [])]
            for n, (key, _) in enumerate(DAYS)
        },
        "break": [
            {"from": one["from"], "to": one["to"], "minutes": str(one["minutes"])}
            for one in row.breaks
        ],
    }  # fmt: skip


def facts_of(form: Values) -> dict[str, Any]:
    """What the form asks to store; Invalid says beside each field what can't be read."""
    wrong: dict[str, str] = {}
    start, end = (read_point(form[name], name, wrong) for name in ("start_at", "end_at"))
    if start == (None, None) and "start_at" not in wrong:
        wrong["start_at"] = "Say where the day begins, such as 53.5511, 9.9937."
    facts: dict[str, Any] = {
        "start_lat": start[0], "start_lon": start[1], "end_lat": end[0], "end_lon": end[1],
        **{name: form[name] for name in ("start_name", "end_name", "zone", "phone", "colour")},
        "calendar_id": form["calendar_id"] or None, "currency": form["currency"],
        "territory_ids": form["territories"], "is_active": bool(form["is_active"]),
        "skills": {s: forms.number(form["skill"], s, wrong, key="skill") for s in form["skill"]},
        "week": week_of(form),
        "breaks": [_break(row, place, wrong) for place, row in enumerate(form["break"])],
        "may_overrun_s": forms.number(form, "may_overrun", wrong) * 60,
    }  # fmt: skip
    for name in ("cost_per_hour", "cost_per_km"):
        facts[f"{name}_minor"] = read_amount(form[name], form["currency"], name, wrong) or 0
    if wrong:
        raise Invalid(fields=wrong)
    return facts


def week_of(form: Values) -> dict[str, list[list[str]]]:
    return {
        str(n): [[row["from"], row["to"]] for row in form[key] if row["from"] or row["to"]]
        for n, (key, _) in enumerate(DAYS)
    }


def placed(fields: Mapping[str, str]) -> dict[str, str]:
    """The fields of an error of the service by their places on the form."""
    return {PLACES.get(name, name): words for name, words in fields.items()}


def read_point(text: str, name: str, wrong: dict[str, str]) -> tuple[float | None, float | None]:
    """`53.5511, 9.9937` as people copy it out of a map; empty: no point."""
    if not text:
        return None, None
    shape = _POINT.fullmatch(text)
    if shape is None:
        wrong[name] = "Write latitude and longitude, such as 53.5511, 9.9937."
        return None, None
    return float(shape[1]), float(shape[2])


def point_text(lat: float | None, lon: float | None) -> str:
    return "" if lat is None or lon is None else f"{lat:g}, {lon:g}"


def read_amount(text: str, currency: str, name: str, wrong: dict[str, str]) -> int | None:
    if not text:
        return None
    found = money.read(text, currency or "EUR")
    if found is None:
        wrong[name] = "Write an amount, such as 48.00."
    return found


def amount_text(minor: int | None, currency: str) -> str:
    if minor is None:
        return ""
    digits = money.places(currency)
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


def _break(row: Mapping[str, str], place: int, wrong: dict[str, str]) -> dict[str, Any]:
    minutes = forms.number(row, "minutes", wrong, key=f"break-{place}")
    return {"from": row["from"], "to": row["to"], "minutes": minutes}
