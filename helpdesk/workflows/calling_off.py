"""A callback that nobody wants any more: taken out of line, and never rung.

It was neither answered nor given up, so it counts in no figure of waits.
"""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.calls import callbacks
from helpdesk.calls.events import CallbackCancelled
from helpdesk.calls.models import Callback
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation, Visitor
from helpdesk.core.errors import Conflict, NotFound
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.routing.taking_out import take_out
from helpdesk.workflows import chat

TO_COME = ("waiting", "planned")
BY = {"visitor": "The customer called it off", "agent": "Called off", "system": "Called off"}


def cancel(work: Work, conversation_id: str, *, by: str) -> bool:
    """Call it off, in line, planned or with somebody who has not reached them yet.

    False where nothing is left to call off. `by`: visitor, agent, system.
    """
    item = routing.item_of(work, "conversation", conversation_id, for_update=True)
    callback = callbacks.hold(work, conversation_id)
    if callback is None:
        raise NotFound("This callback does not exist.", code="no_callback")
    if callback.state not in TO_COME:
        return False
    callback.state, callback.next_try_at = "cancelled", None
    if item is not None:
        take_out(work, item, "called_off", counts=False)
    conversations.post(work, conversation_id, author="system", text=BY[by], public=False)
    conversation = conversations.get_conversation(work, conversation_id)
    work.emit(
        CallbackCancelled(
            customer_id=conversation.customer_id,
            conversation_id=conversation_id,
            number=callback.number,
            by=by,
        )
    )
    chat.end_conversation(work, conversation_id, ended_by=by)
    return True


def of_visitor(work: Work, visitor: Visitor) -> str | None:
    """The callback that the visitor waits for."""
    return work.session.scalar(
        select(Callback.conversation_id)
        .join(Conversation, Conversation.id == Callback.conversation_id)
        .where(
            Conversation.customer_id == chat.record_of(work, visitor).id,
            Conversation.state != "ended",
            Callback.state.in_(TO_COME),
        )
        .order_by(Callback.conversation_id.desc())
        .limit(1)
    )


def by_visitor(work: Work, visitor: Visitor | None, conversation_id: str) -> None:
    """Whoever asked for it calls it off; twice changes nothing. Conflict once they are reached.

    Somebody else's number may lead to a callback: knowing it is no proof that it is theirs.
    """
    conversation = work.session.get(Conversation, conversation_id)
    own = chat.record_of(work, visitor).id if visitor else None
    if conversation is None or conversation.customer_id != own:
        raise NotFound("This callback does not exist.", code="no_callback")
    if not cancel(work, conversation.id, by="visitor") and conversation.state != "ended":
        raise Conflict("We have you on the line already.", code="callback_over")


def by_desk(work: Work, conversation_id: str) -> None:
    """Whoever of the desk may see it calls it off, while nobody has taken it.

    Conflict (`being_rung`) afterwards: then whoever has it says what came of it.
    """
    conversation = channels.get_visible(work, conversation_id)
    routing.item_of(work, "conversation", conversation.id, for_update=True)
    work.session.refresh(conversation)
    if conversation.agent_id is not None and conversation.state != "ended":
        raise Conflict("Somebody is ringing them just now.", code="being_rung")
    cancel(work, conversation.id, by="agent")
