"""The database: portable column types, two engines, and the one write lock of SQLite.

The only file (with the search port) that knows a dialect. SQLite gets WAL, `BEGIN IMMEDIATE`
for every writer, a first-come-first-served lock inside the process and a separate read-only
engine; PostgreSQL gets one pool and read-only transactions. Not for queries.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, cast

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    Uuid,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

from helpdesk.core import clock, rows
from helpdesk.core.ready import Ready
from helpdesk.core.sql_functions import epoch_of as epoch_of
from helpdesk.core.sql_functions import joined as joined
from helpdesk.core.sql_functions import json_rows as json_rows
from helpdesk.core.syncing import LogSync

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


IDLE_UNASKED_S = 1.0


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC; naive values are refused on the way in, all are aware on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone cannot be stored")
        try:
            return value.astimezone(UTC)
        except OverflowError:  # the first or last day of all, in a zone that is off by some hours
            return value.replace(tzinfo=UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = String(36).with_variant(Uuid(as_uuid=False, native_uuid=True), "postgresql")
Json = JSON().with_variant(postgresql.JSONB(), "postgresql")
Sequence64 = BigInteger().with_variant(Integer(), "sqlite")

# Column shapes for mapped classes: `id: Mapped[pk]`, `queue_id: Mapped[ref]`.
pk = Annotated[str, mapped_column(Id, primary_key=True)]
ref = Annotated[str, mapped_column(Id)]
instant = Annotated[datetime, mapped_column(UtcDateTime)]


class Base(DeclarativeBase):
    """Every mapped class of the installation; one metadata for migrations."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
    }

    def __init__(self, **values: Any) -> None:
        """A new object has no past, so its values are set without noting what they were before."""
        if unknown := values.keys() - _columns_of(type(self)):
            raise TypeError(f"{type(self).__name__} has no column {min(unknown)}")
        self.__dict__.update(values)


@functools.cache
def _columns_of(model: type[Base]) -> frozenset[str]:
    return frozenset(model.__table__.columns.keys())


def table_of(model: type[Base]) -> Table:
    """The table behind a mapped class, for statements that need no objects."""
    return cast(Table, model.__table__)


class FairLock:
    """First come, first served: SQLite's own waiting lets unlucky writers starve for seconds."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._held = False
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self) -> None:
        with self._guard:
            if not self._held:
                self._held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        turn.acquire()

    def release(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


class Database:
    """Engines for one URL. `write_session` and `read_session` are the only ways in."""

    def __init__(self, url: str, *, pool: int = 12) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._write_turn = FairLock() if self.is_sqlite else None
        self._log_sync = LogSync(make_url(url).database or "") if self.is_sqlite else None
        self.remembered: dict[str, Any] = {}
        """What packages keep of slow-changing rows, for a second (see `routing.roster`)."""
        if self.is_sqlite:
            self.engine = _sqlite_engine(url, pool, writes=True)
            self.read_engine = _sqlite_engine(url, pool, writes=False)
            self.glance_engine = self.read_engine
        else:
            self.engine = create_engine(
                url,
                pool_size=pool,
                max_overflow=pool,
                pool_timeout=10,
                # The one used last knows the most statements by heart, and so does its server.
                pool_use_lifo=True,
                # UTC whatever the server's default; a stuck statement must not hold a slot.
                connect_args={
                    "options": "-c timezone=UTC -c statement_timeout=30000",
                    "prepare_threshold": 2,  # parsed and planned once, from its second use on
                },
                json_serializer=_dumps,
                json_deserializer=orjson.loads,
            )
            _ask_after_a_pause(self.engine)
            self.read_engine = self.engine.execution_options(postgresql_readonly=True)
            self.glance_engine = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        rows.watch(self.engine)

    @contextmanager
    def write_session(self) -> Iterator[Session]:
        """A session in a transaction; the caller commits."""
        if self._write_turn is not None:
            self._write_turn.acquire()
        try:
            with rows.SessionWithRows(
                self.engine, expire_on_commit=False, autoflush=True
            ) as session:
                yield session
        finally:
            if self._write_turn is not None:
                self._write_turn.release()
        if self._log_sync is not None:
            self._log_sync.wait()

    @contextmanager
    def read_session(self) -> Iterator[Session]:
        """A session that cannot write, on a snapshot of its own."""
        with Session(self.read_engine, autoflush=False) as session:
            # Closing rolls back too, and unlike rollback() leaves the rows that were read usable.
            yield session

    @contextmanager
    def glance_session(self) -> Iterator[Session]:
        """For a single SELECT: PostgreSQL spends no round trips on opening and ending it."""
        with Session(self.glance_engine, autoflush=False) as session:
            yield session

    def dispose(self) -> None:
        self.engine.dispose()
        self.read_engine.dispose()


def _ask_after_a_pause(engine: Engine) -> None:
    """Ask a pooled connection whether it lives, but only after it lay idle for a second.

    A server that restarted is noticed before work starts, and busy connections pay nothing.
    """

    @event.listens_for(engine, "checkin")
    def lay_down(connection: Any, record: Any) -> None:
        record.info["idle_since"] = clock.monotonic()

    @event.listens_for(engine, "checkout")
    def pick_up(connection: Any, record: Any, proxy: Any) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is None or clock.monotonic() - idle_since < IDLE_UNASKED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError("the server has closed this connection") from error


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _sqlite_engine(url: str, pool: int, *, writes: bool) -> Engine:
    engine = create_engine(
        url,
        pool_size=1 if writes else pool,
        max_overflow=pool,
        pool_timeout=30,
        connect_args={"timeout": 15, "check_same_thread": False, "isolation_level": None},
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # What was answered must survive a power cut: `write_session` syncs the log before it ends,
        # once for all who committed meanwhile. SQLite's own sync would hold up the next writer.
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # Many connections, so a small cache each; the file itself is mapped and shared by all.
        cursor.execute("PRAGMA cache_size=-2000")
        cursor.execute("PRAGMA mmap_size=268435456")
        cursor.execute("PRAGMA temp_store=MEMORY")
        if not writes:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def insert_if_absent(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert one row unless a unique index already holds it; True when it was inserted."""
    connection = session.connection()
    result = connection.execute(_unless_there(table, connection.dialect.name), values)
    return int(getattr(result, "rowcount", 0)) == 1


