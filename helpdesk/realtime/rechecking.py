"""Whether those at a socket may stay: sessions end, roles and reaches change, things move.

Asked now and then of all, and at once of a person who was changed. Not for coming in (see `agent`).
"""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk.core import reach
from helpdesk.core.actors import system
from helpdesk.core.work import reading
from helpdesk.customers import permissions as customer_permissions
from helpdesk.identity import sessions, tokens
from helpdesk.realtime.agent import Seat

SWEEP = system("sockets")


def unwelcome(seats: Sequence[Seat]) -> list[Seat]:
    """Those whose session or token is no longer good, whose person has another role or reach now,
    or who have something on their screen that went out of their reach: they have to come anew.
    """
    by_session = {s.session_id for s in seats if s.session_id is not None}
    by_token = {s.token_id for s in seats if s.session_id is None and s.token_id is not None}
    with reading(SWEEP) as work:
        roles = sessions.live_roles(work, by_session) if by_session else {}
        roles |= tokens.live_roles(work, by_token) if by_token else {}
        reaches = sessions.reach_of(work, {s.actor.id for s in seats})
    return [
        s
        for s in seats
        if roles.get(s.session_id or s.token_id or "") != s.actor.role
        or reaches.get(s.actor.id) != s.actor.queue_ids
        or not _still_sees(s)
    ]


def _still_sees(seat: Seat) -> bool:
    """Whether somebody who is limited to some queues may still hear of all that they watch."""
    if not seat.actor.is_limited or not seat.watched:
        return True
    rooms = [room.partition(":")[::2] for room in seat.watched]
    customers = [one for kind, one in rooms if kind == "customer"]
    facts = [{f"{kind}_id": one} for kind, one in rooms if kind != "customer"]
    with reading(seat.actor) as work:
        seen = customer_permissions.seen_among(work, customers)
        return len(seen) == len(customers) and not any(reach.hidden(work, facts))
