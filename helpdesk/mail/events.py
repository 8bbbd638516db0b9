"""What happens with mails. No texts: events are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class MailTaken(Event):
    """A mail came in and is where it belongs (`outcome` ticket, reply or attached)."""

    kind: ClassVar[str] = "mail.taken"

    mail_id: str
    outcome: str
    conversation_id: str | None
    ticket_id: str | None


@dataclass(frozen=True, kw_only=True)
class MailQuarantined(Event):
    kind: ClassVar[str] = "mail.quarantined"

    mail_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MailSent(Event):
    kind: ClassVar[str] = "mail.sent"

    outgoing_id: str
    conversation_id: str | None
    seq: int | None


@dataclass(frozen=True, kw_only=True)
class MailFailed(Event):
    """A mail of ours did not arrive: refused at once, or it came back (`bounced`)."""

    kind: ClassVar[str] = "mail.failed"
    on_timeline: ClassVar[bool] = True

    outgoing_id: str
    conversation_id: str | None
    seq: int | None
    bounced: bool
    why: str
