"""An address that somebody has just proved: who said before that it is theirs, and may keep it."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from helpdesk.core.errors import Conflict
from helpdesk.core.rows import touching
from helpdesk.core.work import Work
from helpdesk.customers import points, records
from helpdesk.customers.contact_points import Address
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User


def adopt(work: Work, address: Address) -> None:
    """Where nobody holds the address: the first record that says it and proves nothing else.

    A browser's or an account's record is not taken: whoever typed the address there may read it.
    """
    asked = {"kind": address.kind, "value": address.value}
    first = work.sql.execute(_FIRST_CLAIM, asked).scalar()
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
        ContactPoint.kind == bindparam("kind"),
        ContactPoint.value == bindparam("value"),
        Customer.merged_into_id.is_(None),
        ~exists().where(
            _proof.kind == bindparam("kind"),
            _proof.value == bindparam("value"),
            _proof.verified_at.is_not(None),
        ),
        ~exists().where(_proof.customer_id == Customer.id, _proof.verified_at.is_not(None)),
        ~exists().where(User.customer_id == Customer.id),
    )
    .order_by(ContactPoint.id)
    .limit(1)
)
