"""A colleague texts first, from the customer's card: opt-outs, the night, WhatsApp's templates."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.carriers.models import PhoneNumber
from helpdesk.core import clock
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.customers.models import ContactPoint
from helpdesk.exchange.phones import Phone
from helpdesk.texts import opt_outs, templates
from helpdesk.texts.models import TextDelivery
from tests.texts.conftest import KIM, Line
from tests.web.signed_in import Browser, browser_as
from tests.workflows.people import SETUP

NINE = 9 * 3600


@pytest.fixture
def anna(app: Flask, line: Line) -> Browser:
    return browser_as(app, "agent", user_id=line.floor.anna.id)


class Card:
    """Kim's record, and the form to text her."""

    def __init__(self, line: Line, anna: Browser) -> None:
        self.line, self.anna = line, anna
        with begin(SETUP) as work:
            kim = customers.create_customer(work, name="Kim", contact_points=[("phone", KIM)])
            self.id = kim.id
            self.point = work.session.scalars(select(ContactPoint.id)).one()
            self.number = work.session.scalars(select(PhoneNumber.id)).one()

    def send(self, **more: str) -> tuple[int, str]:
        """Answers the status, and where it leads or what the page says."""
        form = {"to": self.point, "from": self.number, "channel": "sms", "text": "Hello", **more}
        with clock.moved_to(self.line.exchange.now()):
            answer = self.anna.post(f"/desk/customers/{self.id}/text", data=form)
        return answer.status_code, answer.headers.get("Location") or answer.get_data(as_text=True)


@pytest.fixture
def card(line: Line, anna: Browser) -> Card:
    line.exchange.advance(NINE - line.exchange.now().hour * 3600 + 24 * 3600)
    return Card(line, anna)


def test_the_first_text_opens_a_conversation_that_its_writer_has(
    card: Card, line: Line, kim: Phone
) -> None:
    page = card.anna.get(f"/desk/customers/{card.id}/text?to={card.point}")
    assert page.status_code == 200
    status, where = card.send(text="We found your umbrella.")
    assert status in (302, 303), where
    line.work_off()
    line.pass_time(5)
    assert [message.body for message in kim.inbox] == ["We found your umbrella."]
    kim.text(line.exchange.switch.messages[kim.inbox[0].sid].from_, "Thank you!")
    (conversation,) = line.conversations()
    assert conversation.id in where
    assert (conversation.customer_id, conversation.agent_id) == (card.id, line.floor.anna.id)
    assert [m.text for m in line.messages(conversation.id)] == [
        "We found your umbrella.", "Thank you!",
    ]  # fmt: skip
    page = card.anna.get(f"/desk/conversations/{conversation.id}")
    assert '"delivery"' in page.get_data(as_text=True)


def test_at_night_a_reason_is_asked_for_and_kept(card: Card, line: Line, kim: Phone) -> None:
    line.exchange.advance(14 * 3600)
    status, page = card.send()
    assert (status, "where this number is" in page) == (409, True)
    assert line.conversations() == []
    status, _ = card.send(reason="The tap is open")
    assert status in (302, 303)
    with reading(SETUP) as work:
        wanted = select(AuditEntry.details).where(AuditEntry.action == "texts.sent_at_night")
        assert work.session.scalars(wanted).one()["reason"] == "The tap is open"


def test_who_opted_out_gets_no_first_text_either(card: Card, line: Line) -> None:
    with begin(SETUP) as work:
        opt_outs.stop(work, KIM, customer_id=card.id, words="stop", told_by="customer")
    status, page = card.send()
    assert (status, "texts go again once they text START" in page) == (409, True)
    shown = card.anna.get(f"/desk/customers/{card.id}").get_data(as_text=True)
    assert "no texts" in shown
    assert "Wants no more texts" in shown


def test_by_whatsapp_a_template_goes_first(card: Card, line: Line, kim: Phone) -> None:
    sid = "HX" + "0" * 32
    with begin(SETUP) as work:
        row = templates.add(
            work, name="Visit", language="en", body="We come on {{1}}.", content_sid=sid
        )
    status, page = card.send(channel="whatsapp")
    assert (status, "only a template" in page) == (409, True)
    status, page = card.send(channel="whatsapp", template=row.id, v1="")
    assert status == 400
    status, page = card.send(channel="whatsapp", template=row.id, v1="Tuesday")
    assert status in (302, 303), page
    line.work_off()
    line.pass_time(5)
    with reading(SETUP) as work:
        sent = work.session.scalars(select(TextDelivery)).one()
        assert (sent.text, sent.content_sid, sent.state) == (
            "We come on Tuesday.",
            sid,
            "delivered",
        )


def test_templates_are_added_changed_and_put_aside(app: Flask, line: Line) -> None:
    admin = browser_as(app, "admin")
    form = {"name": "Visit", "language": "en", "body": "We come.", "content_sid": "", "_was": "{}"}
    assert admin.post("/admin/text-templates/new", data={**form, "body": ""}).status_code == 400
    assert admin.post("/admin/text-templates/new", data=form).status_code in (302, 303)
    assert admin.post("/admin/text-templates/new", data=form).status_code == 409
    with reading(SETUP) as work:
        (row,) = templates.usable(work, "sms")
        assert list(templates.usable(work, "whatsapp")) == []
    page = f"/admin/text-templates/{row.id}"
    assert admin.get(page).status_code == 200
    changed = {**form, "body": "We come soon.", "version": "1"}
    assert admin.post(page, data=changed).status_code in (302, 303)
    assert admin.post(page, data={**changed, "body": "Later"}).status_code == 409
    assert admin.post(f"{page}/archive").status_code in (302, 303)
    assert "Put aside" in admin.get("/admin/text-templates").get_data(as_text=True)
    with reading(SETUP) as work:
        assert list(templates.usable(work, "sms")) == []
