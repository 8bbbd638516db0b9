"""Passwords, browsers and linked providers of customers, in the portal's look and languages."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from helpdesk.core import clock
from helpdesk.core.work import begin, reading
from helpdesk.identity import providers, sessions
from helpdesk.identity.models import User
from helpdesk.mail.models import OutgoingMail
from helpdesk.workflows import mail_sending, password_links
from tests.identity.people import PASSWORD, add
from tests.web.portal import scene
from tests.web.portal.scene import SIGN_IN, SYSTEM, Shop
from tests.web.signed_in import Browser, browser_as, send

HERE = "/portal/security"
ADA = "ada@customer.example"
NEW = "a heron in the reeds"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def customer(shop: Shop, *, password: bool = True) -> str:
    customer_id = shop.customer("Ada", ADA, language="de")
    return add("customer", email=ADA, password=password, customer_id=customer_id)


def by_password(client: FlaskClient, password: str) -> int:
    to = "/portal/sign-in/password"
    return send(client, SIGN_IN, to, email=ADA, password=password).status_code


def link() -> str:
    """The way to a new password, out of the last mail."""
    scene.deliver("user.password_link_asked", password_links.send)
    with reading(SYSTEM) as work:
        rows = select(OutgoingMail).where(OutgoingMail.kind == password_links.KIND)
        last = work.session.scalars(rows.order_by(OutgoingMail.created_at.desc())).first()
        assert last is not None
        text = mail_sending._letter(work, last).text
    assert "Passwort" in text
    found = re.search(r"/portal/password/\S+", text)
    assert found, text
    return found.group()


def is_in(browser: Browser) -> bool:
    return browser.get("/portal").status_code == 200


@on_sqlite
def test_F2_a_new_password_ends_every_other_browser(shop: Shop) -> None:
    user_id = customer(shop)
    here, there = (browser_as(shop.app, "customer", user_id=user_id) for _ in range(2))
    form = {"current_password": PASSWORD, "password": NEW, "again": NEW}
    for wrong, said in (
        ({"current_password": "wrong"}, "nicht Ihr jetziges Passwort"),
        ({"password": "short", "again": "short"}, "Mindestens 10 Zeichen"),
        ({"again": "another one"}, "nicht gleich"),
    ):
        answer = here.post(f"{HERE}/password?lang=de", data={**form, **wrong})
        assert answer.status_code == 400
        assert said in answer.text
    assert is_in(there)
    assert here.post(f"{HERE}/password", data=form).status_code == 303
    assert not is_in(there)
    assert is_in(here)
    assert by_password(shop.client(), PASSWORD) == 401
    assert by_password(shop.client(), NEW) == 303


@on_sqlite
def test_F4_F13_a_password_is_set_by_a_link_from_the_mailbox_in_the_customers_language(
    shop: Shop,
) -> None:
    user_id = customer(shop, password=False)
    browser = browser_as(shop.app, "customer", user_id=user_id)
    page = browser.get(f"{HERE}?lang=en").text
    assert "You have no password" in page
    assert f'action="{HERE}/password"' not in page
    refused = browser.post(
        f"{HERE}/password", data={"current_password": "", "password": NEW, "again": NEW}
    )
    assert refused.status_code == 400
    assert browser.post(f"{HERE}/link").status_code == 303
    to = link()
    client = shop.client()
    for _ in range(2):
        assert client.head(to).status_code == 200
        assert ADA in client.get(to).text
    assert send(client, to, password=NEW, again="no").status_code == 400
    assert send(client, to, password=NEW, again=NEW).status_code == 303
    assert not is_in(browser)
    assert client.get(to).status_code == 404
    assert by_password(shop.client(), NEW) == 303
    answers = set()
    for email in (ADA, "nobody@customer.example"):
        answer = send(shop.client(), "/portal/password", email=email)
        answers.add((answer.status_code, answer.headers["Location"]))
    assert answers == {(303, "/portal/password?note=link_sent")}
    assert send(shop.client(), "/portal/password", email="none").status_code == 400
    with clock.moved_to(clock.now() + timedelta(hours=2)):
        send(shop.client(), "/portal/password", email=ADA)
        late = link()
    with clock.moved_to(clock.now() + timedelta(hours=3, minutes=1)):
        assert client.get(late).status_code == 404


def test_one_signs_out_there_and_everywhere_and_unlinks_only_what_is_ones_own(shop: Shop) -> None:
    user_id = customer(shop)
    here, there, third = (browser_as(shop.app, "customer", user_id=user_id) for _ in range(3))
    other = shop.browser(shop.customer("Eve", "eve@customer.example"))
    with begin(SYSTEM) as work:
        row = providers.add(
            work, name="Example", issuer="https://accounts.example", client_id="x",
            for_customers=True,
        )  # fmt: skip
        providers.link(work, row, "1001", work.session.get_one(User, user_id))
        provider_id = row.id
    assert other.post(f"{HERE}/sessions/{there.session_id}/end").status_code == 303
    assert other.post(f"{HERE}/providers/{provider_id}/unlink").status_code == 303
    assert is_in(there)
    assert "Example" in here.get(HERE).text
    assert here.post(f"{HERE}/providers/{provider_id}/unlink").status_code == 303
    assert "Example" not in here.get(HERE).text
    assert here.post(f"{HERE}/sessions/{there.session_id}/end").status_code == 303
    assert [is_in(one) for one in (here, there, third)] == [True, False, True]
    gone = here.post(f"{HERE}/sessions/end-all")
    assert gone.headers["Location"] == "/portal/sign-in?note=signed_out"
    assert [is_in(one) for one in (here, third, other)] == [False, False, True]
    with reading(SYSTEM) as work:
        assert sessions.of_user(work, user_id) == []


def test_the_second_step_is_switched_on_asked_for_and_off_in_the_customers_language(
    shop: Shop,
) -> None:
    user_id, at = customer(shop), f"{HERE}/two-step"
    browser = browser_as(shop.app, "customer", user_id=user_id)
    assert "Einrichten" in browser.get(at).text
    assert browser.post(f"{at}/start", data={"password": "wrong"}).status_code == 400
    assert browser.post(f"{at}/start", data={"password": PASSWORD}).status_code == 303
    page = browser.get(at).text
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page)
    assert secret, page
    app_of = pyotp.TOTP(secret[1])
    wrong = browser.post(f"{at}/confirm", data={"code": "000000"})
    assert wrong.status_code == 400
    assert "Dieser Code passt nicht" in wrong.text
    on = browser.post(f"{at}/confirm", data={"code": app_of.at(clock.now())})
    assert on.status_code == 200, on.text
    assert "Ersatzcodes" in on.text
    codes = re.findall(r"<li><code>([^<]+)</code>", on.text)
    client = shop.client()
    client.get(f"{SIGN_IN}?lang=de")
    to, second = "/portal/sign-in/password", "/portal/sign-in/second"
    given = send(client, SIGN_IN, to, email=ADA, password=PASSWORD, next="/portal/profile")
    assert given.headers["Location"] == f"{second}?next=%2Fportal%2Fprofile"
    assert "Zweiter Schritt" in client.get(given.headers["Location"]).text
    assert client.get("/portal").status_code != 200
    assert send(client, second, code="000000").status_code == 401
    inside = send(client, second, code=codes[0], next="/portal/profile")
    assert inside.headers["Location"] == "/portal/profile"
    assert client.get("/portal/profile").status_code == 200
    token = re.search(r'name="_csrf" value="([^"]+)"', client.get(at).text)
    assert token
    off = client.post(f"{at}/off", data={"password": PASSWORD, "_csrf": token[1]})
    assert off.status_code == 303
    assert by_password(shop.client(), PASSWORD) == 303
