"""May we send for this purpose, over this channel, to this customer? Pure; all senders ask.

    decide(rule, "email", states=("withdrawn",)) -> Decision(False, "withdrawn", ...)

A stop that stands at the address itself (STOP, do not call) goes before everything; an answer on an
open matter goes before everything else. Of what was said the strictest counts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

CHANNELS = {"email": "e-mail", "sms": "text message", "whatsapp": "WhatsApp", "call": "telephone"}
BASES = {
    "always": "Always: nobody can say no",
    "unless_withdrawn": "Until they say no",
    "only_given": "Only after they said yes",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A purpose as far as it decides; `name` is what refusals call it."""

    name: str
    basis: str
    channels: Collection[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """`code`: stopped, answers, always, given, not_withdrawn; withdrawn, not_given, no_channel."""

    allowed: bool
    code: str
    why: str


def decide(
    rule: Rule,
    channel: str,
    *,
    states: Collection[str] = (),
    stopped: str = "",
    answers: bool = False,
) -> Decision:
    """`states` are the statements that stand, `stopped` why this address takes nothing at all."""
    way = CHANNELS.get(channel, channel)
    if stopped:
        return Decision(False, "stopped", stopped)
    if answers:
        return Decision(True, "answers", "It answers an open matter.")
    if rule.basis == "always":
        return Decision(True, "always", f"{rule.name} need no consent.")
    if channel not in rule.channels:
        return Decision(False, "no_channel", f"{rule.name} do not go by {way}.")
    if "withdrawn" in states:
        return Decision(False, "withdrawn", f"They want no {_inside(rule.name)} by {way}.")
    if "given" in states:
        return Decision(True, "given", f"They said yes to {_inside(rule.name)} by {way}.")
    if rule.basis == "only_given":
        told = f"They have not said yes to {_inside(rule.name)} by {way}."
        return Decision(False, "not_given", told)
    return Decision(True, "not_withdrawn", f"They have not said no to {_inside(rule.name)}.")


def standing(states: Collection[str]) -> str:
    """What several statements come to: withdrawn, given, or empty where nothing was said."""
    return next((one for one in ("withdrawn", "given") if one in states), "")


def _inside(name: str) -> str:
    """The name within a sentence; of one in capitals nothing is changed."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
