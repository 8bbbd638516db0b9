"""Files of an export are kept before the transaction that takes their words over.

A slow disk must not hold the database's write lock, so files come first; what the transaction did
not use, or what it was undone with, is removed again. Files of words that are there already are
left alone. A trial looks only whether they could be had.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from helpdesk.channels import content_types
from helpdesk.channels.attachments import FolderStore, Stored
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.imports import files, queries
from helpdesk.imports.archives import BadArchive
from helpdesk.imports.article_records import Language, Piece
from helpdesk.imports.attached import Members
from helpdesk.imports.models import Import
from helpdesk.imports.records import LONGEST_ID, Case, File, Words

MOST_BYTES = 36 * 1024 * 1024
_NOTHING_KEPT = Stored("", 1, "", "application/octet-stream")

log = logging.getLogger("helpdesk.imports")


@dataclass(slots=True)
class Brought:
    """What lies in the store for these rows, by the files' keys; `used` are ids in the database."""

    stored: dict[str, Stored] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def has(self, file: File) -> bool:
        return file.key in self.stored

    def row(self, file: File, **of: object) -> dict[str, object]:
        """The file as columns of an `Attachment`; it stays from now on."""
        kept = self.stored[file.key]
        self.used.add(kept.id)
        return {
            "id": kept.id,
            "name": content_types.clean_name(file.name),
            "type": kept.type,
            "size": kept.size,
            "sha256": kept.sha256,
            **of,
        }


@contextmanager
def brought(
    run: Import, is_known: frozenset[tuple[str, str]], records: Sequence[object]
) -> Iterator[Brought]:
    """Keep what these records bring along, as long as the block succeeds and uses it."""
    found = Brought()
    wanted = list(_wanted(records, is_known))
    store = FolderStore(files.attachments()) if wanted and not run.is_trial else None
    try:
        if wanted:
            _bring(found, _members(files.upload(run.id), run.id), wanted, store)
        yield found
    except BaseException:
        found.used.clear()
        raise
    finally:
        for kept in found.stored.values():
            if store is not None and kept.id not in found.used:
                store.remove(kept.id)


def known(work: Work, run: Import, records: Sequence[object]) -> frozenset[tuple[str, str]]:
    """Which tickets and words that bring files are there already."""
    asked = {place for place, _, files_of in _bringing(records) if files_of}
    return frozenset(queries.links(work, [run.origin], asked))


@lru_cache(maxsize=2)
def _members(path: Path, import_id: str) -> Members:
    """Read once for all batches of an import: its upload stays as it is."""
    return Members(path)


def _bring(
    found: Brought,
    members: Members,
    wanted: Sequence[tuple[File, str]],
    store: FolderStore | None,
) -> None:
    for file, ticket_id in wanted:
        try:
            with members.opened(file, ticket_id) as stream:
                if stream is None:
                    continue
                # A trial's ids are made up: nothing is kept under them.
                found.stored[file.key] = (
                    store.save(stream, most=MOST_BYTES) if store is not None else _NOTHING_KEPT
                )
        except (Invalid, BadArchive) as error:  # empty, too large, or broken: as if it were missing
            log.info("file %s of an import is left out: %s", file.key, error)


def _wanted(
    records: Sequence[object], is_known: frozenset[tuple[str, str]]
) -> Iterator[tuple[File, str]]:
    for place, ticket_id, files_of in _bringing(records):
        if place not in is_known:
            for file in files_of:
                yield file, ticket_id


def _bringing(
    records: Sequence[object],
) -> Iterator[tuple[tuple[str, str], str, Sequence[File]]]:
    """What says that it was taken over already, its ticket there, and the files it brings."""
    for record in records:
        if isinstance(record, Case):
            for said in record.words:
                yield ("ticket", record.external_id), record.external_id, said.files
        elif isinstance(record, Words):
            yield ("words", record.external_id), record.ticket_id, record.files
        elif isinstance(record, (Piece, Language)):
            for file in files_of_article(record):
                yield ("picture", picture_link(file)), "", [file]


def picture_link(file: File) -> str:
    """What a picture is remembered by."""
    if len(file.key) <= LONGEST_ID:
        return file.key
    return f"picture:{hashlib.sha256(file.key.encode()).hexdigest()[:40]}"


def files_of_article(record: Piece | Language) -> list[File]:
    """Each once, of all languages."""
    languages = record.languages if isinstance(record, Piece) else [record]
    return list({file.key: file for one in languages for file in one.files}.values())
