"""Finding by meaning from its switch to the help centre; nothing of it while it is off."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from helpdesk.core.actors import Actor, system
from helpdesk.core.aside import Aside, at_once
from helpdesk.core.tables import EventRow
from helpdesk.core.work import begin, reading
from helpdesk.kb import publishing, service, writing
from helpdesk.search import answering, meaning, nearness
from helpdesk.search.events import MeaningDue
from helpdesk.workflows import articles_found, articles_meant, articles_offered, indexing
from tests.web.admin.scene import words_of
from tests.web.signed_in import Browser
from tests.workflows.test_knowledge import index_all

SYSTEM = system("test")
VISITOR = Actor("visitor", "01900000-0000-7000-8000-000000000004")
RULES = {
    "locales": "en", "default_locale": "en", "agents_publish": "all", "review_every_days": "",
    "contact_cost": "", "currency": "EUR",
}  # fmt: skip
ASKED = "get my money back"


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> nearness.Memory:
    pytest.importorskip("wordllama", reason="the extra `meaning` is not installed")
    aside = Aside("meaning", 1)
    aside.use(at_once)
    one = nearness.Memory(aside)
    monkeypatch.setattr(nearness, "REFRESH_EVERY_S", 0.0)
    monkeypatch.setattr(answering, "MEMORY", one)
    return one


def write(title: str, body: str, audience: str = "public") -> str:
    with begin(SYSTEM) as work:
        one = service.add_article(work, title=title, body=body, audience=audience)
        publishing.take_step(work, one.id, "publish")
    index_all()
    return one.id


def found(asked: str = ASKED, *, typing: bool = False, by: Actor = VISITOR) -> list[str]:
    with reading(by) as work:
        hits = articles_found.find(work, asked, typing=typing).hits
    return [one.id for one in hits]


def due() -> list[str]:
    wanted = select(EventRow.id).where(EventRow.kind == MeaningDue.kind)
    with reading(SYSTEM) as work:
        return list(work.session.scalars(wanted.order_by(EventRow.id)))


def vectors() -> int:
    with reading(SYSTEM) as work:
        return work.session.scalar(text("SELECT count(*) FROM search_vector")) or 0


def test_off_until_it_is_switched_on_and_gone_without_its_package(
    admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("Refunds and returns", "We refund the purchase price.")
    assert (found(), due(), vectors()) == ([], [], 0)
    with monkeypatch.context() as patched:
        patched.setattr(meaning, "is_installed", lambda: False)
        page = words_of(admin.get("/knowledge/settings").text)
        assert "Its package is not installed on this machine" in page
        assert articles_meant.COMMAND in page
        refused = admin.post("/knowledge/settings", data={**RULES, "by_meaning": "1"})
        assert refused.status_code == 400
        assert articles_meant.COMMAND in words_of(refused.text)
    assert admin.post("/knowledge/settings", data=RULES).status_code == 303
    articles_meant.start_where_lacking()
    indexing.rebuild()
    assert (found(), due(), vectors()) == ([], [], 0)


def test_E6_switched_on_it_reads_everything_and_shows_only_what_one_may_open(
    admin: Browser, memory: nearness.Memory
) -> None:
    refund = write("Refunds and returns", "We refund the purchase price.")
    inner = write("Refunds and returns, for colleagues", "We refund the price.", "internal")
    assert admin.post("/knowledge/settings", data={**RULES, "by_meaning": "1"}).status_code == 303
    assert "Articles are being read: 0 %" in words_of(admin.get("/knowledge/settings").text)
    assert found() == []  # and nobody waits for it
    indexing.rebuild()
    assert vectors() == 2
    assert "being read" not in words_of(admin.get("/knowledge/settings").text)
    assert found() == [refund]
    assert found(typing=True) == []
    assert set(found(by=SYSTEM)) == {refund, inner}
    page = admin.client.application.test_client().get(f"/help/search?q={ASKED}").text
    assert "Refunds and returns" in words_of(page)
    assert "for colleagues" not in page
    with reading(VISITOR) as work:
        place = articles_offered.Place("portal", "en")
        assert [h.id for h in articles_offered.offer(work, ASKED, place=place).hits] == [refund]

    other = write("Chargebacks and cash refunds", "Cash is refunded at the desk.")
    articles_meant.run(due()[-1])
    assert set(found()) == {refund, other}
    with begin(SYSTEM) as work:
        writing.save(
            work, refund, "en", title="Opening hours", summary="", body="Nine to five.", upon=1
        )
        publishing.take_step(work, refund, "publish")
    index_all()
    articles_meant.run(due()[-1])
    assert found() == [other]
    with begin(SYSTEM) as work:
        publishing.take_step(work, other, "archive")
    index_all()
    assert found() == []
    assert vectors() == 2
