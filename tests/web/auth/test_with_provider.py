"""Signing in by an OpenID provider on loopback, honest and hostile; and setting one up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from helpdesk.core import addresses, clock
from helpdesk.core.actors import system
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.customers import points
from helpdesk.customers import service as customers
from helpdesk.customers.models import ContactPoint
from helpdesk.identity import providers, totp
from helpdesk.identity.models import (
    ProviderOuting,
    ProviderSubject,
    SignInFailure,
    SignInProvider,
    User,
)
from helpdesk.web.auth import with_provider
from helpdesk.web.widget.throttle import Allowance
from helpdesk.workflows import openid_asking
from tests.identity.people import PASSWORD, add
from tests.real import openid_provider
from tests.real.openid_provider import CLIENT, SECRET, Claims, Key, OpenIdProvider
from tests.real.ports import free_port
from tests.web.signed_in import browser_as, mark, send

SYSTEM = system("test")
BASE = "http://localhost"
ADA = "ada@customer.example"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KEYS = (openid_provider.rsa_key("one"), openid_provider.ec_key("two"))


@pytest.fixture(scope="module")
def house() -> Iterator[OpenIdProvider]:
    made = OpenIdProvider().start()
    yield made
    made.stop()


@pytest.fixture
def other(house: OpenIdProvider) -> Iterator[OpenIdProvider]:
    """The provider as it is when nobody lies."""
    addresses.configure(("127.0.0.0/8",))
    house.person = {"sub": "1001", "email": ADA, "email_verified": True, "name": "Ada"}
    house.keys, house.twist, house.sign = [KEYS[0]], None, None
    house.userinfo, house.changes = None, {}
    house.hits.clear()
    openid_asking.forget(house.issuer)
    yield house
    addresses.configure(())


def set_up(other: OpenIdProvider, **facts: Any) -> str:
    """The provider's id, switched on for customers unless said otherwise."""
    given = {"name": "Sign in with Example", "issuer": other.issuer, "client_id": CLIENT,
             "for_customers": True, **facts}  # fmt: skip
    with begin(SYSTEM) as work:
        row = providers.add(work, secret=SECRET, **given)
        providers.change(work, row.id, version=1, is_active=True)
        return row.id


def go(client: FlaskClient, provider_id: str, query: str = "from=portal") -> str:
    answer = client.get(f"/sign-in/with/{provider_id}?{query}")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def back(client: FlaskClient, way: str) -> TestResponse:
    assert way.startswith(f"{BASE}/sign-in/with/"), way
    return client.get(way.removeprefix(BASE))


def come_in(
    client: FlaskClient, other: OpenIdProvider, provider_id: str, query: str = "from=portal"
) -> str:
    """The whole way; where the browser ends up."""
    return back(client, other.sign_in(go(client, provider_id, query))).headers["Location"]


def by_password(app: Flask, email: str) -> int:
    return send(app.test_client(), "/sign-in", email=email, password=PASSWORD).status_code


def is_in(client: FlaskClient) -> bool:
    return client.get("/portal").status_code == 200


def user(email: str) -> User:
    with reading(SYSTEM) as work:
        found = work.session.scalar(select(User).where(User.email == email))
        assert found is not None
        work.session.expunge(found)
        return found


def test_F1_F14_a_customer_signs_in_by_a_provider_and_comes_back_as_the_same_person(
    app: Flask, other: OpenIdProvider
) -> None:
    other.keys = [KEYS[1]]
    provider_id = set_up(other)
    client = app.test_client()
    client.set_cookie("helpdesk", "planted")
    page = client.get("/portal/sign-in?next=/portal/profile").text
    assert f"/sign-in/with/{provider_id}?from=portal&amp;lang=en&amp;next=/portal/profile" in page
    assert (
        come_in(client, other, provider_id, "from=portal&next=/portal/profile") == "/portal/profile"
    )
    assert is_in(client)
    cookie = client.get_cookie("helpdesk")
    assert cookie is not None
    assert cookie.value != "planted"
    made = user(ADA)
    assert made.role == "customer"
    with reading(SYSTEM) as work:
        point = work.session.scalar(select(ContactPoint).where(ContactPoint.value == ADA))
        assert point is not None
        assert point.verified_at is not None
        assert work.session.scalars(select(ProviderOuting)).all() == []
    # Its own id for her counts now, whatever her address is there.
    other.person = {"sub": "1001", "email": "else@customer.example", "email_verified": False}
    again = app.test_client()
    assert come_in(again, other, provider_id, "from=portal&next=//evil.example") == "/"
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(ProviderSubject.user_id)).all() == [made.id]
        assert len(work.session.scalars(select(User)).all()) == 1


