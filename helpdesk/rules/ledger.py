"""What has fired and what came of it: the rows that make a rule fire once and end every chain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from helpdesk.core.db import insert_if_absent
from helpdesk.core.work import Work
from helpdesk.rules.deciding import Cause, Rule
from helpdesk.rules.models import RuleCause, RuleCut, RuleFiring, RuleTrial

KEEP_CAUSES = timedelta(days=3)
KEEP_FIRINGS = timedelta(days=400)


def causes(work: Work, event_ids: Sequence[str]) -> dict[str, Cause]:
    """By event, the chain it belongs to; events that no rule brought about are absent."""
    rows = work.session.scalars(select(RuleCause).where(RuleCause.event_id.in_(event_ids)))
    return {row.event_id: Cause(row.cause, row.depth) for row in rows}


def carry_on(work: Work, cause: Cause, event_ids: Sequence[str]) -> None:
    """These events come of a rule that fired for `cause`."""
    for event_id in event_ids:
        work.insert(
            RuleCause, event_id=event_id, cause=cause.key, depth=cause.depth + 1, at=work.at
        )


def take_turn(
    work: Work, rule: Rule, ticket_id: str, cause: str, trigger: str, *, held: bool = True
) -> bool:
    """Note that the rule has its turn; False when it had it for this cause before."""
    row = {
        "rule_id": rule.id,
        "ticket_id": ticket_id,
        "cause": cause,
        "at": work.at,
        "version": rule.version,
        "trigger": trigger,
        "held": held,
        "done": {},
    }
    return insert_if_absent(work.session, RuleFiring, row)


def note_done(
    work: Work, rule: Rule, ticket_id: str, cause: str, done: dict[str, Any], *, held: bool = True
) -> None:
    work.session.execute(
        update(RuleFiring)
        .where(
            RuleFiring.rule_id == rule.id,
            RuleFiring.ticket_id == ticket_id,
            RuleFiring.cause == cause,
        )
        .values(done=done, held=held)
    )


def fired_for(work: Work, ticket_id: str, cause: str) -> set[str]:
    """The rules that had their turn on the ticket for this cause."""
    return set(
        work.session.scalars(
            select(RuleFiring.rule_id).where(
                RuleFiring.ticket_id == ticket_id, RuleFiring.cause == cause
            )
        )
    )


def fired_today(work: Work, ticket_id: str) -> int:
    """How often rules fired on the ticket in the last 24 hours."""
    counted = select(func.count()).where(
        RuleFiring.ticket_id == ticket_id,
        RuleFiring.held,
        RuleFiring.at > work.at - timedelta(days=1),
    )
    return int(work.session.scalar(counted) or 0)


def note_cut(work: Work, ticket_id: str, cause: Cause, why: str) -> bool:
    """A chain ends here; False when that was told already (of too many, once a day)."""
    key = cause.key if why == "depth" else f"{work.at:%Y-%m-%d}"
    row = {"ticket_id": ticket_id, "cause": key, "why": why, "at": work.at}
    return insert_if_absent(work.session, RuleCut, row)


def forget_old(work: Work) -> None:
    """Chains that have long ended, and firings of a year ago."""
    _forget(work, RuleCause, RuleCause.at, work.at - KEEP_CAUSES)
    _forget(work, RuleCut, RuleCut.at, work.at - KEEP_FIRINGS)
    _forget(work, RuleTrial, RuleTrial.started_at, work.at - timedelta(days=30))
    _forget(work, RuleFiring, RuleFiring.at, work.at - KEEP_FIRINGS)


def _forget(work: Work, table: Any, column: Any, before: datetime) -> None:
    work.session.execute(delete(table).where(column < before))
