"""`helpdesk check`: what is wrong with this installation, and how to mend it.

Every examination is one function that answers one finding; they work on a stopped installation too.
"""

from __future__ import annotations

import shutil
import socket
import sys
import zoneinfo
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from redis.exceptions import RedisError
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from helpdesk.channels import scanning
from helpdesk.core import clock, migrating, redis
from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.core.errors import ConfigError
from helpdesk.core.tables import EventRow, Heartbeat, StoredSetting
from helpdesk.core.work import Work
from helpdesk.jobs import deliveries
from helpdesk.mail.models import Mailbox, OutgoingMail
from helpdesk.supervise import embedded_redis

State = Literal["ok", "warn", "fail"]
ROLES = ("web", "relay", "sweeper", "worker")
OLDEST_PYTHON = (3, 11)
OLDEST_REDIS = 7
LOW_SPACE = 1024**3
NO_SPACE = 100 * 1024**2
CLOCK_SKEW = timedelta(seconds=5)
BEAT_WITHIN = timedelta(seconds=10)
RELAY_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """`told` says what is; `mend` what to do, where something is to be done."""

    name: str
    state: State
    told: str
    mend: str = ""

    def line(self) -> str:
        mend = f"\n        {self.mend}" if self.mend and self.state != "ok" else ""
        return f"{self.state:4}  {self.name}: {self.told}{mend}"

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


def examine(settings: Settings) -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    found = [
        _python(),
        _time_zones(),
        _folder(settings),
        _space(settings),
        _secret_key(settings),
        _address(settings),
    ]
    found += list(_redis(settings))
    found += list(_database(settings))
    found += list(_scanner(settings))
    found.append(_port(settings))
    return found


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Finding("python", "fail", version, "Install Python 3.11 or newer.")
    return Finding("python", "ok", version)


def _time_zones() -> Finding:
    try:
        zoneinfo.ZoneInfo("Europe/Berlin")
    except zoneinfo.ZoneInfoNotFoundError:
        return Finding("time zones", "fail", "no data", "Install the Python package tzdata.")
    return Finding("time zones", "ok", "known")


def _folder(settings: Settings) -> Finding:
    data = settings.data
    if not data.exists():
        told = f"{data} is not there"
        return Finding("data folder", "warn", told, "`helpdesk up` makes it; or give --data.")
    mode = data.stat().st_mode & 0o777
    if mode & 0o077:
        told = f"{data} can be read by others (mode {mode:o})"
        return Finding("data folder", "fail", told, f"chmod 700 {data}")
    try:
        probe = data / ".write-test"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        told = f"{data} cannot be written: {error.strerror}"
        return Finding("data folder", "fail", told, "Give this user the right to write there.")
    return Finding("data folder", "ok", str(data.resolve()))


def _space(settings: Settings) -> Finding:
    place = settings.data if settings.data.exists() else settings.data.absolute().parent
    try:
        free = shutil.disk_usage(place).free
    except OSError as error:
        return Finding("disk space", "warn", f"unknown: {error.strerror}")
    state: State = "fail" if free < NO_SPACE else "warn" if free < LOW_SPACE else "ok"
    return Finding("disk space", state, f"{free // 1024**2} MiB free", "Make room on this disk.")


def _secret_key(settings: Settings) -> Finding:
    path = settings.data / "secret_key"
    if path.exists() and path.stat().st_mode & 0o077:
        return Finding("secret key", "fail", f"{path} can be read by others", f"chmod 600 {path}")
    if not settings.secret_key:
        return Finding(
            "secret key",
            "warn",
            "none yet",
            "`helpdesk up` makes one; single roles need HELPDESK_SECRET_KEY or --data.",
        )
    return Finding("secret key", "ok", "set")


