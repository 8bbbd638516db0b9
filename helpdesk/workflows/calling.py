"""A call from beginning to end: who rings, who is asked, who speaks, who takes over.

The same for every carrier: a call is a conversation in a line like any other, and `calls` holds who
is in it. Not for how sound travels (the pages negotiate it, or a telephone carrier mixes it).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.calls.models import Call, CallLeg
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels import visitors
from helpdesk.channels.models import Conversation, Visitor, WidgetSite
from helpdesk.core.errors import Conflict, Forbidden
from helpdesk.core.work import Work
from helpdesk.customers import finding
from helpdesk.customers import service as customers
from helpdesk.routing import presence, waits
from helpdesk.routing import service as routing
from helpdesk.routing.models import WorkItem
from helpdesk.workflows import calling_back_dialled, calling_told, chat

BROWSER = "browser"
AGENT_KEPT_S = 20
CALLER_KEPT_S = 20


@dataclass(frozen=True, slots=True)
class Rung:
    """A call as its caller knows it. `token` is None when the visitor's own still holds."""

    conversation_id: str
    visitor_id: str
    token: str | None
    work_item_id: str | None  # None when a call was going on already
    offered: bool = False


def start(
    work: Work,
    site: WidgetSite,
    visitor: Visitor | None,
    *,
    name: str | None = None,
    email: str | None = None,
    about: str = "",
    queue: str | None = None,
    page_url: str | None = None,
    client_msg_id: str | None = None,
) -> Rung:
    """A visitor rings from a page: a conversation in line, with nobody of ours in it yet.

    A visitor whose call goes on gets that call. Conflict (`closed`) while nobody can answer,
    (`no_calls`) where the site takes none.
    """
    if not site.calls:
        raise Conflict("Calls are not taken here. Write to us instead.", code="no_calls")
    if visitor is not None and (running := channels.open_call_of(work, visitor.id)):
        return Rung(running.id, visitor.id, None, None)
    key = _start_key(site, client_msg_id)
    if visitor is None and key and (again := _started_before(work, key)):
        return again
    line = routing.prefer_queue(work, queue, site.queue_id)
    if closed := chat.closed_text(work, line):
        raise Conflict(closed, code="closed")
    token, is_new = None, False
    if visitor is None:
        found = finding.find_or_create(work, name=chat.clean_name(name), email=email)
        customer, is_new = found.customer, found.is_new
        visitor, token = visitors.new_visitor(work, site.id, customer.id)
    else:
        customer = chat.record_of(work, visitor)
    conversation = conversations.open_conversation(
        work,
        channel="call",
        customer_id=customer.id,
        queue_id=line.id,
        reason=about.strip() or "Call from the website",
        site_id=site.id,
        visitor_id=visitor.id,
        page_url=page_url,
        start_key=key,
    )
    service.begin(work, conversation.id, customer.id, carrier=BROWSER)
    if not is_new:
        customers.touch(work, customer.id)
    item = routing.enqueue(
        work,
        channel="call",
        subject_kind="conversation",
        subject_id=conversation.id,
        customer_id=customer.id,
        queue_id=line.id,
        reason=conversation.reason,
        preferred=[] if is_new else chat.preferred_agents(work, customer),
        value_head_start_s=customer.value_head_start_s,
    )
    offered = _offered_in_chat(work, visitor, item) or (
        routing.look_for_agent(work, item) is not None
    )
    if not offered:
        waits.tell_first(work, item)
    return Rung(conversation.id, visitor.id, token, item.id, offered)


def _offered_in_chat(work: Work, visitor: Visitor, item: WorkItem) -> bool:
    """Who rings out of a chat reaches the agent of that chat, where nobody else has them."""
    talk = channels.open_for_visitor(work, visitor.id)
    agent_id = talk.agent_id if talk is not None and talk.state == "active" else None
    if agent_id is None or not presence.is_on_duty(work, presence.get_state(work, agent_id)):
        return False
    return routing.offer_to(work, item, agent_id, beside_own=True) is not None


def taken(work: Work, conversation_id: str, agent_id: str) -> None:
    """Somebody accepted: a caller in line gets them on the line, a callback is theirs to ring."""
    conversation = conversations.get_conversation(work, conversation_id)
    if conversation.channel == "callback":
        calling_back_dialled.taken(work, conversation, agent_id)
    else:
        ring_agent(work, conversation.id, agent_id)


def ring_agent(work: Work, conversation_id: str, agent_id: str) -> None:
    """The offer is accepted: the agent's page is asked to come into the call."""
    conversation = conversations.get_conversation(work, conversation_id)
    service.ring(work, conversation.id, conversation.customer_id, party="agent", user_id=agent_id)


def join_as_caller(
    work: Work, conversation_id: str, *, sid: str, process_id: str, keeps: int | None = None
) -> CallLeg:
    conversation = conversations.get_conversation(work, conversation_id)
    return service.join(
        work,
        conversation.id,
        conversation.customer_id,
        who="caller",
        sid=sid,
        process_id=process_id,
        keeps=keeps,
    )


