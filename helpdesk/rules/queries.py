"""Reads of rules: the list in order, versions, what fired lately, and trials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import func, select

from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.rules.deciding import Rule
from helpdesk.rules.models import RuleFiring, RuleRow, RuleTrial, RuleVersion
from helpdesk.rules.service import as_rule


def list_rules(work: Work) -> Sequence[RuleRow]:
    """All of them in the order in which they are looked at."""
    return work.session.scalars(
        select(RuleRow).where(RuleRow.removed_at.is_(None)).order_by(RuleRow.position, RuleRow.id)
    ).all()


def active_rules(work: Work) -> list[tuple[RuleRow, Rule]]:
    return [(row, as_rule(row)) for row in list_rules(work) if row.is_active]


def versions_of(work: Work, rule_id: str, *, most: int = 20) -> Sequence[RuleVersion]:
    """The newest first."""
    return work.session.scalars(
        select(RuleVersion)
        .where(RuleVersion.rule_id == rule_id)
        .order_by(RuleVersion.version.desc())
        .limit(most)
    ).all()


def firings_of(work: Work, rule_id: str, *, most: int = 20) -> Sequence[RuleFiring]:
    """What the rule did lately."""
    return work.session.scalars(
        select(RuleFiring)
        .where(RuleFiring.rule_id == rule_id, RuleFiring.held)
        .order_by(RuleFiring.at.desc(), RuleFiring.ticket_id)
        .limit(most)
    ).all()


def fired_in_a_week(work: Work) -> dict[str, int]:
    """How often each rule fired in the last seven days."""
    rows = work.session.execute(
        select(RuleFiring.rule_id, func.count())
        .where(RuleFiring.held, RuleFiring.at > work.at - timedelta(days=7))
        .group_by(RuleFiring.rule_id)
    )
    return {rule_id: int(count) for rule_id, count in rows}


def get_trial(work: Work, trial_id: str) -> RuleTrial:
    found = work.session.get(RuleTrial, trial_id) if is_id(trial_id) else None
    if found is None:
        raise NotFound()
    return found
