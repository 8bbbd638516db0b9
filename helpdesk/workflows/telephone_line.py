"""A caller stands in line, asks how long, or lays the phone down and is rung back."""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.calls.models import Call
from helpdesk.carriers import lines
from helpdesk.carriers.models import CarrierCall
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.ivr.actions import Action, Enqueue, HangUp, Say
from helpdesk.routing import service as routing
from helpdesk.routing import waits
from helpdesk.routing.models import WorkItem
from helpdesk.workflows import chat, telephone_choices
from helpdesk.workflows.telephone_answers import Choice
from helpdesk.workflows.telephone_words import how_long


def call_of(work: Work, row: CarrierCall) -> Call | None:
    return work.session.get(Call, row.conversation_id) if row.conversation_id else None


def item_of(work: Work, call: Call) -> WorkItem | None:
    """What stands in line for the call; of one that this transaction makes nothing was there."""
    if work.is_unsent(call):
        return None
    return routing.item_of(work, "conversation", call.conversation_id)


def hold(work: Work, call: Call) -> Conversation:
    """Nobody else changes the call from here on; it is as it stands now, whatever was read before.

    One that this transaction makes is known to nobody yet, and what it holds already it holds.
    """
    if work.is_unsent(call) or (Call, call.conversation_id) in work.kept:
        return work.session.get_one(Conversation, call.conversation_id)
    conversation = conversations.get_conversation(work, call.conversation_id, for_update=True)
    calls.find_call(work, call.conversation_id, for_update=True)
    return conversation


def enter(work: Work, call: Call, wanted: Enqueue) -> str | None:
    """The caller waits for a person from now on, unless they do already.

    Answers the work item where nobody was found for it, to be looked at after the commit.
    """
    if call.in_line_at is not None:
        return None
    conversation = hold(work, call)
    if call.ended_at is not None or call.in_line_at is not None:
        return None  # another hook was first
    service.in_line(work, call)
    conversation.in_line_at = call.in_line_at
    customer = work.session.get_one(Customer, conversation.customer_id)
    conversation.queue_id = wanted.queue_id
    item = routing.enqueue(
        work,
        channel="call",
        subject_kind="conversation",
        subject_id=conversation.id,
        customer_id=customer.id,
        queue_id=wanted.queue_id,
        reason=wanted.reason or conversation.reason,
        skills=dict(wanted.skills),
        preferred=chat.preferred_agents(work, customer) if customer.created_at < work.at else [],
        value_head_start_s=customer.value_head_start_s,
        priority_head_start_s=wanted.head_start_s,
    )
    if routing.look_for_agent(work, item) is not None:
        return None
    waits.tell_first(work, item)
    return item.id


def waiting(work: Work, sid: str, *, pressed: bool = False) -> Sequence[Action | Choice]:
    """What somebody in line is told: their place and an honest time, nothing while they are
    being put through. Empty: the sound only. `pressed`: they want to be rung back."""
    row = lines.find(work, sid)
    call = call_of(work, row) if row is not None else None
    if row is None or call is None or call.ended_at is not None:
        return (HangUp(),)
    item = item_of(work, call)
    if item is None or item.state not in ("waiting", "offered"):
        return ()
    shown = waits.shown(work, item)
    offer = telephone_choices.offered(work, call, item, shown, pressed=pressed)
    return (*(() if pressed and offer else (Say(how_long(shown)),)), *offer)
