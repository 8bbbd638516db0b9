"""What a report of a visit is drawn from, so that who gathers it need not load what draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Sheet:
    content: dict[str, Any]
    digest: str
    version: int
    language: str
    zone: ZoneInfo
    customer: str
    technician: str
    arrived_at: datetime | None
    finished_at: datetime | None
    signed_name: str
    signed_at: datetime | None
    strokes: Sequence[Sequence[int]]
    pictures: Sequence[str]
