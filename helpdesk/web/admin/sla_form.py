"""A service level as a form and back, and what it means in plain sentences.

On the form, values of a condition are ticked, or typed with commas between them; here they become
ids and back. Not for what a policy may hold (`clocks.setup`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.clocks.models import PolicyRow
from helpdesk.clocks.policies import (
    CUSTOMER_FIELD,
    FIELD,
    PRIORITIES,
    Condition,
    Policy,
    conditions_from_list,
)
from helpdesk.clocks.queries import Reach
from helpdesk.clocks.terms import BOOKED, DEFAULT_RULES, PAUSES, Rule, rules_from_dict
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers.models import Organisation
from helpdesk.web import sla_words
from helpdesk.web.admin import forms, picking
from helpdesk.web.admin.forms import Shape, Values
from helpdesk.web.admin.picking import Pick
from helpdesk.web.sla_words import Names, condition_text, target_text

SHAPE = Shape(
    texts=(
        "name", "description", "calendar_id", "warn_percent",
        *(f"count_{clock}" for clock in BOOKED),
    ),
    flags=("is_active",),
    lists=tuple(f"pause_{clock}" for clock in BOOKED),
    maps=("target",),
    rows={"cond": ("subject", "operator", "values")},
    ticked=("values",),
)  # fmt: skip
BLANKS = {"cond": {"subject": "priority", "operator": "any_of", "values": ""}}
LABELS = {
    "name": "Name",
    "description": "Description",
    "calendar_id": "Hours",
    "warn_percent": "Warning",
    "is_active": "In use",
    "target": "Targets",
    "cond": "Conditions",
    **{f"count_{c}": f"{sla_words.CLOCKS[c]} counts" for c in BOOKED},
    **{f"pause_{c}": f"Pauses of {sla_words.CLOCKS[c].lower()}" for c in BOOKED},
}
PLACES = {"conditions": "cond", "targets": "target", "rules": "pause"}


def blank() -> Values:
    return _filled("", "", "", 80, True, DEFAULT_RULES) | {"target": {}, "cond": []}


def values_of(row: PolicyRow, names: Names) -> Values:
    """The form as the stored policy fills it in."""
    rules = {**DEFAULT_RULES, **rules_from_dict(row.rules)}
    filled = _filled(
        row.name, row.description, row.calendar_id or "", row.warn_percent, row.is_active, rules
    )
    targets = {
        f"{clock}.{priority}": target_text(seconds)
        for clock, by_priority in row.targets.items()
        for priority, seconds in by_priority.items()
    }
    conditions = [_condition_values(one, names) for one in conditions_from_list(row.conditions)]
    return filled | {"target": dict(sorted(targets.items())), "cond": conditions}


def _condition_values(one: Condition, names: Names) -> dict[str, str]:
    table = names.table(one.subject)
    if table is not None:
        values = picking.joined(one.values, table)
    else:
        values = ", ".join(names.value(one.subject, value) for value in one.values)
    return {"subject": one.subject, "operator": one.operator, "values": values}


def _filled(
    name: str,
    description: str,
    calendar_id: str,
    warn: int,
    active: bool,
    rules: Mapping[str, Rule],
) -> Values:
    return {
        "name": name,
        "description": description,
        "calendar_id": calendar_id,
        "warn_percent": str(warn),
        "is_active": "1" if active else "",
        **{f"count_{c}": "business" if rules[c].business else "calendar" for c in BOOKED},
        **{f"pause_{c}": [p for p in PAUSES if p in rules[c].pauses] for c in BOOKED},
    }


def facts_of(work: Work, form: Values) -> dict[str, Any]:
    """What `clocks.setup` takes; Invalid names each field that can't be read."""
    wrong: dict[str, str] = {}
    targets = _targets(form["target"], wrong)
    conditions = _conditions(work, form["cond"], wrong)
    warn = forms.number(form, "warn_percent", wrong)
    rules = {
        clock: Rule(form[f"count_{clock}"] != "calendar", frozenset(form[f"pause_{clock}"]))
        for clock in BOOKED
    }
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "name": form["name"],
        "description": form["description"],
        "is_active": bool(form["is_active"]),
        "calendar_id": form["calendar_id"] or None,
        "warn_percent": warn,
        "targets": targets,
        "rules": rules,
        "conditions": conditions,
    }


def draft(work: Work, form: Values, policy_id: str) -> Policy | None:
    """The policy as the form stands, for the preview; None while something can't be read."""
    try:
        facts = facts_of(work, form)
    except Invalid:
        return None
    return Policy(
        id=policy_id,
        name=facts["name"],
        conditions=tuple(facts["conditions"]),
        targets=facts["targets"],
        rules=facts["rules"],
        calendar_id=facts["calendar_id"],
        warn_percent=facts["warn_percent"],
    )


def placed(error: Invalid) -> dict[str, str]:
    """The service's fields by where they stand on the form."""
    return {
        PLACES.get(name, name.replace("target.", "target-", 1)): words
        for name, words in error.fields.items()
    }


