"""The walk through a flow: where the caller comes in, and what follows from what they give.

Pure: all that has to be looked up comes along as `Facts`. Whatever the input and the state, a walk
ends after at most so many steps in an action; a way that leads nowhere hangs up. `wanted` tells
which look-up an answer needs; the same answer given with its result goes on from there.

State is JSON: `at` (step), `tries` there, `asked` in all, `phase` and `number` of a look-up, and
`over` once the caller waits, speaks to a machine or is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk.ivr import looking_up, ringing_back, visiting
from helpdesk.ivr.actions import (
    Action,
    Ask,
    Enqueue,
    Forward,
    HangUp,
    Play,
    Say,
    Step,
    Voicemail,
    Went,
)
from helpdesk.ivr.flow import NAME_HERE, Choice, Flow, Node
from helpdesk.ivr.kinds import PRIORITIES
from helpdesk.ivr.lookups import MOST_DIGITS, Asked, Found, digits_of, looks_like_card, typed

MOST_QUESTIONS = 60
"""In one call; after them every question goes where it goes without an answer."""
LONGEST_GIVEN = 400
ANSWERED = "answered"
HOURS_WORDS = ("open", "closed")


@dataclass(frozen=True, slots=True)
class Given:
    """What came back from the carrier: keys, words, or how a transfer ended; empty for nothing.

    `transfer`: answered, no_answer, busy or failed.
    """

    digits: str = ""
    speech: str = ""
    transfer: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beforehand. `tags` in lower case; `priority`: the highest of open tickets.

    `number` is where the call comes from, `typed_number` what was just typed as one: both in
    E.164, empty where they are no number that can be rung.
    """

    at: datetime | None = None
    recognised: bool = False
    first_name: str = ""
    tags: frozenset[str] = frozenset()
    priority: str = ""
    open_calendars: frozenset[str] = frozenset()
    number: str = ""
    typed_number: str = ""
    found: Mapping[Asked, Found | None] = field(default_factory=dict)


def enter(flow: Flow, facts: Facts) -> Step:
    """The caller comes in."""
    walk = Walk(flow, facts)
    name = facts.first_name.strip()
    known = facts.recognised and name and flow.greeting_known
    walk.say(flow.greeting_known.replace(NAME_HERE, name) if known else flow.greeting)
    return walk.go(flow.start.id if flow.start else "")


def answer(flow: Flow, state: Mapping[str, Any], given: Given, facts: Facts) -> Step:
    """The caller gave something, or nothing, where the walk stood."""
    return _answered(flow, state, given, facts)[0]


def wanted(flow: Flow, state: Mapping[str, Any], given: Given, facts: Facts) -> Asked | None:
    """What has to be looked up before `answer` with the same arguments can say it."""
    return _answered(flow, state, given, facts)[1]


def _answered(
    flow: Flow, state: Mapping[str, Any], given: Given, facts: Facts
) -> tuple[Step, Asked | None]:
    walk = Walk(flow, facts, state)
    node = flow.nodes.get(str(state.get("at", "")))
    if state.get("over") is True:
        return walk.end(node, HangUp()), None
    if node is None:
        return enter(flow, facts), None
    heard = _HEARD.get(node.kind)
    to = heard(walk, node, given) if heard else node.id
    return (walk.step() if to is None else walk.go(to)), walk.lacking


