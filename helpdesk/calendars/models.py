"""Stored business calendars; the arithmetic over them is `helpdesk.calendars.hours`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Json, pk


class CalendarRow(Base):
    """`plan` is what `hours.calendar_from_dict` reads: zone, weekly windows, exceptions.

    `holiday_names` maps an exception's date (ISO) to its name.
    """

    __tablename__ = "calendar"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(80), unique=True)
    plan: Mapped[dict[str, Any]] = mapped_column(Json)
    holiday_names: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    changed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