def _targets(given: Mapping[str, str], wrong: dict[str, str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for key, text in given.items():
        clock, _, priority = key.partition(".")
        if clock not in BOOKED or priority not in PRIORITIES:
            continue
        try:
            seconds = sla_words.read_target(text)
        except ValueError:
            wrong[f"target-{key}"] = "Write it like 30 min, 4 h or 2 h 30 min."
            continue
        if seconds is not None:
            found.setdefault(clock, {})[priority] = seconds
    return found


def _conditions(
    work: Work, rows: Sequence[Mapping[str, str]], wrong: dict[str, str]
) -> list[Condition]:
    found = []
    for place, row in enumerate(rows):
        values: tuple[str, ...] = ()
        if row["operator"] not in ("present", "absent"):
            try:
                values = _values(work, row["subject"], row["values"])
            except ValueError as unknown:
                wrong[f"cond-{place}"] = str(unknown)
                continue
            if not values:
                wrong[f"cond-{place}"] = "Say what to compare with, or take the condition out."
                continue
        found.append(Condition(row["subject"], row["operator"], values))
    return found


def _values(work: Work, subject: str, text: str) -> tuple[str, ...]:
    """Names as they were typed, as the ids or keys that are stored; ValueError in words."""
    if subject == "organisation_id":
        return tuple(_organisation(work, word) for word in picking.split(text))
    known = sla_words.names_of(work, ()).table(subject)
    if known is None:
        return picking.split(text)
    what = sla_words.SUBJECTS[subject].lower()
    return picking.read(text, known, lambda word: f"There is no {what} “{word}”.")


def _organisation(work: Work, name: str) -> str:
    ids = work.session.scalars(
        select(Organisation.id).where(func.lower(Organisation.name) == name.lower()).limit(2)
    ).all()
    if len(ids) != 1:
        many = "more than one" if ids else "no"
        raise ValueError(f"There is {many} organisation called “{name[:60]}”.")
    return ids[0]


def subjects(names: Names) -> list[tuple[str, str]]:
    """What a condition may ask about, for the select."""
    own = [(FIELD + key, f"Ticket: {label}") for key, label in names.ticket_fields.items()]
    theirs = [
        (CUSTOMER_FIELD + key, f"Customer: {label}") for key, label in names.customer_fields.items()
    ]
    return [*sla_words.SUBJECTS.items(), *own, *theirs]


def picks(row: Mapping[str, str], names: Names) -> list[Pick] | None:
    """What the values of a condition are ticked from; None where they are typed."""
    subject = row["subject"]
    return picking.picks(row["values"], names.table(subject), lambda v: names.value(subject, v))


def gaps(targets: Mapping[str, str]) -> list[str]:
    """Priorities that a clock leaves without a deadline while it gives one to others."""
    told = []
    for clock in BOOKED:
        lacking = [p for p in PRIORITIES[::-1] if not targets.get(f"{clock}.{p}", "").strip()]
        if lacking and len(lacking) < len(PRIORITIES):
            names = sla_words.listed([sla_words.PRIORITIES[p] for p in lacking], "and")
            verb = "has" if len(lacking) == 1 else "have"
            told.append(f"{names} {verb} no target for {sla_words.CLOCKS[clock].lower()}.")
    return told


def sentences(
    policy: Policy, names: Names, hours: Mapping[str, str], reach: Reach | None
) -> list[str]:
    """What the form means."""
    told = [_who(policy, names)]
    for clock in BOOKED:
        found = policy.targets.get(clock, {})
        if found:
            told.append(f"{sla_words.CLOCKS[clock]} within {_by_priority(found)}.")
    if not any(policy.targets.values()):
        told.append("Nothing has a deadline. Time is booked all the same.")
    name = hours.get(policy.calendar_id or "", "")
    told.append(f"Open hours are those of “{name}”." if name else "It is open around the clock.")
    for clock in BOOKED:
        rule = policy.rules[clock]
        pauses = [sla_words.PAUSES[p].lower() for p in PAUSES if p in rule.pauses]
        by_hours = rule.business and policy.calendar_id
        counted = "counts open hours only" if by_hours else "counts every hour"
        stops = f" and pauses while: {', '.join(pauses)}" if pauses else ""
        told.append(f"{sla_words.CLOCKS[clock]} {counted}{stops}.")
    if policy.warn_percent:
        told.append(f"A warning comes once {policy.warn_percent} % of a target are used up.")
    if reach is not None:
        told.append(_reach(reach))
    return told


def _who(policy: Policy, names: Names) -> str:
    if not policy.conditions:
        return "It fits every ticket that no level above it took."
    parts = [sla_words.mid_sentence(condition_text(one, names)) for one in policy.conditions]
    return f"It fits where {'; and '.join(parts)}."


def _by_priority(found: Mapping[str, int]) -> str:
    if len(found) == len(PRIORITIES) and len(set(found.values())) == 1:
        return target_text(next(iter(found.values())))
    return ", ".join(f"{target_text(found[p])} ({p})" for p in PRIORITIES[::-1] if p in found)


def _reach(reach: Reach) -> str:
    of = f"the {reach.looked_at:,} newest open tickets" if reach.more else None
    of = of or (
        "the one open ticket" if reach.looked_at == 1 else f"{reach.looked_at} open tickets"
    )
    if not reach.looked_at:
        return "No ticket is open now."
    return f"Of {of}, {reach.would} would get it; {reach.holds} have it now."
