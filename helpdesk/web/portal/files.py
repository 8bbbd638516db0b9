"""Files that come with a form: taken into the store before the transaction that names them.

with files.taken(at) as given:      # Invalid {"files": why} when one can't be taken
    ... given.rows ...
    given.keep()                    # without it, whatever happens, the store is clean again
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from flask import request

from helpdesk.channels.attachments import MOST_PER_MESSAGE, FolderStore, Stored
from helpdesk.core.errors import Invalid
from helpdesk.web import doors
from helpdesk.web.portal.frame import Here

_WHY = {"file_too_large": "large", "file_empty": "empty", "file_infected": "infected"}


@dataclass(slots=True)
class Given:
    """The stored files with the names they came under."""

    rows: list[tuple[Stored, str]] = field(default_factory=list)
    is_kept: bool = False

    def keep(self) -> None:
        self.is_kept = True

    @property
    def marks(self) -> Sequence[str]:
        """What tells these files from others, for a form that is sent twice."""
        return [f"{stored.sha256} {name}" for stored, name in self.rows]


@contextmanager
def taken(at: Here) -> Iterator[Given]:
    store, given = FolderStore(doors.settings().data / "attachments"), Given()
    try:
        _take(at, store, given)
        yield given
    finally:
        if not given.is_kept:
            for stored, _ in given.rows:
                store.remove(stored.id)


def _take(at: Here, store: FolderStore, given: Given) -> None:
    most = doors.settings().max_upload
    uploads = [one for one in request.files.getlist("files") if one.filename]
    if len(uploads) > MOST_PER_MESSAGE:
        raise _wrong(at, "many", most=MOST_PER_MESSAGE)
    for upload in uploads:
        try:
            stored = store.save(cast("BinaryIO", upload.stream), most=most)
        except Invalid as error:
            raise _wrong(at, _WHY.get(error.code, "infected"), size=at.say.size(most)) from None
        given.rows.append((stored, upload.filename or ""))


def _wrong(at: Here, why: str, **values: object) -> Invalid:
    told = at.say("form.file_wrong", why=at.say(f"form.file_{why}", **values))
    return Invalid(fields={"files": told})
