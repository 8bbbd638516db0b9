"""Checklists of tickets and the time spent on them, over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.tickets import checklists, permissions, time_spent
from helpdesk.tickets import service as tickets
from helpdesk.tickets.models import ChecklistItem, TimeEntry
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Listed, View, listed
from helpdesk.web.bodies import Body


class ItemView(View):
    id: str
    text: str
    done: bool
    done_at: datetime | None
    done_by: str | None
    position: int
    version: int


class NewItem(Body, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=300)]


class ItemChange(Body, frozen=True):
    """Only what is named changes."""

    text: Annotated[str, Meta(min_length=1, max_length=300)] | None = None
    done: bool | None = None
    position: Annotated[int, Meta(ge=0, le=10_000)] | None = None


class TimeView(View):
    id: str
    user_id: str
    seconds: int
    note: str
    source: str
    at: datetime


class TimesView(View):
    """The newest entries and the sum of all."""

    total_s: int
    items: list[TimeView]


class NewTime(Body, frozen=True):
    seconds: Annotated[int, Meta(ge=1, le=86_400)]
    note: Annotated[str, Meta(max_length=500)] = ""


@operation("GET", "/tickets/<id:ticket_id>/checklist", who=DESK, gives=Listed[ItemView])
def list_checklist(work: Work, ticket_id: str) -> Listed[ItemView]:
    """List what is to be done on a ticket."""
    permissions.get_visible(work, ticket_id)
    found = [_item(row) for row in checklists.checklist(work, ticket_id)]
    return listed(Page(found, None), found)


@operation(
    "POST",
    "/tickets/<id:ticket_id>/checklist",
    who=DESK,
    body=NewItem,
    gives=ItemView,
    status=201,
)
def add_checklist_item(work: Work, ticket_id: str, body: NewItem) -> ItemView:
    """Put an item at the end of a ticket's checklist."""
    permissions.get_visible(work, ticket_id)
    return _item(checklists.add_item(work, tickets.hold(work, ticket_id), body.text))


@operation(
    "PATCH",
    "/tickets/<id:ticket_id>/checklist/<id:item_id>",
    who=DESK,
    body=ItemChange,
    gives=ItemView,
)
def change_checklist_item(work: Work, ticket_id: str, item_id: str, body: ItemChange) -> ItemView:
    """Tick an item off, reword or move it."""
    ticket = permissions.get_visible(work, ticket_id)
    changed = checklists.change_item(
        work, ticket, item_id, text=body.text, done=body.done, position=body.position
    )
    return _item(changed)


@operation("DELETE", "/tickets/<id:ticket_id>/checklist/<id:item_id>", who=DESK)
def remove_checklist_item(work: Work, ticket_id: str, item_id: str) -> None:
    """Take an item off the checklist."""
    checklists.remove_item(work, permissions.get_visible(work, ticket_id), item_id)


@operation("GET", "/tickets/<id:ticket_id>/time", who=DESK, gives=TimesView)
def list_time(work: Work, ticket_id: str) -> TimesView:
    """Read the time spent on a ticket: the last hundred entries and the sum of all."""
    permissions.get_visible(work, ticket_id)
    return TimesView(
        total_s=time_spent.total_seconds(work, ticket_id),
        items=[_time(row) for row in time_spent.entries(work, ticket_id)],
    )


@operation(
    "POST",
    "/tickets/<id:ticket_id>/time",
    who=DESK,
    body=NewTime,
    gives=TimeView,
    status=201,
)
def add_time(work: Work, ticket_id: str, body: NewTime) -> TimeView:
    """Book time that you spent on a ticket."""
    ticket = permissions.get_visible(work, ticket_id)
    return _time(time_spent.add_time(work, ticket, body.seconds, text=body.note))


@operation("DELETE", "/tickets/<id:ticket_id>/time/<id:entry_id>", who=DESK)
def remove_time(work: Work, ticket_id: str, entry_id: str) -> None:
    """Take booked time back: your own, or anybody's as a supervisor."""
    time_spent.remove_time(work, permissions.get_visible(work, ticket_id), entry_id)


def _item(row: ChecklistItem) -> ItemView:
    return ItemView(
        id=row.id,
        text=row.text,
        done=row.done_at is not None,
        done_at=row.done_at,
        done_by=row.done_by,
        position=row.position,
        version=row.version,
    )


def _time(row: TimeEntry) -> TimeView:
    return TimeView(
        id=row.id,
        user_id=row.user_id,
        seconds=row.seconds,
        note=row.note,
        source=row.source,
        at=row.at,
    )
