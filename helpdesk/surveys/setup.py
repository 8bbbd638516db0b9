"""Setting up which survey is asked after which tickets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.surveys import permissions
from helpdesk.surveys.choosing import Plan
from helpdesk.surveys.events import SurveysChanged
from helpdesk.surveys.models import SurveyPlan
from helpdesk.surveys.scales import SCALES

DAY = 86_400
LONGEST_DELAY_S = 30 * DAY
MOST_DAYS = 90
LONGEST_QUESTION = 300
FIELDS = ("name", "kind", "question", "queue_ids", "brand_id", "delay_s", "valid_days")


def list_plans(work: Work, *, active_only: bool = False) -> Sequence[SurveyPlan]:
    """In the order in which they are tried."""
    statement = select(SurveyPlan).where(SurveyPlan.removed_at.is_(None))
    if active_only:
        statement = statement.where(SurveyPlan.is_active)
    return work.session.scalars(statement.order_by(SurveyPlan.position, SurveyPlan.id)).all()


def as_plan(row: SurveyPlan) -> Plan:
    return Plan(row.id, row.kind, row.delay_s, tuple(row.queue_ids), row.brand_id)


def get_plan(work: Work, plan_id: str, *, lock: bool = False) -> SurveyPlan:
    row = (
        work.session.get(SurveyPlan, plan_id, with_for_update=lock, populate_existing=lock)
        if is_id(plan_id)
        else None
    )
    if row is None or row.removed_at is not None:
        raise NotFound()
    return row


def add_plan(work: Work, values: Mapping[str, Any]) -> SurveyPlan:
    """A new survey at the end of the list, switched off."""
    permissions.require_set_up(work)
    last = work.session.scalar(select(func.max(SurveyPlan.position))) or 0
    row = SurveyPlan(
        id=new_id(),
        **_checked(values),
        position=last + 1,
        is_active=False,
        created_at=work.at,
        version=1,
    )
    work.session.add(row)
    work.session.flush()
    _tell(work, row, "added", after=dict(values))
    return row


def change_plan(work: Work, plan_id: str, values: Mapping[str, Any], *, version: int) -> SurveyPlan:
    permissions.require_set_up(work)
    row = get_plan(work, plan_id, lock=True)
    if row.version != version:
        raise Conflict("Somebody changed this survey meanwhile. Look again.", code="stale")
    checked = _checked(values)
    before = {name: getattr(row, name) for name in FIELDS}
    for name, value in checked.items():
        setattr(row, name, value)
    _touch(work, row)
    _tell(work, row, "changed", before=before, after=checked)
    return row


def switch(work: Work, plan_id: str, on: bool) -> SurveyPlan:
    permissions.require_set_up(work)
    row = get_plan(work, plan_id, lock=True)
    if row.is_active != on:
        row.is_active = on
        _touch(work, row)
        _tell(work, row, "switched_on" if on else "switched_off", name=row.name)
    return row


def move_up(work: Work, plan_id: str) -> None:
    permissions.require_set_up(work)
    rows = list(list_plans(work))
    place = next((n for n, row in enumerate(rows) if row.id == plan_id), None)
    if place is None:
        raise NotFound()
    if place:
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
        for position, row in enumerate(rows, 1):
            row.position = position
        _tell(work, rows[place - 1], "moved", name=rows[place - 1].name)


def remove(work: Work, plan_id: str) -> SurveyPlan:
    """Ask it no more; what was answered stays."""
    permissions.require_set_up(work)
    row = get_plan(work, plan_id, lock=True)
    row.removed_at, row.is_active = work.at, False
    _touch(work, row)
    _tell(work, row, "removed", name=row.name)
    return row


def restore(work: Work, plan_id: str) -> SurveyPlan:
    permissions.require_set_up(work)
    row = work.session.get(SurveyPlan, plan_id, with_for_update=True) if is_id(plan_id) else None
    if row is None:
        raise NotFound()
    if row.removed_at is not None:
        row.removed_at = None
        _touch(work, row)
        _tell(work, row, "restored", name=row.name)
    return row


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: values[name] for name in FIELDS}
    wrong: dict[str, str] = {}
    found["name"] = " ".join(str(found["name"]).split())[:80]
    found["question"] = " ".join(str(found["question"]).split())
    if not found["name"]:
        wrong["name"] = "Give it a name."
    if found["kind"] not in SCALES:
        wrong["kind"] = "Choose a survey."
    if len(found["question"]) > LONGEST_QUESTION:
        wrong["question"] = f"Use at most {LONGEST_QUESTION} characters."
    if not 0 <= found["delay_s"] <= LONGEST_DELAY_S:
        wrong["delay_s"] = "Choose a time of up to 30 days."
    if not 1 <= found["valid_days"] <= MOST_DAYS:
        wrong["valid_days"] = f"Use a number from 1 to {MOST_DAYS}."
    found["queue_ids"] = [one for one in dict.fromkeys(found["queue_ids"]) if is_id(one)]
    if found["brand_id"] is not None and not is_id(found["brand_id"]):
        wrong["brand_id"] = "Choose a brand."
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _touch(work: Work, row: SurveyPlan) -> None:
    row.version += 1
    work.session.flush()


def _tell(work: Work, row: SurveyPlan, what: str, **details: Any) -> None:
    work.emit(SurveysChanged(plan_id=row.id, what=what))
    work.audit(f"survey.{what}", "survey", row.id, **details)
