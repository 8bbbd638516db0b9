"""Signing in by mail: once, in the browser that asked, the same answer for everybody; claiming."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from helpdesk.core import clock
from helpdesk.core.config import Settings
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import finding
from helpdesk.customers import service as customers
from helpdesk.customers.models import ContactPoint, Customer, DuplicateSuggestion
from helpdesk.identity import sessions, totp
from helpdesk.identity.models import SignInLink, SignInSession, User
from helpdesk.mail import place
from tests.identity.people import PASSWORD, add
from tests.web.admin.scene import statements
from tests.web.portal import scene
from tests.web.portal.scene import SIGN_IN, SYSTEM, Shop, ask, code_in, come_in, letter, link_in
from tests.web.signed_in import mark, send

ADA = "ada@customer.example"


def signed_in(client: FlaskClient) -> bool:
    return client.get("/portal").status_code == 200


def user_of(email: str) -> User:
    with reading(SYSTEM) as work:
        user = work.session.scalar(select(User).where(User.email == email))
        assert user is not None
        work.session.expunge(user)
        return user


def test_F1_F13_a_link_signs_in_once_and_what_is_opened_in_advance_uses_nothing_up(
    shop: Shop,
) -> None:
    outcome = shop.room.deliver()
    client = shop.client()
    client.set_cookie("helpdesk", "planted")
    answer = ask(client, "  Ada@Customer.Example ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/sign-in/sent")
    scene.relay()
    scene.relay()
    assert [mail.to_address for mail in scene.mails()] == [ADA]
    link = link_in(letter())
    for _ in range(3):
        assert client.head(link).status_code == 200
        assert ADA in client.get(link).text
    assert not signed_in(client)
    into = send(client, link)
    assert (into.status_code, into.headers["Location"]) == (303, "/")
    cookie = client.get_cookie("helpdesk")
    assert cookie is not None
    assert cookie.value != "planted"
    assert signed_in(client)
    assert client.get(link).status_code == 404
    assert client.post(link, data={"_csrf": mark(client.get("/portal"))}).status_code == 404
    user = user_of(ADA)
    with reading(SYSTEM) as work:
        assert user.customer_id == scene.customer_of(outcome.ticket_id or "")
        kept = work.session.scalar(select(SignInLink))
        assert kept is not None
        assert link.rpartition("/")[2] not in repr(vars(kept))
        assert code_in(letter()) not in repr(vars(kept))


def test_F13_a_forwarded_link_is_worth_nothing_and_ends_after_a_quarter_of_an_hour(
    shop: Shop,
) -> None:
    asking, other = shop.client(), shop.client()
    start = clock.now()
    ask(asking, ADA)
    scene.relay()
    link, code = link_in(letter()), code_in(letter())
    page = other.get(link)
    assert "Open it where you asked" in page.text
    assert ADA not in page.text
    token = mark(other.get(SIGN_IN))
    assert other.post(link, data={"_csrf": token}).status_code == 404
    assert send(other, "/portal/sign-in/sent", "/portal/sign-in/code", code=code).status_code == 400
    assert not signed_in(other)
    with clock.moved_to(start + timedelta(minutes=14)):
        assert asking.get(link).status_code == 200
    with clock.moved_to(start + timedelta(minutes=16)):
        assert asking.get(link).status_code == 404
        late = send(asking, "/portal/sign-in/sent", "/portal/sign-in/code", code=code)
        assert late.status_code == 400
    assert send(asking, link).status_code == 303


def test_the_code_signs_in_where_it_was_asked_for_and_can_not_be_guessed(shop: Shop) -> None:
    client = shop.client()
    ask(client, ADA)
    scene.relay()
    code = code_in(letter())
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    page, to = "/portal/sign-in/sent", "/portal/sign-in/code"
    assert "does not fit" in send(client, page, to, code=wrong).text
    assert send(client, page, to, code=f"{code[:3]} {code[3:]}").status_code == 303
    assert signed_in(client)
    other = shop.client()
    ask(other, ADA)
    scene.relay()
    code = code_in(letter())
    for _ in range(5):
        assert send(other, page, to, code=wrong).status_code == 400
    assert send(other, page, to, code=code).status_code == 400
    assert send(other, link_in(letter())).status_code == 303


def test_F3_F4_known_and_unknown_addresses_take_the_same_steps_and_whoever_asks_on_waits(
    shop: Shop,
) -> None:
    shop.customer("Ada", ADA)
    come_in(shop.client(), ADA)
    add("agent", email="staff@shop.example")
    answers, steps = set(), set()
    for n, email in enumerate((ADA, "nobody@customer.example", "staff@shop.example")):
        client = shop.client()
        token = mark(client.get(SIGN_IN))
        with statements() as asked:
            answer = client.post(
                SIGN_IN,
                data={"_csrf": token, "email": email},
                environ_overrides={"REMOTE_ADDR": f"198.51.{n}.1"},
            )
        steps.add(tuple(asked))
        answers.add((answer.status_code, answer.text, answer.headers["Location"]))
    assert len(steps) == 1
    assert len(answers) == 1
    with reading(SYSTEM) as work:
        facts = work.session.scalars(
            select(EventRow.facts).where(EventRow.kind == "user.sign_in_link_asked")
        ).all()
    assert ".example" not in str(facts)
    client = shop.client()
    codes = [ask(client, "zoe@customer.example").status_code for _ in range(6)]
    assert codes == [303] * 5 + [429]
    known = come_in(shop.client(), ADA)
    assert known.status_code == 303


def test_a_colleagues_address_gets_no_link_and_a_closed_account_no_mail(shop: Shop) -> None:
    add("agent", email="staff@shop.example")
    gone = add(
        "customer", email="gone@customer.example", customer_id=shop.customer("G", "g@x.example")
    )
    with begin(SYSTEM) as work:
        work.session.get_one(User, gone).is_active = False
    client = shop.client()
    ask(client, "gone@customer.example")
    ask(client, "staff@shop.example")
    scene.relay()
    assert [mail.to_address for mail in scene.mails()] == ["staff@shop.example"]
    assert "/sign-in" in letter()
    assert "/portal/link/" not in letter()


def test_F2_the_second_factor_is_owed_after_a_link_too(shop: Shop) -> None:
    customer_id = shop.customer("Ada", ADA)
    user_id = add("customer", email=ADA, customer_id=customer_id)
    with begin(SYSTEM) as work:
        user = work.session.get_one(User, user_id)
        totp.start(work, user_id)
        user.totp_confirmed_at = work.at
    client = shop.client()
    into = come_in(client, ADA)
    assert into.headers["Location"] == "/portal/sign-in/second"
    assert not signed_in(client)
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(SignInSession.stage)).all() == ["code"]


def test_C9_an_address_leads_to_its_record_only_when_it_is_proved(shop: Shop) -> None:
    """Somebody who only types the address sees nothing; its reader sees all that it said."""
    first = shop.room.deliver(text="By mail")
    with begin(SYSTEM) as work:
        typed = finding.find_or_create(work, name="Mallory", email=ADA).customer.id
    mallory = shop.browser(typed)
    assert "Printer" not in mallory.get("/portal").text
    come_in(client := shop.client(), ADA)
    assert signed_in(client)
    assert user_of(ADA).customer_id == scene.customer_of(first.ticket_id or "")
    with reading(SYSTEM) as work:
        proved = work.session.execute(
            select(ContactPoint.customer_id).where(
                ContactPoint.value == ADA, ContactPoint.verified_at.is_not(None)
            )
        ).all()
    assert len(proved) == 1


def test_an_address_that_another_record_holds_is_suggested_and_never_merged(shop: Shop) -> None:
    holder = shop.customer("Ada of the shop", "work@customer.example")
    with begin(SYSTEM) as work:
        mine = customers.create_customer(work, name="Ada at home").id
    user_id = add("customer", email="work@customer.example", customer_id=mine)
    client = shop.client()
    come_in(client, "work@customer.example")
    assert signed_in(client)
    with reading(SYSTEM) as work:
        pair = work.session.scalars(select(DuplicateSuggestion)).one()
        assert {pair.first_id, pair.second_id} == {holder, mine}
        merged = select(func.count()).where(Customer.merged_into_id.is_not(None))
        assert work.session.scalar(merged) == 0
        assert work.session.get_one(User, user_id).customer_id == mine


def test_a_stranger_gets_an_account_of_their_own_by_a_first_link(shop: Shop) -> None:
    come_in(client := shop.client(), "new@customer.example")
    assert signed_in(client)
    with reading(SYSTEM) as work:
        user = work.session.scalar(select(User).where(User.email == "new@customer.example"))
        assert user is not None
        assert (user.role, user.name) == ("customer", "new")


def test_a_password_signs_in_too_and_says_no_more_than_that_it_does_not_fit(shop: Shop) -> None:
    add("customer", email=ADA, customer_id=shop.customer("Ada", ADA))
    client = shop.client()
    to = "/portal/sign-in/password"
    wrong = send(client, SIGN_IN, to, email=ADA, password="wrong")
    nobody = send(client, SIGN_IN, to, email="no@customer.example", password="wrong")
    assert (wrong.status_code, nobody.status_code) == (401, 401)
    assert "do not fit together" in wrong.text
    assert (
        send(client, SIGN_IN, to, email=ADA, password=PASSWORD, next="/portal/profile").headers[
            "Location"
        ]
        == "/portal/profile"
    )
    assert signed_in(client)
    send(client, "/portal", "/portal/sign-out")
    assert not signed_in(client)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_F14_signing_in_leads_on_inside_the_portal_only(shop: Shop) -> None:
    ways = ("//evil.example", "/desk", "https://evil.example/portal", "/portal/../desk")
    for n, way in enumerate(ways):
        client = shop.client()
        send(client, SIGN_IN, email=f"x{n}@customer.example", next=way)
        scene.relay()
        assert send(client, link_in(letter())).headers["Location"] == "/"
    shut = shop.client().get("/portal?x=1")
    assert shut.headers["Location"] == "/portal/sign-in?next=%2Fportal%3Fx%3D1"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_where_no_mail_leaves_the_page_says_so_and_takes_passwords(
    shop: Shop, settings: Settings
) -> None:
    place.configure(settings)
    client = shop.client()
    token = mark(client.get(SIGN_IN))
    answer = client.post(SIGN_IN, data={"_csrf": token, "email": ADA})
    assert answer.status_code == 409
    assert "no link can be sent" in answer.text
    assert 'name="password"' in answer.text
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(SignInLink)).all() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_page_speaks_the_readers_language_in_the_sites_colours(shop: Shop) -> None:
    client = shop.client()
    page = client.get(SIGN_IN, headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert '<html lang="de"' in page.text
    assert "Link senden" in page.text
    assert "Send me a link" in client.get(f"{SIGN_IN}?lang=en").text
    assert "Send me a link" in client.get(SIGN_IN, headers={"Accept-Language": "de"}).text
    sheet = client.get("/portal/brand/ffcc00.css")
    assert "--accent:#ffcc00" in sheet.text
    assert sheet.mimetype == "text/css"
    assert client.get("/portal/brand/red%7D.css").status_code == 404
    assert sessions.cookie_name(False) not in str(sheet.headers)
