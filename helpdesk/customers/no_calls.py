"""Telephone numbers that nobody rings: they asked for it, or it is somebody else's.

The mark belongs to the number, so that it holds on every record that has it. Anybody at the desk
may set it, and take back a slip of their own at once; later only supervisors lift it. Not for texts
(see `texts.opt_outs`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import select

from helpdesk.core.errors import Forbidden, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import permissions
from helpdesk.customers.events import CallsAllowed, CallsRefused
from helpdesk.customers.models import ContactPoint, NoCalls

KINDS = {"asked": "They want no calls", "wrong": "Wrong number"}
LONGEST_REASON = 300
A_SLIP = timedelta(minutes=5)


def may_lift(work: Work, row: NoCalls) -> bool:
    own = row.set_by == work.actor.id and work.at - row.at <= A_SLIP
    return own or work.actor.is_supervisor or work.actor.kind == "system"


def standing(work: Work, number: str) -> NoCalls | None:
    """The mark on this number, if there is one."""
    return work.session.get(NoCalls, number)


def among(work: Work, numbers: Collection[str]) -> dict[str, NoCalls]:
    """Of these numbers those that carry a mark."""
    if not numbers:
        return {}
    found = work.session.scalars(select(NoCalls).where(NoCalls.number.in_(numbers)))
    return {row.number: row for row in found}


def mark(work: Work, customer_id: str, number: str, *, kind: str, reason: str = "") -> bool:
    """Nobody rings it from now on; False when it was marked before."""
    if kind not in KINDS:
        raise Invalid(fields={"kind": "Say whether they want no calls or the number is wrong."})
    row = NoCalls(
        number=number,
        kind=kind,
        reason=" ".join(reason.replace("\0", "").split())[:LONGEST_REASON],
        set_by=work.actor.id if work.actor.kind == "user" else None,
        at=work.at,
    )
    if not work.put_if_absent(row):
        return False
    work.emit(CallsRefused(customer_id=customer_id, why=kind, reason=row.reason))
    work.audit("calls.refused", "customer", customer_id, number=number, why=kind, reason=row.reason)
    return True


def mark_point(work: Work, point_id: str, *, kind: str, reason: str = "") -> bool:
    point = _point(work, point_id)
    return mark(work, point.customer_id, point.value, kind=kind, reason=reason)


def lift_point(work: Work, point_id: str) -> bool:
    """The number may be rung again; False when nothing stood against it."""
    point = _point(work, point_id)
    row = standing(work, point.value)
    if row is None:
        return False
    if not may_lift(work, row):
        raise Forbidden("A supervisor can lift this.")
    work.session.delete(row)
    work.session.flush()
    work.emit(CallsAllowed(customer_id=point.customer_id))
    work.audit("calls.allowed", "customer", point.customer_id, number=point.value, was=row.kind)
    return True


def _point(work: Work, point_id: str) -> ContactPoint:
    point = work.session.get(ContactPoint, point_id)
    if point is None or point.kind != "phone":
        raise NotFound
    permissions.get_customer(work, point.customer_id)
    return point
