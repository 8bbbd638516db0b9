"""What happens to call flows, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class FlowPublished(Event):
    """From now on callers meet this version of the flow."""

    kind: ClassVar[str] = "call_flow.published"

    flow_id: str
    number: int
