"""Makes the vectors of articles: passages that have none, or those of another model.

For a worker, never within a request: it loads the model and numpy. Not for finding (`nearness`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpdesk.core.work import Work
from helpdesk.search import article_rows, article_tables, languages, passages, shelves, vector_rows
from helpdesk.search.meaning import Embedder
from helpdesk.search.vector_rows import Vectors

LARGEST = 127


def shelves_for(work: Work, model: Embedder, *, but: frozenset[str]) -> list[int]:
    """Where articles stand in a language that it knows, for readers with more than these keys."""
    return [
        one.id
        for one in shelves.all_of(work.session)
        if languages.language_of(one.locale) in model.languages and not one.audience <= but
    ]


def renew(work: Work, model: Embedder, ids: Sequence[str], where: Sequence[int]) -> None:
    """Give these articles, as they stand on these shelves now, the vectors that they lack."""
    article_tables.alone(work.session)
    rows = article_rows.of_ids(work.session, ids)
    rows = [row for row in rows if row.shelf in set(where)]
    kept = vector_rows.of(work.session, [row.number for row in rows])
    cut = {
        row.number: [passages.read_with(row.title, one) for one in passages.of(row.body)]
        for row in rows
    }
    known = {
        mark: vector
        for one in kept.values()
        if one.model == model.name
        for mark, vector in one.by_mark().items()
    }
    marks = {text: vector_rows.mark_of(text) for texts in cut.values() for text in texts}
    new = [text for text, mark in marks.items() if mark not in known]
    known |= dict(zip((marks[text] for text in new), made(model, new), strict=True))
    written = [
        Vectors(
            number,
            model.name,
            b"".join(marks[text] for text in texts),
            b"".join(known[marks[text]] for text in texts),
        )
        for number, texts in cut.items()
    ]
    vector_rows.write(work.session, [one for one in written if kept.get(one.number) != one])
    vector_rows.changed(work)  # of those that moved to another shelf, too


def made(model: Embedder, texts: Sequence[str]) -> list[bytes]:
    return [row.tobytes() for row in small(model.vectors(texts))] if texts else []


def small(vectors: Any) -> Any:
    """As whole numbers of a byte each: sums of these are the same in whatever order."""
    import numpy as np  # noqa: PLC0415  only who has a model pays for it

    most = np.abs(vectors).max(axis=1, keepdims=True)
    return np.rint(vectors * (LARGEST / np.where(most > 0, most, 1))).astype(np.int8)
