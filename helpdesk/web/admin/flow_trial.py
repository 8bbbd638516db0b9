"""A pretended call through a flow as it stands in the form: what would be heard, what comes next.

Nothing is looked up in any record and nothing is kept; who calls, the hours and whether a proof
fits are pretended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from helpdesk.core.work import Work
from helpdesk.ivr import visiting, walking
from helpdesk.ivr.actions import (
    Action,
    Ask,
    CallBack,
    Enqueue,
    Forward,
    HangUp,
    Play,
    Say,
    Step,
    Voicemail,
)
from helpdesk.ivr.flow import Flow
from helpdesk.ivr.lookups import HOLE, Asked, Found
from helpdesk.ivr.walking import Facts, Given
from helpdesk.web.admin.forms import Values
from helpdesk.workflows import call_flows, looking_up

PRETENDED_NAME, PRETENDED_NUMBER = "Kim", "+442079460001"


def turn(work: Work, flow: Flow, values: Values) -> dict[str, Any]:
    """What the page shows next. An empty `state` is a call that comes in."""
    facts = _facts(work, flow, values)
    state = _state(values["state"])
    given = Given(values["digits"][:40], values["speech"][:400], values["transfer"][:20])
    if not state:
        return _shown(work, walking.enter(flow, facts))
    facts = replace(facts, typed_number=call_flows.number_typed(work, given.digits, facts.number))
    asked = walking.wanted(flow, state, given, facts)
    if asked is not None and values["pretend_proof"] != "wrong":
        facts = replace(facts, found={asked: _pretended(work, asked)})
    return _shown(work, walking.answer(flow, state, given, facts))


SPOKEN = {
    visiting.TIMES: "For Tuesday, 2 December between 10:00 and 12:00, press 1.",
    visiting.CHOICE: "Thank you. A technician comes on Tuesday, 2 December.",
}


def _facts(work: Work, flow: Flow, values: Values) -> Facts:
    hours = values["pretend_hours"]
    calendars = frozenset(flow.uses("calendar"))
    tags = {word.strip().casefold() for word in values["pretend_tags"].split(",")}
    recognised = values["pretend_caller"] == "recognised"
    return Facts(
        at=work.at,
        recognised=recognised,
        first_name=PRETENDED_NAME if recognised else "",
        number="" if values["pretend_caller"] == "hidden" else PRETENDED_NUMBER,
        tags=frozenset(tags - {""}),
        priority=values["pretend_priority"],
        open_calendars=calendars
        if hours == "open"
        else frozenset()
        if hours == "closed"
        else call_flows.open_now(work, flow),
    )


def _pretended(work: Work, asked: Asked) -> Found:
    """The first outcome that there is; what another program would fill in is called by its name."""
    one = looking_up.known(work).get(asked.what)
    outcome, sentence = next(iter(one.outcomes.items())) if one else ("", "")
    slots = {name: name.replace("_", " ") for name in HOLE.findall(sentence)}
    slots |= {"said": SPOKEN[asked.what]} if asked.what in SPOKEN else {}
    return Found(outcome, slots | {"number": " ".join(asked.number)}, sentence)


def _state(text: str) -> dict[str, Any]:
    try:
        state = json.loads(text) if len(text) < 2000 else None
    except (ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) else {}


def _shown(work: Work, step: Step) -> dict[str, Any]:
    last = step.actions[-1]
    known = call_flows.known(work)
    names = known.queues
    return {
        "state": dict(step.state),
        "heard": [text for one in step.actions for text in _heard(one, known.sounds)],
        "ask": {"digits": last.digits, "finish_key": last.finish_key, "speech": last.speech}
        if isinstance(last, Ask)
        else None,
        "rings": isinstance(last, Forward),
        "then": _then(last, names),
        "went": [one.given or one.name for one in step.went],
        "language": next((o.language for o in step.actions if isinstance(o, Say | Ask)), "en-GB"),
    }


def _heard(action: Action, sounds: Mapping[str, str]) -> list[str]:
    if isinstance(action, Ask):
        return [text for one in action.prompts for text in _heard(one, sounds)]
    if isinstance(action, Say):
        return [action.text]
    if isinstance(action, Play):
        return [f"The sound “{sounds.get(action.sound_id, 'that is gone')}” is played."]
    return []


def _then(action: Action, queues: Mapping[str, str]) -> str:
    """What becomes of the call, in words; empty where something is asked."""
    match action:
        case Enqueue():
            return f"The caller waits in {queues.get(action.queue_id, 'a queue')}."
        case Voicemail():
            return f"A message is taken for {queues.get(action.queue_id, 'a queue')}."
        case CallBack():
            queue = queues.get(action.queue_id, "a queue")
            return f"{action.number} is rung in its turn in {queue}."
        case Forward():
            return f"{action.number} rings."
        case HangUp():
            return "The call ends."
    return ""
