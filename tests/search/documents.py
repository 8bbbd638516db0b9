"""Documents and readers for the tests of the search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from helpdesk.core.actors import Actor, system
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.search import queries, service
from helpdesk.search.permissions import SHARED, Reader, reader_of
from helpdesk.search.queries import Found
from helpdesk.search.service import Document

SYSTEM = system("tests")
DESK = reader_of(Actor("user", "01900000-0000-7000-8000-0000000000a1", "agent"))
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def document(title: str, body: str = "", minutes: int = 0, **given: Any) -> Document:
    facts: dict[str, Any] = {
        "kind": "ticket",
        "id": new_id(),
        "scope": SHARED,
        "at": NOON + timedelta(minutes=minutes),
        **given,
    }
    return Document(title=title, body=body, **facts)


def put(*documents: Document) -> list[str]:
    with begin(SYSTEM) as work:
        service.put_all(work, documents)
    return [one.id for one in documents]


def remove(*subjects: tuple[str, str]) -> None:
    with begin(SYSTEM) as work:
        service.remove_all(work, subjects)


def find(words: str, reader: Reader = DESK, **given: Any) -> Found:
    with reading(SYSTEM) as work:
        return queries.find(work, words, reader, **given)


def ids(words: str, reader: Reader = DESK, **given: Any) -> list[str]:
    return [hit.id for hit in find(words, reader, **given).hits]


def counts() -> dict[str, Any]:
    """Everything that is counted, to compare an index changed often with one made afresh."""
    with reading(SYSTEM) as work:
        words = work.session.execute(
            text("SELECT scope, word, term, documents FROM search_word ORDER BY 1, 2, 3")
        )
        sums = work.session.execute(
            text(
                "SELECT scope, documents, title_words, body_words FROM search_tally"
                " WHERE documents <> 0 ORDER BY 1"
            )
        )
        return {"words": [tuple(r) for r in words], "sums": [tuple(r) for r in sums]}
