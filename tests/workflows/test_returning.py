"""Returns: the rule, the steps with their deadlines, the ticket behind them, and who sees what."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.calendars import queries as hours
from helpdesk.calendars import service as calendars
from helpdesk.core import clock
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.mail.models import OutgoingMail
from helpdesk.owned import permissions
from helpdesk.returns import service, steps
from helpdesk.returns.events import ReturnLate
from helpdesk.returns.models import ReturnCase
from helpdesk.returns.rules import Bought, answer
from helpdesk.tickets.models import Ticket
from helpdesk.web.portal import showing, speech
from helpdesk.workflows import (
    cases_flows,
    cases_line,
    cases_merge,
    customer_days,
    mail_out,
    portal_flows,
    returning,
)
from tests.web.admin.scene import words_of
from tests.web.portal import scene
from tests.web.portal.scene import SYSTEM, Shop, deliver
from tests.web.portal.test_matters import ADA, BOB, post
from tests.web.portal.test_owned import a_product, an_order
from tests.web.signed_in import Browser, browser_as

DAYS = ("mon", "tue", "wed", "thu", "fri")
TODAY = date(2026, 6, 30)
ARRIVED = {"shipped": "2026-05-30T09:00:00+00:00", "delivered": "2026-06-01T09:00:00+00:00"}


@pytest.fixture
def shop(app: Flask, settings: Any) -> Shop:
    return scene.furnish(app, settings)


@pytest.fixture
def desk(shop: Shop) -> Browser:
    return browser_as(shop.app, "agent", user_id=shop.anna.id)


@pytest.mark.parametrize(
    "bought,on,status,code,instead",
    [
        (Bought(1, returnable_days=30), date(2026, 7, 1), "delivered", "yes", ""),
        (Bought(1, returnable_days=30), date(2026, 7, 2), "delivered", "too_late", "ask"),
        (
            Bought(1, returnable_days=30, covered_until=date(2027, 1, 1)),
            date(2026, 8, 1), "delivered", "too_late", "warranty",
        ),
        (Bought(2, taken_back=2, returnable_days=30), TODAY, "delivered", "all_back", "ask"),
        (Bought(1, returnable_days=None), TODAY, "delivered", "never", "ask"),
        (Bought(1, known=False), TODAY, "delivered", "unknown", "ask"),
        (Bought(1, returnable_days=30), TODAY, "packed", "not_sent", "cancel"),
        (Bought(1, returnable_days=30), TODAY, "cancelled", "cancelled", "ask"),
    ],
)  # fmt: skip
def test_what_may_come_back_and_what_else_is_possible(
    bought: Bought, on: date, status: str, code: str, instead: str
) -> None:
    found = answer(bought, on, status, ARRIVED)
    assert (found.code, found.instead) == (code, instead)


def test_the_last_day_is_the_customers_own() -> None:
    bought, zone = Bought(1, returnable_days=1), ZoneInfo("America/New_York")
    evening = {"delivered": "2026-06-02T01:30:00+00:00"}  # the first of June in New York
    assert answer(bought, date(2026, 6, 2), "delivered", evening, zone).until == date(2026, 6, 2)
    assert answer(bought, date(2026, 6, 3), "delivered", evening, zone).code == "too_late"
    assert customer_days.zone_of(None, None).key == "UTC"
    late = datetime(2026, 6, 3, 2, tzinfo=UTC)
    assert customer_days.words(late, zone, "de") == "02.06.2026"


def test_every_step_names_who_acts_and_ends_somewhere() -> None:
    for name, step in steps.STEPS.items():
        assert (step.who == "") == steps.is_over(name)
        assert set(step.follows) <= steps.STEPS.keys()
        assert not step.who or step.target in steps.DEFAULTS
    at = datetime(2026, 6, 1, 9, tzinfo=UTC)
    assert steps.due("label_sent", at, {"send_days": 14}, None) == at + timedelta(days=14)
    assert steps.due("asked", at, {"decide_hours": 3}, None) == at + timedelta(hours=3)
    assert steps.due("refunded", at, {}, None) is None


def asked_for(shop: Shop, **facts: Any) -> tuple[str, str, Browser]:
    """Ada asks in the portal; her return's ticket, the order, her browser."""
    a_product()
    ada = shop.customer("Ada", ADA, **facts)
    order, browser = an_order(ada, status="delivered"), shop.browser(ada)
    with reading(SYSTEM) as work:
        line_id = returning.offered(work, permissions.get_order(work, order))[0].line.line.id
    sent = post(
        browser, f"/portal/orders/{order}/return",
        reason="faulty", wish="refund", text="It does not start.", **{f"count-{line_id}": "1"},
    )  # fmt: skip
    assert sent.status_code == 303, words_of(sent.text)
    return sent.headers["Location"].split("/")[3], order, browser


