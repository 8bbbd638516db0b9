"""Hours in the admin area: weeks, holidays, files with a preview, strips, the way back."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from helpdesk.calendars import service
from helpdesk.calendars.hours import calendar_from_dict
from helpdesk.calendars.models import CalendarRow
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.web.admin import hours_form
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as

SYSTEM = system("test")
WEEK = {"mon": [["09:00", "12:30"], ["13:00", "17:00"]], "fri": [["22:00", "06:00"]]}
ICS = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;VALUE=DATE:20261225\r
SUMMARY:Christmas <b>Day</b>\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART;TZID=Europe/Helsinki:20261228T120000\r
DTEND;TZID=Europe/Helsinki:20261228T170000\r
SUMMARY:Half day\r
END:VEVENT\r
END:VCALENDAR\r
"""


def hours(**plan: Any) -> str:
    given = {"zone": "Europe/Helsinki", "weekly": WEEK, **plan}
    with begin(SYSTEM) as work:
        return service.create_calendar(work, name="Office", plan=given).id


def stored(calendar_id: str) -> CalendarRow:
    with reading(SYSTEM) as work:
        return work.session.get_one(CalendarRow, calendar_id)


def read_file(browser: Browser, calendar_id: str, raw: bytes, **years: str) -> Any:
    data = {"year_from": "2026", "year_to": "2026", "file": (io.BytesIO(raw), "x.ics"), **years}
    path = f"/admin/hours/{calendar_id}/file"
    return browser.post(path, data=data, content_type="multipart/form-data")


def test_hours_are_made_with_split_shifts_past_midnight_and_half_days(admin: Browser) -> None:
    answer = scene.save(
        admin,
        "/admin/hours/new",
        **{
            "name": "Office",
            "zone": "Europe/Helsinki",
            "mon-0-from": "9:00",
            "mon-0-to": "12:30",
            "mon-1-from": "13:00",
            "mon-1-to": "17:00",
            "sat-0-from": "22:00",
            "sat-0-to": "06:00",
            "date-0-day": "2026-12-24",
            "date-0-name": "Christmas Eve",
            "date-0-hours": "9:00-12:00",
        },
    )
    assert answer.status_code == 303, scene.words_of(answer.text)
    row = stored(answer.headers["Location"].split("/")[-1].split("?")[0])
    assert row.plan["weekly"]["mon"] == [["09:00", "12:30"], ["13:00", "17:00"]]
    assert row.plan["weekly"]["sat"] == [["22:00", "06:00"]]
    assert row.plan["exceptions"] == {"2026-12-24": [["09:00", "12:00"]]}
    assert row.holiday_names == {"2026-12-24": "Christmas Eve"}


