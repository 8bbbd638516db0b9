"""Stored calendars: checked when written, counted with as values, kept while in use."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from helpdesk.calendars import hours, queries, service
from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from tests.customers.people import ADMIN, AGENT, VISITOR, counted

PLAN = {
    "zone": "Europe/Helsinki",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
FILE = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//y//EN\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20261225\r
RRULE:FREQ=YEARLY\r
SUMMARY:Christmas\r
END:VEVENT\r
END:VCALENDAR\r
"""
FRIDAY = date(2026, 12, 25)


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=UTC)


def test_a_calendar_is_stored_and_counted_with(database):
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)
    with reading(AGENT) as work:
        kept = queries.hours_of(work, row.id)
        assert hours.is_open(kept, at(24, 8))
        assert not hours.is_open(kept, at(24, 16))
        assert [c.name for c in queries.list_calendars(work)] == ["Office"]
        assert queries.get_calendar(work, row.id).plan == {**PLAN, "exceptions": {}, "weekly": {
            **PLAN["weekly"], "sat": [], "sun": []}}  # fmt: skip


def test_hours_are_built_once_per_version(database):
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)
    with reading(AGENT) as work:
        first = queries.hours_of(work, row.id)
        with counted(database) as seen:
            assert queries.hours_of(work, row.id) is first
        assert len(seen) == 1
    with begin(ADMIN) as work:
        changed = {**PLAN, "weekly": {}}
        service.change_calendar(work, row.id, version=1, plan=changed)
        assert not hours.is_open(queries.hours_of(work, row.id), at(24, 8))
    with reading(AGENT) as work:
        assert not hours.is_open(queries.hours_of(work, row.id), at(24, 8))


def test_a_change_that_was_given_up_is_not_counted_with(database):
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)

    def change_and_fail() -> None:
        with begin(ADMIN) as work:
            service.change_calendar(work, row.id, version=1, plan={**PLAN, "weekly": {}})
            queries.hours_of(work, row.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    with begin(ADMIN) as work:
        plan = {**PLAN, "weekly": {"thu": [["09:00", "17:00"]]}}
        service.change_calendar(work, row.id, version=1, plan=plan)
    with reading(AGENT) as work:
        assert hours.is_open(queries.hours_of(work, row.id), at(24, 8))


def test_holidays_and_half_holidays_are_added_and_taken_away(database):
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)
        service.add_holiday(work, row.id, version=1, day=FRIDAY, name="Christmas")
        service.add_half_holiday(
            work, row.id, version=2, day=date(2026, 12, 24), name="Eve", closed_from="12:00"
        )
    with begin(ADMIN) as work:
        kept = queries.hours_of(work, row.id)
        assert not hours.is_open(kept, at(25, 8))
        assert hours.is_open(kept, at(24, 9))
        assert not hours.is_open(kept, at(24, 11))
        assert queries.get_calendar(work, row.id).holiday_names == {
            "2026-12-24": "Eve",
            "2026-12-25": "Christmas",
        }
        # New weekly hours keep the names of dates that stay.
        plan = dict(queries.get_calendar(work, row.id).plan)
        service.change_calendar(work, row.id, version=3, plan=plan)
        service.remove_holiday(work, row.id, version=4, day=FRIDAY)
        assert hours.is_open(queries.hours_of(work, row.id), at(25, 8))
        assert queries.get_calendar(work, row.id).holiday_names == {"2026-12-24": "Eve"}
        with pytest.raises(NotFound):
            service.remove_holiday(work, row.id, version=5, day=FRIDAY)


def test_holidays_come_from_a_calendar_file(database):
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)
        found = service.import_holidays(
            work, row.id, version=1, raw=FILE, year_from=2026, year_to=2028
        )
        assert [h.date.year for h in found] == [2026, 2027, 2028]
        assert row.version == 2
        assert not hours.is_open(queries.hours_of(work, row.id), at(25, 8))
        for raw, years in (
            (b"nonsense", (2026, 2026)),
            (b"x" * 2**21, (2026, 2026)),
            (FILE, (0, 9)),
        ):
            with pytest.raises(Invalid):
                service.import_holidays(
                    work, row.id, version=2, raw=raw, year_from=years[0], year_to=years[1]
                )


