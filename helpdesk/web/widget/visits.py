"""Where the technician is, in the chat: one sentence for a visitor who is proved to be a customer.

Whoever only typed an address is told nothing. Not for changing the visit (the portal does that).
"""

from __future__ import annotations

from helpdesk.channels.models import Visitor
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.web.portal import speech
from helpdesk.web.portal.visits import shown
from helpdesk.workflows import portal_visits


def told(work: Work, visitor: Visitor) -> tuple[str, str] | None:
    """A title and how the next visit stands; None for who is not proved, or waits for nobody."""
    customer = records.find(work, visitor.customer_id) if visitor.identified_at else None
    found = portal_visits.at_a_glance(work, customer.id) if customer is not None else None
    if customer is None or found is None:
        return None
    say = speech.of(speech.chosen(customer.language), found.zone)
    visit = shown(say, found)
    return say("visits.next"), f"{visit.sentence} {visit.eta}".strip()
