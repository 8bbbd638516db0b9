"""Rows of what phones said: each command once, with the receipt that repetitions get again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.field_service import permissions
from helpdesk.field_service.events import CommandSettled
from helpdesk.field_service.models_work import TechnicianCommand


@dataclass(frozen=True, slots=True)
class Told:
    """A command as the phone sent it. `base`: the version of the visit that it had before it."""

    id: str
    kind: str
    visit_id: str
    body: dict[str, Any]
    said_at: datetime
    base: int = 0
    mark: str = ""  # see `passes`


def find(work: Work, command_id: str) -> TechnicianCommand | None:
    return work.session.get(TechnicianCommand, command_id)


def last_at(work: Work, technician_id: str) -> datetime | None:
    """When what the technician said last happened."""
    return work.session.scalar(
        select(TechnicianCommand.at)
        .where(TechnicianCommand.technician_id == technician_id)
        .order_by(TechnicianCommand.received_at.desc(), TechnicianCommand.at.desc())
        .limit(1)
    )


def claim(work: Work, told: Told, at: datetime) -> TechnicianCommand | None:
    """The row of a command that is new; None where it is there already, perhaps of a second ago."""
    row = TechnicianCommand(
        id=told.id,
        technician_id=work.actor.id,
        visit_id=told.visit_id,
        kind=told.kind,
        body=told.body,
        said_at=told.said_at,
        at=at,
        received_at=work.at,
        state="done",
        receipt={},
    )
    return row if work.put_if_absent(row) else None


def answer(work: Work, row: TechnicianCommand, state: str, **receipt: Any) -> dict[str, Any]:
    """Write down how it ended, and answer what the phone gets."""
    kept = {"id": row.id, "state": state, "at": row.at.isoformat(), **receipt}
    work.session.execute(
        update(TechnicianCommand)
        .where(TechnicianCommand.id == row.id)
        .values(state=state, receipt=kept)
        .execution_options(synchronize_session=False)
    )
    work.told(TechnicianCommand, row.id, state=state, receipt=kept)
    return kept


def conflicts(
    work: Work, *, cursor: str | None = None, limit: int | None = None
) -> Page[TechnicianCommand]:
    """What waits for a dispatcher, the oldest first."""
    permissions.require_dispatch(work)
    most = clamp_limit(limit)
    wanted = select(TechnicianCommand).where(TechnicianCommand.state == "conflict")
    columns = (TechnicianCommand.received_at.expression, TechnicianCommand.id.expression)
    rows = work.session.scalars(
        keyset(wanted, columns, cursor=cursor, limit=most, descending=False)
    ).all()
    return cut(rows, most, lambda row: [row.received_at, row.id])


def waiting(work: Work) -> int:
    """How many conflicts wait for a dispatcher; counted to a hundred."""
    some = select(TechnicianCommand.id).where(TechnicianCommand.state == "conflict").limit(100)
    return work.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def settle(work: Work, command_id: str, how: str) -> TechnicianCommand:
    """A dispatcher has seen to a conflict; `how` in words. What was said stays."""
    permissions.require_dispatch(work)
    row = find(work, command_id) if is_id(command_id) else None
    if row is None:
        raise NotFound()
    if row.state != "conflict":
        raise Conflict("Somebody has seen to this already.", code="settled")
    row.state = "settled"
    row.receipt = {**row.receipt, "settled": " ".join(how.split())[:300], "by": work.actor.label}
    work.session.flush()
    work.emit(CommandSettled(visit_id=row.visit_id or "", command_id=row.id))
    work.audit("technician_command.settled", "technician_command", row.id, how=how[:300])
    return row
