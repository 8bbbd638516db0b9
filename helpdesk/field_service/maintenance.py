"""Maintenance plans: what is visited again and again, by a rule, at a customer's place.

`next_on` is the next date for which no visit was made; whoever makes it takes the date first
(`take`), which locks the plan, so two never make the same. Not for making visits and their tickets
(`workflows.maintenance_due`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from helpdesk.core import reach
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.field_values import text as text_of
from helpdesk.field_service import recurring, setting_up
from helpdesk.field_service.models import Maintenance, Visit, VisitPlace
from helpdesk.field_service.models_crew import VisitType

FIELDS = (
    "place_id", "asset_id", "visit_type_id", "rule", "starts_on", "lead_days", "note", "is_active",
)  # fmt: skip
MOST_LEAD_DAYS = 120
MOST_OF_ONE = 100
MOST_AT_ONCE = 500
LONGEST_NOTE = 2000
FIRST_YEAR, LAST_YEAR = 2000, 2100
GONE = ("customer", "There is no such customer.")


def page(
    work: Work, *, cursor: str | None = None, limit: int | None = None, customer_id: str = ""
) -> Page[Maintenance]:
    """Those that are on, the next date first; those without one, and paused ones, by `paused`."""
    most = clamp_limit(limit)
    columns = (Maintenance.next_on.expression, Maintenance.id.expression)
    wanted = _seen(work).where(Maintenance.is_active, Maintenance.next_on.is_not(None))
    if customer_id:
        wanted = wanted.where(Maintenance.customer_id == customer_id)
    rows = work.session.scalars(
        keyset(wanted, columns, cursor=cursor, limit=most, descending=False)
    ).all()
    return cut(rows, most, lambda row: [row.next_on, row.id])


def paused(work: Work) -> Sequence[Maintenance]:
    """Those that make no visits now, the youngest first."""
    off = Maintenance.is_active.is_(False) | Maintenance.next_on.is_(None)
    wanted = _seen(work).where(off).order_by(Maintenance.id.desc())
    return work.session.scalars(wanted.limit(MOST_OF_ONE)).all()


def of_customer(work: Work, customer_id: str) -> Sequence[Maintenance]:
    wanted = _seen(work).where(Maintenance.customer_id == customer_id)
    return work.session.scalars(
        wanted.order_by(Maintenance.next_on, Maintenance.id).limit(MOST_OF_ONE)
    ).all()


def addresses(work: Work, rows: Sequence[Maintenance]) -> Mapping[str, str]:
    """Where each is, by the place's id."""
    wanted = sorted({row.place_id for row in rows})
    found = select(VisitPlace.id, VisitPlace.address).where(VisitPlace.id.in_(wanted))
    return {row.id: row.address for row in work.session.execute(found)}


def get(work: Work, plan_id: str, *, lock: bool = False) -> Maintenance:
    found = None
    if is_id(plan_id):
        wanted = _seen(work).where(Maintenance.id == plan_id)
        if lock:
            wanted = wanted.with_for_update(of=Maintenance).execution_options(
                populate_existing=True
            )
        found = work.session.scalar(wanted)
    if found is None:
        raise NotFound(setting_up.ABSENT)
    return found


def add(work: Work, customer_id: str, **values: Any) -> Maintenance:
    """A plan at one of the customer's places; that the asset is theirs, the caller has checked."""
    setting_up.require_staff(work)
    if records.find(work, customer_id) is None:
        raise Invalid(fields=dict([GONE]))
    usual = {"asset_id": None, "lead_days": 28, "note": "", "is_active": True}
    blank = {"place_id": "", "visit_type_id": "", "rule": "", "starts_on": None}
    checked = _checked(work, customer_id, {**usual, **blank, **values}, None)
    made = Maintenance(
        id=new_id(), customer_id=customer_id, created_at=work.at, version=1, **checked
    )
    made.next_on = _next(work, made, _today(work, made.place_id))
    work.session.add(made)
    work.session.flush()
    work.audit("maintenance.added", "maintenance", made.id, rule=made.rule)
    return made


def change(work: Work, plan_id: str, *, version: int | None, **values: Any) -> Maintenance:
    """A changed rule counts from today on; a pause that ends leaves out what passed meanwhile."""
    setting_up.require_staff(work)
    row = get(work, plan_id, lock=True)
    setting_up.at_version(row, version)
    checked = _checked(work, row.customer_id, values, row)
    old = (row.rule, row.starts_on, row.is_active)
    new = tuple(checked.get(n, getattr(row, n)) for n in ("rule", "starts_on", "is_active"))
    if setting_up.apply(work, row, checked, "maintenance.changed") and old != new:
        row.next_on = _next(work, row, _today(work, row.place_id))
        work.session.flush()
    return row


def skip(work: Work, plan_id: str, on: date) -> Maintenance:
    """Leave one date out; nothing happens when it is not the next one any more."""
    setting_up.require_staff(work)
    row = get(work, plan_id, lock=True)
    if row.next_on == on:
        _go_on(work, row)
        work.audit("maintenance.skipped", "maintenance", row.id, on=on.isoformat())
    return row


