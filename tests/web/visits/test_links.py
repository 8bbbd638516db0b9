"""The page behind a visit's link, and the words that bring it: mail, text, calendar."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from helpdesk.core.work import Emitted, begin, reading
from helpdesk.customers import points
from helpdesk.customers.models import Customer
from helpdesk.field_service.models import Visit, VisitReminder
from helpdesk.mail import writing
from helpdesk.mail.models import OutgoingMail
from helpdesk.web.visits import pages
from helpdesk.workflows import visit_booking, visit_course, visit_links, visit_reminding
from helpdesk.workflows.mail_sending import _letter
from tests.field_service import crew_scene as scene
from tests.field_service.crew_scene import MONDAY, SETUP, Crew

At = Callable[[datetime], None]


@pytest.fixture
def crew(app: Flask, clock_at: At) -> Crew:
    clock_at(MONDAY)
    pages.looks.forget()
    pages.changes.forget()
    made = scene.make_crew(2)
    with begin(SETUP) as work:
        for kind, value in (("email", "ada@example.com"), ("phone", "+4915112345678")):
            points.add_contact_point(work, made.customer_id, kind=kind, value=value)
    return made


@pytest.fixture
def token(crew: Crew) -> str:
    """Of a visit that is at least three days ahead."""
    with begin(crew.agent) as work:
        asked = visit_booking.offers(
            work, crew.customer_id, visit_type=crew.type_id, from_at=MONDAY + timedelta(days=3)
        )
        visit = visit_booking.accept(work, asked.offers[0].id)
        events = [one for one in work.events() if one.event.kind == "visit.booked"]
    react(events)
    return token_of(visit.id)


def react(events: list[Emitted]) -> None:
    with begin(visit_reminding.ACTOR) as work:
        visit_reminding.plan(work, events)


def token_of(visit_id: str) -> str:
    with reading(SETUP) as work:
        found = visit_links.newest(work, work.session.get_one(Visit, visit_id))
        assert found is not None
        return visit_links.token_of(found)


def the_visit() -> Visit:
    with reading(SETUP) as work:
        return work.session.scalars(select(Visit)).one()


def slot_ids(page: str) -> list[str]:
    return re.findall(r'name="slot_id" value="([^"]+)"', page)


def test_a_visit_is_seen_confirmed_moved_and_called_off_without_script(
    client: FlaskClient, token: str
) -> None:
    page = client.get(f"/visits/{token}")
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    assert "Repair" in page.text
    assert "10115 Berlin" in page.text
    assert "Werkstr" not in page.text  # a forwarded mail tells nobody the door
    done = client.post(f"/visits/{token}/confirm", follow_redirects=True)
    assert "You confirmed this time" in done.text
    times = client.post(f"/visits/{token}/times")
    assert times.status_code == 200
    slots = slot_ids(times.text)
    assert slots
    moved = client.post(f"/visits/{token}/move", data={"slot_id": slots[-1]})
    assert moved.status_code == 303
    newer = moved.headers["Location"].split("/")[-1].split("?")[0]
    assert newer != token
    assert "at its new time" in client.get(moved.headers["Location"]).text
    old = client.get(f"/visits/{token}")
    assert "changed after this link was sent" in old.text
    assert client.post(f"/visits/{token}/cancel").status_code == 409
    file = client.get(f"/visits/{token}/visit.ics").text.replace("\r\n ", "")
    assert token in file
    assert newer not in file  # an old link leads to no newer one
    assert "10115 Berlin" in file
    assert "Werkstr" not in file
    asks = client.get(f"/visits/{newer}/cancel")
    assert "Call this visit off?" in asks.text
    off = client.post(
        f"/visits/{newer}/cancel", data={"reason": "It works again"}, follow_redirects=True
    )
    assert "called off" in off.text
    visit = the_visit()
    assert (visit.state, visit.reason, visit.moves) == ("cancelled", "It works again", 1)


def test_a_link_that_was_not_sent_leads_nowhere_and_a_page_speaks_german(
    client: FlaskClient, crew: Crew, token: str
) -> None:
    for wrong in ("x", token[:-2] + "AA", "A" * 64, token + token, "é" * 40):
        assert client.get(f"/visits/{wrong}").status_code == 404
        assert client.post(f"/visits/{wrong}/cancel").status_code == 404
    with begin(SETUP) as work:
        work.session.get_one(Customer, crew.customer_id).language = "de"
    page = client.get(f"/visits/{token}")
    assert 'lang="de"' in page.text
    assert "Reparatur" in page.text
    assert "Das passt mir" in page.text


def test_after_the_cut_off_it_can_be_looked_at_alone(
    client: FlaskClient, token: str, clock_at: At
) -> None:
    starts = the_visit().window_starts_at
    assert starts is not None
    clock_at(starts - timedelta(hours=23))
    page = client.get(f"/visits/{token}")
    assert "too late to change" in page.text
    assert f"/visits/{token}/cancel" not in page.text
    for step in ("times", "cancel"):
        assert client.post(f"/visits/{token}/{step}").status_code == 409
    assert the_visit().state == "booked"


def test_whoever_tries_very_often_waits(client: FlaskClient, token: str) -> None:
    answers = [client.post(f"/visits/{token}/confirm").status_code for _ in range(25)]
    assert answers[0] == 303
    assert answers[-1] == 429


def sent() -> dict[str, str]:
    with reading(SETUP) as work:
        return {row.kind: row.outcome for row in work.session.scalars(select(VisitReminder))
                if row.sent_at}  # fmt: skip


def mails() -> list[OutgoingMail]:
    with reading(SETUP) as work:
        wanted = select(OutgoingMail).where(OutgoingMail.kind == "visit")
        return list(work.session.scalars(wanted.order_by(OutgoingMail.created_at, OutgoingMail.id)))


def entry_of(mail: OutgoingMail) -> tuple[Any, Any]:
    """The calendar and its event in the mail as it leaves."""
    with reading(SETUP) as work:
        raw = writing.compose(_letter(work, mail))
    part = next(
        p for p in message_from_bytes(raw).walk() if p.get_content_type() == "text/calendar"
    )
    assert part.get_filename() == "visit.ics"
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert part.get_param("method") == calendar["METHOD"]
    return calendar, calendar.walk("VEVENT")[0]


def test_words_about_a_visit_are_said_once_and_what_changed_is_said_no_more(
    client: FlaskClient, crew: Crew, token: str, clock_at: At
) -> None:
    visit_reminding.send_due()
    visit_reminding.send_due()
    [mail] = mails()
    assert sent() == {"confirm": "sent", "confirm_text": "no number"}
    assert mail.to_address == "ada@example.com"
    assert mail.subject.startswith("Your visit on ")
    assert f"/visits/{token}" in mail.text
    calendar, event = entry_of(mail)
    assert (calendar["METHOD"], int(event["SEQUENCE"])) == ("REQUEST", 0)
    visit = the_visit()
    assert event["DTSTART"].dt == visit.window_starts_at
    slots = slot_ids(client.post(f"/visits/{token}/times").text)
    with begin(visit_reminding.ACTOR) as work:
        moved = visit_booking.move(work, visit.id, slots[-1])
        events = [one for one in work.events() if one.event.kind == "visit.moved"]
        newest = moved.window_starts_at
    react(events)
    visit_reminding.send_due()
    _, other = entry_of(mails()[-1])
    assert (other["UID"], int(other["SEQUENCE"])) == (event["UID"], 1)
    assert other["DTSTART"].dt == newest
    before = visit.window_starts_at
    assert before is not None
    assert newest is not None
    clock_at(min(before, newest) - timedelta(hours=8))
    visit_reminding.send_due()
    kinds = [one.subject.split(":")[0] for one in mails()]
    assert kinds.count("Tomorrow") <= 1  # only of what stands
    with begin(crew.agent) as work:
        visit_booking.cancel(work, visit.id, reason="They called")
        events = [one for one in work.events() if one.event.kind == "visit.cancelled"]
    react(events)
    visit_reminding.send_due()
    calendar, gone = entry_of(mails()[-1])
    assert (calendar["METHOD"], gone["STATUS"]) == ("CANCEL", "CANCELLED")
    assert int(gone["SEQUENCE"]) > int(other["SEQUENCE"])
    file = client.get(f"/visits/{token_of(visit.id)}/visit.ics")
    assert file.mimetype == "text/calendar"
    assert Calendar.from_ical(file.data)["METHOD"] == "CANCEL"


def test_the_day_before_and_on_the_way(crew: Crew, token: str, clock_at: At) -> None:
    visit_reminding.send_due()
    visit = the_visit()
    starts = visit.window_starts_at
    assert starts is not None
    clock_at(starts - timedelta(hours=15))  # the evening before
    visit_reminding.send_due()
    assert [one.subject for one in mails()][-1] == "Tomorrow: Repair"
    with reading(SETUP) as work:
        [who] = {row.technician_id for row in visit_course.service.stops_of(work, visit.id)}
    clock_at(starts)
    with begin(SETUP) as work:
        visit_course.depart(work, visit.id, who, eta=starts + timedelta(minutes=20))
        events = [one for one in work.events() if one.event.kind == "visit.departed"]
    react(events)
    visit_reminding.send_due()
    last = mails()[-1]
    assert last.subject == "Our technician is on the way"
    assert f"{starts + timedelta(hours=1, minutes=20):%H:%M}" in last.text  # Berlin's clock
    assert "attachment" not in last.text
