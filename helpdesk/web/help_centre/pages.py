"""The pages that readers open: front page, section, article, results, files, and the sitemap."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from flask import Response, request
from markupsafe import Markup

from helpdesk.channels import attachments, content_types
from helpdesk.core.errors import NotFound, TooMany
from helpdesk.core.work import Work, reading
from helpdesk.kb import files, locales, markdown, queries, ratings, sections, settings
from helpdesk.kb.queries import Shown
from helpdesk.web import doors, handing_out
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow
from helpdesk.web.help_centre import door
from helpdesk.web.help_centre.places import address, language_for, looked_for
from helpdesk.web.help_centre.tree import tree
from helpdesk.web.portal import frame
from helpdesk.web.widget.throttle import Allowance
from helpdesk.workflows import article_files, articles_found, articles_seen

READER = "helpdesk-reader"
BESIDE = 5
IN_A_SECTION = 50
NEWEST = 6
RESULTS = 20
WHILE_TYPING = 6
counted = Allowance(60, 600, "Enough of these are counted.")


@door.get("")
@allow("public")
def front() -> Response:
    with reading(doors.actor()) as work:
        at = frame.here(work)
        language = language_for(work, at.say.language)
        shelves = tree(work, language).shelves(work, None)
        loose = queries.shelf(work, None, language, limit=NEWEST).items
        return frame.show(
            "help_front.html", at, area="help", language=language, shelves=shelves, loose=loose,
            address=address,
        )  # fmt: skip


@door.get("/search")
@allow("public")
def search() -> Response:
    asked = query_text("q", longest=articles_found.LONGEST_ASKED)
    with reading(doors.actor()) as work:
        at = frame.here(work)
        language = language_for(work, at.say.language)
        found = articles_found.find(work, asked, locale=language, limit=RESULTS)
        page = frame.show(
            "help_results.html", at, area="help", language=language, asked=asked, found=found,
            address=address,
        )  # fmt: skip
    if not found.failed and _counts():
        articles_seen.searched(doors.actor(), asked, language, len(found.hits))
    return page


def _counts() -> bool:
    """Programs that try words without end answer to nobody's need."""
    try:
        counted.spend(doors.address() or "unknown")
    except TooMany:
        return False
    return True


@door.get("/suggest")
@allow("public")
def suggest() -> Response:
    """A few lines while somebody types; the page puts them under its box."""
    asked = query_text("q", longest=articles_found.LONGEST_ASKED)
    with reading(doors.actor()) as work:
        at = frame.here(work)
        language = language_for(work, at.say.language)
        found = articles_found.find(work, asked, locale=language, limit=WHILE_TYPING, typing=True)
        return doors.fragment(
            "portal/_help_suggestions.html", found=found, say=at.say, address=address
        )


@door.get("/<locale>/sections/<slug>")
@allow("public")
def section(locale: str, slug: str) -> Response:
    with reading(doors.actor()) as work:
        at = frame.here(work)
        section_id, _ = queries.find_section_by_slug(work, locale, slug)
        language = _written(work, locale)
        there = tree(work, language)
        if section_id not in there.ways:
            raise NotFound(sections.ABSENT)
        way = there.ways[section_id]
        if way.href != f"/help/{quote(locale)}/sections/{quote(slug)}":
            return _lead_on(way.href)
        found = queries.shelf(
            work, section_id, language, cursor=query_text("after") or None, limit=IN_A_SECTION
        )
        return frame.show(
            "help_section.html", at, area="help", language=language, way=way,
            trail=there.trail(section_id)[:-1], found=found,
            shelves=there.shelves(work, section_id), address=address,
        )  # fmt: skip


@door.get("/<locale>/<slug>")
@allow("public")
def article(locale: str, slug: str) -> Response:
    with reading(doors.actor()) as work:
        at = frame.here(work)
        article_id, moved = queries.find_by_slug(work, locale, slug)
        shown = queries.get_shown(work, article_id, locale)
        if moved or shown.locale != locale or shown.slug != slug:
            return _lead_on(address(shown.locale, shown.slug))
        page = _article(work, at, shown)
        article_id, language = shown.article.id, shown.locale
    articles_seen.read(
        doors.actor(), article_id, language, words=looked_for(), offer_id=query_text("offer")
    )
    return page


