"""A rule as a form and back. Values of conditions are ticked, or typed with commas between them.

Not for what a rule may hold (`rules.service`) and not for its words (`web.rule_words`).
"""

from __future__ import annotations

from collections.abc import Mapping

from helpdesk.core.errors import Invalid
from helpdesk.rules import actions as acts
from helpdesk.rules.actions import Action
from helpdesk.rules.conditions import Condition
from helpdesk.rules.service import Draft
from helpdesk.rules.subjects import (
    CUSTOMER_FIELD,
    FIELD,
    NEEDS_NO_VALUES,
    SUBJECTS,
    operators_of,
)
from helpdesk.rules.triggers import CALLED, EVENTS, TIMES, Timer
from helpdesk.web.admin import picking
from helpdesk.web.admin.forms import Shape, Values
from helpdesk.web.admin.picking import Pick
from helpdesk.web.rule_words import CALLED_WORDS, OPERATORS, STATES, WHOM, Names
from helpdesk.web.sla_words import CLOCKS, PRIORITIES

UNITS = {"minutes": 60, "hours": 3600, "days": 86_400}
CONDITION = ("subject", "operator", "values")
ACTION = ("kind", "value", "values", "text")
SHAPE = Shape(
    texts=("name", "when", "timer", "number", "unit", "state", "clock"),
    flags=("stops",),
    lists=("triggers",),
    rows={"every": CONDITION, "some": CONDITION, "action": ACTION},
    ticked=("values",),
)
BLANKS: Mapping[str, Mapping[str, str]] = {
    "every": {"subject": "priority", "operator": "any_of", "values": ""},
    "some": {"subject": "message", "operator": "contains", "values": ""},
    "action": {"kind": "add_tags", "value": "", "values": "", "text": ""},
}
LABELS = {
    "name": "Name", "when": "When", "triggers": "When", "timer": "When", "number": "When",
    "unit": "When", "state": "State", "clock": "Deadline", "stops": "Stop after it",
    "every": "All of these", "some": "One of these", "action": "Then",
}  # fmt: skip
WHEN = [("event", "Something happens"), ("time", "Time has passed"), ("called", CALLED_WORDS)]


def blank() -> Values:
    return values_of(Draft("", ("opened",)), None)


def values_of(draft: Draft, names: Names | None) -> Values:
    """The form as a draft fills it in."""
    timer = draft.timer or Timer("in_state", 86_400, "waiting_on_customer")
    number, unit = _length(timer.after_s)
    when = "time" if draft.timer else "called" if CALLED in draft.triggers else "event"
    return {
        "name": draft.name,
        "when": when,
        "timer": timer.what,
        "number": str(number),
        "unit": unit,
        "state": timer.state or "waiting_on_customer",
        "clock": timer.clock,
        "stops": "1" if draft.stops else "",
        "triggers": [one for one in draft.triggers if one != CALLED],
        "every": [_condition_values(one, names) for one in draft.every],
        "some": [_condition_values(one, names) for one in draft.some],
        "action": [_action_values(one, names) for one in draft.actions],
    }


def draft_of(form: Values, names: Names) -> Draft:
    """What the form says; Invalid names each place that can't be read."""
    wrong: dict[str, str] = {}
    triggers: tuple[str, ...] = ()
    timer = None
    if form["when"] == "time":
        timer = _timer(form, wrong)
    elif form["when"] == "called":
        triggers = (CALLED,)
    else:
        triggers = tuple(one for one in form["triggers"] if one in EVENTS)
    draft = Draft(
        name=form["name"],
        triggers=triggers,
        timer=timer,
        every=_conditions("every", form, names, wrong),
        some=_conditions("some", form, names, wrong),
        actions=_actions(form, names, wrong),
        stops=bool(form["stops"]),
    )
    if wrong:
        raise Invalid(fields=wrong)
    return draft


def with_new_subject(form: Values, do: str) -> Values:
    """The form after another subject was chosen in one row: compared in its usual way, no values.

    `do` is `subject:2:every`; any other word changes nothing.
    """
    changed = picking.without_values(form, do, ("every", "some"))
    if changed is not form:
        _, place, group = do.split(":")
        row = changed[group][int(place)]
        row["operator"] = operators(row["subject"])[0][0]
    return changed


def subjects(names: Names) -> list[tuple[str, str]]:
    """What a condition may ask about, for the select."""
    found = [(one.name, f"{one.group}: {one.words}") for one in SUBJECTS.values()]
    own = [(FIELD + key, f"Ticket: {label}") for key, label in names.ticket_fields.items()]
    theirs = [
        (CUSTOMER_FIELD + key, f"Customer: {label}") for key, label in names.customer_fields.items()
    ]
    return [*found, *own, *theirs]


