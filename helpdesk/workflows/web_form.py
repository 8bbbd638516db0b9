"""A web form comes in: kept as a conversation of its own channel and put in line like any work.

The widget's offline form is the first such form. Answering by mail comes with the mail channel.
"""

from __future__ import annotations

from typing import Any

from helpdesk.channels import service
from helpdesk.channels.models import Visitor, WidgetSite
from helpdesk.core.counters import next_number
from helpdesk.core.work import Work
from helpdesk.customers import finding
from helpdesk.customers import service as customers
from helpdesk.routing import service as routing
from helpdesk.workflows.chat import clean_name, preferred_agents, record_of


def take_in(
    work: Work,
    site: WidgetSite,
    visitor: Visitor | None,
    *,
    name: str | None,
    email: str | None,
    phone: str | None,
    text: str,
    answers: dict[str, Any] | None = None,
    page_url: str | None = None,
) -> str:
    """Store the form and put it in the site's queue; answers a reference to read out (`W-10001`).

    What somebody typed proves nothing: without an identified visitor it makes its own record.
    """
    if visitor is not None:
        customer = record_of(work, visitor)
    else:
        found = finding.find_or_create(work, name=clean_name(name), email=email, phone=phone)
        customer = found.customer
    line = routing.prefer_queue(work, None, site.queue_id)
    reference = f"W-{next_number(work, 'web_form')}"
    conversation = service.open_conversation(
        work,
        channel="form",
        customer_id=customer.id,
        queue_id=line.id,
        reason=text,
        site_id=site.id,
        answers={**(answers or {}), "reference": reference},
        page_url=page_url,
    )
    service.post(work, conversation.id, author="visitor", text=text)
    customers.touch(work, customer.id)
    item = routing.enqueue(
        work,
        channel="form",
        subject_kind="conversation",
        subject_id=conversation.id,
        customer_id=customer.id,
        queue_id=line.id,
        reason=conversation.reason,
        preferred=preferred_agents(work, customer),
        value_head_start_s=customer.value_head_start_s,
    )
    routing.look_for_agent(work, item)
    return reference
