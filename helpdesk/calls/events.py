"""What happens in calls, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class CallChanged(Event):
    """Somebody joined, left, was put on hold or taken off it: who hears whom is another matter now.

    `why`: began, rung, answered, joined, returned, lost, left, held, resumed, handed_over, waiting,
    ended, recording, or the mode somebody listens in (talk, listen, whisper). Of a call that we
    place also dialled, ringing, machine, person.
    """

    kind: ClassVar[str] = "call.changed"

    conversation_id: str
    why: str
    leg_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class CallAnswered(Event):
    """A person of ours speaks with whoever called, or with whoever they rang by hand."""

    kind: ClassVar[str] = "call.answered"

    conversation_id: str


@dataclass(frozen=True, kw_only=True)
class CallHandedOn(Event):
    """Whoever had the call has given it to a colleague, or to a queue."""

    kind: ClassVar[str] = "call.handed_on"
    on_timeline: ClassVar[bool] = True

    conversation_id: str
    to_agent_id: str | None
    queue_id: str | None


@dataclass(frozen=True, kw_only=True)
class CallTakenOn(Event):
    """Somebody else of ours answers whoever was handed on, or whose agent was lost."""

    kind: ClassVar[str] = "call.taken_on"
    on_timeline: ClassVar[bool] = True

    conversation_id: str
    agent_id: str
    waited_s: int


@dataclass(frozen=True, kw_only=True)
class CallEnded(Event):
    """The call is over, with its times in seconds."""

    kind: ClassVar[str] = "call.ended"
    on_timeline: ClassVar[bool] = True

    conversation_id: str
    carrier: str
    direction: str
    why: str
    waited_s: int | None  # since they stood in line; None: nobody answered
    talk_s: int
    hold_s: int


@dataclass(frozen=True, kw_only=True)
class CallbackCancelled(Event):
    """Nobody is to be rung any more. `by`: visitor, agent, system."""

    kind: ClassVar[str] = "callback.cancelled"
    on_timeline: ClassVar[bool] = True

    conversation_id: str
    number: str
    by: str
