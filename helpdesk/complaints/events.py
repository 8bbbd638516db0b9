"""What happens to complaints. Ids and short facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ComplaintMoved(Event):
    """`what` opened, acknowledged, answered, escalated or withdrawn."""

    kind: ClassVar[str] = "complaint.moved"
    on_timeline: ClassVar[bool] = True

    complaint_id: str
    ticket_id: str
    what: str
    outcome: str = ""


@dataclass(frozen=True, kw_only=True)
class ComplaintEscalated(Event):
    """Those who hold the named role are told. `late`: nobody asked, its time was over."""

    kind: ClassVar[str] = "complaint.escalated"

    complaint_id: str
    ticket_id: str
    role: str
    why: str
    user_ids: list[str]
    late: bool = False
