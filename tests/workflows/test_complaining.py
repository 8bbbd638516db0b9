"""Complaints: both deadlines, the final reply, escalation, and who sees what of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.complaints import service, settings, terms
from helpdesk.complaints.models import Complaint
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.notices.models import Notice
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_flows, cases_line, cases_merge, complaining, noticing
from tests.web.admin.scene import words_of
from tests.web.portal import scene
from tests.web.portal.scene import SYSTEM, Shop, deliver
from tests.web.portal.test_matters import ADA, BOB, post
from tests.web.signed_in import Browser, add_user, browser_as

T0 = datetime(2026, 6, 1, 9, tzinfo=UTC)
H = timedelta(hours=1)


@pytest.fixture
def shop(app: Flask, settings: Any) -> Shop:
    return scene.furnish(app, settings)


@pytest.fixture
def desk(shop: Shop) -> Browser:
    return browser_as(shop.app, "agent", user_id=shop.anna.id)


def test_what_is_owed_first_and_how_it_stands() -> None:
    facts = (None, T0 + H, None, T0 + 9 * H)
    assert terms.next_due(*facts) == T0 + H
    assert terms.next_due(T0, T0 + H, None, T0 + 9 * H) == T0 + 9 * H
    assert terms.next_due(T0, T0 + H, T0 + 2 * H, T0 + 9 * H) is None
    assert terms.standing(T0, *facts) == "acknowledge"
    assert terms.standing(T0 + 2 * H, *facts) == "acknowledge_late"
    assert terms.standing(T0, T0, T0 + H, None, T0 + 9 * H) == "answer"
    assert terms.standing(T0 + 10 * H, T0, T0 + H, None, T0 + 9 * H) == "answer_late"
    assert terms.standing(T0, T0, T0 + H, T0 + 10 * H, T0 + 9 * H) == "answered_late"


def complaint(ticket_id: str) -> Complaint:
    with reading(SYSTEM) as work:
        found = service.find(work, ticket_id)
        assert found is not None
        return found


def opened(shop: Shop, about: str = "") -> tuple[str, Browser]:
    """Ada complains in the portal; the complaint's ticket and her browser."""
    ada = shop.customer("Ada", ADA)
    browser = shop.browser(ada)
    given = {"about": shop.case(ada)} if about else {}
    sent = post(browser, "/portal/complaints/new", text="Nobody came.", **given)
    assert sent.status_code == 303, words_of(sent.text)
    return sent.headers["Location"].split("/")[3], browser


def step(desk: Browser, ticket: str, what: str, status: int = 200, **given: str) -> Any:
    data = {"version": str(complaint(ticket).version), **given}
    path = f"/desk/tickets/{ticket}/complaint/{what}"
    answer = desk.post(path, data=data, headers={"X-Part": "1"})
    assert answer.status_code == status, words_of(answer.text)
    return answer


def test_a_complaint_is_acknowledged_answered_and_both_sides_see_the_deadlines(
    shop: Shop, desk: Browser
) -> None:
    ticket, browser = opened(shop, about="yes")
    row = complaint(ticket)
    page = words_of(browser.get(f"/portal/matters/{ticket}").text)
    assert "We confirm by" in page
    assert "Complaint: Printer" in page
    assert "To be acknowledged" in words_of(desk.get(f"/desk/tickets/{ticket}").text)
    step(desk, ticket, "acknowledge")
    assert complaint(ticket).next_due_at == row.answer_by
    assert "You get our answer by" in words_of(browser.get(f"/portal/matters/{ticket}").text)
    step(desk, ticket, "acknowledge", 409)
    step(desk, ticket, "answer", 400, words="Sorry.")
    step(desk, ticket, "answer", 400, outcome="upheld")
    step(desk, ticket, "answer", outcome="upheld", remedy="50 euros back", words="You are right.")
    page = words_of(browser.get(f"/portal/matters/{ticket}").text)
    assert "We have answered." in page
    assert "50 euros back" in page
    with reading(SYSTEM) as work:
        assert work.session.get_one(Ticket, ticket).state == "resolved"
        audit = work.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
        told = [one for one in audit if one.startswith("complaint.")]
    assert told == ["complaint.opened", "complaint.acknowledged", "complaint.answered"]
    step(desk, ticket, "escalate", 409, why="Too late")
    boss = browser_as(shop.app, "supervisor")
    assert "50 euros back" in words_of(boss.get("/desk/complaints?show=done").text)
    assert desk.get("/desk/complaints").status_code == 403


def test_an_agent_opens_one_on_a_ticket_once(shop: Shop, desk: Browser) -> None:
    ada = shop.customer("Ada", ADA)
    case = shop.case(ada)
    path = f"/desk/tickets/{case}/complaint"
    assert desk.post(path, headers={"X-Part": "1"}).status_code == 200
    assert desk.post(path, headers={"X-Part": "1"}).status_code == 409
    assert "Your complaint" in words_of(shop.browser(ada).get(f"/portal/matters/{case}").text)
    step(desk, case, "withdraw")
    assert complaint(case).next_due_at is None