def remove(work: Work, plan_id: str) -> Maintenance:
    """Take the plan away; the visits that it made stay."""
    setting_up.require_staff(work)
    row = get(work, plan_id, lock=True)
    work.session.delete(row)
    work.audit("maintenance.removed", "maintenance", row.id, rule=row.rule)
    return row


def preview(row: Maintenance, count: int = 5) -> Sequence[date]:
    """The next dates, the one to come first."""
    if row.next_on is None:
        return []
    return recurring.dates(row.rule, row.starts_on, row.next_on, count)


def due(work: Work) -> Sequence[tuple[str, date]]:
    """Plans whose next visit has to be made by now, and for which date."""
    latest = work.at.date() + timedelta(days=MOST_LEAD_DAYS + 1)
    wanted = (
        select(Maintenance.id, Maintenance.next_on, Maintenance.lead_days)
        .where(Maintenance.is_active, Maintenance.next_on <= latest)
        .order_by(Maintenance.next_on, Maintenance.id)
    )
    today = work.at.date()
    rows = work.session.execute(wanted)
    found = [(row.id, row.next_on) for row in rows if _is_due(row.next_on, row.lead_days, today)]
    return found[:MOST_AT_ONCE]


def take(work: Work, plan_id: str, on: date) -> Maintenance | None:
    """Take the date for a visit that is now made; None: somebody else has, or it is paused.

    Dates that passed while nobody looked are left out but for the last of them.
    """
    row = work.session.get(Maintenance, plan_id, with_for_update=True, populate_existing=True)
    if row is None or not row.is_active or row.next_on != on:
        return None
    _go_on(work, row)
    today = work.at.date()
    if row.next_on is not None and row.next_on <= today:
        return None
    return row


def _go_on(work: Work, row: Maintenance) -> None:
    assert row.next_on is not None
    row.next_on = _next(work, row, row.next_on + timedelta(days=1))
    row.version += 1
    work.session.flush()


def _is_due(on: date, lead_days: int, today: date) -> bool:
    return on <= today + timedelta(days=lead_days)


def _next(work: Work, row: Maintenance, since: date) -> date | None:
    """The first date from `since` on for which no visit was made yet."""
    made = set(
        work.session.scalars(
            select(Visit.maintenance_on).where(
                Visit.maintenance_id == row.id, Visit.maintenance_on >= since
            )
        )
    )
    found = recurring.dates(row.rule, row.starts_on, since, len(made) + 1)
    return next((day for day in found if day not in made), None)


def _today(work: Work, place_id: str) -> date:
    place = work.session.get(VisitPlace, place_id)
    zone = place.zone if place is not None and place.zone else "UTC"
    return work.at.astimezone(ZoneInfo(zone)).date()


def _seen(work: Work) -> Select[Maintenance]:
    setting_up.require_look(work)
    wanted = select(Maintenance)
    if work.actor.is_limited:
        wanted = wanted.where(reach.sees_customer(work.actor, Maintenance.customer_id.expression))
    return wanted


def _checked(
    work: Work, customer_id: str, values: Mapping[str, Any], row: Maintenance | None
) -> dict[str, Any]:
    setting_up.known(values, FIELDS)
    found, wrong = dict(values), dict[str, str]()
    if "place_id" in found and not _is_theirs(work, customer_id, found["place_id"]):
        wrong["place_id"] = "Choose one of the customer's places."
    if "visit_type_id" in found and not _is_kind(work, found["visit_type_id"], row):
        wrong["visit_type_id"] = "Choose a type of visit."
    if "lead_days" in found:
        setting_up.whole(found["lead_days"], "lead_days", 0, MOST_LEAD_DAYS, " days")
    if "note" in found:
        found["note"] = (
            text_of(found["note"], "note", longest=LONGEST_NOTE) if found["note"] else ""
        )
    starts_on = found.get("starts_on", row.starts_on if row else None)
    if not isinstance(starts_on, date) or not FIRST_YEAR <= starts_on.year <= LAST_YEAR:
        wrong["starts_on"] = "Give a date, like 2026-03-01."
    elif "rule" in found or "starts_on" in found:
        found["rule"] = recurring.plain(found.get("rule", row.rule if row else ""))
        recurring.next_on(found["rule"], starts_on, starts_on)
    if wrong:
        raise Invalid(fields=wrong)
    return found


def _is_theirs(work: Work, customer_id: str, place_id: str) -> bool:
    place = work.session.get(VisitPlace, place_id) if is_id(place_id) else None
    return place is not None and place.customer_id == customer_id and place.is_active


def _is_kind(work: Work, type_id: str, row: Maintenance | None) -> bool:
    kind = work.session.get(VisitType, type_id) if is_id(type_id) else None
    return kind is not None and (
        kind.is_active or (row is not None and row.visit_type_id == type_id)
    )
