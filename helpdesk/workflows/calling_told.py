"""What is told of a call that goes from hand to hand: in its own log and on the timeline."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from helpdesk.calls.events import CallHandedOn, CallTakenOn
from helpdesk.calls.models import Call, CallLeg
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.core.clock import seconds_between
from helpdesk.core.work import Work
from helpdesk.identity.models import User
from helpdesk.routing.models import Queue


def say(work: Work, conversation_id: str, text: str) -> None:
    """A line in the call's own log, for our people."""
    conversations.post(work, conversation_id, author="system", text=text, public=False)


def name_of(work: Work, user_id: str) -> str:
    found = work.session.scalar(select(User.name).where(User.id == user_id))
    return found or "A colleague"


def waiting_since(work: Work, conversation_id: str) -> datetime | None:
    """Since when somebody has waited for one of ours; None while they speak with one."""
    call = work.session.get(Call, conversation_id)
    return call.doing_since if call is not None and call.doing == "waiting" else None


def answered(
    work: Work, conversation: Conversation, leg: CallLeg, since: datetime | None, *, again: bool
) -> None:
    """Whoever has the call is on the line, for the first time."""
    if since is None or leg.joined_at != work.at or leg.user_id is None:
        return
    waited = round(seconds_between(since, work.at))
    say(work, conversation.id, f"{name_of(work, leg.user_id)} answered after {_in_words(waited)}")
    if again:
        work.emit(
            CallTakenOn(
                customer_id=conversation.customer_id,
                conversation_id=conversation.id,
                agent_id=leg.user_id,
                waited_s=waited,
            )
        )


def handed_on(
    work: Work,
    conversation: Conversation,
    *,
    agent_id: str | None = None,
    queue: Queue | None = None,
    verb: str = "Transferred",
) -> None:
    to = name_of(work, agent_id) if agent_id else queue.name if queue is not None else "the line"
    say(work, conversation.id, f"{verb} to {to}")
    work.emit(
        CallHandedOn(
            customer_id=conversation.customer_id,
            conversation_id=conversation.id,
            to_agent_id=agent_id,
            queue_id=queue.id if queue is not None else None,
        )
    )


def _in_words(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
