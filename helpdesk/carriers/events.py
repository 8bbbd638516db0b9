"""What carriers tell us, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CarrierHeard(Event):
    """A hook about a text was kept; its own process works it in, or else the relay does.

    Hooks of calls tell nobody: the sweeper looks for those that were left over.
    """

    kind: ClassVar[str] = "carrier.heard"

    carrier_event_id: str
    path: str
