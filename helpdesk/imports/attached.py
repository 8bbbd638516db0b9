"""Files that an export brings along: beside the JSON in the zip file, or inside a record.

Exports name files by their ids, by their tickets or by a path; all are tried. Nothing is fetched
from the other desk: its addresses need its keys and may lead anywhere. Not for keeping what is
found (see `workflows.importing_files`).
"""

from __future__ import annotations

import base64
import binascii
import io
import posixpath
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from helpdesk.imports import archives
from helpdesk.imports.records import File


class Members:
    """The members of an upload by where they lie; empty when it is no zip file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        names = archives.members(path) if zipfile.is_zipfile(path) else []
        self._by_path = {name.casefold(): name for name in names}
        self._by_tail: dict[str, str] = {}
        for name in names:
            folder, last = posixpath.split(name.casefold())
            for tail in (last, f"{posixpath.basename(folder)}/{last}"):
                # Two of one name: which one is meant can't be told, so neither is taken.
                self._by_tail[tail] = "" if tail in self._by_tail else name

    def find(self, file: File, ticket_id: str) -> str | None:
        """The member that holds the file."""
        if file.path and (found := self._by_path.get(file.path.casefold().lstrip("./"))):
            return found
        name, id_ = posixpath.basename(file.name).casefold(), file.own_id.casefold()
        tails = [f"{ticket_id.casefold()}/{name}"] if ticket_id and name else []
        if id_:
            ending = posixpath.splitext(name)[1]
            tails = [
                f"{id_}/{name}",
                f"{id_}_{name}",
                f"{id_}-{name}",
                f"{id_}{ending}",
                id_,
                *tails,
            ]
        return next((found for tail in tails if (found := self._by_tail.get(tail))), None)

    @contextmanager
    def opened(self, file: File, ticket_id: str) -> Iterator[BinaryIO | None]:
        """Its bytes as a stream; None when the export does not hold them."""
        if file.data:
            yield _decoded(file.data)
            return
        member = self.find(file, ticket_id)
        if member is None:
            yield None
            return
        with archives.opened(self._path, member) as stream:
            yield cast("BinaryIO", stream)


def _decoded(data: str) -> BinaryIO | None:
    try:
        return io.BytesIO(base64.b64decode(data, validate=False))
    except (binascii.Error, ValueError):
        return None


def without(text: str, missing: Sequence[File]) -> str:
    """The text with a line for each file that the export does not hold, so that it is missed."""
    lines = [f"[File that was not in the export: {one.name}]" for one in missing]
    return "\n".join([text, "", *lines]).strip() if lines else text
