"""A flow as an outline: what leads where, each step once, the rest as "see there". Pure.

Steps that follow one after the other stand below each other; where the ways part, each way is a
list of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.ivr.flow import Flow, Node, Way


@dataclass(frozen=True, slots=True)
class Stop:
    """A step on its way. `via`: how one comes here; `node` None: it leads nowhere.

    `again`: it stands elsewhere already. `parts`: the ways that go on from here, where they part.
    """

    via: str
    node: Node | None
    again: bool = False
    parts: tuple[tuple[Stop, ...], ...] = ()


def outline(flow: Flow) -> tuple[Stop, ...]:
    """From the first step on; steps that nobody reaches are left out."""
    return _run(flow, "", flow.start.id, set()) if flow.start else ()


def _run(flow: Flow, via: str, node_id: str, seen: set[str]) -> tuple[Stop, ...]:
    stops: list[Stop] = []
    while True:
        node = flow.nodes.get(node_id)
        if node is None or node.id in seen:
            return (*stops, Stop(via, node, again=node is not None))
        seen.add(node.id)
        ways = list(node.ways())
        if len(ways) != 1:
            parts = tuple(_run(flow, word_of(way), way.to, seen) for way in ways)
            return (*stops, Stop(via, node, parts=parts))
        stops.append(Stop(via, node))
        via, node_id = "then", ways[0].to


_WORDS = {
    "otherwise": "else",
    "open": "open",
    "closed": "closed",
    "then": "if so",
    "next": "then",
    "refused": "without proof",
    "no_answer": "nobody answers",
}


def word_of(way: Way) -> str:
    """What stands before a way in the outline: a key, or a word."""
    return way.word.removeprefix("key ") if way.field.startswith("choice") else _WORDS[way.field]
