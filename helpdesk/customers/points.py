"""Contact points of a record: adding, removing, proving, preferring.

Many records may claim an address; one holds it proved, and the database refuses a second. Not for
deciding who writes (see `finding`).
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from helpdesk.core import stored_settings
from helpdesk.core.db import is_duplicate
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import contact_points, permissions, records, search, suggestions
from helpdesk.customers.contact_points import Address
from helpdesk.customers.events import (
    ContactPointAdded,
    ContactPointPreferred,
    ContactPointRemoved,
    ContactPointVerified,
)
from helpdesk.customers.field_values import line
from helpdesk.customers.models import ContactPoint, Customer

MOST = 50
PROVED = "uq_contact_point_proved"


def read(work: Work, kind: str, text: object) -> Address:
    """The address in its stored form; national numbers by the installation's phone region."""
    region = None
    if kind == "phone" and not str(text).lstrip().startswith("+"):
        region = str(stored_settings.get(work, "customers", {"phone_region": ""})["phone_region"])
    return contact_points.address(kind, text, region=region or None)


def add_contact_point(
    work: Work,
    customer_id: str,
    *,
    kind: str,
    value: str,
    label: str | None = None,
    verified: bool = False,
) -> ContactPoint:
    """Add an address; one that the record has already is answered as it is.

    Conflict (`held_by_another`) when it shall be verified but another record holds it proved.
    """
    permissions.require_desk(work)
    customer = permissions.hold(work, customer_id)
    point = put(work, customer, read(work, kind, value), proved=verified, label=label)
    suggestions.renew(work, [customer.id])
    search.index(work, [customer.id])
    return point


def remove_contact_point(work: Work, point_id: str) -> None:
    permissions.require_desk(work)
    point, customer = _held(work, point_id)
    _remove(work, customer, point)


def _remove(work: Work, customer: Customer, point: ContactPoint) -> None:
    work.session.delete(point)
    work.session.flush()
    work.emit(
        ContactPointRemoved(
            customer_id=customer.id, contact_point_id=point.id, point_kind=point.kind
        )
    )
    work.audit("contact_point.removed", "customer", customer.id, kind=point.kind)
    suggestions.renew(work, [customer.id])
    search.index(work, [customer.id])


def add_own(work: Work, *, kind: str, value: str) -> ContactPoint:
    """A customer adds an address to their own record; it is a claim until it is proved."""
    customer = _own(work)
    point = put(work, customer, read(work, kind, value))
    suggestions.renew(work, [customer.id])
    search.index(work, [customer.id])
    return point


def remove_own(work: Work, point_id: str) -> None:
    """A customer takes an address off their own record; NotFound for another's."""
    customer = _own(work)
    point = work.session.get(ContactPoint, point_id) if is_id(point_id) else None
    if point is None or point.customer_id != customer.id or point.kind not in ("email", "phone"):
        raise NotFound
    _remove(work, customer, point)


def _own(work: Work) -> Customer:
    if work.actor.customer_id is None:
        raise NotFound
    return records.lock(work, work.actor.customer_id)


def verify_contact_point(work: Work, point_id: str) -> ContactPoint:
    """Take the address as proved. Conflict (`held_by_another`) when another record holds it."""
    permissions.require_desk(work)
    point, _ = _held(work, point_id)
    prove(work, point)
    return point


def prefer_contact_point(work: Work, point_id: str) -> ContactPoint:
    """The address to use first among its kind."""
    permissions.require_desk(work)
    point, customer = _held(work, point_id)
    work.session.execute(
        update(ContactPoint)
        .where(ContactPoint.customer_id == customer.id, ContactPoint.kind == point.kind)
        .values(is_preferred=ContactPoint.id == point.id)
    )
    work.session.refresh(point)
    work.emit(
        ContactPointPreferred(
            customer_id=customer.id, contact_point_id=point.id, point_kind=point.kind
        )
    )
    return point


def put(
    work: Work,
    customer: Customer,
    address: Address,
    *,
    proved: bool = False,
    label: str | None = None,
) -> ContactPoint:
    """The customer's point for this address, made or proved as needed; callers renew the search."""
    held = work.session.scalars(
        select(ContactPoint).where(ContactPoint.customer_id == customer.id)
    ).all()
    for point in held:
        if (point.kind, point.value) == (address.kind, address.value):
            if proved:
                prove(work, point)
            return point
    if len(held) >= MOST:
        raise Invalid(fields={address.kind: f"A customer has at most {MOST} addresses."})
    point = ContactPoint(
        id=new_id(),
        customer_id=customer.id,
        kind=address.kind,
        value=address.value,
        as_given=address.as_given,
        label=line(label, "label", longest=40) or None,
        verified_at=work.at if proved else None,
        is_preferred=False,
        created_at=work.at,
    )
    _store(work, point)
    work.emit(
        ContactPointAdded(
            customer_id=customer.id,
            contact_point_id=point.id,
            point_kind=point.kind,
            proved=proved,
        )
    )
    return point


def prove(work: Work, point: ContactPoint) -> None:
    if point.verified_at is not None:
        return
    try:
        with work.session.begin_nested():
            point.verified_at = work.at
            work.session.flush()
    except IntegrityError as error:
        raise _held_by_another(error) from None
    work.emit(
        ContactPointVerified(
            customer_id=point.customer_id, contact_point_id=point.id, point_kind=point.kind
        )
    )
    work.audit("contact_point.verified", "customer", point.customer_id, kind=point.kind)


def says(work: Work, customer_id: str, value: str) -> bool:
    """Whether the record names this address, proved or not."""
    wanted = select(ContactPoint.id).where(
        ContactPoint.customer_id == customer_id, ContactPoint.value == value.strip().lower()
    )
    return work.session.scalar(wanted.limit(1)) is not None


def take_proof(work: Work, point: ContactPoint) -> None:
    """Another has proved the address since: here it is a claim from now on."""
    point.verified_at = None
    work.session.flush()
    work.audit("contact_point.proof_moved", "customer", point.customer_id, kind=point.kind)


def _store(work: Work, point: ContactPoint) -> None:
    if point.verified_at is None:
        work.session.add(point)
        work.session.flush()
        return
    try:
        with work.session.begin_nested():
            work.session.add(point)
            work.session.flush()
    except IntegrityError as error:
        raise _held_by_another(error) from None


def _held_by_another(error: IntegrityError) -> Exception:
    # SQLite names the columns, PostgreSQL the index.
    told = str(error.orig)
    if is_duplicate(error, PROVED) or "contact_point.kind, contact_point.value" in told:
        return Conflict(
            "Another customer holds this address. Look whether both are the same person.",
            code="held_by_another",
        )
    return error


def _held(work: Work, point_id: str) -> tuple[ContactPoint, Customer]:
    point = work.session.get(ContactPoint, point_id) if is_id(point_id) else None
    if point is None:
        raise NotFound
    customer = permissions.hold(work, point.customer_id)
    work.session.refresh(point)
    return point, customer
