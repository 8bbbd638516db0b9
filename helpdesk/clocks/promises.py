"""Clocks with a fixed instant: promises ("I will call at 16:00") and appointment windows.

They run by the wall clock and know no pause. Not for the deadlines of a policy.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.clocks import case as cases
from helpdesk.clocks import permissions
from helpdesk.clocks.events import PromiseEnded, PromiseMade
from helpdesk.clocks.models import ClockRow
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work

LONGEST_TEXT = 300
LONGEST_AHEAD = timedelta(days=366)


def promise(work: Work, ticket_id: str, *, owner_id: str, due_at: datetime, text: str) -> str:
    """`owner_id` promises to do `text` by `due_at`; answers the clock's id."""
    permissions.require_see(work)
    words = " ".join(text.split())
    if not words or len(words) > LONGEST_TEXT:
        raise Invalid(fields={"text": f"Say in up to {LONGEST_TEXT} characters what is promised."})
    if not work.at < due_at <= work.at + LONGEST_AHEAD:
        raise Invalid(fields={"due_at": "Choose a time from now to a year ahead."})
    clock, customer_id = _clock(work, ticket_id, "promise", due_at, 0, owner_id, words)
    work.emit(
        PromiseMade(
            customer_id=customer_id,
            ticket_id=ticket_id,
            clock_id=clock.id,
            owner_id=owner_id,
            due_at=due_at.isoformat(),
        )
    )
    return clock.id


def keep_promise(work: Work, clock_id: str) -> None:
    """It was done now; after the promised time it counts as late."""
    clock, customer_id = _end(work, clock_id, "promise", "kept", asked=True)
    _tell_end(work, clock, customer_id, "late" if clock.breached_at else "kept")


def withdraw_promise(work: Work, clock_id: str) -> None:
    """It no longer stands, for example because the customer asked for another time."""
    _tell_end(work, *_end(work, clock_id, "promise", "withdrawn", asked=True), "withdrawn")


def stand_again(work: Work, clock_id: str) -> None:
    """It was ended by mistake: it runs on as if nothing had been said."""
    case, clock = _open(work, clock_id, "promise", asked=True)
    if clock.stopped_at is None:
        raise Conflict("This has not ended.", code="not_ended")
    clock.stopped_at, clock.stopped_by, clock.elapsed_us = None, "", None
    cases.settle(work, case, work.at)
    _tell_end(work, clock, case.ledger.customer_id, "stands")


def move(work: Work, from_id: str, to_id: str, *, only: Collection[str] | None = None) -> list[str]:
    """What is still promised on one ticket, visits too, is owed on another from now on; the clocks'
    ids.

    `only` names those to be moved, whether they have ended since or not (a merge that is undone).
    """
    wanted = select(ClockRow.id).where(
        ClockRow.ticket_id == from_id, ClockRow.name.in_(("promise", "appointment"))
    )
    if only is None:
        wanted = wanted.where(ClockRow.stopped_at.is_(None))
    else:
        wanted = wanted.where(ClockRow.id.in_(list(only)))
    ids = list(work.session.scalars(wanted))
    if not ids:
        return []
    held = {one: cases.open_case(work, one) for one in sorted((from_id, to_id))}
    source, target = held[from_id], held[to_id]
    for clock in [one for one in source.clocks if one.id in ids]:
        clock.ticket_id = to_id
        source.clocks.remove(clock)
        target.clocks.append(clock)
    work.session.flush()
    for case in (source, target):
        cases.settle(work, case, work.at)
    return ids


def appointment(work: Work, ticket_id: str, *, begins_at: datetime, ends_at: datetime) -> str:
    """A window in which a technician comes; answers the clock's id."""
    if ends_at <= begins_at:
        raise Invalid(fields={"ends_at": "The window must end after it begins."})
    length = int((ends_at - begins_at).total_seconds())
    return _clock(work, ticket_id, "appointment", begins_at, length, None, "")[0].id


def arrived(work: Work, clock_id: str, *, at: datetime | None = None) -> None:
    """The technician is on site, since `at`."""
    _end(work, clock_id, "appointment", "arrived", at=at)


def withdraw_appointment(work: Work, clock_id: str) -> None:
    """The visit was moved or called off."""
    _end(work, clock_id, "appointment", "withdrawn")


def _clock(
    work: Work,
    ticket_id: str,
    name: str,
    at: datetime,
    target_s: int,
    owner_id: str | None,
    text: str,
) -> tuple[ClockRow, str | None]:
    """The new clock, and whose ticket it runs on."""
    case = cases.open_case(work, ticket_id)
    clock = ClockRow(
        id=new_id(), ticket_id=ticket_id, name=name, started_at=at, created_at=work.at,
        target_s=target_s, stopped_at=None, elapsed_us=None, due_at=None, breached_at=None,
        tell_at=None, warned_at=None, breach_told_at=None, first_stopped_at=None,
        first_elapsed_us=None, first_breached_at=None, owner_id=owner_id, text=text,
    )  # fmt: skip
    work.put(clock)
    case.clocks.append(clock)
    cases.settle(work, case, work.at)
    return clock, case.ledger.customer_id


def _open(
    work: Work, clock_id: str, name: str, *, asked: bool = False
) -> tuple[cases.Case, ClockRow]:
    """The clock and the case it belongs to, held; `asked`: by a person, who needs to be allowed."""
    ticket_id = None
    if is_id(clock_id):
        ticket_id = work.session.scalar(
            select(ClockRow.ticket_id).where(ClockRow.id == clock_id, ClockRow.name == name)
        )
    if ticket_id is None or (asked and not permissions.can_see(work.actor)):
        raise NotFound
    case = cases.open_case(work, ticket_id)
    clock = next(one for one in case.clocks if one.id == clock_id)
    if asked and not permissions.can_end(work.actor, clock):
        raise Forbidden("Only its owner or a supervisor can end a promise.")
    return case, clock


def _end(
    work: Work,
    clock_id: str,
    name: str,
    by: str,
    *,
    asked: bool = False,
    at: datetime | None = None,
) -> tuple[ClockRow, str | None]:
    case, clock = _open(work, clock_id, name, asked=asked)
    if clock.stopped_at is not None:
        raise Conflict("This has ended already.", code="ended")
    if by == "withdrawn":
        clock.stopped_at, clock.stopped_by, clock.tell_at = work.at, by, None
    else:
        cases.stop(work, case, clock, at or work.at, by)
    cases.settle(work, case, work.at)
    return clock, case.ledger.customer_id


def _tell_end(work: Work, clock: ClockRow, customer_id: str | None, outcome: str) -> None:
    work.emit(
        PromiseEnded(
            customer_id=customer_id,
            ticket_id=clock.ticket_id,
            clock_id=clock.id,
            owner_id=clock.owner_id,
            outcome=outcome,
        )
    )
