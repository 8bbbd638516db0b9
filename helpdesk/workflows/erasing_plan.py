"""What erasing a customer would do: counted by kind, with what stays, why, and until when.

The dry run and the erasure ask the same, so that what was shown is what happens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from helpdesk.channels.models import Attachment, Conversation
from helpdesk.consents.models import Consent
from helpdesk.core.work import Work
from helpdesk.customers import no_calls
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User
from helpdesk.kb.models_use import Remark
from helpdesk.mail.models import IncomingMail, OutgoingMail
from helpdesk.owned.models import Asset, ShopOrder
from helpdesk.privacy import deciding, holds, settings
from helpdesk.privacy.deciding import Kept, Subject
from helpdesk.privacy.models import LegalHold
from helpdesk.recordings.models import CallRecording
from helpdesk.surveys.models import Survey
from helpdesk.texts import opt_outs
from helpdesk.texts.models import TextDelivery
from helpdesk.tickets.lifecycle import is_done
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import portal_reach
from helpdesk.workflows.erasing_table import GONE
from helpdesk.workflows.portal_reach import Reach

NAMED = 50  # kept and open ones that are named one by one


@dataclass(frozen=True, slots=True)
class Stays:
    """One thing that is kept: `kind` and `why` are keys of words, `until` None: no end is set."""

    kind: str
    why: str
    until: datetime | None = None
    name: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """`ids`: the record and those merged into it. `goes` counts what is erased, by kind."""

    ids: tuple[str, ...]
    goes: dict[str, int]
    stays: Sequence[Stays]
    open: Sequence[Subject]
    kept_tickets: frozenset[str] = field(default_factory=frozenset)
    kept_talks: frozenset[str] = field(default_factory=frozenset)
    kept_orders: frozenset[str] = field(default_factory=frozenset)
    next_look: datetime | None = None


def of(work: Work, customer_id: str, *, reach: Reach | None = None) -> Plan:
    """The plan as it stands now; with `reach` as its customer reads it, who may not see of each
    matter what it is called.
    """
    ids = ids_of(work, customer_id)
    rules = settings.of(work)
    matters, said = _tickets(work, ids, reach), _talks(work, ids, reach)
    tickets = deciding.sort(matters, days=rules.kept_days("matters"), at=work.at)
    talks = deciding.sort(said, days=rules.kept_days("talks"), at=work.at)
    bought = deciding.sort(_orders(work, ids), days=rules.kept_days("orders"), at=work.at)
    kept = [*tickets.kept, *talks.kept, *bought.kept]
    kept_tickets = frozenset(one.id for one in tickets.kept)
    kept_talks = frozenset(one.id for one in talks.kept)
    going = _going(ids, kept_tickets, kept_talks)
    goes = {"matters": len(tickets.goes), "talks": len(talks.goes), "orders": len(bought.goes)}
    goes |= _counted(work, ids, going)
    recordings = _held_recordings(work, ids)
    stays = [
        *(_stays("matters", one) for one in tickets.kept),
        *(_stays("talks", one) for one in talks.kept),
        *(_stays("orders", one) for one in bought.kept),
        *([Stays("recordings", "hold", count=recordings)] if recordings else ()),
        *_marks(work, ids),
        Stays("audit", "audit"),
    ]
    return Plan(
        ids,
        {kind: number for kind, number in goes.items() if number},
        stays,
        [*tickets.open, *talks.open],
        kept_tickets,
        kept_talks,
        frozenset(one.id for one in bought.kept),
        deciding.next_look(kept, work.at) if kept else None,
    )


def ids_of(work: Work, customer_id: str) -> tuple[str, ...]:
    """The record, all that were merged into it, and those that only say an address of theirs."""
    merged = select(Customer.id).where(Customer.merged_into_id == customer_id)
    strays = portal_reach.stray_records(work, customer_id)
    return tuple(dict.fromkeys((customer_id, *work.session.scalars(merged), *strays)))


def counts(work: Work, customer_id: str) -> dict[str, int]:
    """All that is kept under a name, by kind, whatever would happen to it."""
    ids = ids_of(work, customer_id)
    every = _going(ids, frozenset(), frozenset())
    matters = select(func.count()).where(Ticket.customer_id.in_(ids))
    talks = select(func.count()).where(
        Conversation.customer_id.in_(ids), Conversation.ticket_id.is_(None)
    )
    found = {
        "profile": 1,
        "matters": work.session.scalar(matters) or 0,
        "talks": work.session.scalar(talks) or 0,
        "orders": len(_orders(work, ids)),
    }
    return found | _counted(work, ids, every)


def conversations_going(plan: Plan) -> ColumnElement[bool]:
    """Over Conversation: those that are erased."""
    return _going(plan.ids, plan.kept_tickets, plan.kept_talks)


def _going(
    ids: Sequence[str], kept_tickets: frozenset[str], kept_talks: frozenset[str]
) -> ColumnElement[bool]:
    wanted: ColumnElement[bool] = Conversation.customer_id.in_(ids)
    if kept_tickets:
        wanted = wanted & or_(
            Conversation.ticket_id.is_(None), Conversation.ticket_id.not_in(kept_tickets)
        )
    if kept_talks:
        wanted = wanted & Conversation.id.not_in(kept_talks)
    return wanted


def _tickets(work: Work, ids: Sequence[str], reach: Reach | None) -> list[Subject]:
    """Theirs, and those of others that are held with words of theirs in them."""
    others = _held_with_words(work, ids)
    rows = work.session.execute(
        select(Ticket.id, Ticket.number, Ticket.subject, Ticket.state, Ticket.resolved_at,
               Ticket.closed_at, Ticket.merged_into_id, Ticket.customer_id)
        .where(or_(Ticket.customer_id.in_(ids), Ticket.id.in_(others)), Ticket.subject != GONE)
        .order_by(Ticket.id)
    ).all()  # fmt: skip
    leads_to = {row.id: row.merged_into_id or row.id for row in rows}
    held = holds.among(work, {*leads_to, *leads_to.values()})
    shown = {row.id for row in rows if row.customer_id in ids}
    if reach is not None:
        seen = select(Ticket.id).where(portal_reach.mine(reach), portal_reach.is_public())
        shown &= set(work.session.scalars(seen.where(Ticket.customer_id.in_(ids))))
    return [
        Subject(
            row.id,
            f"T-{row.number} {row.subject}" if row.id in shown else f"T-{row.number}",
            _ended(work, row),
            row.id in held or leads_to[row.id] in held,
        )
        for row in rows
    ]


def _held_with_words(work: Work, ids: Sequence[str]) -> Sequence[str]:
    return work.session.scalars(
        select(LegalHold.ticket_id)
        .join(Conversation, Conversation.ticket_id == LegalHold.ticket_id)
        .join(Ticket, Ticket.id == LegalHold.ticket_id)
        .where(Conversation.customer_id.in_(ids), Ticket.customer_id.not_in(ids))
        .distinct()
    ).all()


def _ended(work: Work, row: Any) -> datetime | None:
    if row.merged_into_id is not None:
        return row.closed_at or row.resolved_at or work.at
    return (row.closed_at or row.resolved_at or work.at) if is_done(row.state) else None


def _talks(work: Work, ids: Sequence[str], reach: Reach | None) -> list[Subject]:
    rows = work.session.execute(
        select(Conversation.id, Conversation.channel, Conversation.reason, Conversation.ended_at)
        .where(
            Conversation.customer_id.in_(ids),
            Conversation.ticket_id.is_(None),
            Conversation.reason != GONE,
        )
        .order_by(Conversation.id)
    ).all()
    shown = {row.id for row in rows}
    if reach is not None:
        seen = select(Conversation.id).where(portal_reach.talks(reach))
        shown &= set(work.session.scalars(seen.where(Conversation.customer_id.in_(ids))))
    return [
        Subject(row.id, (row.id in shown and row.reason) or row.channel, row.ended_at)
        for row in rows
    ]


def _orders(work: Work, ids: Sequence[str]) -> list[Subject]:
    rows = work.session.execute(
        select(ShopOrder.id, ShopOrder.number, ShopOrder.placed_at)
        .where(
            or_(ShopOrder.customer_id.in_(ids), nobodys(ShopOrder, proved_of(work, ids))),
            ShopOrder.said_name != GONE,
        )
        .order_by(ShopOrder.id)
    )
    return [Subject(row.id, row.number, row.placed_at) for row in rows]


def proved_of(work: Work, ids: Sequence[str]) -> list[str]:
    """Addresses that are proved to be theirs."""
    proved = select(ContactPoint.value).where(
        ContactPoint.customer_id.in_(ids), ContactPoint.verified_at.is_not(None)
    )
    return list(work.session.scalars(proved))


def nobodys(table: type[ShopOrder] | type[Asset], addresses: Sequence[str]) -> ColumnElement[bool]:
    """Rows that are on no record yet and name one of these addresses."""
    named = (table.said_email, table.said_phone, table.said_external)
    return and_(table.customer_id.is_(None), or_(*(one.in_(addresses) for one in named)))


def _stays(kind: str, one: Kept) -> Stays:
    return Stays(kind, one.why, one.until, one.name)


def _counted(work: Work, ids: Sequence[str], going: ColumnElement[bool]) -> dict[str, int]:
    theirs: Select[Any] = select(Conversation.id).where(going)
    rows = {
        "files": select(func.count()).where(
            Attachment.conversation_id.in_(theirs), Attachment.erased_at.is_(None)
        ),
        "recordings": select(func.count()).where(
            CallRecording.conversation_id.in_(theirs),
            CallRecording.file == "stored",
            CallRecording.on_hold.is_(False),
        ),
        "mails": select(func.count()).where(
            IncomingMail.conversation_id.in_(theirs), IncomingMail.sha256 != ""
        ),
        "mails_out": select(func.count()).where(
            OutgoingMail.conversation_id.in_(theirs), OutgoingMail.to_address != ""
        ),
        "texts": select(func.count()).where(
            TextDelivery.customer_id.in_(ids), TextDelivery.theirs != ""
        ),
        "surveys": select(func.count()).where(
            Survey.customer_id.in_(ids), Survey.state.in_(("sent", "answered"))
        ),
        "things": select(func.count()).where(Asset.customer_id.in_(ids), Asset.name != GONE),
        "consents": select(func.count()).where(Consent.customer_id.in_(ids)),
        "remarks": select(func.count()).where(Remark.customer_id.in_(ids), Remark.text != ""),
        "addresses": select(func.count()).where(
            ContactPoint.customer_id.in_(ids), ContactPoint.kind.in_(("email", "phone"))
        ),
        "account": select(func.count()).where(User.customer_id.in_(ids), User.is_active),
    }
    found = {kind: work.session.scalar(statement) or 0 for kind, statement in rows.items()}
    found["mails"] += found.pop("mails_out")
    return found


def _held_recordings(work: Work, ids: Sequence[str]) -> int:
    theirs = select(Conversation.id).where(Conversation.customer_id.in_(ids))
    held = select(func.count()).where(
        CallRecording.conversation_id.in_(theirs), CallRecording.on_hold
    )
    return work.session.scalar(held) or 0


def _marks(work: Work, ids: Sequence[str]) -> list[Stays]:
    numbers = work.session.scalars(
        select(ContactPoint.value).where(
            ContactPoint.customer_id.in_(ids), ContactPoint.kind == "phone"
        )
    ).all()
    marked = {*opt_outs.standing_since(work, numbers), *no_calls.among(work, numbers)}
    return [Stays("marks", "marks", count=len(marked))] if marked else []
