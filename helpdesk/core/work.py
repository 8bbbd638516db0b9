"""The unit of work: session, instant, actor and events in one object, opened at the door.

    with begin(actor) as work:
        service.do_it(work, ...)

Services take it first and never commit. The transaction commits when the block ends without
an error; only then do announcements go out. `reading()` gives the same object on a session
that cannot write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Table
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from helpdesk.core import clock, db, joining, rows
from helpdesk.core.actors import Actor
from helpdesk.core.db import Base, table_of
from helpdesk.core.events import Event
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry, EventRow


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event with its id; `extra` is what speed wants beside it and nobody stores."""

    id: str
    event: Event
    at: datetime
    actor: str
    extra: dict[str, Any] | None = None


class Observer(Protocol):
    """Listens inside the transaction (the timeline does, and nothing else)."""

    def __call__(self, work: Work, emitted: list[Emitted]) -> None: ...


@dataclass(slots=True)
class Work:
    """One transaction. `at` is its single instant; everything in it happened then."""

    session: Session
    actor: Actor
    at: datetime
    kept: dict[tuple[type[Base], str], Any] = field(default_factory=dict)
    """What packages remember of rows that this transaction holds: nobody else can change them."""
    _emitted: list[Emitted] = field(default_factory=list)
    _audit: list[dict[str, Any]] = field(default_factory=list)
    _after: list[Callable[[], None]] = field(default_factory=list)
    _put: list[Base] = field(default_factory=list)
    _sql: Connection | None = None
    _rows: rows.Waiting | None = None

    @property
    def sql(self) -> Connection:
        """The transaction's own connection, for statements of tables instead of objects.

        Half the cost of `session.execute`, and for the paths that must be fast: it sends nothing
        that the session has not flushed yet, and objects in the session don't hear of it.
        """
        if self._sql is None or self.session.in_nested_transaction():
            # A savepoint begins with the first time that the session is asked within it.
            self._sql = self.session.connection()
        return self._sql

    def told(self, table: type[Base], key: str | tuple[str, ...], **values: Any) -> None:
        """Let an object that this session may hold hear of what a statement of tables changed."""
        held = self.session.identity_map.get(identity_key(table, key))
        if held is not None:
            for name, value in values.items():
                set_committed_value(held, name, value)

    def insert(self, table: type[Base] | Table, **values: Any) -> None:
        """Insert one row, without an object and without a round trip of its own.

        It is sent with others before the next statement that could see it (see `core.rows`).
        """
        target = table if isinstance(table, Table) else table_of(table)
        self._waiting.add(target, rows.completed(target, values))

    def put(self, row: Base) -> None:
        """Insert a new object so, and keep it in the session, without the cost of a flush.

        What it refers to has to be there or to wait already; what is set in it until then is sent
        with it.
        """
        self._waiting.add(table_of(type(row)), _values(row), stands_for=row)
        joining.join(self.session, row)
        self._put.append(row)  # the session alone would forget it, and read it again

    def put_if_absent(self, row: Base) -> bool:
        """`put` at once, unless a unique index already holds such a row; then it is False."""
        if not db.insert_if_absent(self.session, type(row), _values(row)):
            return False
        joining.join(self.session, row)
        self._put.append(row)
        return True

    def is_unsent(self, row: Base) -> bool:
        """Whether this transaction has put the object and nobody can have seen its row yet."""
        return self._rows is not None and self._rows.holds(row)

    def insert_later(self, table: type[Base], **values: Any) -> None:
        """Insert a row that nothing in this transaction reads, together with others at its end."""
        target = table_of(table)
        self._waiting.add_last(target, rows.completed(target, values))

    @property
    def _waiting(self) -> rows.Waiting:
        sql = self.sql
        if self._rows is None:
            self._rows = rows.Waiting(sql)
        return self._rows

    def emit(self, event: Event, **extra: Any) -> str:
        """Record that something happened; it is stored with this transaction. Answers its id.

        `extra` reaches the announcers after the commit and is never stored (chat text, say).
        """
        emitted = Emitted(new_id(), event, self.at, self.actor.label, extra or None)
        self._emitted.append(emitted)
        return emitted.id

    def audit(
        self, action: str, subject_kind: str, subject_id: str | None = None, **details: Any
    ) -> None:
        """Add a row to the audit log: what `actor` did, to what, with the facts that matter."""
        self._audit.append(
            {
                "id": new_id(),
                "at": self.at,
                "actor": self.actor.label,
                "address": self.actor.address,
                "action": action,
                "subject_kind": subject_kind,
                "subject_id": subject_id,
                "details": details,
            }
        )

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run `call` once the transaction is durable; never when it rolls back."""
        self._after.append(call)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may fail and then leaves nothing behind: no row, no event, no audit."""
        marks = len(self._emitted), len(self._audit), len(self._after)
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            for noted, mark in zip((self._emitted, self._audit, self._after), marks, strict=True):
                del noted[mark:]  # type: ignore[attr-defined]
            raise

    def events(self) -> list[Emitted]:
        """What this transaction has emitted so far."""
        return list(self._emitted)

    def write_down(self) -> None:
        """Store events, timeline entries and audit rows; `begin` calls it before the commit."""
        if self._rows is not None:
            self._rows.come_clean(self.session)
        if self.session.new or self.session.deleted:
            self.session.flush()  # rows that wait may refer to these
        if self._emitted:
            for emitted in self._emitted:
                self._waiting.add_last(_EVENTS, _row(emitted))
            for observe in _observers:
                observe(self, self._emitted)
        for entry in self._audit:
            self._waiting.add_last(_AUDIT, entry)
        if self._rows is not None:
            self._rows.send_all()
        self.session.flush()


