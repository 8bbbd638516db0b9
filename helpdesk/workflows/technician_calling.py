"""A technician calls a customer by our number: neither sees the other's.

Our number rings the technician's phone; once they have picked up, the carrier rings the customer,
who sees our number too. What connects both is the order itself, read back by the hook. Not for
calls of the desk (`calling_out`), which have a queue, a wrap-up and a recording.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from helpdesk.calls.costly import is_costly
from helpdesk.carriers import dialled, orders
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers.models import ContactPoint, NoCalls
from helpdesk.field_service import permissions, service
from helpdesk.field_service.events import VisitCustomerCalled
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_crew import Technician
from helpdesk.workflows import telephone_carrying

BRIDGE = "bridge"
CONNECTS_FOR = timedelta(minutes=10)  # after that a hook connects nobody any more
AGAIN_AFTER = timedelta(seconds=20)  # two touches of one button ring once


def is_masked(work: Work) -> bool:
    """Whether a carrier connects both, so that no number has to be shown."""
    return telephone_carrying.current() is not None and bool(dialled.ours(work))


def can_call(work: Work, me: Technician) -> bool:
    return bool(me.phone) and is_masked(work)


def call(work: Work, visit_id: str, client_id: str) -> None:
    """Have both rung, the technician first; the same click twice is one call."""
    visit = permissions.get_visible(work, visit_id)
    me = work.session.get(Technician, work.actor.id)
    if not is_id(client_id):
        raise Invalid(fields={"client_id": "Use an id in the form of a UUID."})
    if me is None or not can_call(work, me):
        told = "Nobody can be called by our number here. Ask the desk to call the customer."
        raise Conflict(told, code="no_telephone")
    theirs = _number_of(work, visit)
    group = _conversation_of(work, visit)
    if orders.newest(work, group, BRIDGE, since=work.at - AGAIN_AFTER) is not None:
        return
    ours = dialled.ours(work)[0].number
    orders.write(
        work,
        group,
        BRIDGE,
        client_id,
        to=me.phone,
        caller_id=ours,
        theirs=theirs,
        detects=False,
        since=work.at.isoformat(),
    )
    work.emit(VisitCustomerCalled(technician_id=me.user_id, **service.facts(visit)))
    work.after_commit(lambda: telephone_carrying.soon(group))


def connects(work: Work, bridge_id: str) -> tuple[str, str] | None:
    """The customer's number and ours, for a technician who has picked up; None once it is late."""
    order = orders.find(work, BRIDGE, bridge_id)
    if order is None or order.created_at < work.at - CONNECTS_FOR or "theirs" not in order.wanted:
        return None
    return order.wanted["theirs"], order.wanted["caller_id"]


def _number_of(work: Work, visit: Visit) -> str:
    """The one to use first, unless it must not be rung."""
    found = work.session.execute(
        select(ContactPoint.value, NoCalls.number)
        .outerjoin(NoCalls, NoCalls.number == ContactPoint.value)
        .where(ContactPoint.customer_id == visit.customer_id, ContactPoint.kind == "phone")
        .order_by(NoCalls.number.is_not(None), ContactPoint.is_preferred.desc(), ContactPoint.id)
        .limit(1)
    ).first()
    if found is None:
        raise Conflict("No telephone number of this customer is known.", code="no_number")
    if found[1] is not None:
        raise Forbidden("This customer wants no calls.", code="no_calls")
    if is_costly(found[0]):
        raise Conflict("This number is too expensive to call.", code="costly_number")
    return str(found[0])


def _conversation_of(work: Work, visit: Visit) -> str:
    """What the order is kept under, so that an erasure of the customer finds it."""
    if visit.ticket_id is None:
        return visit.id
    found = work.session.scalar(
        select(Conversation.id)
        .where(Conversation.ticket_id == visit.ticket_id)
        .order_by(Conversation.opened_at)
        .limit(1)
    )
    return found or visit.id