def may_come_in(work: Work, conversation_id: str) -> Conversation:
    """The call, for one of ours who may see it; whoever has it is rung anew where that was lost."""
    seen = channels.get_visible(work, conversation_id)
    # Held first: conversation, then call, is the order of locks everywhere.
    conversation = conversations.get_conversation(work, seen.id, for_update=True)
    mine = conversation.agent_id == work.actor.id
    if mine and is_running(calls.find_call(work, conversation.id, for_update=True)):
        _rung_if_lost(work, conversation)
    return conversation


def join(
    work: Work,
    conversation_id: str,
    *,
    sid: str | None,
    process_id: str | None,
    keeps: int | None = None,
    is_let_in: bool = False,
) -> CallLeg:
    """One of ours comes into a call that they took, were asked into, or look after.

    `is_let_in`: this transaction has asked `may_come_in` already.
    """
    conversation = (
        work.session.get_one(Conversation, conversation_id)
        if is_let_in
        else may_come_in(work, conversation_id)
    )
    since, again = calling_told.waiting_since(work, conversation.id), conversation.answered_at
    leg = service.join(
        work,
        conversation.id,
        conversation.customer_id,
        who=work.actor.id,
        sid=sid,
        process_id=process_id,
        keeps=keeps,
    )
    is_in = work.session.get_one(Call, conversation.id).direction == "in"
    if leg.party == "agent" and (is_in or again is not None):
        calling_told.answered(work, conversation, leg, since, again=again is not None)
        if is_in:
            conversations.answered(work, conversation.id, work.actor.id)
    elif leg.party == "colleague" and leg.joined_at == work.at:
        who = calling_told.name_of(work, work.actor.id)
        calling_told.say(work, conversation.id, f"{who} came into the call")
    return leg


def _rung_if_lost(work: Work, conversation: Conversation) -> None:
    # Whoever has the call may always come in, however the page that rang was lost.
    if calls.leg_of(work, conversation.id, work.actor.id) is None:
        ring_agent(work, conversation.id, work.actor.id)


def hold(work: Work, conversation_id: str, *, on: bool) -> None:
    conversation = mine(work, conversation_id)
    if service.hold(work, conversation.id, conversation.customer_id, on=on):
        calling_told.say(work, conversation.id, "On hold" if on else "Off hold")


def lost(work: Work, sid: str) -> list[CallLeg]:
    """A socket that carried a leg is gone, or its process; its party has a while to come back.

    Answers the legs of which that was news.
    """
    legs = work.session.scalars(
        select(CallLeg).where(CallLeg.sid == sid, CallLeg.state == "joined")
    ).all()
    return [leg for leg in legs if service.lose(work, leg, customer_of(work, leg.conversation_id))]


def held_leg(work: Work, leg_id: str) -> CallLeg | None:
    """The leg as it stands now that nothing of its call can change any more.

    Whoever was found gone may have come back while this waited.
    """
    leg = work.session.get(CallLeg, leg_id)
    if leg is not None:
        routing.item_of(work, "conversation", leg.conversation_id, for_update=True)
        conversations.get_conversation(work, leg.conversation_id, for_update=True)
        calls.find_call(work, leg.conversation_id, for_update=True)
        work.session.refresh(leg)
    return leg


def give_up_caller(work: Work, leg_id: str) -> None:
    """The caller's page has been gone too long: the call is over."""
    leg = held_leg(work, leg_id)
    if leg is not None and leg.state == "joined" and leg.lost_at is not None:
        chat.end_conversation(work, leg.conversation_id, ended_by="visitor")


def customer_of(work: Work, conversation_id: str) -> str:
    return conversations.get_conversation(work, conversation_id).customer_id


def mine(work: Work, conversation_id: str) -> Conversation:
    """The actor's own call, held: item, then conversation, is the order of locks everywhere."""
    seen = channels.get_visible(work, conversation_id)
    routing.item_of(work, "conversation", seen.id, for_update=True)
    conversation = conversations.get_conversation(work, seen.id, for_update=True)
    if conversation.agent_id != work.actor.id:
        raise Forbidden("This call is not yours.", code="not_your_conversation")
    return conversation


def _start_key(site: WidgetSite, client_msg_id: str | None) -> str | None:
    # As with chats: only an id too long to be guessed may stand for the visitor's token.
    if not client_msg_id or len(client_msg_id) < 32:
        return None
    words = f"call:{site.id}:{client_msg_id}".encode("utf-8", "replace")
    return hashlib.sha256(words).hexdigest()


def _started_before(work: Work, key: str) -> Rung | None:
    conversation = work.session.scalar(
        select(Conversation).where(
            Conversation.start_key == key,
            Conversation.opened_at > work.at - chat.START_REPEATED_WITHIN,
        )
    )
    visitor = work.session.get(Visitor, conversation.visitor_id) if conversation else None
    if conversation is None or visitor is None:
        return None
    return Rung(conversation.id, visitor.id, visitors.new_token(work, visitor), None)


def is_running(call: Call | None) -> bool:
    return call is not None and call.ended_at is None
