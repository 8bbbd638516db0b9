"""After a commit: tell the sockets what happened, and wake the relay.

Called by the process that wrote, for speed, and by the relay, to be sure. Not for deciding who
hears what (see `frames`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from helpdesk.calls.events import CallChanged
from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, reading
from helpdesk.identity.events import (
    PasswordChanged,
    RoleChanged,
    SessionsEnded,
    TeamChanged,
    TokensRevoked,
    UserChanged,
    UserDeactivated,
)
from helpdesk.realtime.frames import Frame, frames_of, has_frames
from helpdesk.realtime.hub import hub

ANNOUNCER = system("announcer")
CUTS = (UserDeactivated, RoleChanged, PasswordChanged, SessionsEnded, TokensRevoked)

log = logging.getLogger(__name__)


def _to_recheck(emitted: Emitted) -> Sequence[str]:
    """Whose connections have to be looked at again."""
    event = emitted.event
    if isinstance(event, CUTS):
        return [event.user_id]
    if isinstance(event, TeamChanged):
        return event.user_ids
    if isinstance(event, UserChanged) and "sees_own_teams" in event.changed:
        return [event.user_id]
    return ()


def _superseded(emitted: Sequence[Emitted]) -> set[str]:
    """Changes of a call after which the same transaction changed it once more: each tells how it
    stands in the end, so the last one is enough."""
    last: dict[tuple[str, datetime], str] = {}
    found: set[str] = set()
    for one in emitted:
        if isinstance(one.event, CallChanged):
            key = one.event.conversation_id, one.at
            if key in last:
                found.add(last[key])
            last[key] = one.id
    return found


def announce(emitted: Sequence[Emitted], *, from_relay: bool = False) -> None:
    """Send the frames of these events; an error here is logged and the relay tries again."""
    past = _superseded(emitted)
    told = [one for one in emitted if has_frames(one) and one.id not in past]
    done = [one.id for one in emitted]
    frames: list[tuple[str, list[Frame]]] = []
    if told:
        try:
            with reading(ANNOUNCER) as work:
                frames = [(one.id, frames_of(work, one)) for one in told]
        except Exception:
            if from_relay:
                raise
            log.exception("announcing failed; the relay will announce it")
            frames, done = [], []
    orders = [
        {"do": "recheck", "user_id": user_id} for one in emitted for user_id in _to_recheck(one)
    ]
    hub.announce(frames, orders, told=None if from_relay else done)