def _address(settings: Settings) -> Finding:
    local = settings.base_url.split("//")[1].split(":")[0] in ("127.0.0.1", "localhost", "[")
    if not settings.https and not local:
        return Finding(
            "address",
            "warn",
            f"{settings.base_url} is not encrypted, so cookies are not marked as secure",
            "Put a proxy with a certificate in front and set HELPDESK_BASE_URL=https://...",
        )
    if settings.https and settings.trusted_proxies == 0:
        return Finding(
            "address",
            "warn",
            f"{settings.base_url} needs a proxy, and none is trusted",
            "Set HELPDESK_TRUSTED_PROXIES to the number of proxies in front.",
        )
    return Finding("address", "ok", settings.base_url)


def _redis(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        try:
            program = embedded_redis.find_program()
        except ConfigError as error:
            yield Finding("redis", "fail", "none", str(error))
        else:
            yield Finding("redis", "ok", f"not running; `helpdesk up` starts {program.name}")
        return
    try:
        client = redis.connection(settings.redis_url)
        told = client.info("server")
        client.close()
    except (RedisError, OSError) as error:
        yield Finding(
            "redis",
            "fail",
            f"does not answer ({type(error).__name__})",
            "Start it (`helpdesk up` brings its own), or mend REDIS_URL.",
        )
        return
    version = str(told.get("valkey_version") or told.get("redis_version") or "0")
    if int(version.split(".")[0]) < OLDEST_REDIS:
        yield Finding("redis", "fail", f"version {version}", f"Install {OLDEST_REDIS} or newer.")
        return
    yield Finding("redis", "ok", f"answers, version {version}")


def _database(settings: Settings) -> Iterator[Finding]:
    path = settings.data / "helpdesk.db"
    if not settings.database_url and not path.exists():
        yield Finding("database", "warn", "none yet", "`helpdesk up` or `helpdesk db upgrade`.")
        return
    database = Database(settings.database(), pool=1)
    try:
        with database.read_engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            skew = _skew(database, connection)
        yield Finding("database", "ok", "answers")
        yield skew
        missing = migrating.pending(database)
        if missing:
            told = f"needs {', '.join(missing)}"
            yield Finding("migrations", "fail", told, "Run `helpdesk db upgrade`.")
            return
        yield Finding("migrations", "ok", "up to date")
        yield _write_test(database)
        with database.read_session() as session:
            work = Work(session, system("check"), clock.now())
            yield from _roles(work)
            yield _waiting_events(work)
            yield _parked(work)
            yield whether_mail_goes(work, settings)
    except SQLAlchemyError as error:
        told = f"does not answer ({type(error).__name__})"
        yield Finding("database", "fail", told, "Start the database server, or mend DATABASE_URL.")
    finally:
        database.dispose()


def _skew(database: Database, connection: Connection) -> Finding:
    if database.is_sqlite:
        return Finding("clock", "ok", "one machine")
    there: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = abs(clock.now() - there.astimezone(UTC))
    if apart > CLOCK_SKEW:
        told = f"{apart.total_seconds():.0f} s apart from the database server"
        return Finding("clock", "fail", told, "Let both machines set their clocks by NTP.")
    return Finding("clock", "ok", "agrees with the database server")


def _write_test(database: Database) -> Finding:
    """A row that is never committed."""
    try:
        with Session(database.engine) as session:
            row = {"name": "check", "value": {}, "changed_at": clock.now()}
            session.execute(insert(StoredSetting), row)
            session.rollback()
    except SQLAlchemyError as error:
        mend = "Look whether the disk is full, or the database user may only read."
        return Finding("writing", "fail", f"refused ({type(error).__name__})", mend)
    return Finding("writing", "ok", "works")


def _roles(work: Work) -> Iterator[Finding]:
    fresh = select(Heartbeat.role).where(Heartbeat.at > work.at - BEAT_WITHIN)
    running = list(work.session.scalars(fresh))
    for role in ROLES:
        count = running.count(role)
        if count:
            yield Finding(role, "ok", f"{count} running" if count > 1 else "running")
        else:
            mend = f"Start it: `helpdesk up`, or `helpdesk {role}` by itself."
            yield Finding(role, "warn", "not running", mend)


def _waiting_events(work: Work) -> Finding:
    oldest = work.session.scalar(
        select(EventRow.at).where(EventRow.relayed_at.is_(None)).order_by(EventRow.seq).limit(1)
    )
    if oldest is not None and work.at - oldest > RELAY_WITHIN:
        told = f"the oldest has waited {(work.at - oldest).total_seconds():.0f} s"
        return Finding("events", "warn", told, "The relay is down or too slow: read its log.")
    return Finding("events", "ok", "none wait long")


def _parked(work: Work) -> Finding:
    waiting, given_up = deliveries.counts(work)
    if given_up:
        first = deliveries.parked(work, most=1)[0]
        return Finding(
            "deliveries",
            "fail",
            f"{given_up} were given up; the last: {first.consumer}: {first.last_error[:200]}",
            "Mend the cause, then run `helpdesk deliveries retry`.",
        )
    if waiting:
        return Finding("deliveries", "warn", f"{waiting} failed and will be tried again")
    return Finding("deliveries", "ok", "none failed")


def whether_mail_goes(work: Work, settings: Settings) -> Finding:
    """Whether mail comes in and goes out; what waits for a server that nobody named is told too."""
    boxes = work.session.scalars(select(Mailbox).where(Mailbox.is_active)).all()
    named = bool(boxes) or bool(settings.imap_url)
    sends = bool(settings.smtp_url) or any(box.outgoing == "smtp" for box in boxes)
    failing = [box.address for box in boxes if box.error]
    waiting = 0 if sends else _mails_that_wait(work)
    if not named and not sends:
        told = (
            "not set up: no mail comes in, and no answers, copies of chats, surveys or password "
            "links go out"
        )
        return Finding(
            "mail",
            "fail" if waiting else "warn",
            f"{told}; {waiting} wait for a server" if waiting else told,
            "Set IMAP_URL and SMTP_URL, or add a mailbox under Set-up, Mailboxes.",
        )
    if not sends:
        told = f"comes in, but nothing names a server to send by; {waiting} wait to go out"
        mend = "Set SMTP_URL, or give a mailbox its own server."
        return Finding("mail", "fail" if waiting else "warn", told, mend)
    if failing:
        told = f"{', '.join(failing[:3])} cannot be fetched"
        return Finding("mail", "fail", told, "Read the error under Set-up, Mailboxes.")
    if not named:
        mend = "Set IMAP_URL, or add a mailbox under Set-up, Mailboxes."
        return Finding("mail", "warn", "goes out, but answers to it come to no mailbox", mend)
    count = len(boxes) or 1
    return Finding("mail", "ok", f"{count} mailbox{'' if count == 1 else 'es'}, and a way out")


def _mails_that_wait(work: Work) -> int:
    unsent = select(func.count()).where(OutgoingMail.state.in_(("queued", "sending")))
    return work.session.scalar(unsent) or 0


def _scanner(settings: Settings) -> Iterator[Finding]:
    if not settings.clamd:
        return
    scanning.configure(settings.clamd)
    if scanning.answers():
        yield Finding("virus scanner", "ok", "answers")
    else:
        mend = "Start clamd, or mend HELPDESK_CLAMD. Until then no files are taken and mails wait."
        yield Finding("virus scanner", "fail", f"{settings.clamd} does not answer", mend)


def _port(settings: Settings) -> Finding:
    host = "127.0.0.1" if settings.bind in ("0.0.0.0", "::") else settings.bind  # noqa: S104
    try:
        with socket.create_connection((host, settings.port), timeout=1) as line:
            line.sendall(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n")
            answer = line.recv(64)
    except OSError:
        return Finding("port", "ok", f"{settings.port} is free")
    if b" 200 " in answer:
        return Finding("port", "ok", f"Helpdesk answers on {settings.port}")
    mend = "Stop that program, or choose another with --port."
    return Finding("port", "warn", f"{settings.port} is used by another program", mend)
