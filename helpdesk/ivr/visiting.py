"""The step of a walk that books or moves a visit: its number, a proof, windows, a key. Pure.

The windows come from the same engine as everywhere; which they were, whoever looks up knows by the
number, so that the state of a walk holds no more than it. A wrong proof is answered as a wrong
number is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk.ivr.flow import Node
from helpdesk.ivr.lookups import Asked, Found, filled, typed

if TYPE_CHECKING:
    from helpdesk.ivr.walking import Given, Walk

TIMES, CHOICE = "visit_times", "visit_choice"
"""What is looked up: windows after a proof; then one of them by its key, or all once more."""
OFFERED, TAKEN = "offered", "taken"


def come_to(walk: Walk, node: Node) -> str | None:
    walk.phase, walk.number = "number", ""
    return walk.ask(node, node.text("prompt"), digits=0, timeout_s=8)


def heard(walk: Walk, node: Node, given: Given) -> str | None:
    if walk.phase == "times" and walk.number:
        return _chosen(walk, node, given)
    digits = typed(given.digits)
    proving = walk.phase == "proof" and bool(walk.number)
    if not digits:
        return walk.missed(node, given, _ask_for_proof if proving else come_to)
    if not proving:
        walk.phase, walk.number = "proof", digits
        walk.note(node, f"number {digits}")
        return _ask_for_proof(walk, node)
    found = _look_up(walk, Asked(TIMES, walk.number, node.text("proof"), digits, _language(walk)))
    if found is None:
        walk.note(node, "proof did not fit")
        return walk.again(node, node.text("wrong"), come_to)
    walk.tries = 0
    return _read_out(walk, node, found)


def _ask_for_proof(walk: Walk, node: Node) -> str | None:
    return walk.ask(node, node.text("proof_prompt"), digits=0, timeout_s=8)


def _read_out(walk: Walk, node: Node, found: Found) -> str | None:
    """The windows with their keys; where there are none, why, and on without."""
    words = filled(found.sentence, found)
    walk.note(node, f"heard: {found.outcome.replace('_', ' ')}")
    if found.outcome != OFFERED:
        walk.say(words)
        return node.text("refused")
    walk.phase = "times"
    return walk.ask(node, words, digits=1, finish_key="", timeout_s=8)


def _chosen(walk: Walk, node: Node, given: Given) -> str | None:
    key = typed(given.digits)[:1]
    if not key:
        return walk.missed(node, given, _once_more)
    found = _look_up(walk, Asked(CHOICE, walk.number, "", key, _language(walk)))
    if found is None:
        return walk.missed(node, given, _once_more)
    if found.outcome != TAKEN:
        return _read_out(walk, node, found)
    walk.note(node, "booked")
    walk.say(filled(found.sentence, found))
    return node.text("next")


def _once_more(walk: Walk, node: Node) -> str | None:
    found = _look_up(walk, Asked(CHOICE, walk.number, "", "", _language(walk)))
    return _read_out(walk, node, found) if found is not None else node.text("refused")


def _look_up(walk: Walk, asked: Asked) -> Found | None:
    if asked not in walk.facts.found:
        walk.lacking = asked
    return walk.facts.found.get(asked)


def _language(walk: Walk) -> str:
    return walk.flow.language
