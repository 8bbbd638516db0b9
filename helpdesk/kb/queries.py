"""Reads: lists for the desk, the help centre's pages and addresses, and what the search is told.

Readers get what is published and nothing that is for colleagues only; each function asks who reads.
Lists never load bodies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import defer

from helpdesk.core.errors import NotFound
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.kb import addresses, locales, permissions, reading, settings
from helpdesk.kb.errors import ArticleGone
from helpdesk.kb.models import Article, ArticleLabel, ArticleVersion, Section, Translation
from helpdesk.kb.reading import Reader


@dataclass(frozen=True, slots=True)
class Line:
    """An article in a list of the desk: `text` is in the wanted language or the source's."""

    article: Article
    text: Translation
    languages: int
    outdated: tuple[str, ...]

    @property
    def has_changes(self) -> bool:
        return self.article.is_live and self.text.number != self.text.published_number


@dataclass(frozen=True, slots=True)
class Shown:
    """An article as a reader of a language gets it: the published version `version`.

    `outdated`: the source says more by now. `languages` {locale: slug} it can be read in.
    """

    article: Article
    version: ArticleVersion
    slug: str
    outdated: bool
    languages: Mapping[str, str]

    @property
    def locale(self) -> str:
        return self.version.locale


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a reader's list."""

    article_id: str
    section_id: str | None
    locale: str
    slug: str
    title: str
    summary: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of the desk is narrowed to; None: whatever it is."""

    state: str | None = None
    section_id: str | None = None
    owner_id: str | None = None
    audience: str | None = None
    label: str | None = None
    locale: str | None = None  # written in it
    missing: str | None = None  # not written in it
    is_due: bool = False


def page(
    work: Work,
    wanted: Filter,
    *,
    locale: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Line]:
    """For the desk: the last changed first; of those due for review the longest due."""
    permissions.require_writing(work)
    most = clamp_limit(limit)
    key = Article.review_due_at if wanted.is_due else Article.updated_at
    statement = keyset(
        _narrowed(work, wanted), [key, Article.id], cursor=cursor, limit=most,
        descending=not wanted.is_due,
    )  # fmt: skip
    rows = work.session.scalars(statement).all()
    found = cut(
        rows, most, lambda row: [row.review_due_at if wanted.is_due else row.updated_at, row.id]
    )
    return Page(lines(work, found.items, locale), found.next_cursor)


def among(work: Work, wanted: Filter, ids: Sequence[str]) -> list[Line]:
    """For the desk: of these articles those that the filter leaves, in the order given."""
    permissions.require_writing(work)
    order = {one: at for at, one in enumerate(ids)}
    rows = work.session.scalars(_narrowed(work, wanted).where(Article.id.in_(list(ids))))
    return lines(work, sorted(rows, key=lambda row: order[row.id]))


def lines(work: Work, rows: Sequence[Article], locale: str | None = None) -> list[Line]:
    """The articles with their titles in this language, or in the source's."""
    site = settings.get(work).default_locale
    texts: dict[str, dict[str, Translation]] = {row.id: {} for row in rows}
    wanted = select(Translation).where(Translation.article_id.in_(sorted(texts)))
    for text in work.session.scalars(wanted.options(defer(Translation.body))):
        texts[text.article_id][text.locale] = text
    found = []
    for row in rows:
        own = texts[row.id]
        chosen = locales.choose(locale or row.source_locale, site, row.source_locale, own)
        if chosen is not None:
            found.append(Line(row, own[chosen], len(own), outdated(row, own)))
    return found


def outdated(article: Article, texts: Mapping[str, Translation]) -> tuple[str, ...]:
    """The languages that say less than the source does by now, as they are written."""
    source = texts.get(article.source_locale)
    return tuple(
        locale
        for locale, text in sorted(texts.items())
        if source is not None
        and text.source_version is not None
        and text.source_version < source.major
    )


def get_shown(work: Work, article_id: str, locale: str, *, reader: Reader | None = None) -> Shown:
    """What the actor (or `reader`) gets in this language, or the nearest there is; ArticleGone."""
    reader = reader or permissions.reader_of(work)
    wanted = select(Article).where(Article.id == article_id, permissions.readable(work, reader))
    article = work.session.scalar(wanted)
    texts = _published(work, [article.id]) if article is not None else {}
    if article is None or not texts:
        raise ArticleGone
    own = {text.locale: text for text in texts[article.id]}
    site = settings.get(work).default_locale
    chosen = own[str(locales.choose(locale, site, article.source_locale, own))]
    version = work.session.get_one(
        ArticleVersion, (article.id, chosen.locale, chosen.published_number)
    )
    return Shown(
        article,
        version,
        chosen.slug,
        _is_outdated(work, article, version, own),
        {code: text.slug for code, text in own.items()},
    )


