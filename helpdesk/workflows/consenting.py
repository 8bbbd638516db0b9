"""Whether something may be sent: the one question of everybody who sends.

Joins what customers said by purpose and channel with what stands at an address: STOP for texts, do
not call for telephone. What is decided is pure (`consents.deciding`).
"""

from __future__ import annotations

from dataclasses import replace

from helpdesk.consents import purposes, service
from helpdesk.consents.deciding import CHANNELS, Decision, decide
from helpdesk.core.work import Work
from helpdesk.customers import no_calls
from helpdesk.texts import opt_outs
from helpdesk.texts.models import TextOptOut

STOPPED = "stopped"
_GONE = Decision(False, "no_purpose", "Nothing is sent for this purpose any more.")


def may_send(
    work: Work,
    purpose: str,
    channel: str,
    customer_id: str,
    address: str = "",
    *,
    answers: bool = False,
) -> Decision:
    """`answers`: it answers an open matter, which is service whatever else was said."""
    stopped = why_stopped(work, channel, address)
    if purpose == purposes.SERVICE or answers or stopped:
        rule = purposes.BUILT_IN[purposes.SERVICE].rule
        return decide(rule, channel, stopped=stopped, answers=answers)
    known = purposes.find(work, purpose)
    if known is None:
        return _GONE
    if channel not in CHANNELS:  # a chat or a page that they have open
        states = ("withdrawn",) if wants_none(work, purpose, customer_id) else ()
        return decide(replace(known.rule, channels=(channel,)), channel, states=states)
    said = service.states(work, customer_id, purpose, channel, address)
    return decide(known.rule, channel, states=said)


def wants_none(work: Work, purpose: str, customer_id: str) -> bool:
    """Whether they said no to it by any channel: then it is not done where they happen to be."""
    return any(
        row.state == "withdrawn"
        for (of, _), rows in service.standing_of(work, customer_id).items()
        if of == purpose
        for row in rows
    )


def choices(work: Work, channel: str, customer_id: str) -> list[tuple[str, str]]:
    """Every purpose for a composer: its key, and its name with why it may not be sent for."""
    found = []
    for one in purposes.every(work):
        said = service.states(work, customer_id, one.key, channel) if one.may_be_refused else ()
        told = decide(one.rule, channel, states=said)
        found.append((one.key, one.name() + ("" if told.allowed else f" ({_short(told.code)})")))
    return found


def _short(code: str) -> str:
    words = {"withdrawn": "they said no", "not_given": "they have not said yes"}
    return words.get(code, "not by this channel")


def why_stopped(work: Work, channel: str, address: str) -> str:
    """Why nothing at all goes to this address by this channel; empty where it may."""
    if not address:
        return ""
    if channel in ("sms", "whatsapp"):
        stop = opt_outs.standing(work, address)
        return opted_out_words(stop) if stop is not None else ""
    if channel == "call" and (mark := no_calls.standing(work, address)) is not None:
        why = f" {mark.reason}" if mark.reason else ""
        if mark.kind == "wrong":
            return f"This number was reported as wrong and is not rung.{why}"
        return f"They have asked not to be called at this number.{why}"
    return ""


def opted_out_words(stopped: TextOptOut) -> str:
    """Why nothing goes to this number, and what can be done."""
    day = f"{stopped.at:%-d %B %Y}"
    told = {
        "customer": f"The customer wrote “{stopped.words}” on {day}",
        "desk": f"A colleague noted “{stopped.words}” on {day}",
    }.get(stopped.told_by, f"The carrier says that the customer has opted out ({day})")
    return f"{told}, so no text may go out. Call or mail them; texts go again once they text START."
