"""What happens to rules, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class RuleFired(Event):
    """A rule did something on a ticket; `version` of what it said then."""

    kind: ClassVar[str] = "rule.fired"

    ticket_id: str
    rule_id: str
    name: str
    version: int


@dataclass(frozen=True, kw_only=True)
class RuleNotified(Event):
    """A rule tells these colleagues of a ticket, in its own `text` (cut to a few lines)."""

    kind: ClassVar[str] = "rule.notified"

    ticket_id: str
    rule_id: str
    name: str
    user_ids: list[str] = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class RulesChanged(Event):
    """An administrator changed a rule; `what` says in a word."""

    kind: ClassVar[str] = "rule.changed"

    rule_id: str
    what: str


@dataclass(frozen=True, kw_only=True)
class TrialStarted(Event):
    """A rule is to be tried out on what has been; a worker does it."""

    kind: ClassVar[str] = "rule.trial_started"

    trial_id: str
