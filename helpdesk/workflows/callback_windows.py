"""Callbacks that stand in line when their time of the day is over are put off until it comes again.

Not for those that are still to come: they are put in line within their window.
"""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.calls import callbacks
from helpdesk.calls.models import Callback
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.routing.taking_out import take_out


def past_window(work: Work, *, limit: int = 100) -> list[str]:
    """Callbacks in line at a time of the day at which they may not be rung any more."""
    wanted = select(Callback).where(Callback.state == "waiting", Callback.window.is_not(None))
    rows = work.session.scalars(wanted.limit(limit))
    late = [(row, callbacks.window_of(row)) for row in rows]
    return [row.conversation_id for row, window in late if window and not window.holds(work.at)]


def put_off(work: Work, conversation_id: str) -> None:
    """Out of line until its time of the day begins again; whoever has it already rings it."""
    item = routing.item_of(work, "conversation", conversation_id, for_update=True)
    callback = callbacks.hold(work, conversation_id)
    window = callbacks.window_of(callback) if callback else None
    if item is None or item.state not in ("waiting", "offered") or callback is None or not window:
        return
    if callback.state == "waiting" and not window.holds(work.at):
        take_out(work, item, "put_off", counts=False)
        callback.state, callback.next_try_at = "planned", window.next_begin(work.at)
