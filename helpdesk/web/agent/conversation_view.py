"""One conversation as the desk shows it: who, where it stands, what the reader may do with it.

Not for changing it, nor for the messages' look (static/agent/talk.js puts them on the screen).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk.carriers import dialled
from helpdesk.channels import queries
from helpdesk.channels.models import Conversation, Message
from helpdesk.core.work import Work
from helpdesk.customers.called import called_now
from helpdesk.customers.models import Customer
from helpdesk.identity.models import User
from helpdesk.routing import service as routing
from helpdesk.routing.assignments import outcomes
from helpdesk.routing.models import Assignment, Queue
from helpdesk.texts import outbox
from helpdesk.texts.threads import CHANNELS as TEXTS
from helpdesk.web.agent.call_brief import CallBrief, call_brief
from helpdesk.web.agent.former_names import former_names
from helpdesk.web.agent.recording_view import RecordingView, recording_views
from helpdesk.web.agent.text_view import TextView, text_view
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.workflows import call_flows

FIRST = 50
UNANSWERED = ("no_answer", "busy", "failed", "page_lost", "agent")


@dataclass(frozen=True, slots=True)
class WrapUp:
    until: datetime | None
    total_s: int
    outcomes: list[tuple[str, str]]
    likely: str  # the outcome that is chosen beforehand


@dataclass(frozen=True, slots=True)
class ConversationView:
    """`mode` says what stands under the messages: reply, wrap_up, or note (all that is left)."""

    conversation: Conversation
    customer_id: str
    customer_name: str
    queue_name: str
    agent_name: str
    mode: str
    is_mine: bool
    may_take_over: bool
    may_hand_over: bool
    may_listen: bool  # a supervisor, to somebody else's call
    may_call_off: bool  # a callback that nobody has in hand
    asked_by: str  # a colleague asks the reader; their name
    question: str
    helpers: list[str]  # names of colleagues asked in
    work_item_id: str | None
    wrap_up: WrapUp | None
    first: dict[str, Any]
    before: list[str]  # where a caller went in a call flow before somebody answered
    brief: CallBrief | None = None  # of a call that goes on
    text: TextView | None = None  # what may be written by SMS or WhatsApp
    recordings: Sequence[RecordingView] = ()

    @property
    def is_over(self) -> bool:
        return self.conversation.state == "ended"


def conversation_view(work: Work, conversation_id: str) -> ConversationView:
    """NotFound when the reader may not see it."""
    conversation = queries.get_visible(work, conversation_id)
    me = work.actor
    item = routing.item_of(work, "conversation", conversation.id)
    held = _held(work, item.id) if item else None
    participants = queries.participants(work, conversation.id)
    messages = queries.messages_before(work, conversation.id, limit=FIRST + 1)
    first = messages_frame(work, conversation, messages[-FIRST:], more=len(messages) > FIRST)
    queue = work.session.get(Queue, conversation.queue_id) if conversation.queue_id else None
    customer = work.session.get(Customer, conversation.customer_id)
    wanted = {p.user_id for p in participants} | {p.asked_by for p in participants}
    names = people(work, wanted | {conversation.agent_id})
    asked = next((p for p in participants if p.user_id == me.id), None)
    is_mine = conversation.agent_id == me.id and conversation.state == "active"
    in_contact = held is not None and held.contact_ended_at is None
    wrap_up = _wrap_up(held, queue, me.id, unanswered=_is_unanswered(work, conversation))
    text = text_view(work, conversation)
    may_write = is_mine and conversation.channel not in ("form", "call", "callback")
    return ConversationView(
        conversation=conversation,
        customer_id=conversation.customer_id,
        customer_name=name_or_unknown(called_now(work, customer)),
        queue_name=queue.name if queue else "",
        agent_name=names.get(conversation.agent_id or "", ""),
        mode="wrap_up"
        if wrap_up
        else "reply"
        if may_write and (text is None or text.may_write)
        else "note",
        is_mine=is_mine,
        may_take_over=in_contact and not is_mine and (me.is_supervisor or asked is not None),
        may_hand_over=in_contact and (is_mine or me.is_supervisor),
        may_listen=in_contact
        and not is_mine
        and me.is_supervisor
        and conversation.channel == "call",
        may_call_off=me.is_supervisor
        and conversation.channel == "callback"
        and conversation.state == "waiting",
        asked_by=names.get(asked.asked_by, "A colleague") if asked else "",
        question=asked.question if asked else "",
        helpers=[names.get(p.user_id, "") for p in participants if p.user_id != me.id],
        work_item_id=item.id if item else None,
        wrap_up=wrap_up,
        first=first,
        before=call_flows.before_you(work, conversation.id)
        if conversation.channel == "call"
        else [],
        brief=call_brief(work, conversation, item.reason if item else ""),
        text=text,
        recordings=recording_views(work, [conversation.id]).get(conversation.id, [])
        if conversation.channel in ("call", "callback")
        else [],
    )


def _held(work: Work, item_id: str) -> Assignment | None:
    return work.session.scalar(
        select(Assignment)
        .where(Assignment.work_item_id == item_id, Assignment.finished_at.is_(None))
        .order_by(Assignment.accepted_at.desc())
        .limit(1)
    )


def _wrap_up(
    held: Assignment | None, queue: Queue | None, me: str, *, unanswered: bool
) -> WrapUp | None:
    if held is None or queue is None or held.agent_id != me or held.contact_ended_at is None:
        return None
    until = held.wrap_up_until
    total = round((until - held.contact_ended_at).total_seconds()) if until else 0
    return WrapUp(until, total, outcomes(queue), "no_answer" if unanswered else "")


def _is_unanswered(work: Work, conversation: Conversation) -> bool:
    """A call of ours that reached nobody, or a machine."""
    if conversation.channel not in ("call", "callback"):
        return False
    row = dialled.latest(work, conversation.id)
    if row is None or row.state != "over":
        return False
    return row.outcome in UNANSWERED or dialled.is_machine(row)


def messages_frame(
    work: Work, conversation: Conversation, messages: Sequence[Message], *, more: bool
) -> dict[str, Any]:
    """Messages in the socket's own shape, with the names of the colleagues who wrote them, and
    under the conversation's own id the customer's, where they wrote under another one.
    """
    frames = [message_frame(message) for message in messages]
    if conversation.channel in TEXTS:
        _add_deliveries(work, conversation.id, frames)
    return {
        "messages": frames,
        "more": more,
        "people": people(work, {f["agent_id"] for f in frames})
        | former_names(work, {conversation.id}),
    }


def _add_deliveries(work: Work, conversation_id: str, frames: list[dict[str, Any]]) -> None:
    """How far each of our texts has come."""
    ours = [frame["seq"] for frame in frames if frame["from"] != "visitor"]
    known = outbox.of_messages(work, conversation_id, ours)
    for frame in frames:
        if frame["seq"] in known:
            state, error = known[frame["seq"]]
            frame["delivery"] = {"state": state, "error": error}


def message_frame(message: Message) -> dict[str, Any]:
    who, _, agent_id = message.author.partition(":")
    return {
        "conversation_id": message.conversation_id,
        "seq": message.seq,
        "client_msg_id": message.client_msg_id,
        "from": who,
        "agent_id": agent_id or None,
        "public": message.public,
        "text": message.text,
        "attachments": message.attachments,
        "at": message.at.isoformat(),
    }


def people(work: Work, ids: Iterable[str | None]) -> dict[str, str]:
    """Names of colleagues by id."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    rows = work.session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}
