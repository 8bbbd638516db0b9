"""Times of the day between which somebody may be rung. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Window:
    """`begins` and `ends` are times such as 09:00 in `zone`; it may go past midnight."""

    begins: str
    ends: str
    zone: str

    def holds(self, at: datetime) -> bool:
        now = f"{at.astimezone(ZoneInfo(self.zone)):%H:%M}"
        if self.begins <= self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends

    def next_begin(self, at: datetime) -> datetime:
        """When it begins next; `at` itself while it holds."""
        if self.holds(at):
            return at
        here = at.astimezone(ZoneInfo(self.zone))
        begin = datetime.combine(here.date(), time.fromisoformat(self.begins), here.tzinfo)
        if begin <= here:
            begin = datetime.combine(
                here.date() + timedelta(days=1), time.fromisoformat(self.begins), here.tzinfo
            )
        return begin.astimezone(at.tzinfo)
