"""The board's door: one answer for the days, few statements, small enough; acts and who may."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import points
from helpdesk.field_service import promises, settings
from helpdesk.mail.models import OutgoingMail
from helpdesk.workflows import dispatch_book, dispatch_day, planning_runs
from helpdesk.workflows.dispatch_words import Told
from tests.web.admin.scene import statements
from tests.web.dispatch import fleet as f
from tests.web.dispatch.fleet import SETUP, Fleet
from tests.web.signed_in import Browser, browser_as

DAY = date(2026, 6, 2)
ADDRESS = f"/dispatch/day?day={DAY}"


@pytest.fixture(autouse=True)
def the_evening_before() -> Iterator[None]:
    with clock.moved_to(datetime(2026, 6, 1, 18, tzinfo=UTC)):
        yield


@pytest.fixture
def fleet(app: Flask) -> Fleet:
    with begin(SETUP) as work:
        return f.furnish(work, DAY)


@pytest.fixture
def boss(app: Flask, fleet: Fleet) -> Browser:
    return browser_as(app, "supervisor", user_id=fleet.boss)


def test_a_day_is_one_answer_with_as_many_statements_however_full(
    fleet: Fleet, boss: Browser
) -> None:
    def asked() -> int:
        boss.get(ADDRESS)
        with statements() as said:
            assert boss.get(ADDRESS).status_code == 200
        return len(said)

    f.fill(fleet, 1, waiting=0)
    few = asked()
    f.fill(fleet, 4, waiting=8)
    assert asked() == few
    assert few <= 16


def test_the_answer_is_packed_and_names_everything_once(fleet: Fleet, boss: Browser) -> None:
    f.fill(fleet, 3, waiting=2)
    answer = boss.get(ADDRESS, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    told = json.loads(gzip.decompress(answer.data))
    assert len(told["stops"]) == len(told["visits"]) == 9
    assert [one["name"] for one in told["technicians"]] == [
        "Anna Berg",
        "Bjorn Dahl",
        "Carla Engel",
    ]
    one = boss.get(f"{ADDRESS}&technicians={fleet.technicians[1]}").json
    assert one
    assert [(len(one["technicians"]), len(one["stops"]))] == [(1, 3)]
    listed = boss.get("/dispatch/waiting").json
    assert listed
    assert len(listed["items"]) == 2
    number = listed["items"][0]["number"]
    found = boss.get(f"/dispatch/waiting?q=V-{number}").json
    assert found
    assert [one["number"] for one in found["items"]] == [number]
    assert boss.get("/dispatch/day?day=tomorrow").status_code == 400


def test_a_visit_is_placed_taken_back_and_nobody_forges_what_was(
    fleet: Fleet, boss: Browser
) -> None:
    with begin(SETUP) as work:
        one = f.wish(work, fleet, step=1).id
    body = {
        "technician_ids": [fleet.technicians[0]], "day": str(DAY), "at": fleet.at(10),
        "versions": [[fleet.technicians[0], str(DAY), 0]],
    }  # fmt: skip
    placed = boss.post(f"/dispatch/visits/{one}/place?day={DAY}", json=body)
    assert placed.status_code == 200, placed.text
    assert placed.json
    assert [row[3] for row in placed.json["stops"]] == [fleet.at(10)]
    again = boss.post(f"/dispatch/visits/{one}/place?day={DAY}", json=body)
    assert again.status_code == 409
    assert again.json
    assert again.json["code"] == "plan_moved"
    sealed = placed.json["before"]
    forged = sealed.replace(fleet.technicians[0], fleet.technicians[1])
    assert boss.post(f"/dispatch/undo?day={DAY}", json={"undo": forged}).status_code == 409
    back = boss.post(f"/dispatch/undo?day={DAY}", json={"undo": sealed})
    assert back.json
    assert back.json["stops"] == []


def test_a_moved_promise_is_told_by_mail_and_stands_in_the_ledger(
    fleet: Fleet, boss: Browser
) -> None:
    with begin(SETUP) as work:
        settings.put(work, {"confirms": False})  # else that goes out by itself, with its link
        visit = f.wish(work, fleet, step=1)
        f.put(
            work, fleet, visit, [fleet.technicians[0]], fleet.at(10),
            promise=(fleet.at(10), fleet.at(12)),
        )  # fmt: skip
        points.add_contact_point(work, visit.customer_id, kind="email", value="mia@example.com")
        one = visit.id
    body = {
        "technician_ids": [fleet.technicians[0]], "day": str(DAY), "at": fleet.at(14),
        "versions": [],
    }  # fmt: skip
    asked = boss.post(f"/dispatch/visits/{one}/place?day={DAY}", json=body)
    assert asked.json
    assert asked.json["code"] == "promise_breaks"
    moved = boss.post(f"/dispatch/visits/{one}/place?day={DAY}", json={**body, "promise": "move"})
    assert moved.status_code == 200, moved.text
    with reading(SETUP) as work:
        (mail,) = work.session.query(OutgoingMail).filter_by(kind="visit")
        assert "between 14:00 and 16:00" in mail.text
        row = promises.open_of(work, one)
        assert row is not None
        assert row.warned_at is not None
    page = boss.get(f"/dispatch/visits/{one}").text
    assert "Changed by us" in page
    assert "mia@example.com" in page


def test_the_page_lets_in_the_configured_map_alone(fleet: Fleet, boss: Browser, app: Flask) -> None:
    plain = boss.get("/dispatch").headers["Content-Security-Policy"]
    assert "img-src 'self' data: blob:;" in plain
    with begin(SETUP) as work:
        settings.put(work, {"tiles": "https://tiles.example.org/{z}/{x}/{y}.png"})
    page = boss.get("/dispatch")
    assert "https://tiles.example.org" in page.headers["Content-Security-Policy"]
    assert 'data-tiles="https://tiles.example.org/{z}/{x}/{y}.png"' in page.text


def test_a_day_goes_on_paper(fleet: Fleet, boss: Browser) -> None:
    f.fill(fleet, 2, waiting=0)
    sheet = boss.get(f"/dispatch/sheets/{fleet.technicians[0]}?day={DAY}").text
    assert "Anna Berg" in sheet
    assert "Tuesday, 2 June 2026" in sheet
    assert sheet.count("Signature") == 2
    nobody = boss.get(f"/dispatch/sheets/{fleet.boss}?day={DAY}")
    assert nobody.status_code == 404


def test_agents_look_and_do_not_change(app: Flask, fleet: Fleet, boss: Browser) -> None:
    agent = browser_as(app, "agent", user_id=fleet.agent)
    told = agent.get(ADDRESS).json
    assert told
    assert told["may_change"] is False
    with begin(SETUP) as work:
        one = f.wish(work, fleet).id
    assert agent.post(f"/dispatch/visits/{one}/unplan", json={}).status_code == 403
    assert "Lock" not in agent.get(f"/dispatch/visits/{one}").text


def test_no_day_is_laid_out_that_lies_years_ahead(fleet: Fleet, boss: Browser) -> None:
    with begin(SETUP) as work:
        one = f.wish(work, fleet).id
    far = date(2099, 6, 2)
    assert boss.get(f"/dispatch/faults?day={far}").json == {"faults": []}
    body = {"technician_ids": [fleet.technicians[0]], "day": str(far), "at": fleet.at(10)}
    refused = boss.post(f"/dispatch/visits/{one}/place?day={DAY}", json=body)
    assert refused.json
    assert (refused.status_code, refused.json["code"]) == (409, "far")
    with reading(SETUP) as work:
        assert len(dispatch_book.look(work, far).days) == dispatch_book.MOST_AHEAD


def test_what_is_wrong_names_no_visit_that_a_limited_agent_may_not_see(fleet: Fleet) -> None:
    with begin(SETUP) as work:
        visit = f.wish(work, fleet)
        one, visit.ticket_id = visit.id, new_id()  # of a queue that they do not see
    told = [Told("promise", one, "", "V-1 was promised"), Told("shift", "", "", "Home late")]
    limited = Actor("user", fleet.agent, "agent", queue_ids=frozenset({new_id()}))
    with reading(limited) as work:
        assert dispatch_day.seen_of(work, told) == told[1:]
    with reading(SETUP) as work:
        assert dispatch_day.seen_of(work, told) == told


def test_a_better_day_is_proposed_left_out_in_part_and_carried_out(
    fleet: Fleet, boss: Browser
) -> None:
    with begin(SETUP) as work:
        for step in (1, 2):  # each lies in the other's part of the town
            made = f.wish(work, fleet, number=step * 9, step=step)
            f.put(work, fleet, made, [fleet.technicians[step % 2]], fleet.at(9 + step))
        f.wish(work, fleet, step=3)
    asked = boss.post("/dispatch/plans", json={"day": str(DAY), "budget": 5})
    assert asked.json
    run_id = asked.json["run_id"]
    panel = f"/dispatch/plans?day={DAY}"
    assert "Waiting for a worker" in boss.get(panel).text
    planning_runs.run(run_id=run_id)
    page = boss.get(panel)
    assert page.headers["X-Proposals"] == "1"
    assert "Carry out" in page.text
    first, *others = re.findall(r'data-line="([^"]+)"', page.text)
    left_out = boss.post(f"/dispatch/plan-changes/{first}", json={"accept": False})
    assert left_out.json == {"state": "refused", "told": ""}
    if others:
        assert boss.post(f"/dispatch/plans/{run_id}/apply", json={}).status_code == 200
        assert "Carried out" in boss.get(panel).text
        assert boss.post(f"/dispatch/plans/{run_id}/undo", json={}).status_code == 200
    assert "Nothing changes before" not in boss.get(panel).text


def test_who_falls_ill_is_away_and_a_visit_is_called_off(fleet: Fleet, boss: Browser) -> None:
    with begin(SETUP) as work:
        visit = f.wish(work, fleet)
        f.put(work, fleet, visit, [fleet.technicians[0]], fleet.at(10))
        one = visit.id
    ill = boss.post(f"/dispatch/technicians/{fleet.technicians[0]}/away", json={"day": str(DAY)})
    assert ill.json == {"told": "Written down. 1 visit needs another place."}
    told = boss.get(ADDRESS).json
    assert told
    assert told["technicians"][0]["days"][0]["away"][0][2] == "Ill"
    assert told["technicians"][0]["days"][0]["shifts"] == []
    off = boss.post(f"/dispatch/visits/{one}/call-off", json={"reason": "Moved house"})
    assert off.json
    assert off.json["told"].endswith("is called off.")
