"""What is wrong with a flow, each problem at its step and field. What has none can be published.

A caller must always end somewhere: no step that nobody reaches, no circle that turns without the
caller giving something, no way that leads nowhere. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from helpdesk.ivr.flow import LANGUAGES, LONGEST_NAME, MOST_NODES, NAME_HERE, Flow, Node
from helpdesk.ivr.kinds import KEYS, LONGEST_TEXT, Field
from helpdesk.ivr.lookups import BY_PROGRAM, LookUp

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_KNOWN_WORDS = {
    "queue": "Choose a queue.",
    "calendar": "Choose the hours.",
    "lookup": "Choose what is looked up.",
    "proof": "Choose what proves who is calling.",
    "sound": "Choose a sound.",
    "skill": "This skill is gone. Choose another.",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to choose from, names by id."""

    queues: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, str] = field(default_factory=dict)
    proofs: Mapping[str, str] = field(default_factory=dict)
    lookups: Mapping[str, LookUp] = field(default_factory=dict)
    sounds: Mapping[str, str] = field(default_factory=dict)
    skills: Mapping[str, str] = field(default_factory=dict)
    zones: Collection[str] = ("UTC",)

    def table(self, what: str) -> Mapping[str, str]:
        if what == "lookup":
            return {key: one.words for key, one in self.lookups.items()}
        tables = {
            "queue": self.queues,
            "calendar": self.calendars,
            "proof": self.proofs,
            "sound": self.sounds,
            "skill": self.skills,
        }
        return tables[what]


@dataclass(frozen=True, slots=True)
class Problem:
    """`node_id` is empty for what concerns the flow itself."""

    node_id: str
    field: str
    text: str


def problems(flow: Flow, known: Known) -> list[Problem]:
    """All of them, in the order of the steps."""
    found = list(_of_flow(flow, known))
    names = Counter(node.name.casefold() for node in flow.nodes.values())
    for node in flow.nodes.values():
        found += _of_name(node, names)
        for one in node.fields():
            if text := _trouble(one, node.text(one.name), flow, known):
                found.append(Problem(node.id, one.name, text))
        found += _of_choices(node, flow)
        found += _of_window(node)
        found += _of_lookup(node, known)
        found += [
            Problem(node.id, f"answer-{key}", f"Use at most {LONGEST_TEXT} characters.")
            for key, text in node.answers.items()
            if len(text) > LONGEST_TEXT
        ]
    there = reached(flow)
    found += [
        Problem(node.id, "name", "No step leads here. Lead one here, or remove it.")
        for node in flow.nodes.values()
        if node.id not in there
    ]
    found += [
        Problem(node_id, way, "This goes round in a circle without the caller doing anything.")
        for node_id, way in _circles(flow)
    ]
    order = {node_id: place for place, node_id in enumerate(flow.nodes)}
    return sorted(found, key=lambda one: order.get(one.node_id, -1))


def reached(flow: Flow) -> set[str]:
    """The steps that some caller can come to."""
    seen: set[str] = set()
    waiting = [flow.start.id] if flow.start else []
    while waiting:
        here = waiting.pop()
        if here in seen or here not in flow.nodes:
            continue
        seen.add(here)
        waiting += [way.to for way in flow.nodes[here].ways()]
    return seen


def _of_flow(flow: Flow, known: Known) -> Iterator[Problem]:
    if not flow.nodes:
        yield Problem("", "nodes", "Add a step.")
    if len(flow.nodes) > MOST_NODES:
        yield Problem("", "nodes", f"Use at most {MOST_NODES} steps.")
    if flow.language not in LANGUAGES:
        yield Problem("", "language", "Choose a language.")
    if flow.zone not in known.zones:
        yield Problem("", "zone", "Choose a time zone.")
    if NAME_HERE in flow.greeting:
        yield Problem("", "greeting", "Only the greeting of recognised callers can hold a name.")
    for name, text in (("greeting", flow.greeting), ("greeting_known", flow.greeting_known)):
        if len(text) > LONGEST_TEXT:
            yield Problem("", name, f"Use at most {LONGEST_TEXT} characters.")


