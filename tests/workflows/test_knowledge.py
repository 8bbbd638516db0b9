"""Articles among cases, files, readers' words and the sweeper: who hears, who may, what is kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from helpdesk import wiring
from helpdesk.channels.attachments import FolderStore
from helpdesk.core.actors import Actor
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict, Invalid, NotFound, TooMany
from helpdesk.core.work import begin, reading
from helpdesk.jobs.relay import Relay
from helpdesk.kb import (
    files,
    markdown,
    publishing,
    queries,
    ratings,
    sections,
    service,
    uses,
    writing,
)
from helpdesk.kb.errors import ArticleGone
from helpdesk.kb.models import Article
from helpdesk.mail import place
from helpdesk.notices import queries as notices
from helpdesk.tickets import history
from helpdesk.workflows import (
    article_files,
    articles_due,
    articles_found,
    cases,
    knowledge,
)
from tests.workflows.people import Floor, add_person, make_floor
from tests.workflows.test_cases import NOW, TEST, new_customer, open_one
from tests.workflows.test_noticing import relay

VISITOR = Actor("visitor", "01900000-0000-7000-8000-000000000004")
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x06\0\0\0"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"></svg>'


@pytest.fixture
def floor(database: Database, clock_at: Callable[..., None], tmp_path: Path) -> Floor:
    place.configure(Settings(data=tmp_path, secret_key="k" * 40, base_url="http://localhost"))
    clock_at(NOW)
    return make_floor("Anna", "Ben")


def write(by: Actor, body: str = "Press the button.", *, live: bool = True, **more: Any) -> str:
    with begin(by) as work:
        article_id = service.add_article(work, title="Reset it", body=body, **more).id
        if live:
            publishing.take_step(work, article_id, "publish")
        return article_id


def told(actor: Actor) -> list[tuple[str, str | None]]:
    with reading(actor) as work:
        return [(row.title, row.article_id) for row in notices.page_of_notices(work).items]


def fetches(actor: Actor, file_id: str) -> bool:
    with reading(actor) as work:
        try:
            return files.get_file(work, file_id).id == file_id
        except NotFound:
            return False


def test_A4_A6_E4_a_file_is_had_by_whoever_reads_an_article_that_shows_it(
    floor: Floor, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path / "files")
    article_id = write(floor.anna, live=False)

    def upload(content: bytes, name: str, by: Actor = floor.anna) -> article_files.Added:
        stream = io.BytesIO(content)
        return article_files.upload(by, store, stream, article_id, name=name, most=1_000_000)

    picture, hidden = upload(PNG, "la[m]p.png"), upload(PNG, "wiring.png")
    drawing = upload(SVG, "xss.png")
    assert picture.markdown == f"![la(m)p.png](file:{picture.id})"
    assert drawing.type == "image/svg+xml"
    assert drawing.markdown.startswith("[")
    with reading(floor.anna) as work:
        assert not article_files.is_picture(files.get_file(work, drawing.id))
    assert not fetches(VISITOR, picture.id)
    assert fetches(floor.ben, picture.id)
    body = f"{picture.markdown}\n\n::: internal\n{hidden.markdown}\n:::\n"
    with begin(floor.anna) as work:
        writing.save(work, article_id, "en", title="Reset it", summary="", body=body, upon=1)
    assert not fetches(VISITOR, picture.id)
    with begin(floor.anna) as work:
        publishing.take_step(work, article_id, "publish")
    assert (fetches(VISITOR, picture.id), fetches(VISITOR, hidden.id)) == (True, False)
    with pytest.raises(Conflict, match="Readers see"), begin(floor.anna) as work:
        article_files.remove(work, store, article_id, picture.id)
    with begin(floor.anna) as work:
        service.change_article(work, article_id, changes={"audience": "signed_in"})
        article_files.remove(work, store, article_id, hidden.id)
    customer = Actor("user", new_customer(), role="customer")
    assert (fetches(VISITOR, picture.id), fetches(customer, picture.id)) == (False, True)
    assert not fetches(floor.anna, hidden.id)
    with begin(floor.anna) as work:
        publishing.take_step(work, article_id, "archive")
    assert not fetches(customer, picture.id)
    with pytest.raises(ArticleGone):
        upload(PNG, "mine.png", by=VISITOR)
    boss = _add(floor, "Boss", "supervisor")
    with begin(boss) as work:
        article_files.remove_article(work, store, article_id)
    left = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert left == []


def _add(floor: Floor, name: str, role: str) -> Actor:
    with begin(TEST) as work:
        return add_person(work, name, role)


def test_L10_one_reader_rates_a_version_once_and_may_change_their_mind(floor: Floor) -> None:
    article_id = write(floor.anna)

    def rate(number: int = 1, *, helpful: bool, mark: str = "", by: Actor = VISITOR) -> None:
        with begin(by) as work:
            ratings.rate(work, article_id, "en", number, helpful=helpful, mark=mark)

    for helpful in (True, True, False):
        rate(helpful=helpful)
    rate(helpful=True, mark="a browser")
    rate(helpful=True, mark="another browser")
    rate(helpful=True, by=floor.ben)
    with begin(floor.anna) as work:
        article = work.session.get_one(Article, article_id)
        assert (article.helpful, article.unhelpful) == (3, 1)
        writing.save(work, article_id, "en", title="Reset it", summary="", body="New", upon=1)
        publishing.take_step(work, article_id, "publish")
    rate(2, helpful=True)
    with reading(floor.anna) as work:
        assert [(h.number, h.yes, h.no) for h in ratings.by_version(work, article_id)] == [
            (2, 1, 0), (1, 3, 1),
        ]  # fmt: skip
    with reading(VISITOR) as work:
        assert ratings.own_rating(work, article_id, "en", 1) is False
    with pytest.raises(NotFound):
        rate(3, helpful=True)
    article_id = write(floor.anna, audience="internal")
    with pytest.raises(ArticleGone):
        rate(helpful=True)


def test_a_remark_becomes_work_for_the_owner_or_for_supervisors(floor: Floor) -> None:
    boss = _add(floor, "Boss", "supervisor")
    article_id = write(floor.anna)
    with begin(VISITOR) as work:
        first = ratings.remark(work, article_id, "en", 1, "Where is <b>the</b> button?")
    relay()
    relay()
    assert told(floor.anna) == [("A reader found something in an article", article_id)]
    assert (told(floor.ben), told(boss)) == ([], [])
    with begin(floor.ben) as work:
        ratings.remark(work, article_id, "en", 1, "It is on the left now.")
        service.change_article(work, article_id, changes={"owner_id": floor.ben.id})
        assert ratings.count_open(work, floor.ben.id) == 2
        assert ratings.count_open(work, floor.anna.id) == 0
        page = ratings.page_of_remarks(work, owner_id=floor.ben.id)
        assert [row.source for row in page.items] == ["reader", "desk"]
        ratings.give_remark(work, first.id, boss.id)
        ratings.end_remark(work, page.items[1].id, "changed")
    relay()
    assert told(boss) == [("A reader found something in an article", article_id)]
    with begin(floor.ben) as work:
        with pytest.raises(Invalid):
            ratings.end_remark(work, first.id, "eaten")
        ratings.end_remark(work, first.id, "declined")
        assert not ratings.page_of_remarks(work).items
        assert len(ratings.page_of_remarks(work, article_id=article_id, open_only=False).items) == 2
    for n in range(4):
        with begin(VISITOR) as work:
            ratings.remark(work, article_id, "en", 1, f"again {n}")
    with pytest.raises(TooMany), begin(VISITOR) as work:
        ratings.remark(work, article_id, "en", 1, "and again")
    with pytest.raises(ArticleGone), reading(VISITOR) as work:
        ratings.page_of_remarks(work)


def test_an_article_is_noted_once_per_case_and_taken_back(floor: Floor) -> None:
    article_id = write(floor.anna)
    ticket = open_one(floor, author="visitor").ticket

    def use(how: str, by: Actor = floor.anna) -> bool:
        with begin(by) as work:
            return knowledge.use_article(work, article_id, "ticket", ticket.id, how)

    assert [use(how) for how in ("shown", "inserted", "inserted", "solved")] == [
        True, True, False, True,
    ]  # fmt: skip
    with reading(floor.anna) as work:
        assert work.session.get_one(Article, article_id).uses == 1
        assert {one.how: one.times for one in knowledge.used_in_ticket(work, ticket.id)} == {
            "shown": 1, "inserted": 2, "solved": 1,
        }  # fmt: skip
        assert uses.counts(work, article_id) == {"shown": 1, "inserted": 1, "solved": 1}
        kinds = [row.kind for row in history.page_of_history(work, ticket.id).items]
        assert kinds.count("article_used") == 2
    with begin(floor.anna) as work:
        for how in ("solved", "inserted", "inserted"):
            knowledge.take_back(work, article_id, "ticket", ticket.id, how)
    with reading(floor.anna) as work:
        assert work.session.get_one(Article, article_id).uses == 0
    limited = Actor("user", floor.ben.id, role="agent", queue_ids=frozenset())
    with pytest.raises(NotFound):
        use("solved", limited)
    with pytest.raises(NotFound):
        use("solved", VISITOR)


def test_a_draft_is_written_from_a_ticket_and_tells_readers_nothing_of_its_customer(
    floor: Floor,
) -> None:
    ticket = open_one(floor, author="visitor", body="My code is CANARY\n:::\n# Help").ticket
    with begin(floor.anna) as work:
        me = f"agent:{floor.anna.id}"
        cases.reply(work, ticket.id, author=me, text="Turn it off and on.", public=True)
        article_id = knowledge.write_from_ticket(work, ticket.id).id
    assert uses_of(floor, article_id) == 0  # nobody has read it yet
    with begin(floor.anna) as work:
        publishing.take_step(work, article_id, "publish")
    assert uses_of(floor, article_id) == 1
    with reading(VISITOR) as work:
        shown = queries.get_shown(work, article_id, "en")
        assert shown.version.title == "No light"
        text = markdown.text_of(shown.version.body)
        assert "Turn it off and on." in text
        assert "CANARY" not in text
    with reading(floor.anna) as work:
        assert [used.how for used in knowledge.used_in_ticket(work, ticket.id)] == ["solved"]
    unanswered = open_one(floor, subject="No heat", author="visitor", body="It is cold").ticket
    with begin(floor.anna) as work:
        bare = knowledge.write_from_ticket(work, unanswered.id)
        body = writing.get_language(work, bare.id, "en").body
    assert "It is cold" in body
    assert markdown.text_of(body) == ""
    with begin(floor.anna) as work:
        knowledge.take_back(work, article_id, "ticket", ticket.id, "solved")
    assert uses_of(floor, article_id) == 0


def uses_of(floor: Floor, article_id: str) -> int:
    with reading(floor.anna) as work:
        return work.session.get_one(Article, article_id).uses


def test_the_sweeper_publishes_and_reminds_and_gives_up_what_cannot_go_out(
    floor: Floor, clock_at: Callable[..., None]
) -> None:
    boss = _add(floor, "Boss", "supervisor")
    article_id = write(floor.anna, live=False)
    with begin(floor.anna) as work:
        publishing.take_step(work, article_id, "submit")
    relay()
    assert told(boss) == [("An article waits for your review", article_id)]
    with begin(boss) as work:
        publishing.take_step(work, article_id, "send_back", note="Shorter, please")
    relay()
    assert told(floor.anna) == [("Your article came back from review", article_id)]
    second = write(floor.anna, live=False)
    with begin(floor.anna) as work:
        for one in (article_id, second):
            publishing.take_step(work, one, "schedule", at=NOW + timedelta(hours=1))
        row = work.session.get_one(Article, second)
        row.publish_versions = {"en": 7}  # as after a restore of an older copy of the database
    articles_due.publish_due()
    clock_at(NOW + timedelta(hours=2))
    articles_due.publish_due()
    with reading(VISITOR) as work:
        assert queries.get_shown(work, article_id, "en").version.number == 1
        with pytest.raises(ArticleGone):
            queries.get_shown(work, second, "en")
    with reading(floor.anna) as work:
        assert work.session.get_one(Article, second).state == "draft"
    clock_at(NOW + timedelta(days=400))
    articles_due.remind_due()
    articles_due.remind_due()
    relay()
    assert told(floor.anna)[0] == ("An article is due for review", article_id)
    assert len(told(floor.anna)) == 3


def test_E6_an_article_is_found_by_its_readers_and_by_nobody_else(floor: Floor) -> None:
    boss = _add(floor, "Boss", "supervisor")
    with begin(boss) as work:
        section = sections.add_section(work, names={"en": {"name": "Lamps"}})
    body = "Press the zebra.\n\n::: internal\ncanary\n:::"
    public = write(floor.anna, body, section_id=section.id)
    inside = write(floor.anna, "The zebra is ours.", audience="internal")
    write(floor.anna, "A zebra, unfinished.", live=False)
    customer = Actor("user", new_customer(), role="customer")

    def found(by: Actor, asked: str = "zebra", **more: Any) -> set[str]:
        with reading(by) as work:
            answer = articles_found.find(work, asked, locale="de", **more)
            return {hit.id for hit in answer.hits}

    index_all()
    assert found(floor.ben) == {public, inside}
    assert found(VISITOR) == found(customer) == {public}
    assert found(VISITOR, "canary") == set()
    with begin(boss) as work:
        sections.change_section(work, section.id, version=1, changes={"audience": "signed_in"})
    assert found(VISITOR) == set()  # before the index has heard of it
    index_all()
    assert (found(VISITOR), found(customer)) == (set(), {public})
    with begin(floor.anna) as work:
        writing.save(work, public, "en", title="Reset", summary="", body="No stripes.", upon=1)
        publishing.take_step(work, public, "publish")
        publishing.take_step(work, inside, "archive")
    index_all()
    assert found(floor.ben) == set()
    assert found(floor.ben, "stripes") == {public}


def test_E2_E6_drafts_and_inner_notes_are_found_by_authors_and_known_to_nobody_else(
    floor: Floor,
) -> None:
    live = write(floor.anna, "Press the button.\n\n::: internal\nThe zebrawurst of room nine\n:::")
    draft = write(floor.anna, "A quokkawurst, unfinished.", live=False)
    gone = write(floor.anna, "A zebrawurst of old.", live=False)
    customer = Actor("user", new_customer(), role="customer")
    with begin(floor.anna) as work:
        publishing.take_step(work, gone, "archive")
    index_all()

    def authored(asked: str) -> list[str]:
        with reading(floor.ben) as work:
            found = articles_found.find_written(work, asked)
            assert not found.failed
            return [hit.id for hit in found.hits]

    assert authored("zebrawurst") == [live]
    assert authored("quokkawurst") == [draft]
    assert authored("button") == [live]
    with reading(floor.ben) as work:
        inner = [articles_found.find_written(work, one).hits[0] for one in ("zebrawurst", "button")]
    assert [one.is_inner for one in inner] == [True, False]
    for reader in (VISITOR, customer, floor.ben):
        for asked in ("zebrawurst", "quokkawurst", "zebrawurts", "zebraw", "quokk", '"room nine"'):
            for typing in (False, True):
                with reading(reader) as work:
                    answer = articles_found.find(work, asked, typing=typing)
                    assert (answer.hits, answer.instead) == ([], {})
    for reader in (VISITOR, customer):
        with pytest.raises(ArticleGone), reading(reader) as work:
            articles_found.find_written(work, "zebrawurst")
    with begin(floor.anna) as work:
        writing.save(work, live, "en", title="Reset", summary="", body="No more.", upon=1)
        publishing.take_step(work, live, "publish")
        publishing.take_step(work, draft, "publish")
    index_all()
    assert authored("zebrawurst") == []
    assert authored("quokkawurst") == [draft]
    with reading(VISITOR) as work:
        assert [one.id for one in articles_found.find(work, "quokkawurst").hits] == [draft]


def index_all() -> None:
    """As the relay does, a moment later."""
    table = {
        kind: [one for one in listening if one.name == "articles that are found"]
        for kind, listening in wiring.consumers().items()
    }
    running = Relay({kind: heard for kind, heard in table.items() if heard})
    while running.deliver_waiting():
        pass
