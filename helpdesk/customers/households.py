"""Several people who see each other's matters because they agreed to: invited by mail, accepted
signed in, left at any time.

A member sees all or only their own; whoever sees all invites, removes and says who sees what. An
invitation is for an address, and only whoever has proved that address finds it: there is nothing
in its mail that could be forwarded. What a member sees is `workflows.portal_reach`'s to say. Not
for one record that several people share, nor for organisations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import aliased

from helpdesk.core.errors import Conflict, NotFound, TooMany
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.customers import contact_points, records
from helpdesk.customers.events import HouseholdInvited, HouseholdMoved
from helpdesk.customers.models import (
    ContactPoint,
    Customer,
    Household,
    HouseholdInvitation,
    HouseholdMember,
)

MOST = 10
GOOD_FOR = timedelta(days=14)
UNDONE_WITHIN = timedelta(minutes=10)
MOST_A_DAY = 10
MOST_TO_ADDRESS = 3


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the household's page."""

    id: str
    customer_id: str
    name: str
    sees_all: bool


@dataclass(frozen=True, slots=True)
class Home:
    """What a member sees of their household; `me` is None for somebody who is in none."""

    me: HouseholdMember | None = None
    members: Sequence[Member] = ()
    invitations: Sequence[HouseholdInvitation] = ()
    gone: Sequence[Member] = ()

    @property
    def may_change(self) -> bool:
        return self.me is None or self.me.sees_all


def others(work: Work, customer_id: str) -> tuple[str, ...]:
    """Whose matters this customer sees beside their own."""
    me, other = aliased(HouseholdMember), aliased(HouseholdMember)
    return tuple(
        work.session.scalars(
            select(other.customer_id)
            .join(me, me.household_id == other.household_id)
            .where(
                me.customer_id == customer_id,
                me.left_at.is_(None),
                me.sees_all.is_(True),
                other.left_at.is_(None),
                other.customer_id != customer_id,
            )
            .limit(MOST * 2)
        )
    )


def home(work: Work) -> Home:
    me = _me(work)
    if me is None:
        return Home(gone=_gone(work, None))
    waiting = select(HouseholdInvitation).where(
        HouseholdInvitation.household_id == me.household_id, *_open(work)
    )
    return Home(
        me,
        _members(work, me.household_id),
        work.session.scalars(waiting.order_by(HouseholdInvitation.id)).all(),
        _gone(work, me),
    )


def for_me(work: Work) -> Sequence[tuple[HouseholdInvitation, str]]:
    """Invitations to addresses that the actor has proved, each with the address it came from."""
    rows = work.session.execute(
        select(HouseholdInvitation, HouseholdInvitation.from_address)
        .join(
            ContactPoint,
            (ContactPoint.kind == "email") & (ContactPoint.value == HouseholdInvitation.email),
        )
        .where(
            ContactPoint.customer_id == _own_id(work),
            ContactPoint.verified_at.is_not(None),
            *_open(work),
        )
        .order_by(HouseholdInvitation.id)
        .limit(MOST)
    )
    return [(row[0], row[1]) for row in rows]


