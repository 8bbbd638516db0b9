"""Rows of callbacks: one at a time for each number, held, closed.

Not for lines, offers or conversations (see `helpdesk.workflows.calling_back`).
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update

from helpdesk.calls.models import Callback
from helpdesk.calls.windows import Window
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work


def claim(
    work: Work,
    number: str,
    *,
    keeps_since: datetime,
    planned_for: datetime | None = None,
    instead_of: str | None = None,
    window: Window | None = None,
) -> Callback | None:
    """A new callback to this number; None while one is on its way.

    `instead_of` is the call that was laid down for it. Of two at once the database lets one in.
    """
    row = Callback(
        conversation_id=new_id(),
        number=number,
        open_number=number,
        state="planned" if planned_for else "waiting",
        keeps_since=keeps_since,
        from_conversation_id=instead_of,
        window=asdict(window) if window else None,
        attempts=0,
        next_try_at=planned_for,
        created_at=work.at,
    )
    return row if work.put_if_absent(row) else None


def on_its_way(work: Work, number: str) -> Callback | None:
    return work.session.scalar(
        select(Callback)
        .where(Callback.open_number == number)
        .execution_options(populate_existing=True)
    )


def window_of(row: Callback) -> Window | None:
    return Window(**row.window) if row.window else None


def hold(work: Work, conversation_id: str) -> Callback | None:
    """The callback as it stands now that nobody else can change it."""
    return work.session.get(Callback, conversation_id, with_for_update=True, populate_existing=True)


def close(work: Work, conversation_id: str) -> None:
    """All of it is over: the number may be asked for anew."""
    work.session.flush()
    work.session.execute(
        update(Callback)
        .where(Callback.conversation_id == conversation_id, Callback.open_number.is_not(None))
        .values(open_number=None)
    )
