"""Callbacks rung over a carrier: accepting one dials, and whoever is not reached is tried again.

Without a carrier, or where the number must not be dialled, the agent rings on their own telephone
as ever (see `calling_back`), and finds out themselves.
"""

from __future__ import annotations

from typing import Any

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.calls.models import Call, Callback
from helpdesk.carriers import dialled
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Conflict, Forbidden
from helpdesk.core.work import Work
from helpdesk.customers import no_calls
from helpdesk.workflows import calling_back, dialling, telephone_dialled


def taken(work: Work, conversation: Conversation, agent_id: str) -> None:
    """The offer is accepted: the number is rung once the agent's page is on the line."""
    callback = calling_back.get_callback(work, conversation.id)
    call = calls.find_call(work, conversation.id)
    if callback.state == "reached" and call is not None and call.carrier == dialling.CARRIER:
        # They are on the line already: their agent was lost, or has handed them on.
        _ring_agent(work, conversation, agent_id)
        return
    if (call is not None and call.carrier == calling_back.OWN) or not _may_dial(work, callback):
        calling_back.taken(work, conversation.id)
        return
    callback.attempts += 1
    ours = dialled.usual(dialled.ours(work), conversation.queue_id)
    assert ours is not None, "asked before"
    dialling.prepare(
        work, conversation.id, conversation.customer_id, callback.number, ours, detects=True
    )
    _ring_agent(work, conversation, agent_id)


def _ring_agent(work: Work, conversation: Conversation, agent_id: str) -> None:
    service.ring(work, conversation.id, conversation.customer_id, party="agent", user_id=agent_id)


def _may_dial(work: Work, callback: Callback) -> bool:
    return dialling.can(work) and refused(work, callback) is None


def refused(work: Work, callback: Callback) -> str | None:
    """Why this number is not dialled: it is somebody else's, or they want no more calls.

    Who asked to be rung after they had refused calls wants this one.
    """
    other = dialled.going_on(work, callback.number)
    if other is not None and other.conversation_id != callback.conversation_id:
        return "A colleague is in a call with this number now. Say that it was busy."
    mark = no_calls.standing(work, callback.number)
    if mark is None or (mark.kind == "asked" and mark.at <= callback.created_at):
        return None
    if mark.kind == "wrong":
        return "This number was reported as wrong. Don't ring it."
    return "They have asked not to be called since. Don't ring them."


def given_back(work: Work, conversation: Conversation, *, why: str) -> None:
    """Somebody else is to have it. Who is on the line over a carrier stays there."""
    callback = calling_back.get_callback(work, conversation.id)
    call = calls.find_call(work, conversation.id)
    caller = calls.leg_of(work, conversation.id, "caller")
    over_carrier = call is not None and call.carrier == dialling.CARRIER
    if over_carrier and callback.state == "reached" and caller is not None:
        service.hand_back(work, conversation.id, conversation.customer_id, why=why)
        return
    calling_back.given_back(work, conversation.id, why=why)


def hung_up(work: Work, conversation: Conversation) -> bool:
    """Its agent ends a callback at which nobody was reached over the carrier: that was a try.

    False for every other callback.
    """
    row = dialled.latest(work, conversation.id)
    callback = calling_back.get_callback(work, conversation.id)
    if row is None or row.state == "over" or callback.state != "waiting":
        return False
    telephone_dialled.not_reached(work, conversation, callback, "no_answer")
    return True


def say_who_answered(work: Work, conversation_id: str, who: str) -> None:
    """The agent knows better than the carrier: they left a message, or it is a person after all."""
    conversation, callback = _mine(work, conversation_id)
    row = dialled.latest(work, conversation.id)
    if row is None or row.state != "answered":
        raise Conflict("This call has ended.", code="call_ended")
    told = {"message": "Left a message on the answering machine", "person": "It is a person"}[who]
    row.answered_by = f"said:{who}"
    callback.state = "reached"
    conversations.post(work, conversation.id, author="system", text=told, public=False)
    service.moved_on(work, conversation.id, conversation.customer_id, "person")


def wrong_number(work: Work, conversation_id: str) -> None:
    """Somebody else answered: it is not rung again, for this or anything else."""
    conversation, callback = _mine(work, conversation_id)
    row = dialled.latest(work, conversation.id)
    if row is None or row.state == "over":
        raise Conflict("This call has ended.", code="call_ended")
    no_calls.mark(
        work, conversation.customer_id, callback.number, kind="wrong", reason="Said on a callback"
    )
    telephone_dialled.not_reached(work, conversation, callback, "wrong")


def _mine(work: Work, conversation_id: str) -> tuple[Conversation, Callback]:
    seen = channels.get_visible(work, conversation_id)
    # Held before it is asked whose it is: it may be handed on at this moment.
    conversation, _ = telephone_dialled.hold_all(work, seen.id)
    if conversation.agent_id != work.actor.id:
        raise Forbidden("This callback is not yours.", code="not_your_conversation")
    return conversation, calling_back.get_callback(work, conversation.id)


def own(work: Work, conversation: Conversation) -> dict[str, Any]:
    """What the desk shows of a callback for the agent's own telephone, and why it is not rung."""
    told = refused(work, calling_back.get_callback(work, conversation.id))
    return {**calling_back.shown(work, conversation.id), "refused": told}


def shown(work: Work, conversation: Conversation, call: Call) -> dict[str, Any] | None:
    """What the desk shows of a call that we place; None for one that came in."""
    if call.direction == "in" or call.carrier != dialling.CARRIER:
        return None
    facts = dialling.shown(work, conversation.id)
    if facts is None or conversation.channel != "callback":
        return facts
    callback = calling_back.get_callback(work, conversation.id)
    again = callback.next_try_at if callback.state == "planned" else None
    return {
        **facts,
        "callback": {
            "attempt": callback.attempts,
            "attempts": len(calling_back.RETRY_AFTER) + 1,
            "state": callback.state,
            "again_at": again.isoformat() if again else None,
        },
    }
