"""Files in conversations: taken in under limits, kept under our own ids, fetched by their viewers.

A link has its viewer in its signature, so it is worth nothing to anybody else, and permission is
asked again at each fetch. Not for showing files: they are only ever downloaded.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from sqlalchemy import delete, func, or_, select

from helpdesk.channels import content_types, queries, scanning
from helpdesk.channels.models import Attachment, Conversation, Message
from helpdesk.core import secrets
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work

MOST_PER_MESSAGE = 10
MOST_PER_CONVERSATION = 40
MOST_BYTES_PER_CONVERSATION = 200 * 1024 * 1024
UNSENT_KEPT = timedelta(days=1)
_PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies in the store, not yet known to the database."""

    id: str
    size: int
    sha256: str
    type: str


class Store(Protocol):
    """Where the bytes lie. The names are ids made here, never a name from outside."""

    def save(self, stream: BinaryIO, *, most: int) -> Stored:
        """Keep the stream under a fresh id; Invalid when it is empty or longer than `most`.

        Also what `scanning.need_clean` raises, where a virus scanner is named.
        """
        ...

    def open(self, attachment_id: str) -> BinaryIO:
        """The bytes; NotFound when they are gone."""
        ...

    def remove(self, attachment_id: str) -> None: ...


class FolderStore:
    """A folder on this machine, two levels deep so that no folder grows too large."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(self, stream: BinaryIO, *, most: int) -> Stored:
        attachment_id = new_id()
        path = self._path(attachment_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        try:
            stored = self._write(part, attachment_id, stream, most)
            with part.open("rb") as written:
                scanning.need_clean(written)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return stored

    def _write(self, part: Path, attachment_id: str, stream: BinaryIO, most: int) -> Stored:
        digest, size, head = hashlib.sha256(), 0, b""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(part, flags, 0o600), "wb") as out:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > most:
                    raise Invalid(
                        f"This file is larger than {most // 1024 // 1024} MB.",
                        code="file_too_large",
                    )
                head = head or piece[: content_types.HEAD]
                digest.update(piece)
                out.write(piece)
            if size == 0:
                raise Invalid("This file is empty.", code="file_empty")
            out.flush()
            os.fsync(out.fileno())
        return Stored(attachment_id, size, digest.hexdigest(), content_types.found_type(head))

    def open(self, attachment_id: str) -> BinaryIO:
        try:
            return self._path(attachment_id).open("rb")
        except FileNotFoundError as error:
            raise NotFound() from error

    def remove(self, attachment_id: str) -> None:
        self._path(attachment_id).unlink(missing_ok=True)

    def _path(self, attachment_id: str) -> Path:
        if not is_id(attachment_id):
            raise NotFound()
        return self.root / attachment_id[-2:] / attachment_id[-4:-2] / attachment_id


def add(
    work: Work, conversation_id: str, stored: Stored, *, name: str, uploaded_by: str
) -> Attachment:
    """Make a stored file known; the caller removes it from the store when this refuses.

    `uploaded_by` is `visitor` or `agent:USER_ID`, as in a message's author.
    """
    conversation = work.session.scalar(
        select(Conversation).where(Conversation.id == conversation_id).with_for_update()
    )
    if conversation is None or conversation.state == "ended":
        raise Invalid("This conversation has ended.", code="conversation_ended")
    count, size = work.session.execute(
        select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.conversation_id == conversation_id, Attachment.erased_at.is_(None)
        )
    ).one()
    if count >= MOST_PER_CONVERSATION or size + stored.size > MOST_BYTES_PER_CONVERSATION:
        raise Invalid("This conversation cannot hold more files.", code="too_many_files")
    attachment = Attachment(
        id=stored.id,
        conversation_id=conversation_id,
        message_id=None,
        uploaded_by=uploaded_by,
        name=content_types.clean_name(name),
        type=stored.type,
        size=stored.size,
        sha256=stored.sha256,
        created_at=work.at,
        erased_at=None,
    )
    work.session.add(attachment)
    return attachment


def unsent(
    work: Work, conversation_id: str, ids: Iterable[object], *, uploaded_by: str
) -> list[Attachment]:
    """The files of a message about to be posted, in the order given.

    Invalid unless each was uploaded to this conversation by its author and not sent before.
    """
    wanted = list(dict.fromkeys(str(i) for i in ids))
    if len(wanted) > MOST_PER_MESSAGE:
        raise Invalid(f"A message takes at most {MOST_PER_MESSAGE} files.", code="too_many_files")
    if not wanted:
        return []
    rows = work.session.scalars(
        select(Attachment).where(
            Attachment.id.in_([i for i in wanted if is_id(i)]),
            Attachment.conversation_id == conversation_id,
            Attachment.uploaded_by == uploaded_by,
            Attachment.message_id.is_(None),
            Attachment.erased_at.is_(None),
        )
    )
    found = {row.id: row for row in rows}
    if len(found) != len(wanted):
        raise Invalid("A file is not here. Add it again.", code="file_unknown")
    return [found[i] for i in wanted]


def add_loose(work: Work, stored: Stored, *, name: str, uploaded_by: str) -> Attachment:
    """Make a stored file known before the words it goes with have a place (a ticket's reply)."""
    attachment = Attachment(
        id=stored.id,
        conversation_id=stored.id,
        message_id=None,
        uploaded_by=uploaded_by,
        name=content_types.clean_name(name),
        type=stored.type,
        size=stored.size,
        sha256=stored.sha256,
        created_at=work.at,
        erased_at=None,
    )
    work.session.add(attachment)
    work.session.flush()
    return attachment


def add_fetched(
    work: Work, conversation_id: str, message_id: str, stored: Stored, *, name: str
) -> Attachment:
    """Make a file known that came with a customer's message and was fetched after it."""
    attachment = Attachment(
        id=stored.id,
        conversation_id=conversation_id,
        message_id=message_id,
        uploaded_by="visitor",
        name=content_types.clean_name(name),
        type=stored.type,
        size=stored.size,
        sha256=stored.sha256,
        created_at=work.at,
        erased_at=None,
    )
    work.session.add(attachment)
    return attachment


def loose(work: Work, ids: Sequence[str], *, uploaded_by: str) -> list[Attachment]:
    """The writer's own files that were in no message yet, in the order given."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return []
    rows = work.session.scalars(
        select(Attachment).where(
            Attachment.id.in_(wanted),
            Attachment.uploaded_by == uploaded_by,
            Attachment.message_id.is_(None),
            Attachment.erased_at.is_(None),
        )
    )
    found = {row.id: row for row in rows}
    if len(found) != len(wanted):
        raise Invalid("A file is not here. Add it again.", code="file_unknown")
    return [found[one] for one in wanted]


def get_for(work: Work, attachment_id: str, viewer: Actor) -> Attachment:
    """The attachment when this viewer may have it; NotFound otherwise, whatever the reason."""
    attachment = work.session.get(Attachment, attachment_id)
    if attachment is None or attachment.erased_at is not None:
        raise NotFound()
    if viewer.kind == "user" and viewer.on_desk and _is_seen(work, attachment, viewer):
        return attachment
    if viewer.kind == "visitor" and _is_visitors(work, attachment, viewer.id):
        return attachment
    raise NotFound()


def _is_seen(work: Work, attachment: Attachment, viewer: Actor) -> bool:
    """The whole desk fetches files; who is limited to some queues those of conversations there."""
    if not viewer.is_limited or attachment.uploaded_by == f"agent:{viewer.id}":
        return True
    wanted = select(Conversation.id).where(Conversation.id == attachment.conversation_id)
    return work.session.scalar(queries.visible(viewer, wanted)) is not None


def link(attachment_id: str, viewer: str) -> str:
    """The address under which `viewer` (an actor's label) fetches the file."""
    return f"/a/{attachment_id}/{_link_token(attachment_id, viewer)}"


def link_fits(attachment_id: str, token: str, viewer: str) -> bool:
    """True when the link was made for this viewer."""
    own = _link_token(attachment_id, viewer)
    return hmac.compare_digest(own.encode(), token.encode("utf-8", "replace"))


def linked(files: Sequence[dict[str, Any]], viewer: str) -> list[dict[str, Any]]:
    """A message's attachments with a `url` for this viewer, ready to send."""
    return [{**file, "url": link(str(file["id"]), viewer)} for file in files]


def erase(work: Work, store: Store, attachment_id: str) -> None:
    """Remove the bytes for good; the row stays to say that something was here."""
    attachment = work.session.get(Attachment, attachment_id)
    if attachment is None or attachment.erased_at is not None:
        return
    attachment.erased_at = work.at
    work.audit("attachment.erased", "attachment", attachment_id)
    work.after_commit(partial(store.remove, attachment_id))


def forget_unsent(work: Work, store: Store, *, most: int = 200) -> int:
    """Delete files that were uploaded and never sent; answers how many."""
    old = select(Attachment.id).where(
        Attachment.message_id.is_(None),
        Attachment.erased_at.is_(None),
        Attachment.created_at < work.at - UNSENT_KEPT,
        or_(Attachment.kept_until.is_(None), Attachment.kept_until < work.at),
    )
    ids = list(work.session.scalars(old.order_by(Attachment.id).limit(most)))
    if not ids:
        return 0
    work.session.execute(delete(Attachment).where(Attachment.id.in_(ids)))
    for attachment_id in ids:
        work.after_commit(partial(store.remove, attachment_id))
    return len(ids)


def _is_visitors(work: Work, attachment: Attachment, visitor_id: str) -> bool:
    """In the visitor's own conversation, and neither in a note nor still in an agent's composer."""
    conversation = work.session.get(Conversation, attachment.conversation_id)
    if conversation is None or conversation.visitor_id != visitor_id:
        return False
    if attachment.message_id is None:
        return attachment.uploaded_by == "visitor"
    message = work.session.get(Message, attachment.message_id)
    return message is not None and message.public


def _link_token(attachment_id: str, viewer: str) -> str:
    return secrets.sign("attachment", f"{attachment_id} {viewer}")[:43]  # 172 bits
