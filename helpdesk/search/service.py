"""Puts documents into the index and takes them out, one or many, with exact counts of their words.

Called in whatever transaction fits: what is put is found once it commits. Meant for the relay and
the rebuild (see `workflows.indexing`); whoever calls it while people wait should know that a
document costs about a millisecond and that writers of the index wait for each other.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, tuple_, update

from helpdesk.core.db import insert_rows
from helpdesk.core.work import Work
from helpdesk.search import vocabulary, words
from helpdesk.search.models import SearchDocument
from helpdesk.search.permissions import SCOPES
from helpdesk.search.port import port

_SHIFT = 20  # bits for what shares a millisecond
_LONGEST_TITLE = 500
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found. `kind` and `id` name it; `at` may never change.

    `tags` are for filtering; they are no words of the document. `group_id` is what several
    documents belong to, so that a list shows them once.
    """

    kind: str
    id: str
    scope: str
    at: datetime
    title: str
    body: str = ""
    tags: tuple[str, ...] = ()
    group_id: str | None = None
    customer_id: str | None = None
    state: str | None = None
    queue_id: str | None = None
    assignee_id: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


Subject = tuple[str, str]
"""A kind and an id."""


def put(work: Work, document: Document) -> None:
    """Put one document in the place of the former one of the same kind and id."""
    put_all(work, [document])


def put_all(work: Work, documents: Iterable[Document]) -> None:
    """Put many; where the same is given twice, the last counts."""
    latest = list({(d.kind, d.id): d for d in documents}.values())
    for start in range(0, len(latest), AT_ONCE):
        _put(work, latest[start : start + AT_ONCE])


def remove(work: Work, kind: str, id_: str) -> None:
    remove_all(work, [(kind, id_)])


def remove_all(work: Work, subjects: Iterable[Subject]) -> None:
    """Take documents out; those that are not there are passed over."""
    wanted = list(dict.fromkeys(subjects))
    if not wanted:
        return
    index = port(work.session)
    index.alone(work.session)
    old = _old(work, wanted)
    if not old:
        return
    change = _Change()
    for row in old.values():
        change.take_out(row)
    change.book(work)
    numbers = [row.number for row in old.values()]
    index.erase(work.session, numbers)
    work.session.execute(delete(SearchDocument).where(SearchDocument.number.in_(numbers)))


def describe(work: Work, kind: str, group_id: str, **values: Any) -> None:
    """Renew what documents of a group can be filtered by (state, queue_id, assignee_id, ...)."""
    work.session.execute(
        update(SearchDocument)
        .where(SearchDocument.group_id == group_id, SearchDocument.kind == kind)
        .values(**values)
    )


def tidy(work: Work, *, first: bool) -> bool:
    """After rows were erased for good: what the index still holds of them goes, in pieces."""
    return port(work.session).tidy(work.session, first=first)


def clear(work: Work) -> None:
    """Empty the whole index, before it is built from nothing."""
    index = port(work.session)
    index.alone(work.session)
    index.clear(work.session)
    vocabulary.clear(work.session)
    work.session.execute(delete(SearchDocument))


def _put(work: Work, documents: Sequence[Document]) -> None:
    session = work.session
    session.flush()
    index = port(session)
    index.alone(session)
    old = _old(work, [(d.kind, d.id) for d in documents])
    fresh = [d for d in documents if (d.kind, d.id) not in old]
    numbers = _new_numbers(work, fresh)
    change = _Change()
    rows, inserts = [], []
    for document in documents:
        key = (document.kind, document.id)
        before = old.get(key)
        values = _values(document)
        if before is not None:
            number = before.number
            if _reads_same(before, values):
                _renew(before, values)
                continue
            change.take_out(before)
            _renew(before, values)
        else:
            number = numbers[key]
            inserts.append({"number": number, **values})
        rows.append((number, *change.put_in(values)))
    session.flush()
    insert_rows(session, SearchDocument, inserts)
    index.write(session, rows)
    change.book(work)


