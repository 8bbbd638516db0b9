"""A flow as an outline: what leads where, each step once, the rest as "see there". Pure."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.ivr.flow import Flow, Node, Way


@dataclass(frozen=True, slots=True)
class Stop:
    """A step on its way. `via`: how one comes here; `node` None: it leads nowhere.

    `again`: it stands elsewhere already.
    """

    via: str
    node: Node | None
    again: bool = False
    then: tuple[Stop, ...] = ()


def outline(flow: Flow) -> Stop | None:
    """From the first step on; steps that nobody reaches are left out."""
    return _stop(flow, "", flow.start.id, set()) if flow.start else None


def _stop(flow: Flow, via: str, node_id: str, seen: set[str]) -> Stop:
    node = flow.nodes.get(node_id)
    if node is None or node.id in seen:
        return Stop(via, node, again=node is not None)
    seen.add(node.id)
    then = tuple(_stop(flow, word_of(way), way.to, seen) for way in node.ways())
    return Stop(via, node, then=then)


_WORDS = {
    "otherwise": "else",
    "open": "open",
    "closed": "closed",
    "then": "if so",
    "next": "then",
    "refused": "otherwise",
    "no_answer": "nobody answers",
}


def word_of(way: Way) -> str:
    """What stands before a way in the outline: a key, or a word."""
    return way.word.removeprefix("key ") if way.field.startswith("choice") else _WORDS[way.field]
