"""A kind of visit as a form and back: minutes and hours, parts as rows, the checklist. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.field_service import types
from helpdesk.field_service.models_crew import VisitType
from helpdesk.web.admin import forms
from helpdesk.web.admin.forms import Shape, Values

SHAPE = Shape(
    texts=(
        "name", "key", "description", "half", "most", "crew", "days", "priority", "window",
        "moves_until",
    ),
    flags=("is_bookable", "needs_signature", "is_active"),
    levels=("skill",),
    maps=("names",),
    rows={"part": ("id", "count"), "check": ("key", "text", "kind", "needed")},
)  # fmt: skip
LABELS = {
    "name": "Name", "names": "What customers read", "description": "Description",
    "half": "Half take at most", "most": "Four of five take at most", "crew": "Technicians",
    "days": "Days", "priority": "Priority", "window": "Window", "moves_until": "Moved until",
    "is_bookable": "Customers book it", "needs_signature": "Signature", "is_active": "In use",
    "skill": "Skills", "part": "Parts", "check": "Checklist",
}  # fmt: skip
BLANKS = {
    "part": {"id": "", "count": "1"},
    "check": {"key": "", "text": "", "kind": "check", "needed": "1"},
}
PLACES = {
    "duration_p50_s": "half", "duration_p80_s": "most", "skills": "skill", "parts": "part",
    "checklist": "check", "window_s": "window", "moves_until_s": "moves_until",
    **{f"names-{code}": "names" for code in types.LOCALES},
}  # fmt: skip
_SECONDS = {"half": ("duration_p50_s", 60), "most": ("duration_p80_s", 60),
            "moves_until": ("moves_until_s", 3600)}  # fmt: skip


def blank() -> Values:
    return {
        **dict.fromkeys(SHAPE.texts, ""), "half": "60", "most": "90", "crew": "1", "days": "1",
        "priority": "3", "moves_until": "24", "is_bookable": "1", "needs_signature": "1",
        "is_active": "1", "skill": {}, "names": {}, "part": [], "check": [],
    }  # fmt: skip


def values_of(row: VisitType) -> Values:
    return {
        "name": row.name, "key": row.key, "description": row.description,
        "names": dict(row.names), "half": str(row.duration_p50_s // 60),
        "most": str(row.duration_p80_s // 60), "crew": str(row.crew), "days": str(row.days),
        "priority": str(row.priority), "moves_until": str(row.moves_until_s // 3600),
        "window": "" if row.window_s is None else str(row.window_s // 60),
        **{name: "1" if getattr(row, name) else "" for name in SHAPE.flags},
        "skill": {skill: str(level) for skill, level in sorted(row.skills.items())},
        "part": [{"id": part, "count": str(n)} for part, n in sorted(row.parts.items())],
        "check": [
            {"key": one["key"], "text": one["text"], "kind": one["kind"],
             "needed": "1" if one["needed"] else ""}
            for one in row.checklist
        ],
    }  # fmt: skip


def facts_of(form: Values) -> dict[str, Any]:
    """What the form asks to store; Invalid says beside each field what can't be read."""
    wrong: dict[str, str] = {}
    facts: dict[str, Any] = {name: form[name] for name in ("name", "names", "description")}
    for name in ("crew", "days", "priority"):
        facts[name] = forms.number(form, name, wrong)
    for name, (stored, unit) in _SECONDS.items():
        facts[stored] = forms.number(form, name, wrong) * unit
    facts["window_s"] = forms.number(form, "window", wrong) * 60 if form["window"] else None
    facts |= {name: bool(form[name]) for name in SHAPE.flags}
    facts["skills"] = {s: forms.number(form["skill"], s, wrong, key="skill") for s in form["skill"]}
    facts["parts"] = _parts(form["part"], wrong)
    facts["checklist"] = [
        {**row, "needed": bool(row["needed"])} for row in form["check"] if row["text"] or row["key"]
    ]
    if wrong:
        raise Invalid(fields=wrong)
    return facts


def placed(fields: Mapping[str, str]) -> dict[str, str]:
    return {PLACES.get(name, name): words for name, words in fields.items()}


def _parts(rows: list[dict[str, str]], wrong: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, row in enumerate(rows):
        if not row["id"]:
            wrong[f"part-{place}"] = "Choose the part, or take the line away."
        elif row["id"] in found:
            wrong[f"part-{place}"] = "This part stands here twice."
        else:
            found[row["id"]] = forms.number(row, "count", wrong, key=f"part-{place}")
    return found
