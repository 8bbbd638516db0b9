"""Finding customers by anything on their record, as somebody types.

The search port: two ways to do it (`search_sqlite`, `search_postgresql`), both fed with the same
folded words (`search_words`) in the transaction that changes the record. Not for lists (see
`queries`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from helpdesk.core.work import Work
from helpdesk.customers import (
    permissions,
    search_marks,
    search_postgresql,
    search_reasons,
    search_sqlite,
    search_words,
)
from helpdesk.customers.models import (
    ContactPoint,
    Customer,
    CustomerNote,
    CustomerTag,
    Organisation,
    Tag,
)
from helpdesk.customers.search_marks import Piece, Reason
from helpdesk.customers.search_words import Document, Query

MOST_HITS = 50
MOST_LOOKED_AT = 5_000
_ALIKE = 0.7
_NOTES = 200
BATCH = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """`near` is True when only a similar spelling was found; then there are no reasons.

    `reasons` are the fields that have what was typed and the name has not.
    """

    customer_id: str
    name: str
    organisation: str
    contact: str
    last_contact_at: datetime
    near: bool
    marked_name: tuple[Piece, ...]
    reasons: tuple[Reason, ...]


def create_sqlite(connection: Connection) -> None:
    """The tables on SQLite; the migration calls this. Harmless when they exist."""
    search_sqlite.create(connection)


def create_postgresql(connection: Connection) -> None:
    """The table on PostgreSQL, with spelling help where pg_trgm can be had."""
    search_postgresql.create(connection)


def create(connection: Connection) -> None:
    """The search tables of whatever database this is."""
    _port(connection.dialect.name).create(connection)


def drop(connection: Connection) -> None:
    """Take the search tables away again; they can always be rebuilt."""
    for name in _port(connection.dialect.name).TABLES:
        connection.execute(text(f"DROP TABLE IF EXISTS {name}"))  # our own constant names


# Keeping the documents ------------------------------------------------------------------------


def write(work: Work, document: Document) -> None:
    """Put one record's document in the place of the former one."""
    write_all(work, [document])


def write_new(work: Work, document: Document) -> None:
    """The document of a record that was made in this transaction."""
    _port_of(work).write_new(work, document)


def write_all(work: Work, documents: Sequence[Document]) -> None:
    if documents:
        _port_of(work).write(work.session, documents)


def forget(work: Work, customer_ids: Iterable[str]) -> None:
    """Take records out of the search (merged away, erased)."""
    ids = list(customer_ids)
    if ids:
        _port_of(work).forget(work.session, ids)


def tidy(work: Work, *, first: bool) -> bool:
    """After records were erased: what the index still holds of them goes, a piece at a time."""
    return bool(_port_of(work).tidy(work.session, first=first))


def index(work: Work, customer_ids: Iterable[str]) -> None:
    """Read these records again and renew their documents; merged ones are taken out."""
    ids = list(dict.fromkeys(customer_ids))
    documents = documents_of(work, ids)
    write_all(work, documents)
    gone = set(ids) - {document.customer_id for document in documents}
    forget(work, gone)


def index_organisation(work: Work, organisation_id: str) -> None:
    """Renew the documents of everybody who belongs to it (its name changed)."""
    after = ""
    while True:
        statement = select(Customer.id).where(Customer.organisation_id == organisation_id)
        if after:
            statement = statement.where(Customer.id > after)
        ids = list(work.session.scalars(statement.order_by(Customer.id).limit(BATCH)))
        if not ids:
            return
        index(work, ids)
        after = ids[-1]


def rebuild_batch(work: Work, after: str | None = None, size: int = BATCH) -> str | None:
    """Renew one batch in the order of ids; answers where to go on, None at the end."""
    statement = select(Customer.id).order_by(Customer.id).limit(size)
    if after:
        statement = statement.where(Customer.id > after)
    ids = list(work.session.scalars(statement))
    index(work, ids)
    return ids[-1] if len(ids) == size else None


def rebuild(work: Work, progress: Callable[[int], None]) -> None:
    """Renew every document in one transaction; `progress` hears how many records were read.

    While people work, call `rebuild_batch` in a transaction each instead.
    """
    done, after = 0, rebuild_batch(work)
    while after is not None:
        done += BATCH
        progress(done)
        after = rebuild_batch(work, after)


