"""What carriers tell us, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CarrierHeard(Event):
    """A verified hook was kept; what it means is worked in after the commit."""

    kind: ClassVar[str] = "carrier.heard"

    carrier_event_id: str
    path: str
