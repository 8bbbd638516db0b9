"""The words of articles: a language begun, versions saved, restored, and kept while unsaved.

A save never overwrites what the writer has not seen: who writes upon an older version is refused
and told what differs. Versions never change. Not for what readers see (`publishing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line, storable
from helpdesk.kb import addresses, locales, markdown, permissions
from helpdesk.kb.errors import StaleArticle
from helpdesk.kb.events import ArticleChanged, ArticleSaved
from helpdesk.kb.models import Article, ArticleVersion, Translation, Unsaved

LONGEST_TITLE = 200
LONGEST_SUMMARY = 500
LONGEST_BODY = markdown.LONGEST
MOST_LANGUAGES = 50
NO_LANGUAGE = "This article is not written in this language."


@dataclass(frozen=True, slots=True)
class Words:
    """What an article says in one language, checked."""

    title: str
    summary: str
    body: str

    @classmethod
    def of(cls, title: object, summary: object, body: object) -> Words:
        """Invalid for what is no text, has no title or is too long."""
        if not isinstance(body, str):
            raise Invalid(fields={"body": "This must be text."})
        if len(body) > LONGEST_BODY:
            raise Invalid(fields={"body": f"Use at most {LONGEST_BODY:,} characters."})
        text = storable(body).replace("\r\n", "\n").replace("\r", "\n")
        return cls(
            title=line(title, "title", longest=LONGEST_TITLE, needed=True),
            summary=line(summary, "summary", longest=LONGEST_SUMMARY),
            body=text,
        )

    def differing(self, other: Translation | ArticleVersion) -> list[str]:
        """Which of title, summary and text are other ones."""
        named = (("title", "title"), ("summary", "summary"), ("body", "text"))
        return [word for name, word in named if getattr(self, name) != getattr(other, name)]


def begin_language(
    work: Work,
    article: Article,
    locale: str,
    words: Words,
    *,
    note: str = "",
    slug: str = "",
    source_version: int | None = None,
) -> Translation:
    """The first version in a language, of a held (or new) article."""
    own = addresses.take_this if slug else addresses.take
    row = Translation(
        article_id=article.id,
        locale=locale,
        title=words.title,
        summary=words.summary,
        body=words.body,
        slug=own(work, "article", article.id, locale, slug or words.title),
        number=0,
        major=1,
        published_number=None,
        source_version=source_version,
        updated_at=work.at,
        updated_by=work.actor.label,
    )
    work.session.add(row)
    _add_version(work, row, words, note=note, is_minor=False)
    return row


def add_language(
    work: Work, article_id: str, locale: str, *, title: str, summary: str = "", body: str = "",
    note: str = "", slug: str = "", source_version: int | None = None,
) -> Translation:  # fmt: skip
    """The article in another language; `source_version` is the source's that it was made from."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id, lock=True)
    code = locales.code(locale)
    there = languages(work, article.id)
    if code in there:
        raise Conflict("This article is written in this language already.", code="language_there")
    if len(there) >= MOST_LANGUAGES:
        raise Invalid(fields={"locale": f"Use at most {MOST_LANGUAGES} languages."})
    source = there[article.source_locale]
    row = begin_language(
        work, article, code, Words.of(title, summary, body), note=note, slug=slug,
        source_version=_source_version(source, source_version, source.number),
    )  # fmt: skip
    _touch(work, article, row)
    work.audit("article.language_added", "article", article.id, locale=code, title=row.title)
    return row


def save(
    work: Work,
    article_id: str,
    locale: str,
    *,
    title: str,
    summary: str,
    body: str,
    upon: int | None,
    note: str = "",
    is_minor: bool = False,
    source_version: int | None = None,
) -> Translation:
    """A new version, written upon version `upon` (None: whatever stands there).

    `is_minor`: other languages need not follow. Nothing happens where the words are the same.
    """
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id, lock=True)
    if article.archived_at is not None:
        raise Conflict("This article is archived. Bring it back first.", code="archived")
    row = get_language(work, article.id, locale, lock=True)
    words = Words.of(title, summary, body)
    if upon is not None and upon != row.number:
        if not words.differing(row):
            return row
        raise _stale(work, row, upon)
    if source_version is not None and row.source_version is not None:
        source = get_language(work, article.id, article.source_locale)
        row.source_version = _source_version(source, source_version, row.source_version)
    if words.differing(row):
        _write(work, article, row, words, note=note, is_minor=is_minor)
    drop_unsaved(work, article.id, locale)
    return row


def restore(work: Work, article_id: str, locale: str, number: int, *, upon: int) -> Translation:
    """Go on from an older version: its words become the newest version."""
    old = get_version(work, article_id, locale, number)
    return save(
        work, article_id, locale, title=old.title, summary=old.summary, body=old.body, upon=upon,
        note=f"As in version {number}",
    )  # fmt: skip


def mark_current(work: Work, article_id: str, locale: str) -> Translation:
    """This language says what the source says now, though its words did not have to change."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id, lock=True)
    row = get_language(work, article.id, locale, lock=True)
    source = get_language(work, article.id, article.source_locale)
    if row.source_version is None or row.source_version == source.number:
        return row
    row.source_version = source.number
    _touch(work, article, row)
    return row


def remove_language(work: Work, article_id: str, locale: str) -> None:
    """Conflict for the source language and for one that readers see."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id, lock=True)
    row = get_language(work, article.id, locale, lock=True)
    if locale == article.source_locale:
        raise Conflict("The other languages follow this one.", code="source_language")
    if row.published_number is not None:
        raise Conflict("Readers see this language. Take it offline first.", code="published")
    for table in (Unsaved, ArticleVersion):
        work.session.execute(
            delete(table).where(table.article_id == article.id, table.locale == locale)
        )
    work.session.delete(row)
    work.session.flush()
    work.emit(ArticleChanged(article_id=article.id, version=article.version, changed=["languages"]))
    work.audit("article.language_removed", "article", article.id, locale=locale, title=row.title)


