"""A customer's copy of all that is kept about them: data for programs, a page to read, their files.

It is gathered in the customer's own name and through `portal_reach`, so it holds what the portal
would show them and nothing else: no note, no tag, no field of the house, no real name behind a
public one. It lies in a folder of its own, can be fetched by whoever asked, and goes after some
days.
"""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Conversation
from helpdesk.consents import service as consents
from helpdesk.core import clock
from helpdesk.core.actors import Actor, system
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.kb.models_use import Remark
from helpdesk.mail import place
from helpdesk.privacy import copies
from helpdesk.privacy.models import DataCopy
from helpdesk.recordings.models import CallRecording
from helpdesk.surveys.models import Survey
from helpdesk.workflows import (
    copying_pages,
    copying_visits,
    portal_matters,
    portal_owned,
    portal_reach,
)
from helpdesk.workflows.portal_matters import Said, Word
from helpdesk.workflows.portal_reach import Reach

log = logging.getLogger("helpdesk.privacy")

ACTOR = system("privacy")
PIECE = 256 * 1024
PART_KEPT_S = 24 * 3600
_ENDINGS = {"audio/wav": ".wav", "audio/x-wav": ".wav", "audio/mpeg": ".mp3", "audio/ogg": ".ogg"}
_UNSAFE = re.compile(r"[^\w .()-]+")


def folder() -> Path:
    return place.here().folder.parent / "copies"


def path_of(copy_id: str) -> Path:
    return folder() / f"{copy_id}.zip"


def run() -> None:
    """Make what waits, and take away what has outlived its days."""
    _take_away_parts()
    with reading(ACTOR) as work:
        ids = copies.waiting(work)
    for copy_id in ids:
        try:
            make(copy_id)
        except Exception:
            log.exception("copy %s could not be made", copy_id)
            with begin(ACTOR) as work:
                copies.failed(work, copy_id)
    with begin(ACTOR) as work:
        _take_away(copies.outlived(work))


def make(copy_id: str) -> None:
    """Two workers may make the same copy at once, and its customer may be erased meanwhile: so each
    writes a file of its own, which counts only where the row still waits for it.
    """
    with reading(ACTOR) as work:
        row = work.session.get_one(DataCopy, copy_id)
    who = Actor("user", row.user_id, role="customer", customer_id=row.customer_id)
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder() / f"{copy_id}.{new_id()}.part"
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out, reading(who) as work:
            found = _Gathering(work, out, row.language).everything()
            out.writestr("data.json", orjson.dumps(found, option=orjson.OPT_INDENT_2))
            out.writestr("index.html", copying_pages.page(found, row.language, clock.now()))
        part.chmod(0o600)
        with begin(ACTOR) as work:
            if copies.ready(work, copy_id, part.stat().st_size):
                part.replace(path_of(copy_id))
                _take_away(copies.former(work, row))
    finally:
        part.unlink(missing_ok=True)


def forget(work: Work, customer_ids: Sequence[str]) -> None:
    """No copy of an erased customer is left."""
    _take_away(copies.of_customers(work, customer_ids))


def _take_away(rows: Sequence[DataCopy]) -> None:
    for row in rows:
        path_of(row.id).unlink(missing_ok=True)
        row.state = "gone"


def _take_away_parts() -> None:
    """What a killed run left behind; no run is that long."""
    before = clock.now().timestamp() - PART_KEPT_S
    for part in folder().glob("*.part"):
        with suppress(FileNotFoundError):
            if part.stat().st_mtime < before:
                part.unlink()


