"""A call from beginning to end: who rings, who is asked, who speaks, who takes over.

The same for every carrier: a call is a conversation in a line like any other, and `calls` holds who
is in it. Not for how sound travels (the pages negotiate it, or a telephone carrier mixes it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.calls.hearing import peers
from helpdesk.calls.models import Call, CallLeg
from helpdesk.carriers import lines
from helpdesk.channels import consults, visitors
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation, Visitor, WidgetSite
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import finding
from helpdesk.customers import service as customers
from helpdesk.customers.called import called_by
from helpdesk.identity.models import User
from helpdesk.recordings import queries as recordings
from helpdesk.routing import accepting, assignments, presence, waits
from helpdesk.routing import service as routing
from helpdesk.workflows import calling_back, calling_back_dialled, chat, dialling, voice_messages

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
    offered = routing.look_for_agent(work, item) is not None
    if not offered:
        waits.tell_first(work, item)
    return Rung(conversation.id, visitor.id, token, item.id, offered)


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
    leg = service.join(
        work,
        conversation.id,
        conversation.customer_id,
        who=work.actor.id,
        sid=sid,
        process_id=process_id,
        keeps=keeps,
    )
    if leg.party == "agent" and work.session.get_one(Call, conversation.id).direction == "in":
        if conversation.answered_at is None:
            say(work, conversation.id, f"{_name(work, work.actor.id)} answered")
        conversations.answered(work, conversation.id, work.actor.id)
    elif leg.party == "colleague" and leg.joined_at == work.at:
        say(work, conversation.id, f"{_name(work, work.actor.id)} came into the call")
    return leg


def say(work: Work, conversation_id: str, text: str) -> None:
    """A line in the call's own log, for our people."""
    conversations.post(work, conversation_id, author="system", text=text, public=False)


def _name(work: Work, user_id: str) -> str:
    found = work.session.scalar(select(User.name).where(User.id == user_id))
    return found or "A colleague"


def _rung_if_lost(work: Work, conversation: Conversation) -> None:
    # Whoever has the call may always come in, however the page that rang was lost.
    if calls.leg_of(work, conversation.id, work.actor.id) is None:
        ring_agent(work, conversation.id, work.actor.id)


def hold(work: Work, conversation_id: str, *, on: bool) -> None:
    conversation = _mine(work, conversation_id)
    if service.hold(work, conversation.id, conversation.customer_id, on=on):
        say(work, conversation.id, "On hold" if on else "Off hold")


def ask_in(work: Work, conversation_id: str, user_id: str, question: str = "") -> None:
    """Ring a colleague into the call; the caller hears them unless on hold.

    They read along like a colleague asked into a chat, in whatever queue it lies.
    """
    conversation = _mine(work, conversation_id)
    if user_id == work.actor.id:
        raise Invalid("You are in this call already.", code="has_it_already")
    state = presence.get_state(work, user_id)
    if not (state.is_active and state.connected):
        raise Conflict("This colleague is not at the desk now.", code="not_reachable")
    there = calls.leg_of(work, conversation.id, user_id)
    if there is not None and (there.state == "joined" or there.party != "colleague"):
        # Whoever listens in would be heard from one moment to the next.
        raise Conflict("This colleague is in this call already.", code="in_it_already")
    if any(leg.party == "agent" for leg in calls.calls_of(work, user_id)):
        raise Conflict("This colleague is in another call.", code="in_a_call")
    consults.ask(work, conversation, user_id, asked_by=work.actor.id, question=question)
    service.ring(
        work,
        conversation.id,
        conversation.customer_id,
        party="colleague",
        user_id=user_id,
        asked_by=work.actor.id,
        question=question.replace("\0", "")[:300],
    )


def send_out(work: Work, conversation_id: str, user_id: str) -> None:
    """Who has the call takes somebody of ours out of it again, ringing or talking."""
    conversation = _mine(work, conversation_id)
    leg = calls.leg_of(work, conversation.id, user_id)
    if leg is None or leg.party == "agent":
        raise NotFound("This colleague is not in the call.", code="not_in_call")
    service.leave(work, conversation.id, conversation.customer_id, who=user_id, why="sent_out")
    consults.end(work, conversation.id, user_id)