def _of_name(node: Node, names: Mapping[str, int]) -> Iterator[Problem]:
    if not node.name.strip():
        yield Problem(node.id, "name", "Give this step a name.")
    elif len(node.name) > LONGEST_NAME:
        yield Problem(node.id, "name", f"Use at most {LONGEST_NAME} characters.")
    elif names[node.name.casefold()] > 1:
        yield Problem(node.id, "name", "Another step has this name.")


def _trouble(one: Field, value: str, flow: Flow, known: Known) -> str:
    """What is wrong with one field; empty when nothing is."""
    if one.what == "goto":
        return _trouble_with_way(value, flow)
    if one.what in _KNOWN_WORDS:
        fits = value in known.table(one.what) or (not value and not one.needed)
        return "" if fits else _KNOWN_WORDS[one.what]
    if one.what == "choice":
        return "" if value in one.options else "Choose one."
    if one.what == "whole":
        right = value.isascii() and value.isdigit() and len(value) < 7
        if not right or not one.least <= int(value) <= one.most:
            return f"Enter a whole number from {one.least} to {one.most}."
        return ""
    if not value.strip():
        return "Fill this in." if one.needed else ""
    if one.what == "phone" and not _PHONE.fullmatch(value):
        return "Write a number with + and the country code, like +442079460000."
    if one.what == "clock" and not _CLOCK.fullmatch(value):
        return "Enter a time such as 09:00."
    if one.what in ("text", "line") and NAME_HERE in value:
        return "A name can only stand in the greeting of recognised callers."
    return f"Use at most {one.most} characters." if len(value) > one.most else ""


def _trouble_with_way(to: str, flow: Flow) -> str:
    if not to:
        return "Choose where it goes on."
    return "" if to in flow.nodes else "That step is gone. Choose another."


def _of_choices(node: Node, flow: Flow) -> Iterator[Problem]:
    if node.kind != "menu":
        return
    if not node.choices:
        yield Problem(node.id, "choices", "Add what the caller can choose.")
    keys = Counter(one.key for one in node.choices)
    words = Counter(word.casefold() for one in node.choices for word in set(one.words))
    for number, one in enumerate(node.choices):
        twice = sorted(word for word in one.words if words[word.casefold()] > 1)
        if one.key not in KEYS:
            text = "Choose a key from 0 to 9, * or #."
        elif keys[one.key] > 1:
            text = f"Key {one.key} stands here twice."
        elif twice:
            text = f"“{twice[0]}” stands for two keys."
        elif sum(len(word) for word in one.words) > 300:
            text = "Use at most 300 characters for words."
        else:
            text = _trouble_with_way(one.to, flow)
        if text:
            yield Problem(node.id, f"choice-{number}", text)


def _of_lookup(node: Node, known: Known) -> Iterator[Problem]:
    """Who checks the proof: our records, or the program that is asked."""
    if node.kind == "visit" and node.text("proof") == BY_PROGRAM:
        yield Problem(node.id, "proof", "Visits are proved by the customer's record.")
    one = known.lookups.get(node.text("what")) if node.kind == "lookup" else None
    if one is None:
        return
    proof = node.text("proof")
    if proof and (one.find is None) != (proof == BY_PROGRAM):
        who = "the program that is asked" if one.find is None else "the customer's record"
        yield Problem(node.id, "proof", f"What is looked up here is proved by {who}.")
    if not node.text("proof_prompt").strip():
        yield Problem(node.id, "proof_prompt", "Fill this in.")


def _of_window(node: Node) -> Iterator[Problem]:
    """A callback's times of the day: both or neither."""
    if node.kind == "callback" and bool(node.text("from")) != bool(node.text("until")):
        missing = "until" if node.text("from") else "from"
        yield Problem(node.id, missing, "Give both times, or neither.")


def _circles(flow: Flow) -> Iterable[tuple[str, str]]:
    """(step, field) of each way that closes a circle which no caller has to do anything for."""
    state: dict[str, int] = {}  # 1: on the way that is followed now, 2: done
    found: list[tuple[str, str]] = []

    def follow(node_id: str) -> None:
        state[node_id] = 1
        for way in flow.nodes[node_id].ways():
            if way.after_input or way.to not in flow.nodes:
                continue
            if state.get(way.to) == 1:
                found.append((node_id, way.field))
            elif way.to not in state:
                follow(way.to)
        state[node_id] = 2

    for node_id in flow.nodes:
        if node_id not in state:
            follow(node_id)
    return found
