"""A site's look: tried as a draft, published, brought back; what everybody sees of it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.channels import sites
from helpdesk.channels.models import SitePicture, WidgetSite
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.web.admin.site_look import contrast_told
from tests.channels.test_pictures import jpeg, png
from tests.web.signed_in import Browser, browser_as
from tests.workflows.people import make_floor

SYSTEM = system("test")


@pytest.fixture
def site(app: Flask) -> WidgetSite:
    floor = make_floor("Anna")
    with begin(SYSTEM) as work:
        made, _ = sites.create_site(
            work, name="Nordlicht", queue_id=floor.queue_id, is_default=True
        )
        work.session.flush()
        work.session.expunge(made)
        return made


def version(site: WidgetSite) -> str:
    with reading(SYSTEM) as work:
        return str(sites.get_site(work, site.id).version)


def keep(admin: Browser, site: WidgetSite, **fields: Any) -> Any:
    data = {"version": version(site), **fields}
    return admin.post(f"/admin/sites/{site.id}/look", data=data)


def step(admin: Browser, site: WidgetSite, name: str) -> int:
    answer = admin.post(f"/admin/sites/{site.id}/look/{name}", data={"version": version(site)})
    return answer.status_code


def pictures() -> set[str]:
    with reading(SYSTEM) as work:
        return set(work.session.scalars(select(SitePicture.id)))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_A4_A6_a_look_is_seen_by_all_once_it_is_published(app: Flask, site: WidgetSite) -> None:
    admin, reader = browser_as(app, "admin"), app.test_client()
    for name, data, why in (
        ("logo", b"<svg onload='alert(1)'></svg>", "SVG can hold"),
        ("icon", png(40, 30), "a square of 32"),
        ("logo", png() + b"x" * 300_000, "at most 200 kB"),
    ):
        answer = keep(admin, site, **{name: (io.BytesIO(data), "logo.png")})
        assert answer.status_code == 400
        assert why in answer.text
    assert pictures() == set()
    words = {"title_en": "Your <b>energy</b>", "title_de": "Ihr Strom", "foot_en": "Imprint"}
    kept = keep(
        admin, site, logo=(io.BytesIO(png()), "l.svg"), icon=(io.BytesIO(png(64, 64)), "i.png"),
        **words,
    )  # fmt: skip
    assert kept.status_code == 303
    page = admin.get(f"/admin/sites/{site.id}/look").text
    assert "Draft" in page
    assert "AA asks for 4.5" in page
    icon = min(pictures())
    own = f"/admin/sites/{site.id}/look/{icon}"
    assert admin.get(own).headers["Content-Type"] == "image/png"
    assert reader.get(own).status_code == 303
    assert reader.get(f"/portal/brand/pictures/{icon}").status_code == 404
    assert "Ihr Strom" not in reader.get("/portal/sign-in?lang=de").text

    assert step(admin, site, "publish") == 303
    seen = reader.get(f"/portal/brand/pictures/{icon}")
    assert seen.status_code == 200
    assert seen.headers["Content-Type"] == "image/png"
    assert seen.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in seen.headers["Cache-Control"]
    page = reader.get("/portal/sign-in?lang=en").text
    assert "Your &lt;b&gt;energy&lt;/b&gt;" in page
    assert "door-logo-plate" in page
    assert "Imprint" in page
    assert '<link rel="icon" href="/portal/brand/pictures/' in page
    assert "Ihr Strom" in reader.get("/portal/sign-in?lang=de").text
    assert "door-logo-plate" in reader.get("/help").text
    assert "/portal/brand/pictures/" in reader.get(f"/widget/frame?site={site.key}").text

    stale = admin.post(f"/admin/sites/{site.id}/look", data={"version": "1"})
    assert stale.status_code == 409
    keep(admin, site, no_logo="1", logo_dark=(io.BytesIO(jpeg()), "d.jpg"), **words)
    assert step(admin, site, "publish") == 303
    assert "door-logo-plate" not in reader.get("/portal/sign-in").text
    assert step(admin, site, "back") == 303
    assert "door-logo-plate" in reader.get("/portal/sign-in").text
    keep(admin, site, no_logo="1", no_icon="1")
    assert step(admin, site, "drop") == 303
    assert step(admin, site, "publish") == 409
    assert step(admin, site, "burn") == 404
    assert len(pictures()) == 3  # two that are seen, and what can be brought back


def test_contrast_is_told_in_words() -> None:
    told = " ".join(contrast_told("#ffd54a"))
    assert "Links on a light page as #" in told
    assert "too weak" in " ".join(contrast_told("#7b8ff0"))
    assert "too weak" not in " ".join(contrast_told("#0f6b6b"))