def operators(subject: str) -> list[tuple[str, str]]:
    """How a subject may be compared."""
    return [(one, OPERATORS[one]) for one in operators_of(subject) or ("any_of",)]


def options(kind: str, names: Names) -> list[tuple[str, str]] | None:
    """What an action chooses from; None where it takes no single choice."""
    match kind:
        case "set_state":
            return [(one, STATES[one]) for one in acts.STATES]
        case "set_priority":
            return list(PRIORITIES.items())
        case "set_type":
            return [("", "None"), *names.types.items()]
        case "set_queue":
            return list(names.queues.items())
        case "set_team":
            return [("", "None"), *names.teams.items()]
        case "assign":
            return [(acts.NOBODY, "Nobody"), *names.people.items()]
        case "set_field":
            return list(names.ticket_fields.items())
        case "call_webhook":
            return list(names.webhooks.items())
        case "run_rule":
            return list(names.rules.items())
    return None


def picks(row: Mapping[str, str], names: Names) -> list[Pick] | None:
    """What the values of a condition are ticked from; None where they are typed."""
    subject = row["subject"]
    return picking.picks(row["values"], names.table(subject), lambda v: names.value(subject, v))


def _timer(form: Values, wrong: dict[str, str]) -> Timer:
    number = form["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 7):
        wrong["timer"] = "Enter a whole number."
        return Timer("", 0)
    what = form["timer"]
    return Timer(
        what=what if what in TIMES else "",
        after_s=int(number) * UNITS.get(form["unit"], 0),
        state=form["state"] if what == "in_state" else "",
        clock=form["clock"] if what.endswith("deadline") and form["clock"] in CLOCKS else "",
    )


def _length(seconds: int) -> tuple[int, str]:
    for unit, size in reversed(UNITS.items()):
        if seconds % size == 0:
            return seconds // size, unit
    return seconds // 60, "minutes"


def _condition_values(one: Condition, names: Names | None) -> dict[str, str]:
    table = names.table(one.subject) if names else None
    values = ", ".join(one.values) if table is None else picking.joined(one.values, table)
    return {"subject": one.subject, "operator": one.operator, "values": values}


def _action_values(one: Action, names: Names | None) -> dict[str, str]:
    values = list(one.values)
    if one.kind == "notify" and names:
        values = [WHOM.get(value) or names.people.get(value, value) for value in values]
    return {"kind": one.kind, "value": one.value, "values": ", ".join(values), "text": one.text}


def _conditions(
    group: str, form: Values, names: Names, wrong: dict[str, str]
) -> tuple[Condition, ...]:
    found = []
    for place, row in enumerate(form.get(group, ())):
        subject, operator = row["subject"], row["operator"]
        allowed = operators_of(subject)
        if allowed and operator not in allowed:
            operator = allowed[0]  # the subject was changed without a script
        values: tuple[str, ...] = ()
        if operator not in NEEDS_NO_VALUES:
            try:
                values = _known(row["values"], names.table(subject))
            except ValueError as unknown:
                wrong[f"{group}-{place}"] = str(unknown)
                continue
        found.append(Condition(subject, operator, values))
    return tuple(found)


def _actions(form: Values, names: Names, wrong: dict[str, str]) -> tuple[Action, ...]:
    found = []
    for place, row in enumerate(form.get("action", ())):
        kind, value, values = row["kind"], row["value"], picking.split(row["values"])
        choices = options(kind, names)
        if choices is None:
            value = ""
        elif value not in {key for key, _ in choices}:
            wrong[f"action-{place}"] = "Choose one."
            continue
        if kind == "notify":
            try:
                values = _known(row["values"], WHOM | dict(names.people))
            except ValueError as unknown:
                wrong[f"action-{place}"] = str(unknown)
                continue
        elif kind in ("add_tags", "remove_tags"):
            values = tuple(value.casefold() for value in values)
        else:
            values = ()
        text = row["text"] if kind in ("set_field", "add_note", "send_reply", "notify") else ""
        found.append(Action(kind, value, values, text))
    return tuple(found)


def _known(text: str, known: Mapping[str, str] | None) -> tuple[str, ...]:
    """Names or keys as what is stored; ValueError in words."""
    if known is None:
        return picking.split(text)
    some = ", ".join(list(known.values())[:8])
    return picking.read(text, known, lambda word: f"There is no “{word}” here. Known are {some}.")
