"""What readers say of an article: whether it helped, and what is missing."""

from __future__ import annotations

import secrets
from typing import Annotated

from flask import Response, request
from msgspec import Meta

from helpdesk.core.work import begin
from helpdesk.kb import queries, ratings
from helpdesk.web import doors, marks
from helpdesk.web.bodies import Body, form_body
from helpdesk.web.doors import allow
from helpdesk.web.help_centre import door
from helpdesk.web.help_centre.pages import READER
from helpdesk.web.help_centre.places import address

KEPT_S = 400 * 86_400


class Helped(Body, frozen=True):
    """`number` is the version that was read."""

    helped: bool
    number: Annotated[int, Meta(ge=1)]


class Missing(Body, frozen=True):
    text: Annotated[str, Meta(max_length=ratings.LONGEST)]
    number: Annotated[int, Meta(ge=1)]


@door.post("/<locale>/<slug>/helped")
@allow("public")
def helped(locale: str, slug: str) -> Response:
    given = form_body(Helped)
    mark = _mark()
    with begin(doors.actor()) as work:
        article_id, _ = queries.find_by_slug(work, locale, slug)
        shown = queries.get_shown(work, article_id, locale)
        ratings.rate(work, article_id, shown.locale, given.number, helpful=given.helped, mark=mark)
    note = "helped" if given.helped else "not_helped"
    return _back(locale, slug, note, mark)


@door.post("/<locale>/<slug>/missing")
@allow("public")
def missing(locale: str, slug: str) -> Response:
    given = form_body(Missing)
    mark = _mark()
    with begin(doors.actor()) as work:
        article_id, _ = queries.find_by_slug(work, locale, slug)
        shown = queries.get_shown(work, article_id, locale)
        ratings.remark(work, article_id, shown.locale, given.number, given.text, mark=mark)
    return _back(locale, slug, "missing", mark)


def _mark() -> str:
    """Tells browsers nobody knows apart, so that none counts twice."""
    known = request.cookies.get(READER, "")
    return known if 20 <= len(known) <= 60 else secrets.token_urlsafe(24)


def _back(locale: str, slug: str, note: str, mark: str) -> Response:
    answer = doors.go(f"{address(locale, slug)}?note={note}#helped")
    marks.set_cookie(answer, READER, mark, max_age=KEPT_S)
    return answer
