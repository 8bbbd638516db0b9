"""Who is calling or writing.

What somebody merely says about themselves never leads to another's record: an unproved address is
kept as a claim on the new record, and people are told that it may be a duplicate. What is proved
(signed by the host site, a mailbox that answered, a visitor's secret token) leads to the record
that holds it. Two first messages at once find one record, because the database refuses a second
holder.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.rows import touching
from helpdesk.core.work import Work
from helpdesk.customers import points, records, search, search_words, suggestions
from helpdesk.customers.contact_points import Address
from helpdesk.customers.duplicates import Record
from helpdesk.customers.events import ContactPointAdded, CustomerAdded, CustomerChanged
from helpdesk.customers.field_values import LONGEST_NAME, line
from helpdesk.customers.models import ContactPoint, Customer

# What is proved leads in this order: an account before a mailbox before a number before a browser.
ORDER = ("external", "email", "phone", "chat")
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class Match:
    """Who has this address. Not `proved`: somebody only claims it, so treat it as a hint."""

    customer: Customer
    proved: bool


@dataclass(frozen=True, slots=True)
class Found:
    """`matched_by` is the kind of proved address that led here, None for a new record."""

    customer: Customer
    is_new: bool
    matched_by: str | None
    unproved_claims: tuple[str, ...]  # kinds that were only claimed


def find_customer(work: Work, *, kind: str, value: str) -> Match | None:
    """The one who holds the address proved; else the last one who claimed it, as a hint."""
    address = points.read(work, kind, value)
    row = work.session.execute(
        select(Customer, ContactPoint.verified_at)
        .join(ContactPoint, ContactPoint.customer_id == Customer.id)
        .where(ContactPoint.kind == address.kind, ContactPoint.value == address.value)
        .order_by(ContactPoint.verified_at.is_(None), ContactPoint.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    customer = records.find(work, row.Customer.id)
    return Match(customer, row.verified_at is not None) if customer else None


def find_or_create(
    work: Work,
    *,
    name: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    chat_visitor_id: str | None = None,
    external_id: str | None = None,
    proved: Collection[str] = (),
) -> Found:
    """The record of who writes. `proved` names kinds (email, phone, external) that were proved.

    `chat_visitor_id` counts as proved: it is only known through the visitor's secret token.
    """
    given = {"external": external_id, "email": email, "phone": phone, "chat": chat_visitor_id}
    addresses = {kind: points.read(work, kind, text) for kind, text in given.items() if text}
    unknown = set(proved) - set(ORDER)
    if unknown:
        raise Invalid(f"There is no kind of address called {min(unknown)}.")
    sure = {k: a for k, a in addresses.items() if k in proved or k == "chat"}
    claims = {k: a for k, a in addresses.items() if k not in sure}
    named = line(name, "name", longest=LONGEST_NAME)
    for _ in range(_ATTEMPTS):
        # Read once: whoever gets hold of an address after this is met at the unique index.
        holders = _holders(work, sure)
        found = _by_proof(work, sure, holders)
        if found is not None:
            customer, matched_by = found
            _attach(work, customer, named, sure, claims)
            return Found(customer, False, matched_by, tuple(claims))
        free = {kind for kind in sure if kind not in holders}
        made = _new(work, named, {**claims, **sure}, free)
        if made is None:
            continue  # somebody was first with the same address: find that record
        _tell_new(work, *made)
        return Found(made[0], True, None, tuple(claims))
    raise Conflict("This customer is being added elsewhere. Try again.")


def _holders(work: Work, sure: Mapping[str, Address]) -> dict[str, str]:
    """Who holds which of the proved addresses, by kind."""
    if not sure:
        return {}
    asked = {"kinds": list(sure), "values": [address.value for address in sure.values()]}
    rows = work.sql.execute(_HOLDERS, asked)
    return {kind: held_by for kind, value, held_by in rows if sure[kind].value == value}


_HOLDERS = touching(
    select(ContactPoint.kind, ContactPoint.value, ContactPoint.customer_id).where(
        ContactPoint.kind.in_(bindparam("kinds", expanding=True)),
        ContactPoint.value.in_(bindparam("values", expanding=True)),
        ContactPoint.verified_at.is_not(None),
    )
)


def _by_proof(
    work: Work, sure: Mapping[str, Address], holders: Mapping[str, str]
) -> tuple[Customer, str] | None:
    kind = next((kind for kind in ORDER if kind in holders), None)
    if kind is None:
        return None
    customer = records.lock(work, holders[kind])
    if kind != "external" and "external" in sure and _has_another_account(work, customer):
        # The same mailbox or browser with another account: two accounts are never blended here.
        return None
    return customer, kind


def _has_another_account(work: Work, customer: Customer) -> bool:
    return (
        work.session.scalar(
            select(ContactPoint.id)
            .where(
                ContactPoint.customer_id == customer.id,
                ContactPoint.kind == "external",
                ContactPoint.verified_at.is_not(None),
            )
            .limit(1)
        )
        is not None
    )


def _attach(
    work: Work,
    customer: Customer,
    name: str,
    sure: Mapping[str, Address],
    claims: Mapping[str, Address],
) -> None:
    """Add what is new about a known customer."""
    held = {
        (p.kind, p.value): p
        for p in work.session.scalars(
            select(ContactPoint).where(ContactPoint.customer_id == customer.id)
        )
    }
    holders = _holders(work, sure)
    changed = False
    for kind, address in [*sure.items(), *claims.items()]:
        free = kind in sure and kind not in holders
        point = held.get((kind, address.value))
        if point is not None and not (free and point.verified_at is None):
            continue
        changed = True
        try:
            points.put(work, customer, address, proved=free)
        except Conflict:
            points.put(work, customer, address)  # somebody proved it a moment ago: a claim then
    if name and not customer.name:
        customer.name = name
        customer.version += 1
        changed = True
        work.emit(CustomerChanged(customer_id=customer.id, changed=["name"]))
    if changed:
        work.session.flush()
        suggestions.renew(work, [customer.id])
        search.index(work, [customer.id])


def _new(
    work: Work, name: str, addresses: Mapping[str, Address], proved: Collection[str]
) -> tuple[Customer, list[ContactPoint]] | None:
    """A new record; None when somebody else was first with an address that was proved."""
    customer = Customer(
        id=new_id(),
        name=name,
        custom={},
        value_head_start_s=0,
        created_at=work.at,
        last_contact_at=work.at,
        version=1,
    )
    work.put(customer)
    added: list[ContactPoint] = []
    # Always in the same order, so that two at once wait for each other one way round.
    for kind, address in sorted(addresses.items()):
        point = ContactPoint(
            id=new_id(),
            customer_id=customer.id,
            kind=kind,
            value=address.value,
            as_given=address.as_given,
            verified_at=work.at if kind in proved else None,
            is_preferred=False,
            created_at=work.at,
        )
        if kind not in proved:
            work.put(point)
        elif not work.put_if_absent(point):
            _take_back(work, [*added, customer])
            return None
        added.append(point)
    return customer, added


def _take_back(work: Work, rows: Sequence[Customer | ContactPoint]) -> None:
    for row in rows:
        work.session.delete(row)
    work.session.flush()


def _tell_new(work: Work, customer: Customer, added: list[ContactPoint]) -> None:
    work.emit(CustomerAdded(customer_id=customer.id, source="contact"))
    for point in added:
        if point.kind != "chat":
            work.emit(
                ContactPointAdded(
                    customer_id=customer.id,
                    contact_point_id=point.id,
                    point_kind=point.kind,
                    proved=point.verified_at is not None,
                )
            )
    claimed = {(point.kind, point.value): point.verified_at is not None for point in added}
    suggestions.greet(work, Record(customer.id, customer.name, None, claimed))
    search.write_new(
        work, search_words.document(customer.id, name=customer.name, points=list(claimed))
    )
