"""A customer proves a number by a code that is texted to it, over the exchange."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import finding, points
from helpdesk.customers import service as customers
from helpdesk.customers.models import ContactPoint
from helpdesk.exchange.phones import Phone
from helpdesk.identity import phone_proofs
from helpdesk.identity.models import PhoneProof, SignInFailure
from helpdesk.workflows import cases, phone_proving
from tests.texts.conftest import CENTRE, KIM, Line
from tests.web.signed_in import Browser, add_user, browser_as
from tests.workflows.people import SETUP

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PROFILE = "/portal/profile"


@pytest.fixture(autouse=True)
def to_britain(line: Line) -> None:
    with begin(SETUP) as work:
        phone_proofs.set_rule(work, regions=["gb"], most_a_day=20)


def customer(name: str, number: str = KIM) -> str:
    """A record that says the number."""
    with begin(SETUP) as work:
        made = customers.create_customer(work, name=name)
        points.put(work, made, points.read(work, "phone", number))
        return made.id


def signed_in(app: Flask, customer_id: str) -> Browser:
    return browser_as(app, "customer", user_id=add_user("customer", customer_id=customer_id))


def ask(browser: Browser, customer_id: str, number: str = KIM) -> object:
    with reading(SETUP) as work:
        point = work.session.scalar(
            select(ContactPoint).where(
                ContactPoint.customer_id == customer_id, ContactPoint.value == number
            )
        )
        assert point is not None
        point_id = point.id
    return browser.post(f"{PROFILE}/points/{point_id}/confirm")


def send_codes(line: Line) -> int:
    """What workers do with what pages noted."""
    with reading(SETUP) as work:
        wanted = select(EventRow.id).where(EventRow.kind == "user.phone_proof_asked")
        events = list(work.session.scalars(wanted))
    for event_id in events:
        phone_proving.run(event_id)
    line.exchange.advance(5)
    with reading(SETUP) as work:
        return len(work.session.scalars(select(PhoneProof).where(PhoneProof.state == "sent")).all())


def code_of(phone: Phone) -> str:
    found = re.search(r"\b\d{6}\b", phone.inbox[-1].body)
    assert found
    return found.group()


def is_proved(customer_id: str) -> bool:
    with reading(SETUP) as work:
        return bool(
            work.session.scalar(
                select(ContactPoint.verified_at).where(
                    ContactPoint.customer_id == customer_id, ContactPoint.value == KIM
                )
            )
        )


def test_H7_a_number_shows_what_came_from_it_once_its_code_was_typed_and_not_before(
    app: Flask, line: Line, kim: Phone
) -> None:
    kim.text(CENTRE, "Is my washing machine repaired?")
    texted = line.take()
    line.write(texted, "It is. We bring it at nine.")
    with reading(SETUP) as work:
        holder = finding.find_customer(work, kind="phone", value=KIM)
        assert holder is not None
        assert holder.proved
    with begin(SETUP) as work:
        stray = finding.find_or_create(work, name="", phone=KIM).customer.id
        opened = cases.open_case(
            work, customer_id=stray, subject="Rang about a leak", body="x", channel="call",
            queue=line.floor.queue_id,
        )  # fmt: skip
        ticket_id = opened.ticket.id
        matter_id = cases.open_case(
            work, customer_id=holder.customer.id, subject="Washing machine", body="It leaks",
            channel="sms", queue=line.floor.queue_id,
        ).ticket.id  # fmt: skip
    mine = customer("Kim")
    browser = signed_in(app, mine)
    talk = f"/portal/talks/{texted}"
    assert browser.get(talk).status_code == 404
    assert ask(browser, mine).status_code == 303
    assert send_codes(line) == 1
    assert send_codes(line) == 1  # a job that comes twice sends once
    code = code_of(kim)
    assert [len(kim.inbox)] == [2]
    with reading(SETUP) as work:
        rows = [str(vars(row)) for row in work.session.scalars(select(PhoneProof))]
        told = str(work.session.scalars(select(AuditEntry.details)).all())
        events = str(work.session.scalars(select(EventRow.facts)).all())
    assert code not in "".join((*rows, told, events))
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert browser.post(f"{PROFILE}/number", data={"code": wrong}).status_code == 400
    assert not is_proved(mine)
    other = signed_in(app, customer("Mallory"))
    assert other.post(f"{PROFILE}/number", data={"code": code}).status_code == 400
    done = browser.post(f"{PROFILE}/number", data={"code": f"{code[:3]} {code[3:]}"})
    assert done.headers["Location"] == f"{PROFILE}?note=number_proved"
    assert is_proved(mine)
    page = browser.get(talk)
    assert page.status_code == 200
    assert "We bring it at nine" in page.text
    assert texted in browser.get("/portal/matters?show=talks").text
    assert "It leaks" in browser.get(f"/portal/matters/{matter_id}").text
    assert other.get(f"/portal/matters/{matter_id}").status_code == 404
    # Whoever wrote the record of a call says more than the caller did: nothing made it by calling.
    assert browser.get(f"/portal/matters/{ticket_id}").status_code == 404
    assert other.get(talk).status_code == 404
    assert browser.post(f"{PROFILE}/number", data={"code": code}).status_code == 400
    # What comes from the number now is theirs, and what another record is known by stays there.
    kim.text(CENTRE, "And thank you")
    with reading(SETUP) as work:
        found = finding.find_customer(work, kind="phone", value=KIM)
        assert found is not None
        assert found.customer.id == mine


@on_sqlite
def test_a_number_that_a_known_record_holds_stays_a_claim(
    app: Flask, line: Line, kim: Phone
) -> None:
    with begin(SETUP) as work:
        known = customers.create_customer(work, name="Kim at work")
        points.put(work, known, points.read(work, "phone", KIM), proved=True)
        points.put(work, known, points.read(work, "email", "kim@work.example"))
    mine = customer("Kim at home")
    browser = signed_in(app, mine)
    ask(browser, mine)
    send_codes(line)
    done = browser.post(f"{PROFILE}/number", data={"code": code_of(kim)})
    assert done.headers["Location"] == f"{PROFILE}?note=claimed"
    assert not is_proved(mine)


@on_sqlite
def test_F3_codes_cannot_be_guessed_and_end_after_ten_minutes(
    app: Flask, line: Line, kim: Phone
) -> None:
    mine = customer("Kim")
    browser = signed_in(app, mine)
    ask(browser, mine)
    send_codes(line)
    code = code_of(kim)
    with clock.moved_to(clock.now() + timedelta(minutes=11)):
        assert browser.post(f"{PROFILE}/number", data={"code": code}).status_code == 400
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    codes = [browser.post(f"{PROFILE}/number", data={"code": wrong}).status_code for _ in range(6)]
    assert codes == [400] * 4 + [429] * 2  # the late one was a try as well
    with begin(SETUP) as work:
        for row in work.session.scalars(select(SignInFailure)):
            work.session.delete(row)
    assert browser.post(f"{PROFILE}/number", data={"code": wrong}).status_code == 400
    assert browser.post(f"{PROFILE}/number", data={"code": code}).status_code == 400
    assert not is_proved(mine)


@on_sqlite
def test_texts_that_cost_are_bounded_by_country_kind_person_number_and_house(
    app: Flask, line: Line, kim: Phone, client: FlaskClient
) -> None:
    for number in ("+33612345678", "+442071838750", "+449098790000", "+870773111632"):
        mine = customer("Far", number)
        refused = ask(signed_in(app, mine), mine, number)
        assert refused.status_code == 400
        assert "send a code to this number" in refused.text.replace("&#39;", "'")
    people = [customer(f"Kim {n}") for n in range(6)]
    answers = {(a.status_code, a.headers["Location"]) for a in (
        ask(signed_in(app, one), one) for one in people
    )}  # fmt: skip
    assert answers == {(303, f"{PROFILE}/number?note=code_sent")}
    assert send_codes(line) == phone_proofs.MOST_TO_NUMBER  # and the sixth learns nothing of it
    mine = customer("Busy", "+447400000001")
    browser = signed_in(app, mine)
    codes = [ask(browser, mine, "+447400000001").status_code for _ in range(6)]
    assert codes == [303] * 5 + [429]
    with begin(SETUP) as work:
        phone_proofs.set_rule(work, regions=["GB"], most_a_day=phone_proofs.sent_today(work) + 1)
    assert send_codes(line) == phone_proofs.MOST_TO_NUMBER + 1
    kim.text(CENTRE, "STOP")
    with begin(SETUP) as work:
        phone_proofs.set_rule(work, regions=[], most_a_day=20)
    late = signed_in(app, people[0])
    assert ask(late, people[0]).status_code == 404
    assert "Confirm</span>" not in late.get(PROFILE).text


@on_sqlite
def test_H9_who_wrote_stop_gets_no_code(app: Flask, line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "STOP")
    before = len(kim.inbox)
    mine = customer("Kim")
    assert ask(signed_in(app, mine), mine).status_code == 303
    assert send_codes(line) == 0
    assert len(kim.inbox) == before


@on_sqlite
def test_countries_are_set_under_sign_in(app: Flask, line: Line) -> None:
    admin = browser_as(app, "admin")
    wrong = admin.post("/admin/sign-in/numbers", data={"regions": "XX", "most_a_day": "0"})
    assert wrong.status_code == 400
    assert "two letters" in wrong.text
    assert "from 1 to 100,000" in wrong.text
    form = {"regions": "de, at", "most_a_day": "50"}
    assert admin.post("/admin/sign-in/numbers", data=form).status_code == 303
    assert 'value="AT, DE"' in admin.get("/admin/sign-in").text


@on_sqlite
def test_a_number_that_is_added_gets_its_code_at_once_where_texts_reach_it(
    app: Flask, line: Line, kim: Phone
) -> None:
    with begin(SETUP) as work:
        mine = customers.create_customer(work, name="Kim").id
    browser = signed_in(app, mine)
    added = browser.post(f"{PROFILE}/phone", data={"phone": KIM})
    assert added.headers["Location"] == f"{PROFILE}/number?note=code_sent"
    assert send_codes(line) == 1
    browser.post(f"{PROFILE}/number", data={"code": code_of(kim)})
    assert is_proved(mine)
    again = browser.post(f"{PROFILE}/phone", data={"phone": KIM})
    far = browser.post(f"{PROFILE}/phone", data={"phone": "+442071838750"})
    assert {one.headers["Location"] for one in (again, far)} == {f"{PROFILE}?note=added"}
    assert send_codes(line) == 1
