"""Identifiers: UUIDv7 text made in code, one `NewType` per subject.

Ids are canonical lower-case text everywhere (rows, JSON, rooms, templates), so that no door
has to convert. Not for secrets: a UUIDv7 can be guessed, tokens come from `core.secrets`.
"""

from __future__ import annotations

import os
import re
import threading
from typing import NewType

from helpdesk.core import clock

UserId = NewType("UserId", str)
TeamId = NewType("TeamId", str)
CustomerId = NewType("CustomerId", str)
OrganisationId = NewType("OrganisationId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
VisitorId = NewType("VisitorId", str)
SiteId = NewType("SiteId", str)
QueueId = NewType("QueueId", str)
SkillId = NewType("SkillId", str)
WorkItemId = NewType("WorkItemId", str)
OfferId = NewType("OfferId", str)
AssignmentId = NewType("AssignmentId", str)
CalendarId = NewType("CalendarId", str)

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """A UUIDv7 (RFC 9562) as text; ids made by one process sort in the order they were made."""
    global _last
    with _lock:
        # 48 bits of milliseconds and 12 bits below them, kept strictly rising within the process.
        tick = clock.nanoseconds() * 4096 // 1_000_000
        _last = tick = max(tick, _last + 1)
    tail = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF
    number = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0x8 << 60 | tail
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_id(text: object) -> bool:
    """True for canonical UUID text; a door answers 404 to anything else."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None
