"""The page that explains a ticket's deadlines, as an agent reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from helpdesk.core import clock
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin
from helpdesk.tickets import service as tickets
from tests.web.admin.scene import words_of
from tests.web.agent import clock_scene
from tests.web.agent.clock_scene import ME, START, Scene
from tests.web.agent.office import Office
from tests.web.signed_in import Browser

Desk = Callable[[str], Browser]


@pytest.fixture
def scene(office: Office, clock_at) -> Scene:
    found = clock_scene.furnish(office.heating, office.people["salla"])
    clock_at(START + timedelta(hours=21))
    return found


def page(browser: Browser, scene: Scene, **asked: str) -> str:
    answer = browser.get(f"/desk/tickets/{scene.ticket}/clocks", query_string=asked)
    assert answer.status_code == 200
    return words_of(answer.text)


def test_the_page_says_when_the_next_deadline_is_and_lists_its_windows(
    scene: Scene, desk_of: Desk
) -> None:
    told = page(desk_of("salla"), scene)
    assert f"Clocks of T-{scene.number}" in told
    assert "Next response is due Fri 20 Nov at" in told
    assert "Everybody else , number 2 of the list: it fits every ticket." in told
    assert "Important customers did not fit: it asks that tags include vip." in told
    assert "Call back about the valve" in told


def test_pauses_and_closed_hours_are_named_and_the_sum_stands_still_over_them(
    scene: Scene, desk_of: Desk
) -> None:
    browser = desk_of("salla")
    html = browser.get(f"/desk/tickets/{scene.ticket}/clocks").text
    resolution = html.split('class="strong">Resolution')[0].rsplit("?clock=", 1)[1][:36]
    told = page(browser, scene, clock=resolution)
    assert "Resolution, window by window" in told
    assert "Paused: waiting on the customer" in told
    assert "Target: 8 h." in told
    assert "Due Fri 20 Nov at" in told or "Due Mon 23 Nov at" in told


def test_first_and_full_resolution_are_told_apart(scene: Scene, desk_of: Desk) -> None:
    browser = desk_of("salla")
    with clock.moved_to(START + timedelta(hours=21)), begin(ME) as work:
        tickets.set_state(work, tickets.hold(work, scene.ticket), "resolved")
    told = page(browser, scene)
    assert re.search(r"First resolved after [^,]+, in time In full after [^,]+, in time", told)
    with clock.moved_to(START + timedelta(hours=22)), begin(ME) as work:
        tickets.set_state(work, tickets.hold(work, scene.ticket), "open")
    told = page(browser, scene)
    assert re.search(
        r"First resolved after [^,]+, in time In full .+ so far: it was reopened", told
    )


def test_what_if_compares_another_priority_hours_and_service_level(
    scene: Scene, desk_of: Desk
) -> None:
    browser = desk_of("salla")
    urgent = page(browser, scene, priority="urgent")
    assert "Under Everybody else , priority urgent" in urgent
    assert "of 2 h" in urgent
    always = page(browser, scene, calendar="always")
    assert "Under Everybody else , priority normal" in always
    vip = page(browser, scene, policy=scene.vip)
    assert "Under Important customers" in vip
    with_hours = page(browser, scene, policy=scene.vip, calendar=scene.calendar)
    assert with_hours != vip


@pytest.mark.parametrize(
    "asked",
    [
        {"priority": "enormous"},
        {"calendar": "no-such"},
        {"policy": "no-such"},
        {"policy": new_id()},
        {"calendar": new_id()},
    ],
)
def test_a_question_that_cannot_be_answered_is_said_so(scene: Scene, desk_of: Desk, asked) -> None:
    assert "That can't be compared any more" in page(desk_of("salla"), scene, **asked)


def test_a_clock_of_another_ticket_and_a_ticket_that_is_not_there_are_not_found(
    scene: Scene, desk_of: Desk
) -> None:
    browser = desk_of("salla")
    wrong = {"clock": new_id()}
    path = f"/desk/tickets/{scene.ticket}/clocks"
    assert browser.get(path, query_string=wrong).status_code == 404
    assert browser.get(f"/desk/tickets/{new_id()}/clocks").status_code == 404


def test_a_resolved_ticket_says_how_long_it_took(scene: Scene, desk_of: Desk) -> None:
    with begin(ME) as work:
        ticket = tickets.hold(work, scene.ticket)
        tickets.record_reply(work, ticket, public=True, by_person=True)
        tickets.set_state(work, ticket, "resolved")
    told = page(desk_of("salla"), scene)
    assert "In time" in told


def test_markup_in_subjects_and_promises_is_shown_as_text(
    office: Office, desk_of: Desk, clock_at
) -> None:
    found = clock_scene.furnish(office.heating, office.people["salla"])
    with begin(ME) as work:
        tickets.hold(work, found.ticket).subject = "<script>alert(1)</script>"
    html = desk_of("salla").get(f"/desk/tickets/{found.ticket}/clocks").text
    assert "<script>alert(1)</script>" not in html