class Walk:
    """One step being made: what is done and where it stands."""

    def __init__(self, flow: Flow, facts: Facts, state: Mapping[str, Any] | None = None) -> None:
        before = state or {}
        self.flow, self.facts = flow, facts
        self.at = str(before.get("at", ""))
        self.tries = _count(before.get("tries"))
        self.asked = _count(before.get("asked"))
        self.phase = str(before.get("phase", ""))
        self.number = digits_of(before.get("number"))[:MOST_DIGITS]
        self.over = False
        self.actions: list[Action] = []
        self.went: list[Went] = []
        self.lacking: Asked | None = None

    def go(self, node_id: str) -> Step:
        """On from that step until something is asked, or the walk ends."""
        to: str | None = node_id
        for _ in range(len(self.flow.nodes) + 1):
            node = self.flow.nodes.get(to or "")
            if node is None:
                break
            self.at, self.tries, self.phase, self.number = node.id, 0, "", ""
            self.went.append(Went(node.id, node.name))
            to = _PASS[node.kind](self, node)
            if to is None:
                return self.step()
        return self.end(None, HangUp())

    def say(self, text: str) -> None:
        if text.strip():
            self.actions.append(Say(text, self.flow.language))

    def may_ask(self) -> bool:
        return self.asked < MOST_QUESTIONS

    def ask(self, node: Node, prompt: str, **how: Any) -> str | None:
        """Ask once more; where too much was asked already, the way without an answer."""
        if not self.may_ask():
            return _without_answer(node)
        self.asked += 1
        language = self.flow.language
        self.actions.append(Ask((Say(prompt, language),), language=language, **how))
        return None

    def again(self, node: Node, text: str, ask: Callable[[Walk, Node], str | None]) -> str | None:
        """It was nothing, or nothing that fits: ask again while there are tries left."""
        self.tries += 1
        if self.tries > min(node.whole("retries"), 5):
            return _without_answer(node)
        self.say(text)
        return ask(self, node)

    def missed(
        self, node: Node, given: Given, ask: Callable[[Walk, Node], str | None]
    ) -> str | None:
        """Nothing was given, or nothing that fits. What was typed stays untold: it may be anything,
        a card number too.
        """
        something = bool(given.digits or given.speech)
        self.note(node, "not understood" if something else "no answer")
        return self.again(node, node.text("invalid" if something else "no_input"), ask)

    def note(self, node: Node, given: str) -> None:
        self.went.append(Went(node.id, node.name, given))

    def finish(self, node: Node, action: Action) -> None:
        self.say(node.text("text"))
        self.actions.append(action)
        self.over = True

    def end(self, node: Node | None, action: Action) -> Step:
        self.at = node.id if node else self.at
        self.actions.append(action)
        self.over = True
        return self.step()

    def step(self) -> Step:
        state: dict[str, Any] = {"at": self.at, "tries": self.tries, "asked": self.asked}
        if self.phase:
            state |= {"phase": self.phase, "number": self.number}
        if self.over:
            state["over"] = True
        went = tuple(self.went)
        names = tuple(one.name for one in went if not one.given)
        return Step(tuple(self.actions), state, names, went)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10_000 else 0


def _without_answer(node: Node) -> str:
    return node.text("refused" if node.kind in ("lookup", "visit") else "otherwise")


# What a step does when the walk comes to it: the next one, or None where it stays.


def _menu(walk: Walk, node: Node) -> str | None:
    speech = any(choice.words for choice in node.choices)
    return walk.ask(node, node.text("prompt"), finish_key="", timeout_s=6, speech=speech)


def _speak(walk: Walk, node: Node) -> str | None:
    walk.say(node.text("text"))
    return node.text("next")


def _play(walk: Walk, node: Node) -> str | None:
    if sound := node.text("sound_id"):
        walk.actions.append(Play(sound))
    return node.text("next")


def _ask(walk: Walk, node: Node) -> str | None:
    digits = min(node.whole("digits"), MOST_DIGITS)
    speech = bool(node.text("speech"))
    return walk.ask(node, node.text("prompt"), digits=digits, timeout_s=8, speech=speech)


def _hours(walk: Walk, node: Node) -> str | None:
    is_open = node.text("calendar_id") in walk.facts.open_calendars
    walk.note(node, HOURS_WORDS[0 if is_open else 1])
    return node.text("open" if is_open else "closed")


def _condition(walk: Walk, node: Node) -> str | None:
    holds = _HOLDS.get(node.text("asks"), lambda walk, node: False)(walk, node)
    return node.text("then" if holds else "otherwise")


def _queue(walk: Walk, node: Node) -> None:
    reason = node.text("reason") or node.name
    head_start = min(node.whole("head_start_s"), 600)
    skill = node.text("skill")
    skills = {skill: min(max(node.whole("level", 1), 1), 5)} if skill else {}
    walk.finish(node, Enqueue(node.text("queue_id"), reason, skills, head_start))


