"""Making and changing service levels. Every change that may move a deadline starts a recompute.

Input is checked here, whoever brings it. Not for which policy holds (`policies`, `choosing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.calendars.models import CalendarRow
from helpdesk.clocks import choosing, permissions, recompute
from helpdesk.clocks.events import PoliciesChanged
from helpdesk.clocks.models import PolicyRow
from helpdesk.clocks.policies import (
    CUSTOMER_FIELD,
    FIELD,
    OPERATORS,
    PRIORITIES,
    SUBJECTS,
    Condition,
    conditions_as_list,
)
from helpdesk.clocks.terms import BOOKED, DEFAULT_RULES, PAUSES, Rule, rules_as_dict
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work

LONGEST_NAME = 80
LONGEST_DESCRIPTION = 300
MOST_POLICIES = 100
MOST_CONDITIONS = 20
MOST_VALUES = 50
LONGEST_TARGET_S = 366 * 86400
MOVES = ("conditions", "targets", "rules", "calendar_id", "warn_percent", "is_active")


def create_policy(work: Work, *, name: str, **given: Any) -> PolicyRow:
    """A new policy at the end of the list; `given` as in `change_policy`."""
    permissions.require_set(work)
    count, last = work.session.execute(
        select(func.count(), func.max(PolicyRow.position)).select_from(PolicyRow)
    ).one()
    if count >= MOST_POLICIES:
        raise Invalid(f"There are {MOST_POLICIES} policies already. Remove one first.")
    values = _checked(work, {"name": name, **given}, None)
    row = PolicyRow(id=new_id(), position=(last or 0) + 1, changed_at=work.at, **values)
    if not row.rules:
        row.rules = rules_as_dict(DEFAULT_RULES)
    work.session.add(row)
    work.session.flush()
    work.audit("sla.added", "sla_policy", row.id, name=row.name)
    _changed(work, row, "added", moves=row.is_active is not False)
    return row


def change_policy(work: Work, policy_id: str, *, version: int, **given: Any) -> PolicyRow:
    """Change what is given: name, description, is_active, conditions (Condition ...), targets
    {clock: {priority: seconds}}, rules {clock: Rule}, calendar_id, warn_percent (0: no warning)."""
    row = _locked(work, policy_id, version)
    before = facts_of(row)
    for key, value in _checked(work, given, row.id).items():
        setattr(row, key, value)
    after = facts_of(row)
    differ = [key for key in after if after[key] != before[key]]
    if not differ:
        return row
    row.version += 1
    row.changed_at = work.at
    work.session.flush()
    work.audit(
        "sla.changed", "sla_policy", row.id, name=row.name,
        before={key: before[key] for key in differ}, after={key: after[key] for key in differ},
    )  # fmt: skip
    _changed(work, row, "changed", moves=any(key in MOVES for key in differ))
    return row


def remove_policy(work: Work, policy_id: str, *, version: int) -> dict[str, Any]:
    """Answers what it was, so that it can be made anew."""
    row = _locked(work, policy_id, version)
    was = facts_of(row)
    work.session.delete(row)
    work.session.flush()
    work.audit("sla.removed", "sla_policy", policy_id, name=was["name"], before=was)
    _changed(work, row, "removed", moves=bool(was["is_active"]))
    return was


def reorder(work: Work, ids: Sequence[str]) -> None:
    """The whole list in its new order. Conflict when somebody added or removed one meanwhile."""
    permissions.require_set(work)
    rows = work.session.scalars(
        select(PolicyRow).order_by(PolicyRow.position, PolicyRow.id).with_for_update()
    ).all()
    by_id = {row.id: row for row in rows}
    if len(ids) != len(rows) or set(ids) != by_id.keys():
        raise Conflict("The list changed meanwhile. Look again and repeat.", code="stale")
    if list(ids) == [row.id for row in rows]:
        return
    for place, policy_id in enumerate(ids, 1):
        row = by_id[policy_id]
        if row.position != place:
            row.position, row.changed_at = place, work.at
            row.version += 1
    work.session.flush()
    work.audit("sla.reordered", "sla_policy", None, order=[by_id[one].name for one in ids])
    _changed(work, None, "reordered", moves=True)


def facts_of(row: PolicyRow) -> dict[str, Any]:
    """A policy as plain values, for audit, forms and programs."""
    return {
        "name": row.name,
        "description": row.description,
        "is_active": row.is_active,
        "conditions": row.conditions,
        "targets": row.targets,
        "rules": row.rules,
        "calendar_id": row.calendar_id,
        "warn_percent": row.warn_percent,
    }


def policies_using_calendar(work: Work, calendar_id: str) -> str | None:
    """In words, which policies count by these hours; for calendars that are to be deleted."""
    names = work.session.scalars(
        select(PolicyRow.name)
        .where(PolicyRow.calendar_id == calendar_id)
        .order_by(PolicyRow.position)
        .limit(4)
    ).all()
    if not names:
        return None
    listed = ", ".join(f"“{name}”" for name in names[:3]) + (" and more" if names[3:] else "")
    return f"the service level {listed}" if len(names) == 1 else f"the service levels {listed}"


def _changed(work: Work, row: PolicyRow | None, what: str, *, moves: bool) -> None:
    work.session.info[choosing.CHANGED] = True
    work.emit(PoliciesChanged(policy_id=row.id if row else None, what=what))
    if moves:
        why = f"“{row.name}” was {what}" if row else "the order of the service levels changed"
        recompute.start(work, why)


def _locked(work: Work, policy_id: str, version: int) -> PolicyRow:
    permissions.require_set(work)
    row = (
        work.session.get(PolicyRow, policy_id, with_for_update=True, populate_existing=True)
        if is_id(policy_id)
        else None
    )
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict(
            "Somebody changed this service level meanwhile. Look again and repeat.", code="stale"
        )
    return row


def _checked(work: Work, given: Mapping[str, Any], own_id: str | None) -> dict[str, Any]:
    """The given values as stored; Invalid names every field that can't be."""
    wrong: dict[str, str] = {}
    stored: dict[str, Any] = {}
    for key, value in given.items():
        try:
            stored[key] = _CHECKS[key](work, value, own_id)
        except Invalid as error:
            wrong |= error.fields or {key: error.message}
    if wrong:
        raise Invalid(fields=wrong)
    return stored


