"""What happens in conversations. No texts: events are kept, messages may be erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ConversationOpened(Event):
    kind: ClassVar[str] = "conversation.opened"
    on_timeline: ClassVar[bool] = True

    conversation_id: str
    channel: str
    queue_id: str | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class MessagePosted(Event):
    kind: ClassVar[str] = "message.posted"

    conversation_id: str
    seq: int
    author: str
    public: bool
    agent_id: str | None  # who has the conversation


@dataclass(frozen=True, kw_only=True)
class ConversationAnswered(Event):
    """The first public message by a person of ours."""

    kind: ClassVar[str] = "conversation.answered"

    conversation_id: str
    agent_id: str
    waited_s: int


@dataclass(frozen=True, kw_only=True)
class ConversationTaken(Event):
    """An agent has it from now on."""

    kind: ClassVar[str] = "conversation.taken"

    conversation_id: str
    agent_id: str
    waited_s: int


@dataclass(frozen=True, kw_only=True)
class ConversationReturned(Event):
    """It waits again: its agent transferred it or vanished (`why`)."""

    kind: ClassVar[str] = "conversation.returned"

    conversation_id: str
    agent_id: str | None  # who had it
    why: str


@dataclass(frozen=True, kw_only=True)
class ConversationEnded(Event):
    kind: ClassVar[str] = "conversation.ended"
    on_timeline: ClassVar[bool] = True

    conversation_id: str
    channel: str
    agent_id: str | None
    ended_by: str
    waited_s: int | None  # until answered by a person; None when nobody answered
    talked_s: int | None
    messages: int


@dataclass(frozen=True, kw_only=True)
class MessagesRead(Event):
    kind: ClassVar[str] = "messages.read"

    conversation_id: str
    reader: str  # visitor or agent
    seq: int
    agent_id: str | None
    public_seq: int = 0  # where an agent has read: the same as the customer counts


@dataclass(frozen=True, kw_only=True)
class ConversationReattached(Event):
    """The record behind a conversation changed: its writer was identified, or records merged."""

    kind: ClassVar[str] = "conversation.reattached"

    conversation_id: str
    agent_id: str | None


@dataclass(frozen=True, kw_only=True)
class ConsultAsked(Event):
    kind: ClassVar[str] = "consult.asked"

    conversation_id: str
    user_id: str
    asked_by: str


@dataclass(frozen=True, kw_only=True)
class ConsultEnded(Event):
    kind: ClassVar[str] = "consult.ended"

    conversation_id: str
    user_id: str
    asked_by: str
