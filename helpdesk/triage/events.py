"""What happens in triage, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class TrainingAsked(Event):
    """Somebody, or the schedule, wants a new model; a worker trains it."""

    kind: ClassVar[str] = "triage.training_asked"

    model_id: str


@dataclass(frozen=True, kw_only=True)
class TriageStopped(Event):
    """Triage no longer acts on this field by itself; `why` is a word of `drift`."""

    kind: ClassVar[str] = "triage.stopped"

    field: str
    why: str