def test_who_is_known_comes_in_with_an_address_that_is_none_and_nobody_leaves_without_end(
    app: Flask, other: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider_id = set_up(other)
    come_in(app.test_client(), other, provider_id)
    other.person = {"sub": "1001", "email": "ada", "email_verified": True}
    again = app.test_client()
    assert come_in(again, other, provider_id) == "/"
    assert is_in(again)
    monkeypatch.setattr(with_provider, "leaving", Allowance(1, 3600, ""))
    flood = app.test_client()
    assert go(flood, provider_id).startswith(other.issuer)
    assert go(flood, provider_id) == "/portal/sign-in?provider=wait"


def hs256(claims: Claims, head: Claims, key: Key) -> str:
    """Signed by the public key as if it were a shared secret."""
    return _by_hand({**head, "alg": "HS256"}, claims, json.dumps(key.published()).encode())


def unsigned(claims: Claims, head: Claims, key: Key) -> str:
    return _by_hand({**head, "alg": "none"}, claims, None)


def own_key(claims: Claims, head: Claims, key: Key) -> str:
    """Signed by a key that the token brings along."""
    mine = openid_provider.rsa_key("one")
    return mine.sign(claims, {**head, "jwk": mine.published()})


def critical(claims: Claims, head: Claims, key: Key) -> str:
    """Right in every way, but it asks for something that we don't know."""
    told = _by_hand({"alg": key.alg, **head, "crit": ["odd"], "odd": 1}, claims, b"x")
    return told


def _by_hand(head: Claims, claims: Claims, secret: bytes | None) -> str:
    def text(told: bytes) -> str:
        return base64.urlsafe_b64encode(told).rstrip(b"=").decode()

    signed = f"{text(json.dumps(head).encode())}.{text(json.dumps(claims).encode())}"
    proof = hmac.digest(secret, signed.encode(), hashlib.sha256) if secret else b""
    return f"{signed}.{text(proof)}"


def forget_failures() -> None:
    with begin(SYSTEM) as work:
        work.session.execute(delete(SignInFailure))


LIES: dict[str, Callable[[Claims, Claims], None]] = {
    "another nonce": lambda claims, head: claims.update(nonce="f" * 64),
    "no nonce": lambda claims, head: claims.update(nonce=None),
    "another audience": lambda claims, head: claims.update(aud="somebody-else"),
    "two audiences and no party": lambda claims, head: claims.update(aud=[CLIENT, "x"]),
    "another party": lambda claims, head: claims.update(azp="somebody-else"),
    "another issuer": lambda claims, head: claims.update(iss="https://evil.example"),
    "expired": lambda claims, head: claims.update(exp=claims["iat"] - 61),
    "never ends": lambda claims, head: claims.update(exp="never"),
    "no number": lambda claims, head: claims.update(exp=float("nan")),
    "from the future": lambda claims, head: claims.update(iat=claims["iat"] + 3600),
    "not yet": lambda claims, head: claims.update(nbf=claims["iat"] + 3600),
    "hours old": lambda claims, head: claims.update(iat=claims["iat"] - 7200),
    "nobody": lambda claims, head: claims.update(sub=None),
    "an odd subject": lambda claims, head: claims.update(sub="a\nb"),
    "an unknown key": lambda claims, head: head.update(kid="unheard of"),
}


@on_sqlite
def test_tokens_that_lie_sign_nobody_in(app: Flask, other: OpenIdProvider) -> None:
    provider_id = set_up(other)
    client = app.test_client()
    for lie, twist in LIES.items():
        other.twist = twist
        assert come_in(client, other, provider_id) == "/portal/sign-in?provider=failed", lie
        forget_failures()
    other.twist = None
    for sign in (hs256, unsigned, own_key, critical):
        other.sign = sign
        assert come_in(client, other, provider_id) == "/portal/sign-in?provider=failed", sign
    other.sign = None
    other.keys = [openid_provider.rsa_key("weak", 1024)]
    openid_asking.forget(other.issuer)
    assert come_in(client, other, provider_id) == "/portal/sign-in?provider=failed"
    assert not is_in(client)
    assert "did not work" in client.get("/portal/sign-in?provider=failed").text
    assert "nicht geklappt" in client.get("/portal/sign-in?provider=failed&lang=de").text
    other.keys = [KEYS[0]]
    openid_asking.forget(other.issuer)
    other.twist = lambda claims, head: claims.update(
        exp=claims["iat"] - 30, aud=[CLIENT, "x"], azp=CLIENT
    )
    assert come_in(client, other, provider_id) == "/"  # clocks may differ by a minute


@on_sqlite
def test_a_way_back_is_good_once_soon_and_for_the_browser_that_left(
    app: Flask, other: OpenIdProvider
) -> None:
    provider_id, second = set_up(other), set_up(other, name="Another")
    client = app.test_client()
    way = other.sign_in(go(client, provider_id))
    gone = "/sign-in?provider=gone"
    assert back(app.test_client(), way).headers["Location"] == gone
    asked = parse_qs(urlsplit(way).query)
    assert client.head(way.removeprefix(BASE)).status_code == 204
    for path in (
        f"/sign-in/with/{second}/back?code=x&state={asked['state'][0]}",
        f"/sign-in/with/{provider_id}/back?code=x&state=made-up",
        f"/sign-in/with/{provider_id}/back?code=x",
        f"/sign-in/with/{provider_id}/back?code=x&state={'s' * 5000}",
    ):
        assert client.get(path).headers["Location"] == gone
    assert back(client, way).headers["Location"] == "/"
    assert back(client, way).headers["Location"] == gone
    assert is_in(client)
    # The same code with a state of its own is refused by the provider.
    fresh = app.test_client()
    state = parse_qs(urlsplit(go(fresh, provider_id)).query)["state"][0]
    replayed = urlencode({"code": asked["code"][0], "state": state, "iss": other.issuer})
    assert (
        back(fresh, f"{BASE}/sign-in/with/{provider_id}/back?{replayed}").headers["Location"]
        == "/portal/sign-in?provider=failed"
    )
    assert not is_in(fresh)
    # Another issuer's answer, one that names none, and one that says no.
    for more, why in (("iss=https://evil.example", "failed"), ("", "failed"),
                      ("error=access_denied", "denied")):  # fmt: skip
        way = other.sign_in(go(fresh, provider_id)).split("&iss=")[0] + f"&{more}"
        assert back(fresh, way).headers["Location"] == f"/portal/sign-in?provider={why}"
    late = other.sign_in(go(fresh, provider_id))
    with clock.moved_to(clock.now() + timedelta(minutes=11)):
        assert back(fresh, late).headers["Location"] == gone
    assert user(ADA).role == "customer"


@on_sqlite
def test_keys_may_change_and_are_asked_for_once(
    app: Flask, other: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider_id = set_up(other)
    for _ in range(2):
        assert come_in(app.test_client(), other, provider_id) == "/"
    assert other.hits.count("/keys") == 1
    assert other.hits.count("/.well-known/openid-configuration") == 1
    other.keys = [KEYS[0], KEYS[1]]
    at_once = come_in(app.test_client(), other, provider_id)
    assert at_once == "/portal/sign-in?provider=failed"
    assert other.hits.count("/keys") == 1  # whoever makes key ids up makes nobody ask
    monkeypatch.setattr(openid_asking, "KEYS_AGAIN_S", 0.0)
    assert come_in(app.test_client(), other, provider_id) == "/"
    assert other.hits.count("/keys") == 2


def test_C9_an_address_that_is_not_vouched_for_proves_nothing(
    app: Flask, other: OpenIdProvider
) -> None:
    with begin(SYSTEM) as work:
        victim = customers.create_customer(work, name="Ada")
        points.put(work, victim, points.read(work, "email", ADA), proved=True)
        add_to = victim.id
    add("customer", email=ADA, customer_id=add_to)
    provider_id = set_up(other)
    client = app.test_client()
    for said in (False, "false", None, 1, "True", "yes"):
        other.person = {"sub": "mallory", "email": ADA, "email_verified": said}
        assert come_in(client, other, provider_id) == "/portal/sign-in?provider=unvouched"
    other.person = {"sub": "mallory"}
    assert come_in(client, other, provider_id) == "/portal/sign-in?provider=unvouched"
    other.userinfo = {"sub": "1001", "email": ADA, "email_verified": True}
    assert come_in(client, other, provider_id) == "/portal/sign-in?provider=failed"
    assert not is_in(client)
    with begin(SYSTEM) as work:
        providers.change(work, provider_id, version=2, trusts_unsaid=True, domains=["firm.example"])
    other.userinfo = None
    for email, why in ((ADA, "unvouched"), ("mallory@firm.example", "")):
        other.person = {"sub": "mallory", "email": email}
        at = come_in(app.test_client(), other, provider_id)
        assert at == (f"/portal/sign-in?provider={why}" if why else "/")
    other.userinfo = {"sub": "x7", "email": "eve@firm.example", "email_verified": True}
    other.person = {"sub": "x7"}
    assert come_in(app.test_client(), other, provider_id) == "/"
    assert user("eve@firm.example").role == "customer"


def test_staff_come_in_where_they_are_known_and_passwords_can_be_left_to_administrators(
    app: Flask, other: OpenIdProvider
) -> None:
    """A provider for customers leads no colleague in, nor one for staff a stranger."""
    add("agent", email="bo@shop.example")
    add("admin", email="boss@shop.example")
    for_customers = set_up(other)
    other.person = {"sub": "bo", "email": "bo@shop.example", "email_verified": True}
    client = app.test_client()
    assert come_in(client, other, for_customers) == "/portal/sign-in?provider=no_account"
    for_staff = set_up(other, for_customers=False, for_staff=True)
    with begin(SYSTEM) as work:
        providers.set_staff_passwords(work, off=True)
    page = client.get("/sign-in?next=/desk").text
    assert "only administrators" in page
    assert for_staff in page
    assert for_customers not in page
    assert for_staff not in client.get("/portal/sign-in").text
    for page_of, to in (("/sign-in", "/sign-in"), ("/portal/sign-in", "/portal/sign-in/password")):
        refused = send(app.test_client(), page_of, to, email="bo@shop.example", password=PASSWORD)
        assert refused.status_code == 401
    assert (
        send(
            app.test_client(), "/sign-in", email="boss@shop.example", password=PASSWORD
        ).status_code
        == 303
    )
    assert come_in(client, other, for_staff, "next=/desk") == "/desk"
    assert client.get("/desk").status_code == 200
    other.person = {"sub": "new", "email": "new@shop.example", "email_verified": True}
    assert come_in(app.test_client(), other, for_staff, "") == "/sign-in?provider=no_account"
    with begin(SYSTEM) as work:
        found = work.session.scalar(select(User).where(User.email == "bo@shop.example"))
        assert found is not None
        totp.start(work, found.id)
        found.totp_confirmed_at = work.at
    other.person = {"sub": "bo"}
    owing = app.test_client()
    assert come_in(owing, other, for_staff, "next=/desk") == "/sign-in/code?next=%2Fdesk"
    with begin(SYSTEM) as work:
        work.session.get_one(User, found.id).is_active = False
    assert come_in(app.test_client(), other, for_staff, "") == "/sign-in?provider=no_account"
    with begin(SYSTEM) as work:
        row = providers.get(work, for_staff)
        providers.change(work, for_staff, version=row.version, is_active=False)
        work.session.get_one(User, found.id).is_active = True
    assert (
        send(app.test_client(), "/sign-in", email="bo@shop.example", password=PASSWORD).status_code
        == 303
    )
    assert client.get(f"/sign-in/with/{for_staff}").status_code == 404


@on_sqlite
def test_an_administrator_sets_a_provider_up_and_is_told_what_is_wrong(
    app: Flask, other: OpenIdProvider
) -> None:
    admin = browser_as(app, "admin")
    form = {"name": "Sign in with Example", "issuer": other.issuer + "/", "client_id": CLIENT,
            "secret": "wrong", "scopes": "openid email", "for_customers": "1"}  # fmt: skip
    for field, value, said in (
        ("issuer", "http://shop.example", "https address"),
        ("issuer", "https://169.254.169.254", "https address"),
        ("scopes", "email", "openid has to be there"),
        ("for_customers", "", "Tick who signs in"),
        ("domains", "no domain", "domains such as"),
    ):
        assert said in admin.post("/admin/sign-in/new", data={**form, field: value}).text
    made = admin.post("/admin/sign-in/new", data=form)
    at = made.headers["Location"].partition("?")[0]
    page = admin.get(at).text
    assert f"{BASE}/sign-in/with/{at.rpartition('/')[2]}/back" in page
    assert "wrong" not in page
    assert app.test_client().get(f"/sign-in/with/{at.rpartition('/')[2]}").status_code == 404

    def tried() -> str:
        return admin.post(f"{at}/test").text

    def change(version: int, **more: str) -> None:
        answer = admin.post(at, data={**form, "secret": "", "version": str(version), **more})
        assert answer.status_code == 303, answer.text

    assert "It calls itself" in tried()
    change(1, issuer=other.issuer)
    form["issuer"] = other.issuer
    assert "does not know this client" in tried()
    change(2, secret=SECRET)
    assert "knows this client and its secret" in tried()
    for changes, said in (
        ({"id_token_signing_alg_values_supported": ["HS256"]}, "neither by RS256 nor"),
        ({"jwks_uri": "ftp://x"}, "jwks_uri is missing or no https"),
        ({"token_endpoint": f"{other.issuer}/nowhere"}, "document and its keys are in order"),
        ({"jwks_uri": f"{other.issuer}/nowhere"}, "key set answered 404"),
        ({"response_types_supported": ["token"]}, "no authorization code flow"),
    ):
        other.changes = changes
        assert said in tried(), said
    other.changes, other.keys = {}, []
    assert "holds no key" in tried()
    addresses.configure(())
    assert "no https address of a public host" in tried()
    addresses.configure(("127.0.0.1",))
    change(3, issuer=f"https://127.0.0.1:{free_port()}")
    assert "Nobody answers there" in tried()
    assert admin.post(f"{at}/on").status_code == 303
    client = app.test_client()
    answer = client.get(f"/sign-in/with/{at.rpartition('/')[2]}?from=portal&lang=de")
    assert answer.headers["Location"] == "/portal/sign-in?provider=failed"
    refused = admin.post("/admin/sign-in/passwords", data={"off": "1"})
    assert "Switch a provider for your staff on first" in refused.text
    with reading(SYSTEM) as work:
        row = work.session.scalars(select(SignInProvider)).one()
        assert SECRET not in (row.secret_sealed or "")
        told = str(work.session.scalars(select(AuditEntry.details)).all())
        assert SECRET not in told
        assert '"wrong"' not in told
    assert admin.post(f"{at}/remove").status_code == 303
    assert "No providers yet" in admin.get("/admin/sign-in").text
    assert mark(client.get("/portal/sign-in"))
