"""Work that leaves the line without an accepted offer: a person took it by hand, or it is settled.

Not for customers who gave up (see `service.leave`).
"""

from __future__ import annotations

from helpdesk.core.work import Work
from helpdesk.routing.models import WorkItem
from helpdesk.routing.offers import end_offer, live_offer_of, note


def take_out(
    work: Work, item: WorkItem, why: str, *, by: str | None = None, counts: bool = True
) -> None:
    """End the wait of a (held) waiting or offered item; a live offer is withdrawn.

    Without `counts` it was neither answered nor given up, and stands in no figure.
    """
    if item.state not in ("waiting", "offered"):
        return
    offer = live_offer_of(work, item.id)
    item.state = "done"
    if counts:
        item.ended_waiting_at = item.ended_waiting_at or work.at
    item.version += 1
    work.session.flush()
    if offer is not None:
        end_offer(work, offer, "withdrawn", why)
    note(work, item.id, "taken_out", by, why=why)
