"""The audit log: who changed what, newest first, and whether the chain over it still holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request
from sqlalchemy import ColumnElement, func, select

from helpdesk.calendars.models import CalendarRow
from helpdesk.channels.models import CannedReply, WidgetSite
from helpdesk.core import audit
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, cut, keyset
from helpdesk.core.tables import AuditEntry, AuditSeal
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.called import called, shown
from helpdesk.customers.models import Customer
from helpdesk.mail.models import Mailbox, MailBrand
from helpdesk.routing.models import Queue, Skill
from helpdesk.web import doors
from helpdesk.web.admin import door, frame, lookups
from helpdesk.web.admin.audit_words import AREAS, sentence
from helpdesk.web.admin.forms import Shape, read
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.webhooks.models import WebhookEndpoint

HERE = "audit"
LIMIT = 50
# Ids are made in the order of time, so that one index serves the order, the pages and the dates.
_BY_ID: list[ColumnElement[str]] = [AuditEntry.__table__.c.id]


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is read; `details` are (name, before, after) or (name, "", value)."""

    at: datetime
    who: str
    words: str
    action: str
    address: str
    subject: str
    subject_id: str
    details: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Filters:
    actor: str
    area: str
    since: str
    until: str

    def query(self) -> dict[str, str]:
        return {"actor": self.actor, "area": self.area, "since": self.since, "until": self.until}


@door.get("/audit")
@allow("admin")
def audit_log() -> Response:
    return _page()


@door.post("/audit/verify")
@allow("admin")
def verify_audit() -> Response:
    """Walk the whole chain; the check itself is noted."""
    read(Shape())
    with reading(doors.actor()) as work:
        broken_at = audit.verify(work)
        sealed = work.session.scalar(select(func.max(AuditSeal.position))) or 0
    with begin(doors.actor()) as work:
        work.audit("audit.verified", "audit", None, sealed=sealed, broken_at=broken_at)
    return _page(verified={"broken_at": broken_at, "sealed": sealed})


def _page(**extra: Any) -> Response:
    asked = Filters(
        query_text("actor"), query_text("area"), query_text("since"), query_text("until")
    )
    with reading(doors.actor()) as work:
        page = entries(work, asked, request.args.get("cursor"))
        staff = lookups.staff(work)
        lines = _lines(work, page.items)
    older = None
    if page.next_cursor:
        older = doors.with_query("/admin/audit", **asked.query(), cursor=page.next_cursor)
    values: dict[str, Any] = {
        "lines": lines,
        "older": older,
        "asked": asked,
        "staff": staff,
        "areas": AREAS,
    }
    values |= {"first": not request.args.get("cursor"), "verified": None}
    return show("audit.html", HERE, **{**values, **extra})


def entries(work: Work, asked: Filters, cursor: str | None) -> Page[AuditEntry]:
    wanted = select(AuditEntry)
    if asked.actor == "program":
        wanted = wanted.where(AuditEntry.actor.startswith("system:"))
    elif is_id(asked.actor):
        wanted = wanted.where(AuditEntry.actor == f"user:{asked.actor}")
    if asked.area in dict(AREAS):
        wanted = wanted.where(AuditEntry.action.startswith(f"{asked.area}.", autoescape=True))
    since, until = _day(asked.since), _day(asked.until)
    if since:
        wanted = wanted.where(AuditEntry.id >= _id_of(since))
    if until:
        wanted = wanted.where(AuditEntry.id < _id_of(until + timedelta(days=1)))
    rows = work.session.scalars(keyset(wanted, _BY_ID, cursor=cursor, limit=LIMIT)).all()
    return cut(rows, LIMIT, lambda row: (row.id,))


def _lines(work: Work, rows: Sequence[AuditEntry]) -> list[Line]:
    people = [row.actor for row in rows]
    people += [f"user:{row.subject_id}" for row in rows if row.subject_kind == "user"]
    named = frame.actor_names(work, people)
    subjects = _subjects(work, rows)
    lines = []
    for row in rows:
        told = (row.details.get(key) for key in ("name", "title", "key"))
        about = str(next(filter(None, told), "") or subjects.get(row.subject_id or "", ""))
        if row.subject_kind == "user":
            about = named.get(f"user:{row.subject_id}", "")
        who = named[row.actor]
        if row.action == "user.signed_in":  # noted before the session is theirs
            who, about = about or who, ""
        lines.append(
            Line(
                row.at,
                who,
                sentence(row.action),
                row.action,
                row.address or "",
                about,
                row.subject_id or "",
                details_of(row.details),
            )
        )
    return lines


def _subjects(work: Work, rows: Sequence[AuditEntry]) -> dict[str, str]:
    """Names of what the entries are about, as they are now; what is gone has none."""
    found: dict[str, str] = {}
    named: dict[str, tuple[Any, Any]] = {
        "customer": (Customer.id, called()),
        "queue": (Queue.id, Queue.name),
        "widget_site": (WidgetSite.id, WidgetSite.name),
        "calendar": (CalendarRow.id, CalendarRow.name),
        "canned_reply": (CannedReply.id, CannedReply.title),
        "skill": (Skill.id, Skill.name),
        "mailbox": (Mailbox.id, Mailbox.address),
        "mail_brand": (MailBrand.id, MailBrand.name),
        "webhook": (WebhookEndpoint.id, WebhookEndpoint.name),
    }
    for kind, (key, name) in named.items():
        ids = [row.subject_id for row in rows if row.subject_kind == kind]
        found |= {
            pair[0]: shown(pair[1])
            for pair in work.session.execute(select(key, name).where(key.in_(ids)))
        }
    return found


def details_of(details: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Before and after side by side where an entry has both, else each fact on its line."""
    before, after = details.get("before"), details.get("after")
    lines: list[tuple[str, str, str]] = []
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted(before.keys() | after.keys())
        lines = [(n, _text(before.get(n)), _text(after.get(n))) for n in names]
    elif "before" in details or "after" in details:
        lines = [("", _text(before), _text(after))]
    rest = {k: v for k, v in details.items() if k not in ("before", "after")}
    return lines + [(name, "", _text(value)) for name, value in sorted(rest.items())]


def _text(value: Any) -> str:
    if value is None or value == [] or value == {}:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 600 else f"{text[:600]}…"


def _day(text: str) -> datetime | None:
    """Midnight of a date in the reader's zone; None for no date."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if not 1971 <= day.year <= 2199:
        return None
    return datetime.combine(day, time(), ZoneInfo(doors.reader().timezone)).astimezone(UTC)


def _id_of(at: datetime) -> str:
    """The smallest id that can have been made at this instant."""
    stamp = f"{int(at.timestamp() * 1000):012x}"
    return f"{stamp[:8]}-{stamp[8:]}-7000-8000-000000000000"
