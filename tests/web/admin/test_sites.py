"""Chat sites in the admin area: made with a secret shown once, changed, switched off, previewed."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

import pytest
from flask import Flask

from helpdesk.channels import sites
from helpdesk.channels.models import WidgetSite
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from tests.web.admin import scene
from tests.web.signed_in import Browser, browser_as

SYSTEM = system("test")


def site(name: str = "Shop", **facts: Any) -> str:
    queue_id = scene.queue(name)
    with begin(SYSTEM) as work:
        return sites.create_site(work, name=name, queue_id=queue_id, **facts)[0].id


def stored(site_id: str) -> WidgetSite:
    with reading(SYSTEM) as work:
        return work.session.get_one(WidgetSite, site_id)


def only_site() -> WidgetSite:
    with reading(SYSTEM) as work:
        [found] = sites.list_sites(work)
    return found


@pytest.fixture
def queue_id(admin: Browser) -> str:
    return scene.queue()


def test_a_site_is_made_and_its_secret_signs(admin: Browser, queue_id: str) -> None:
    answer = scene.save(
        admin,
        "/admin/sites/new",
        **{
            "name": "Shop",
            "queue_id": queue_id,
            "allowed_origins": "https://www.example.com\n\nHTTPS://Shop.example.com/",
            "ask-0-required": "1",
        },
    )
    assert answer.status_code == 200
    found = only_site()
    assert found.allowed_origins == ["https://www.example.com", "https://shop.example.com"]
    assert [field["key"] for field in found.pre_chat] == ["name", "email"]
    assert found.pre_chat[0]["required"] is True
    assert f"data-site=&#34;{found.key}&#34;" in answer.text
    secret = re.search(r'id="secret" value="(hdss_[^"]+)"', answer.text)
    assert secret is not None
    mark = hmac.new(secret[1].encode(), b"customer-1001\nada@example.org", hashlib.sha256)
    assert mark.hexdigest() in answer.text
    assert sites.identity_fits(found, "customer-1001", "ada@example.org", mark.hexdigest())
    assert secret[1] not in admin.get(f"/admin/sites/{found.id}").text
    assert secret[1] not in admin.get("/admin/audit").text


def test_a_new_secret_makes_the_old_one_worthless(admin: Browser) -> None:
    site_id = site()
    pages = [admin.post(f"/admin/sites/{site_id}/secret").text for _ in range(2)]
    old, new = (re.findall(r'id="secret" value="([^"]+)"', page)[0] for page in pages)
    found = stored(site_id)
    assert not sites.identity_fits(found, "1", "", sites.identity_hash(old, "1"))
    assert sites.identity_fits(found, "1", "", sites.identity_hash(new, "1"))


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"name": ""}, "name"),
        ({"queue_id": ""}, "queue_id"),
        ({"colour": "blue"}, "colour"),
        ({"colour": '"><script>'}, "colour"),
        ({"allowed_origins": "example.com"}, "allowed_origins"),
        ({"allowed_origins": "javascript:alert(1)"}, "allowed_origins"),
        ({"ask-0-kind": "choice", "ask-0-choices": "one"}, "pre_chat"),
        ({"ask-0-key": "Not a key"}, "pre_chat"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    admin: Browser, queue_id: str, wrong: dict[str, str], field: str
) -> None:
    given = {"name": "Shop", "queue_id": queue_id} | wrong
    answer = scene.save(admin, "/admin/sites/new", **given)
    assert answer.status_code == 400
    assert f'id="f-{field}-error"' in answer.text
    assert "<script>" not in answer.text.split("</head>")[1]
    with reading(SYSTEM) as work:
        assert sites.list_sites(work) == []


def test_a_weak_colour_is_told_with_what_is_taken_instead(admin: Browser) -> None:
    page = scene.save(admin, f"/admin/sites/{site()}", colour="#8fb3ff", _do="preview").text
    assert "too weak for its text" in page
    assert "contrast of" not in scene.words_of(page)


def test_a_form_sent_back_as_it_came_changes_nothing(admin: Browser) -> None:
    asks = [{"key": "topic", "label": "Topic", "kind": "choice", "choices": ["A", "B"]}]
    site_id = site(pre_chat=asks, greeting="Hello\nthere", allowed_origins=["https://a.example"])
    assert scene.save(admin, f"/admin/sites/{site_id}").status_code == 303
    assert stored(site_id).version == 1


def test_a_site_is_switched_off_and_on_and_made_the_default(admin: Browser) -> None:
    first, second = site("First"), site("Second")
    answer = admin.post(f"/admin/sites/{first}/deactivate")
    assert not stored(first).is_active
    assert "data-undo-form" in admin.get(answer.headers["Location"]).text
    admin.post(f"/admin/sites/{first}/reactivate")
    admin.post(f"/admin/sites/{second}/default")
    assert (stored(first).is_active, stored(first).is_default) == (True, False)
    assert stored(second).is_default


def test_two_who_edit_at_once_keep_both_changes(admin: Browser, app: Flask) -> None:
    path = f"/admin/sites/{site()}"
    mine = scene.form_of(admin.get(path).text) | {"greeting": "Mine"}
    other = browser_as(app, "admin")
    scene.save(other, path, name="Theirs")
    answer = admin.post(path, data=mine)
    assert answer.status_code == 409
    again = scene.form_of(answer.text)
    assert (again["name"], again["greeting"]) == ("Theirs", "Mine")
    assert admin.post(path, data=again).status_code == 303


def test_A2_markup_in_words_of_a_site_is_text(admin: Browser) -> None:
    asks = [{"key": "name", "label": scene.PAYLOAD, "kind": "text"}]
    site_id = site(scene.PAYLOAD, greeting=scene.PAYLOAD, pre_chat=asks)
    for path in (f"/admin/sites/{site_id}", "/admin/sites", "/admin"):
        page = admin.get(path).text
        assert "&lt;img src=x" in page
        assert "<img src=x" not in page


def test_E8_key_and_secret_cannot_be_chosen(admin: Browser, queue_id: str) -> None:
    given = {"name": "Shop", "queue_id": queue_id, "key": "mine", "secret_sealed": "mine"}
    assert scene.save(admin, "/admin/sites/new", **given).status_code == 400
