"""What shops told is worked in, and what waited for an address finds whose it is.

Reactions of the relay: a hook is answered before its meaning is looked at. Orders that are nobody's
are hung on the record that proves the address they name.
"""

from __future__ import annotations

from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, Work, begin
from helpdesk.customers import records
from helpdesk.customers.models import ContactPoint
from helpdesk.owned import owners, shops

UPKEEP = system("upkeep")


def hear(work: Work, emitted: list[Emitted]) -> None:
    """A reaction to `shop.heard`."""
    for one in emitted:
        shops.work_in(work, str(one.event.facts()["shop_message_id"]))


def address_proved(work: Work, emitted: list[Emitted]) -> None:
    """A reaction to an address that was proved: what waited for it is its customer's."""
    told = [one.event.facts() for one in emitted]
    proved = [facts for facts in told if facts.get("proved", True)]
    if not proved or not owners.anything_waits(work):
        return
    for facts in proved:
        point = work.session.get(ContactPoint, facts["contact_point_id"])
        if point is None or point.verified_at is None:
            continue
        customer = records.find(work, point.customer_id)
        if customer is not None:
            owners.collect(work, customer, point.kind, point.value)


def forget_old() -> None:
    """Hooks of a month ago; a job for the night."""
    while True:
        with begin(UPKEEP) as work:
            if not shops.forget_old(work):
                return
