"""What changed from one version of a flow to the next, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from helpdesk.ivr.checking import Known
from helpdesk.ivr.flow import LANGUAGES, Choice, Flow, Node
from helpdesk.ivr.kinds import Field

LONGEST_SHOWN = 80


def differences(before: Flow, after: Flow, known: Known) -> list[str]:
    """Steps that came, went or changed, in the order of the later flow."""
    return list(_differences(before, after, known))


def _differences(before: Flow, after: Flow, known: Known) -> Iterator[str]:
    if before.language != after.language:
        yield f"It is read in {LANGUAGES.get(after.language, after.language)}."
    if before.zone != after.zone:
        yield f"Its times are of {after.zone}."
    if before.greeting != after.greeting:
        yield _changed("The greeting", before.greeting, after.greeting)
    if before.greeting_known != after.greeting_known:
        words = "The greeting of recognised callers"
        yield _changed(words, before.greeting_known, after.greeting_known)
    for node in after.nodes.values():
        old = before.nodes.get(node.id)
        if old is None:
            yield f"New step “{node.name}”."
        else:
            yield from _in_step(old, node, before, after, known)
    for node in before.nodes.values():
        if node.id not in after.nodes:
            yield f"The step “{node.name}” is gone."
    kept = [one for one in before.nodes if one in after.nodes]
    if kept and next(iter(after.nodes), "") in kept and kept[0] != next(iter(after.nodes)):
        yield f"Calls begin at “{next(iter(after.nodes.values())).name}”."


def _in_step(old: Node, new: Node, before: Flow, after: Flow, known: Known) -> Iterator[str]:
    if old.name != new.name:
        yield f"“{old.name}” is now called “{new.name}”."
    for one in new.fields():
        was, now = old.text(one.name), new.text(one.name)
        if was != now:
            shown = _shown(one, was, before, known), _shown(one, now, after, known)
            yield f"“{new.name}”: {_changed(one.label, *shown)}"
    yield from _in_choices(old, new, before, after)
    for outcome in sorted({*old.answers, *new.answers}):
        if old.answers.get(outcome, "") != new.answers.get(outcome, ""):
            yield f"“{new.name}”: another sentence for “{outcome.replace('_', ' ')}”."


def _in_choices(old: Node, new: Node, before: Flow, after: Flow) -> Iterator[str]:
    was: Mapping[str, Choice] = {one.key: one for one in old.choices}
    now: Mapping[str, Choice] = {one.key: one for one in new.choices}
    for key in dict.fromkeys((*was, *now)):
        one, other = was.get(key), now.get(key)
        if other is None:
            yield f"“{new.name}”: key {key} is free."
        elif one is None:
            yield f"“{new.name}”: key {key} leads to {_step(other.to, after)}."
        else:
            if one.to != other.to:
                yield (
                    f"“{new.name}”: key {key} leads to {_step(other.to, after)}"
                    f" instead of {_step(one.to, before)}."
                )
            if one.words != other.words:
                yield f"“{new.name}”: key {key} is also “{', '.join(other.words)}”."


def _shown(one: Field, value: str, flow: Flow, known: Known) -> str:
    if one.what == "goto":
        name = flow.nodes[value].name if value in flow.nodes else ""
        return name
    if one.what in ("queue", "calendar", "proof", "lookup", "sound", "skill"):
        return known.table(one.what).get(value, "something that is gone") if value else ""
    if one.what == "choice":
        return one.options.get(value, value)
    if one.what == "flag":
        return "yes" if value else "no"
    return value


def _step(node_id: str, flow: Flow) -> str:
    return f"“{flow.nodes[node_id].name}”" if node_id in flow.nodes else "nowhere"


def _changed(words: str, was: str, now: str) -> str:
    if not now:
        return f"{words}: nothing any more."
    if not was:
        return f"{words}: “{_cut(now)}”."
    return f"{words}: “{_cut(was)}” became “{_cut(now)}”."


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1].rstrip() + "…"
