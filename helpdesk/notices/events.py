"""What happens to notices, in the past tense; what they say stays in their table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class NoticeGiven(Event):
    kind: ClassVar[str] = "notice.given"

    notice_id: str
    user_id: str


@dataclass(frozen=True, kw_only=True)
class NoticesRead(Event):
    """Somebody has read some or all of theirs: their other windows count anew."""

    kind: ClassVar[str] = "notice.read"

    user_id: str
