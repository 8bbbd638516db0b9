"""Setting rules up: each version kept, ordered, switched on and off, removed and brought back.

Not for what they do (`deciding`, and the workflow `ruling`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.rules import actions as acts
from helpdesk.rules import conditions as asked
from helpdesk.rules import permissions, triggers
from helpdesk.rules.actions import Action
from helpdesk.rules.conditions import Condition
from helpdesk.rules.deciding import Rule
from helpdesk.rules.events import RulesChanged
from helpdesk.rules.models import RuleRow, RuleVersion
from helpdesk.rules.triggers import Timer

LONGEST_NAME = 80
MOST_RULES = 200
TICKET_STATES = ("new", *acts.STATES)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a rule shall say. Either `triggers` or a `timer`."""

    name: str
    triggers: tuple[str, ...] = ()
    timer: Timer | None = None
    every: tuple[Condition, ...] = ()
    some: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()
    stops: bool = False

    def content(self) -> dict[str, Any]:
        return {
            "triggers": list(self.triggers),
            "timer": triggers.timer_as_dict(self.timer),
            "every": asked.as_list(self.every),
            "some": asked.as_list(self.some),
            "actions": acts.as_list(self.actions),
            "stops": self.stops,
        }


def draft_of(name: str, content: Mapping[str, Any]) -> Draft:
    return Draft(
        name=name,
        triggers=tuple(content["triggers"]),
        timer=triggers.timer_from_dict(content["timer"]),
        every=asked.from_list(content["every"]),
        some=asked.from_list(content["some"]),
        actions=acts.from_list(content["actions"]),
        stops=bool(content["stops"]),
    )


def as_rule(row: RuleRow) -> Rule:
    said = draft_of(row.name, row.content)
    return Rule(
        id=row.id,
        name=row.name,
        version=row.work_version,
        triggers=said.triggers,
        every=said.every,
        some=said.some,
        actions=said.actions,
        timer=said.timer,
        stops=said.stops,
    )


def add_rule(work: Work, draft: Draft) -> RuleRow:
    """A new rule at the end of the list, switched off."""
    permissions.require_set_up(work)
    _check(draft)
    count, last = work.session.execute(
        select(func.count(), func.max(RuleRow.position)).where(RuleRow.removed_at.is_(None))
    ).one()
    if count >= MOST_RULES:
        raise Conflict(f"There are {MOST_RULES} rules, the most there can be.", code="too_many")
    row = RuleRow(
        id=new_id(),
        name=_name(draft.name),
        position=(last or 0) + 1,
        is_active=False,
        content=draft.content(),
        created_at=work.at,
        changed_at=work.at,
        version=1,
        work_version=1,
    )
    work.session.add(row)
    work.session.flush()
    _keep_version(work, row)
    _tell(work, row, "added", name=row.name, content=row.content)
    return row


def change_rule(work: Work, rule_id: str, draft: Draft, *, version: int) -> RuleRow:
    """What the rule says from now on; Conflict (`stale`) when it was changed since `version`."""
    permissions.require_set_up(work)
    row = get_rule(work, rule_id, lock=True)
    _need_version(row, version)
    _check(draft)
    name, content = _name(draft.name), draft.content()
    before = {"name": row.name, "content": row.content}
    after = {"name": name, "content": content}
    if before == after:
        return row
    row.name, row.content = name, content
    row.work_version += 1
    if row.is_active and _timer_of(before) != _timer_of(after):
        row.on_since = row.looked_until = work.at
    _touch(work, row)
    _keep_version(work, row)
    _tell(work, row, "changed", before=before, after=after)
    return row


def bring_back(work: Work, rule_id: str, work_version: int, *, version: int) -> RuleRow:
    """Make an earlier version the newest one."""
    old = work.session.get(RuleVersion, (rule_id, work_version)) if is_id(rule_id) else None
    if old is None:
        raise NotFound()
    return change_rule(work, rule_id, draft_of(old.name, old.content), version=version)


def switch(work: Work, rule_id: str, on: bool) -> RuleRow:
    """On or off. A time rule that is switched on looks at marks that come from now on."""
    permissions.require_set_up(work)
    row = get_rule(work, rule_id, lock=True)
    if row.is_active != on:
        row.is_active = on
        row.on_since = row.looked_until = work.at if on else None
        _touch(work, row)
        _tell(work, row, "switched_on" if on else "switched_off", name=row.name)
    return row


