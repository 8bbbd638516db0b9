"""A call that we place: whoever rings comes to the carrier first, then the other end is rung.

So nobody picks up a phone at which nobody of ours is. Not for who may ring whom and when (see
`calling_out`), nor for what comes of it (see `telephone_dialled`).
"""

from __future__ import annotations

from typing import Any

from helpdesk.calls import queries as calls
from helpdesk.calls import service
from helpdesk.carriers import dialled, orders
from helpdesk.carriers.models import Dialled, PhoneNumber
from helpdesk.channels import service as conversations
from helpdesk.core.work import Work
from helpdesk.customers.contact_points import shown_phone
from helpdesk.routing.models import WorkItem
from helpdesk.workflows import telephone_carrying

CARRIER = "twilio"


def can(work: Work) -> bool:
    """Whether a carrier is there that pages can telephone over, and a number to show."""
    return telephone_carrying.can_dial() and bool(dialled.ours(work))


def prepare(
    work: Work,
    conversation_id: str,
    customer_id: str,
    number: str,
    ours: PhoneNumber,
    *,
    detects: bool = False,
) -> Dialled:
    """Write the try down; it goes out as soon as the page of whoever has the call is in."""
    if calls.find_call(work, conversation_id) is None:
        service.begin(work, conversation_id, customer_id, carrier=CARRIER, direction="out")
    return dialled.put(work, conversation_id, number, ours, detects=detects)


def go(work: Work, conversation_id: str) -> bool:
    """Whoever rings is on the line: the other end is rung now; answers whether it was."""
    row = dialled.latest(work, conversation_id)
    if row is None or not dialled.move(work, row, "ordered"):
        return False
    ours = work.session.get_one(PhoneNumber, row.number_id)
    told = f"Calling {shown_phone(row.number)}"
    conversations.post(work, conversation_id, author="system", text=told, public=False)
    customer_id = conversations.get_conversation(work, conversation_id).customer_id
    service.dial(work, conversation_id, customer_id)
    orders.write(
        work,
        conversation_id,
        "dial",
        row.id,
        to=row.number,
        caller_id=ours.number,
        detects=row.detects,
        since=work.at.isoformat(),
    )
    work.after_commit(lambda: telephone_carrying.soon(conversation_id))
    return True


def room_of(work: Work, conversation_id: str) -> str | None:
    """Where the parties of a call that we place meet; None for a call that came in."""
    row = dialled.latest(work, conversation_id)
    return row.room if row is not None else None


def rings(work: Work, conversation_id: str) -> bool:
    """Whether whoever comes in now hears the other end ringing."""
    row = dialled.latest(work, conversation_id)
    return row is not None and row.state in ("page", "ordered", "ringing")


def shown(work: Work, conversation_id: str) -> dict[str, Any] | None:
    """What the desk shows of a call that we place."""
    row = dialled.latest(work, conversation_id)
    if row is None:
        return None
    return {
        "number": shown_phone(row.number),
        "state": row.state,
        "machine": dialled.is_machine(row),
        "outcome": row.outcome,
        "told": row.told,
    }


def counts_no_wait(work: Work, conversation_id: str, item_id: str) -> None:
    """Whoever we ring has waited in no line: the queue's waits are those of people who came."""
    call = calls.find_call(work, conversation_id)
    if call is not None and call.direction == "out" and call.carrier == CARRIER:
        work.session.get_one(WorkItem, item_id).ended_waiting_at = None
