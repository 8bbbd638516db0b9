"""Whose record a proved address leads to, and the account by which its owner signs in.

The record that holds the address proved, else the first that says it and holds no proof of another
person, else a new one; the same as for a mail from there. An address that another record holds
stays a claim, and the pair is suggested to colleagues: nobody's records are joined here.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work
from helpdesk.customers import finding, points, records, search, suggestions
from helpdesk.customers.contact_points import Address
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity import service as identity
from helpdesk.identity.models import User
from helpdesk.identity.service import zones
from helpdesk.workflows import claiming


def account_of(work: Work, email: str, *, zone: str = "UTC", language: str = "en") -> User | None:
    """The customer account that whoever reads this address signs in to; made where there is none.

    None for addresses of colleagues, who sign in at their own door, and for closed accounts.
    """
    user = work.session.scalar(select(User).where(User.email == email))
    if user is not None:
        if user.role != "customer" or not user.is_active or user.customer_id is None:
            return None
        prove(work, user.customer_id, email)
        return user
    try:
        address = points.read(work, "email", email)
    except Invalid:
        return None
    claiming.adopt(work, address)
    found = finding.find_or_create(work, email=address.value, proved={"email"})
    customer = found.customer
    known = _account_on(work, customer.id)
    if known is not None:
        return known if known.is_active else None
    if customer.language is None:
        customer.language = language
    return identity.create_user(
        work,
        email=email,
        name=_name(customer, address),
        role="customer",
        timezone=customer.timezone if customer.timezone in zones() else zone,
        customer_id=customer.id,
    )


def prove(work: Work, customer_id: str, email: str) -> bool:
    """The address is the customer's; False where another record holds it proved.

    Then it is a claim here, and colleagues are asked whether both are one person.
    """
    address = points.read(work, "email", email)
    customer = records.lock(work, customer_id)
    held = _put(work, customer, address)
    suggestions.renew(work, [customer.id])
    search.index(work, [customer.id])
    return held


def prove_phone(work: Work, customer_id: str, number: str) -> bool:
    """The same for a telephone number whose owner has just typed the code of a text.

    Who texts us holds the number by that alone. Where nothing else is known of that record, the
    proof moves to whoever can read texts there now; its words are then theirs to see.
    """
    address = points.read(work, "phone", number)
    customer = records.lock(work, customer_id)
    bare = _bare_holder(work, address, customer.id)
    if bare is not None:
        records.lock(work, bare.customer_id)
        points.take_proof(work, bare)
    held = _put(work, customer, address)
    changed = [customer.id, *([bare.customer_id] if bare is not None else [])]
    suggestions.renew(work, changed)
    search.index(work, changed)
    return held


def _bare_holder(work: Work, address: Address, customer_id: str) -> ContactPoint | None:
    """The proved point of a record that this number alone made: no account, no other address."""
    other = aliased(ContactPoint)
    return work.session.scalar(
        select(ContactPoint).where(
            ContactPoint.kind == address.kind,
            ContactPoint.value == address.value,
            ContactPoint.verified_at.is_not(None),
            ContactPoint.customer_id != customer_id,
            ~exists().where(
                other.customer_id == ContactPoint.customer_id, other.id != ContactPoint.id
            ),
            ~exists().where(User.customer_id == ContactPoint.customer_id),
        )
    )


def _put(work: Work, customer: Customer, address: Address) -> bool:
    try:
        points.put(work, customer, address, proved=True)
        return True
    except Conflict:
        pass
    except Invalid:
        return False  # the record is full of addresses; whoever signs in with it still may
    points.put(work, customer, address)
    return False


def _account_on(work: Work, customer_id: str) -> User | None:
    """Of several people of a household the one who was here last, second factor and all."""
    return work.session.scalar(
        select(User)
        .where(User.customer_id == customer_id, User.role == "customer")
        .order_by(
            User.is_active.desc(),
            User.totp_confirmed_at.is_(None),
            User.last_sign_in_at.is_(None),
            User.last_sign_in_at.desc(),
        )
        .limit(1)
    )


def _name(customer: Customer, address: Address) -> str:
    name = "".join(c for c in customer.name if c.isprintable()).strip()[:120]
    return name or address.value.partition("@")[0][:120]
