"""What happens to returns. Ids and short facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ReturnMoved(Event):
    """A return was asked for, or took a step."""

    kind: ClassVar[str] = "return.moved"
    on_timeline: ClassVar[bool] = True

    return_id: str
    ticket_id: str
    order_number: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ReturnLate(Event):
    """We owe a step and its time is over."""

    kind: ClassVar[str] = "return.late"

    return_id: str
    ticket_id: str
    state: str
