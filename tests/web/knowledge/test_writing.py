"""The knowledge area through its door: written, compared, reviewed, published, put in its place."""

from __future__ import annotations

import io
from typing import Any

import pytest

from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.kb import queries, ratings, settings, writing
from helpdesk.kb.models import Article, Section
from helpdesk.kb.queries import Filter
from helpdesk.search import synonyms
from helpdesk.workflows import articles_found
from tests.web.admin.scene import statements, words_of
from tests.web.signed_in import Browser

SYSTEM = system("test")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8ffff3f0005fe02fea79aa0a00000000049454e44ae426082"
)


def new(browser: Browser, title: str = "Boiler shows F28", **more: str) -> str:
    """The address of a new draft."""
    answer = browser.post("/knowledge/new", data={"title": title, "audience": "public", **more})
    assert answer.status_code == 303, words_of(answer.text)
    return answer.headers["Location"]


def write(
    browser: Browser, at: str, body: str, *, upon: int, locale: str = "en", **more: str
) -> Any:
    words = {"title": "Boiler shows F28", "summary": "", "body": body, "upon": str(upon)}
    return browser.post(f"{at}/{locale}", data={**words, **more})


def of(at: str) -> Article:
    with reading(SYSTEM) as work:
        return work.session.get_one(Article, at.rsplit("/", 1)[1])


def test_an_article_is_begun_written_published_and_found_in_its_list(agent: Browser) -> None:
    refused = agent.post("/knowledge/new", data={"title": " ", "audience": "public"})
    assert refused.status_code == 400
    at = new(agent)
    too_early = write(agent, at, "", upon=1, then="publish")
    assert too_early.status_code == 409
    assert "There is no text yet" in words_of(too_early.text)

    saved = write(agent, at, "Press *reset*.\n\n::: internal\nAsk for the number.\n:::", upon=1)
    assert saved.headers["Location"].endswith("note=saved")
    with begin(SYSTEM) as work:
        articles_found.renew_articles(work, [of(at).id])
    assert "Ask for the number" in words_of(agent.get("/knowledge?q=number").text)
    assert "Nothing found" in words_of(agent.get("/knowledge?q=walrus").text)
    assert write(agent, at, "Press *reset*.", upon=2, then="publish").status_code == 303
    row = of(at)
    assert (row.state, row.is_live, row.owner_id) == ("published", True, agent.user_id)
    assert "Boiler shows F28" in agent.get("/knowledge?view=mine").text
    assert "Nothing found" in words_of(agent.get("/knowledge?audience=internal").text)
    assert "Nothing is due" in words_of(agent.get("/knowledge?view=due").text)


def test_who_wrote_upon_an_older_version_loses_nothing_and_sees_what_is_different(
    agent: Browser, supervisor: Browser
) -> None:
    at = new(agent)
    write(agent, at, "Press reset.\n\nWait.", upon=1)
    late = write(supervisor, at, "Press reset, then wait.", upon=1)
    assert late.status_code == 409
    page = words_of(late.text)
    assert "saved this article while you wrote" in page
    assert "Press reset, then wait." in page
    assert 'name="upon" value="2"' in late.text
    assert write(supervisor, at, "Press reset, then wait.", upon=2).status_code == 303
    versions = words_of(agent.get(f"{at}/versions").text)
    assert "From version 2 to 3" in versions
    back = agent.post(f"{at}/en/restore", data={"number": "2", "upon": "3"})
    assert back.headers["Location"].endswith("note=restored")
    stale = agent.post(f"{at}/en/restore", data={"number": "1", "upon": "3"})
    assert stale.status_code == 409
    with reading(SYSTEM) as work:
        text = writing.get_language(work, of(at).id, "en")
        assert (text.number, text.body) == (4, "Press reset.\n\nWait.")


def test_unsaved_words_come_back_for_their_author_alone(
    agent: Browser, supervisor: Browser
) -> None:
    at = new(agent)
    kept = agent.post(f"{at}/en/unsaved", json={"title": "Boiler", "body": "Half a", "upon": 1})
    assert kept.status_code == 200
    assert "did not save it" in words_of(agent.get(at).text)
    assert "Half a" in agent.get(at).text
    assert "Half a" not in supervisor.get(at).text
    agent.post(f"{at}/en/discard")
    assert "Half a" not in agent.get(at).text


