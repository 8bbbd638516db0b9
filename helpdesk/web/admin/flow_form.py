"""A call flow as a form and back: steps in a list, with choices and sentences that belong to them.

The rows of a form have no rows of their own, so a choice names its step. Not for what is right
(`ivr.checking`) and not for walking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from helpdesk.ivr.checking import Known, Problem
from helpdesk.ivr.flow import MOST_NODES, Flow, read
from helpdesk.ivr.kinds import KEYS, KINDS, Field, counts
from helpdesk.ivr.lookups import BY_PROGRAM
from helpdesk.web.admin.forms import MOST_ROWS, Shape, Values

FIELDS = tuple(dict.fromkeys(one.name for kind in KINDS.values() for one in kind.fields))
CHOICE = ("step", "key", "words", "to")
SENTENCE = ("step", "outcome", "text")
SHAPE = Shape(
    texts=("name", "language", "zone", "greeting", "greeting_known"),
    rows={"step": ("id", "name", "kind", *FIELDS), "choice": CHOICE, "answer": SENTENCE},
)
TRYING = replace(
    SHAPE,
    texts=(
        *SHAPE.texts,
        *("state", "digits", "speech", "transfer"),
        *("pretend_hours", "pretend_caller", "pretend_tags", "pretend_priority", "pretend_proof"),
    ),
)
LABELS = {
    "name": "Name", "language": "Language", "zone": "Time zone", "greeting": "Greeting",
    "greeting_known": "Greeting of recognised callers", "step": "Steps", "choice": "Choices",
    "answer": "Sentences of look-ups",
}  # fmt: skip
ICONS = {
    "menu": "list", "speak": "volume-2", "play": "play", "ask": "hash", "hours": "calendar-clock",
    "condition": "route", "lookup": "search", "visit": "truck", "queue": "users",
    "voicemail": "voicemail",
    "callback": "phone-incoming", "transfer": "phone-forwarded", "hangup": "phone-off",
}  # fmt: skip
DRAWN_ANEW = ("asks", "what")
"""Fields on which it hangs what else their step says."""


def values_of(name: str, flow: Flow) -> Values:
    """The form as a flow fills it in."""
    nodes = list(flow.nodes.values())
    blank = dict.fromkeys(FIELDS, "")
    return {
        "name": name,
        "language": flow.language,
        "zone": flow.zone,
        "greeting": flow.greeting,
        "greeting_known": flow.greeting_known,
        "step": [{"id": n.id, "name": n.name, "kind": n.kind, **blank, **n.says} for n in nodes],
        "choice": [
            {"step": n.id, "key": one.key, "words": ", ".join(one.words), "to": one.to}
            for n in nodes
            for one in n.choices
        ],
        "answer": [
            {"step": n.id, "outcome": outcome, "text": text}
            for n in nodes
            for outcome, text in n.answers.items()
        ],
    }


def content_of(form: Values) -> dict[str, Any]:
    """What the form says, as a flow is stored; what belongs to no step is left out."""
    return {
        **{name: form[name] for name in ("language", "zone", "greeting", "greeting_known")},
        "nodes": [_node(row, form) for row in form["step"]],
    }


def _node(row: Mapping[str, str], form: Values) -> dict[str, Any]:
    found: dict[str, Any] = dict(row)
    found["choices"] = [
        {"key": one["key"], "words": one["words"].split(","), "to": one["to"]}
        for one in form["choice"]
        if one["step"] == row["id"]
    ]
    found["answers"] = {
        one["outcome"]: one["text"] for one in form["answer"] if one["step"] == row["id"]
    }
    return found


def flow_of(form: Values) -> Flow:
    return read(content_of(form))


def changed(form: Values, do: str) -> Values:
    """The form after a button such as `add:step:menu`, `up:step:2`, `add_choice:3` or
    `remove:choice:0`; other words change nothing.
    """
    what, _, rest = do.partition(":")
    group, _, last = rest.partition(":")
    if what == "add" and group == "step" and last in KINDS:
        return _with_step(form, last)
    if what == "add_choice":
        return _with_choice(form, rest)
    if group not in ("step", "choice") or not last.isdigit():
        return form
    rows = list(form[group])
    place = int(last)
    if place >= len(rows):
        return form
    row = rows.pop(place)
    if what in ("up", "down"):
        rows.insert(max(0, place + (1 if what == "down" else -1)), row)
    elif what != "remove":
        return form
    return form | {group: rows}


def _with_step(form: Values, kind: str) -> Values:
    """A new step at the end, with the usual words, under a name that is free."""
    steps = form["step"]
    if len(steps) >= MOST_NODES:
        return form
    names = {row["name"].casefold() for row in steps}
    words = KINDS[kind].words
    name = next(n for n in _numbered(words) if n.casefold() not in names)
    ids = {row["id"] for row in steps}
    new_id = next(n for n in _numbered("s") if n not in ids)
    usual = dict.fromkeys(FIELDS, "") | {one.name: one.default for one in KINDS[kind].fields}
    return form | {"step": [*steps, {"id": new_id, "name": name, "kind": kind, **usual}]}


def _numbered(word: str) -> Iterable[str]:
    yield word
    for number in range(2, 1000):
        yield f"{word} {number}" if len(word) > 1 else f"{word}{number}"


def _with_choice(form: Values, step_id: str) -> Values:
    rows = form["choice"]
    if len(rows) >= MOST_ROWS or step_id not in {row["id"] for row in form["step"]}:
        return form
    taken = {row["key"] for row in rows if row["step"] == step_id}
    key = next((key for key in KEYS if key not in taken), "")
    return form | {"choice": [*rows, {"step": step_id, "key": key, "words": "", "to": ""}]}


def choices_of(form: Values, step_id: str) -> list[tuple[int, Mapping[str, str]]]:
    """The choices of a step, each with its place among all."""
    return [(n, row) for n, row in enumerate(form["choice"]) if row["step"] == step_id]


def sentences_of(form: Values, row: Mapping[str, str], known: Known) -> list[tuple[str, str, str]]:
    """(outcome, own sentence, usual sentence) of a look-up step."""
    own = {one["outcome"]: one["text"] for one in form["answer"] if one["step"] == row["id"]}
    one = known.lookups.get(row["what"])
    return [(key, own.get(key, ""), text) for key, text in one.outcomes.items()] if one else []


def fields_of(row: Mapping[str, str], *, rare: bool = False) -> list[Field]:
    """What a step's form asks: its kind's fields that count beside what the others say."""
    kind = KINDS.get(row["kind"])
    fields = kind.fields if kind else ()
    return [one for one in fields if one.rare == rare and counts(one, row)]


def options(
    one: Field, form: Values, known: Known, value: str, row: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What a field of that step chooses from."""
    if one.what == "goto":
        return steps(form, value)
    if one.what == "proof":
        return _choosable(_proofs(known, row), value)
    if one.what == "choice":
        return [*one.options.items()]
    return _choosable(known.table(one.what), value, "Choose" if one.needed else "–")


