"""Who chats or calls from the portal: a signed-in customer, vouched for by the installation itself.

The page hands the chat `customer:ID` and a signature that holds for this site and some hours. A
host site can't make one: its own secret signs accounts of its own. Not for signing in.
"""

from __future__ import annotations

from datetime import timedelta

from helpdesk.channels.models import WidgetSite
from helpdesk.core import secrets
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.customers.models import Customer

PURPOSE = "portal chat"
KIND = "customer:"
GOOD_FOR = timedelta(hours=12)


def vouch(work: Work, site_id: str, customer_id: str) -> tuple[str, str]:
    """The id and the proof that the page gives to the chat."""
    until = str(int((work.at + GOOD_FOR).timestamp()))
    named = f"{KIND}{customer_id}"
    return named, f"{until}.{secrets.sign(PURPOSE, f'{site_id} {named} {until}')}"


def customer_of(work: Work, site: WidgetSite, external_id: str, proof: str) -> Customer | None:
    """The customer of a proof of ours that still holds; None for anything else."""
    customer_id = external_id.removeprefix(KIND)
    until, _, signature = proof.partition(".")
    if customer_id == external_id or not is_id(customer_id):
        return None
    if not (until.isascii() and until.isdigit() and len(until) < 12):
        return None
    if int(until) < work.at.timestamp():
        return None
    told = f"{site.id} {external_id} {until}"
    if not secrets.signature_fits(PURPOSE, told, signature):
        return None
    return records.find(work, customer_id)