def hand_over(work: Work, conversation_id: str, user_id: str) -> None:
    """Whoever was asked in keeps the call, and its agent goes: a transfer that was talked over.

    Conflict (`no_room`) for a colleague whom somebody else has on the line.
    """
    conversation = _mine(work, conversation_id)
    item = routing.item_of(work, "conversation", conversation.id)
    assignment = assignments.open_for_item(work, item.id) if item else None
    leg = calls.leg_of(work, conversation.id, user_id)
    if leg is None or leg.state != "joined" or leg.lost_at or leg.party != "colleague":
        raise NotFound("This colleague is not on the line now.", code="not_in_call")
    if item is None or assignment is None or assignment.contact_ended_at is not None:
        raise Conflict("This call is over.", code="call_ended")
    assignments.release(work, assignment, item, "transferred")
    routing.return_to_line(work, item, why="transferred", not_to=[work.actor.id])
    offer = routing.offer_to(work, item, user_id)
    if offer is None:
        raise Conflict(
            "This colleague has a chat or a call in hand and no room for this one.", code="no_room"
        )
    say(work, conversation.id, f"Handed over to {_name(work, user_id)}")
    accepting.accept(work, offer.id, user_id)
    if conversation.channel == "call":  # a callback has waited, whoever rings
        dialling.counts_no_wait(work, conversation.id, item.id)
    conversations.take(work, conversation.id, user_id)
    service.hand_over(
        work, conversation.id, conversation.customer_id, leaves=work.actor.id, takes=user_id
    )
    consults.end(work, conversation.id, user_id)
    routing.look_for_work(work, work.actor.id)


def leave(work: Work, conversation_id: str) -> None:
    """A colleague or supervisor goes; whoever has the call ends it or hands it on instead.

    Whoever is on the line may lay the phone down, even if they may look at nothing else of it.
    """
    if calls.leg_of(work, conversation_id, work.actor.id) is None:
        channels.get_visible(work, conversation_id)
    # Held: the call may be handed over to them at this moment, and would be with nobody then.
    conversation = conversations.get_conversation(work, conversation_id, for_update=True)
    if conversation.agent_id == work.actor.id:
        raise Conflict("End the call, or transfer it.", code="yours")
    service.leave(work, conversation.id, conversation.customer_id, who=work.actor.id, why="left")
    consults.end(work, conversation.id, work.actor.id)


def listen(work: Work, conversation_id: str, mode: str) -> None:
    """A supervisor listens, whispers to the agent, or joins in; it is written down."""
    if not work.actor.is_supervisor:
        raise Forbidden("Only supervisors may listen to calls.")
    if mode not in service.MODES:
        raise Invalid("Listen, whisper or talk.", code="bad_mode")
    conversation = channels.get_visible(work, conversation_id)
    leg = calls.leg_of(work, conversation.id, work.actor.id)
    if leg is not None and leg.party != "supervisor":
        raise Conflict("You are in this call yourself.", code="in_it_already")
    if leg is None:
        service.ring(
            work,
            conversation.id,
            conversation.customer_id,
            party="supervisor",
            user_id=work.actor.id,
            mode=mode,
        )
    else:
        service.set_mode(work, conversation.id, conversation.customer_id, work.actor.id, mode)
    work.audit(
        "call.listened_to",
        "conversation",
        conversation.id,
        mode=mode,
        agent_id=conversation.agent_id,
    )


def lost(work: Work, sid: str) -> list[CallLeg]:
    """A socket that carried a leg is gone, or its process; its party has a while to come back.

    Answers the legs of which that was news.
    """
    legs = work.session.scalars(
        select(CallLeg).where(CallLeg.sid == sid, CallLeg.state == "joined")
    ).all()
    return [leg for leg in legs if service.lose(work, leg, _customer(work, leg.conversation_id))]


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


def drop_colleague(work: Work, leg_id: str) -> None:
    """A colleague or supervisor who was rung in vain, or is gone, is out of the call."""
    leg = held_leg(work, leg_id)
    if leg is None or leg.party == "agent":  # the call was handed over to them meanwhile
        return
    if leg.state == "ringing" or leg.lost_at is not None:
        why = "no_answer" if leg.state == "ringing" else "lost"
        if leg.state == "ringing" and leg.user_id:
            say(work, leg.conversation_id, f"{_name(work, leg.user_id)} did not answer")
        service.leave(
            work,
            leg.conversation_id,
            _customer(work, leg.conversation_id),
            who=leg.who,
            why=why,
        )
        consults.end(work, leg.conversation_id, leg.who)


def _customer(work: Work, conversation_id: str) -> str:
    return conversations.get_conversation(work, conversation_id).customer_id


def _mine(work: Work, conversation_id: str) -> Conversation:
    """The actor's own call, held: item, then conversation, is the order of locks everywhere."""
    seen = channels.get_visible(work, conversation_id)
    routing.item_of(work, "conversation", seen.id, for_update=True)
    conversation = conversations.get_conversation(work, seen.id, for_update=True)
    if conversation.agent_id != work.actor.id:
        raise Forbidden("This call is not yours.", code="not_your_conversation")
    return conversation


