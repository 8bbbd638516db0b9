"""How a call stands, as the caller's page and our people's are shown it, and whose signals pass.

Reads only: what changes a call is in `calling` and `calling_together`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from helpdesk.calls import queries as calls
from helpdesk.calls.hearing import peers
from helpdesk.calls.models import Call, CallLeg
from helpdesk.carriers import lines
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers.called import called_by
from helpdesk.identity.models import User
from helpdesk.recordings import queries as recordings
from helpdesk.routing import service as routing
from helpdesk.routing import waits
from helpdesk.workflows import calling_back, calling_back_dialled, chat, voice_messages
from helpdesk.workflows.calling import BROWSER


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