def test_a_preview_shows_boxes_and_pictures_and_no_script(agent: Browser) -> None:
    at = new(agent)
    added = agent.post(f"{at}/files", data={"file": (io.BytesIO(PNG), "valve.png")})
    assert added.status_code == 201, added.text
    body = f"{added.json['markdown']}\n\n::: tip Good\nTurn it.\n:::\n\n<script>alert(1)</script>"
    shown = agent.post("/knowledge/preview", data={"body": body}).text
    assert f'src="/knowledge/files/{added.json["id"]}"' in shown
    assert "callout-tip" in shown
    assert "<script" not in shown
    picture = agent.get(f"/knowledge/files/{added.json['id']}")
    assert (picture.mimetype, picture.data) == ("image/png", PNG)
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    picture.close()
    assert agent.post(f"{at}/files/{added.json['id']}/remove").status_code == 303
    assert agent.get(f"/knowledge/files/{added.json['id']}").status_code == 404


def test_where_agents_must_not_publish_they_ask_and_a_supervisor_does(
    agent: Browser, supervisor: Browser, admin: Browser
) -> None:
    rules = {"locales": "en de", "default_locale": "en", "agents_publish": "none"}
    assert admin.post("/knowledge/settings", data=rules).status_code == 303
    at = new(agent)
    page = agent.get(at).text
    assert "Save and publish" not in page
    assert write(agent, at, "Press reset.", upon=1, then="publish").status_code == 403
    assert write(agent, at, "Press reset.", upon=1, then="submit").status_code == 303
    assert "Boiler" in supervisor.get("/knowledge?view=review").text
    sent = supervisor.post(f"{at}/step", data={"step": "send_back", "note": "Say which button"})
    assert sent.status_code == 303
    assert of(at).state == "draft"
    later = supervisor.post(f"{at}/step", data={"step": "schedule", "at": "2001-01-01T10:00"})
    assert later.status_code == 400
    assert "within the next two years" in words_of(later.text)
    assert supervisor.post(f"{at}/step", data={"step": "publish"}).status_code == 303
    assert of(at).is_live


def test_a_translation_falls_behind_and_is_marked_current(agent: Browser, admin: Browser) -> None:
    with begin(SYSTEM) as work:
        settings.change(work, {"locales": ["en", "de"]})
    at = new(agent)
    write(agent, at, "Press reset.", upon=1, then="publish")
    assert agent.post(f"{at}/languages", data={"locale": "de"}).status_code == 303
    write(agent, at, "Press reset twice.", upon=2)
    assert "says more by now" in words_of(agent.get(f"{at}?locale=de").text)
    assert "Behind: German" in words_of(agent.get("/knowledge").text)
    minor = write(agent, at, "Press reset twice!", upon=3, is_minor="1")
    assert minor.status_code == 303
    assert agent.post(f"{at}/de/current").status_code == 303
    assert "says more by now" not in words_of(agent.get(f"{at}?locale=de").text)
    assert agent.post(f"{at}/en/withdraw").status_code == 409
    assert agent.post(f"{at}/de/remove").status_code == 303
    moved = agent.post(f"{at}/en/address", data={"slug": "no-flame"})
    assert moved.status_code == 303
    assert 'value="no-flame"' in agent.get(at).text


def test_place_readers_owner_and_review_are_set_beside_the_words(
    agent: Browser, supervisor: Browser
) -> None:
    at = new(agent)
    there = {"name-en": "Heating", "about-en": "", "audience": "public", "parent_id": ""}
    assert supervisor.post("/knowledge/sections/new", data=there).status_code == 303
    with reading(SYSTEM) as work:
        heating = work.session.query(Section).one().id
    details = {
        "version": str(of(at).version), "section_id": heating, "audience": "internal",
        "segment_id": "", "owner_id": supervisor.user_id, "labels": "F28, ignition",
        "review_every_days": "90", "review_due_at": "2026-12-24",
    }  # fmt: skip
    assert agent.post(f"{at}/details", data=details).status_code == 303
    row = of(at)
    assert (row.audience, row.owner_id) == ("internal", supervisor.user_id)
    assert (row.labels, row.review_every_days) == (["f28", "ignition"], 90)
    stale = agent.post(f"{at}/details", data=details)
    assert stale.status_code == 409
    wrong = {**details, "version": str(row.version), "review_due_at": "soon"}
    assert agent.post(f"{at}/details", data=wrong).status_code == 400
    assert "Heating" in words_of(agent.get(f"/knowledge?section={heating}&label=F28").text)
    in_use = supervisor.post(f"/knowledge/sections/{heating}/remove")
    assert in_use.status_code == 409
    assert "Move what lies in this section first" in words_of(in_use.text)