def test_a_chat_that_is_a_complaint_becomes_its_ticket(shop: Shop, desk: Browser) -> None:
    with reading(SYSTEM) as work:
        from helpdesk.channels.models import Conversation

        case = shop.case(shop.customer("Ada", ADA))
        found = work.session.scalars(select(Conversation)).one()
    answer = desk.post(f"/desk/conversations/{found.id}/complaint")
    assert answer.headers["Location"] == f"/desk/tickets/{case}"
    assert complaint(case).source == "desk"


def test_what_is_late_escalates_by_itself_once_for_each_deadline(shop: Shop, desk: Browser) -> None:
    boss = add_user("supervisor")
    ticket, _ = opened(shop)
    row = complaint(ticket)
    with clock.moved_to(row.acknowledge_by + timedelta(minutes=1)):
        complaining.tell_late()
        complaining.tell_late()
        deliver("complaint.escalated", noticing.tell)
        with reading(SYSTEM) as work:
            told = work.session.scalars(select(Notice).where(Notice.user_id == boss)).all()
            assert [one.title for one in told] == ["A complaint is late"]
    assert complaint(ticket).escalated_to == "Head of customer care"
    step(desk, ticket, "acknowledge")
    with clock.moved_to(row.answer_by + timedelta(minutes=1)):
        complaining.tell_late()
        assert complaint(ticket).escalated_at == clock.now()


def test_E1_E5_another_customer_neither_reads_nor_complains_about_it(shop: Shop) -> None:
    ticket, _ = opened(shop)
    other = shop.browser(shop.customer("Bob", BOB))
    assert other.get(f"/portal/complaints/new?about={ticket}").status_code == 404
    assert post(other, "/portal/complaints/new", text="x", about=ticket).status_code == 404
    assert post(other, "/portal/complaints/new", text="x", about=new_id()).status_code == 404
    assert other.get(f"/portal/matters/{ticket}").status_code == 404


def test_E8_only_an_administrator_sets_deadlines_and_only_sensible_ones(shop: Shop) -> None:
    given = {"acknowledge_hours": 4, "answer_hours": 40, "role": "Ombudsperson"}
    with pytest.raises(Forbidden), begin(shop.anna) as work:
        settings.put(work, given)
    admin = Actor("user", add_user("admin"), role="admin")
    with pytest.raises(Invalid), begin(admin) as work:
        settings.put(work, {**given, "answer_hours": 0, "role": ""})
    with begin(admin) as work:
        settings.put(work, given)
    ticket, browser = opened(shop)
    row = complaint(ticket)
    assert row.acknowledge_by - row.opened_at == 4 * H
    answer = post(browser, "/portal/complaints/new", text="x", customer_id=new_id())
    assert answer.status_code == 400


def test_a_complaint_is_merged_into_another_ticket_only_once_it_is_answered(shop: Shop) -> None:
    ticket_id, _ = opened(shop)
    with reading(SYSTEM) as work:
        customer_id = complaint(ticket_id).customer_id
    other = shop.case(customer_id, "Again", "And nobody came")
    with begin(shop.anna) as work, pytest.raises(Conflict, match="not answered yet"):
        cases_merge.merge(work, ticket_id, other)
    with begin(shop.anna) as work:
        complaining.withdraw(work, ticket_id, version=None)
    with begin(shop.anna) as work:
        assert cases_merge.merge(work, ticket_id, other).target_id == other


def test_lists_and_the_page_after_sending_promise_what_the_complaint_promises(shop: Shop) -> None:
    ticket, browser = opened(shop)
    promise = "We confirm by "
    for path in ("/portal", "/portal/matters", f"/portal/requests/{ticket}/sent"):
        text = words_of(browser.get(path).text)
        assert promise in text, path
        assert "You get an answer from us by" not in text, path


def test_its_ticket_is_not_resolved_before_it_and_a_done_one_goes_on(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    case, browser = shop.case(ada), shop.browser(ada)
    with begin(shop.anna) as work:
        cases_line.set_state(work, case, "resolved")
        complaining.open_on_ticket(work, case)
    with begin(shop.anna) as work, pytest.raises(cases_flows.GoesOn, match="not answered yet"):
        cases_line.set_state(work, case, "closed")
    assert "We confirm by" in words_of(browser.get("/portal").text)
    with begin(shop.anna) as work:
        complaining.withdraw(work, case, version=None)
    with begin(shop.anna) as work:
        cases_line.set_state(work, case, "resolved")
    done = words_of(browser.get("/portal/matters?show=done").text)
    assert "The complaint is closed without an answer." in done
