"""What happens to consent: never the address, only what for and by which way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ConsentChanged(Event):
    """`state`: given, withdrawn. `name` is the purpose's English name at that time."""

    kind: ClassVar[str] = "consent.changed"
    on_timeline: ClassVar[bool] = True

    consent_id: str
    purpose: str
    name: str
    channel: str
    state: str
    source: str
