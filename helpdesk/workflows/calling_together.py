"""Several of ours in one call: asked in, sent out, listening, and who has the call after whom.

Not for a call's beginning and end (`calling`), nor for who hears whom (`helpdesk.calls.hearing`).
"""

from __future__ import annotations

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.channels import consults, hands
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.routing import accepting, assignments, presence
from helpdesk.routing import service as routing
from helpdesk.routing.models import WorkItem
from helpdesk.workflows import calling, calling_told, dialling


def ask_in(work: Work, conversation_id: str, user_id: str, question: str = "") -> None:
    """Ring a colleague into the call; the caller hears them unless on hold.

    They read along like a colleague asked into a chat, in whatever queue it lies.
    """
    conversation = calling.mine(work, conversation_id)
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
    conversation = calling.mine(work, conversation_id)
    leg = calls.leg_of(work, conversation.id, user_id)
    if leg is None or leg.party == "agent":
        raise NotFound("This colleague is not in the call.", code="not_in_call")
    service.leave(work, conversation.id, conversation.customer_id, who=user_id, why="sent_out")
    consults.end(work, conversation.id, user_id)


def hand_over(work: Work, conversation_id: str, user_id: str) -> None:
    """Whoever was asked in keeps the call, and its agent goes: a transfer that was talked over.

    Conflict (`no_room`) for a colleague whom somebody else has on the line.
    """
    conversation = calling.mine(work, conversation_id)
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
    calling_told.handed_on(work, conversation, agent_id=user_id, verb="Handed over")
    _passes(work, conversation, item, offer.id, leaves=work.actor.id, takes=user_id)
    routing.look_for_work(work, work.actor.id)


def kept_by_colleague(work: Work, conversation: Conversation, item: WorkItem, lost: str) -> bool:
    """Its agent is gone, and a colleague is in the call who has room for it: it is theirs now.

    `item` waits again already. False where nobody can keep the call so; whoever speaks with the
    caller goes on speaking until the next one is there.
    """
    legs = calls.legs(work, conversation.id)
    there = [leg for leg in legs if leg.party == "colleague" and calls.speaks(leg)]
    if not any(leg.party == "caller" and leg.state == "joined" for leg in legs):
        return False
    for leg in there:
        offer = routing.offer_to(work, item, str(leg.user_id))
        if offer is not None:
            gone, keeps = (
                calling_told.name_of(work, lost),
                calling_told.name_of(work, str(leg.user_id)),
            )
            told = f"{gone} lost the connection. {keeps} has the call now"
            calling_told.say(work, conversation.id, told)
            _passes(work, conversation, item, offer.id, leaves=lost, takes=str(leg.user_id))
            return True
    return False


def _passes(
    work: Work,
    conversation: Conversation,
    item: WorkItem,
    offer_id: str,
    *,
    leaves: str,
    takes: str,
) -> None:
    accepting.accept(work, offer_id, takes)
    if conversation.channel == "call":  # a callback has waited, whoever rings
        dialling.counts_no_wait(work, conversation.id, item.id)
    hands.take(work, conversation.id, takes)
    service.hand_over(work, conversation.id, conversation.customer_id, leaves=leaves, takes=takes)
    consults.end(work, conversation.id, takes)


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


def drop_colleague(work: Work, leg_id: str) -> None:
    """A colleague or supervisor who was rung in vain, or is gone, is out of the call."""
    leg = calling.held_leg(work, leg_id)
    if leg is None or leg.party == "agent":  # the call was handed over to them meanwhile
        return
    if leg.state == "ringing" or leg.lost_at is not None:
        why = "no_answer" if leg.state == "ringing" else "lost"
        if leg.state == "ringing" and leg.user_id:
            calling_told.say(
                work,
                leg.conversation_id,
                f"{calling_told.name_of(work, leg.user_id)} did not answer",
            )
        service.leave(
            work,
            leg.conversation_id,
            calling.customer_of(work, leg.conversation_id),
            who=leg.who,
            why=why,
        )
        consults.end(work, leg.conversation_id, leg.who)
