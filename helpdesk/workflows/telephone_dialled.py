"""What becomes of a call that we place: it rings, somebody or a machine picks up, or nobody does.

Carriers tell it twice, late and in any order, so a try only ever goes on (`carriers.dialled`). A
callback that nobody answered is tried again; any other call ends with its reason. Not for beginning
a try (see `dialling`).
"""

from __future__ import annotations

from collections.abc import Mapping

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.calls.models import Call, Callback, CallLeg
from helpdesk.carriers import dialled, lines, orders
from helpdesk.carriers.models import CarrierCall, Dialled
from helpdesk.channels import hands
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work, begin
from helpdesk.ivr.actions import HangUp
from helpdesk.routing import assignments
from helpdesk.routing import service as routing
from helpdesk.routing.holding import hold
from helpdesk.workflows import calling_back, telephone_consent
from helpdesk.workflows.telephone_answers import Answer, Conference

PLACING = system("carrier")
OUTCOMES = {"busy": "busy", "no-answer": "no_answer", "failed": "failed", "canceled": "cancelled"}
WORDS = {
    "no_answer": "Nobody answered",
    "busy": "The line was busy",
    "failed": "The call could not be placed",
    "cancelled": "Hung up before they answered",
    "page_lost": "The desk's line was lost before they answered",
}
MACHINE = "An answering machine seems to have answered"


# The carrier knows the line


def is_wanted(work: Work, dialled_id: str) -> bool:
    """Whether somebody of ours still waits for it to ring."""
    row = dialled.find(work, dialled_id)
    return row is not None and row.state == "ordered"


def placed(dialled_id: str, sid: str) -> None:
    """The carrier rings them, and names the line. Whoever called has perhaps hung up meanwhile."""
    with begin(PLACING) as work:
        row = dialled.find(work, dialled_id)
        if row is None:
            return
        hold_all(work, row.conversation_id)
        line = _line(work, row, sid)
        work.session.refresh(row)
        if row.state == "over" and line.ended_at is None:
            orders.write(work, row.conversation_id, "hang_up", sid)


def met(work: Work, dialled_id: str, sid: str) -> Dialled | None:
    """A hook names the try that its line belongs to: perhaps the first that we hear of the line."""
    row = dialled.find(work, dialled_id)
    if row is None:
        return None
    hold_all(work, row.conversation_id)
    _line(work, row, sid)
    return row


def _line(work: Work, row: Dialled, sid: str) -> CarrierCall:
    leg = calls.leg_of(work, row.conversation_id, "caller")
    made = dialled.put_line(work, row, sid, leg.id if leg else None)
    found = made or lines.find(work, sid, anew=True)
    assert found is not None, "a row that could not be put is there"
    return found


def hold_all(work: Work, conversation_id: str) -> tuple[Conversation, Call | None]:
    """Work item, conversation, call: the order of locks everywhere."""
    routing.item_of(work, "conversation", conversation_id, for_update=True)
    conversation = conversations.get_conversation(work, conversation_id, for_update=True)
    return conversation, calls.find_call(work, conversation_id, for_update=True)


# What is heard of it


def heard(work: Work, row: Dialled, told: Mapping[str, str]) -> None:
    """It rings, or the carrier has an idea who picked up."""
    if told.get("CallStatus") == "ringing" and dialled.move(work, row, "ringing"):
        customer_id = conversations.get_conversation(work, row.conversation_id).customer_id
        service.moved_on(work, row.conversation_id, customer_id, "ringing")
    elif who := told.get("AnsweredBy", ""):
        _recognised(work, row, who)


def _recognised(work: Work, row: Dialled, who: str) -> None:
    if row.answered_by or row.state == "over":
        return
    row.answered_by = who[:24]
    if dialled.is_machine(row) and row.state == "answered":
        _tell_machine(work, row)


def _tell_machine(work: Work, row: Dialled) -> None:
    """A callback that a machine picked up has reached nobody yet."""
    conversation = conversations.get_conversation(work, row.conversation_id)
    callback = work.session.get(Callback, conversation.id)
    if callback is not None and callback.state == "reached":
        callback.state = "waiting"
    _say(work, conversation.id, MACHINE)
    service.moved_on(work, conversation.id, conversation.customer_id, "machine")


