"""A flow as data: steps by id, read from JSON that was checked before, or from a draft that wasn't.

Reading is lenient, so that a draft can be drawn and tried out; `checking` says what is wrong with
it, and only what is right is published. Not for walking through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from helpdesk.customers.field_values import storable
from helpdesk.ivr.kinds import KINDS, Field, counts

LANGUAGES = {
    "en-GB": "English (British)", "en-US": "English (American)", "de-DE": "German",
    "fr-FR": "French", "es-ES": "Spanish", "it-IT": "Italian", "nl-NL": "Dutch",
    "pl-PL": "Polish", "pt-PT": "Portuguese", "sv-SE": "Swedish", "da-DK": "Danish",
    "tr-TR": "Turkish",
}  # fmt: skip
LONGEST_NAME = 60
MOST_NODES = 60
NAME_HERE = "{name}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a key or one of these words leads to."""

    key: str
    words: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Way:
    """An edge. `word` is what it is called; `after_input`: only once the caller gave something."""

    field: str
    word: str
    to: str
    after_input: bool


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    name: str
    kind: str
    says: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> tuple[Field, ...]:
        """The fields that count for this step."""
        found = KINDS.get(self.kind)
        return tuple(one for one in found.fields if counts(one, self.says)) if found else ()

    def text(self, name: str) -> str:
        return self.says.get(name, "")

    def whole(self, name: str, otherwise: int = 0) -> int:
        return whole(self.text(name), otherwise)

    def ways(self) -> Iterator[Way]:
        for number, one in enumerate(self.choices):
            yield Way(f"choice-{number}", f"key {one.key}", one.to, True)
        for way in self.fields():
            if way.what == "goto":
                yield Way(way.name, way.label, self.text(way.name), way.after_input)


@dataclass(frozen=True, slots=True)
class Flow:
    """`greeting_known` is said instead of `greeting` to recognised callers; `{name}` in it becomes
    the first name. The walk begins at the first step.
    """

    nodes: Mapping[str, Node]
    language: str = "en-GB"
    zone: str = "UTC"
    greeting: str = ""
    greeting_known: str = ""

    @property
    def start(self) -> Node | None:
        return next(iter(self.nodes.values()), None)

    @property
    def calls_back(self) -> bool:
        return any(node.kind == "callback" for node in self.nodes.values())

    def uses(self, what: str) -> set[str]:
        """The ids of that sort (calendar, queue, lookup, proof) that steps name."""
        return {
            node.text(one.name)
            for node in self.nodes.values()
            for one in node.fields()
            if one.what == what and node.text(one.name)
        }

    def asks_about(self, subject: str) -> bool:
        return any(n.kind == "condition" and n.text("asks") == subject for n in self.nodes.values())


def read(content: Mapping[str, Any]) -> Flow:
    """A flow out of what is stored. Steps without an id or a kind that is known are left out."""
    nodes = [_node(one) for one in _list(content.get("nodes"))]
    return Flow(
        nodes={node.id: node for node in nodes if node.id and node.kind in KINDS},
        language=_text(content.get("language")) or "en-GB",
        zone=_text(content.get("zone")) or "UTC",
        greeting=_text(content.get("greeting")),
        greeting_known=_text(content.get("greeting_known")),
    )


def _node(one: Any) -> Node:
    said = one if isinstance(one, Mapping) else {}
    kind = _text(said.get("kind"))
    fields = KINDS[kind].fields if kind in KINDS else ()
    answers = said.get("answers")
    return Node(
        id=_text(said.get("id")),
        name=_text(said.get("name")),
        kind=kind,
        says={one.name: _text(said.get(one.name, one.default)) for one in fields},
        choices=tuple(_choice(one) for one in _list(said.get("choices"))) if kind == "menu" else (),
        answers={str(k): _text(v) for k, v in answers.items()}
        if isinstance(answers, Mapping)
        else {},
    )


def _choice(one: Any) -> Choice:
    said = one if isinstance(one, Mapping) else {}
    words = tuple(w for w in (_text(w).strip() for w in _list(said.get("words"))) if w)
    return Choice(_text(said.get("key")), words, _text(said.get("to")))


def as_content(flow: Flow) -> dict[str, Any]:
    """The JSON form, as it is stored: for each step only the fields that its kind has."""
    return {
        "language": flow.language,
        "zone": flow.zone,
        "greeting": flow.greeting,
        "greeting_known": flow.greeting_known,
        "nodes": [_as_node(node) for node in flow.nodes.values()],
    }


def _as_node(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {"id": node.id, "name": node.name, "kind": node.kind}
    found |= {one.name: node.text(one.name) for one in KINDS[node.kind].fields}
    if node.kind == "menu":
        found["choices"] = [
            {"key": one.key, "words": list(one.words), "to": one.to} for one in node.choices
        ]
    if node.kind == "lookup":
        found["answers"] = {key: text for key, text in node.answers.items() if text}
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    return storable(str(value)) if isinstance(value, (str, int)) else ""


def whole(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise
