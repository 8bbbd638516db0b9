"""Finding by meaning, with the real model on both databases; off wherever nobody switched it on."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import text

from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.search import articles, fusing, meaning, nearness, passages, vector_rows, vectors
from helpdesk.search import wordllama_model as adapter
from helpdesk.search.articles import Article
from helpdesk.search.finding import Answer, Reader, Search
from helpdesk.search.fusing import Close
from helpdesk.search.ranking import Scored
from tests.search.documents import SYSTEM

PUBLIC = Reader(frozenset({"public"}))
STAFF = Reader(frozenset({"public", "internal"}))
ASKED = "get my money back"
REFUND = ("Refunds and returns", "Send the item to us and we refund the purchase price.")


@pytest.fixture
def memory(database: Database) -> nearness.Memory:
    pytest.importorskip("wordllama", reason="the extra `meaning` is not installed")
    meaning.choose(adapter.PACKAGES, adapter.WordLlamaModel)
    aside = nearness.Aside("meaning", 1)
    aside.use(lambda work: work())
    return nearness.Memory(aside)


def put(*given: Article) -> None:
    with begin(SYSTEM) as work:
        articles.put_all(work, given)
    renew(*(one.id for one in given))


def renew(*ids: str) -> None:
    with begin(SYSTEM) as work:
        model = meaning.embedder()
        vectors.renew(work, model, ids, vectors.shelves_for(work, model, but=frozenset()))


def find(memory: nearness.Memory | None, asked: str, reader: Reader = PUBLIC) -> Answer:
    if memory:
        memory.hold_now()
    with reading(SYSTEM) as work:
        return Search(work.session, reader, memory=memory).find(asked)


def ids(memory: nearness.Memory | None, asked: str = ASKED, reader: Reader = PUBLIC) -> list[str]:
    return [hit.id for hit in find(memory, asked, reader).hits]


def others() -> list[Article]:
    said = ("Opening hours", "Reset a password", "Parking near the shop", "Change your address")
    return [Article(f"o{n}", "en", one, f"All about it: {one}.") for n, one in enumerate(said)]


def rows() -> list[Any]:
    with reading(SYSTEM) as work:
        return list(work.session.execute(text("SELECT * FROM search_vector ORDER BY number")))


def test_an_article_in_other_words_is_found_and_shows_what_means_it(
    memory: nearness.Memory,
) -> None:
    long = " ".join(["The shop sells lamps in many colours and sizes."] * 24)  # two passages
    put(Article("refund", "en", REFUND[0], f"{long}\n{REFUND[1]}"), *others())
    assert ids(None) == []  # none of its words
    answer = find(memory, ASKED)
    assert answer.hits[0].id == "refund"
    assert "refund the purchase price" in "".join(p.text for p in answer.hits[0].passage)
    assert ids(memory, '"money back"') == []  # these very words were asked for
    assert ids(memory, "zzqx qqvv") == []  # what is nearest to nonsense is not near


def test_E2_what_a_reader_may_not_see_has_no_say(memory: nearness.Memory) -> None:
    hidden = frozenset({"internal"})
    put(*others(), Article("open", "en", "How returns are refunded", REFUND[1]))
    before = find(memory, ASKED)
    put(*(Article(f"in{n}", "en", *REFUND, audience=hidden) for n in range(60)))
    assert find(memory, ASKED) == before  # the same to the last place and figure
    assert "in0" in ids(memory, reader=STAFF) or len(ids(memory, reader=STAFF)) == 10
    put(Article("open", "en", "How returns are refunded", REFUND[1]))
    memory.hold_now()
    with begin(SYSTEM) as work:  # withdrawn a moment ago, and memory does not know it yet
        articles.put(work, Article("open", "en", *REFUND, audience=hidden))
    with reading(SYSTEM) as work:
        hits = Search(work.session, PUBLIC, memory=memory).find(ASKED).hits
    assert [hit.id for hit in hits] == []


def test_vectors_go_with_the_article_and_stay_while_its_words_do(
    memory: nearness.Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(Article("refund", "en", *REFUND), *others(), Article("de", "de", "Geld zurück", "Gut."))
    kept = rows()
    assert len(kept) == 5  # the model knows no German
    made: list[str] = []
    count = vectors.made
    monkeypatch.setattr(
        vectors, "made", lambda model, texts: made.extend(texts) or count(model, texts)
    )
    renew("refund", "o0", "o1")
    put(Article("refund", "en", *REFUND, facts={"slug": "other"}))
    assert made == []
    assert rows() == kept
    put(Article("refund", "en", REFUND[0], f"{REFUND[1]} Soon."))
    assert len(made) == 1
    with begin(SYSTEM) as work:
        articles.drop(work, "refund")
        where = vectors.shelves_for(work, meaning.embedder(), but=frozenset())
        assert not vector_rows.is_lacking(work.session, where, meaning.embedder().name)
        assert vector_rows.is_lacking(work.session, where, "another model")
    assert len(rows()) == 4
    assert ids(memory) == []


def test_a_failing_or_slow_model_leaves_the_words(
    memory: nearness.Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(Article("refund", "en", *REFUND), *others())
    by_words = find(None, "reset password")
    for limit in (0.0, -1.0):
        monkeypatch.setattr(nearness, "LONGEST_S", limit - 1)
        assert find(memory, "reset password") == by_words
    monkeypatch.undo()

    def broken(*_: Any) -> Any:
        raise RuntimeError("no such thing")

    memory.hold_now()
    monkeypatch.setattr(vectors, "small", broken)
    with reading(SYSTEM) as work:
        assert Search(work.session, PUBLIC, memory=memory).find("reset password") == by_words


def test_without_the_package_words_do_and_nothing_is_loaded(database: Database) -> None:
    meaning.choose(("no_such_package",), adapter.WordLlamaModel)
    assert not meaning.is_installed()
    with pytest.raises(meaning.NoModel):
        meaning.embedder()
    with begin(SYSTEM) as work:
        articles.put(work, Article("refund", "en", *REFUND))
        vector_rows.changed(work)
    aside = nearness.Aside("meaning", 1)
    aside.use(lambda work: work())
    assert ids(nearness.Memory(aside), "refunds") == ["refund"]
    meaning.choose(adapter.PACKAGES, adapter.WordLlamaModel)


def test_a_program_that_starts_loads_no_model() -> None:
    look = (
        "import sys, helpdesk.app, helpdesk.search.answering; "
        "print(sorted({'numpy', 'wordllama', 'tokenizers', 'requests'} & set(sys.modules)))"
    )
    made = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert "numpy" not in made.stdout
    assert "wordllama" not in made.stdout
    assert "tokenizers" not in made.stdout


# The two pure parts -------------------------------------------------------------------------------


def test_two_orders_become_one() -> None:
    by_words = [Scored(1, 9.0), Scored(2, 8.0), Scored(3, 7.0)]
    close = [Close(3, 0.9, 0), Close(4, 0.5, 2)]
    found = fusing.fused(by_words, close)
    assert [one.number for one in found] == [3, 1, 2, 4]
    assert {one.number: one.score for one in found} == {1: 9.0, 2: 8.0, 3: 7.0, 4: 4.5}
    assert [one.number for one in fusing.fused([], close)] == [3, 4]


def test_texts_are_cut_between_sentences() -> None:
    body = "One sentence that says something. " * 40
    cut = passages.of(body)
    assert all(0 < len(one) <= passages.LONGEST for one in cut)
    assert " ".join(cut).split() == body.split()
    assert all(one.endswith(".") for one in cut)
    assert passages.of("") == [""]
    assert [len(one) for one in passages.of("x" * 1_500)] == [600, 600, 300]
    assert len(passages.of("Word. " * 30_000)) == passages.MOST
