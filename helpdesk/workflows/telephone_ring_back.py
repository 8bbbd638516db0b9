"""A caller in line on a telephone lays it down with a key, keeps the place, and is rung back.

The number is read out and confirmed first: whoever calls from a switchboard would wait in vain.
What a callback is stands in `calling_back`; not for callbacks that a call flow arranges.
"""

from __future__ import annotations

from helpdesk.carriers import lines
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.work import Work
from helpdesk.ivr.actions import HangUp, Say
from helpdesk.ivr.ringing_back import read_out
from helpdesk.workflows import call_flows, calling_back
from helpdesk.workflows.telephone_answers import Answer

OFFER = "To keep your place and be called back at this number, press 1."
THANKS = "Thank you. You keep your place, and we call you when it is your turn."
TOO_LATE = "You are being connected. Please stay on the line."


def question(number: str) -> str:
    """The number read out, to be confirmed."""
    digits = read_out(number.removeprefix("+"))
    return f"We will call you at {digits}. If that is right, press 1."


def laid_down(work: Work, sid: str) -> Answer:
    """The number is right: the place in line goes on as a callback, and the call ends."""
    row = lines.find(work, sid)
    number = number_of(work, row.conversation_id) if row and row.conversation_id else ""
    if row is None or row.conversation_id is None or not number:
        return Answer((Say(TOO_LATE),))
    row.is_gone = True  # this answer ends it, after its thanks; an order would cut them off
    try:
        calling_back.instead_of_waiting(work, row.conversation_id, number)
    except HelpdeskError:
        row.is_gone = False
        return Answer((Say(TOO_LATE),))
    return Answer((Say(THANKS), HangUp()))


def number_of(work: Work, conversation_id: str) -> str:
    """In E.164; empty for a hidden number and for what nobody can ring."""
    conversation = work.session.get_one(Conversation, conversation_id)
    return call_flows.number_typed(work, str(conversation.answers.get("caller", "")), "")
