"""What customers said about a purpose and channel: written down, looked up, never rewritten.

A no for an address holds on whatever record the address stands; a merge hangs both records'
statements on the one that stays, where the strictest counts until its customer says otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, update
from sqlalchemy.orm import aliased

from helpdesk.consents import purposes
from helpdesk.consents.deciding import CHANNELS
from helpdesk.consents.events import ConsentChanged
from helpdesk.consents.models import Consent
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers import records

STATES = ("given", "withdrawn")
SOURCES = {
    "portal": "in the portal",
    "phone": "said on the phone",
    "agent": "told a colleague",
    "unsubscribe": "by the link in a mail",
    "stop": "by STOP",
    "import": "by an import",
    "api": "by another program",
}
LONGEST_NOTE = 300
_Later = aliased(Consent)


def say(
    work: Work,
    customer_id: str,
    *,
    purpose: str,
    channel: str,
    state: str,
    source: str,
    address: str = "",
    note: str = "",
) -> Consent | None:
    """Write down a yes or no; None when the same stands already, so that a repeat has one effect.

    Without `address` it holds for all of them and takes the place of what was said for single ones.
    """
    known = purposes.get(work, purpose)
    _check(channel, state, source)
    if not known.may_be_refused:
        raise Conflict("Service messages need no consent and can't be refused.", code="no_choice")
    if state == "given" and channel not in known.channels:
        raise Invalid(fields={"channel": "Nothing is sent for this purpose by this channel."})
    customer = records.lock(work, customer_id)
    before = _own(work, customer.id, purpose, channel, address)
    if _says_so(before, state, known.text_number, address):
        return None
    row = Consent(
        id=new_id(),
        customer_id=customer.id,
        purpose=purpose,
        channel=channel,
        address=address.strip().lower()[:254],
        state=state,
        text_number=known.text_number,
        source=source,
        note=" ".join(note.replace("\0", "").split())[:LONGEST_NOTE],
        actor=work.actor.label,
        at=work.at,
        superseded_by=None,
    )
    work.session.add(row)
    work.session.flush()
    _supersede(work, before, row.id)
    work.emit(
        ConsentChanged(
            customer_id=customer.id,
            consent_id=row.id,
            purpose=purpose,
            name=known.name(),
            channel=channel,
            state=state,
            source=source,
        )
    )
    work.audit(
        "consent.changed", "customer", customer.id,
        purpose=purpose, channel=channel, state=state, source=source, text=known.text_number,
    )  # fmt: skip
    return row


def states(
    work: Work, customer_id: str, purpose: str, channel: str, address: str = ""
) -> frozenset[str]:
    """What stands of this customer. For an address a no counts whoever said it, and a yes only
    where this customer gave it for that one or for all: nobody says yes in another's place.
    """
    whose: ColumnElement[bool] = Consent.customer_id == customer_id
    if address:
        own_yes = and_(whose, Consent.address.in_(("", address.lower())))
        no = and_(or_(whose, Consent.address == address.lower()), Consent.state == "withdrawn")
        whose = or_(own_yes, no)
    found = select(Consent.state).where(
        whose, Consent.purpose == purpose, Consent.channel == channel
    )
    return frozenset(work.session.scalars(_standing(found)))


def standing_of(work: Work, customer_id: str) -> Mapping[tuple[str, str], Sequence[Consent]]:
    """All that stands on a record, by (purpose, channel)."""
    found: dict[tuple[str, str], list[Consent]] = defaultdict(list)
    wanted = select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.id)
    for row in work.session.scalars(_standing(wanted)):
        found[row.purpose, row.channel].append(row)
    return found


def history(
    work: Work, customer_ids: Collection[str], *, cursor: str | None = None, limit: int = 50
) -> Page[Consent]:
    """Everything that was ever said, the newest first."""
    most = clamp_limit(limit)
    wanted = select(Consent).where(Consent.customer_id.in_(list(customer_ids)))
    rows = work.session.scalars(
        keyset(wanted, [Consent.id.expression], cursor=cursor, limit=most)
    ).all()
    return cut(rows, most, lambda row: [row.id])


def _check(channel: str, state: str, source: str) -> None:
    wrong = {
        name: "Choose one of the list."
        for name, value, known in (
            ("channel", channel, CHANNELS), ("state", state, STATES), ("source", source, SOURCES),
        )
        if value not in known
    }  # fmt: skip
    if wrong:
        raise Invalid(fields=wrong)


def _own(
    work: Work, customer_id: str, purpose: str, channel: str, address: str
) -> Sequence[Consent]:
    """What stands on the record itself and a new statement would take the place of."""
    wanted = select(Consent).where(
        Consent.customer_id == customer_id,
        Consent.purpose == purpose,
        Consent.channel == channel,
    )
    if address:
        wanted = wanted.where(Consent.address == address.strip().lower())
    return work.session.scalars(_standing(wanted)).all()


def _says_so(before: Sequence[Consent], state: str, text_number: int, address: str) -> bool:
    if not before or any(row.state != state for row in before):
        return False
    if not address and not any(row.address == "" for row in before):
        return False
    return state == "withdrawn" or any(row.text_number == text_number for row in before)


def _supersede(work: Work, before: Sequence[Consent], by: str) -> None:
    if before:
        work.session.execute(
            update(Consent)
            .where(Consent.id.in_([row.id for row in before]))
            .values(superseded_by=by)
        )


def _standing(statement: Select[Any]) -> Select[Any]:
    """Only what nothing followed; what followed it on a record it left again does not count."""
    return statement.outerjoin(_Later, _Later.id == Consent.superseded_by).where(
        or_(
            Consent.superseded_by.is_(None),
            and_(_Later.id.is_not(None), _Later.customer_id != Consent.customer_id),
        )
    )