def move(work: Work, rule_id: str, *, up: bool) -> None:
    """One place up or down in the order."""
    permissions.require_set_up(work)
    rows = list(_held(work))
    place = next((n for n, row in enumerate(rows) if row.id == rule_id), None)
    if place is None:
        raise NotFound()
    other = place - 1 if up else place + 1
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows, 1):
        if row.position != position:
            row.position = position
            _touch(work, row)
    _tell(work, rows[other], "moved", name=rows[other].name, place=other + 1)


def remove(work: Work, rule_id: str) -> RuleRow:
    """Take it out of the list; what it did stays explained."""
    permissions.require_set_up(work)
    row = get_rule(work, rule_id, lock=True)
    row.removed_at, row.is_active = work.at, False
    _touch(work, row)
    _tell(work, row, "removed", name=row.name)
    return row


def restore(work: Work, rule_id: str) -> RuleRow:
    """Back into the list, switched off."""
    permissions.require_set_up(work)
    row = work.session.get(RuleRow, rule_id, with_for_update=True) if is_id(rule_id) else None
    if row is None:
        raise NotFound()
    if row.removed_at is not None:
        row.removed_at = None
        _touch(work, row)
        _tell(work, row, "restored", name=row.name)
    return row


def get_rule(work: Work, rule_id: str, *, lock: bool = False) -> RuleRow:
    row = (
        work.session.get(RuleRow, rule_id, with_for_update=lock, populate_existing=lock)
        if is_id(rule_id)
        else None
    )
    if row is None or row.removed_at is not None:
        raise NotFound()
    return row


def _held(work: Work) -> Sequence[RuleRow]:
    return work.session.scalars(
        select(RuleRow)
        .where(RuleRow.removed_at.is_(None))
        .order_by(RuleRow.position, RuleRow.id)
        .with_for_update()
    ).all()


def _check(draft: Draft) -> None:
    """Invalid with one word per place that can't be kept."""
    wrong: dict[str, str] = {}
    if draft.timer is not None:
        if why := triggers.trouble_with(draft.timer, TICKET_STATES):
            wrong["timer"] = why
    elif not draft.triggers or set(draft.triggers) - {*triggers.EVENTS, triggers.CALLED}:
        wrong["triggers"] = "Choose when the rule is looked at."
    if len(draft.every) + len(draft.some) > asked.MOST_CONDITIONS:
        wrong["every"] = f"Use at most {asked.MOST_CONDITIONS} conditions."
    for name, conditions in (("every", draft.every), ("some", draft.some)):
        for place, condition in enumerate(conditions):
            if why := asked.trouble_with(condition):
                wrong[f"{name}-{place}"] = why
    if not draft.actions:
        wrong["action"] = "Say what the rule does."
    if len(draft.actions) > acts.MOST_ACTIONS:
        wrong["action"] = f"Use at most {acts.MOST_ACTIONS} actions."
    for place, action in enumerate(draft.actions):
        if why := acts.trouble_with(action):
            wrong[f"action-{place}"] = why
    if not _name(draft.name):
        wrong["name"] = "Give it a name."
    if wrong:
        raise Invalid(fields=wrong)


def _name(text: str) -> str:
    return " ".join(text.split())[:LONGEST_NAME]


def _timer_of(said: Mapping[str, Any]) -> Any:
    return said["content"]["timer"]


def _need_version(row: RuleRow, version: int) -> None:
    if row.version != version:
        raise Conflict("Somebody changed this rule meanwhile. Look again and repeat.", code="stale")


def _touch(work: Work, row: RuleRow) -> None:
    row.version += 1
    row.changed_at = work.at
    work.session.flush()


def _keep_version(work: Work, row: RuleRow) -> None:
    work.insert(
        RuleVersion,
        rule_id=row.id,
        version=row.work_version,
        name=row.name,
        content=row.content,
        at=work.at,
        actor=work.actor.label,
    )


def _tell(work: Work, row: RuleRow, what: str, **details: Any) -> None:
    work.emit(RulesChanged(rule_id=row.id, what=what))
    work.audit(f"rule.{what}", "rule", row.id, **details)
