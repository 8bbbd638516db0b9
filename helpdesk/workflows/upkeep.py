"""Labour that goes over everything now and then, in small transactions, started by the schedule."""

from __future__ import annotations

from helpdesk.carriers import forgetting
from helpdesk.channels import attachments, visitors
from helpdesk.channels.attachments import Store
from helpdesk.core.actors import system
from helpdesk.core.work import begin
from helpdesk.customers import suggestions
from helpdesk.ivr import refusals

UPKEEP = system("upkeep")


def scan_duplicates() -> None:
    """Look at every record for others that may be the same person."""
    after: str | None = None
    while True:
        with begin(UPKEEP) as work:
            after = suggestions.scan_batch(work, after)
        if after is None:
            return


def forget_unsent_attachments(store: Store) -> None:
    """Files that were uploaded and never sent."""
    while True:
        with begin(UPKEEP) as work:
            if not attachments.forget_unsent(work, store):
                return


def forget_expired_visitors() -> None:
    """Browsers that have not been back for half a year."""
    while True:
        with begin(UPKEEP) as work:
            if not visitors.forget_expired(work):
                return


def forget_refused_proofs() -> None:
    """Wrong digits in call flows, once they no longer count."""
    with begin(UPKEEP) as work:
        refusals.forget_old(work)


def forget_books_of_carriers() -> None:
    """Hooks, orders and repairs, once their days are over."""
    while True:
        with begin(UPKEEP) as work:
            if not forgetting.forget_old(work):
                return
