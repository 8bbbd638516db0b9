"""All of an article but its words: workflow, place, readers, owner, languages, address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request

from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.kb import permissions, publishing, service, settings, writing
from helpdesk.web import doors
from helpdesk.web.admin import forms
from helpdesk.web.admin.frame import refusal
from helpdesk.web.doors import allow
from helpdesk.web.knowledge import door, editing
from helpdesk.web.knowledge.editing import store
from helpdesk.web.knowledge.listing import DESK
from helpdesk.workflows import article_files

DETAILS = forms.Shape(
    texts=(
        "section_id", "audience", "segment_id", "owner_id", "labels", "review_every_days",
        "review_due_at",
    ),
)  # fmt: skip


@door.post("/<id:article_id>/details")
@allow(*DESK)
def save_details(article_id: str) -> Response:
    given = forms.read(DETAILS)

    def change(work: Work) -> None:
        service.change_article(
            work, article_id, changes=_details(given.values), version=given.version
        )

    return _done(article_id, change, "details")


@door.post("/<id:article_id>/step")
@allow(*DESK)
def take_step(article_id: str) -> Response:
    step = request.form.get("step", "")
    note = request.form.get("note", "")[:200]

    def take(work: Work) -> None:
        at = _when(request.form.get("at", "")) if step == "schedule" else None
        publishing.take_step(work, article_id, step, at=at, note=note)

    return _done(article_id, take, step)


@door.post("/<id:article_id>/reviewed")
@allow(*DESK)
def reviewed(article_id: str) -> Response:
    return _done(article_id, lambda work: service.note_reviewed(work, article_id), "reviewed")


@door.post("/<id:article_id>/remove")
@allow("supervisor", "admin")
def remove_article(article_id: str) -> Response:
    """For good, from the archive; the browser goes back to the list of what is archived."""
    try:
        with begin(doors.actor()) as work:
            article_files.remove_article(work, store(), article_id)
    except Conflict as error:
        return _again(article_id, error)
    return doors.go("/knowledge?view=archived&note=removed")


@door.post("/<id:article_id>/languages")
@allow(*DESK)
def add_language(article_id: str) -> Response:
    locale = request.form.get("locale", "")[:20]

    def begin_it(work: Work) -> None:
        row = permissions.get_article(work, article_id)
        source = writing.get_language(work, article_id, row.source_locale)
        writing.add_language(
            work, article_id, locale, title=source.title, summary=source.summary, body=source.body,
            note="Begun from the source", source_version=source.number,
        )  # fmt: skip

    return _done(article_id, begin_it, "language", locale=locale)


@door.post("/<id:article_id>/<locale>/current")
@allow(*DESK)
def mark_current(article_id: str, locale: str) -> Response:
    return _done(
        article_id, lambda work: writing.mark_current(work, article_id, locale), "current",
        locale=locale,
    )  # fmt: skip


@door.post("/<id:article_id>/<locale>/withdraw")
@allow(*DESK)
def withdraw_language(article_id: str, locale: str) -> Response:
    return _done(
        article_id, lambda work: publishing.withdraw_language(work, article_id, locale),
        "withdrawn", locale=locale,
    )  # fmt: skip


@door.post("/<id:article_id>/<locale>/remove")
@allow(*DESK)
def remove_language(article_id: str, locale: str) -> Response:
    return _done(
        article_id,
        lambda work: writing.remove_language(work, article_id, locale),
        "language_gone",
    )


@door.post("/<id:article_id>/<locale>/address")
@allow(*DESK)
def change_address(article_id: str, locale: str) -> Response:
    slug = request.form.get("slug", "")[:200]
    return _done(
        article_id, lambda work: service.change_slug(work, article_id, locale, slug), "address",
        locale=locale,
    )  # fmt: skip


def _done(
    article_id: str, change: Callable[[Work], Any], note: str, *, locale: str = ""
) -> Response:
    """Carry it out and show the article, or show it with what stood in the way."""
    try:
        with begin(doors.actor()) as work:
            change(work)
    except (Invalid, Conflict) as error:
        return _again(article_id, error, locale)
    return doors.go(doors.with_query(f"/knowledge/{article_id}", locale=locale, note=note))


def _again(article_id: str, error: HelpdeskError, locale: str = "") -> Response:
    with reading(doors.actor()) as work:
        row = permissions.get_article(work, article_id)
        told = refusal(error)
        told["message"] = told["message"] or " ".join(told["errors"].values())
        problems = getattr(error, "problems", ())
        if problems:
            told["message"] = ""
        return editing.shown(work, row, locale, error.status, problems=problems, **told)


def _details(values: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "section_id": values["section_id"] or None,
        "owner_id": values["owner_id"] or None,
        "audience": values["audience"],
        "segment_id": values["segment_id"] or None,
        "labels": [one.strip() for one in values["labels"].split(",") if one.strip()],
        "review_every_days": None,
    }
    if days := values["review_every_days"]:
        changes["review_every_days"] = settings.review_days(forms.whole(days, 0))
    changes["review_due_at"] = None
    if day := values["review_due_at"]:
        changes["review_due_at"] = _day(day)
    return changes


def _day(text: str) -> datetime:
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(fields={"review_due_at": "Write a day like 2026-12-31."}) from error
    return datetime.combine(day, time(9), ZoneInfo(doors.reader().timezone)).astimezone(UTC)


def _when(text: str) -> datetime:
    """A time of the form, by the clock on the reader's wall."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(fields={"at": "Choose a day and a time."}) from error
    return wall.replace(tzinfo=ZoneInfo(doors.reader().timezone)).astimezone(UTC)