_EVENTS, _AUDIT = table_of(EventRow), table_of(AuditEntry)


def _values(row: Base) -> dict[str, Any]:
    """Every column's value; defaults are filled in, so that the object and its row are the same."""
    kept, columns = row.__dict__, rows.defaults(table_of(type(row)))
    for name, default in columns:
        if name not in kept:
            # Not by setattr: nobody has to be told of a change in what is new.
            kept[name] = default() if callable(default) else default
    return {name: kept[name] for name, _ in columns}


def _row(emitted: Emitted) -> dict[str, Any]:
    event = emitted.event
    facts = event.facts()
    return {
        "id": emitted.id,
        "kind": event.kind,
        "at": emitted.at,
        "actor": emitted.actor,
        "customer_id": event.customer_id,
        "subject_id": subject_of(event),
        "facts": facts,
        "relayed_at": None,
    }


_subjects: dict[type[Event], str] = {}


def subject_of(event: Event) -> str | None:
    """What the event is about: its first field that names an id (`conversation_id`, ...)."""
    cls = type(event)
    if cls not in _subjects:
        names = [n for n in cls.__dataclass_fields__ if n.endswith("_id") and n != "customer_id"]
        _subjects[cls] = names[0] if names else ""
    return getattr(event, _subjects[cls]) if _subjects[cls] else None


_observers: list[Observer] = []
_announcers: list[Callable[[list[Emitted]], None]] = []


def observe(observer: Observer) -> None:
    """Register what listens inside each transaction; done once by the wiring."""
    if observer not in _observers:
        _observers.append(observer)


def announce_with(announcer: Callable[[list[Emitted]], None]) -> None:
    """Register what is told after each commit; a hint for speed, the relay makes sure."""
    if announcer not in _announcers:
        _announcers.append(announcer)


def silence() -> None:
    """Forget observers and announcers (a process that composes itself anew, tests)."""
    _observers.clear()
    _announcers.clear()


_committed: ContextVar[int] = ContextVar("committed", default=0)


def committed() -> int:
    """How many transactions this thread has made durable: whether a request may be repeated."""
    return _committed.get()


@contextmanager
def begin(actor: Actor) -> Iterator[Work]:
    """Open a transaction for `actor`; commits at the end of the block, rolls back on any error."""
    with db.current().write_session() as session:
        work = Work(session, actor, clock.now())
        yield work
        work.write_down()
        session.commit()
        _committed.set(_committed.get() + 1)
    for call in work._after:
        call()
    if work._emitted:
        for announce in _announcers:
            announce(work._emitted)


@contextmanager
def glancing(actor: Actor) -> Iterator[Work]:
    """`reading` for exactly one statement: what comes after it may see a later state."""
    with db.current().glance_session() as session:
        yield Work(session, actor, clock.now())


@contextmanager
def reading(actor: Actor) -> Iterator[Work]:
    """The same object on a session that cannot write; nothing emitted in it is kept."""
    with db.current().read_session() as session:
        yield Work(session, actor, clock.now())
