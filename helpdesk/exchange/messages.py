"""Texts as the carrier keeps them, the words that opt out, and how a text is counted. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from helpdesk.exchange.calls import Watch

MessageStatus = Literal[
    "accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "read",
    "received", "receiving",
]  # fmt: skip

STOPS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)  # fmt: skip
STARTS = frozenset({"START", "YES", "UNSTOP"})
HELPS = frozenset({"HELP", "INFO"})
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("^{}\\[~]|€\f")


@dataclass(eq=False, slots=True)
class Message:
    sid: str
    from_: str
    to: str
    body: str
    direction: Literal["inbound", "outbound-api", "outbound-reply"]
    created_at: datetime
    updated_at: datetime
    media: list[str] = field(default_factory=list)
    status: MessageStatus = "queued"
    sent_at: datetime | None = None
    service_sid: str = ""
    error_code: int | None = None
    watch: Watch | None = None


def opt_out_type(body: str) -> Literal["STOP", "START", "HELP"] | None:
    """What the carrier's own handling makes of a text: only the bare word counts."""
    word = body.strip().upper()
    if word in STOPS:
        return "STOP"
    if word in STARTS:
        return "START"
    return "HELP" if word in HELPS else None


def segments(body: str) -> int:
    """How many texts it is sent as: 160 or 153 characters of GSM, 70 or 67 of UCS-2."""
    if set(body) <= _GSM | _GSM_TWICE:
        size, single, each = sum(2 if c in _GSM_TWICE else 1 for c in body), 160, 153
    else:
        size, single, each = len(body.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= single else -(-size // each)
