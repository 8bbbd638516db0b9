"""The vectors of articles as they are kept: a row for each article and locale, all its passages.

A vector is 256 whole numbers from -127 to 127, a byte each, so both databases hold and find the
same. Beside it stands a mark of the passage that it was made of, so that what has not changed is
not made again, and the model's name. A stamp says that something changed. Needs no numpy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from helpdesk.core.ids import new_id
from helpdesk.core.tables import StoredSetting
from helpdesk.core.work import Work

STAMP = "search.vectors"
MARK_BYTES = 8
_AT_ONCE = 2_000

_WRITE = text(
    """INSERT INTO search_vector (number, model, marks, vectors)
    VALUES (:number, :model, :marks, :vectors)
    ON CONFLICT (number) DO UPDATE SET model = excluded.model, marks = excluded.marks,
        vectors = excluded.vectors"""
)
_OF = text("SELECT number, model, marks, vectors FROM search_vector WHERE number IN :numbers")
_OF = _OF.bindparams(bindparam("numbers", expanding=True))
_SOME = text(
    """SELECT v.number, a.shelf, v.vectors FROM search_vector v
    JOIN search_article a ON a.number = v.number
    WHERE v.model = :model AND v.number > :after ORDER BY v.number LIMIT :most"""
)
_LACKING = text(
    """SELECT a.number FROM search_article a LEFT JOIN search_vector v ON v.number = a.number
    WHERE a.shelf IN :shelves AND (v.number IS NULL OR v.model <> :model) LIMIT 1"""
).bindparams(bindparam("shelves", expanding=True))


@dataclass(frozen=True, slots=True)
class Vectors:
    """Of one article in one locale; `vectors` has as many bytes a passage as the model numbers."""

    number: int
    model: str
    marks: bytes
    vectors: bytes

    def by_mark(self) -> dict[bytes, bytes]:
        count = len(self.marks) // MARK_BYTES
        if not count:
            return {}
        size = len(self.vectors) // count
        return {
            self.marks[n * MARK_BYTES : (n + 1) * MARK_BYTES]: self.vectors[
                n * size : (n + 1) * size
            ]
            for n in range(count)
        }


def mark_of(passage: str) -> bytes:
    return hashlib.blake2b(passage.encode("utf-8", "replace"), digest_size=MARK_BYTES).digest()


def of(session: Session, numbers: Sequence[int]) -> dict[int, Vectors]:
    if not numbers:
        return {}
    rows = session.execute(_OF, {"numbers": list(numbers)})
    return {row[0]: Vectors(row[0], row[1], bytes(row[2]), bytes(row[3])) for row in rows}


def write(session: Session, rows: Sequence[Vectors]) -> None:
    if rows:
        names = ("number", "model", "marks", "vectors")
        session.execute(_WRITE, [{name: getattr(one, name) for name in names} for one in rows])


def every(session: Session, model: str) -> Iterator[tuple[int, int, bytes]]:
    """Number, shelf and vectors of all that this model made, a piece at a time."""
    after = -1
    while True:
        rows = session.execute(_SOME, {"model": model, "after": after, "most": _AT_ONCE}).all()
        for number, shelf, vectors in rows:
            yield number, shelf, bytes(vectors)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1][0]


def is_lacking(session: Session, shelves: Sequence[int], model: str) -> bool:
    """Whether an article on these shelves has no vectors, or those of another model."""
    if not shelves:
        return False
    wanted: dict[str, Any] = {"shelves": list(shelves), "model": model}
    return session.execute(_LACKING, wanted).first() is not None


def stamp(session: Session) -> str:
    """Another one after each change; empty before the first."""
    row = session.get(StoredSetting, STAMP)
    return str(row.value["stamp"]) if row else ""


def changed(work: Work) -> None:
    row = work.session.get(StoredSetting, STAMP)
    value = {"stamp": new_id()}
    if row is None:
        work.session.add(StoredSetting(name=STAMP, value=value, changed_at=work.at))
    else:
        row.value, row.changed_at = value, work.at
