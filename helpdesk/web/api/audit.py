"""The audit log over the API, read only: nobody changes or deletes a row of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select

from helpdesk.core.paging import clamp_limit, cut, keyset
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import Work
from helpdesk.web.api.base import ADMIN, operation
from helpdesk.web.api.customers import ActorView, actor_views
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed


class AuditView(View):
    """Who did what to what; `details` holds the facts that matter."""

    id: str
    seq: int
    at: datetime
    actor: ActorView
    address: str | None
    action: str
    subject_kind: str
    subject_id: str | None
    details: dict[str, Any]


class AuditAsked(Paged):
    action: Annotated[str, Meta(max_length=80, examples=["user.role_changed"])] = ""
    subject_kind: Annotated[str, Meta(max_length=40, examples=["user"])] = ""
    subject_id: Id | UnsetType = UNSET


@operation("GET", "/audit", who=ADMIN, query=AuditAsked, gives=Listed[AuditView])
def list_audit(work: Work, query: AuditAsked) -> Listed[AuditView]:
    """Read the audit log, newest first."""
    limit = clamp_limit(query.limit)
    wanted = select(AuditEntry)
    if query.action:
        wanted = wanted.where(AuditEntry.action == query.action)
    if query.subject_kind:
        wanted = wanted.where(AuditEntry.subject_kind == query.subject_kind)
    if query.subject_id is not UNSET:
        wanted = wanted.where(AuditEntry.subject_id == query.subject_id)
    order = [AuditEntry.seq.expression]
    rows = work.session.scalars(keyset(wanted, order, cursor=query.place(), limit=limit)).all()
    page = cut(rows, limit, lambda row: [row.seq])
    actors = actor_views(work, [row.actor for row in page.items])
    return listed(
        page,
        [
            AuditView(
                id=row.id,
                seq=row.seq,
                at=row.at,
                actor=actor,
                address=row.address,
                action=row.action,
                subject_kind=row.subject_kind,
                subject_id=row.subject_id,
                details=row.details,
            )
            for row, actor in zip(page.items, actors, strict=True)
        ],
    )
