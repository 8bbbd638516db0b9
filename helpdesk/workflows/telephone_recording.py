"""Recording calls: begun with the conversation, paused for card data, stopped, and over with it.

A call is recorded when its caller has agreed and somebody answers, as the queue says that has it
then. Everything is an order to the carrier; what counts is the carrier's word, by the answer to the
order or by its hook, whichever comes. Not for asking callers (`telephone_consent`) nor for files
(`recordings_fetching`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpdesk.calls import queries as calls
from helpdesk.calls import service as call_service
from helpdesk.calls.models import Call, CallLeg
from helpdesk.carriers import lines, orders, port
from helpdesk.carriers.orders import Claimed
from helpdesk.channels import queries as channels
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Conflict, Forbidden
from helpdesk.core.work import Work
from helpdesk.recordings import queries, rules, service, settings
from helpdesk.recordings.events import RecordingsDue
from helpdesk.recordings.models import CallRecording
from helpdesk.routing import service as routing
from helpdesk.workflows import telephone_carrying, telephone_consent

CARRIER = "twilio"
NOT_RECORDED = "This call is not being recorded, so nothing has to be paused."


def follow(work: Work, call: Call, why: str, leg: CallLeg | None) -> None:
    """Somebody answers: it begins. The call goes elsewhere, or ends: it goes on, or not."""
    if call.carrier != CARRIER:
        return
    if why == "waiting":
        _heed_queue(work, call)
    elif not call.is_asked:
        return
    elif call.ended_at is not None:
        _end(work, call)
    elif why == "answered" or (why == "joined" and leg is not None and leg.party == "agent"):
        _begin(work, call)
    elif why == "recording" and _somebody_is_there(work, call):
        _begin(work, call)  # they have heard about it only now


def overflowed(work: Work, conversation_id: str) -> None:
    """It waits in another queue now: the caller hears what that one records, and waits on."""
    conversation = conversations.get_conversation(work, conversation_id, for_update=True)
    call = calls.find_call(work, conversation.id, for_update=True)
    if call is None or call.ended_at is not None or call.carrier != CARRIER:
        return
    heard_all = telephone_consent.pending(work, call) is None
    _heed_queue(work, call)
    row = lines.of_caller(work, conversation.id)
    if heard_all and row is not None and telephone_consent.pending(work, call) is not None:
        orders.write(work, conversation.id, "move", row.sid, room="")
        work.after_commit(lambda: telephone_carrying.soon(conversation_id))


def _begin(work: Work, call: Call) -> None:
    """Record from now on, where the queue that has the call records and its caller has agreed."""
    consent = queries.consent_of(work, call.conversation_id, for_update=True)
    caller = lines.of_caller(work, call.conversation_id)
    if consent is None or consent.state != "given" or caller is None or caller.ended_at is not None:
        return
    rule = settings.rule_of(work, _queue_of(work, call) or consent.queue_id)
    before = queries.find(work, call.conversation_id)
    if not rules.covers(rule.mode, consent.state, consent.how) or _stands(before, caller.sid):
        return
    found = service.order(work, call.conversation_id, queue_id=rule.queue_id, line_sid=caller.sid)
    _order(work, found, "running", is_new=True)


def _somebody_is_there(work: Work, call: Call) -> bool:
    legs = calls.legs(work, call.conversation_id)
    return any(one.party == "agent" and one.state == "joined" for one in legs)


def _stands(found: CallRecording | None, line_sid: str) -> bool:
    """Whether it runs already, or the carrier would not have it on this line."""
    if found is None or found.line_sid != line_sid:
        return False
    return found.tape == "failed" or (found.tape != "over" and found.wanted != "over")


def _queue_of(work: Work, call: Call) -> str | None:
    """Where the call lies now: it may have overflowed before anybody answered."""
    item = routing.item_of(work, "conversation", call.conversation_id)
    if item is not None:
        return item.queue_id
    return conversations.get_conversation(work, call.conversation_id).queue_id


def _heed_queue(work: Work, call: Call) -> None:
    """Nobody of ours has the call now, and perhaps another queue: its rule holds from here on."""
    queue_id = _queue_of(work, call)
    if queue_id is None:
        return
    caller = calls.leg_of(work, call.conversation_id, "caller")
    row = lines.of_caller(work, call.conversation_id)
    if caller is None or caller.state != "joined" or row is None or row.ended_at is not None:
        _end(work, call)
        telephone_consent.line_gone(work, call)
        return
    rule = settings.rule_of(work, queue_id)
    if call.is_asked:
        consent = queries.consent_of(work, call.conversation_id, for_update=True)
        if consent is None or not rules.covers(rule.mode, consent.state, consent.how):
            _stop(work, call)
    telephone_consent.moved(work, call, row, rule)


def _stop(work: Work, call: Call) -> None:
    found = queries.find(work, call.conversation_id, for_update=True)
    if found is not None and found.ended_at is None and found.wanted != "over":
        service.stop(work, found)
        _order(work, found, "over")


def _end(work: Work, call: Call) -> None:
    if not call.is_asked:
        return
    for found in queries.all_of(work, call.conversation_id):
        if found.ended_at is None or found.tape not in ("over", "failed"):
            service.call_ended(work, found)
            orders.drop(work, found.id)


def _order(work: Work, found: CallRecording, state: str, *, is_new: bool = False) -> None:
    orders.write(
        work, found.conversation_id, "tape", found.id,
        line=found.line_sid, sid=found.carrier_sid, state=state, is_new=is_new,
    )  # fmt: skip
    conversation_id = found.conversation_id
    work.after_commit(lambda: telephone_carrying.soon(conversation_id))


# What people at the desk do


def pause(work: Work, conversation_id: str) -> None:
    """Card data is about to be said. It is safe once the carrier has confirmed, not before.

    Forbidden (`not_your_conversation`), Conflict (`not_recorded`).
    """
    conversation, found = _mine(work, conversation_id)
    if found is None or found.tape in ("over", "failed") or found.wanted == "over":
        raise Conflict(NOT_RECORDED, code="not_recorded")
    if found.wanted == "paused" and found.tape == "paused":
        return
    service.ask_pause(work, found)
    work.audit("recording.pause_asked", "conversation", conversation.id, recording_id=found.id)
    _order(work, found, "paused")
    _tell(work, conversation)


def resume(work: Work, conversation_id: str) -> None:
    """The card data is said: what follows is recorded again."""
    conversation, found = _mine(work, conversation_id)
    if found is None or found.wanted != "paused" or found.tape in ("over", "failed"):
        raise Conflict("The recording is not paused.", code="not_paused")
    service.ask_resume(work, found)
    work.audit("recording.resume_asked", "conversation", conversation.id, recording_id=found.id)
    _order(work, found, "running")
    _tell(work, conversation)


def withdraw(work: Work, conversation_id: str) -> None:
    """The caller does not want it: it stops, and what was recorded is deleted."""
    conversation, found = _mine(work, conversation_id)
    consent = queries.consent_of(work, conversation.id, for_update=True)
    if consent is None or consent.state != "given":
        raise Conflict("Nothing is recorded in this call.", code="not_recorded")
    service.withdraw(work, consent, queries.all_of(work, conversation.id))
    work.audit(
        "recording.consent_withdrawn", "conversation", conversation.id,
        recording_id=found.id if found else None,
    )  # fmt: skip
    if found is not None and found.tape not in ("over", "failed"):
        _order(work, found, "over")
    conversations.post(
        work, conversation.id, author="system", public=False,
        text="Recording stopped and deleted: the caller does not want it",
    )  # fmt: skip
    _tell(work, conversation)


def _mine(work: Work, conversation_id: str) -> tuple[Conversation, CallRecording | None]:
    """The actor's own call that goes on, held in the order that all locks have."""
    seen = channels.get_visible(work, conversation_id)
    conversation = conversations.get_conversation(work, seen.id, for_update=True)
    if conversation.agent_id != work.actor.id:
        raise Forbidden("This call is not yours.", code="not_your_conversation")
    call = calls.find_call(work, conversation.id, for_update=True)
    if call is None or call.ended_at is not None:
        raise Conflict("This call has ended.", code="call_ended")
    return conversation, queries.find(work, conversation.id, for_update=True)