def keep_unsaved(
    work: Work, article_id: str, locale: str, *, title: str, summary: str, body: str, upon: int
) -> Unsaved:
    """What the actor is writing, kept for them alone until they save it."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id)
    get_language(work, article.id, locale)
    key = (article.id, locale, work.actor.id)
    row = work.session.get(Unsaved, key, with_for_update=True)
    if row is None:
        row = Unsaved(article_id=article.id, locale=locale, user_id=work.actor.id, title="")
        work.session.add(row)
    row.title, row.summary = storable(title)[:LONGEST_TITLE], storable(summary)[:LONGEST_SUMMARY]
    row.body, row.upon, row.at = storable(body)[:LONGEST_BODY], upon, work.at
    work.session.flush()
    return row


def get_unsaved(work: Work, article_id: str, locale: str) -> Unsaved | None:
    permissions.require_writing(work)
    return work.session.get(Unsaved, (article_id, locale, work.actor.id))


def drop_unsaved(work: Work, article_id: str, locale: str) -> None:
    if not is_id(work.actor.id):  # the program keeps nothing
        return
    own = (Unsaved.article_id == article_id, Unsaved.locale == locale)
    work.session.execute(delete(Unsaved).where(*own, Unsaved.user_id == work.actor.id))


def languages(work: Work, article_id: str) -> dict[str, Translation]:
    """By language what is written, the source among them."""
    rows = select(Translation).where(Translation.article_id == article_id)
    return {row.locale: row for row in work.session.scalars(rows.order_by(Translation.locale))}


def get_language(work: Work, article_id: str, locale: str, *, lock: bool = False) -> Translation:
    row = work.session.get(
        Translation, (article_id, locale), with_for_update=lock, populate_existing=lock
    )
    if row is None:
        raise NotFound(NO_LANGUAGE)
    return row


def get_version(work: Work, article_id: str, locale: str, number: int) -> ArticleVersion:
    """For those who write; readers get only what is published (`queries`)."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id)
    there = 0 < number < 2**31
    row = work.session.get(ArticleVersion, (article.id, locale, number)) if there else None
    if row is None:
        raise NotFound("There is no such version.")
    return row


def newest_versions(
    work: Work, article_id: str, locale: str, *, before: int | None = None, most: int = 50
) -> Sequence[ArticleVersion]:
    """The history of a language, the newest first."""
    permissions.require_writing(work)
    wanted = select(ArticleVersion).where(
        ArticleVersion.article_id == permissions.get_article(work, article_id).id,
        ArticleVersion.locale == locale,
    )
    if before is not None:
        wanted = wanted.where(ArticleVersion.number < before)
    return work.session.scalars(wanted.order_by(ArticleVersion.number.desc()).limit(most)).all()


def _write(
    work: Work, article: Article, row: Translation, words: Words, *, note: str, is_minor: bool
) -> None:
    renamed = words.title != row.title
    row.title, row.summary, row.body = words.title, words.summary, words.body
    if renamed and row.published_number is None:
        # Nobody knows the address yet; later it changes only when somebody wants that.
        row.slug = addresses.take(work, "article", article.id, row.locale, words.title)
    _add_version(work, row, words, note=note, is_minor=is_minor)
    _touch(work, article, row)


def _add_version(work: Work, row: Translation, words: Words, *, note: str, is_minor: bool) -> None:
    row.number += 1
    row.major = row.major if is_minor else row.number
    row.updated_at, row.updated_by = work.at, work.actor.label
    work.session.flush()
    work.session.add(
        ArticleVersion(
            article_id=row.article_id,
            locale=row.locale,
            number=row.number,
            title=words.title,
            summary=words.summary,
            body=words.body,
            note=clean_note(note),
            files=list(markdown.rendered(words.body).files),
            source_version=row.source_version,
            major=row.major,
            at=work.at,
            actor=work.actor.label,
        )
    )
    work.session.flush()
    work.emit(ArticleSaved(article_id=row.article_id, locale=row.locale, number=row.number))


def _touch(work: Work, article: Article, row: Translation) -> None:
    article.updated_at = work.at
    article.version += 1
    row.updated_at, row.updated_by = work.at, work.actor.label
    work.session.flush()
    changed = ["text", row.locale]
    work.emit(ArticleChanged(article_id=article.id, version=article.version, changed=changed))


def clean_note(note: str) -> str:
    """What a version says of itself, on one line."""
    return line(note[:400], "note", longest=400)[:200]


def _source_version(source: Translation, given: int | None, otherwise: int) -> int:
    if given is None:
        return otherwise
    if not 1 <= given <= source.number:
        raise Invalid(fields={"source_version": "There is no such version of the source."})
    return given


def _stale(work: Work, row: Translation, upon: int) -> StaleArticle:
    """What has changed since the version that the writer saw."""
    seen = work.session.get(ArticleVersion, (row.article_id, row.locale, upon))
    now = Words(row.title, row.summary, row.body)
    return StaleArticle(
        number=row.number,
        actor=row.updated_by,
        at=row.updated_at,
        changed=now.differing(seen) if seen is not None else ("text",),
    )
