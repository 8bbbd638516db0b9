"""The first-run wizard: one page, once, one administrator."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from helpdesk.calendars.models import CalendarRow
from helpdesk.channels import sites
from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.identity.models import User
from helpdesk.routing.models import Queue, QueueMember
from helpdesk.workflows import first_run
from tests.identity.people import add, password_hash
from tests.web.signed_in import send

FILLED = {
    "company": "Harbour Bikes",
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "password": "a heron in the reeds",
    "timezone": "Europe/Helsinki",
    "days": "workdays",
    "opens": "08:30",
    "closes": "16:00",
    "origin": "https://www.example.org",
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_empty_installation_is_set_up_in_one_page(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/").headers["Location"] == "/setup"
    assert client.get("/sign-in").headers["Location"] == "/setup"
    answer = send(client, "/setup", **FILLED)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert client.get("/account").status_code == 200
    assert client.get("/").headers["Location"] == "/desk"
    with reading(system("test")) as work:
        user = work.session.scalars(select(User)).one()
        assert (user.role, user.timezone) == ("admin", "Europe/Helsinki")
        queue = work.session.scalars(select(Queue)).one()
        assert queue.name == "General"
        calendar = work.session.get(CalendarRow, queue.calendar_id)
        assert calendar is not None
        assert calendar.plan["zone"] == "Europe/Helsinki"
        assert work.session.scalars(select(QueueMember.user_id)).one() == user.id
        site = sites.default_site(work)
        assert site is not None
        assert list(site.allowed_origins) == ["https://www.example.org"]
        assert first_run.company(work) == "Harbour Bikes"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "field, value",
    [
        ("company", ""),
        ("email", "ada"),
        ("password", "short"),
        ("timezone", "Mars/Base"),
        ("opens", "25:00"),
        ("origin", "javascript:alert(1)"),
    ],
)
def test_a_wrong_answer_leaves_nothing_behind(app: Flask, field: str, value: str) -> None:
    client = app.test_client()
    answer = send(client, "/setup", **{**FILLED, field: value})
    assert answer.status_code == 400
    assert FILLED["name"] in answer.get_data(as_text=True)
    assert FILLED["password"] not in answer.get_data(as_text=True)
    with reading(system("test")) as work:
        assert first_run.is_open(work)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_wizard_is_closed_once_somebody_exists(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/setup").status_code == 200
    add("admin")
    assert client.get("/setup").status_code == 303
    assert send(client, "/sign-in", "/setup", **FILLED).headers["Location"] == "/sign-in"


def test_L10_two_wizards_sent_at_once_make_one_administrator(database: Database) -> None:
    barrier, ends, hashed = threading.Barrier(4), [], password_hash()

    def go(number: int) -> None:
        answers = first_run.Answers(
            company="Harbour Bikes",
            name=f"Ada {number}",
            email=f"ada{number}@example.org",
            password_hash=hashed,
            timezone="UTC",
        )
        barrier.wait()
        try:
            with begin(system("setup")) as work:
                first_run.set_up(work, answers)
            ends.append("done")
        except Conflict as error:
            ends.append(error.code)

    threads = [threading.Thread(target=go, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["already_set_up"] * 3 + ["done"]
    with reading(system("test")) as work:
        assert work.session.scalar(select(func.count()).select_from(User)) == 1
