"""Articles of other systems become ours: sections, words in their languages, pictures and links.

A second run changes only what nobody has changed here since: then the newer words of the file are a
new version. Links between articles hold whatever the order in which they come. Not for what records
say (`imports.guide`, `imports.markdown_folder`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from helpdesk.core.errors import HelpdeskError
from helpdesk.core.ids import is_id, new_id
from helpdesk.identity.models import User
from helpdesk.imports.article_records import ARTICLE_MARK, FILE_MARK, Language, Piece, Place, Record
from helpdesk.imports.records import File, RowProblem
from helpdesk.kb import locales, permissions, publishing, sections, service, settings, writing
from helpdesk.kb.models import Article, ArticleFile, ArticleVersion, Section
from helpdesk.kb.writing import Words
from helpdesk.workflows.importing_files import files_of_article, picture_link

if TYPE_CHECKING:
    from helpdesk.workflows.importing_rows import Batch

_MARKED_FILE = re.compile(rf"(!?)\[((?:[^\[\]\\\n]|\\.)*)\]\({FILE_MARK}:(\d{{1,4}})([^()\n]*)\)")
_MARKED_ARTICLE = re.compile(rf"\({ARTICLE_MARK}:(\d{{1,4}})(#[^()\s]*)?([^()\n]*)\)")


class Bookcase:
    """The articles of one batch."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._sections: list[Section] | None = None
        self._site = ""
        self._users: dict[str, str] = {}

    def look_up(self, records: Sequence[Any]) -> None:
        """What these records refer to, in a handful of queries."""
        work, wanted, emails = self._batch.work, set[tuple[str, str]](), set[str]()
        if self._sections is None:
            self._sections = permissions.sections_of(work)
            self._site = settings.get(work).default_locale
        for record in records:
            wanted |= _referred(record)
            if isinstance(record, Piece):
                emails.add(record.owner_email)
        self._batch.recall_links(wanted)
        self._recognise_files(records)
        desk = ("agent", "supervisor", "admin")
        rows = select(User.id, User.email).where(User.is_active, User.role.in_(desk))
        own = User.email.in_(emails - {""}) | (User.id == self._batch.run.created_by)
        for user_id, email in work.session.execute(rows.where(own)):
            self._users |= {email: user_id, user_id: user_id}

    def _recognise_files(self, records: Sequence[Any]) -> None:
        """Pictures that an export of ours brought along, where they are here still."""
        given = {
            file.own_id: file
            for record in records
            if isinstance(record, (Piece, Language))
            for file in files_of_article(record)
            if is_id(file.own_id)
        }
        there = select(ArticleFile.id).where(
            ArticleFile.id.in_(sorted(given)), ArticleFile.removed_at.is_(None)
        )
        for file_id in self._batch.work.session.scalars(there) if given else ():
            if not self._batch.known("picture", picture_link(given[file_id])):
                self._batch.link("picture", picture_link(given[file_id]), file_id)

    def take(self, record: Record) -> None:
        """RowProblem where it can't be used; then nothing of it is."""
        try:
            if isinstance(record, Place):
                self._place(record)
            elif isinstance(record, Piece):
                self._piece(record)
            else:
                self._alone(record)
        except HelpdeskError as error:
            fields = "; ".join(getattr(error, "fields", {}).values())
            raise RowProblem(fields or error.message) from error

    def _place(self, record: Place) -> None:
        batch = self._batch
        if batch.known("section", record.external_id):
            batch.tally.count("section", "there")
            return
        parent_id = batch.linked("section", record.parent_id)
        name = {"name": record.name, "description": record.description}
        held = self._section_named(record.name, parent_id)
        batch.tally.count("section", "there" if held else "added")
        if held is None and not batch.is_trial:
            made = sections.add_section(
                batch.work, names={record.locale or self._site: name}, parent_id=parent_id,
                position=record.position,
            )  # fmt: skip
            (self._sections or []).append(made)
            held = made.id
        batch.link("section", record.external_id, held or new_id())

    def _section_named(self, name: str, parent_id: str | None) -> str | None:
        for row in self._sections or ():
            same = any(one.get("name") == name for one in row.names.values())
            if same and row.parent_id == parent_id:
                return row.id
        return None

    def _piece(self, record: Piece) -> None:
        batch = self._batch
        for language in record.languages:
            Words.of(language.title, language.summary, language.body)
            locales.code(language.locale or self._site)
        self._count_files(record)
        self._recognise(record)
        if batch.known("article", record.external_id):
            for language in record.languages:
                self._renew(record.external_id, language)
            return
        batch.tally.count("article", "added")
        article_id = self._reserved(record.external_id)
        batch.link("article", record.external_id, article_id)
        if not batch.is_trial:
            self._write(record, article_id)

    def _recognise(self, record: Piece) -> None:
        """An export of ours names articles by our own ids: here it is the same article."""
        batch, own_id = self._batch, record.external_id
        if batch.known("article", own_id) or not is_id(own_id):
            return
        if batch.work.session.get(Article, own_id) is not None:
            batch.link("article", own_id, own_id)

    def _write(self, record: Piece, article_id: str) -> None:
        work, batch = self._batch.work, self._batch
        first, *others = record.languages
        section_id = batch.linked("section", record.section_id)
        article = service.add_article(
            work,
            **self._said(first, article_id),
            slug=first.slug if self._is_free(first) else "",
            locale=first.locale or self._site,
            audience=record.audience,
            section_id=section_id,
            owner_id=self._users.get(record.owner_email) or self._users.get(batch.run.created_by),
            labels=record.labels,
            note=f"Imported from {batch.run.origin}",
            article_id=article_id,
        )
        article.position = record.position
        self._keep_files(record, article_id)
        for language in others:
            self._add_language(article, language)
        if record.is_published:
            self._publish(article, record.languages)
        self._date(article, record)

    def _is_free(self, language: Language) -> bool:
        """A wanted address is taken only where it leads nowhere yet."""
        if not language.slug:
            return False
        locale = locales.code(language.locale or self._site)
        return service.is_free_slug(self._batch.work, locale, language.slug)

    def _alone(self, record: Language) -> None:
        """A language that comes by itself, of an article that was taken over before it."""
        Words.of(record.title, record.summary, record.body)
        locales.code(record.locale or self._site)
        if not self._batch.known("article", record.article_id):
            raise RowProblem(f"The file has no article with the id {record.article_id[:60]}.")
        self._count_files(record)
        self._renew(record.article_id, record)

    def _renew(self, external_id: str, language: Language) -> None:
        """One language of an article that is there: new, changed in the file, or left alone."""
        batch, work = self._batch, self._batch.work
        locale = locales.code(language.locale or self._site)
        mark = f"{external_id[:105]} {locale}"
        if batch.is_trial:
            batch.tally.count("language", "there" if batch.known("language", mark) else "added")
            batch.link("language", mark, None)
            return
        article = work.session.get(Article, batch.linked("article", external_id) or "")
        if article is None:
            batch.tally.count("article", "gone")
            return
        text = writing.languages(work, article.id).get(locale)
        if text is None:
            self._begin(article, language)
            return
        said = self._said(language, article.id)
        if not Words.of(**said).differing(text):
            batch.tally.count("article", "there")
        elif text.updated_by != work.actor.label or article.archived_at is not None:
            batch.tally.count("article", "kept")
        else:
            self._keep_files(language, article.id)
            writing.save(work, article.id, locale, **said, upon=None, note="Imported anew")
            if text.published_number is not None and language.is_published:
                self._publish(article, [language])
            batch.tally.count("article", "changed")

    def _begin(self, article: Article, language: Language) -> None:
        """One more language; the article is no newer for it."""
        before = article.updated_at
        self._keep_files(language, article.id)
        self._add_language(article, language)
        if article.is_live and language.is_published:
            self._publish(article, [language])
        article.updated_at = before
        self._batch.tally.count("language", "added")

    def _add_language(self, article: Article, language: Language) -> None:
        locale = locales.code(language.locale or self._site)
        if locale in writing.languages(self._batch.work, article.id):
            return
        writing.add_language(
            self._batch.work, article.id, locale, **self._said(language, article.id),
            slug=language.slug if self._is_free(language) else "",
        )  # fmt: skip

    def _publish(self, article: Article, languages: Sequence[Language]) -> None:
        """What is fit for readers; the rest stays a draft and is counted."""
        work = self._batch.work
        there = writing.languages(work, article.id)
        source = there[article.source_locale]
        chosen: dict[str, int] = {}
        for language in languages:
            text = there[locales.code(language.locale or self._site)]
            if language.is_published and not publishing.why_not(text.locale, text.body):
                chosen[text.locale] = text.number
        if source.locale in chosen or (chosen and source.published_number is not None):
            publishing.take_step(work, article.id, "publish", versions=chosen)
        left = len(languages) - len(chosen)
        if left:
            self._batch.tally.count("language", "draft", left)

    def _said(self, language: Language, article_id: str) -> dict[str, Any]:
        """Its words with our own addresses of files and articles."""

        def file(found: re.Match[str]) -> str:
            sign, alt, number, title = found.groups()
            own_id = self._file_id(language.files, int(number))
            if own_id is None:
                return alt or "[picture that was not in the export]"
            return f"{sign}[{alt}](file:{own_id}{title})"

        def article(found: re.Match[str]) -> str:
            number, anchor, title = found.groups()
            there = int(number) < len(language.links)
            own_id = self._reserved(language.links[int(number)]) if there else article_id
            return f"(article:{own_id}{anchor or ''}{title})"

        body = _MARKED_FILE.sub(file, language.body)
        return {
            "title": language.title,
            "summary": language.summary,
            "body": _MARKED_ARTICLE.sub(article, body),
        }

    def _file_id(self, files: Sequence[File], number: int) -> str | None:
        if number >= len(files):
            return None
        file = files[number]
        known = self._batch.linked("picture", picture_link(file))
        kept = self._batch.brought.stored.get(file.key)
        return known or (kept.id if kept is not None else None)

    def _keep_files(self, record: Piece | Language, article_id: str) -> None:
        batch = self._batch
        for file in files_of_article(record):
            if batch.brought.has(file) and not batch.known("picture", picture_link(file)):
                row = batch.brought.row(
                    file, article_id=article_id, added_at=batch.work.at,
                    added_by=batch.work.actor.label, removed_at=None,
                )  # fmt: skip
                batch.work.session.add(ArticleFile(**row))
                batch.link("picture", picture_link(file), str(row["id"]))

    def _count_files(self, record: Piece | Language) -> None:
        batch = self._batch
        for file in files_of_article(record):
            known = batch.known("picture", picture_link(file))
            word = "there" if known else "added" if batch.brought.has(file) else "missing"
            batch.tally.count("file", word)

    def _reserved(self, external_id: str) -> str:
        """The id that the article has, or will have when its turn comes."""
        batch = self._batch
        found = batch.linked("article", external_id) or batch.linked("articleref", external_id)
        if found is None:
            found = external_id if is_id(external_id) else new_id()
            batch.link("articleref", external_id, found)
        return found

    def _date(self, article: Article, record: Piece) -> None:
        """Written when it was written, not when it was taken over."""
        written = record.updated_at or record.created_at
        if written is None:
            return
        article.created_at = record.created_at or written
        article.updated_at = written
        if article.published_at is not None:
            article.published_at = article.created_at
        for locale, text in writing.languages(self._batch.work, article.id).items():
            text.updated_at = written
            _version(self._batch, article.id, locale, text.number).at = written


def _version(batch: Batch, article_id: str, locale: str, number: int) -> ArticleVersion:
    return batch.work.session.get_one(ArticleVersion, (article_id, locale, number))


def _referred(record: Any) -> set[tuple[str, str]]:
    """(kind, id there) of what a record refers to."""
    if isinstance(record, Place):
        return {("section", record.external_id), ("section", record.parent_id)}
    if not isinstance(record, (Piece, Language)):
        return set()
    wanted = {("picture", picture_link(file)) for file in files_of_article(record)}
    languages = record.languages if isinstance(record, Piece) else [record]
    ids = {link for one in languages for link in one.links}
    if isinstance(record, Piece):
        wanted |= {("section", record.section_id)}
        ids.add(record.external_id)
    else:
        ids.add(record.article_id)
    own_id = record.external_id if isinstance(record, Piece) else record.article_id
    site = {f"{own_id[:105]} {one.locale}" for one in languages}
    wanted |= {("language", mark) for mark in site}
    return wanted | {(kind, one) for one in ids for kind in ("article", "articleref")}
