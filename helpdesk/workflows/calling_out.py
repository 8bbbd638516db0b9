"""One of ours rings a customer: who may be rung, when, from which number, and in whose hands.

The call is the agent's like one they accepted: by way of the line, so that capacity holds, with a
wrap-up after it. Not for how it is placed (see `dialling`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.calls import calling_hours, calling_rules
from helpdesk.calls.costly import is_costly
from helpdesk.carriers import dialled
from helpdesk.carriers.models import Dialled, PhoneNumber
from helpdesk.channels import service as conversations
from helpdesk.channels.models import Conversation
from helpdesk.consents.purposes import SERVICE
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers import finding, permissions, points, records
from helpdesk.customers.called import called_now
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import ContactPoint, Customer, NoCalls
from helpdesk.identity.models import User
from helpdesk.routing import presence
from helpdesk.routing import service as routing
from helpdesk.tickets import permissions as tickets
from helpdesk.workflows import consenting, desk, dialling


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to ring: a contact point, a customer at the number to use first, or a number as typed.

    `client_id` makes a doubled click one call; `anyway`: warned of the hour, and rung all the same.
    """

    client_id: str
    point_id: str = ""
    customer_id: str = ""
    number: str = ""
    ticket_id: str = ""
    number_id: str = ""  # ours; empty: the queue's, else the first
    anyway: bool = False
    purpose: str = SERVICE  # what the call is for; of others than service customers may say no


def numbers(work: Work, ticket_id: str = "") -> dict[str, Any]:
    """Our numbers that the actor may ring from, and the one that is taken unless they choose."""
    permissions.require_desk(work)
    found = dialled.ours(work) if dialling.can(work) else []
    usual = dialled.usual(found, _queue_of(work, ticket_id))
    return {
        "numbers": [
            {"id": one.id, "name": one.name, "shown": shown_phone(one.number)} for one in found
        ],
        "usual": usual.id if usual else None,
    }


def start(work: Work, wanted: Wanted) -> str:
    """Begin the call and answer its conversation, in the actor's hands.

    Invalid beside `number`. Conflict: `no_telephone`, `quiet_hours` (ring anyway?),
    `rings_already`, `no_room`. Forbidden: `no_calls`, `no_consent`, `quiet_hours_hard`.
    """
    permissions.require_desk(work)
    key = _key(work, wanted)
    if (before := _before(work, key)) is not None:
        return before
    if not dialling.can(work):
        raise Conflict("No telephone carrier is set up for calls.", code="no_telephone")
    customer, number = _whom(work, wanted)
    queue_id = _queue_of(work, wanted.ticket_id)
    ours = _ours(work, wanted, queue_id)
    _require_may_ring(work, customer.id, number, wanted.purpose)
    _heed_the_hour(work, customer, number, anyway=wanted.anyway)
    _require_free(work, number)
    conversation = conversations.open_conversation(
        work,
        channel="call",
        customer_id=customer.id,
        queue_id=queue_id or ours.queue_id,
        reason=_reason(work, customer, number),
        ticket_id=wanted.ticket_id or None,
        start_key=key,
    )
    dialling.prepare(work, conversation.id, customer.id, number, ours)
    _take(work, conversation)
    return conversation.id


def _reason(work: Work, customer: Customer, number: str) -> str:
    """Who has no name goes by their number already."""
    shown = shown_phone(number)
    return "Call to them" if called_now(work, customer) == shown else f"Call to {shown}"


def _key(work: Work, wanted: Wanted) -> str:
    if not 8 <= len(wanted.client_id) <= 64:
        raise Invalid("client_id has 8 to 64 characters.", code="bad_client_id")
    return hashlib.sha256(f"out:{work.actor.id}:{wanted.client_id}".encode()).hexdigest()


def _before(work: Work, key: str) -> str | None:
    """The call that this very click has begun already."""
    return work.session.scalar(select(Conversation.id).where(Conversation.start_key == key))


def _whom(work: Work, wanted: Wanted) -> tuple[Customer, str]:
    if wanted.point_id or wanted.customer_id:
        return _of_point(work, wanted.point_id or _first_number(work, wanted.customer_id))
    try:
        number = points.read(work, "phone", wanted.number).value
    except Invalid as error:
        told = "Enter a telephone number like +49 30 1234567"
        raise Invalid(told, fields={"number": told}, code="bad_number") from error
    match = finding.find_customer(work, kind="phone", value=number)
    if match is not None:
        return match.customer, number
    return finding.find_or_create(work, phone=number).customer, number


