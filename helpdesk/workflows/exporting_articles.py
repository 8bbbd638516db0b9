"""All articles as a folder of Markdown files with front matter, zipped as it is read.

One file per article and language, in the folders of their sections, with their pictures beside
them: what `imports.markdown_folder` reads back, here as the same articles or elsewhere as new ones.
As it is worked on, internal notes among it, so for those who write alone.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, cast
from urllib.parse import quote

from sqlalchemy import select

from helpdesk.channels.attachments import Store
from helpdesk.core.actors import Actor
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work, reading
from helpdesk.identity.models import User
from helpdesk.kb import permissions, settings, slugs
from helpdesk.kb import reading as readers
from helpdesk.kb.models import Article, ArticleFile, Translation
from helpdesk.kb.sections import named

AT_ONCE = 100
PIECE = 256 * 1024
FILES = "files"
_OWN = re.compile(r"\]\((file|article):([0-9a-f-]{36})(#[\w-]{1,100})?")


class Pipe:
    """What a zip file is written to and read from a piece at a time."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        return None

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


@dataclass(slots=True)
class Plan:
    """Where everything lies in the folder: sections, articles (without ending), files by id."""

    sections: dict[str, str] = field(default_factory=dict)
    articles: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def stream(actor: Actor, store: Store) -> Iterator[bytes]:
    """The zip file, piece by piece; each batch is read in a transaction of its own."""
    pipe = Pipe()
    with zipfile.ZipFile(cast("IO[bytes]", pipe), "w", zipfile.ZIP_DEFLATED) as archive:
        with reading(actor) as work:
            permissions.require_writing(work)
            plan = planned(work)
            for name, text in _indexes(work, plan):
                archive.writestr(name, text)
        yield pipe.taken()
        ids = list(plan.articles)
        for start in range(0, len(ids), AT_ONCE):
            with reading(actor) as work:
                for name, text in _pages(work, plan, ids[start : start + AT_ONCE]):
                    archive.writestr(name, text)
            yield pipe.taken()
        for file_id, name in plan.files.items():
            yield from _file(archive, pipe, store, file_id, name)
    yield pipe.taken()


def planned(work: Work) -> Plan:
    """A place for each, no two the same."""
    site = settings.get(work).default_locale
    there = permissions.sections_of(work)
    by_id = {row.id: row for row in there}
    plan, taken = Plan(), set[str]()
    for row in sorted(there, key=lambda one: len(readers.chain(by_id, one.id))):
        above = plan.sections.get(row.parent_id or "", "")
        name = slugs.slug(named(row, site, site).get("name", ""), site, instead="section")
        plan.sections[row.id] = _free(posixpath.join(above, name), taken)
    rows = work.session.execute(
        select(Article.id, Article.section_id, Translation.slug)
        .join(Translation, Translation.article_id == Article.id)
        .where(Translation.locale == Article.source_locale)
        .order_by(Article.id)
    )
    for article_id, section_id, slug in rows:
        place = posixpath.join(plan.sections.get(section_id or "", ""), slug)
        plan.articles[article_id] = _free(place, taken)
    kept = select(ArticleFile.id, ArticleFile.name).where(ArticleFile.removed_at.is_(None))
    for file_id, name in work.session.execute(kept.order_by(ArticleFile.id)):
        plan.files[file_id] = f"{FILES}/{file_id}/{name}"
    return plan


def _free(place: str, taken: set[str]) -> str:
    count, made = 1, place
    while made.casefold() in taken:
        count += 1
        made = f"{place}-{count}"
    taken.add(made.casefold())
    return made


def _indexes(work: Work, plan: Plan) -> Iterator[tuple[str, str]]:
    site = settings.get(work).default_locale
    for row in permissions.sections_of(work):
        words = named(row, site, site)
        front = {
            "title": words.get("name", ""),
            "description": words.get("description", ""),
            "weight": row.position,
        }
        yield f"{plan.sections[row.id]}/_index.md", _written(front, "")


def _pages(work: Work, plan: Plan, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    articles = {
        row.id: row for row in work.session.scalars(select(Article).where(Article.id.in_(ids)))
    }
    owners = _owners(work, articles.values())
    texts = select(Translation).where(Translation.article_id.in_(ids))
    for text in work.session.scalars(texts.order_by(Translation.article_id, Translation.locale)):
        article, place = articles[text.article_id], plan.articles[text.article_id]
        is_source = text.locale == article.source_locale
        name = f"{place}.md" if is_source else f"{place}.{text.locale}.md"
        front = _front(article, text, owners, is_source=is_source)
        yield name, _written(front, _placed(text.body, posixpath.dirname(name), plan))


def _front(
    article: Article, text: Translation, owners: Mapping[str, str], *, is_source: bool
) -> dict[str, Any]:
    """What is said above the text; of what is the same in all languages only in the first."""
    shared = {
        "id": article.id,
        "audience": article.audience,
        "labels": list(article.labels),
        "owner": owners.get(article.owner_id or "", ""),
        "position": article.position,
        "created": article.created_at.isoformat(),
        "updated": article.updated_at.isoformat(),
    }
    return {
        "title": text.title,
        "locale": text.locale,
        "slug": text.slug,
        "summary": text.summary,
        "state": "published" if text.published_number is not None else "draft",
        **(shared if is_source else {}),
    }


def _owners(work: Work, articles: Any) -> dict[str, str]:
    ids = {row.owner_id for row in articles if row.owner_id is not None}
    rows = work.session.execute(select(User.id, User.email).where(User.id.in_(ids)))
    return {row.id: row.email for row in rows}


def _placed(body: str, folder: str, plan: Plan) -> str:
    """The text with paths in the place of our own addresses."""

    def place(found: re.Match[str]) -> str:
        kind, own_id, anchor = found.groups()
        known = plan.files.get(own_id) if kind == "file" else plan.articles.get(own_id)
        if known is None:
            return found.group(0)
        target = known if kind == "file" else f"{known}.md"
        return f"]({quote(posixpath.relpath(target, folder or '.'))}{anchor or ''}"

    return _OWN.sub(place, body)


def _written(front: Mapping[str, Any], body: str) -> str:
    from helpdesk.imports import front_matter  # noqa: PLC0415  see there

    said = front_matter.written(front)
    return f"---\n{said}---\n\n{body}"


def _file(
    archive: zipfile.ZipFile, pipe: Pipe, store: Store, file_id: str, name: str
) -> Iterator[bytes]:
    try:
        source = store.open(file_id)
    except NotFound:  # the bytes are gone; the text still names it
        return
    with source, archive.open(name, "w") as target:
        while piece := source.read(PIECE):
            target.write(piece)
            yield pipe.taken()
