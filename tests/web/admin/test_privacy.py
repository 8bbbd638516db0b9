"""Purposes, the notice and times of keeping, as an administrator sets them."""

from __future__ import annotations

from flask import Flask

from helpdesk.consents import purposes
from helpdesk.core.actors import system
from helpdesk.core.work import reading
from helpdesk.privacy import notices, settings
from tests.web.signed_in import Browser, browser_as

HOME = "/admin/privacy"


def test_what_is_set_holds_and_texts_have_versions(app: Flask) -> None:
    boss = browser_as(app, "admin")
    page = boss.open(f"{HOME}/purposes/news", "GET").text
    assert "Product news" in page
    form = {
        "version": "0", "_was": "{}", "basis": "only_given", "channels": ["email", "call"],
        "name_en": "News", "text_en": "Once a month.", "name_de": "", "text_de": "",
    }  # fmt: skip
    assert boss.post(f"{HOME}/purposes/news", data=form).status_code == 303
    assert boss.post(f"{HOME}/purposes/news", data=form).status_code == 409
    half = form | {"version": "1", "name_de": "Neues"}
    assert "Give it a name and a text." in boss.post(f"{HOME}/purposes/news", data=half).text
    own = form | {"name_en": "Panel", "text_en": "Ask me."}
    assert boss.post(f"{HOME}/purposes/new", data=own).status_code == 303
    assert boss.post(f"{HOME}/purposes/panel/remove").status_code == 303
    assert boss.post(f"{HOME}/purposes/news/remove").status_code == 403
    assert _rules(boss, waiting_days="3", keep_matters="3650").status_code == 303
    assert "Use a whole number." in _rules(boss, waiting_days="soon").text
    notice = {"version": "0", "notice_en": "We keep little.", "notice_de": ""}
    assert boss.post(f"{HOME}/notice", data=notice).status_code == 303
    assert boss.post(f"{HOME}/notice", data=notice).status_code == 409
    with reading(system("test")) as work:
        assert [one.key for one in purposes.every(work)] == ["service", "surveys", "news"]
        news = purposes.get(work, "news")
        assert (news.text_number, news.channels) == (1, ("email", "call"))
        assert settings.of(work).kept_days("matters") == 3650
        found = notices.current(work)
        assert found is not None
        assert notices.text(found, "de") == ("We keep little.", "en")


def _rules(boss: Browser, **given: str):  # type: ignore[no-untyped-def]
    values = {"waiting_days": "7", "copy_days": "7", "keep_matters": "0", "keep_talks": "0",
              "keep_orders": "3650"}  # fmt: skip
    return boss.post(f"{HOME}/rules", data=values | given)
