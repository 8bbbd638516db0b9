"""Whose record a ticket goes on when somebody of the desk, or a program of ours, names an address.

A proved address leads to its holder. An address that was only said leads to a record that says it
too, as long as nobody has proved anything about that record: it is nobody else's by proof, and a
hundred tickets for one address make one record. Anything else makes a new record.
"""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from helpdesk.core.errors import Invalid
from helpdesk.core.ready import Ready
from helpdesk.core.work import Work
from helpdesk.customers import finding, points
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User


def record_for(
    work: Work, *, name: str | None = None, email: str | None = None, phone: str | None = None
) -> tuple[Customer, bool]:
    """The customer's record, and whether it was made just now. Invalid when nothing is given."""
    if not (email or phone or (name and name.strip())):
        raise Invalid(fields={"customer": "Give an id, an e-mail address, a number or a name."})
    for kind, text in (("email", email), ("phone", phone)):
        if text and (known := _known(work, kind, text)):
            return known, False
    found = finding.find_or_create(work, name=name, email=email, phone=phone)
    return found.customer, found.is_new


def _known(work: Work, kind: str, text: str) -> Customer | None:
    address = points.read(work, kind, text)
    found = _HOLDER.scalar(work.sql, {"kind": address.kind, "value": address.value})
    return work.session.get(Customer, found) if found else None


_proof = aliased(ContactPoint)
_HOLDER = Ready(
    select(Customer.id)
    .join(ContactPoint, ContactPoint.customer_id == Customer.id)
    .where(
        ContactPoint.kind == bindparam("kind"),
        ContactPoint.value == bindparam("value"),
        Customer.merged_into_id.is_(None),
        ContactPoint.verified_at.is_not(None)
        | (
            ~exists().where(_proof.customer_id == Customer.id, _proof.verified_at.is_not(None))
            & ~exists().where(User.customer_id == Customer.id)
        ),
    )
    .order_by(ContactPoint.verified_at.is_(None), ContactPoint.id)
    .limit(1)
)
