"""After a commit: tell the sockets what happened, and wake the relay.

Called by the process that wrote, for speed, and by the relay, to be sure. Not for deciding who
hears what (see `frames`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, reading
from helpdesk.identity.events import (
    PasswordChanged,
    RoleChanged,
    SessionsEnded,
    TokensRevoked,
    UserDeactivated,
)
from helpdesk.realtime.frames import Frame, frames_of, has_frames
from helpdesk.realtime.hub import hub

ANNOUNCER = system("announcer")
CUTS = (UserDeactivated, RoleChanged, PasswordChanged, SessionsEnded, TokensRevoked)

log = logging.getLogger(__name__)


def announce(emitted: Sequence[Emitted], *, from_relay: bool = False) -> None:
    """Send the frames of these events; an error here is logged and the relay tries again."""
    told = [one for one in emitted if has_frames(one)]
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
        {"do": "recheck", "user_id": one.event.user_id}
        for one in emitted
        if isinstance(one.event, CUTS)
    ]
    hub.announce(frames, orders, told=None if from_relay else done)
