"""What Twilio's hooks say, as values: who rings whom, what has ended, who speaks from a page."""

from __future__ import annotations

from collections.abc import Mapping

from helpdesk.carriers.port import Ring
from helpdesk.core.ids import is_id

ENDED = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_CLIENT = "client:"


def ring_of(told: Mapping[str, str]) -> Ring:
    return Ring(
        told.get("CallSid", "")[:40],
        told.get("To", ""),
        told.get("From", ""),
        told.get("CallerName", ""),
    )


def has_ended(told: Mapping[str, str]) -> bool:
    """Whether the call of this hook is over, by whichever field says it."""
    return told.get("CallStatus") in ENDED or told.get("ParticipantCallStatus") in ENDED


def identity_of(user_id: str) -> str:
    """A page of ours as the carrier names it: letters, digits and underscores only."""
    return user_id.replace("-", "_")


def is_page(address: str) -> bool:
    return address.startswith(_CLIENT)


def user_of(address: str) -> str | None:
    """Who speaks from a page, by the carrier's word; None for a telephone."""
    if not is_page(address):
        return None
    name = address.removeprefix(_CLIENT).replace("_", "-")
    return name if is_id(name) else None


_REFUSALS = {
    "13223": "The carrier does not know this number.",
    "13227": "Our account may not call this country.",
    "13225": "The carrier does not connect calls to this number.",
    "20003": "The carrier did not accept our account.",
    "21210": "Our number may not be shown to people who are called.",
    "21211": "The carrier does not know this number.",
    "21212": "Our number may not be shown to people who are called.",
    "21214": "The carrier does not know this number.",
    "21215": "Our account may not call this country.",
    "21216": "The carrier does not connect calls to this number.",
    "21217": "The carrier does not know this number.",
}


def refusal(told: str) -> str:
    """Why a call was not placed, in plain words, from a `status code message` of the carrier."""
    parts = told.split(" ", 2)
    code = parts[1] if len(parts) > 1 else ""
    return _REFUSALS.get(code, "The carrier did not take the call. Try again in a moment.")