def row_of(ticket_id: str) -> ReturnCase:
    with reading(SYSTEM) as work:
        found = service.of_ticket(work, ticket_id)
        assert found is not None
        return found


def state_of(ticket_id: str) -> str:
    with reading(SYSTEM) as work:
        return work.session.get_one(Ticket, ticket_id).state


def test_a_return_goes_its_way_and_its_customer_always_knows(shop: Shop, desk: Browser) -> None:
    ticket, order, browser = asked_for(shop)
    row = row_of(ticket)
    assert (row.state, row.reason, row.wish) == ("asked", "faulty", "refund")
    assert row.due_at is not None
    assert "We decide by" in words_of(browser.get(f"/portal/matters/{ticket}").text)
    assert "All of it is back" in words_of(browser.get(f"/portal/orders/{order}/return").text)

    def move(to: str, status: int = 200, **more: str) -> None:
        data = {"to": to, "version": str(row_of(ticket).version), **more}
        answer = desk.post(f"/desk/tickets/{ticket}/return", data=data, headers={"X-Part": "1"})
        assert answer.status_code == status, words_of(answer.text)

    move("refunded", 409)
    move("approved")
    move("label_sent", 400, label_url="javascript:alert(1)")
    move("label_sent", label_url="https://label.example/1")
    assert state_of(ticket) == "waiting_on_customer"
    page = browser.get(f"/portal/matters/{ticket}")
    assert "Now you: hand the parcel in by" in words_of(page.text)
    assert 'href="https://label.example/1"' in page.text
    move("received")
    assert state_of(ticket) == "open"
    move("inspected")
    move("refunded", words="Your 499 euros are on their way.")
    assert state_of(ticket) == "resolved"
    words = words_of(browser.get(f"/portal/matters/{ticket}").text)
    assert "Your money is on its way back to you." in words
    assert "Your 499 euros are on their way." in words
    deliver("ticket.replied", mail_out.send_replies)
    with reading(SYSTEM) as work:
        told = work.session.scalars(select(OutgoingMail.text).order_by(OutgoingMail.id)).all()
        assert len(told) == 5
        assert "https://label.example/1" in "".join(told)
        assert [one.state for one in service.steps_of(work, row.id)] == [
            "asked", "approved", "label_sent", "received", "inspected", "refunded",
        ]  # fmt: skip


def test_business_hours_count_and_what_is_late_is_told_once(shop: Shop) -> None:
    with begin(SYSTEM) as work:
        plan = {"zone": "UTC", "weekly": {day: [["09:00", "17:00"]] for day in DAYS}}
        calendars.create_calendar(work, name="Office", plan=plan)
    with clock.moved_to(datetime(2026, 6, 1, 16, tzinfo=UTC)):
        with reading(SYSTEM) as work:
            office = hours.house_hours(work)
        assert steps.due("asked", clock.now(), {"decide_hours": 2}, office) == datetime(
            2026, 6, 2, 10, tzinfo=UTC
        )
    ticket, _, _ = asked_for(shop)
    due = row_of(ticket).due_at
    assert due is not None
    with clock.moved_to(due + timedelta(minutes=1)):
        for expected in (1, 0):
            with begin(SYSTEM) as work:
                assert service.tell_late(work) == expected
                told = [one for one in work.events() if isinstance(one.event, ReturnLate)]
                assert len(told) == expected


def test_a_customer_keeps_it_after_all_and_may_ask_again(shop: Shop) -> None:
    ticket, order, browser = asked_for(shop)
    answer = post(browser, f"/portal/matters/{ticket}/withdraw-return")
    assert answer.headers["Location"].endswith("note=withdrawn")
    assert (row_of(ticket).state, state_of(ticket)) == ("withdrawn", "resolved")
    assert "Ask for the return" in words_of(browser.get(f"/portal/orders/{order}/return").text)
    again = post(browser, f"/portal/matters/{ticket}/withdraw-return")
    assert again.status_code == 409


def test_refusals_stand_beside_the_field_and_nothing_is_opened(shop: Shop) -> None:
    a_product(returnable_days=None)
    ada = shop.customer("Ada", ADA)
    order, browser = an_order(ada, status="delivered"), shop.browser(ada)
    page = words_of(browser.get(f"/portal/orders/{order}/return").text)
    assert "It can't be sent back. It is in warranty until" in page
    with reading(SYSTEM) as work:
        line_id = returning.offered(work, permissions.get_order(work, order))[0].line.line.id
    for given in ({f"count-{line_id}": "1"}, {f"count-{new_id()}": "1"}, {}):
        answer = post(
            browser, f"/portal/orders/{order}/return",
            reason="other", wish="refund", text="Please", **given,
        )  # fmt: skip
        assert answer.status_code == 400
    with reading(SYSTEM) as work:
        assert not work.session.scalars(select(Ticket)).all()


