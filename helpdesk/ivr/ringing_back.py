"""The steps of a walk in which a caller says which number is to be rung back. Pure.

Their own number is read out digit by digit and confirmed with a key, or another one is typed and
confirmed in its turn. Who confirms none waits for a person instead: nobody is sent away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk.ivr.actions import CallBack, Enqueue
from helpdesk.ivr.flow import Node

if TYPE_CHECKING:
    from helpdesk.ivr.walking import Given, Walk

NUMBER_HERE = "{number}"
RIGHT, ANOTHER = "1", "2"


def come_to(walk: Walk, node: Node) -> str | None:
    walk.say(node.text("text"))
    number = walk.facts.number
    return confirm(walk, node, number) if number else _ask_for_number(walk, node)


def heard(walk: Walk, node: Node, given: Given) -> str | None:
    if walk.phase == "confirm" and walk.number:
        return _confirmed(walk, node, given)
    if given.digits and walk.facts.typed_number:
        return confirm(walk, node, walk.facts.typed_number)
    return _again(walk, node, given)


def read_out(number: str) -> str:
    """A number as it can be written down while it is heard: digit by digit."""
    return " ".join(number)


def confirm(walk: Walk, node: Node, number: str) -> str | None:
    if not walk.may_ask():
        return _waits(walk, node)
    walk.phase, walk.number = "confirm", number.removeprefix("+")
    words = node.text("confirm")
    told = words if NUMBER_HERE in words else f"{NUMBER_HERE}. {words}"
    return walk.ask(node, told.replace(NUMBER_HERE, read_out(number)), finish_key="", timeout_s=8)


def _ask_for_number(walk: Walk, node: Node) -> str | None:
    if not walk.may_ask():
        return _waits(walk, node)
    walk.phase, walk.number = "number", ""
    return walk.ask(node, node.text("asks_number"), digits=0, timeout_s=10)


def _confirmed(walk: Walk, node: Node, given: Given) -> str | None:
    key = given.digits[:1]
    if key == RIGHT:
        walk.note(node, "number confirmed")
        window = (node.text("from"), node.text("until"))
        walk.end(
            node,
            CallBack(
                node.text("queue_id"),
                f"+{walk.number}",
                node.text("thanks"),
                window if all(window) else None,
                walk.flow.zone,
                walk.flow.language,
            ),
        )
        return None
    if key == ANOTHER:
        walk.note(node, "another number")
        walk.tries = 0
        return _ask_for_number(walk, node)
    return _again(walk, node, given)


def _again(walk: Walk, node: Node, given: Given) -> str | None:
    """Nothing, or nothing that fits: asked again while there are tries left."""
    walk.note(node, "not understood" if given.digits else "no answer")
    walk.tries += 1
    if walk.tries > min(node.whole("retries"), 5):
        return _waits(walk, node)
    walk.say(node.text("invalid" if given.digits else "no_input"))
    if walk.phase == "confirm":
        return confirm(walk, node, f"+{walk.number}")
    return _ask_for_number(walk, node)


def _waits(walk: Walk, node: Node) -> str | None:
    walk.say(node.text("stays"))
    walk.end(node, Enqueue(node.text("queue_id"), node.name))
    return None