def _name(work: Work, value: Any, own_id: str | None) -> str:
    name = _line(value)
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(f"Write a name of at most {LONGEST_NAME} characters.")
    taken = work.session.scalar(select(PolicyRow.id).where(PolicyRow.name == name))
    if taken is not None and taken != own_id:
        raise Invalid("There is a service level of this name already.")
    return name


def _description(work: Work, value: Any, own_id: str | None) -> str:
    text = _line(value)
    if len(text) > LONGEST_DESCRIPTION:
        raise Invalid(f"Keep it to {LONGEST_DESCRIPTION} characters.")
    return text


def _flag(work: Work, value: Any, own_id: str | None) -> bool:
    return bool(value)


def _conditions(work: Work, value: Sequence[Condition], own_id: str | None) -> list[Any]:
    if len(value) > MOST_CONDITIONS:
        raise Invalid(f"At most {MOST_CONDITIONS} conditions.")
    for condition in value:
        _check_condition(condition)
    return conditions_as_list(value)


def _check_condition(condition: Condition) -> None:
    subject = condition.subject
    own = subject.startswith((FIELD, CUSTOMER_FIELD)) and 0 < len(subject.split(":", 1)[1]) <= 40
    if subject not in SUBJECTS and not own:
        raise Invalid("Choose what the condition asks about.")
    if condition.operator not in OPERATORS:
        raise Invalid("Choose how the condition compares.")
    needs = condition.operator not in ("present", "absent")
    if needs and not condition.values:
        raise Invalid("Say what to compare with, or take the condition out.")
    if len(condition.values) > MOST_VALUES or any(len(v) > 200 for v in condition.values):
        raise Invalid(f"At most {MOST_VALUES} values of 200 characters each.")


def _targets(work: Work, value: Mapping[str, Mapping[str, int]], own_id: str | None) -> Any:
    kept: dict[str, dict[str, int]] = {}
    for clock, by_priority in value.items():
        for priority, seconds in by_priority.items():
            field = f"target.{clock}.{priority}"
            if clock not in BOOKED or priority not in PRIORITIES:
                raise Invalid("There is no such target.")
            if not isinstance(seconds, int) or not 0 < seconds <= LONGEST_TARGET_S:
                raise Invalid(fields={field: "A target is between one second and a year."})
            kept.setdefault(clock, {})[priority] = seconds
    return kept


def _rules(work: Work, value: Mapping[str, Rule], own_id: str | None) -> Any:
    for clock, rule in value.items():
        if clock not in BOOKED or not rule.pauses <= set(PAUSES):
            raise Invalid("There is no such pause.")
    return rules_as_dict(value)


def _calendar(work: Work, value: Any, own_id: str | None) -> str | None:
    if not value:
        return None
    if not is_id(value) or work.session.get(CalendarRow, value) is None:
        raise Invalid("These business hours don't exist any more.")
    return str(value)


def _percent(work: Work, value: Any, own_id: str | None) -> int:
    if not isinstance(value, int) or not 0 <= value <= 99:
        raise Invalid("Write a whole number from 0 to 99; 0 gives no warning.")
    return value


def _line(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


_CHECKS: dict[str, Callable[[Work, Any, str | None], Any]] = {
    "name": _name,
    "description": _description,
    "is_active": _flag,
    "conditions": _conditions,
    "targets": _targets,
    "rules": _rules,
    "calendar_id": _calendar,
    "warn_percent": _percent,
}
