"""What a call brings with it, for whoever speaks: who it is and how far that is proved, why they
come, what they did before, what is open. Not for the customer's card, which tells the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.channels.models import Conversation
from helpdesk.core.work import Work
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.tickets import queries as tickets
from helpdesk.tickets.lifecycle import is_done
from helpdesk.workflows import likely
from helpdesk.workflows.likely import Reason

SHOWN = 4
READ = 12


@dataclass(frozen=True, slots=True)
class Case:
    id: str
    number: int
    subject: str
    state: str


@dataclass(frozen=True, slots=True)
class CallBrief:
    number: str
    is_proved: bool | None  # the number as theirs; None where there is no number
    is_new: bool  # on record only since this call
    reason: str
    likely: Sequence[Reason]
    cases: Sequence[Case]  # that are open, and that no reason names


def call_brief(work: Work, conversation: Conversation, reason: str) -> CallBrief | None:
    """For a call or callback that goes on; `reason` is why it stood in its line."""
    if conversation.channel not in ("call", "callback") or conversation.state == "ended":
        return None
    number = str(conversation.answers.get("caller", ""))
    customer = work.session.get(Customer, conversation.customer_id)
    found = tickets.of_customer(work, conversation.customer_id, limit=READ)
    why = likely.of_conversation(work, conversation)
    named = {one.href for one in why}
    cases = [
        Case(t.id, t.number, t.subject, t.state)
        for t in found
        if not is_done(t.state) and f"/desk/tickets/{t.id}" not in named
    ]
    return CallBrief(
        number=shown_phone(number) if number else "",
        is_proved=_is_proved(work, conversation.customer_id, number) if number else None,
        is_new=customer is not None and customer.created_at >= conversation.opened_at,
        reason=reason or conversation.reason,
        likely=why,
        cases=cases[:SHOWN],
    )


def _is_proved(work: Work, customer_id: str, number: str) -> bool:
    wanted = select(ContactPoint.verified_at).where(
        ContactPoint.customer_id == customer_id,
        ContactPoint.kind == "phone",
        ContactPoint.value == number,
    )
    return work.session.scalar(wanted) is not None
