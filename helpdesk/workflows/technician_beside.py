"""What stands beside a visit on its technician's phone: the ticket's short story, the device, what
was done at the same place before. Each for all visits of a day at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.models_work import VisitWork
from helpdesk.identity.models import User
from helpdesk.owned import queries as owned
from helpdesk.owned.entitlement import Verdict
from helpdesk.owned.models import Asset, AssetChange
from helpdesk.tickets.models import Ticket

MOST_WORDS = 4  # the first of a ticket and the newest ones
MOST_BEFORE = 5
MOST_CHANGES = 6
LONGEST = 600
_AGENT = "agent:"


def stories(work: Work, visits: Sequence[Visit]) -> dict[str, dict[str, Any]]:
    """By ticket: what it is about, and who said what, notes left out."""
    ids = sorted({one.ticket_id for one in visits if one.ticket_id is not None})
    if not ids:
        return {}
    tickets = work.session.scalars(select(Ticket).where(Ticket.id.in_(ids))).all()
    said = _said(work, ids)
    names = _names(work, [one for rows in said.values() for one in rows], tickets)
    return {
        one.id: {
            "name": f"T-{one.number}",
            "subject": one.subject,
            "story": [
                {
                    "who": names.get(message.author, names.get(one.customer_id, "Customer")),
                    "at": message.at.isoformat(),
                    "text": _short(message.text),
                }
                for message in said[one.id]
            ],
        }
        for one in tickets
    }


def _said(work: Work, ids: Sequence[str]) -> Mapping[str, list[Message]]:
    """The first public words of each and the newest, in order."""
    found: dict[str, list[Message]] = defaultdict(list)
    of, number = Conversation.ticket_id, func.row_number()
    newest = number.over(partition_by=of, order_by=(Message.at.desc(), Message.id.desc()))
    first = number.over(partition_by=of, order_by=(Message.at, Message.id))
    ranked = (
        select(Message.id, Conversation.ticket_id, newest.label("newest"), first.label("first"))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.ticket_id.in_(ids),
            Message.public.is_(True),
            Message.author != "system",
            Message.text != "",
        )
        .subquery()
    )
    rows = work.session.execute(
        select(Message, ranked.c.ticket_id)
        .join(ranked, ranked.c.id == Message.id)
        .where((ranked.c.newest < MOST_WORDS) | (ranked.c.first == 1))
        .order_by(Message.at, Message.id)
    ).all()
    for message, ticket_id in rows:
        found[ticket_id].append(message)
    return found


def _names(work: Work, said: Iterable[Message], tickets: Iterable[Ticket]) -> dict[str, str]:
    """By author, and by customer."""
    agents = {one.author.removeprefix(_AGENT) for one in said if one.author.startswith(_AGENT)}
    users = work.session.execute(
        select(User.id, User.public_name).where(User.id.in_(sorted(agents)))
    ).all()
    customers = work.session.execute(
        select(Customer.id, Customer.name).where(
            Customer.id.in_(sorted({one.customer_id for one in tickets}))
        )
    ).all()
    named = {f"{_AGENT}{user_id}": name for user_id, name in users}
    return named | {customer_id: name or "Customer" for customer_id, name in customers}


def asset_facts(work: Work, visits: Sequence[Visit]) -> dict[str, dict[str, Any]]:
    """The devices, whether we vouch for them, and what became of them."""
    ids = sorted({one.asset_id for one in visits if one.asset_id is not None})
    if not ids:
        return {}
    rows = work.session.scalars(select(Asset).where(Asset.id.in_(ids))).all()
    changes = _changes(work, ids)
    return {
        one.asset.id: {
            "name": one.asset.name,
            "serial": one.asset.serial,
            "installed_on": one.asset.purchased_on.isoformat() if one.asset.purchased_on else None,
            "warranty": _warranty(one.verdict),
            "history": changes.get(one.asset.id, []),
        }
        for one in owned.things(work, rows, work.at.date())
    }


def _warranty(verdict: Verdict) -> str:
    if verdict.until is None:
        return "not known" if verdict.code == "unknown" else "none"
    return f"{'until' if verdict.is_covered else 'ended'} {verdict.until.isoformat()}"


def _changes(work: Work, ids: Sequence[str]) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    newest = func.row_number().over(
        partition_by=AssetChange.asset_id, order_by=AssetChange.seq.desc()
    )
    ranked = (
        select(AssetChange.seq, newest.label("newest"))
        .where(AssetChange.asset_id.in_(ids))
        .subquery()
    )
    rows = work.session.scalars(
        select(AssetChange)
        .join(ranked, ranked.c.seq == AssetChange.seq)
        .where(ranked.c.newest <= MOST_CHANGES)
        .order_by(AssetChange.seq.desc())
    )
    for row in rows:
        text = row.kind.replace("_", " ").capitalize()
        found[row.asset_id].append({"at": row.at.isoformat(), "text": text})
    return found


def before_at(work: Work, visits: Sequence[Visit]) -> Mapping[str, list[dict[str, Any]]]:
    """By place: the visits that were, the newest first."""
    ids = sorted({one.place_id for one in visits})
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    if not ids:
        return found
    newest = func.row_number().over(
        partition_by=Visit.place_id, order_by=(Visit.created_at.desc(), Visit.id.desc())
    )
    ranked = (
        select(Visit.id, newest.label("newest"))
        .where(Visit.place_id.in_(ids), Visit.state.in_(("done", "no_access")))
        .subquery()
    )
    rows = work.session.execute(
        select(Visit, VisitType.name, VisitWork.note)
        .join(ranked, ranked.c.id == Visit.id)
        .join(VisitType, VisitType.id == Visit.visit_type_id)
        .outerjoin(VisitWork, VisitWork.visit_id == Visit.id)
        .where(ranked.c.newest <= MOST_BEFORE)
        .order_by(Visit.created_at.desc())
    ).all()
    for visit, kind, note in rows:
        at = (visit.finished_at or visit.created_at).isoformat()
        found[visit.place_id].append(
            {"id": visit.id, "at": at, "type": kind, "note": _short(note or "")}
        )
    return found


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