def test_a_stale_change_is_refused(database):
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)
        service.change_calendar(work, row.id, version=1, name="Head office")
        for call in (
            lambda: service.change_calendar(work, row.id, version=1, name="X"),
            lambda: service.delete_calendar(work, row.id, version=1),
            lambda: service.add_holiday(work, row.id, version=1, day=FRIDAY, name="x"),
        ):
            with pytest.raises(Conflict):
                call()


def test_a_calendar_in_use_is_not_deleted(database, monkeypatch):
    monkeypatch.setattr(service, "_uses", [])
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)
        service.register_use(lambda work, id_: "queue Support" if id_ == row.id else None)
        with pytest.raises(Conflict) as refusal:
            service.delete_calendar(work, row.id, version=1)
        assert refusal.value.message == "Still used by queue Support. Change that first."
        service._uses.clear()
        service.delete_calendar(work, row.id, version=1)
        with pytest.raises(NotFound):
            queries.hours_of(work, row.id)
        assert set(work.session.scalars(select(EventRow.kind))) == set()
    with reading(ADMIN) as work:
        assert {"calendar.added", "calendar.deleted"} <= set(
            work.session.scalars(select(EventRow.kind))
        )
        assert "calendar.deleted" in set(work.session.scalars(select(AuditEntry.action)))


@pytest.mark.parametrize(
    "plan",
    [
        {}, {"zone": "Mars/Olympus"}, {"zone": "UTC", "weekly": {"monday": []}},
        {"zone": "UTC", "weekly": {"mon": [["9", "17"]]}}, {"zone": "UTC", "is_admin": True},
        {"zone": "UTC", "weekly": {"mon": "09:00"}}, {"zone": "UTC", "exceptions": {"x": []}},
    ],
)  # fmt: skip
def test_what_cannot_be_a_calendar_is_refused_in_words(database, plan):
    with begin(ADMIN) as work:
        with pytest.raises(Invalid) as refusal:
            service.create_calendar(work, name="Office", plan=plan)
        assert refusal.value.fields["plan"]


def test_names_are_needed_and_unique(database):
    with begin(ADMIN) as work:
        service.create_calendar(work, name="Office", plan=PLAN)
        with pytest.raises(Conflict):
            service.create_calendar(work, name=" Office ", plan=PLAN)
        for name in ("", "\0", "x" * 81, None):
            with pytest.raises(Invalid):
                service.create_calendar(work, name=name, plan=PLAN)


def test_staff_look_administrators_set_and_outsiders_find_nothing(database):
    with begin(ADMIN) as work:
        row = service.create_calendar(work, name="Office", plan=PLAN)
    with begin(AGENT) as work:
        with pytest.raises(Forbidden):
            service.change_calendar(work, row.id, version=1, name="X")
        assert queries.get_calendar(work, row.id).name == "Office"
    with begin(VISITOR) as work:
        for call in (
            lambda: service.change_calendar(work, row.id, version=1, name="X"),
            lambda: queries.get_calendar(work, row.id),
            lambda: queries.list_calendars(work),
        ):
            with pytest.raises(NotFound):
                call()
        assert queries.hours_of(work, row.id)  # the widget says when people are there
    with begin(system("setup")) as work:
        service.change_calendar(work, row.id, version=1, name="Set")
    customer = Actor("user", ADMIN.id, "customer")
    with reading(customer) as work, pytest.raises(NotFound):
        queries.list_calendars(work)


@pytest.mark.parametrize("id_", ["", "x", "01900000-0000-7000-8000-00000000ffff", "\0"])
def test_ids_that_lead_nowhere_are_not_found(database, id_):
    with begin(ADMIN) as work:
        for call in (
            lambda: queries.hours_of(work, id_),
            lambda: queries.get_calendar(work, id_),
            lambda: service.delete_calendar(work, id_, version=1),
        ):
            with pytest.raises(NotFound):
                call()