@functools.cache
def _unless_there(table: type[Base], dialect: str) -> Executable:
    """Built once per table: composing a statement costs as much as sending it."""
    make = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement = make(table.__table__).on_conflict_do_nothing()  # type: ignore[arg-type]
    # Without this the count of an INSERT is not kept on PostgreSQL, and every row would look there.
    return rows.touching(statement.inline().execution_options(preserve_rowcount=True))


def insert_rows(session: Session, table: type[Base], new: list[dict[str, Any]]) -> None:
    """Insert many rows with the same columns in one statement, without loading them as objects."""
    _insert_many(session, table, new, unless_there=False)


def insert_all_if_absent(session: Session, table: type[Base], new: list[dict[str, Any]]) -> None:
    """The same, leaving out rows that a unique index already holds."""
    _insert_many(session, table, new, unless_there=True)


def _insert_many(
    session: Session, table: type[Base], new: list[dict[str, Any]], *, unless_there: bool
) -> None:
    if not new:
        return
    connection = session.connection()
    rows.send_waiting(connection)
    target = table_of(table)
    complete = [rows.completed(target, one) for one in new]
    place = (target, tuple(complete[0]))
    rows.write(connection, {place: complete}, unless_there=unless_there)


def is_duplicate(error: IntegrityError, index: str) -> bool:
    """True when `error` is the refusal of the unique index named (or its columns, on SQLite)."""
    told = str(error.orig)
    return index in told or ("UNIQUE" in told and index.split("_", 1)[-1] in told.replace(".", "_"))


def is_contention(error: DBAPIError) -> bool:
    """True when the database gave this transaction up for another: the same again may succeed."""
    told = f"{type(error.orig).__name__} {error.orig}"
    return any(w in told for w in ("Deadlock", "SerializationFailure", "database is locked"))


def next_of_identity(session: Session, table: str, column: str) -> int | None:
    """The next value of an identity column; None where the database has no sequences (SQLite).

    A sequence hands out numbers without a lock that lasts, so those who insert never wait in turn.
    """
    if session.get_bind().dialect.name == "sqlite":
        return None
    asked = {"name": f"{table}_{column}_seq"}
    return int(_NEXT_VALUE.scalar(session.connection(), asked))


_NEXT_VALUE = Ready(
    select(func.nextval(sql_cast(bindparam("name", type_=String), postgresql.REGCLASS)))
)


def ping(session: Session) -> None:
    session.execute(text("SELECT 1"))


_current: Database | None = None


def connect(url: str, *, pool: int = 12) -> Database:
    """Open the installation's database; called once per process by the composition root."""
    global _current
    _current = Database(url, pool=pool)
    return _current


def use(database: Database | None) -> None:
    """Make `database` the one that `begin` and `reading` work on."""
    global _current
    _current = database


def current() -> Database:
    if _current is None:
        raise RuntimeError("no database is connected yet")
    return _current
