"""What happens to the search itself. What was searched for is nobody's business and no event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SearchRebuildStarted(Event):
    kind: ClassVar[str] = "search.rebuild_started"

    from_nothing: bool


@dataclass(frozen=True, kw_only=True)
class MeaningDue(Event):
    """These articles have other words, or other readers; a worker makes their vectors anew."""

    kind: ClassVar[str] = "search.meaning_due"

    article_ids: list[str]


@dataclass(frozen=True, kw_only=True)
class SavedSearchChanged(Event):
    kind: ClassVar[str] = "saved_search.changed"

    saved_search_id: str
    removed: bool = False
