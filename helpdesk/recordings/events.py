"""What happens with recordings, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class RecordingsDue(Event):
    """Files of recordings wait to be fetched, or to be deleted at the carrier."""

    kind: ClassVar[str] = "recordings.due"
