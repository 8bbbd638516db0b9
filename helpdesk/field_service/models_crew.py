"""Tables of the set-up: technicians with their days, kinds of visits, parts, territories, and what
was learned of travel and durations.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk


class VisitType(Base):
    """A kind of visit. Durations are those stated, in seconds, until enough were finished.

    `skills` {skill id: level}, `parts` {part id: quantity}, `checklist` [{key, text, kind
    (check, number, text, photo), needed}]. `names` {locale: name for customers}. `window_s` is how
    long a promised window is; None: the windows of the settings. `is_bookable`: by customers.
    `moves_until_s` before the window a customer may still move or cancel.
    """

    __tablename__ = "visit_type"

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    names: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    description: Mapped[str] = mapped_column(String(500), default="")
    duration_p50_s: Mapped[int] = mapped_column(default=3600)
    duration_p80_s: Mapped[int] = mapped_column(default=5400)
    skills: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    parts: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    crew: Mapped[int] = mapped_column(default=1)
    days: Mapped[int] = mapped_column(default=1)  # a job of several days
    checklist: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    priority: Mapped[int] = mapped_column(default=3)
    window_s: Mapped[int | None]
    is_bookable: Mapped[bool] = mapped_column(default=True)
    needs_signature: Mapped[bool] = mapped_column(default=True)
    moves_until_s: Mapped[int] = mapped_column(default=86_400)
    is_active: Mapped[bool] = mapped_column(default=True)
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)


class Technician(Base):
    """Somebody who drives (`user_id` is their account). Coordinates in degrees; `end_*` None: back
    to where the day began. `week` {"0".."6" from Monday: [["08:00", "17:00"], ...]} and `breaks`
    [{"from", "to", "minutes"}] in `zone`. Costs in minor units of `currency`.
    """

    __tablename__ = "technician"
    __table_args__ = (Index("ix_technician_active", "is_active", "user_id"),)

    user_id: Mapped[str] = mapped_column(Id, primary_key=True)
    start_name: Mapped[str] = mapped_column(String(120), default="")
    start_lat: Mapped[float]
    start_lon: Mapped[float]
    end_name: Mapped[str] = mapped_column(String(120), default="")
    end_lat: Mapped[float | None]
    end_lon: Mapped[float | None]
    zone: Mapped[str] = mapped_column(String(64))
    week: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    breaks: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    calendar_id: Mapped[str | None] = mapped_column(Id)  # whose holidays are free
    skills: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    territory_ids: Mapped[list[str]] = mapped_column(Json, default=list)
    phone: Mapped[str] = mapped_column(String(20), default="")  # where masked calls reach them
    cost_per_hour_minor: Mapped[int] = mapped_column(default=0)
    cost_per_km_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3), default="")
    colour: Mapped[str] = mapped_column(String(12), default="")
    may_overrun_s: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class TechnicianDay(Base):
    """A day that differs from the week: other hours and breaks, or none at all."""

    __tablename__ = "technician_day"
    __table_args__ = (Index("uq_technician_day", "technician_id", "day", unique=True),)

    id: Mapped[pk]
    technician_id: Mapped[str] = mapped_column(Id, ForeignKey("technician.user_id"))
    day: Mapped[date]
    hours: Mapped[list[list[str]]] = mapped_column(Json, default=list)
    breaks: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    note: Mapped[str] = mapped_column(String(120), default="")


class TechnicianAbsence(Base):
    __tablename__ = "technician_absence"
    __table_args__ = (
        Index("ix_technician_absence_of", "technician_id", "ends_at"),
        Index("ix_technician_absence_end", "ends_at"),
    )

    id: Mapped[pk]
    technician_id: Mapped[str] = mapped_column(Id, ForeignKey("technician.user_id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(12))  # leave, ill, training, other
    note: Mapped[str] = mapped_column(String(200), default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))


class Territory(Base):
    """A named area: postcodes that begin so, or an outline [[lat, lon], ...] in degrees."""

    __tablename__ = "territory"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    postcodes: Mapped[list[str]] = mapped_column(Json, default=list)
    outline: Mapped[list[list[float]]] = mapped_column(Json, default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Part(Base):
    """Something that is carried in a van and used at a visit."""

    __tablename__ = "part"
    __table_args__ = (Index("ix_part_list", "name", "id"),)

    id: Mapped[pk]
    sku: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    cost_minor: Mapped[int | None] = mapped_column(Sequence64)
    currency: Mapped[str] = mapped_column(String(3), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class VanStock(Base):
    """How many of a part are in a van; below zero: more was used than was booked in."""

    __tablename__ = "van_stock"

    technician_id: Mapped[str] = mapped_column(
        Id, ForeignKey("technician.user_id"), primary_key=True
    )
    part_id: Mapped[str] = mapped_column(Id, ForeignKey("part.id"), primary_key=True)
    quantity: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]


class VisitDuration(Base):
    """Learned: seconds of work of a type, by technician ("": by anybody), from `count` visits."""

    __tablename__ = "visit_duration"

    visit_type_id: Mapped[str] = mapped_column(Id, ForeignKey("visit_type.id"), primary_key=True)
    technician_id: Mapped[str] = mapped_column(String(36), primary_key=True, default="")
    count: Mapped[int]
    p50_s: Mapped[int]
    p80_s: Mapped[int]
    learned_at: Mapped[datetime]


class Trip(Base):
    """A finished drive between two visits, for the calibration of travel times (see `travel`).

    Rounded coordinates (three places, about 100 m), so that it names no house.
    """

    __tablename__ = "trip"
    __table_args__ = (Index("ix_trip_left", "left_at", "id"),)

    id: Mapped[pk]
    technician_id: Mapped[str] = mapped_column(Id)
    from_lat: Mapped[float]
    from_lon: Mapped[float]
    to_lat: Mapped[float]
    to_lon: Mapped[float]
    left_at: Mapped[datetime]
    seconds: Mapped[int]
    expected_s: Mapped[int]


class TravelNear(Base):
    """What a routing server said of the drives between one place and those around it.

    `place` is its coordinates as one number (see `travel_port.key_of`), `near` {place: seconds}.
    """

    __tablename__ = "travel_near"
    __table_args__ = (Index("ix_travel_near_new", "server", "asked_at"),)

    place: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=False)
    server: Mapped[str] = mapped_column(String(300))
    near: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    asked_at: Mapped[datetime]


class TechnicianPosition(Base):
    """Where a technician was last, and only while they work. `told_until`: customers may see it,
    coarsely, between leaving for them and arriving.
    """

    __tablename__ = "technician_position"

    technician_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]
    lat: Mapped[float]
    lon: Mapped[float]
    accuracy_m: Mapped[int | None]
    visit_id: Mapped[str | None] = mapped_column(Id)
