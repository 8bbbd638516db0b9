"""A customer's data leave, step by step: killed anywhere, the next run goes on where it stood.

    asked -> confirmed by the mail's link -> waits -> running -> done, or partly while some is kept

Each batch is a transaction of its own, and each step may be repeated. While something is still open
nothing begins. Afterwards the row says what went and what stays, and names nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.actors import system
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import records
from helpdesk.customers import search as customer_search
from helpdesk.owned.models import ShopOrder
from helpdesk.privacy import erasures
from helpdesk.privacy.models import Erasure
from helpdesk.search import service as search
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    copying,
    erasing_parts,
    erasing_plan,
    erasing_table,
    erasing_visits,
    indexing,
)
from helpdesk.workflows.erasing_plan import Plan, Stays

log = logging.getLogger("helpdesk.privacy")

ACTOR = system("privacy")
TICKETS, TALKS = 200, 100  # some tables are read whole for each batch
AN_HOUR = timedelta(hours=1)
SOON = timedelta(minutes=1)
ROUNDS = 100_000
FIRST = "00000000-0000-0000-0000-000000000000"
Step = Callable[[Work, Erasure], bool]


def run(event_id: str = "") -> None:
    """The job: everything that is due, each erasure by itself; copies that wait, too."""
    copying.run()
    with reading(ACTOR) as work:
        ids = erasures.due(work)
    for erasure_id in ids:
        try:
            advance(erasure_id)
        except Exception:  # one that fails holds up no other; it is due again at the next run
            log.exception("erasure %s stopped in the middle", erasure_id)


def advance(erasure_id: str, *, rounds: int = ROUNDS) -> bool:
    """Go on with one for so many transactions; False when there is nothing to do just now."""
    for _ in range(rounds):
        with begin(ACTOR) as work:
            row = erasures.hold(work, erasure_id)
            if row is None:
                return False
            if not STEPS[row.step](work, row) and row.due_at is not None and _is_running(row):
                row.step, row.after = row.step + 1, ""
    return True


def _is_running(row: Erasure) -> bool:
    return row.state == "running"


def _start(work: Work, row: Erasure) -> bool:
    plan = _plan(work, row)
    if plan.open:
        row.state, row.due_at = "blocked", work.at + AN_HOUR
        return True
    row.state, row.started_at = "running", work.at
    for kind, number in plan.goes.items():
        erasures.count(row, kind, number)
    erasing_parts.close_doors(work, plan.ids)
    erasing_parts.take_nobodys(work, plan.ids)
    return False


def _tickets(work: Work, row: Erasure) -> bool:
    plan = _plan(work, row)
    wanted = select(Ticket.id).where(
        Ticket.customer_id.in_(plan.ids), Ticket.id > (row.after or FIRST)
    )
    if plan.kept_tickets:
        wanted = wanted.where(Ticket.id.not_in(plan.kept_tickets))
    ids = work.session.scalars(wanted.order_by(Ticket.id).limit(TICKETS)).all()
    erasing_parts.erase_tickets(work, ids)
    return _on(row, ids)


def _talks(work: Work, row: Erasure) -> bool:
    plan = _plan(work, row)
    going = erasing_plan.conversations_going(plan)
    wanted = select(Conversation.id).where(going, Conversation.id > (row.after or FIRST))
    ids = work.session.scalars(wanted.order_by(Conversation.id).limit(TALKS)).all()
    erasing_parts.erase_conversations(work, ids)
    return _on(row, ids)


def _orders(work: Work, row: Erasure) -> bool:
    plan = _plan(work, row)
    wanted = select(ShopOrder.id).where(
        ShopOrder.customer_id.in_(plan.ids), ShopOrder.id > (row.after or FIRST)
    )
    if plan.kept_orders:
        wanted = wanted.where(ShopOrder.id.not_in(plan.kept_orders))
    ids = work.session.scalars(wanted.order_by(ShopOrder.id).limit(TICKETS)).all()
    erasing_parts.carry_out(work, erasing_table.ORDER, ids)
    return _on(row, ids)


def _strays(work: Work, row: Erasure) -> bool:
    ids = erasing_plan.ids_of(work, _whose(work, row))
    only_proved = row.source != "desk"  # there a colleague has made sure
    addresses = erasing_parts.addresses_of(work, ids, only_proved=only_proved)
    return erasing_parts.erase_strays(work, ids, addresses) > 0


def _events(work: Work, row: Erasure) -> bool:
    """Not before everybody has heard of them, or what they say would come back."""
    plan = _plan(work, row)
    assert row.started_at is not None
    if erasing_parts.waits_for_relay(work, plan.ids, row.started_at):
        row.due_at = work.at + SOON
        return True
    theirs = select(Conversation.id).where(erasing_plan.conversations_going(plan))
    tickets = select(Ticket.id).where(Ticket.customer_id.in_(plan.ids))
    if plan.kept_tickets:
        tickets = tickets.where(Ticket.id.not_in(plan.kept_tickets))
    subjects = or_(EventRow.subject_id.in_(theirs), EventRow.subject_id.in_(tickets))
    return erasing_parts.erase_events(work, plan.ids, subjects)


def _unfound(work: Work, row: Erasure) -> bool:
    ids = erasing_plan.ids_of(work, _whose(work, row))
    erasing_parts.take_out_of_search(work, ids)
    return False


def _tidy(work: Work, row: Erasure) -> bool:
    """What is deleted leaves the index itself only when its pieces are merged."""
    first, row.after = not row.after, "merged"
    more = [customer_search.tidy(work, first=first), search.tidy(work, first=first)]
    return any(more)


def _record(work: Work, row: Erasure) -> bool:
    plan = _plan(work, row)
    addresses = erasing_parts.addresses_of(work, plan.ids)
    kept = _kept(work, plan)
    stays = [_proof(one) for one in plan.stays]
    erasing_parts.carry_out(work, erasing_table.ADDRESS, addresses, but=kept)
    erasing_visits.erase(work, plan.ids, but=kept)
    erasing_parts.carry_out(work, erasing_table.CUSTOMER, plan.ids, but=kept)
    erasing_parts.erase_said(work, [*addresses, *plan.ids])
    erasing_parts.erase_accounts(work, plan.ids)
    erasing_parts.erase_record(work, plan.ids)
    _find_kept_again(work, plan)
    row.kept, row.reason, row.token_hash = stays, "", None
    erasures.end(work, row, "partly" if plan.next_look else "done", plan.next_look)
    return True


STEPS: Sequence[Step] = (
    _start,
    _tickets,
    _talks,
    _orders,
    _strays,
    _events,
    _unfound,
    _tidy,
    _record,
)


def _whose(work: Work, row: Erasure) -> str:
    """The record that it was asked for may have been merged into another since."""
    return records.current_ids(work, [row.customer_id])[row.customer_id]


def _plan(work: Work, row: Erasure) -> Plan:
    return erasing_plan.of(work, _whose(work, row))


def _on(row: Erasure, ids: Sequence[str]) -> bool:
    if ids:
        row.after = ids[-1]
    return bool(ids)


def _kept(work: Work, plan: Plan) -> erasing_parts.Kept | None:
    if not plan.kept_tickets and not plan.kept_talks:
        return None
    return erasing_parts.Kept(plan.kept_tickets, _kept_talks(work, plan))


def _kept_talks(work: Work, plan: Plan) -> list[str]:
    wanted = select(Conversation.id).where(Conversation.ticket_id.in_(plan.kept_tickets))
    return [*work.session.scalars(wanted), *plan.kept_talks]


def _find_kept_again(work: Work, plan: Plan) -> None:
    """What stays stays to be found."""
    if not plan.next_look:
        return
    indexing.renew_tickets(work, sorted(plan.kept_tickets))
    words = select(Message.id).where(Message.conversation_id.in_(_kept_talks(work, plan)))
    indexing.renew_messages(work, work.session.scalars(words).all())


def _proof(one: Stays) -> dict[str, Any]:
    """What stays, without a name."""
    until = one.until.isoformat() if one.until else None
    return {"kind": one.kind, "why": one.why, "until": until, "count": one.count}