def documents_of(work: Work, ids: Sequence[str]) -> list[Document]:
    """The documents of these customers, in five queries however many they are."""
    if not ids:
        return []
    session = work.session
    session.flush()
    people = session.execute(
        select(Customer.id, Customer.name, Customer.custom, Organisation.name)
        .outerjoin(Organisation, Organisation.id == Customer.organisation_id)
        .where(Customer.id.in_(ids), Customer.merged_into_id.is_(None))
    ).all()
    points: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for owner, kind, value in session.execute(
        select(ContactPoint.customer_id, ContactPoint.kind, ContactPoint.value).where(
            ContactPoint.customer_id.in_(ids)
        )
    ):
        points[owner].append((kind, value))
    tags: dict[str, list[str]] = defaultdict(list)
    for owner, name in session.execute(
        select(CustomerTag.customer_id, Tag.name)
        .join(Tag, Tag.id == CustomerTag.tag_id)
        .where(CustomerTag.customer_id.in_(ids))
    ):
        tags[owner].append(name)
    notes: dict[str, list[str]] = defaultdict(list)
    for owner, words in session.execute(
        select(CustomerNote.customer_id, CustomerNote.text)
        .where(CustomerNote.customer_id.in_(ids), CustomerNote.deleted_at.is_(None))
        .order_by(CustomerNote.id.desc())
    ):
        if len(notes[owner]) < _NOTES:
            notes[owner].append(words)
    return [
        search_words.document(
            id_,
            name=name,
            points=points[id_],
            organisation=organisation or "",
            tags=tags[id_],
            notes=notes[id_],
            custom=custom.values(),
        )
        for id_, name, custom, organisation in people
    ]


# Asking ---------------------------------------------------------------------------------------


def search(work: Work, text_: str, limit: int = 20) -> list[Hit]:
    """Customers whose record has a word beginning with each word typed, best first.

    Where nothing fits, names and mail addresses of similar spelling. Only for the desk.
    """
    permissions.require_desk(work)
    asked = search_words.query(text_)
    if asked is None:
        return []
    limit = max(1, min(MOST_HITS, limit))
    hits = _hits(work, asked, _found(work, asked, limit), near=False)
    if not hits:
        alike = permissions.seen_among(work, near(work, asked, limit))
        hits = _hits(work, asked, alike, near=True)
    return hits


def _found(work: Work, asked: Query, limit: int) -> list[str]:
    """Ids of the best that the actor sees; who sees few looks through more of them."""
    port = _port_of(work)
    look = limit
    while True:
        ids: list[str] = port.find(work.session, asked, look)
        seen = permissions.seen_among(work, ids)
        if len(seen) >= limit or len(ids) < look or look >= MOST_LOOKED_AT:
            return seen[:limit]
        look *= 8


def near(work: Work, asked: Query, limit: int) -> list[str]:
    """Ids of customers whose name or mail address is spelt nearly so, most alike first."""
    if len(asked.spoken) < 3:
        return []
    found = _port_of(work).near(work.session, asked)
    scored = [(search_words.likeness(asked.spoken, spoken), id_) for id_, spoken in found]
    alike = sorted((pair for pair in scored if pair[0] >= _ALIKE), reverse=True)
    return [id_ for _, id_ in alike[:limit]]


def named_like(work: Work, name: str, limit: int) -> list[str]:
    """Ids of customers whose record has every word of `name` (for duplicates)."""
    asked = search_words.query(name[: search_words.LONGEST_QUERY])
    return _port_of(work).find(work.session, asked, limit) if asked else []


def _hits(work: Work, asked: Query, ids: Sequence[str], *, near: bool) -> list[Hit]:
    if not ids:
        return []
    rows = work.session.execute(
        select(Customer.id, Customer.name, Organisation.name, Customer.last_contact_at)
        .outerjoin(Organisation, Organisation.id == Customer.organisation_id)
        .where(Customer.id.in_(ids), Customer.merged_into_id.is_(None))
    ).all()
    contact: dict[str, str] = {}
    for owner, value in work.session.execute(
        select(ContactPoint.customer_id, ContactPoint.value)
        .where(ContactPoint.customer_id.in_(ids), ContactPoint.kind.in_(("email", "phone")))
        .order_by(ContactPoint.is_preferred.desc(), ContactPoint.kind, ContactPoint.id)
    ):
        contact.setdefault(owner, value)
    place = {id_: n for n, id_ in enumerate(ids)}
    why = {} if near else search_reasons.reasons(work, asked, {row[0]: row[1] for row in rows})
    return [
        Hit(
            id_,
            name,
            organisation or "",
            contact.get(id_, ""),
            last,
            near,
            search_marks.marked(name, asked),
            why.get(id_, ()),
        )
        for id_, name, organisation, last in sorted(rows, key=lambda row: place[row[0]])
    ]


def _port(dialect: str) -> Any:
    return search_sqlite if dialect == "sqlite" else search_postgresql


def _port_of(work: Work) -> Any:
    return _port(work.session.get_bind().dialect.name)