@door.get("/files/<id:file_id>")
@allow("public")
def file(file_id: str) -> Response:
    """What a published article shows, for whoever may read that; pictures stand in the page."""
    with reading(doors.actor()) as work:
        row = files.get_file(work, file_id)
        name, kind, size, is_picture = row.name, row.type, row.size, article_files.is_picture(row)
    stream = attachments.FolderStore(doors.settings().data / "attachments").open(file_id)
    return handing_out.file(
        stream,
        size=size,
        name=None if is_picture else name,
        kind=content_types.served_type(kind),
        kept=handing_out.AN_HOUR,
    )


@door.get("/sitemap.xml")
@allow("public")
def sitemap() -> Response:
    """Every address that anybody may read; more than fit follow behind `after`."""
    base = doors.settings().base_url.rstrip("/")
    with reading(doors.nobody().actor) as work:
        found, more = queries.sitemap(work, cursor=query_text("after") or None)
        lines = [
            f"<url><loc>{base}{Markup.escape(address(text.locale, text.slug))}</loc>"
            f"<lastmod>{at:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>"
            for text, at in found
        ]
    body = '<?xml version="1.0" encoding="UTF-8"?>\n'
    body += '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    answer = Response(body + "\n".join(lines) + "\n</urlset>\n", mimetype="application/xml")
    if more:
        answer.headers["Link"] = f'<{base}/help/sitemap.xml?after={quote(more)}>; rel="next"'
    return answer


def _written(work: Work, locale: str) -> str:
    """A language of an address, as far as articles are written in it."""
    site = settings.get(work)
    return locales.best_of([locale], site.locales, site.default_locale)


def _article(work: Work, at: frame.Here, shown: Shown) -> Response:
    rendered = markdown.rendered(shown.version.body)
    linked = queries.readable_among(work, rendered.articles)
    entries = {one.article_id: one for one in queries.entries(work, linked, shown.locale)}
    html = markdown.addressed(
        rendered.html,
        file=lambda one: f"/help/files/{one}",
        article=lambda one: (
            address(entries[one].locale, entries[one].slug) if one in entries else None
        ),
    )
    trail = tree(work, shown.locale).trail(shown.article.section_id)
    said = ratings.own_rating(
        work, shown.article.id, shown.locale, shown.version.number,
        mark=request.cookies.get(READER, ""),
    )  # fmt: skip
    beside = articles_found.related(work, shown.article.id, shown.locale, limit=BESIDE)
    page = frame.show(
        "help_article.html",
        at,
        area="help",
        language=shown.locale,
        direction="rtl" if locales.is_right_to_left(shown.locale) else "ltr",
        shown=shown,
        html=html,
        headings=[one for one in rendered.headings if one.level <= 3],
        trail=trail,
        beside=beside,
        helped=said,
        canonical=doors.settings().base_url.rstrip("/") + address(shown.locale, shown.slug),
        base=doors.settings().base_url.rstrip("/"),
        data=_structured(shown, rendered.text),
        address=address,
    )
    page.headers["Content-Language"] = shown.locale
    return page


def _structured(shown: Shown, text: str) -> str:
    """What search engines read of the article (schema.org), only where anybody may read it."""
    if shown.article.audience != "public":
        return ""
    facts = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": shown.version.title,
        "description": shown.version.summary or text[:200],
        "inLanguage": shown.locale,
        "datePublished": _day(shown.article.published_at),
        "dateModified": _day(shown.version.at),
    }
    # A closing tag in a title would end the element that holds this.
    return json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c")


def _day(at: Any) -> str:
    return at.isoformat() if at is not None else ""


def _lead_on(path: str) -> Response:
    """For ever: what is kept of an old address is where it leads."""
    answer = doors.go(path)
    answer.status_code = 301
    return answer