def _old(work: Work, subjects: Sequence[Subject]) -> dict[Subject, SearchDocument]:
    found: dict[Subject, SearchDocument] = {}
    for start in range(0, len(subjects), AT_ONCE):
        wanted = tuple_(SearchDocument.kind, SearchDocument.subject_id).in_(
            subjects[start : start + AT_ONCE]
        )
        statement = select(SearchDocument).where(wanted)
        rows = work.session.scalars(statement.execution_options(populate_existing=True))
        found |= {(row.kind, row.subject_id): row for row in rows}
    return found


def _new_numbers(work: Work, documents: Sequence[Document]) -> dict[Subject, int]:
    """A number of its own for each, in the order of time; equal moments are told apart by id."""
    given: dict[Subject, int] = {}
    for document in documents:
        mark = hashlib.blake2b(f"{document.kind} {document.id}".encode(), digest_size=4)
        place = int.from_bytes(mark.digest(), "big") & ((1 << _SHIFT) - 1)
        given[(document.kind, document.id)] = first_number(document.at) + place
    taken: set[int] = set()
    values = list(given.values())
    if values:
        there = select(SearchDocument.number).where(SearchDocument.number.in_(values))
        taken = set(work.session.scalars(there))
    for key, number in given.items():
        while number in taken or (
            number != given[key] and work.session.get(SearchDocument, number) is not None
        ):
            number += 1
        taken.add(number)
        given[key] = number
    return given


def first_number(at: datetime) -> int:
    """The lowest number that something of this instant can have."""
    return max(0, int(at.timestamp() * 1000)) << _SHIFT


def _values(document: Document) -> dict[str, Any]:
    if document.scope not in SCOPES:
        raise ValueError(f"nobody may be said to read {document.scope!r}")
    return {
        "kind": document.kind,
        "subject_id": document.id,
        "scope": document.scope,
        "at": document.at,
        "title": _storable(document.title)[:_LONGEST_TITLE],
        "body": _storable(document.body)[: words.KEPT_TEXT],
        "tags": "".join(f"\n{_storable(tag)}" for tag in document.tags) + "\n"
        if document.tags
        else "",
        "group_id": document.group_id,
        "customer_id": document.customer_id,
        "state": document.state,
        "queue_id": document.queue_id,
        "assignee_id": document.assignee_id,
        "facts": document.facts,
    }


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL, and no database half a character."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _reads_same(row: SearchDocument, values: dict[str, Any]) -> bool:
    return all(getattr(row, name) == values[name] for name in ("scope", "title", "body"))


def _renew(row: SearchDocument, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if name != "at" and getattr(row, name) != value:
            setattr(row, name, value)


class _Change:
    """What a batch changes in the counts, summed up so that each word is written once."""

    def __init__(self) -> None:
        self._words: Counter[tuple[str, str, str]] = Counter()
        self._sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def put_in(self, values: dict[str, Any]) -> tuple[str, str]:
        return self._count(values["scope"], values["title"], values["body"], 1)

    def take_out(self, row: SearchDocument) -> None:
        self._count(row.scope, row.title, row.body, -1)

    def book(self, work: Work) -> None:
        vocabulary.change(work.session, self._words)
        vocabulary.tally(
            work.session, {scope: (s[0], s[1], s[2]) for scope, s in self._sums.items()}
        )

    def _count(self, scope: str, title: str, body: str, more: int) -> tuple[str, str]:
        indexed = words.index(title, body)
        for word, term in indexed.vocabulary:
            self._words[(scope, word, term)] += more
        for term in {term for _, term in indexed.vocabulary}:
            self._words[(scope, "", term)] += more
        sums = self._sums[scope]
        sums[0] += more
        sums[1] += more * len(indexed.title)
        sums[2] += more * len(indexed.body)
        return " ".join(indexed.title), " ".join(indexed.body)
