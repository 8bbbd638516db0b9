"""What a rule may do, as values: checked when it is kept, foretold when it is tried out. Pure.

Doing it is for `workflows.ruling_acts`. Texts know a few fields in braces that are replaced once;
anything else in them is literal, so a text is never a program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from helpdesk.clocks.policies import PRIORITIES
from helpdesk.rules.conditions import Facts
from helpdesk.rules.subjects import FIELD

KINDS: Mapping[str, str] = {
    "set_state": "Set the state to",
    "set_priority": "Set the priority to",
    "set_type": "Set the type to",
    "set_queue": "Move to the queue",
    "set_team": "Give to the team",
    "assign": "Give to",
    "add_tags": "Add tags",
    "remove_tags": "Remove tags",
    "set_field": "Fill in a field",
    "add_note": "Write a note",
    "send_reply": "Send the customer",
    "notify": "Tell by e-mail",
    "call_webhook": "Call a webhook",
    "run_rule": "Run another rule",
}
STATES = (
    "open",
    "waiting_on_customer",
    "waiting_on_third_party",
    "visit_booked",
    "resolved",
    "closed",
)
WHOM = ("assignee", "followers")
NOBODY = "nobody"
TEXT_FIELDS = ("ticket", "queue", "agent")
MOST_ACTIONS = 20
LONGEST_TEXT = 5_000

_FIELD_IN_TEXT = re.compile(r"\{([a-z]{1,20})\}")
_PLAIN: Mapping[str, str] = {
    "set_state": "state",
    "set_priority": "priority",
    "set_type": "type",
    "set_queue": "queue_id",
    "set_team": "team_id",
}


@dataclass(frozen=True, slots=True)
class Action:
    """`value` is the word, id or key; `values` tags or people; `text` what is written."""

    kind: str
    value: str = ""
    values: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Foretold:
    """What actions would do: the facts afterwards, {fact: (before, after)}, and what else."""

    facts: dict[str, Any]
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    others: tuple[Action, ...] = ()


def foretell(actions: Sequence[Action], facts: Facts) -> Foretold:
    """The facts as these actions would leave them, without doing anything."""
    after = dict(facts)
    others = []
    for action in actions:
        changed = _change(action, after)
        if changed is None:
            others.append(action)
        else:
            after |= changed
    changes = {
        name: (facts.get(name), after[name]) for name in after if facts.get(name) != after[name]
    }
    return Foretold(after, changes, tuple(others))


def _change(action: Action, facts: Facts) -> dict[str, Any] | None:
    """The facts that an action sets; None for one that sets none."""
    if action.kind in _PLAIN:
        return {_PLAIN[action.kind]: action.value or None}
    if action.kind == "assign":
        to = None if action.value == NOBODY else action.value
        started = to is not None and facts.get("state") == "new"
        return {"assignee_id": to} | ({"state": "open"} if started else {})
    tags = list(facts.get("tags") or ())
    if action.kind == "add_tags":
        return {"tags": [*tags, *(one for one in action.values if one not in tags)]}
    if action.kind == "remove_tags":
        return {"tags": [one for one in tags if one not in action.values]}
    if action.kind == "set_field":
        return {FIELD + action.value: action.text or None}
    return None


def trouble_with(action: Action) -> str:
    """Why an action can't be kept, as far as it shows by itself; empty when it can."""
    if action.kind not in KINDS:
        return "Choose what to do."
    if len(action.text) > LONGEST_TEXT:
        return f"Use at most {LONGEST_TEXT:,} characters."
    if action.kind in ("add_note", "send_reply", "notify") and not action.text.strip():
        return "Write the text."
    if action.kind in ("add_tags", "remove_tags", "notify") and not action.values:
        return "Say which tags." if action.kind != "notify" else "Say who is told."
    if action.kind == "set_state" and action.value not in STATES:
        return "Choose a state."
    if action.kind == "set_priority" and action.value not in PRIORITIES:
        return "Choose a priority."
    needs = ("set_queue", "assign", "set_field", "call_webhook", "run_rule")
    if action.kind in needs and not action.value:
        return "Choose one."
    return ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The known fields in braces replaced, once; everything else stays as it was typed."""
    known = {name: values.get(name, "") for name in TEXT_FIELDS}
    return _FIELD_IN_TEXT.sub(lambda found: known.get(found[1], found[0]), text)


def as_list(actions: Sequence[Action]) -> list[dict[str, Any]]:
    return [
        {"kind": a.kind, "value": a.value, "values": list(a.values), "text": a.text}
        for a in actions
    ]


def from_list(stored: Sequence[Mapping[str, Any]]) -> tuple[Action, ...]:
    return tuple(Action(a["kind"], a["value"], tuple(a["values"]), a["text"]) for a in stored)