def test_a_form_sent_back_as_it_came_changes_nothing(admin: Browser) -> None:
    calendar_id = hours(exceptions={"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []})
    assert scene.save(admin, f"/admin/hours/{calendar_id}").status_code == 303
    assert stored(calendar_id).version == 1


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"mon-0-from": "9 o'clock"}, "mon"),
        ({"mon-0-from": "09:00", "mon-0-to": "09:00"}, "mon"),
        ({"tue-0-from": "09:00", "tue-0-to": ""}, "tue"),
        ({"zone": "Middle/Earth"}, "zone"),
        ({"date-0-day": "", "date-0-name": "No day"}, "date-0"),
        ({"date-0-day": "2026-12-25", "date-0-hours": "closed"}, "date-0"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_said_at_its_day(
    admin: Browser, wrong: dict[str, str], field: str
) -> None:
    calendar_id = hours()
    answer = scene.save(admin, f"/admin/hours/{calendar_id}", **wrong)
    assert answer.status_code == 400
    assert f'id="f-{field}-error"' in answer.text
    assert stored(calendar_id).version == 1


def test_hours_are_added_removed_and_copied_before_they_are_saved(admin: Browser) -> None:
    path = f"/admin/hours/{hours()}"
    copied = scene.form_of(scene.save(admin, path, _do="copy:mon").text)
    assert (copied["thu-1-from"], copied["thu-1-to"]) == ("13:00", "17:00")
    assert "sat-0-from" not in copied
    added = scene.form_of(admin.post(path, data=copied | {"_do": "add:sat"}).text)
    assert added["sat-0-from"] == ""
    removed = scene.form_of(admin.post(path, data=copied | {"_do": "remove:mon:0"}).text)
    assert removed["mon-0-from"] == "13:00"
    assert "mon-1-from" not in removed


def test_the_strip_shows_shifts_past_midnight_on_both_days(admin: Browser) -> None:
    calendar_id = hours(exceptions={"2026-11-30": []}, names={"2026-11-30": "Staff day"})
    page = scene.words_of(admin.get(f"/admin/hours/{calendar_id}").text)
    assert "09:00–12:30, 13:00–17:00" in page
    assert "22:00–24:00" in page
    assert "00:00–06:00" in page


def test_past_holidays_are_off_the_form_and_stay_stored(admin: Browser) -> None:
    calendar_id = hours(exceptions={"2001-12-25": []}, names={"2001-12-25": "Long ago"})
    path = f"/admin/hours/{calendar_id}"
    assert "2001-12-25" not in admin.get(path).text
    scene.save(admin, path, **{"date-0-day": "2030-12-25", "date-0-name": "Far"})
    assert stored(calendar_id).plan["exceptions"] == {"2001-12-25": [], "2030-12-25": []}
    assert stored(calendar_id).holiday_names == {"2001-12-25": "Long ago", "2030-12-25": "Far"}


def test_a_file_is_shown_before_anything_is_saved_and_only_what_is_ticked_is_added(
    admin: Browser,
) -> None:
    calendar_id = hours()
    shown = read_file(admin, calendar_id, ICS)
    assert shown.status_code == 200
    words = scene.words_of(shown.text)
    assert "2 holidays in the file" in words
    assert "Fri 25 Dec 2026 Christmas <b>Day</b> Closed all day" in words
    assert "Mon 28 Dec 2026 Half day Closed 12:00 to 17:00" in words
    assert "<b>Day" not in shown.text
    assert stored(calendar_id).version == 1
    ticked = "2026-12-28|720|1020|Half day"
    assert ticked in shown.text
    answer = admin.post(f"/admin/hours/{calendar_id}/holidays", data={"holiday": ticked})
    assert answer.status_code == 303
    assert stored(calendar_id).plan["exceptions"] == {"2026-12-28": [["09:00", "12:00"]]}


@pytest.mark.parametrize(
    "raw, years",
    [
        (b"", {}),
        (b"<html>", {}),
        (ICS[:60], {}),
        (ICS, {"year_from": "0"}),
        (ICS, {"year_to": "x"}),
        (b"BEGIN:VCALENDAR\r\n" * 50, {}),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_it(
    admin: Browser, raw: bytes, years: dict[str, str]
) -> None:
    calendar_id = hours()
    answer = read_file(admin, calendar_id, raw, **years)
    assert answer.status_code == 400
    assert 'id="f-file-error"' in answer.text


@pytest.mark.parametrize("text", ["x", "2026-13-01|0|0|X", "2026-01-01|9|3|X", "2026-01-01|a|b|X"])
def test_a_made_up_holiday_is_refused(admin: Browser, text: str) -> None:
    calendar_id = hours()
    answer = admin.post(f"/admin/hours/{calendar_id}/holidays", data={"holiday": text})
    assert answer.status_code == 400
    assert stored(calendar_id).version == 1


def test_hours_in_use_are_kept_and_others_come_back_by_undo(admin: Browser) -> None:
    calendar_id = hours(exceptions={"2030-12-25": []}, names={"2030-12-25": "Far"})
    queue_id = scene.queue(calendar_id=calendar_id)
    kept = admin.post(f"/admin/hours/{calendar_id}/remove")
    assert kept.status_code == 409
    assert "General" in scene.words_of(kept.text)
    scene.save(admin, f"/admin/queues/{queue_id}", calendar_id="")
    before = stored(calendar_id)
    page = admin.post(f"/admin/hours/{calendar_id}/remove").text
    undo = scene.fields_of(page, "/admin/hours/new")
    answer = admin.post("/admin/hours/new", data=MultiDict(undo))
    assert answer.status_code == 303, (undo, scene.words_of(answer.text))
    after = stored(answer.headers["Location"].split("/")[-1].split("?")[0])
    assert (after.plan, after.holiday_names) == (before.plan, before.holiday_names)


def test_two_who_edit_at_once_keep_both_changes(admin: Browser, app: Flask) -> None:
    path = f"/admin/hours/{hours()}"
    mine = scene.form_of(admin.get(path).text) | {"name": "Mine"}
    other = browser_as(app, "admin")
    scene.save(other, path, **{"tue-0-from": "10:00", "tue-0-to": "11:00"})
    answer = admin.post(path, data=mine)
    assert answer.status_code == 409
    again = scene.form_of(answer.text)
    assert (again["name"], again["tue-0-from"]) == ("Mine", "10:00")
    assert admin.post(path, data=again).status_code == 303


def test_the_strip_begins_with_the_day_of_the_calendars_own_zone() -> None:
    # 22:30 in UTC on Sunday is Monday in Helsinki.
    calendar = calendar_from_dict({"zone": "Europe/Helsinki", "weekly": WEEK})
    strips = hours_form.strips(calendar, datetime(2026, 11, 22, 22, 30, tzinfo=UTC))
    assert (strips[0].weekday, strips[0].day, strips[0].is_today) == ("Mon", "23 Nov", True)
    assert strips[0].parts == [(375, 146), (542, 167)]
