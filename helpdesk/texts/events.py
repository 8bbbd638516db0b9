"""What happens with texts. No words of customers: events are kept, messages may be erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TextsDue(Event):
    """Texts wait to be handed to the carrier."""

    kind: ClassVar[str] = "texts.due"


@dataclass(frozen=True, kw_only=True)
class TextFilesDue(Event):
    """Files that came with texts wait to be fetched."""

    kind: ClassVar[str] = "texts.files_due"


@dataclass(frozen=True, kw_only=True)
class TextMoved(Event):
    """A text got further, or did not."""

    kind: ClassVar[str] = "text.moved"

    conversation_id: str
    seq: int
    state: str
    error: str


@dataclass(frozen=True, kw_only=True)
class TextFilesChanged(Event):
    """A file of a message was fetched, or refused."""

    kind: ClassVar[str] = "text.files_changed"

    conversation_id: str
    seq: int


@dataclass(frozen=True, kw_only=True)
class TextRulesChanged(Event):
    """What may be written in a conversation is another thing now: opted out or in, window open."""

    kind: ClassVar[str] = "text.rules_changed"

    conversation_id: str
    agent_id: str | None


@dataclass(frozen=True, kw_only=True)
class TextsOptedOut(Event):
    kind: ClassVar[str] = "texts.opted_out"
    on_timeline: ClassVar[bool] = True

    opt_out_id: str
    number: str
    told_by: str


@dataclass(frozen=True, kw_only=True)
class TextsOptedIn(Event):
    kind: ClassVar[str] = "texts.opted_in"
    on_timeline: ClassVar[bool] = True

    opt_out_id: str
    number: str
