"""The steps of a walk in which something is looked up: its number, a proof, then the answer. Pure.

Whatever does not fit is answered in the same words, so that trying teaches nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk.ivr.flow import Node
from helpdesk.ivr.lookups import FAILED, HOLE, Asked, filled, looks_like_card, typed

if TYPE_CHECKING:
    from helpdesk.ivr.walking import Given, Walk


def come_to(walk: Walk, node: Node) -> str | None:
    walk.phase, walk.number = "number", ""
    return walk.ask(node, node.text("prompt"), digits=0, timeout_s=8)


def _ask_for_proof(walk: Walk, node: Node) -> str | None:
    return walk.ask(node, node.text("proof_prompt"), digits=0, timeout_s=8)


def heard(walk: Walk, node: Node, given: Given) -> str | None:
    digits = typed(given.digits)
    proving = walk.phase == "proof" and bool(walk.number)
    if not digits:
        return walk.missed(node, given, _ask_for_proof if proving else come_to)
    if proving:
        return _answered(walk, node, digits)
    walk.phase, walk.number = "proof", digits
    walk.note(node, "number given" if looks_like_card(digits) else f"number {digits}")
    return _ask_for_proof(walk, node)


def _answered(walk: Walk, node: Node, digits: str) -> str | None:
    language = walk.flow.language
    asked = Asked(node.text("what"), walk.number, node.text("proof"), digits, language)
    if asked not in walk.facts.found:
        walk.lacking = asked
    found = walk.facts.found.get(asked)
    if found is None:
        walk.note(node, "proof did not fit")
        return walk.again(node, node.text("wrong"), come_to)
    sentence = filled(node.answers.get(found.outcome) or found.sentence, found)
    if found.outcome == FAILED or HOLE.search(sentence):
        walk.note(node, "could not be looked up")
        return node.text("refused")
    walk.note(node, f"proof given, heard: {found.outcome.replace('_', ' ')}")
    walk.say(sentence)
    return node.text("next")
