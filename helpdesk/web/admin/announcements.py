"""Announcements and known incidents that customers read in the portal: the list and one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from sqlalchemy import select

from helpdesk.bulletins import queries, service
from helpdesk.bulletins.models import Bulletin
from helpdesk.calendars import moments
from helpdesk.core import clock
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.models import Organisation
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.portal.speech import LANGUAGES

HERE = "announcements"
NAMES = {"en": "English", "de": "German"}  # of the languages, for colleagues
TITLES = {code: f"title_{code}" for code in LANGUAGES}
TEXTS = {code: f"text_{code}" for code in LANGUAGES}
SHAPE = Shape(
    texts=(
        "severity", "audience", "organisation_id", "from_at", "to_at",
        *TITLES.values(), *TEXTS.values(),
    )
)  # fmt: skip
SEVERITIES = [
    ("incident", "Incident: something does not work"),
    ("warning", "Warning: something will be different"),
    ("news", "News"),
]
AUDIENCES = [
    ("everybody", "Everybody, also before signing in"),
    ("signed_in", "Customers who are signed in"),
    ("organisation", "People of one organisation"),
]
LABELS = {
    "severity": "How serious it is", "audience": "Who reads it", "organisation_id": "Organisation",
    "from_at": "From", "to_at": "Until",
    **{name: f"Title in {NAMES[code]}" for code, name in TITLES.items()},
    **{name: f"Text in {NAMES[code]}" for code, name in TEXTS.items()},
}  # fmt: skip
MOST_ORGANISATIONS = 500


@door.get("/announcements")
@allow("admin", "supervisor")
def announcements() -> Response:
    with reading(doors.actor()) as work:
        page = queries.page(work, cursor=query_text("after") or None)
        rows = [(row, _title(row), _standing(row)) for row in page.items]
        return show("announcements.html", HERE, rows=rows, next_cursor=page.next_cursor)


@door.get("/announcements/new")
@allow("admin", "supervisor")
def new_announcement() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, _blank())


@door.post("/announcements/new")
@allow("admin", "supervisor")
def add_announcement() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            service.add(work, **_read(given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            told = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **told)
    return doors.go("/admin/announcements?note=added")


@door.get("/announcements/<id:bulletin_id>")
@allow("admin", "supervisor")
def announcement(bulletin_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = service.get(work, bulletin_id)
        return _page(work, row, _values(row))


@door.post("/announcements/<id:bulletin_id>")
@allow("admin", "supervisor")
def save_announcement(bulletin_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            values = _read(given.values)
            service.change(work, bulletin_id, version=given.version, **values)
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _again(work, bulletin_id, given, error)
    return doors.go("/admin/announcements?note=saved")


@door.post("/announcements/<id:bulletin_id>/<any(end, remove):what>")
@allow("admin", "supervisor")
def end_announcement(bulletin_id: str, what: str) -> Response:
    with begin(doors.actor()) as work:
        (service.end if what == "end" else service.remove)(work, bulletin_id)
    note = "over" if what == "end" else "removed"
    return doors.go(f"/admin/announcements?note={note}")


def _read(values: Values) -> dict[str, Any]:
    """The form as the service takes it; times are on the writer's own wall."""
    wrong: dict[str, str] = {}
    times: dict[str, datetime | None] = {}
    for name in ("from_at", "to_at"):
        text = values[name]
        times[name] = moments.on_wall(text, doors.reader().timezone) if text else None
        if text and times[name] is None:
            wrong[name] = "Choose a day and a time."
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "severity": values["severity"],
        "audience": values["audience"],
        "organisation_id": values["organisation_id"] or None,
        "texts": {code: (values[TITLES[code]], values[TEXTS[code]]) for code in LANGUAGES},
        **times,
    }


def _again(work: Work, bulletin_id: str, given: Given, error: HelpdeskError) -> Response:
    row = service.get(work, bulletin_id)
    if error.code != "stale":
        told = frame.refusal(error)
        return _page(work, row, given.values, error.status, given=given, **told)
    shown, change = frame.stale(work, "bulletin", bulletin_id, given, _values(row), LABELS)
    return _page(work, row, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    row: Bulletin | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(row) if row else _blank()
    firms = work.session.execute(
        select(Organisation.id, Organisation.name)
        .order_by(Organisation.name)
        .limit(MOST_ORGANISATIONS)
    )
    return show(
        "announcement.html",
        HERE,
        status,
        row=row,
        title=_title(row) if row else "",
        standing=_standing(row) if row else "",
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else row.version if row else 0,
        languages=NAMES,
        severities=SEVERITIES,
        audiences=AUDIENCES,
        firms=[("", "Choose one"), *((firm.id, firm.name) for firm in firms)],
        longest_title=service.LONGEST_TITLE,
        longest_text=service.LONGEST_TEXT,
        **{"dirty": given is not None, **extra},
    )


def _blank() -> Values:
    return {**dict.fromkeys(SHAPE.texts, ""), "severity": "news", "audience": "everybody"}


def _values(row: Bulletin) -> Values:
    return {
        "severity": row.severity,
        "audience": row.audience,
        "organisation_id": row.organisation_id or "",
        "from_at": _on_wall(row.from_at),
        "to_at": _on_wall(row.to_at),
        **{name: row.texts.get(code, {}).get("title", "") for code, name in TITLES.items()},
        **{name: row.texts.get(code, {}).get("text", "") for code, name in TEXTS.items()},
    }


def _on_wall(at: datetime | None) -> str:
    return at.astimezone(ZoneInfo(doors.reader().timezone)).strftime("%Y-%m-%dT%H:%M") if at else ""


def _title(row: Bulletin) -> str:
    words = row.texts.get("en") or next(iter(row.texts.values()))
    return str(words["title"])


def _standing(row: Bulletin) -> str:
    """now, later or over."""
    at = clock.now()
    if row.from_at > at:
        return "later"
    return "over" if row.to_at is not None and row.to_at <= at else "now"
