"""Tables of visits: what is to be done where, in which route it stands, what was promised.

A route is one technician's day, and its `version` is what every promise is settled by: whoever
changes who drives where moves it on by a compare-and-set. Set-up (technicians, types, parts) is in
`models_crew`, what the technician wrote in `models_work`.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk
from helpdesk.field_service import models_crew, models_work

__all__ = ["models_crew", "models_work"]  # so that they are known wherever these are

FIRST_NUMBER = 10_001
WAITING = "state = 'waiting'"
AHEAD = "state IN ('booked', 'travelling', 'on_site')"


def _where(name: str, which: str, *columns: str, unique: bool = False) -> Index:
    wanted = text(which)
    return Index(name, *columns, unique=unique, postgresql_where=wanted, sqlite_where=wanted)


class VisitPlace(Base):
    """Where a customer is visited. `pin` says where the coordinates (degrees) come from: set by a
    person, found for the address, or none. `access` is for the technician: gate, dog, key.
    """

    __tablename__ = "visit_place"
    __table_args__ = (
        Index("ix_visit_place_customer", "customer_id", "created_at", "id"),
        Index("ix_visit_place_postcode", "postcode", "created_at"),
    )

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(300))
    postcode: Mapped[str] = mapped_column(String(12), default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    pin: Mapped[str] = mapped_column(String(8), default="none")  # none, person, found
    access: Mapped[str] = mapped_column(String(500), default="")
    zone: Mapped[str] = mapped_column(String(64), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class Visit(Base):
    """One appointment in the field. `number` is for people (V-10001).

    `state` waiting (in no route), booked (in a route), travelling, on_site, done, no_access (nobody
    opened) or cancelled. The window is what the customer was promised, None: nothing was.
    Durations in seconds. What its type asks was copied, so that a later change of the type does not
    break the plan. `lock_*` is what a dispatcher fixed. `series_id` joins the days of one job, in
    the order of `series_place`. `moves` counts how often the promise was changed.
    """

    __tablename__ = "visit"
    __table_args__ = (
        Index("ix_visit_customer", "customer_id", "created_at", "id"),
        Index("ix_visit_ticket", "ticket_id", "created_at"),
        Index("ix_visit_list", "created_at", "id"),
        Index("ix_visit_planned", "planned_at", "id"),
        Index("ix_visit_asset", "asset_id", "created_at"),
        Index("ix_visit_place", "place_id", "created_at"),
        Index("ix_visit_series", "series_id", "series_place"),
        _where("ix_visit_waiting", WAITING, "priority", "due_at", "id"),
        _where("ix_visit_ahead", AHEAD, "planned_at", "id"),
        _where(
            "uq_visit_of_plan", "maintenance_id IS NOT NULL", "maintenance_id", "maintenance_on",
            unique=True,
        ),
    )  # fmt: skip

    id: Mapped[pk]
    number: Mapped[int] = mapped_column(Sequence64, Identity(start=FIRST_NUMBER), unique=True)
    ticket_id: Mapped[str | None] = mapped_column(Id)
    customer_id: Mapped[str] = mapped_column(Id)
    visit_type_id: Mapped[str] = mapped_column(Id, ForeignKey("visit_type.id"))
    place_id: Mapped[str] = mapped_column(Id, ForeignKey("visit_place.id"))
    asset_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    source: Mapped[str] = mapped_column(String(12))  # portal, desk, api, ivr, technician, plan
    priority: Mapped[int] = mapped_column(default=3)  # 1 emergency, 2 high, 3 normal, 4 low
    note: Mapped[str] = mapped_column(String(2000), default="")  # for the technician
    due_at: Mapped[datetime | None]
    earliest_at: Mapped[datetime | None]
    duration_s: Mapped[int]
    duration_p80_s: Mapped[int]
    crew: Mapped[int] = mapped_column(default=1)
    skills: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    parts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    window_starts_at: Mapped[datetime | None]
    window_ends_at: Mapped[datetime | None]
    planned_at: Mapped[datetime | None]  # when work is to begin
    lock_technician_id: Mapped[str | None] = mapped_column(Id)
    lock_from: Mapped[datetime | None]
    lock_to: Mapped[datetime | None]
    series_id: Mapped[str | None] = mapped_column(Id)
    series_place: Mapped[int] = mapped_column(default=0)
    maintenance_id: Mapped[str | None] = mapped_column(Id)
    maintenance_on: Mapped[date | None]
    follows_id: Mapped[str | None] = mapped_column(Id)  # the visit at which this one was booked
    appointment_clock_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    departed_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(20), default="")  # solved, follow_up, no_access
    reason: Mapped[str] = mapped_column(String(300), default="")  # why cancelled or moved
    moves: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)


class Route(Base):
    """A technician's day (`day` in the technician's own zone). Whoever changes its stops moves
    `version` on from the one that they have planned with, or has lost.
    """

    __tablename__ = "route"
    __table_args__ = (
        Index("uq_route_day", "technician_id", "day", unique=True),
        Index("ix_route_day", "day", "technician_id"),
    )

    id: Mapped[pk]
    technician_id: Mapped[str] = mapped_column(Id)
    day: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    is_locked: Mapped[bool] = mapped_column(default=False)  # dispatcher: nothing moves here
    changed_at: Mapped[datetime]


class RouteStop(Base):
    """A visit in a route; a job for two stands in two routes at one time. `is_lead` signs for it.
    `travel_s` is the drive to it, `travel_source` who says so.
    """

    __tablename__ = "route_stop"
    __table_args__ = (
        Index("uq_route_stop_visit", "visit_id", "technician_id", unique=True),
        Index("ix_route_stop_route", "route_id", "starts_at"),
        Index("ix_route_stop_technician", "technician_id", "starts_at"),
    )

    id: Mapped[pk]
    route_id: Mapped[str] = mapped_column(Id, ForeignKey("route.id"))
    technician_id: Mapped[str] = mapped_column(Id)
    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id"))
    position: Mapped[int]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    travel_s: Mapped[int] = mapped_column(default=0)
    travel_source: Mapped[str] = mapped_column(String(16), default="")
    is_lead: Mapped[bool] = mapped_column(default=True)


class VisitNeeds(Base):
    """What has to come first: another visit (`needs_visit_id`) or a part (`part_id`) that is
    ordered for it and arrives on `expected_on`; `met_at` None: it is still awaited.
    """

    __tablename__ = "visit_needs"
    __table_args__ = (
        Index("ix_visit_needs_visit", "visit_id"),
        Index("ix_visit_needs_other", "needs_visit_id"),
        _where("ix_visit_needs_part", "met_at IS NULL", "expected_on", "id"),
    )

    id: Mapped[pk]
    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id"))
    needs_visit_id: Mapped[str | None] = mapped_column(Id)
    part_id: Mapped[str | None] = mapped_column(Id)
    quantity: Mapped[int] = mapped_column(default=1)
    expected_on: Mapped[date | None]
    met_at: Mapped[datetime | None]


class SlotOffer(Base):
    """A window as it was offered. `state` offered (nothing is kept for it), held (its place in the
    plan is kept until `expires_at`), accepted, released or expired. `planned` says how it was
    found: technicians, positions, versions of their routes. A held one stands in the routes as
    `job` does.
    """

    __tablename__ = "slot_offer"
    __table_args__ = (
        Index("ix_slot_offer_customer", "customer_id", "made_at"),
        Index("ix_slot_offer_asked", "asked_id"),
        _where("ix_slot_offer_held", "state = 'held'", "expires_at", "id"),
        Index("ix_slot_offer_old", "made_at"),
    )

    id: Mapped[pk]
    asked_id: Mapped[str] = mapped_column(Id)  # one question, several offers
    customer_id: Mapped[str] = mapped_column(Id)
    ticket_id: Mapped[str | None] = mapped_column(Id)
    visit_id: Mapped[str | None] = mapped_column(Id)  # which visit is to be moved
    visit_type_id: Mapped[str] = mapped_column(Id)
    place_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(10), default="offered")
    source: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    day: Mapped[date]
    technician_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    job: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    planned: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    price: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    expires_at: Mapped[datetime]
    accepted_visit_id: Mapped[str | None] = mapped_column(Id)


class SlotAsk(Base):
    """A question for windows and, while its customer decides, what the job still finds for it."""

    __tablename__ = "slot_ask"
    __table_args__ = (Index("ix_slot_ask_old", "made_at"),)

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id)
    wanted: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    refusal: Mapped[dict[str, Any] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10), default="looking")  # looking, done
    made_at: Mapped[datetime]


class VisitPromise(Base):
    """The promise ledger: each window that a customer was told. `state` open, kept, broken, moved
    (by the customer), withdrawn (cancelled) or changed (by us, which counts as broken when told
    late). `risk` is the probability that it is missed, `eta_*` when the technician is expected.
    """

    __tablename__ = "visit_promise"
    __table_args__ = (
        Index("ix_visit_promise_visit", "visit_id", "made_at"),
        Index("ix_visit_promise_customer", "customer_id", "made_at"),
        Index("ix_visit_promise_window", "starts_at", "id"),
        _where("ix_visit_promise_open", "state = 'open'", "ends_at", "id"),
        _where("uq_visit_promise_open", "state = 'open'", "visit_id", unique=True),
    )

    id: Mapped[pk]
    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id"))
    customer_id: Mapped[str] = mapped_column(Id)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(10), default="open")
    decided_at: Mapped[datetime | None]
    late_s: Mapped[int | None]
    risk: Mapped[float | None]
    eta_p50_at: Mapped[datetime | None]
    eta_p90_at: Mapped[datetime | None]
    at_risk_since: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]  # the customer said that it suits them


class VisitReminder(Base):
    """A word to the customer that is due: confirmation, day before, hour before, on the way."""

    __tablename__ = "visit_reminder"
    __table_args__ = (
        Index("uq_visit_reminder_once", "visit_id", "kind", "promise_id", unique=True),
        _where("ix_visit_reminder_due", "sent_at IS NULL", "due_at", "id"),
    )

    id: Mapped[pk]
    visit_id: Mapped[str] = mapped_column(Id, ForeignKey("visit.id"))
    promise_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(String(40), default="")


class PlanRun(Base):
    """A re-planning as a proposal. `state` queued, running, ready, applied, dropped, undone or
    failed. `routes` {"technician/day": version} is what it was made on; `figures` before and after.
    `touched_at`: when somebody last worked on it; silent for long, it is taken up again.
    """

    __tablename__ = "plan_run"
    __table_args__ = (
        Index("ix_plan_run_day", "day", "asked_at"),
        _where("ix_plan_run_open", "state IN ('queued', 'running')", "touched_at", "id"),
    )

    id: Mapped[pk]
    day: Mapped[date]
    kind: Mapped[str] = mapped_column(String(12))  # optimise, repair
    event: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)  # what it answers
    state: Mapped[str] = mapped_column(String(10), default="queued")
    budget: Mapped[int | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str] = mapped_column(String(80))
    touched_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    engine: Mapped[str] = mapped_column(String(20), default="")
    routes: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    figures: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    error: Mapped[str] = mapped_column(String(300), default="")
    version: Mapped[int] = mapped_column(default=1)


class PlanChange(Base):
    """One line of the difference. `state` proposed, accepted (carried out since `applied_at`),
    refused, undone or stale.
    """

    __tablename__ = "plan_change"
    __table_args__ = (
        Index("ix_plan_change_run", "run_id", "position"),
        Index("ix_plan_change_visit", "visit_id"),
    )

    id: Mapped[pk]
    run_id: Mapped[str] = mapped_column(Id, ForeignKey("plan_run.id"))
    position: Mapped[int]
    visit_id: Mapped[str] = mapped_column(Id)
    before: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    why: Mapped[str] = mapped_column(String(200), default="")
    warn: Mapped[bool] = mapped_column(default=False)  # its customer has to be told
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    refusal: Mapped[str] = mapped_column(String(200), default="")  # why it is stale, or stays
    applied_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(80), default="")


class Maintenance(Base):
    """A recurring visit: `rule` (RRULE of RFC 5545, whole days) from `starts_on`. A visit waits to
    be booked `lead_days` before it is due.
    """

    __tablename__ = "maintenance_plan"
    __table_args__ = (
        Index("ix_maintenance_customer", "customer_id", "id"),
        Index("ix_maintenance_place", "place_id"),
        _where("ix_maintenance_next", "is_active AND next_on IS NOT NULL", "next_on", "id"),
    )

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id)
    place_id: Mapped[str] = mapped_column(Id, ForeignKey("visit_place.id"))
    asset_id: Mapped[str | None] = mapped_column(Id)
    visit_type_id: Mapped[str] = mapped_column(Id, ForeignKey("visit_type.id"))
    rule: Mapped[str] = mapped_column(String(300))
    starts_on: Mapped[date]
    next_on: Mapped[date | None]
    lead_days: Mapped[int] = mapped_column(default=28)
    note: Mapped[str] = mapped_column(Text, default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