def invite(work: Work, email: str, *, sees_all: bool, from_address: str) -> HouseholdInvitation:
    """Ask somebody to join. Whether the address is known here changes nothing."""
    address = contact_points.email(email)
    me = _me(work, lock=True) or _found(work)
    _need_all(me)
    open_here = [HouseholdInvitation.household_id == me.household_id, *_open(work)]
    work.session.execute(
        update(HouseholdInvitation)
        .where(*open_here, HouseholdInvitation.email == address)
        .values(withdrawn_at=work.at)
        .execution_options(synchronize_session=False)
    )
    waiting = work.session.scalar(select(func.count()).where(*open_here)) or 0
    if len(_members(work, me.household_id)) + waiting >= MOST:
        raise Conflict(f"A household has at most {MOST} people.", code="full")
    day = HouseholdInvitation.created_at > work.at - timedelta(days=1)
    own = HouseholdInvitation.household_id == me.household_id
    if (work.session.scalar(select(func.count()).where(own, day)) or 0) >= MOST_A_DAY:
        raise TooMany("That is enough for today.", retry_after_s=3600, code="throttled")
    row = HouseholdInvitation(
        id=new_id(),
        household_id=me.household_id,
        email=address,
        sees_all=sees_all,
        invited_by=work.actor.id,
        from_address=from_address,
        created_at=work.at,
        expires_at=work.at + GOOD_FOR,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(HouseholdInvited(invitation_id=row.id))
    work.audit("household.invited", "customer", me.customer_id, sees_all=sees_all)
    _tell(work, me.customer_id, "invited")
    return row


def has_enough(work: Work, row: HouseholdInvitation) -> bool:
    """The address has had its mails of today, from whomever."""
    day = HouseholdInvitation.created_at > work.at - timedelta(days=1)
    wanted = select(func.count()).where(HouseholdInvitation.email == row.email, day)
    return (work.session.scalar(wanted) or 0) > MOST_TO_ADDRESS


def accept(work: Work, invitation_id: str) -> None:
    """Join. Conflict (`elsewhere`) for somebody who is in a household with others."""
    customer_id = _own_id(work)
    _hold(work, _mine(work, invitation_id).household_id)
    records.lock(work, customer_id)
    row = _mine(work, invitation_id)  # it may have been withdrawn while we waited
    before = _me(work, lock=True)
    if before is not None and len(_members(work, before.household_id)) > 1:
        raise Conflict("Leave your household first.", code="elsewhere")
    if len(_members(work, row.household_id)) >= MOST:
        raise Conflict(f"A household has at most {MOST} people.", code="full")
    if before is not None:
        before.left_at, before.removed_by = work.at, work.actor.id
    row.accepted_at = work.at
    _join(work, row.household_id, customer_id, sees_all=row.sees_all)
    work.audit("household.joined", "customer", customer_id, sees_all=row.sees_all)
    _tell(work, customer_id, "joined")


def decline(work: Work, invitation_id: str) -> None:
    _mine(work, invitation_id).withdrawn_at = work.at


def withdraw(work: Work, invitation_id: str) -> None:
    me = _need_all(_me(work, lock=True))
    row = work.session.get(HouseholdInvitation, invitation_id)
    if row is None or row.household_id != me.household_id or not _is_open(work, row):
        raise NotFound()
    row.withdrawn_at = work.at


def set_sees_all(work: Work, member_id: str, *, sees_all: bool) -> None:
    """Conflict (`last`) where nobody would see all any more."""
    me = _need_all(_me(work, lock=True))
    member = _member(work, me, member_id)
    if not sees_all:
        _keep_one(work, member)
    member.sees_all = sees_all
    work.audit("household.role_changed", "customer", member.customer_id, sees_all=sees_all)
    _tell(work, member.customer_id, "sees_all" if sees_all else "sees_own")


def remove(work: Work, member_id: str) -> None:
    """Take somebody out, or leave: from now on neither sees anything of the other."""
    me = _me(work, lock=True)
    if me is None:
        raise NotFound()
    member = _member(work, me, member_id)
    if member.id != me.id:
        _need_all(me)
    if len(_members(work, me.household_id)) > 1:
        _keep_one(work, member)
    member.left_at, member.removed_by = work.at, work.actor.id
    work.audit("household.left", "customer", member.customer_id, by_themselves=member.id == me.id)
    _tell(work, member.customer_id, "left" if member.id == me.id else "removed")


def undo(work: Work, member_id: str) -> None:
    """Whoever removed somebody, or left, undoes a slip: later it takes an invitation."""
    me = _me(work, lock=True)
    if all(one.id != member_id for one in _gone(work, me)):
        raise NotFound()
    member = work.session.get_one(HouseholdMember, member_id)
    records.lock(work, member.customer_id)
    now = _of(work, member.customer_id)
    if now is not None and len(_members(work, now.household_id)) > 1:
        raise Conflict("They are in another household now.", code="elsewhere")
    if len(_members(work, member.household_id)) >= MOST:
        raise Conflict(f"A household has at most {MOST} people.", code="full")
    if now is not None:
        now.left_at = work.at
    member.left_at, member.removed_by = None, None
    work.audit("household.came_back", "customer", member.customer_id)
    _tell(work, member.customer_id, "came_back")


def _tell(work: Work, customer_id: str, what: str) -> None:
    work.emit(HouseholdMoved(customer_id=customer_id, what=what))


def _own_id(work: Work) -> str:
    if work.actor.customer_id is None:
        raise NotFound()
    customer = records.find(work, work.actor.customer_id)
    if customer is None:
        raise NotFound()
    return customer.id


def _me(work: Work, *, lock: bool = False) -> HouseholdMember | None:
    """The actor's place; with `lock` the household is held, so that two changes take turns."""
    own_id = _own_id(work)
    me = _of(work, own_id)
    if me is not None and lock:
        _hold(work, me.household_id)
        me = _of(work, own_id)
    return me


def _hold(work: Work, household_id: str) -> None:
    held = select(Household.id).where(Household.id == household_id).with_for_update()
    work.session.execute(held)


def _of(work: Work, customer_id: str) -> HouseholdMember | None:
    return work.session.scalar(
        select(HouseholdMember)
        .where(HouseholdMember.customer_id == customer_id, HouseholdMember.left_at.is_(None))
        .order_by(HouseholdMember.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _found(work: Work) -> HouseholdMember:
    """A household of one, made by whoever invites first."""
    own_id = _own_id(work)
    records.lock(work, own_id)
    made = Household(id=new_id(), created_at=work.at)
    work.session.add(made)
    work.session.flush()
    return _join(work, made.id, own_id, sees_all=True)


def _join(work: Work, household_id: str, customer_id: str, *, sees_all: bool) -> HouseholdMember:
    row = HouseholdMember(
        id=new_id(),
        household_id=household_id,
        customer_id=customer_id,
        sees_all=sees_all,
        joined_at=work.at,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _need_all(me: HouseholdMember | None) -> HouseholdMember:
    if me is None or not me.sees_all:
        raise NotFound()
    return me


def _member(work: Work, me: HouseholdMember, member_id: str) -> HouseholdMember:
    row = work.session.get(HouseholdMember, member_id) if is_id(member_id) else None
    if row is None or row.household_id != me.household_id or row.left_at is not None:
        raise NotFound()
    return row


def _keep_one(work: Work, leaves: HouseholdMember) -> None:
    """Somebody has to see all, or nobody could invite or remove."""
    members = _members(work, leaves.household_id)
    if not any(one.sees_all for one in members if one.id != leaves.id):
        raise Conflict("Let somebody else see all first.", code="last")


def _members(work: Work, household_id: str) -> list[Member]:
    return _lines(
        work, HouseholdMember.household_id == household_id, HouseholdMember.left_at.is_(None)
    )


def _gone(work: Work, me: HouseholdMember | None) -> list[Member]:
    """Whom the actor took out a short while ago, or what they left themselves."""
    wanted = [
        HouseholdMember.removed_by == work.actor.id,
        HouseholdMember.left_at > work.at - UNDONE_WITHIN,
    ]
    if me is None:
        wanted.append(HouseholdMember.customer_id == _own_id(work))
    else:
        wanted.append(HouseholdMember.household_id == me.household_id)
        if not me.sees_all:
            return []
    return _lines(work, *wanted)


def _lines(work: Work, *wanted: ColumnElement[bool]) -> list[Member]:
    rows = work.session.execute(
        select(
            HouseholdMember.id, HouseholdMember.customer_id, Customer.name, HouseholdMember.sees_all
        )
        .join(Customer, Customer.id == HouseholdMember.customer_id)
        .where(*wanted)
        .order_by(HouseholdMember.id)
        .limit(MOST * 2)
    )
    return [Member(*row) for row in rows]


def _open(work: Work) -> tuple[ColumnElement[bool], ...]:
    return (
        HouseholdInvitation.accepted_at.is_(None),
        HouseholdInvitation.withdrawn_at.is_(None),
        HouseholdInvitation.expires_at > work.at,
    )


def _is_open(work: Work, row: HouseholdInvitation) -> bool:
    return row.accepted_at is None and row.withdrawn_at is None and row.expires_at > work.at


def _mine(work: Work, invitation_id: str) -> HouseholdInvitation:
    for row, _ in for_me(work):
        if row.id == invitation_id:
            return row
    raise NotFound()
