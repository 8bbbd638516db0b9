"""Whose record a mail leads to.

A sender whom nothing speaks against leads to the record that holds the address; where none does, to
the first record that says it and holds no proof of another person. Everybody else gets a record of
their own: what is only claimed never leads to somebody's past.
"""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.rows import touching
from helpdesk.core.work import Work
from helpdesk.customers import finding, points, records
from helpdesk.customers.contact_points import Address
from helpdesk.customers.finding import Found
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User
from helpdesk.mail.sender import Sender


def of(work: Work, who: Sender) -> Found:
    """The record of whoever wrote."""
    address = _readable(work, who.address)
    name = who.name
    if address is None:
        return finding.find_or_create(work, name=name or (who.address or "")[:160])
    if not who.sure:
        return finding.find_or_create(work, name=name, email=address.value)
    _adopt(work, address)
    return finding.find_or_create(work, name=name, email=address.value, proved={"email"})


def _readable(work: Work, text: str | None) -> Address | None:
    """The address as records keep it; None for one that no record can hold."""
    if text is None:
        return None
    try:
        return points.read(work, "email", text)
    except Invalid:
        return None


def _adopt(work: Work, address: Address) -> None:
    """Where nobody holds the address: the first record that says it and proves nothing else.

    A browser's or an account's record is not taken: whoever typed the address there may read it.
    """
    first = work.sql.execute(_FIRST_CLAIM, {"value": address.value}).scalar()
    if first is None:
        return
    point = work.session.get_one(ContactPoint, first)
    records.lock(work, point.customer_id)
    try:
        points.prove(work, point)
    except Conflict:
        return  # proved elsewhere a moment ago: that record is found


_proof = aliased(ContactPoint)
_FIRST_CLAIM = touching(
    select(ContactPoint.id)
    .join(Customer, Customer.id == ContactPoint.customer_id)
    .where(
        ContactPoint.kind == "email",
        ContactPoint.value == bindparam("value"),
        Customer.merged_into_id.is_(None),
        ~exists().where(
            _proof.kind == "email",
            _proof.value == bindparam("value"),
            _proof.verified_at.is_not(None),
        ),
        ~exists().where(_proof.customer_id == Customer.id, _proof.verified_at.is_not(None)),
        ~exists().where(User.customer_id == Customer.id),
    )
    .order_by(ContactPoint.id)
    .limit(1)
)