def _first_number(work: Work, customer_id: str) -> str:
    customer = permissions.get_customer(work, customer_id)
    found = work.session.scalar(
        select(ContactPoint.id)
        .outerjoin(NoCalls, NoCalls.number == ContactPoint.value)
        .where(ContactPoint.customer_id == customer.id, ContactPoint.kind == "phone")
        .order_by(NoCalls.number.is_not(None), ContactPoint.is_preferred.desc(), ContactPoint.id)
        .limit(1)
    )
    if found is None:
        raise NotFound("No telephone number is on their record.", code="no_number")
    return found


def _of_point(work: Work, point_id: str) -> tuple[Customer, str]:
    point = work.session.get(ContactPoint, point_id) if is_id(point_id) else None
    customer = records.find(work, point.customer_id) if point is not None else None
    if point is None or point.kind != "phone" or customer is None:
        raise NotFound("This number is not on the record any more.")
    if not permissions.seen_among(work, [customer.id]):
        raise NotFound("This customer does not exist.")
    return customer, point.value


def _queue_of(work: Work, ticket_id: str) -> str | None:
    return tickets.get_visible(work, ticket_id).queue_id if ticket_id else None


def _ours(work: Work, wanted: Wanted, queue_id: str | None) -> PhoneNumber:
    found: Sequence[PhoneNumber] = dialled.ours(work)
    if wanted.number_id:
        chosen = next((one for one in found if one.id == wanted.number_id), None)
    else:
        chosen = dialled.usual(found, queue_id)
    if chosen is None:
        raise Invalid(fields={"number_id": "Choose one of our numbers."})
    return chosen


def _require_may_ring(work: Work, customer_id: str, number: str, purpose: str) -> None:
    if dialled.is_ours(work, number):
        told = "This is one of our own numbers."
        raise Invalid(told, fields={"number": told}, code="own_number")
    if is_costly(number):
        told = "Numbers whose owners earn by the call are not rung from here."
        raise Forbidden(told, code="costly_number")
    found = consenting.may_send(work, purpose, "call", customer_id, number)
    if not found.allowed:
        code = "no_calls" if found.code == consenting.STOPPED else "no_consent"
        raise Forbidden(found.why, code=code)


def _heed_the_hour(work: Work, customer: Customer, number: str, *, anyway: bool) -> None:
    rules = calling_rules.rules(work)
    zones = calling_hours.zones_of(number, own=customer.timezone, otherwise=rules.zone)
    found = calling_hours.quiet(zones, work.at, rules.hours)
    if found is None:
        return
    if rules.is_hard:
        told = f"{calling_hours.warned(found)} {calling_hours.in_words(rules.hours)}"
        raise Forbidden(told, code="quiet_hours_hard")
    if not anyway:
        raise Conflict(f"{calling_hours.warned(found)} Call anyway?", code="quiet_hours")
    work.audit(
        "calls.out_of_hours", "customer", customer.id,
        number=number, clock=found.clock, zone=found.zone,
    )  # fmt: skip


def _require_free(work: Work, number: str) -> None:
    """Nobody is rung by two of ours at once."""
    row = dialled.going_on(work, number)
    if row is None:
        return
    who = _who_rings(work, row)
    raise Conflict(
        f"{who} is in a call with this number now." if who else "This number is being rung now.",
        code="rings_already",
    )


def _who_rings(work: Work, row: Dialled) -> str | None:
    found = (
        select(User.name)
        .join(Conversation, Conversation.agent_id == User.id)
        .where(Conversation.id == row.conversation_id)
    )
    return work.session.scalar(found)


def _take(work: Work, conversation: Conversation) -> None:
    presence.ensure_agent(work, work.actor.id)
    item = routing.enqueue(
        work,
        channel="call",
        subject_kind="conversation",
        subject_id=conversation.id,
        customer_id=conversation.customer_id,
        queue_id=conversation.queue_id or "",
        reason=conversation.reason,
    )
    offer = routing.offer_to(work, item, work.actor.id)
    if offer is None:
        raise Conflict(
            "You have a call or a chat in hand, or a wrap-up to finish. Then you can call.",
            code="no_room",
        )
    desk.accept_offer(work, offer.id)
    dialling.counts_no_wait(work, conversation.id, item.id)
