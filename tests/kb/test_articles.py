"""Articles by themselves: written in versions, published, read by whoever may, found by address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from helpdesk.core.actors import Actor, system
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Forbidden, HelpdeskError, Invalid, NotFound
from helpdesk.core.work import begin, reading
from helpdesk.customers import organisations
from helpdesk.customers import service as customers
from helpdesk.kb import publishing, queries, sections, segments, service, settings, writing
from helpdesk.kb.errors import ArticleGone, NoSuchStep, NotReady, StaleArticle
from helpdesk.kb.queries import Filter

TEST = system("test")
AGENT = Actor("user", "01900000-0000-7000-8000-000000000001", role="agent")
OTHER = Actor("user", "01900000-0000-7000-8000-000000000002", role="agent")
BOSS = Actor("user", "01900000-0000-7000-8000-000000000003", role="supervisor")
VISITOR = Actor("visitor", "01900000-0000-7000-8000-000000000004")
FITTER = Actor("user", "01900000-0000-7000-8000-000000000005", role="technician")
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("database")


def make(
    title: str = "Reset the router", *, by: Actor = AGENT, live: bool = True, **more: Any
) -> str:
    with begin(by) as work:
        given = {"body": "Press the button.", **more}
        article_id = service.add_article(work, title=title, **given).id
        if live:
            publishing.take_step(work, article_id, "publish")
        return article_id


def save(
    article_id: str, body: str, *, upon: int | None = None, by: Actor = AGENT, **more: Any
) -> int:
    with begin(by) as work:
        given = {"title": "Reset the router", "summary": "", "locale": "en", **more}
        return writing.save(work, article_id, body=body, upon=upon, **given).number


def step(article_id: str, word: str, by: Actor = AGENT, **more: Any) -> str:
    with begin(by) as work:
        return publishing.take_step(work, article_id, word, **more).state


def reads(actor: Actor, article_id: str, locale: str = "en") -> str | None:
    """The body that this reader gets; None where there is nothing for them."""
    with reading(actor) as work:
        try:
            return queries.get_shown(work, article_id, locale).version.body
        except ArticleGone:
            return None


def test_readers_see_the_published_version_while_the_next_one_is_written() -> None:
    article_id = make()
    assert save(article_id, "Press it for ten seconds.", upon=1) == 2
    assert reads(VISITOR, article_id) == "Press the button."
    with reading(AGENT) as work:
        (line,) = queries.page(work, Filter()).items
        assert line.has_changes
        assert line.text.title == "Reset the router"
    assert step(article_id, "publish") == "published"
    assert reads(VISITOR, article_id) == "Press it for ten seconds."
    with begin(AGENT) as work:
        writing.restore(work, article_id, "en", 1, upon=2)
        assert [v.number for v in writing.newest_versions(work, article_id, "en")] == [3, 2, 1]
        assert writing.get_version(work, article_id, "en", 3).body == "Press the button."


def test_who_saves_upon_an_older_version_is_told_what_changed_and_loses_nothing() -> None:
    article_id = make()
    save(article_id, "Press it long.", upon=1, by=OTHER, title="Restart the router")
    with pytest.raises(StaleArticle, match="title and text") as refused:
        save(article_id, "Press it short.", upon=1)
    assert refused.value.changed == ("title", "text")
    assert refused.value.number == 2
    assert refused.value.actor == OTHER.label
    # The same words again are no quarrel, and no version.
    assert save(article_id, "Press it long.", upon=1, title="Restart the router") == 2
    with begin(AGENT) as work:
        writing.keep_unsaved(
            work, article_id, "en", title="x", summary="", body="Press it short.", upon=1
        )
    with reading(AGENT) as work:
        kept = writing.get_unsaved(work, article_id, "en")
        assert kept is not None
        assert kept.body == "Press it short."
    with reading(OTHER) as work:
        assert writing.get_unsaved(work, article_id, "en") is None
    assert save(article_id, "Press it short.", upon=2) == 3
    with reading(AGENT) as work:
        assert writing.get_unsaved(work, article_id, "en") is None


def test_a_change_made_upon_an_older_state_of_the_article_is_refused() -> None:
    article_id = make(live=False)
    with begin(AGENT) as work:
        seen = service.change_article(
            work, article_id, changes={"labels": ["WiFi", "wifi"]}
        ).version
    save(article_id, "More words.")
    with begin(AGENT) as work:
        row = service.change_article(work, article_id, changes={"labels": []}, version=seen + 1)
        assert (row.version, row.labels) == (seen + 2, [])
    with pytest.raises(StaleArticle, match="this article"), begin(AGENT) as work:
        service.change_article(work, article_id, changes={"labels": ["a"]}, version=seen)
    for wrong in ({"state": "published"}, {"owner_id": AGENT.id}, {"audience": "everyone"},
                  {"audience": "segment"}, {"section_id": AGENT.id}):  # fmt: skip
        with pytest.raises(Invalid), begin(AGENT) as work:
            service.change_article(work, article_id, changes=wrong)


def test_each_reader_gets_what_is_meant_for_them() -> None:
    with begin(TEST) as work:
        company = organisations.create_organisation(work, name="Fjord Ltd")
        gold = customers.create_customer(work, name="Gold", tags=["gold"])
        plain = customers.create_customer(work, name="Plain")
        segment = segments.add_segment(
            work, name="Gold", tags=["Gold"], organisation_ids=[company.id]
        )
        segment_id = segment.id
    readers = {
        "visitor": VISITOR,
        "gold": Actor("user", gold.id, role="customer", customer_id=gold.id),
        "plain": Actor("user", plain.id, role="customer", customer_id=plain.id),
        "fitter": FITTER,
        "agent": AGENT,
    }
    allowed = {
        "public": {"visitor", "gold", "plain", "fitter", "agent"},
        "signed_in": {"gold", "plain", "fitter", "agent"},
        "segment": {"gold", "fitter", "agent"},
        "internal": {"fitter", "agent"},
    }
    for audience, who in allowed.items():
        own = segment_id if audience == "segment" else None
        article_id = make(f"For {audience}", audience=audience, segment_id=own)
        seen = {name for name, one in readers.items() if reads(one, article_id)}
        assert seen == who, audience
    for name, one in readers.items():
        with reading(one) as work:
            titles = {entry.title for entry in queries.newest(work, "en").items}
        assert titles == {f"For {audience}" for audience, who in allowed.items() if name in who}
    draft = make("Unfinished", live=False)
    assert {name for name, one in readers.items() if reads(one, draft)} == set()
    with pytest.raises(Conflict, match="meant for"), begin(BOSS) as work:
        segments.remove_segment(work, segment_id)


def test_a_section_bounds_who_reads_what_lies_in_it() -> None:
    with begin(BOSS) as work:
        category = sections.add_section(work, names={"en": {"name": "Billing"}})
        inner = sections.add_section(work, names={"en": {"name": "Cards"}}, parent_id=category.id)
    article_id = make("Pay by card", section_id=inner.id)
    assert reads(VISITOR, article_id)
    with begin(BOSS) as work:
        sections.change_section(work, category.id, version=1, changes={"audience": "internal"})
    assert reads(VISITOR, article_id) is None
    assert reads(FITTER, article_id)
    with reading(VISITOR) as work:
        assert queries.open_sections(work) == []
        assert not queries.shelf(work, inner.id, "en").items
        with pytest.raises(NotFound):
            sections.get_section(work, inner.id)
    with pytest.raises(Invalid, match="check"), begin(BOSS) as work:
        sections.change_section(work, category.id, version=2, changes={"parent_id": inner.id})
    with pytest.raises(Conflict, match="Move"), begin(BOSS) as work:
        sections.remove_section(work, category.id)
    with pytest.raises(Forbidden), begin(AGENT) as work:
        sections.add_section(work, names={"en": {"name": "Mine"}})
    with pytest.raises(NotFound), begin(VISITOR) as work:
        sections.add_section(work, names={"en": {"name": "Mine"}})


def test_old_addresses_lead_on_for_ever_and_belong_to_nobody_else() -> None:
    article_id = make("Reset the router")
    with begin(AGENT) as work:
        assert service.change_slug(work, article_id, "en", "Restart the Router!") == (
            "restart-the-router"
        )
        service.change_slug(work, article_id, "en", "router")
    second = make("Reset the router")
    with reading(VISITOR) as work:
        found = {
            slug: queries.find_by_slug(work, "en", slug)
            for slug in ("reset-the-router", "restart-the-router", "router", "reset-the-router-2")
        }
        assert found == {
            "reset-the-router": (article_id, True),
            "restart-the-router": (article_id, True),
            "router": (article_id, False),
            "reset-the-router-2": (second, False),
        }
        assert queries.find_by_slug(work, "de", "router") == (article_id, True)
        with pytest.raises(ArticleGone):
            queries.find_by_slug(work, "en", "nowhere")
    with pytest.raises(Conflict, match="address"), begin(AGENT) as work:
        service.change_slug(work, second, "en", "restart the router")
    # A draft's address follows its title, one that readers know does not.
    save(second, "x", title="Router lights")
    draft = make("Untitled", live=False)
    save(draft, "x", title="Red light")
    with reading(AGENT) as work:
        assert writing.get_language(work, second, "en").slug == "reset-the-router-2"
        assert writing.get_language(work, draft, "en").slug == "red-light"


def test_a_reader_gets_the_nearest_language_and_hears_that_it_is_behind() -> None:
    article_id = make()
    with begin(AGENT) as work:
        writing.add_language(work, article_id, "de_at", title="Zurücksetzen", body="Drücken.")
        writing.add_language(work, article_id, "pt", title="Repor", body="Prima.")
        publishing.take_step(work, article_id, "publish")
        with pytest.raises(Conflict, match="already"):
            writing.add_language(work, article_id, "pt", title="Repor")
    wanted = {
        "de-AT": "Drücken.",
        "pt-BR": "Prima.",
        "fr": "Press the button.",
        "de": "Press the button.",
    }
    assert {locale: reads(VISITOR, article_id, locale) for locale in wanted} == wanted
    save(article_id, "Press the button!", is_minor=True)
    step(article_id, "publish")
    with reading(VISITOR) as work:
        assert not queries.get_shown(work, article_id, "pt").outdated
    save(article_id, "Press both buttons.")
    with reading(AGENT) as work:
        assert queries.page(work, Filter()).items[0].outdated == ("de-AT", "pt")
        assert not queries.get_shown(work, article_id, "pt").outdated  # nobody reads that yet
    step(article_id, "publish")
    with begin(AGENT) as work:
        shown = queries.get_shown(work, article_id, "pt")
        assert shown.outdated
        assert set(shown.languages) == {"en", "de-AT", "pt"}
        writing.mark_current(work, article_id, "pt")
        writing.save(
            work, article_id, "de-AT", title="Zurücksetzen", summary="", body="Beide drücken.",
            upon=1, source_version=3,
        )  # fmt: skip
        assert queries.page(work, Filter()).items[0].outdated == ()
        with pytest.raises(Conflict, match="Take it offline"):
            writing.remove_language(work, article_id, "pt")
        publishing.withdraw_language(work, article_id, "pt")
        writing.remove_language(work, article_id, "pt")
    assert reads(VISITOR, article_id, "pt") == "Press both buttons."


def test_what_was_approved_goes_out_and_not_what_was_written_since() -> None:
    with begin(TEST) as work:
        settings.change(work, {"agents_publish": "none"})
    article_id = make(live=False)
    with pytest.raises(Forbidden, match="review"):
        step(article_id, "publish")
    assert step(article_id, "submit") == "review"
    save(article_id, "Not read by anybody.")
    assert step(article_id, "publish", BOSS, versions={"en": 1}) == "published"
    assert reads(VISITOR, article_id) == "Press the button."
    with pytest.raises(Forbidden), begin(AGENT) as work:
        service.change_article(work, article_id, changes={"audience": "internal"})
    assert step(article_id, "submit") == "review"
    assert reads(VISITOR, article_id) == "Press the button."
    assert step(article_id, "send_back", BOSS, note="Shorter") == "published"
    with begin(TEST) as work:
        settings.change(work, {"agents_publish": "internal"})
    assert step(make("Ours", audience="internal", live=False), "publish") == "published"


def test_steps_that_the_table_does_not_have_are_refused() -> None:
    article_id = make(live=False)
    for word in ("withdraw", "send_back", "restore"):
        with pytest.raises(NoSuchStep):
            step(article_id, word)
    with pytest.raises(Invalid):
        step(article_id, "explode")
    step(article_id, "publish")
    assert step(article_id, "archive") == "archived"
    assert reads(VISITOR, article_id) is None
    with pytest.raises(Conflict, match="archived"):
        save(article_id, "x")
    with pytest.raises(Forbidden), begin(AGENT) as work:
        publishing.remove(work, article_id)
    assert step(article_id, "restore") == "draft"
    step(article_id, "archive")
    with begin(BOSS) as work:
        publishing.remove(work, article_id)
    with reading(BOSS) as work, pytest.raises(ArticleGone):
        service.permissions.get_article(work, article_id)


def test_an_unknown_box_an_empty_text_or_a_foreign_picture_is_not_published() -> None:
    for body, why in (
        ("", "no text"),
        ("::: interal\nSecret\n:::", "interal"),
        ("![x](https://elsewhere.example/x.png)", "another server"),
    ):
        article_id = make(live=False, body=body)
        with pytest.raises(NotReady, match=why):
            step(article_id, "publish")
    with pytest.raises(Invalid):
        make(title=" ", live=False)
    with pytest.raises(Invalid):
        make(body="x" * 200_001, live=False)


def test_who_may_not_publish_widens_no_article_that_goes_out_by_itself() -> None:
    article_id = make(live=False, audience="internal")
    with begin(TEST) as work:
        settings.change(work, {"agents_publish": "internal"})
        at = work.at + timedelta(days=1)
        publishing.take_step(work, article_id, "schedule", at=at)
    with pytest.raises(Forbidden, match="review"), begin(AGENT) as work:
        service.change_article(work, article_id, changes={"audience": "public"})


def test_a_time_comes_for_publishing_and_for_looking_again(
    clock_at: Callable[[datetime], None],
) -> None:
    clock_at(DAY)
    article_id = make(live=False)
    with pytest.raises(Invalid):
        step(article_id, "schedule", at=DAY - timedelta(1))
    assert step(article_id, "schedule", at=DAY + timedelta(2)) == "scheduled"
    save(article_id, "Written later.")
    with reading(TEST) as work:
        assert not publishing.publish_due(work)
    clock_at(DAY + timedelta(2))
    for expected in (True, False):
        with begin(TEST) as work:
            assert (article_id in publishing.publish_due(work)) is expected
            assert publishing.publish_scheduled(work, article_id) is expected
    assert reads(VISITOR, article_id) == "Press the button."
    clock_at(DAY + timedelta(400))
    for expected in (True, False):
        with begin(TEST) as work:
            assert (article_id in publishing.reminders_due(work)) is expected
            assert publishing.remind(work, article_id) is expected
    with begin(AGENT) as work:
        assert [one.article.id for one in queries.page(work, Filter(is_due=True)).items]
        service.note_reviewed(work, article_id, next_in_days=30)
        assert not queries.page(work, Filter(is_due=True)).items
        assert not publishing.reminders_due(work)


def test_lists_hold_every_article_once_in_pages_and_by_what_is_asked() -> None:
    with begin(BOSS) as work:
        section = sections.add_section(work, names={"en": "Billing", "de": "Rechnungen"})
    ids = [
        make(f"Article {n}", labels=["even" if n % 2 == 0 else "odd"], live=n != 5)
        for n in range(7)
    ]
    with begin(AGENT) as work:
        service.change_article(work, ids[0], changes={"section_id": section.id})
    with reading(AGENT) as work:
        seen, cursor = [], None
        while True:
            page = queries.page(work, Filter(), cursor=cursor, limit=3)
            seen += [line.article.id for line in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert seen == [ids[0], *ids[:0:-1]]
        for wanted, count in (
            (Filter(label="odd"), 3), (Filter(state="draft"), 1), (Filter(missing="de"), 7),
            (Filter(locale="de"), 0), (Filter(section_id=section.id), 1),
            (Filter(owner_id=AGENT.id), 7),
        ):  # fmt: skip
            assert len(queries.page(work, wanted).items) == count, wanted
        assert queries.labels(work, "E") == ["even"]
        assert sections.count_articles(work) == {section.id: 1}
        assert sections.name_in(section, "de-CH", "en") == "Rechnungen"
    with reading(VISITOR) as work:
        assert [e.article_id for e in queries.shelf(work, None, "en").items] == [
            one for one in sorted(ids[1:]) if one != ids[5]
        ]
        found, after = queries.sitemap(work, limit=4)
        more, end = queries.sitemap(work, cursor=after, limit=4)
        assert (len(found), len(more), end) == (4, 2, None)
        assert [row.id for row in queries.readable_among(work, [ids[5], ids[3], ids[1]])] == [
            ids[3], ids[1],
        ]  # fmt: skip
        with pytest.raises(HelpdeskError):
            queries.page(work, Filter())


def test_readers_page_by_what_was_published_whatever_was_mended_since() -> None:
    with begin(AGENT) as work:
        ids = [service.add_article(work, title=f"A {n}", body="Press.").id for n in range(3)]
    for one in ids:
        step(one, "publish")
    for one in ids[::-1]:
        with begin(AGENT) as work:
            service.change_article(work, one, changes={"labels": ["mended"]})
    with reading(VISITOR) as work:
        seen, cursor = [], None
        for _ in range(4):
            page = queries.newest(work, "en", cursor=cursor, limit=1)
            seen += [entry.article_id for entry in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == ids[::-1]


def test_nobody_but_the_desk_writes() -> None:
    article_id = make()
    for actor in (VISITOR, FITTER):
        for act in (
            lambda: make(by=actor, live=False),  # noqa: B023
            lambda: save(article_id, "x", by=actor),  # noqa: B023
            lambda: step(article_id, "withdraw", actor),  # noqa: B023
        ):
            with pytest.raises(ArticleGone):
                act()
        with pytest.raises(ArticleGone), begin(actor) as work:
            service.change_article(work, article_id, changes={"labels": ["x"]})
        with pytest.raises(ArticleGone), reading(actor) as work:
            writing.get_version(work, article_id, "en", 1)


def test_lists_are_read_off_their_indexes(database: Database) -> None:
    """On SQLite, whose planner answers the same however few rows there are."""
    if not database.url.startswith("sqlite"):
        return
    with begin(BOSS) as work:
        section_id = sections.add_section(work, names={"en": "Billing"}).id
    ran: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        ran.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with reading(VISITOR) as work:
            queries.newest(work, "en")
            queries.shelf(work, section_id, "en")
            publishing.reminders_due(work)
        with reading(AGENT) as work:
            for wanted in (
                Filter(),
                Filter(state="draft"),
                Filter(is_due=True),
                Filter(owner_id="x"),
            ):
                queries.page(work, wanted)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with reading(TEST) as work:
        plans = [
            str(row[-1])
            for statement, parameters in ran
            if "FROM kb_article" in statement
            for row in work.session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", parameters
            )
        ]
    assert len(plans) == 7
    assert all(" USING " in plan and "TEMP" not in plan for plan in plans), plans
