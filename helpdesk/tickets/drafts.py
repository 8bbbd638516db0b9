"""Drafts on the server: what somebody began to write survives reload, another browser and a crash.

Everybody reads and writes only their own. Two windows of one person don't overwrite each other
unseen: who saves upon an older version is refused and shown the newer text. Not for what was sent
(see `sending_later`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from helpdesk.core import reach
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.tickets import with_words
from helpdesk.tickets.models import TicketDraft
from helpdesk.tickets.permissions import get_visible, require_desk

LONGEST_DRAFT = 60_000
"""More than a message may hold: what is taken back is joined to what was begun since, uncut."""
MOST_FILES = 10


class StaleDraft(Conflict):
    """Another window saved meanwhile; `draft` is what stands there now."""

    code = "stale_draft"

    def __init__(self, draft: TicketDraft) -> None:
        super().__init__("You wrote on this in another window. Choose which text to keep.")
        self.draft = draft


@dataclass(frozen=True, slots=True)
class Writing:
    """A colleague who has a draft on the ticket; their words stay theirs."""

    user_id: str
    public: bool
    updated_at: datetime


def save_draft(
    work: Work,
    ticket_id: str,
    *,
    text: str,
    public: bool = True,
    files: Sequence[str] = (),
    then: Mapping[str, Any] | None = None,
    seen_at: datetime | None = None,
    version: int | None = None,
) -> TicketDraft | None:
    """Keep the text as the actor's draft; None when there is nothing left to keep.

    `then` are changes that go with it, with `at` where it is meant for later. `seen_at` is of what
    moment the ticket was that the writer saw; it only moves on. `version` is the one this text was
    written upon (0: upon nothing); StaleDraft when another window has saved since. None overwrites.
    """
    require_desk(work)
    get_visible(work, ticket_id)
    kept, changes = _clean(text), _meant(then)
    ids = [i for i in dict.fromkeys(files) if is_id(i)][:MOST_FILES]
    key = (ticket_id, work.actor.id, public)
    row = work.session.get(TicketDraft, key, with_for_update=True, populate_existing=True)
    if row is not None and version is not None and row.version != version:
        if row.text == kept:
            return row
        raise StaleDraft(row)
    if not kept.strip() and not ids and not changes:
        drop_draft(work, ticket_id, public=public)
        return None
    seen = min(seen_at or work.at, work.at)
    if row is None:
        return _first(work, ticket_id, public, kept, ids, changes, seen)
    row.text, row.files, row.then = kept, ids, changes
    row.seen_at = max(row.seen_at, seen) if seen_at else row.seen_at
    row.updated_at, row.version = work.at, row.version + 1
    work.session.flush()
    return row


def draft_of(work: Work, ticket_id: str, *, public: bool = True) -> TicketDraft | None:
    """The actor's own draft on this ticket."""
    return work.session.get(TicketDraft, (ticket_id, work.actor.id, public))


def drafts_on(work: Work, ticket_id: str) -> dict[bool, TicketDraft]:
    """The actor's reply (True) and note (False) on this ticket, in one query."""
    rows = work.session.scalars(
        select(TicketDraft).where(
            TicketDraft.ticket_id == ticket_id, TicketDraft.user_id == work.actor.id
        )
    )
    return {row.public: row for row in rows}


def drop_draft(work: Work, ticket_id: str, *, public: bool = True) -> None:
    work.session.execute(
        delete(TicketDraft).where(
            TicketDraft.ticket_id == ticket_id,
            TicketDraft.user_id == work.actor.id,
            TicketDraft.public.is_(public),
        )
    )


def others_writing(work: Work, ticket_id: str) -> Sequence[Writing]:
    """Colleagues with a draft on this ticket, the last to type first; never what they wrote."""
    require_desk(work)
    get_visible(work, ticket_id)
    rows = work.session.execute(
        select(TicketDraft.user_id, TicketDraft.public, TicketDraft.updated_at)
        .where(TicketDraft.ticket_id == ticket_id, TicketDraft.user_id != work.actor.id)
        .order_by(TicketDraft.updated_at.desc())
        .limit(20)
    )
    return [Writing(*row) for row in rows]


def my_drafts(
    work: Work, *, cursor: str | None = None, limit: int | None = None
) -> Page[TicketDraft]:
    """Everything the actor has begun on tickets within reach, the last touched first."""
    most = clamp_limit(limit)
    table = TicketDraft.__table__.c
    statement = select(TicketDraft).where(TicketDraft.user_id == work.actor.id)
    if work.actor.is_limited:
        statement = statement.where(reach.sees(work.actor, "ticket", table.ticket_id))
    order = (table.updated_at, table.ticket_id)
    rows = work.session.scalars(keyset(statement, order, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.updated_at, row.ticket_id])


def _first(
    work: Work,
    ticket_id: str,
    public: bool,
    text: str,
    files: list[str],
    then: dict[str, Any],
    seen_at: datetime,
) -> TicketDraft:
    row = {
        "ticket_id": ticket_id,
        "user_id": work.actor.id,
        "public": public,
        "text": text,
        "files": files,
        "then": then,
        "seen_at": seen_at,
        "updated_at": work.at,
        "version": 1,
    }
    fresh = insert_if_absent(work.session, TicketDraft, row)
    found = work.session.get_one(TicketDraft, (ticket_id, work.actor.id, public))
    if not fresh:  # another window was first by a hair
        raise StaleDraft(found)
    return found


def _meant(then: Mapping[str, Any] | None) -> dict[str, Any]:
    """The changes, and the instant for which the words are meant."""
    changes = dict(then or {})
    at = changes.pop("at", None)
    kept = with_words.checked(changes)
    if at:
        try:
            kept["at"] = datetime.fromisoformat(at).isoformat()
        except (TypeError, ValueError):
            raise Invalid(fields={"at": "That is no time."}) from None
    return kept


def _clean(text: object) -> str:
    if not isinstance(text, str):
        raise Invalid("A draft needs a text.", code="no_text")
    kept = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if len(kept) > LONGEST_DRAFT:
        raise Invalid(f"A draft holds at most {LONGEST_DRAFT:,} characters.", code="too_long")
    return kept
