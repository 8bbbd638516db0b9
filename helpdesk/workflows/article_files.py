"""Bytes of articles' files: taken in from an upload, given out, removed with what named them.

Not for who may have which file (`kb.files`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from helpdesk.channels import content_types
from helpdesk.channels.attachments import Store
from helpdesk.core.actors import Actor
from helpdesk.core.work import Work, begin, reading
from helpdesk.kb import files, publishing
from helpdesk.kb.models import ArticleFile


@dataclass(frozen=True, slots=True)
class Added:
    """`markdown` puts the file into the article."""

    id: str
    name: str
    type: str
    size: int
    markdown: str


def upload(
    actor: Actor, store: Store, stream: BinaryIO, article_id: str, *, name: str, most: int
) -> Added:
    """Keep a picture or file for an article; the disk is not waited for in a transaction."""
    with reading(actor) as work:
        files.need_room(work, article_id)
    stored = store.save(stream, most=most)
    try:
        with begin(actor) as work:
            row = files.add(
                work,
                article_id,
                file_id=stored.id,
                name=content_types.clean_name(name),
                type=stored.type,
                size=stored.size,
                sha256=stored.sha256,
            )
            return added(row)
    except Exception:
        store.remove(stored.id)
        raise


def added(row: ArticleFile) -> Added:
    markdown = files.reference(row, is_picture=is_picture(row))
    return Added(row.id, row.name, row.type, row.size, markdown)


def is_picture(row: ArticleFile) -> bool:
    """Whether browsers may show it in the page; everything else is only ever downloaded."""
    return row.type in content_types.PICTURES


def remove(work: Work, store: Store, article_id: str, file_id: str) -> None:
    gone = files.remove(work, article_id, file_id)
    work.after_commit(partial(store.remove, gone))


def remove_article(work: Work, store: Store, article_id: str) -> None:
    """An archived article, for good, with its files."""
    for file_id in publishing.remove(work, article_id):
        work.after_commit(partial(store.remove, file_id))