def _proofs(known: Known, row: Mapping[str, str]) -> Mapping[str, str]:
    """Who checks it, our records or the program that is asked, lies in what is looked up."""
    chosen = known.lookups.get(row["what"])
    by_program = chosen is not None and chosen.find is None
    return {k: w for k, w in known.proofs.items() if (k == BY_PROGRAM) == by_program}


def steps(form: Values, value: str) -> list[tuple[str, str]]:
    """The steps that a way can lead to."""
    names = {row["id"]: row["name"] or "A step without a name" for row in form["step"]}
    return _choosable(names, value)


def _choosable(table: Mapping[str, str], value: str, none: str = "Choose") -> list[tuple[str, str]]:
    """With what is chosen and gone at the end, so that it is seen."""
    gone = [(value, "Something that is gone")] if value and value not in table else []
    return [("", none), *table.items(), *gone]


def addable(known: Known) -> list[tuple[str, str, str, str]]:
    """(kind, words, what it does, icon) of the steps that can be added here."""
    return [
        (kind.name, kind.words, kind.lead, ICONS[kind.name])
        for kind in KINDS.values()
        if (kind.name != "play" or known.sounds) and (kind.name != "lookup" or known.lookups)
    ]


def errors_of(found: Iterable[Problem], form: Values) -> dict[str, str]:
    """Problems by the name of the form's field that they stand beside."""
    errors: dict[str, str] = {}
    for one in found:
        errors.setdefault(_field_of(one, form), one.text)
    return errors


def summary_of(found: Iterable[Problem], form: Values) -> list[tuple[str, str]]:
    """(field, sentence) of each problem, with the name of its step."""
    names = {row["id"]: row["name"] for row in form["step"]}
    return [
        (_field_of(one, form), f"{names[one.node_id]}: {one.text}" if one.node_id else one.text)
        for one in found
    ]


def _field_of(one: Problem, form: Values) -> str:
    if one.field.startswith("choice-"):
        mine = choices_of(form, one.node_id)
        number = int(one.field.partition("-")[2])
        return f"choice-{mine[number][0]}"
    if not one.node_id:
        return one.field
    places = {row["id"]: n for n, row in enumerate(form["step"])}
    return f"step-{places[one.node_id]}-{one.field}"
