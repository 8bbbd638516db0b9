"""The history of an article's words: which versions there are, what differs, going back to one."""

from __future__ import annotations

from flask import Response, request

from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.kb import difference, permissions, ratings, writing
from helpdesk.kb.models import ArticleVersion
from helpdesk.web import doors
from helpdesk.web.admin import forms
from helpdesk.web.admin.frame import actor_names
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.knowledge import door
from helpdesk.web.knowledge.frame import show
from helpdesk.web.knowledge.listing import DESK


@door.get("/<id:article_id>/versions")
@allow(*DESK)
def article_versions(article_id: str) -> Response:
    return _page(article_id)


@door.post("/<id:article_id>/<locale>/restore")
@allow(*DESK)
def restore_version(article_id: str, locale: str) -> Response:
    number = forms.whole(request.form.get("number", ""), 0)
    upon = forms.whole(request.form.get("upon", ""), 0)
    try:
        with begin(doors.actor()) as work:
            writing.restore(work, article_id, locale, number, upon=upon)
    except Conflict as error:
        return _page(article_id, locale, error.message, error.status)
    address = f"/knowledge/{article_id}"
    return doors.go(doors.with_query(address, locale=locale, note="restored"))


def _page(article_id: str, locale: str = "", message: str = "", status: int = 200) -> Response:
    with reading(doors.actor()) as work:
        row = permissions.get_article(work, article_id)
        texts = writing.languages(work, row.id)
        asked = locale or query_text("locale")
        text = texts[asked if asked in texts else row.source_locale]
        before = forms.whole(query_text("before"), 0) or None
        newest = writing.newest_versions(work, row.id, text.locale, before=before, most=51)
        new = _one(newest, forms.whole(query_text("to"), 0)) or newest[0]
        old_number = forms.whole(query_text("from"), new.number - 1)
        old = (
            writing.get_version(work, row.id, text.locale, old_number)
            if 0 < old_number < new.number
            else None
        )
        found = difference.difference(old.body if old else "", new.body)
        found_helpful = {
            one.number: one for one in ratings.by_version(work, row.id) if one.locale == text.locale
        }
        return show(
            "versions.html",
            "article",
            status,
            row=row,
            text=text,
            texts=texts,
            rows=newest[:50],
            older=newest[49].number if len(newest) > 50 else None,
            new=new,
            old=old,
            blocks=difference.around(found),
            found=found,
            helpful=found_helpful,
            names=actor_names(work, [one.actor for one in newest]),
            message=message,
        )


def _one(rows: object, number: int) -> ArticleVersion | None:
    return next((one for one in rows if one.number == number), None)  # type: ignore[attr-defined]