def _voicemail(walk: Walk, node: Node) -> None:
    walk.finish(node, Voicemail(node.text("queue_id"), node.whole("most_s", 180)))


def _transfer(walk: Walk, node: Node) -> None:
    walk.finish(node, Forward(node.text("number"), node.whole("timeout_s", 25)))
    walk.over = False  # where nobody answers, it goes on


def _hangup(walk: Walk, node: Node) -> None:
    walk.finish(node, HangUp())


_PASS: Mapping[str, Callable[[Walk, Node], str | None]] = {
    "menu": _menu,
    "speak": _speak,
    "play": _play,
    "ask": _ask,
    "hours": _hours,
    "condition": _condition,
    "lookup": looking_up.come_to,
    "visit": visiting.come_to,
    "queue": _queue,
    "voicemail": _voicemail,
    "callback": ringing_back.come_to,
    "transfer": _transfer,
    "hangup": _hangup,
}


# What a condition asks.


def _in_time(walk: Walk, node: Node) -> bool:
    if walk.facts.at is None:
        return False
    try:
        zone = ZoneInfo(walk.flow.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    now = walk.facts.at.astimezone(zone).strftime("%H:%M")
    begin, end = node.text("from"), node.text("until")
    return begin <= now < end if begin <= end else now >= begin or now < end


def _has_tag(walk: Walk, node: Node) -> bool:
    wanted_tags = {word.strip().casefold() for word in node.text("tags").split(",")}
    return bool(wanted_tags & walk.facts.tags)


def _is_pressing(walk: Walk, node: Node) -> bool:
    order = list(PRIORITIES)
    least, has = node.text("priority"), walk.facts.priority
    return least in order and has in order and order.index(has) >= order.index(least)


_HOLDS: Mapping[str, Callable[[Walk, Node], bool]] = {
    "recognised": lambda walk, node: walk.facts.recognised,
    "tag": _has_tag,
    "priority": _is_pressing,
    "time": _in_time,
}


# What follows where something was asked: the next step, or None where it is asked again.


def _menu_heard(walk: Walk, node: Node, given: Given) -> str | None:
    choice = chosen(node, given)
    if choice is not None:
        target = walk.flow.nodes.get(choice.to)
        walk.note(node, f"{choice.key} {target.name if target else ''}".strip())
        return choice.to
    return walk.missed(node, given, _menu)


def _ask_heard(walk: Walk, node: Node, given: Given) -> str | None:
    said = given.speech if node.text("speech") else ""
    digits = typed(given.digits) or digits_of(said[:LONGEST_GIVEN])[:MOST_DIGITS]
    wants = node.whole("digits")
    if digits and (not wants or len(digits) == wants):
        label = node.text("label") or node.name
        is_kept = node.text("secret") or looks_like_card(digits)
        walk.note(node, f"{label} given" if is_kept else f"{label} {digits}")
        return node.text("next")
    return walk.missed(node, given, _ask)


def _transfer_heard(walk: Walk, node: Node, given: Given) -> str | None:
    if given.transfer == ANSWERED:
        walk.note(node, "put through")
        walk.end(node, HangUp())
        return None
    walk.note(node, "nobody answered")
    return node.text("no_answer")


_HEARD: Mapping[str, Callable[[Walk, Node, Given], str | None]] = {
    "menu": _menu_heard,
    "ask": _ask_heard,
    "lookup": looking_up.heard,
    "visit": visiting.heard,
    "callback": ringing_back.heard,
    "transfer": _transfer_heard,
}


def chosen(node: Node, given: Given) -> Choice | None:
    """The choice of a menu that keys or words mean; of two that fit, the longer words win."""
    if given.digits:
        return next((one for one in node.choices if one.key == given.digits[:1]), None)
    said = " ".join(re.findall(r"\w+", given.speech[:LONGEST_GIVEN].casefold()))
    fits = [
        (len(word), -place)
        for place, choice in enumerate(node.choices)
        for word in choice.words
        if re.search(rf"\b{re.escape(word.casefold())}\b", said)
    ]
    return node.choices[-max(fits)[1]] if fits and said else None
