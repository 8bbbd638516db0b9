"""Pictures and files of articles: known here, shown to whoever reads an article that shows them.

In Markdown a file is `file:ID`. A reader gets it while a published version that they may read names
it outside of internal notes; the desk gets all. Not for the bytes (`workflows.article_files`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.kb import permissions
from helpdesk.kb.models import Article, ArticleFile, FileUse

MOST_PER_ARTICLE = 200
MOST_BYTES_PER_ARTICLE = 500 * 1024 * 1024


def need_room(work: Work, article_id: str, size: int = 0) -> None:
    """Refuse before or after the bytes are there; only who writes the article adds files."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id)
    count, total = work.session.execute(
        select(func.count(), func.coalesce(func.sum(ArticleFile.size), 0)).where(
            ArticleFile.article_id == article.id, ArticleFile.removed_at.is_(None)
        )
    ).one()
    if count >= MOST_PER_ARTICLE or total + size > MOST_BYTES_PER_ARTICLE:
        raise Invalid("This article cannot hold more files.", code="too_many_files")


def add(
    work: Work, article_id: str, *, file_id: str, name: str, type: str, size: int, sha256: str
) -> ArticleFile:
    """Make a stored file known; `name` is cleaned already."""
    need_room(work, article_id, size)
    row = ArticleFile(
        id=file_id,
        article_id=article_id,
        name=name,
        type=type,
        size=size,
        sha256=sha256,
        added_at=work.at,
        added_by=work.actor.label,
        removed_at=None,
    )
    work.session.add(row)
    work.session.flush()
    work.audit("article.file_added", "article", article_id, file=file_id, name=name)
    return row


def list_files(work: Work, article_id: str) -> Sequence[ArticleFile]:
    """The files that were added to an article, the oldest first; for those who write it."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id)
    return work.session.scalars(
        select(ArticleFile)
        .where(ArticleFile.article_id == article.id, ArticleFile.removed_at.is_(None))
        .order_by(ArticleFile.id)
    ).all()


def get_file(work: Work, file_id: str) -> ArticleFile:
    """For whoever may have it; NotFound otherwise, whatever the reason."""
    row = work.session.get(ArticleFile, file_id) if is_id(file_id) else None
    if row is None or row.removed_at is not None:
        raise NotFound("This file does not exist.")
    if not permissions.writes(work.actor) and not _is_shown(work, row.id):
        raise NotFound("This file does not exist.")
    return row


def remove(work: Work, article_id: str, file_id: str) -> str:
    """Answers the id of the bytes, to be removed after the commit; Conflict while it is shown."""
    permissions.require_writing(work)
    article = permissions.get_article(work, article_id, lock=True)
    row = work.session.get(ArticleFile, file_id, with_for_update=True) if is_id(file_id) else None
    if row is None or row.removed_at is not None or row.article_id != article.id:
        raise NotFound("This file does not exist.")
    used = select(FileUse.file_id).where(FileUse.file_id == row.id).limit(1)
    if work.session.scalar(used) is not None:
        raise Conflict("Readers see this file. Publish without it first.", code="in_use")
    row.removed_at = work.at
    work.audit("article.file_removed", "article", article.id, file=row.id, name=row.name)
    return row.id


def reference(row: ArticleFile, *, is_picture: bool) -> str:
    """The Markdown that puts the file into an article."""
    name = row.name.translate(str.maketrans("[]\\`", "()/'"))
    return f"{'!' if is_picture else ''}[{name}](file:{row.id})"


def _is_shown(work: Work, file_id: str) -> bool:
    wanted = (
        select(Article.id)
        .join(FileUse, FileUse.article_id == Article.id)
        .where(FileUse.file_id == file_id, permissions.readable(work))
    )
    return work.session.scalar(wanted.limit(1)) is not None
