"""What happens to imports. What they take over is history and emits nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ImportDue(Event):
    """There is more to do; a worker does a slice of it."""

    kind: ClassVar[str] = "import.due"

    import_id: str


@dataclass(frozen=True, kw_only=True)
class ImportEnded(Event):
    """`state` done, stopped or failed."""

    kind: ClassVar[str] = "import.ended"

    import_id: str
    state: str