def picked_up(work: Work, dialled_id: str, sid: str) -> Answer | Conference | None:
    """Somebody picks up: into the conference. None when that is known, and the call tells where."""
    row = met(work, dialled_id, sid)
    if row is None:
        return Answer((HangUp(),))
    conversation, call = hold_all(work, row.conversation_id)
    line = lines.find(work, sid, anew=True)
    is_over = call is None or call.ended_at is not None or line is None or line.ended_at is not None
    if is_over or row.state == "over":
        return Answer((HangUp(),))
    if not dialled.move(work, row, "answered"):
        return None
    row.answered_at = work.at
    leg = service.join(
        work, conversation.id, conversation.customer_id, who="caller", sid=None, process_id=None
    )
    assert line is not None
    line.leg_id = leg.id
    callback = work.session.get(Callback, conversation.id)
    if callback is not None:
        callback.state = "reached"
    if conversation.agent_id:
        conversations.answered(work, conversation.id, conversation.agent_id)
    _say(work, conversation.id, "They answered")
    if dialled.is_machine(row):
        _tell_machine(work, row)
    assert call is not None
    first = telephone_consent.picked_up(work, line, call, conversation.queue_id)
    return Answer((first,)) if first else Conference(row.room, leg.id, waits=True)


# Nobody answers


def ended(work: Work, line: CarrierCall, status: str) -> bool:
    """The line of a try has ended. True when that led to no talk and all is done that follows;
    False for everything else, which ends like a call that came in."""
    if line.dialled_id is None or line.conversation_id is None:
        return False
    row = dialled.latest(work, line.conversation_id)
    if row is None or row.id != line.dialled_id:
        return True  # of an earlier try, which is over
    conversation, call = hold_all(work, line.conversation_id)
    work.session.refresh(row)
    was_answered = row.state == "answered"
    outcome = "" if was_answered else OUTCOMES.get(status, "no_answer")
    dialled.move(work, row, "over", outcome)
    if call is None or call.ended_at is not None:
        return True
    callback = work.session.get(Callback, conversation.id)
    if was_answered and (callback is None or callback.state == "reached"):
        return False
    _unanswered(work, conversation, callback, outcome or "no_answer")
    return True


def refused(work: Work, dialled_id: str, told: str) -> None:
    """The carrier does not place this call, or could not be reached with the order."""
    row = dialled.find(work, dialled_id)
    if row is None:
        return
    conversation, call = hold_all(work, row.conversation_id)
    if not dialled.move(work, row, "over", "failed", told) or call is None or call.ended_at:
        return
    _unanswered(work, conversation, work.session.get(Callback, conversation.id), "failed", told)


def page_lost(work: Work, leg: CallLeg) -> bool:
    """Whoever rings never came to the line, or is gone before anybody answered: the call is off.

    False for calls with somebody at the other end, and for callbacks, which others take over.
    """
    row = dialled.latest(work, leg.conversation_id)
    if row is None or row.state in ("answered", "over"):
        return False
    if work.session.get(Callback, leg.conversation_id) is not None:
        return False
    conversation, call = hold_all(work, leg.conversation_id)
    if call is not None and call.ended_at is None:
        _over(work, conversation, "page_lost")
    return True


def _unanswered(
    work: Work, conversation: Conversation, callback: Callback | None, why: str, told: str = ""
) -> None:
    if callback is None:
        _over(work, conversation, why, told)
        return
    why = why if why in calling_back.WHY_NOT else "no_answer"
    try:
        not_reached(work, conversation, callback, why)
    except Conflict:
        return  # called off, or in nobody's hands any more: everybody is out of it


def not_reached(work: Work, conversation: Conversation, callback: Callback, why: str) -> None:
    """Everybody is out of the call, and the callback is tried again, or given up."""
    if callback.state == "reached":
        callback.state = "waiting"
    service.hand_back(
        work, conversation.id, conversation.customer_id, why="not_reached", caller_stays=False
    )
    calling_back.put_off(work, conversation, callback, why)


def _over(work: Work, conversation: Conversation, why: str, told: str = "") -> None:
    """Nobody answered: the call ends with its reason, and whoever called wraps up."""
    item = hold(work, "conversation", conversation.id)
    if item is not None and item.state == "assigned":
        assignments.end_contact(work, item)
    _say(work, conversation.id, f"{WORDS[why]}. {told}" if told else WORDS[why])
    hands.end(work, conversation.id, ended_by="system")
    service.end(work, conversation.id, conversation.customer_id, why=why)
    if conversation.agent_id:
        routing.look_for_work(work, conversation.agent_id)


def _say(work: Work, conversation_id: str, text: str) -> None:
    conversations.post(work, conversation_id, author="system", text=text, public=False)


# What follows from changes on our side


def follow(work: Work, call: Call) -> None:
    """A try that nobody of ours waits for any more is called off, wherever it has got to."""
    row = dialled.latest(work, call.conversation_id)
    if row is None or row.state in ("answered", "over"):
        return
    legs = calls.legs(work, call.conversation_id)
    waits = any(leg.party == ("agent" if row.state == "page" else "caller") for leg in legs)
    if call.ended_at is not None or not waits:
        dialled.move(work, row, "over", "cancelled")
        orders.drop(work, row.id)
