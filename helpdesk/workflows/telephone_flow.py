"""A caller in a call flow: what its steps ask for is done, or handed to the carrier to do.

The walk itself is `call_flows`; here its last action takes effect: the caller enters a line, or is
rung back. Not for the carrier's language.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from helpdesk.calls.models import Call
from helpdesk.calls.windows import Window
from helpdesk.carriers import lines
from helpdesk.carriers.models import CarrierCall
from helpdesk.channels import service as conversations
from helpdesk.core.errors import Conflict, HelpdeskError
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.ivr.actions import Action, Ask, CallBack, Enqueue, HangUp, Say, Step, Voicemail
from helpdesk.ivr.lookups import Asked
from helpdesk.ivr.walking import Given
from helpdesk.routing import service as routing
from helpdesk.workflows import call_flows, calling_back, telephone_consent, telephone_line
from helpdesk.workflows.looking_up import Told
from helpdesk.workflows.telephone_answers import Answer, Consent
from helpdesk.workflows.telephone_words import rung_at

RUNG_BACK = "Thank you. We ring you when it is your turn."
NO_NUMBER = "We can't ring this number. Please stay on the line."


def enter(work: Work, row: CarrierCall, call: Call, flow_id: str) -> Answer | None:
    """The caller comes into the flow; None where no version of it is published."""
    try:
        step = call_flows.begin(work, flow_id, call.conversation_id)
    except Conflict as error:
        if error.code == "not_published":
            return None
        raise
    return _taken(work, row, call, step)


def lacks(work: Work, sid: str, given: Given, question: str) -> Asked | None:
    """What the caller's answer to that question needs to be looked up."""
    row = lines.find(work, sid)
    if row is None or row.conversation_id is None or str(row.asked) != question:
        return None
    return call_flows.lacks(work, row.conversation_id, given)


def caller_of(work: Work, sid: str) -> str:
    """The number of the caller's line in E.164; empty for a hidden one."""
    row = lines.find(work, sid)
    if row is None or row.conversation_id is None:
        return ""
    conversation = conversations.get_conversation(work, row.conversation_id)
    return call_flows.number_typed(work, str(conversation.answers.get("caller", "")), "")


def go_on(work: Work, sid: str, given: Given, told: Told | None = None) -> Answer:
    """What follows from what the caller gave, or from how a transfer ended."""
    row = lines.find(work, sid)
    call = telephone_line.call_of(work, row) if row is not None else None
    if row is None or call is None or call.ended_at is not None or row.ended_at is not None:
        return Answer((HangUp(),))
    return _taken(work, row, call, call_flows.go_on(work, call.conversation_id, given, told))


def _taken(work: Work, row: CarrierCall, call: Call, step: Step) -> Answer:
    actions: list[Action | Consent] = []
    look_again = None
    language = next((one.language for one in step.actions if isinstance(one, Say | Ask)), "")
    for action in step.actions:
        done = _rung_back(work, call, action) if isinstance(action, CallBack) else [action]
        for place, one in enumerate(done):
            if isinstance(one, Enqueue):
                if first := telephone_consent.before_line(work, row, call, one, language):
                    actions += [*done[:place], first]
                    return Answer(tuple(actions), None, row.asked)
                look_again = telephone_line.enter(work, call, one)
            if isinstance(one, Voicemail):
                row.voicemail_queue_id = one.queue_id
        actions += done
    row.asked += 1
    return Answer(tuple(actions), look_again, row.asked)


def _rung_back(work: Work, call: Call, action: CallBack) -> list[Action]:
    """The caller lays the phone down; where the number can't be rung, they wait instead."""
    conversation = conversations.get_conversation(work, call.conversation_id)
    queue = routing.get_queue(work, action.queue_id)
    try:
        made = calling_back.ask(
            work,
            work.session.get_one(Customer, conversation.customer_id),
            queue,
            number=action.number,
            about=conversation.reason,
            window=Window(*action.window, action.zone) if action.window else None,
        )
    except HelpdeskError:
        return [Say(NO_NUMBER), Enqueue(queue.id, reason=conversation.reason)]
    said: list[Action] = [Say(action.thanks or RUNG_BACK, action.language)]
    planned = calling_back.get_callback(work, made.id).next_try_at
    if planned is not None and action.language.startswith("en"):
        said.append(Say(rung_at(planned.astimezone(ZoneInfo(action.zone))), action.language))
    return [*said, HangUp()]
