"""What happens to requests about one's own data: ids alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CopyAsked(Event):
    kind: ClassVar[str] = "privacy.copy_asked"
    on_timeline: ClassVar[bool] = True

    copy_id: str


@dataclass(frozen=True, kw_only=True)
class ErasureAsked(Event):
    kind: ClassVar[str] = "privacy.erasure_asked"
    on_timeline: ClassVar[bool] = True

    erasure_id: str
    source: str


@dataclass(frozen=True, kw_only=True)
class ErasureMoved(Event):
    """`state`: confirmed, stopped, partly, done."""

    kind: ClassVar[str] = "privacy.erasure_moved"
    on_timeline: ClassVar[bool] = True

    erasure_id: str
    state: str
