"""A web form comes in: it becomes a ticket like a mail does, answered in writing.

The widget's offline form is the first such form.
"""

from __future__ import annotations

from typing import Any

from helpdesk.channels.models import Visitor, WidgetSite
from helpdesk.core.work import Work
from helpdesk.customers import finding
from helpdesk.routing import service as routing
from helpdesk.tickets.queries import shown_number
from helpdesk.workflows import cases
from helpdesk.workflows.chat import clean_name, record_of


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
    """Open a ticket in the site's queue; answers its number to read out (`T-10001`).

    What somebody typed proves nothing: without an identified visitor it makes its own record.
    """
    is_new = False
    if visitor is not None:
        customer = record_of(work, visitor)
    else:
        found = finding.find_or_create(work, name=clean_name(name), email=email, phone=phone)
        customer, is_new = found.customer, found.is_new
    opened = cases.open_case(
        work,
        customer_id=customer.id,
        subject=_subject(text),
        body=text,
        channel="form",
        queue=routing.prefer_queue(work, None, site.queue_id).id,
        site_id=site.id,
        answers=answers,
        page_url=page_url,
        is_new_customer=is_new,
    )
    return shown_number(opened.ticket)


def _subject(text: str) -> str:
    """The first line of what was written: forms ask for no subject."""
    lines = [line for line in text.splitlines() if line.strip()]
    first = " ".join(lines[0].split()) if lines else ""
    return first if len(first) <= 80 else first[:79].rstrip() + "…"
