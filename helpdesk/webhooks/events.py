"""What happens to webhooks themselves; other programs are never told of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class WebhookDue(Event):
    """Something waits for this endpoint; a worker sends it."""

    kind: ClassVar[str] = "webhook.due"

    endpoint_id: str


@dataclass(frozen=True, kw_only=True)
class WebhookSwitchedOff(Event):
    """The program switched it off by itself: `why` is failing or gone."""

    kind: ClassVar[str] = "webhook.switched_off"

    endpoint_id: str
    why: str
