"""How browsers find a way to each other: STUN and TURN servers, with passes that expire.

A pass is made the way TURN servers with a shared secret check it: the user name is the second at
which it ends, the password its HMAC-SHA1. Not for telephone carriers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

PASS_FOR = timedelta(hours=8)  # longer than any call


def servers(
    stun: Sequence[str], turn: Sequence[str], *, secret: str, who: str, at: datetime
) -> list[dict[str, Any]]:
    """What `RTCPeerConnection` takes as `iceServers`."""
    found: list[dict[str, Any]] = [{"urls": list(stun)}] if stun else []
    if turn:
        name = f"{round((at + PASS_FOR).timestamp())}:{who}"
        digest = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
        found.append(
            {
                "urls": list(turn),
                "username": name,
                "credential": base64.b64encode(digest).decode(),
            }
        )
    return found
