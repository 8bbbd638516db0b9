"""Where an article stands and the language a reader gets, for every page that leads to one."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit

from flask import request

from helpdesk.core.work import Work
from helpdesk.kb import locales, settings
from helpdesk.web.bodies import query_text
from helpdesk.workflows import articles_found


def address(locale: str, slug: str) -> str:
    return f"/help/{quote(locale)}/{quote(slug)}"


def language_for(work: Work, spoken: str) -> str:
    """The language of articles for this reader: what they asked for, where anybody writes it."""
    site = settings.get(work)
    asked = [query_text("lang", longest=20), spoken]
    asked += [code for code, _ in request.accept_languages]
    return locales.best_of([one for one in asked if one], site.locales, site.default_locale)


def looked_for() -> str:
    """The words of the page of results that led here, if one did."""
    came = urlsplit(request.referrer or "")
    if came.netloc != request.host or came.path != "/help/search":
        return ""
    return parse_qs(came.query).get("q", [""])[0].strip()[: articles_found.LONGEST_ASKED]