def state_for_caller(work: Work, conversation_id: str) -> dict[str, Any]:
    """`call.state`: where the call stands, and whom the caller's page has to connect to."""
    conversation = conversations.get_conversation(work, conversation_id)
    call = calls.get_call(work, conversation.id)
    rows = calls.legs(work, conversation.id)
    mine = next((leg for leg in rows if leg.party == "caller"), None)
    state: dict[str, Any] = {
        "conversation_id": conversation.id,
        "version": call.version,
        "state": call.doing,
        "since": call.doing_since.isoformat(),
        "answered_at": call.answered_at.isoformat() if call.answered_at else None,
        "peers": _peers(rows, mine),
    }
    if mine is not None:
        state.update(leg=mine.id, session=mine.session, held=mine.held)
    if conversation.agent_id:
        names = chat.public_names(work, {conversation.agent_id})
        state["agent"] = {"name": names.get(conversation.agent_id, "Support")}
    agent = next((leg for leg in rows if leg.party == "agent"), None)
    if agent is not None and agent.lost_at is not None:
        state.update(state="hold" if state.get("held") else "talk", agent_lost=True)
    elif call.doing == "waiting" and call.ended_at is None:
        if agent is not None:
            state["state"] = "connecting"  # rung but not yet there
        else:
            item = routing.item_of(work, "conversation", conversation.id)
            if item is not None and item.state in ("waiting", "offered"):
                state.update(waits.shown(work, item), instead=voice_messages.instead(work, item))
    return state


def state_for_desk(
    work: Work, conversation_id: str, rows: Sequence[CallLeg] | None = None
) -> dict[str, Any]:
    """The same for our people: all legs by name, and for each the peers of its page.

    `rows` are its legs, where they are at hand.
    """
    conversation, call = _both(work, conversation_id)
    rows = calls.legs(work, conversation_id) if rows is None else rows
    people = {leg.user_id for leg in rows if leg.user_id} | {
        leg.asked_by for leg in rows if leg.asked_by
    }
    names: dict[str, str] = {}
    if people:
        found = work.session.execute(select(User.id, User.name).where(User.id.in_(people)))
        names = {row.id: row.name for row in found}
    over = {} if call.carrier == BROWSER else lines.sids(work, conversation.id)
    return {
        "conversation_id": conversation.id,
        "callback": calling_back_dialled.own(work, conversation) if is_own(call) else None,
        "dialled": calling_back_dialled.shown(work, conversation, call),
        "recording": recordings.shown(work, conversation.id) if call.is_asked else None,
        "customer": called_by(work, conversation.customer_id),
        "version": call.version,
        "carrier": call.carrier,
        "state": call.doing,
        "since": call.doing_since.isoformat(),
        "answered_at": call.answered_at.isoformat() if call.answered_at else None,
        "agent_id": conversation.agent_id,
        "legs": [
            {
                "id": leg.id,
                "session": leg.session,
                "party": leg.party,
                "user_id": leg.user_id,
                "name": names.get(leg.user_id or "", ""),
                "mode": leg.mode,
                "state": leg.state,
                "held": leg.held,
                "lost": leg.lost_at is not None,
                "asked_by": names.get(leg.asked_by or "", ""),
                "question": leg.question,
                "line": over.get(leg.id),
                "peers": _peers(rows, leg) if call.carrier == BROWSER else [],
            }
            for leg in rows
        ],
    }


def _both(work: Work, conversation_id: str) -> tuple[Conversation, Call]:
    found = work.session.execute(_BOTH, {"call": conversation_id}).first()
    if found is None:
        raise NotFound("This call does not exist.", code="no_call")
    return found[0], found[1]


_BOTH = (
    select(Conversation, Call)
    .join(Call, Call.conversation_id == Conversation.id)
    .where(Conversation.id == bindparam("call", type_=Conversation.id.type))
)


def _peers(rows: Any, mine: CallLeg | None) -> list[dict[str, Any]]:
    if mine is None or mine.state != "joined":
        return []
    sessions = {leg.id: leg.session for leg in rows}
    return [
        {
            "leg": peer.id,
            "session": sessions[peer.id],
            "heard": peer.is_heard,
            "hears": peer.hears,
            "offers": peer.offers,
        }
        for peer in peers(calls.party(mine), calls.joined(rows))
    ]


def may_signal(work: Work, conversation_id: str, sid: str, to_leg: str) -> tuple[CallLeg, CallLeg]:
    """Both ends of a signal, checked: the sender's own leg and a joined one of the same call."""
    rows = [leg for leg in calls.legs(work, conversation_id) if leg.state == "joined"]
    mine = next((leg for leg in rows if leg.sid == sid), None)
    other = next((leg for leg in rows if leg.id == to_leg), None)
    if mine is None or other is None or mine is other:
        raise NotFound("There is no such line in this call.", code="no_leg")
    return mine, other


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


def calls_of(work: Work, user_id: str) -> list[dict[str, Any]]:
    """Every call that rings for one of ours or that they are in, as their desk shows it."""
    running = dict.fromkeys(leg.conversation_id for leg in calls.calls_of(work, user_id))
    running |= dict.fromkeys(
        work.session.scalars(
            select(Conversation.id).where(
                Conversation.agent_id == user_id,
                Conversation.state == "active",
                Conversation.channel == "callback",
            )
        )
    )
    return [state_for_desk(work, conversation_id) for conversation_id in running]


def is_own(call: Call) -> bool:
    """Whether it is spoken on the agent's own telephone, where no page carries sound."""
    return call.carrier == calling_back.OWN


def is_running(call: Call | None) -> bool:
    return call is not None and call.ended_at is None
