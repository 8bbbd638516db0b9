"""What follows from a change of a customer's record, after the fact."""

from __future__ import annotations

from helpdesk.core.work import Emitted, Work
from helpdesk.customers import merge, suggestions
from helpdesk.customers.events import CustomersMerged


def suggest_duplicates(work: Work, emitted: list[Emitted]) -> None:
    """A record got an address or another name: look whether somebody else has it too."""
    changed = dict.fromkeys(e.event.customer_id for e in emitted if e.event.customer_id)
    suggestions.renew(work, [c for c in changed if c])


def collect_strays(work: Work, emitted: list[Emitted]) -> None:
    """After a merge: rows that others hung on the merged record while it was being merged."""
    for one in emitted:
        if isinstance(one.event, CustomersMerged):
            merge.collect_strays(work, one.event.merge_id)
