"""A lost race in the database is not the reader's business: the desk asks once more by itself."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from helpdesk.core.actors import system
from helpdesk.core.db import Database
from helpdesk.core.work import begin, committed, reading
from helpdesk.tickets.models import Ticket
from helpdesk.web.repeating import repeat_lost_races
from helpdesk.workflows import cases
from tests.web.signed_in import browser_as
from tests.workflows.people import make_floor
from tests.workflows.test_cases import new_customer, open_one

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
TOUCH = text("UPDATE ticket SET updated_at = updated_at WHERE id = :id")


def two_tickets() -> list[str]:
    floor, customer = make_floor("Anna"), new_customer()
    made: list[cases.Opened] = [open_one(floor, customer) for _ in range(2)]
    return sorted(one.ticket.id for one in made)


@pytest.mark.postgres
def test_a_merge_that_the_database_gave_up_for_another_transaction_is_done_all_the_same(
    app: Flask, database: Database
) -> None:
    first, second = two_tickets()
    browser, answers = browser_as(app, "agent"), []

    def merge() -> None:
        answers.append(browser.post(f"/desk/tickets/{first}/merge", data={"target": second}))

    with database.engine.connect() as rival:
        rival.execute(text("SET LOCAL deadlock_timeout = '10s'"))  # so that the view is given up
        rival.execute(TOUCH, {"id": second})
        view = threading.Thread(target=merge)
        view.start()
        deadline = time.monotonic() + 20
        with database.engine.connect() as watch:
            while not watch.execute(WAITING).scalar() and time.monotonic() < deadline:
                time.sleep(0.01)
        rival.execute(TOUCH, {"id": first})
        rival.rollback()
        view.join(30)
    assert [answer.status_code for answer in answers] in ([303], [200])
    with reading(system("test")) as work:
        assert work.session.get_one(Ticket, first).merged_into_id == second


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_durable_is_not_done_again(app: Flask) -> None:
    """A view that commits and then loses a race is not called a second time."""
    calls = []

    def view() -> str:
        calls.append(committed())
        if len(calls) < 3:
            with begin(system("test")) as work:
                work.session.execute(text("SELECT 1"))
                if len(calls) == 1:
                    locked()
            locked()
        return "done"

    view.__dict__["admission"] = app.view_functions["health.livez"].__dict__["admission"]
    app.view_functions["health.livez"] = view
    repeat_lost_races(app)
    answer = app.test_client().get("/livez")
    assert answer.status_code == 503
    assert len(calls) == 2  # the first was rolled back, the second is durable


def locked() -> None:
    """Raise what SQLite says when another one writes for too long."""
    raise OperationalError("UPDATE", {}, sqlite3.OperationalError("database is locked"))
