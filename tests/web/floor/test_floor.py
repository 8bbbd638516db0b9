"""The supervisor's floor: figures with their rows, somebody's presence set, the wallboard."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.routing import queue_figures
from helpdesk.routing import service as routing
from helpdesk.routing.models import AgentState
from helpdesk.workflows import calling
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.signed_in import Browser, browser_as


@pytest.fixture
def office(app: Flask) -> Office:
    return o.furnish()


@pytest.fixture
def boss(app: Flask, office: Office) -> Browser:
    return browser_as(app, "supervisor", user_id=office.people["boss"])


def test_who_waits_is_listed_with_place_and_reason(office: Office, boss: Browser) -> None:
    for name in ("First", "Second"):
        o.writes(office, "Hello", name=name)
    page = boss.get("/floor/now").text
    assert page.index("First") < page.index("Second")
    assert "offline" in page
    assert 'title="Calls, chats and callbacks in the queue' in page


def test_a_queue_leads_to_its_rows(office: Office, boss: Browser) -> None:
    o.make_available(office, "salla")
    started = o.writes(office, "Hello", name="Served")
    o.take(office, "salla", started)
    page = boss.get(f"/floor/queues/{office.heating}").text
    assert "Served" in page
    assert f"/desk/work/{started.work_item_id}/why" in page
    assert boss.get("/floor/queues/01234567-0123-7123-8123-0123456789ab").status_code == 404


def test_free_are_those_who_could_take_the_next_in_line(office: Office, boss: Browser) -> None:
    o.make_available(office, "salla")
    assert _now(office.heating).agents_free == 1
    for number in range(5):  # one more than she has room for; her ticket slot stays open
        o.writes(office, "Hello", name=f"Guest {number}")
    heating = _now(office.heating)
    assert (heating.waiting, heating.agents_free, heating.agents_on_duty) == (1, 0, 1)
    page = boss.get("/floor/now").text
    assert re.search(r"Free agents / on duty</span><span[^>]*>0 ", page)
    told = boss.get("/floor/wall/now").json
    assert told
    assert told["figures"]["agents"]["value"] == "0"


def test_the_service_level_is_of_live_contacts(office: Office, boss: Browser) -> None:
    o.make_available(office, "salla")
    o.take(office, "salla", o.writes(office, "Hello"))
    with begin(o.system("test")) as work:
        customer = customers.create_customer(work, name="Mailer").id
        lain = routing.enqueue(
            work,
            channel="ticket",
            subject_kind="ticket",
            subject_id=new_id(),
            customer_id=customer,
            queue_id=office.heating,
        )
        lain.state, lain.ended_waiting_at = "done", work.at
        lain.waiting_since = work.at - timedelta(hours=3)
        lies = routing.enqueue(
            work,
            channel="ticket",
            subject_kind="ticket",
            subject_id=new_id(),
            customer_id=customer,
            queue_id=office.heating,
        )
        lies.waiting_since = work.at - timedelta(hours=2)
    heating = _now(office.heating)
    assert (heating.answered_today, heating.live_waits, heating.service_level) == (2, 1, 1.0)
    assert (heating.lying, heating.longest_lying_s >= 7200, heating.longest_wait_s) == (1, True, 0)
    page = boss.get("/floor/now").text
    assert "+ 1 written" in page
    assert "data-late" not in page
    assert "Tickets and mails have their own clocks and are not counted." in page


def _now(queue_id: str) -> queue_figures.QueueNow:
    with reading(o.system("test")) as work:
        return next(q for q in queue_figures.queues_now(work) if q.id == queue_id)


def test_an_agent_leads_to_what_they_have_in_hand(office: Office, boss: Browser) -> None:
    o.make_available(office, "salla")
    started = o.writes(office, "Hello", name="Served")
    o.take(office, "salla", started)
    page = boss.get(f"/floor/agents/{office.people['salla']}").text
    assert f"/desk/conversations/{started.conversation_id}" in page
    assert "In contact</span>" in boss.get("/floor/now").text


def test_who_is_in_a_call_is_told_apart(office: Office, boss: Browser) -> None:
    o.make_available(office, "salla")
    with begin(o.system("test")) as work:
        calling.start(work, o.chat.site_by_id(work, office.site), None, name="Aino")
    with begin(office.actor("salla")) as work:
        [offer] = o.desk.desk_work(work, office.people["salla"])["offers"]
        o.desk.accept_offer(work, offer.id)
    page = boss.get("/floor/now").text
    assert "In a call" in page
    assert "#phone-call" in page


def test_a_supervisor_signs_off_somebody_who_forgot(office: Office, boss: Browser) -> None:
    o.make_available(office, "salla")
    path = f"/floor/agents/{office.people['salla']}/presence"
    assert boss.post(path, data={"state": "offline"}).status_code == 303
    assert boss.post(path, data={"state": "nonsense"}).status_code == 400
    with reading(o.system("test")) as work:
        assert work.session.get_one(AgentState, office.people["salla"]).presence == "offline"


def test_the_wallboard_gives_four_figures_and_says_how_they_are_made(
    office: Office, boss: Browser
) -> None:
    o.writes(office, "Hello")
    told = boss.get("/floor/wall/now").json
    assert told
    assert set(told["figures"]) == {"waiting", "longest", "service_level", "agents"}
    assert told["figures"]["waiting"]["value"] == "1"
    assert sum(told["arrivals"]["came"]) == 1
    assert "answered within the target" in boss.get("/floor/wall").text


def test_E12_an_agent_sees_nothing_of_the_floor(app: Flask, office: Office) -> None:
    agent = browser_as(app, "agent", user_id=office.people["salla"])
    for path in ("/floor", "/floor/now", "/floor/wall", "/floor/wall/now"):
        assert agent.get(path).status_code == 403