class _Gathering:
    """One pass over everything; files go into the zip as they are met."""

    def __init__(self, work: Work, out: zipfile.ZipFile, language: str) -> None:
        self._work, self._out, self._language = work, out, language
        self._reach: Reach = portal_reach.of(work)
        self._store = FolderStore(place.here().attachments)
        self._taken = 0

    def everything(self) -> dict[str, Any]:
        own = self._reach.customer_id
        return {
            "profile": self._profile(own),
            "addresses": self._addresses(own),
            "matters": list(self._matters()),
            "talks": list(self._talks()),
            "orders": list(self._orders()),
            "things": list(self._things()),
            "visits": copying_visits.visits(self._work, own, self._language),
            "places": copying_visits.places(self._work, own),
            "recordings": self._recordings(own),
            "surveys": self._surveys(own),
            "consents": self._consents(own),
            "remarks": self._remarks(own),
        }

    def _profile(self, own: str) -> dict[str, Any]:
        row = self._work.session.get_one(Customer, own)
        return {
            "name": row.name,
            "language": row.language,
            "time_zone": row.timezone,
            "preferred_channel": row.preferred_channel,
            "preferred_time": row.preferred_time,
            "since": row.created_at.isoformat(),
        }

    def _addresses(self, own: str) -> list[dict[str, Any]]:
        rows = self._work.session.scalars(
            select(ContactPoint)
            .where(ContactPoint.customer_id == own, ContactPoint.kind.in_(("email", "phone")))
            .order_by(ContactPoint.id)
        )
        return [
            {"kind": row.kind, "address": row.value, "confirmed": row.verified_at is not None}
            for row in rows
        ]

    def _matters(self) -> Iterator[dict[str, Any]]:
        for which in ("open", "done"):
            cursor: str | None = None
            while True:
                page = portal_matters.page(
                    self._work, self._reach, "open" if which == "open" else "done", cursor=cursor
                )
                for line in page.items:
                    matter = portal_reach.get(self._work, self._reach, line.id)
                    yield {
                        "number": line.number,
                        "name": f"{line.number} {line.subject}",
                        "state": line.state,
                        "opened": line.opened_at.isoformat(),
                        "fields": dict(portal_matters.facts(self._work, matter.ticket)),
                        "words": self._words(
                            lambda at, matter=matter: portal_matters.said(
                                self._work, self._reach, matter, cursor=at
                            )
                        ),
                    }
                if (cursor := page.next_cursor) is None:
                    break

    def _talks(self) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = portal_matters.talks(self._work, self._reach, cursor=cursor)
            for one in page.items:
                yield {
                    "channel": one.channel,
                    "name": one.reason or one.channel,
                    "opened": one.opened_at.isoformat(),
                    "words": self._words(
                        lambda at, one=one: portal_matters.talk(
                            self._work, self._reach, one.id, cursor=at
                        )[1]
                    ),
                }
            if (cursor := page.next_cursor) is None:
                return

    def _orders(self) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page = portal_owned.orders(self._work, self._reach, cursor=cursor)
            for one in page.items:
                found = portal_owned.order(self._work, self._reach, one.id)
                lines = [f"{held.line.quantity} x {held.line.name}" for held in found.lines]
                yield {
                    "number": one.number,
                    "placed": one.placed_at.isoformat(),
                    "status": one.status,
                    "total": one.total_minor,
                    "currency": one.currency,
                    "lines": ", ".join(lines),
                }
            if (cursor := page.next_cursor) is None:
                return

    def _things(self) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        while True:
            page, cursor = portal_owned.things(self._work, self._reach, cursor=cursor)
            for one in page:
                yield {
                    "name": one.asset.name,
                    "serial": one.asset.serial,
                    "place": one.asset.place,
                    "bought": str(one.asset.purchased_on or ""),
                }
            if cursor is None:
                return

    def _words(self, ask: Any) -> list[dict[str, Any]]:
        """Oldest first; asked for page by page from the newest."""
        pages: list[Said] = [ask(None)]
        while pages[-1].earlier is not None:
            pages.append(ask(pages[-1].earlier))
        return [self._word(word) for page in reversed(pages) for word in page.words]

    def _word(self, word: Word) -> dict[str, Any]:
        return {
            "by": word.by,
            "name": word.name,
            "at": word.at.isoformat(),
            "text": word.text,
            "files": [self._file(one) for one in word.files],
        }

    def _file(self, one: dict[str, Any]) -> dict[str, str]:
        name = str(one.get("name", ""))
        if one.get("gone") or not one.get("id"):
            return {"name": name, "path": ""}
        with suppress(NotFound):
            row = portal_matters.file_of(self._work, self._reach, str(one["id"]))
            with self._store.open(row.id) as stream:
                self._taken += 1
                path = f"files/{self._taken:04d} {_UNSAFE.sub('_', name)[:80].strip(' .')}"
                with self._out.open(path, "w") as into:
                    while piece := stream.read(PIECE):
                        into.write(piece)
            return {"name": name, "path": path}
        return {"name": name, "path": ""}

    def _recordings(self, own: str) -> list[dict[str, Any]]:
        rows = self._work.session.scalars(
            select(CallRecording)
            .join(Conversation, Conversation.id == CallRecording.conversation_id)
            .where(Conversation.customer_id == own, CallRecording.file == "stored")
            .order_by(CallRecording.id)
        )
        with_sound = self._calls_are_theirs(own)
        return [
            {
                "began": row.began_at.isoformat() if row.began_at else "",
                "seconds": row.seconds,
                "sound": self._sound(row) if with_sound else "",
            }
            for row in rows
        ]

    def _calls_are_theirs(self, own: str) -> bool:
        """A number that is only claimed may be another's, whose voice is no part of this copy."""
        phones = select(ContactPoint.verified_at).where(
            ContactPoint.customer_id == own, ContactPoint.kind == "phone"
        )
        proved = self._work.session.scalars(phones).all()
        return bool(proved) and all(proved)

    def _sound(self, row: CallRecording) -> str:
        """The caller's own line, which no consult of colleagues is on."""
        if row.file_id is None:
            return ""
        with suppress(NotFound, FileNotFoundError), self._store.open(row.file_id) as stream:
            self._taken += 1
            path = f"recordings/{self._taken:04d}{_ENDINGS.get(row.type, '')}"
            with self._out.open(path, "w") as into:
                while piece := stream.read(PIECE):
                    into.write(piece)
            return path
        return ""

    def _surveys(self, own: str) -> list[dict[str, Any]]:
        rows = self._work.session.scalars(
            select(Survey)
            .where(Survey.customer_id == own, Survey.state.in_(("sent", "answered")))
            .order_by(Survey.id)
        )
        return [
            {
                "kind": row.kind,
                "question": row.question,
                "asked": row.sent_at.isoformat() if row.sent_at else "",
                "answered": row.answered_at.isoformat() if row.answered_at else "",
                "score": row.score,
                "comment": row.comment,
            }
            for row in rows
        ]

    def _consents(self, own: str) -> list[dict[str, Any]]:
        found, cursor = [], None
        while True:
            page = consents.history(self._work, [own], cursor=cursor, limit=100)
            found += [
                {
                    "purpose": row.purpose,
                    "channel": row.channel,
                    "address": row.address,
                    "state": row.state,
                    "text_version": row.text_number,
                    "source": row.source,
                    "at": row.at.isoformat(),
                }
                for row in page.items
            ]
            if (cursor := page.next_cursor) is None:
                return found

    def _remarks(self, own: str) -> list[dict[str, Any]]:
        rows = self._work.session.scalars(
            select(Remark).where(Remark.customer_id == own, Remark.source == "reader")
        )
        return [{"text": row.text, "at": row.at.isoformat()} for row in rows]
