"""What a technician's phone says, taken in one by one: each command once, each with a receipt.

A command is done, or in conflict (somebody changed the visit while the phone had no net: it is
kept, the technician reads why, a dispatcher decides), or refused because it makes no sense. Each
has a transaction of its own, so that one that does not fit holds nothing else up. What the kinds
do is in `technician_steps`; ADR 43 says why it is so.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, HelpdeskError, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin
from helpdesk.field_service import commands, passes, permissions
from helpdesk.field_service.commands import Told
from helpdesk.field_service.events import CommandInConflict
from helpdesk.field_service.models import RouteStop, Visit
from helpdesk.field_service.told_times import told_at
from helpdesk.workflows import technician_steps as steps
from helpdesk.workflows.technician_steps import Doing

log = logging.getLogger(__name__)

MOST = 100  # commands at once
ABSENT = {"state": "refused", "code": "not_found", "message": permissions.ABSENT}


class NotTheirs(NotFound):
    """As if there were no such visit."""


def take_in(actor: Actor, told: Sequence[Told], sent_at: datetime | None) -> list[dict[str, Any]]:
    """A receipt for each, in the same order."""
    return [_one(actor, one, sent_at) for one in told]


def _one(actor: Actor, told: Told, sent_at: datetime | None) -> dict[str, Any]:
    try:
        with begin(actor) as work:
            return _do(work, told, sent_at)
    except NotTheirs:
        # Not theirs and never was: nothing is kept, and nothing is told.
        return {"id": told.id, **ABSENT}
    except (Conflict, NotFound) as error:
        return _ended(actor, told, sent_at, "conflict", error)
    except HelpdeskError as error:
        return _ended(actor, told, sent_at, "refused", error)


def _do(work: Work, told: Told, sent_at: datetime | None) -> dict[str, Any]:
    known = _known(work, told)
    if known is not None:
        return known
    at = told_at(told.said_at, sent_at, work.at, commands.last_at(work, work.actor.id))
    visit = _theirs(work, told)
    row = commands.claim(work, told, at)
    if row is None:
        return _known(work, told) or {"id": told.id, **ABSENT}
    steps.need_fitting(work, told, visit, at)
    extra = steps.act(work, Doing(told, visit.id, at))
    now = work.session.get_one(Visit, visit.id)
    return commands.answer(work, row, "done", version=now.version, visit_state=now.state, **extra)


def _ended(
    actor: Actor, told: Told, sent_at: datetime | None, state: str, error: HelpdeskError
) -> dict[str, Any]:
    """What could not be done is kept all the same; nothing of its transaction has remained."""
    with begin(actor) as work:
        known = _known(work, told)
        if known is not None:
            return known
        at = told_at(told.said_at, sent_at, work.at, commands.last_at(work, actor.id))
        row = commands.claim(work, told, at)
        if row is None:
            return _known(work, told) or {"id": told.id, **ABSENT}
        if state == "conflict":
            work.emit(
                CommandInConflict(
                    visit_id=told.visit_id,
                    command_id=told.id,
                    technician_id=actor.id,
                    code=error.code,
                )
            )
        return commands.answer(work, row, state, code=error.code, message=error.message)


def _known(work: Work, told: Told) -> dict[str, Any] | None:
    """The receipt of a command that was told before, by the same technician."""
    row = commands.find(work, told.id)
    if row is None:
        return None
    if row.technician_id != work.actor.id:
        raise NotTheirs(permissions.ABSENT)
    return row.receipt


def _theirs(work: Work, told: Told) -> Visit:
    """The visit, where it is the actor's or was when their phone fetched it; else NotFound."""
    visit = work.session.get(Visit, told.visit_id) if is_id(told.visit_id) else None
    if visit is None:
        raise NotTheirs(permissions.ABSENT)
    if passes.fits(told.mark, visit.id, work.actor.id) or is_in_route(work, visit.id):
        return visit
    raise NotTheirs(permissions.ABSENT)


def is_in_route(work: Work, visit_id: str) -> bool:
    """Whether it stands in one of the actor's own routes."""
    return (
        work.session.scalar(
            select(RouteStop.id).where(
                RouteStop.visit_id == visit_id, RouteStop.technician_id == work.actor.id
            )
        )
        is not None
    )
