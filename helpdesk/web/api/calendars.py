"""Business calendars over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.calendars import queries, service
from helpdesk.calendars.models import CalendarRow
from helpdesk.core.work import Work
from helpdesk.web.api.base import ADMIN, STAFF, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import (
    Listed,
    Paged,
    Query,
    Version,
    View,
    given,
    listed,
    page_of_few,
    plain,
)
from helpdesk.web.bodies import Body

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[str, Meta(pattern="^[0-9]{1,2}:[0-9]{2}$", examples=["09:00"])]
Window = Annotated[list[Clock], Meta(min_length=2, max_length=2)]
Windows = Annotated[list[Window], Meta(max_length=24)]
Date = Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Named = Annotated[str, Meta(max_length=100)]


class Plan(Body, frozen=True):
    """Local hours; a day left out is closed, 22:00 to 06:00 runs past midnight.

    `exceptions` take the place of a date's hours, an empty list closes it; `names` name dates.
    """

    zone: Annotated[str, Meta(min_length=1, max_length=60, examples=["Europe/Berlin"])]
    weekly: dict[Day, Windows] = field(default_factory=dict)
    exceptions: Annotated[dict[Date, Windows], Meta(max_length=2_000)] = field(default_factory=dict)
    names: Annotated[dict[Date, Named], Meta(max_length=2_000)] | UnsetType = UNSET


class CalendarView(View):
    id: str
    name: str
    plan: dict[str, Any]
    changed_at: datetime
    version: int


class NewCalendar(Body, frozen=True):
    name: Name
    plan: Plan


class CalendarChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    plan: Plan | UnsetType = UNSET


class VersionAsked(Query):
    version: Annotated[Version | UnsetType, Meta(description="The version you have read.")] = UNSET


@operation("GET", "/calendars", who=STAFF, query=Paged, gives=Listed[CalendarView])
def list_calendars(work: Work, query: Paged) -> Listed[CalendarView]:
    """List calendars by name."""
    page = page_of_few(queries.list_calendars(work), query, lambda row: (row.name, row.id))
    return listed(page, [_view(row) for row in page.items])


@operation("POST", "/calendars", who=ADMIN, body=NewCalendar, gives=CalendarView, status=201)
def add_calendar(work: Work, body: NewCalendar) -> CalendarView:
    """Add a calendar."""
    return _view(service.create_calendar(work, name=body.name, plan=plain(body.plan)))


@operation("GET", "/calendars/<id:calendar_id>", who=STAFF, gives=CalendarView)
def get_calendar(work: Work, calendar_id: str) -> CalendarView:
    """Get one calendar."""
    return _view(queries.get_calendar(work, calendar_id))


@operation(
    "PATCH",
    "/calendars/<id:calendar_id>",
    who=ADMIN,
    body=CalendarChange,
    gives=CalendarView,
    versioned=True,
)
def change_calendar(work: Work, calendar_id: str, body: CalendarChange) -> CalendarView:
    """Change a calendar's name or hours."""
    changes = plain(given(body, "version"))
    version = version_asked(body.version)
    return _view(service.change_calendar(work, calendar_id, version=version, **changes))


@operation("DELETE", "/calendars/<id:calendar_id>", who=ADMIN, query=VersionAsked, versioned=True)
def delete_calendar(work: Work, calendar_id: str, query: VersionAsked) -> None:
    """Delete a calendar that no queue keeps."""
    service.delete_calendar(work, calendar_id, version=version_asked(query.version))


def _view(row: CalendarRow) -> CalendarView:
    names = {"names": row.holiday_names} if row.holiday_names else {}
    return CalendarView(
        id=row.id,
        name=row.name,
        plan=msgspec.to_builtins({**row.plan, **names}),
        changed_at=row.changed_at,
        version=row.version,
    )
