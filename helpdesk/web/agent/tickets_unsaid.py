"""Words on a ticket that are not said yet, for its page: one's own drafts, what waits to go out.

Of a colleague's draft only its being there is told, never what it says. Not for changing them (see
`tickets_drafts`, `tickets_pending`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from helpdesk.channels.models import Attachment
from helpdesk.clocks.models import ClockRow
from helpdesk.core.db import epoch_of, json_rows, table_of
from helpdesk.core.work import Work
from helpdesk.identity.models import User
from helpdesk.tickets.models import PendingReply, Ticket, TicketDraft
from helpdesk.tickets.sending_later import SHOWN
from helpdesk.web.agent.tickets_history import lines_since
from helpdesk.web.agent.tickets_then import name_changes

MOST = 50
CHANGES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Unsaid:
    """`frame` is what the page's script draws; `owners` of running promises, by clock."""

    frame: Mapping[str, Any]
    owners: Mapping[str, str] = field(default_factory=dict)


def read(work: Work, ticket: Ticket, found: Sequence[Any]) -> Unsaid:
    """`found` are the values of COLUMNS for this ticket and reader."""
    own, others, waiting, owners = (orjson.loads(text or "[]") for text in found)
    drafts = [_draft(row) for row in own]
    pending = sorted((_pending(row) for row in waiting), key=lambda one: one["send_at"])
    _name_files(work, [*drafts, *pending])
    name_changes(work, [*drafts, *pending])
    frame = {
        "as_of": work.at.isoformat(),
        "drafts": drafts,
        "pending": pending,
        "begun": [
            {"id": who, "name": name, "public": bool(public), "at": _iso(at)}
            for at, who, name, public in sorted(others, reverse=True)
        ],
        "changes": _changes(work, ticket.id, drafts),
    }
    return Unsaid(frame, {clock: name or "" for clock, name in owners})


def draft_frame(work: Work, row: TicketDraft) -> dict[str, Any]:
    """One draft as the page's script knows it."""
    made = {
        "public": row.public,
        "text": row.text,
        "files": list(row.files),
        "then": dict(row.then),
        "version": row.version,
        "seen_at": row.seen_at.isoformat(),
        "at": row.updated_at.isoformat(),
    }
    _name_files(work, [made])
    name_changes(work, [made])
    return made


def pending_frame(work: Work, row: PendingReply) -> dict[str, Any]:
    """One waiting reply as the page's script knows it."""
    made = {
        "id": row.id,
        "user_id": row.user_id,
        "kind": row.kind,
        "state": row.state,
        "public": row.public,
        "text": row.text,
        "files": list(row.files),
        "then": dict(row.then),
        "at": row.created_at.isoformat(),
        "seen_at": row.seen_at.isoformat(),
        "send_at": row.send_at.isoformat(),
        "why": row.why,
    }
    _name_files(work, [made])
    name_changes(work, [made])
    return made


def _draft(row: Sequence[Any]) -> dict[str, Any]:
    public, text, files, then, version, seen_at, at = row
    return {
        "public": bool(public),
        "text": text,
        "files": _plain(files),
        "then": _plain(then),
        "version": version,
        "seen_at": _iso(seen_at),
        "at": _iso(at),
    }


def _pending(row: Sequence[Any]) -> dict[str, Any]:
    id_, user_id, user, kind, state, public, text, files, then, at, seen_at, send_at, why = row
    return {
        "id": id_,
        "user_id": user_id,
        "user": user or "",
        "kind": kind,
        "state": state,
        "public": bool(public),
        "text": text,
        "files": _plain(files),
        "then": _plain(then),
        "at": _iso(at),
        "seen_at": _iso(seen_at),
        "send_at": _iso(round(send_at, 3)),  # a database that counts days is off by a hair
        "why": why,
    }


def _changes(
    work: Work, ticket_id: str, drafts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What others did to the ticket since the reader began to write; nothing without a draft."""
    begun = [datetime.fromisoformat(one["seen_at"]) for one in drafts]
    if not begun:
        return []
    return [
        {
            "at": line.at.isoformat(),
            "who": line.who,
            "what": line.what + (f": {line.detail}" if line.detail else ""),
            "changes": [list(one) for one in line.changes],
        }
        for line in lines_since(work, ticket_id, min(begun), most=CHANGES_SHOWN)
    ]


def _name_files(work: Work, frames: Collection[dict[str, Any]]) -> None:
    """Ids of files become what a page shows of them; those that are gone are left out."""
    ids = [one for frame in frames for one in frame["files"]]
    known: dict[str, dict[str, Any]] = {}
    if ids:
        columns = (Attachment.id, Attachment.name, Attachment.type, Attachment.size)
        rows = work.session.execute(
            select(*columns).where(Attachment.id.in_(ids), Attachment.erased_at.is_(None))
        )
        known = {row.id: dict(row._mapping) for row in rows}
    for frame in frames:
        frame["files"] = [known[one] for one in frame["files"] if one in known]


def _plain(value: Any) -> Any:
    """JSON that a database hands over as text, or taken apart already."""
    return orjson.loads(value) if isinstance(value, str) else value


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(float(seconds), UTC).isoformat()


_DRAFT, _PENDING = table_of(TicketDraft), table_of(PendingReply)
_CLOCK, _USER = table_of(ClockRow), table_of(User)
_this = bindparam("ticket", type_=_DRAFT.c.ticket_id.type)
_me = bindparam("me", type_=_DRAFT.c.user_id.type)
_begun = (
    select(_DRAFT)
    .where(_DRAFT.c.ticket_id == _this, _DRAFT.c.user_id != _me)
    .order_by(_DRAFT.c.updated_at.desc())
    .limit(MOST)
    .subquery()
)
_waiting = (
    select(_PENDING)
    .where(_PENDING.c.ticket_id == _this, _PENDING.c.state.in_(SHOWN))
    .order_by(_PENDING.c.send_at, _PENDING.c.id)
    .limit(MOST)
    .subquery()
)
COLUMNS = (
    select(
        json_rows(
            _DRAFT.c.public,
            _DRAFT.c.text,
            _DRAFT.c.files,
            _DRAFT.c.then,
            _DRAFT.c.version,
            epoch_of(_DRAFT.c.seen_at),
            epoch_of(_DRAFT.c.updated_at),
        )
    )
    .where(_DRAFT.c.ticket_id == _this, _DRAFT.c.user_id == _me)
    .scalar_subquery(),
    select(
        json_rows(epoch_of(_begun.c.updated_at), _begun.c.user_id, _USER.c.name, _begun.c.public)
    )
    .select_from(_begun.join(_USER, _USER.c.id == _begun.c.user_id))
    .scalar_subquery(),
    select(
        json_rows(
            _waiting.c.id,
            _waiting.c.user_id,
            _USER.c.name,
            _waiting.c.kind,
            _waiting.c.state,
            _waiting.c.public,
            _waiting.c.text,
            _waiting.c.files,
            _waiting.c.then,
            epoch_of(_waiting.c.created_at),
            epoch_of(_waiting.c.seen_at),
            epoch_of(_waiting.c.send_at),
            _waiting.c.why,
        )
    )
    .select_from(_waiting.outerjoin(_USER, _USER.c.id == _waiting.c.user_id))
    .scalar_subquery(),
    select(json_rows(_CLOCK.c.id, _USER.c.name))
    .select_from(_CLOCK.join(_USER, _USER.c.id == _CLOCK.c.owner_id))
    .where(_CLOCK.c.ticket_id == _this, _CLOCK.c.stopped_at.is_(None))
    .scalar_subquery(),
)