def find_by_slug(work: Work, locale: str, slug: str) -> tuple[str, bool]:
    """(article's id, whether to lead on to its current address); ArticleGone for none.

    Whether the actor may read it is asked by `get_shown`, so that both answer alike.
    """
    found = addresses.look_up(work, "article", locale, slug)
    found = found or addresses.look_up_anywhere(work, "article", slug)
    if found is None:
        raise ArticleGone
    return found.subject_id, not found.is_current


def find_section_by_slug(work: Work, locale: str, slug: str) -> tuple[str, bool]:
    found = addresses.look_up(work, "section", locale, slug)
    found = found or addresses.look_up_anywhere(work, "section", slug)
    if found is None:
        raise NotFound("This section does not exist.")
    return found.subject_id, not found.is_current


def open_sections(work: Work, *, reader: Reader | None = None) -> list[Section]:
    """The sections that the actor may enter, in the order of the tree's levels."""
    there = permissions.sections_of(work)
    closed = reading.closed_sections(there, reader or permissions.reader_of(work))
    return [one for one in there if one.id not in closed]


def shelf(
    work: Work,
    section_id: str | None,
    locale: str,
    *,
    reader: Reader | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Page[Entry]:
    """What the actor may read in a section, in its order."""
    most = clamp_limit(limit)
    here = Article.section_id == section_id if section_id else Article.section_id.is_(None)
    statement = select(Article).where(permissions.readable(work, reader), here)
    keys = [Article.position, Article.id]
    rows = work.session.scalars(
        keyset(statement, keys, cursor=cursor, limit=most, descending=False)
    ).all()
    found = cut(rows, most, lambda row: [row.position, row.id])
    return Page(entries(work, found.items, locale), found.next_cursor)


def tops(
    work: Work, section_ids: Iterable[str], locale: str, *, most: int
) -> dict[str, list[Entry]]:
    """Of each of these sections the first `most` that the actor may read, in its order."""
    place = func.row_number().over(
        partition_by=Article.section_id, order_by=(Article.position, Article.id)
    )
    ranked = (
        select(Article.id, place.label("place"))
        .where(permissions.readable(work), Article.section_id.in_(sorted(section_ids)))
        .subquery()
    )
    rows = work.session.scalars(
        select(Article)
        .join(ranked, ranked.c.id == Article.id)
        .where(ranked.c.place <= most)
        .order_by(ranked.c.place)
    ).all()
    found: dict[str, list[Entry]] = {}
    for one in entries(work, rows, locale):
        found.setdefault(str(one.section_id), []).append(one)
    return found


def newest(
    work: Work, locale: str, *, reader: Reader | None = None, cursor: str | None = None,
    limit: int | None = None,
) -> Page[Entry]:  # fmt: skip
    """What the actor may read, the last published first: for a front page, a feed, the API.

    By when readers first saw it: a comma that is mended makes nothing new.
    """
    most = clamp_limit(limit)
    statement = select(Article).where(permissions.readable(work, reader))
    keys = [Article.published_at, Article.id]
    rows = work.session.scalars(keyset(statement, keys, cursor=cursor, limit=most)).all()
    found = cut(rows, most, lambda row: [row.published_at, row.id])
    return Page(entries(work, found.items, locale), found.next_cursor)


def entries(work: Work, rows: Sequence[Article], locale: str) -> list[Entry]:
    """Lines for readers of these (readable) articles, in the best language of each."""
    site = settings.get(work).default_locale
    texts = _published(work, [row.id for row in rows])
    chosen = [
        (row, own[str(locales.choose(locale, site, row.source_locale, own))])
        for row in rows
        if (own := {text.locale: text for text in texts.get(row.id, ())})
    ]
    said = _titles(work, [text for _, text in chosen])
    return [
        Entry(
            row.id, row.section_id, text.locale, text.slug,
            *said[(row.id, text.locale)],
        )
        for row, text in chosen
    ]  # fmt: skip


def readable_among(
    work: Work, ids: Iterable[str], *, reader: Reader | None = None
) -> list[Article]:
    """Of these ids, in their order, the articles that the actor may read as they are published."""
    order = {one: at for at, one in enumerate(dict.fromkeys(ids))}
    wanted = select(Article).where(
        Article.id.in_(sorted(order)), permissions.readable(work, reader)
    )
    return sorted(work.session.scalars(wanted), key=lambda row: order[row.id])


def is_any_live(work: Work) -> bool:
    """Whether there is anything at all that somebody could be offered."""
    return work.session.scalar(select(Article.id).where(Article.is_live).limit(1)) is not None


def sitemap(
    work: Work, *, cursor: str | None = None, limit: int = 1_000
) -> tuple[list[tuple[Translation, datetime]], str | None]:
    """Every address that anybody may read, with the time of its published version."""
    statement = (
        select(Translation)
        .options(defer(Translation.body))
        .join(Article, Article.id == Translation.article_id)
        .where(
            Translation.published_number.is_not(None), permissions.readable(work, reading.ANYBODY)
        )
    )
    keys = [Translation.article_id, Translation.locale]
    rows = work.session.scalars(
        keyset(statement, keys, cursor=cursor, limit=limit, descending=False)
    ).all()
    found = cut(rows, limit, lambda row: [row.article_id, row.locale])
    said = _titles(work, found.items)
    return [
        (text, said[text.article_id, text.locale][2]) for text in found.items
    ], found.next_cursor


def labels(work: Work, start: str = "", *, most: int = 20) -> list[str]:
    """Labels in use that begin so, for a field that completes them."""
    permissions.require_writing(work)
    wanted = select(ArticleLabel.label).distinct().order_by(ArticleLabel.label).limit(most)
    if start:
        wanted = wanted.where(ArticleLabel.label.startswith(start.lower(), autoescape=True))
    return list(work.session.scalars(wanted))


def _narrowed(work: Work, wanted: Filter) -> Select[Any]:
    statement: Select[Any] = select(Article)
    for name in ("state", "section_id", "owner_id", "audience"):
        if (value := getattr(wanted, name)) is not None:
            statement = statement.where(getattr(Article, name) == value)
    if wanted.label is not None:
        labelled = select(ArticleLabel.article_id).where(ArticleLabel.label == wanted.label)
        statement = statement.where(Article.id.in_(labelled))
    for locale, is_there in ((wanted.locale, True), (wanted.missing, False)):
        if locale is not None:
            there = select(Translation.article_id).where(
                Translation.article_id == Article.id, Translation.locale == locale
            )
            statement = statement.where(there.exists() if is_there else ~there.exists())
    if wanted.is_due:
        statement = statement.where(Article.is_live, Article.review_due_at <= work.at)
    elif wanted.state is None:
        statement = statement.where(Article.state != "archived")
    return statement


def _published(work: Work, ids: Sequence[str]) -> dict[str, list[Translation]]:
    """By article the languages that readers see."""
    found: dict[str, list[Translation]] = {}
    wanted = select(Translation).where(
        Translation.article_id.in_(ids), Translation.published_number.is_not(None)
    )
    for text in work.session.scalars(wanted.options(defer(Translation.body))):
        found.setdefault(text.article_id, []).append(text)
    return found


def _titles(
    work: Work, texts: Sequence[Translation]
) -> dict[tuple[str, str], tuple[str, str, datetime]]:
    """Title, summary and time of what is published, which may differ from what is written."""
    ids = sorted({text.article_id for text in texts})
    table = ArticleVersion
    # By the articles, since SQLite reads the whole table for a list of rows.
    rows = work.session.execute(
        select(table.article_id, table.locale, table.title, table.summary, table.at)
        .join(
            Translation,
            and_(
                Translation.article_id == table.article_id,
                Translation.locale == table.locale,
                Translation.published_number == table.number,
            ),
        )
        .where(Translation.article_id.in_(ids))
    )
    return {(one, locale): (title, about, at) for one, locale, title, about, at in rows}


def _is_outdated(
    work: Work, article: Article, version: ArticleVersion, own: Mapping[str, Translation]
) -> bool:
    source = own.get(article.source_locale)
    if version.source_version is None or source is None:
        return False
    key = (article.id, article.source_locale, source.published_number)
    said = work.session.get(ArticleVersion, key)
    return said is not None and version.source_version < said.major
