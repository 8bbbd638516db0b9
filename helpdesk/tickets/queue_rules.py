"""What each queue does with done tickets: reopen or follow up, and when to close.

The decision itself is pure (`lifecycle.reopens`).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work
from helpdesk.tickets import permissions
from helpdesk.tickets.events import TicketSetupChanged
from helpdesk.tickets.lifecycle import HOUSE_RULE, REOPENS, ReopenRule
from helpdesk.tickets.models import TicketQueueRule

MOST_DAYS = 3650


def rule_of(work: Work, queue_id: str) -> ReopenRule:
    """The queue's own rule, else the house's."""
    return as_rule(work.session.get(TicketQueueRule, queue_id))


def own_rules(work: Work) -> Mapping[str, TicketQueueRule]:
    """By queue, the rules that differ from the house's; the others have none of their own."""
    rows = work.session.scalars(select(TicketQueueRule))
    return {row.queue_id: row for row in rows}


def as_rule(row: TicketQueueRule | None) -> ReopenRule:
    if row is None:
        return HOUSE_RULE
    return ReopenRule(row.reopen, row.reopen_days, row.close_after_days)


def set_rule(
    work: Work, queue_id: str, rule: ReopenRule, *, version: int | None = None
) -> TicketQueueRule:
    """Keep a rule for the queue; `version` 0 or None: there was none of its own before."""
    permissions.require_set_up(work)
    if rule.reopen not in REOPENS:
        raise Invalid(fields={"reopen": f"Choose one of {', '.join(REOPENS)}."})
    if not 1 <= rule.days <= MOST_DAYS:
        raise Invalid(fields={"reopen_days": f"Use a number from 1 to {MOST_DAYS}."})
    if rule.close_after_days is not None and not 1 <= rule.close_after_days <= MOST_DAYS:
        raise Invalid(fields={"close_after_days": f"Use a number from 1 to {MOST_DAYS}."})
    row = _held(work, queue_id, version)
    before = _facts(row) if row else None
    if row is None:
        row = TicketQueueRule(queue_id=queue_id, version=0)
        work.session.add(row)
    row.reopen, row.reopen_days = rule.reopen, rule.days
    row.close_after_days = rule.close_after_days
    row.version += 1
    _tell(work, queue_id, "changed", before=before, after=_facts(row))
    return row


def drop_rule(work: Work, queue_id: str, *, version: int | None = None) -> ReopenRule | None:
    """The house's rule holds again; answers the one that was dropped, None where there was none."""
    permissions.require_set_up(work)
    row = _held(work, queue_id, version)
    if row is None:
        return None
    rule = as_rule(row)
    before = _facts(row)
    work.session.delete(row)
    _tell(work, queue_id, "dropped", before=before)
    return rule


def _held(work: Work, queue_id: str, version: int | None) -> TicketQueueRule | None:
    row = work.session.get(TicketQueueRule, queue_id, with_for_update=True)
    if version is not None and version != (row.version if row else 0):
        raise Conflict("Somebody changed this rule meanwhile. Look again and repeat.", code="stale")
    return row


def _facts(row: TicketQueueRule) -> dict[str, object]:
    return {
        "reopen": row.reopen,
        "reopen_days": row.reopen_days,
        "close_after_days": row.close_after_days,
    }


def _tell(work: Work, queue_id: str, what: str, **details: object) -> None:
    work.session.flush()
    work.emit(TicketSetupChanged(subject="queue_rule", key=queue_id))
    work.audit(f"ticket_queue_rule.{what}", "queue", queue_id, **details)
