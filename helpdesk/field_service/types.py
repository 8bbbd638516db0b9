"""Kinds of visits: how long, who with which skills, which parts, and what is gone through there.

A visit copies what its type asks when it is made, so a change here breaks no plan. A type is put
out of use and not removed: visits that have it keep its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.field_service import parts, setting_up
from helpdesk.field_service.models_crew import VisitType

FIELDS = (
    "name", "names", "description", "duration_p50_s", "duration_p80_s", "skills", "parts", "crew",
    "days", "checklist", "priority", "window_s", "is_bookable", "needs_signature",
    "moves_until_s", "is_active",
)  # fmt: skip
KINDS = {"check": "Tick", "number": "Number", "text": "Text", "photo": "Photo"}
PRIORITIES = {1: "Emergency", 2: "High", 3: "Normal", 4: "Low"}
LOCALES = {"en": "English", "de": "German"}
MOST = 200
MOST_LINES = 60
LONGEST_S, SHORTEST_S = 12 * 3600, 5 * 60
LONGEST_WINDOW_S, SHORTEST_WINDOW_S = 12 * 3600, 30 * 60
MOST_CREW, MOST_DAYS = 6, 10
LONGEST_NOTICE_S = 30 * 86_400
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LIMITS = {
    "duration_p50_s": (SHORTEST_S, LONGEST_S, " seconds"),
    "duration_p80_s": (SHORTEST_S, LONGEST_S, " seconds"),
    "crew": (1, MOST_CREW, ""),
    "days": (1, MOST_DAYS, ""),
    "priority": (1, 4, ""),
    "moves_until_s": (0, LONGEST_NOTICE_S, " seconds"),
}


def list_all(work: Work, *, active: bool = False, bookable: bool = False) -> Sequence[VisitType]:
    """In their own order. For every actor: customers choose from it."""
    wanted = select(VisitType).order_by(VisitType.position, VisitType.name, VisitType.id)
    if active or bookable:
        wanted = wanted.where(VisitType.is_active)
    if bookable:
        wanted = wanted.where(VisitType.is_bookable)
    return work.session.scalars(wanted.limit(MOST)).all()


def get(work: Work, type_id: str) -> VisitType:
    return setting_up.get(work, VisitType, type_id)


def find(work: Work, key: str) -> VisitType | None:
    """By its name for programs. For every actor."""
    found: VisitType | None = work.session.scalar(select(VisitType).where(VisitType.key == key))
    return found


def name_in(row: VisitType, locale: str) -> str:
    """What customers of that language read."""
    return row.names.get(locale) or row.name


def add(work: Work, *, key: str, **values: Any) -> VisitType:
    setting_up.require_set_up(work)
    if not _KEY.fullmatch(key):
        raise Invalid(fields={"key": "Use small letters, digits and _, a letter first."})
    if find(work, key) is not None:
        raise Conflict("There is a visit type of this name already.", code="key_taken")
    count, last = work.session.execute(
        select(func.count(), func.max(VisitType.position)).select_from(VisitType)
    ).one()
    if count >= MOST:
        raise Invalid(f"There are {MOST} visit types already.")
    checked = _checked(work, {"name": "", **values}, None)
    made = VisitType(
        id=new_id(), key=key, position=0 if last is None else last + 1, version=1, **checked
    )
    work.session.add(made)
    work.session.flush()
    work.audit("visit_type.added", "visit_type", made.id, name=made.name)
    return made


def change(work: Work, type_id: str, *, version: int | None, **values: Any) -> VisitType:
    setting_up.require_set_up(work)
    row = setting_up.get(work, VisitType, type_id, lock=True)
    setting_up.at_version(row, version)
    setting_up.apply(work, row, _checked(work, values, row), "visit_type.changed", name=row.name)
    return row


def put_in_order(work: Work, ids: Sequence[str]) -> None:
    """The order in which they are offered; types that are not named follow as they stood."""
    setting_up.require_set_up(work)
    rows = {row.id: row for row in list_all(work)}
    named = [one for one in dict.fromkeys(ids) if one in rows]
    for place, type_id in enumerate([*named, *(one for one in rows if one not in named)]):
        rows[type_id].position = place
    work.audit("visit_type.reordered", "visit_type", None, order=[rows[one].key for one in named])


def read_checklist(given: Sequence[Mapping[str, Any]], before: Sequence[Any] = ()) -> list[Any]:
    """Lines as they are stored; Invalid names the line as `check-0`.

    A line keeps its key for ever, since answers are kept under it; new ones get the next free.
    """
    if len(given) > MOST_LINES:
        raise Invalid(fields={"checklist": f"List at most {MOST_LINES} lines."})
    taken = {str(one.get("key", "")) for one in (*given, *before)}
    kept, wrong = list[dict[str, Any]](), dict[str, str]()
    for place, one in enumerate(given):
        words = line(one.get("text"), f"check-{place}", longest=160)
        if not words:
            wrong[f"check-{place}"] = "Say what is to be done."
        if one.get("kind") not in KINDS:
            wrong[f"check-{place}"] = "Choose tick, number, text or photo."
        key = line(one.get("key"), f"check-{place}", longest=40) or _free(taken)
        if key in {line_["key"] for line_ in kept}:
            wrong[f"check-{place}"] = "This line stands here twice."
        kept.append(
            {"key": key, "text": words, "kind": one.get("kind"), "needed": bool(one.get("needed"))}
        )
    if wrong:
        raise Invalid(fields=wrong)
    return kept


def _free(taken: set[str]) -> str:
    number = 1
    while f"line_{number}" in taken:
        number += 1
    taken.add(f"line_{number}")
    return f"line_{number}"


def _checked(work: Work, values: Mapping[str, Any], row: VisitType | None) -> dict[str, Any]:
    setting_up.known(values, FIELDS)
    found, wrong = dict(values), dict[str, str]()
    for name, check in _CHECKS.items():
        if name in found:
            try:
                found[name] = check(work, found[name], row)
            except Invalid as error:
                wrong |= error.fields
    for name, (least, most, unit) in _LIMITS.items():
        if name in found:
            try:
                setting_up.whole(found[name], name, least, most, unit)
            except Invalid as error:
                wrong |= error.fields
    if not wrong:
        wrong |= _durations(found, row)
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _durations(found: Mapping[str, Any], row: VisitType | None) -> dict[str, str]:
    usual = {"duration_p50_s": 3600, "duration_p80_s": 5400}
    p50, p80 = (found.get(n, getattr(row, n, usual[n])) for n in usual)
    if p80 < p50:
        return {"duration_p80_s": "Four of five visits take at least as long as half of them."}
    return {}


def _name(work: Work, value: Any, row: VisitType | None) -> str:
    return line(value, "name", longest=80, needed=True)


def _names(work: Work, value: Any, row: VisitType | None) -> dict[str, str]:
    if odd := set(value) - set(LOCALES):
        raise Invalid(fields={"names": f"“{min(odd)[:10]}” is no language of customers' pages."})
    kept = {code: line(text, f"names-{code}", longest=80) for code, text in value.items()}
    return {code: text for code, text in sorted(kept.items()) if text}


def _description(work: Work, value: Any, row: VisitType | None) -> str:
    return line(value, "description", longest=500)


def _skills(work: Work, value: Any, row: VisitType | None) -> dict[str, int]:
    return setting_up.levels(value)


def _parts(work: Work, value: Any, row: VisitType | None) -> dict[str, int]:
    return parts.needed(work, value)


def _checklist(work: Work, value: Any, row: VisitType | None) -> list[Any]:
    return read_checklist(value, row.checklist if row else ())


def _window(work: Work, value: Any, row: VisitType | None) -> int | None:
    if value is None:
        return None
    return setting_up.whole(value, "window_s", SHORTEST_WINDOW_S, LONGEST_WINDOW_S, " seconds")


_CHECKS = {
    "name": _name, "names": _names, "description": _description, "skills": _skills,
    "parts": _parts, "checklist": _checklist, "window_s": _window,
}  # fmt: skip
