"""What a call flow can read out of the records: how a ticket stands, where an order is.

Only its state is told, in a sentence per state; never its subject, a name or an address. Parts
that come later add look-ups of their own to the registry.
"""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.ivr.lookups import Asked, Found, LookUp, Refused, proves
from helpdesk.owned.models import ShopOrder
from helpdesk.tickets import queries as tickets
from helpdesk.workflows.call_flows import ACCOUNT

MOST = 20
OUTCOMES = {
    "new": "Your request {number} has arrived. Nobody has looked at it yet.",
    "open": "We are working on your request {number}.",
    "waiting_on_customer": "Your request {number} waits for an answer from you.",
    "waiting_on_third_party": "For your request {number} we wait for somebody else's answer.",
    "visit_booked": "For your request {number} a visit is booked.",
    "resolved": "Your request {number} is resolved.",
    "closed": "Your request {number} is closed.",
}


ORDERS = {
    "placed": "We have your order {number}.",
    "confirmed": "Your order {number} is confirmed, and we are getting it ready.",
    "packed": "Your order {number} is packed and leaves soon.",
    "shipped": "Your order {number} is on its way to you.",
    "out_for_delivery": "Your order {number} is out for delivery.",
    "delivered": "Your order {number} was delivered.",
    "cancelled": "Your order {number} was cancelled.",
    "returned": "Your order {number} came back to us.",
}


def ticket_status(work: Work, asked: Asked) -> Found | Refused:
    """How the ticket stands, where the digits are those of its customer's record."""
    ticket = tickets.find_by_number(work, int(asked.number))
    if ticket is None:
        return Refused()
    ticket = tickets.current(work, ticket)
    customer = records.find(work, ticket.customer_id)
    if customer is None or not is_proved(work, customer, asked):
        return Refused(customer.id if customer else "")
    return Found(ticket.state, {"number": " ".join(asked.number)}, customer_id=customer.id)


def is_proved(work: Work, customer: Customer, asked: Asked) -> bool:
    if asked.proof == ACCOUNT:
        proved = work.session.scalars(
            select(ContactPoint.value).where(
                ContactPoint.customer_id == customer.id,
                ContactPoint.kind == "external",
                ContactPoint.verified_at.is_not(None),
            )
        )
        return any(proves(value, asked.digits) for value in proved)
    if not asked.proof.startswith("field:"):
        return False
    key = asked.proof.removeprefix("field:")
    return proves(customer.custom.get(key), asked.digits)


def order_status(work: Work, asked: Asked) -> Found | Refused:
    """Where the order of this number is, where the digits are those of its customer's record."""
    refused = Refused()
    wanted = select(ShopOrder).where(
        ShopOrder.number_digits == asked.number,
        ShopOrder.number_digits != "",
        ShopOrder.customer_id.is_not(None),
    )
    for order in work.session.scalars(wanted.order_by(ShopOrder.placed_at.desc()).limit(MOST)):
        customer = records.find(work, str(order.customer_id))
        if customer is not None and is_proved(work, customer, asked):
            slots = {"number": " ".join(asked.number)}
            return Found(order.status, slots, customer_id=customer.id)
        refused = Refused(customer.id if customer is not None else "")
    return refused


TICKET_STATUS = LookUp("ticket_status", "How a ticket stands", OUTCOMES, ticket_status)
ORDER_STATUS = LookUp("order_status", "Where an order is", ORDERS, order_status)