def test_a_colleague_opens_one_out_of_goodwill(shop: Shop, desk: Browser) -> None:
    a_product(returnable_days=None)
    ada = shop.customer("Ada", ADA)
    order = an_order(ada, status="delivered")
    path = f"/desk/orders/{order}/return"
    with reading(SYSTEM) as work:
        line_id = returning.offered(work, permissions.get_order(work, order))[0].line.line.id
    [form_id] = re.findall(r'name="form_id" value="([^"]+)"', desk.get(path).text)
    given = {f"count-{line_id}": "1", "reason": "other", "form_id": form_id}
    assert desk.post(path, data=given).status_code == 400
    made, again = (desk.post(path, data={**given, "goodwill": "true"}) for _ in range(2))
    assert again.headers["Location"] == made.headers["Location"]
    with reading(SYSTEM) as work:
        assert len(service.of_order(work, order)) == 1
    ticket = made.headers["Location"].rpartition("/")[2]
    assert row_of(ticket).goodwill
    assert "We have noted" in shop.browser(ada).get(f"/portal/matters/{ticket}").text
    boss = browser_as(shop.app, "supervisor")
    assert "W-1" in words_of(boss.get("/desk/returns").text)
    assert desk.get("/desk/returns").status_code == 403


def test_E1_E5_another_customer_returns_and_withdraws_nothing(shop: Shop) -> None:
    ticket, order, _ = asked_for(shop)
    other = shop.browser(shop.customer("Bob", BOB))
    assert other.get(f"/portal/orders/{order}/return").status_code == 404
    sent = post(other, f"/portal/orders/{order}/return", reason="other", wish="refund", text="x")
    gone = post(other, f"/portal/matters/{ticket}/withdraw-return")
    assert (sent.status_code, gone.status_code) == (404, 404)
    assert row_of(ticket).state == "asked"


def test_two_at_once_take_back_no_more_than_was_bought(shop: Shop) -> None:
    _, order, _ = asked_for(shop)
    with begin(SYSTEM) as work:
        row = permissions.get_order(work, order)
        line_id = returning.offered(work, row)[0].line.line.id
        with pytest.raises((Invalid, Conflict)):
            returning.ask(
                work, row, quantities={line_id: 1}, reason="other", wish="refund", text="Again"
            )


def test_a_return_that_goes_on_is_merged_into_no_other_ticket(shop: Shop) -> None:
    ticket_id, _, _ = asked_for(shop)
    with reading(SYSTEM) as work:
        ada = work.session.get_one(Ticket, ticket_id).customer_id
    other = shop.case(ada, "Parcel", "Where do I send it?")
    with begin(shop.anna) as work, pytest.raises(Conflict, match="A return goes on"):
        cases_merge.merge(work, ticket_id, other)
    with begin(shop.anna) as work:
        cases_merge.merge(work, other, ticket_id)
        assert returning.take_step(work, ticket_id, "approved").state == "approved"


def test_its_ticket_is_not_resolved_before_it_and_lists_show_its_own_step(
    shop: Shop, desk: Browser
) -> None:
    ticket, _, browser = asked_for(shop)
    refused = desk.post(
        f"/desk/tickets/{ticket}/state", data={"state": "resolved"}, headers={"X-Part": "1"}
    )
    assert refused.status_code == 409
    assert "A return goes on in this ticket. Take its next step" in words_of(refused.text)
    with begin(shop.anna) as work, pytest.raises(cases_flows.GoesOn):
        cases_line.change(work, ticket, {"state": "closed", "priority": "high"})
    post(browser, f"/portal/matters/{ticket}/solved")  # they only say so
    assert (row_of(ticket).state, state_of(ticket)) == ("asked", "new")
    for page in ("/portal", "/portal/matters"):
        assert "We decide by" in words_of(browser.get(page).text)
    due = row_of(ticket).due_at
    assert due is not None
    late = portal_flows.decide(row_of(ticket), None, is_done=False, at=due + timedelta(minutes=1))
    assert late is not None
    assert late.is_late
    assert "We are late with it" in showing.next_of(speech.of("en"), late).sentence
    with begin(shop.anna) as work:
        returning.take_step(work, ticket, "approved")
        returning.take_step(work, ticket, "label_sent")
    assert "Your turn" in words_of(browser.get("/portal").text)
    with begin(shop.anna) as work:  # the parcel never comes
        returning.take_step(work, ticket, "withdrawn")
    assert state_of(ticket) == "resolved"
    done = words_of(browser.get("/portal/matters?show=done").text)
    assert "You keep it. Nothing more happens." in done
