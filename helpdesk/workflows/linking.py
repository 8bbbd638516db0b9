"""A colleague says whose conversation this is: it moves to that customer's record.

Only this one conversation moves, and its wait with it; records themselves are merged elsewhere.
"""

from __future__ import annotations

from helpdesk.channels import queries, service
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers import permissions
from helpdesk.routing import service as routing


def link_customer(work: Work, conversation_id: str, customer_id: str) -> str:
    """Answers the record it was on before, so that it can be put back."""
    conversation = queries.get_visible(work, conversation_id)
    before = conversation.customer_id
    customer = permissions.get_customer(work, customer_id)
    if customer.id == before:
        raise Invalid("The conversation is on this record already.", code="same_customer")
    item = routing.item_of(work, "conversation", conversation.id, for_update=True)
    if item is not None:
        item.customer_id = customer.id
    service.reattach(work, conversation.id, customer.id)
    work.audit(
        "conversation.relinked", "conversation", conversation.id, before=before, after=customer.id
    )
    return before