def test_sections_move_and_segments_name_customers(supervisor: Browser, agent: Browser) -> None:
    for name in ("Heating", "Billing"):
        given = {"name-en": name, "audience": "public", "parent_id": ""}
        supervisor.post("/knowledge/sections/new", data=given)
    with reading(SYSTEM) as work:
        ids = {row.names["en"]["name"]: row.id for row in work.session.query(Section)}
    order = f"{ids['Billing']},{ids['Heating']}"
    supervisor.post("/knowledge/sections/order", data={"ids": order})
    page = words_of(supervisor.get("/knowledge/sections").text)
    assert page.index("Billing") < page.index("Heating")
    unknown = {"name": "Premium", "tags": "", "organisations": "Nobody Ltd"}
    refused = supervisor.post("/knowledge/segments", data=unknown)
    assert refused.status_code == 400
    assert "There is no organisation “Nobody Ltd”" in words_of(refused.text)
    good = {"name": "Premium", "tags": "premium, gold", "organisations": ""}
    assert supervisor.post("/knowledge/segments", data=good).status_code == 303
    assert "premium" in words_of(supervisor.get("/knowledge/segments").text)
    assert agent.get("/knowledge/sections").status_code == 403


def test_words_that_mean_the_same_are_kept_changed_and_removed(admin: Browser) -> None:
    alone = admin.post("/knowledge/synonyms", data={"words": "wifi"})
    assert alone.status_code == 400
    assert "Give two to" in words_of(alone.text)
    assert admin.post("/knowledge/synonyms", data={"words": "wifi, wlan"}).status_code == 303
    with reading(SYSTEM) as work:
        [row] = synonyms.groups(work)
    more = {"id": row.id, "words": "wifi, wlan, wireless network"}
    assert admin.post("/knowledge/synonyms", data=more).status_code == 303
    assert "wifi, wlan, wireless network" in admin.get("/knowledge/synonyms").text
    assert admin.post(f"/knowledge/synonyms/{row.id}/remove").status_code == 303
    assert "No synonyms yet" in words_of(admin.get("/knowledge/synonyms").text)


def test_a_remark_is_handed_over_and_ended(agent: Browser, supervisor: Browser) -> None:
    at = new(agent)
    write(agent, at, "Press reset.", upon=1, then="publish")
    with begin(SYSTEM) as work:
        ratings.remark(work, of(at).id, "en", 2, "Which button?")
        [row] = ratings.page_of_remarks(work).items
    assert "Which button?" in words_of(agent.get("/knowledge/remarks").text)
    agent.post(f"/knowledge/remarks/{row.id}", data={"user_id": supervisor.user_id})
    assert "Nothing to work on" in words_of(agent.get("/knowledge/remarks").text)
    supervisor.post(f"/knowledge/remarks/{row.id}", data={"outcome": "changed"})
    assert "Nothing to work on" in words_of(supervisor.get("/knowledge/remarks?whose=all").text)


def test_from_the_archive_a_supervisor_removes_for_good(
    agent: Browser, supervisor: Browser
) -> None:
    at = new(agent)
    assert supervisor.post(f"{at}/remove").status_code == 409
    agent.post(f"{at}/step", data={"step": "archive"})
    assert "bring it back" in words_of(agent.get(at).text).lower()
    assert agent.post(f"{at}/remove").status_code == 403
    assert supervisor.post(f"{at}/remove").status_code == 303
    assert agent.get(at).status_code == 404


@pytest.mark.parametrize("many", [3, 12])
def test_a_list_asks_the_same_number_of_questions_however_long(agent: Browser, many: int) -> None:
    for number in range(many):
        new(agent, f"Article {number}")
    with statements() as asked:
        assert agent.get("/knowledge").status_code == 200
    assert len(asked) <= 10, "\n".join(asked)
    with reading(SYSTEM) as work:
        assert len(queries.page(work, Filter()).items) == many