def _tell(work: Work, conversation: Conversation) -> None:
    call_service.noted(work, conversation.id, conversation.customer_id, "recording")


# What the carrier says


def settled(work: Work, order: Claimed, found: Any, told: str) -> None:
    """What became of an order: `found` is the carrier's (state, sid); None: it was given up."""
    conversation = conversations.get_conversation(work, order.conversation_id, for_update=True)
    calls.find_call(work, conversation.id, for_update=True)
    recording = queries.get(work, order.target, for_update=True)
    before = (recording.tape, recording.error)
    if found is None:
        service.gave_up(work, recording, told)
    else:
        state, sid = found
        service.confirmed(work, recording, state, sid)
        _note(work, recording, before[0], order.wanted["state"])
    if before != (recording.tape, recording.error):
        _tell(work, conversation)


def _note(work: Work, found: CallRecording, was: str, wanted: str) -> None:
    if found.tape == was or wanted != found.wanted:
        return
    if found.tape == "paused":
        work.audit("recording.paused", "conversation", found.conversation_id)
    elif was == "paused" and found.tape == "running":
        work.audit("recording.resumed", "conversation", found.conversation_id)


def reported(work: Work, told: Mapping[str, str]) -> None:
    """A hook about a recording. Of one that we never ordered it means nothing."""
    sid, status = told.get("RecordingSid", ""), told.get("RecordingStatus", "")
    line = told.get("CallSid", "")
    is_known = line and port.carrier().is_recording(sid)
    first = queries.of_line(work, line, sid) if is_known else None
    if first is None:
        return
    conversation = conversations.get_conversation(work, first.conversation_id, for_update=True)
    calls.find_call(work, conversation.id, for_update=True)
    found = queries.get(work, first.id, for_update=True)
    if found.carrier_sid not in ("", sid):
        return
    if status == "completed":
        length = told.get("RecordingDuration", "")
        seconds = int(length) if length.isdigit() and len(length) < 7 else None
        if service.finished(work, found, seconds, sid):
            work.emit(RecordingsDue())
    elif status == "absent":
        service.nothing_there(work, found)
    elif status == "in-progress" and not found.carrier_sid:
        _began_behind_our_back(work, conversation, found, sid)


def _began_behind_our_back(
    work: Work, conversation: Conversation, found: CallRecording, sid: str
) -> None:
    """It runs, though the answer to our order is not here (yet): what was ordered since counts."""
    if found.tape in ("over", "failed"):
        return
    found.carrier_sid = sid
    if found.wanted == "running":
        service.confirmed(work, found, "running", sid)
    else:
        found.tape, found.began_at = "running", found.began_at or work.at
        _order(work, found, found.wanted)
    _tell(work, conversation)
