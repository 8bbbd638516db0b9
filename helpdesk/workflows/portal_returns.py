"""Returns as their customer sees them: what may go back, what was asked, what is waited for.

Not for the steps themselves (`returning`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.returns import service, steps
from helpdesk.returns.models import ReturnCase, ReturnItem, ReturnStep
from helpdesk.workflows import portal_owned, portal_reach, returning
from helpdesk.workflows.portal_reach import Matter, Reach
from helpdesk.workflows.portal_writing import Done
from helpdesk.workflows.returning import Offered


@dataclass(frozen=True, slots=True)
class ReturnOf:
    """`who` has to act: us or customer, "" when it is over."""

    row: ReturnCase
    items: Sequence[ReturnItem]
    steps: Sequence[ReturnStep]

    @property
    def who(self) -> str:
        return steps.STEPS[self.row.state].who

    @property
    def may_withdraw(self) -> bool:
        return steps.may_follow(self.row.state, steps.BY_CUSTOMER)


def form(work: Work, reach: Reach, order_id: str) -> tuple[portal_owned.OrderOf, list[Offered]]:
    """The order, the reader's own, and what of it may come back."""
    found = portal_owned.order(work, reach, order_id, own=True)
    return found, returning.offered(work, found.order)


def ask(
    work: Work,
    reach: Reach,
    order_id: str,
    *,
    quantities: Mapping[str, int],
    reason: str,
    wish: str,
    text: str,
    site_id: str | None,
    queue_id: str | None,
) -> Done:
    order = portal_owned.order(work, reach, order_id, own=True).order
    made = returning.ask(
        work, order, quantities=quantities, reason=reason, wish=wish, text=text,
        site_id=site_id, queue_id=queue_id,
    )  # fmt: skip
    return Done(made.ticket_id)


def of_matter(work: Work, matter: Matter) -> ReturnOf | None:
    """The return behind a matter; who only takes part in it sees none."""
    if matter.relation == "taking_part":
        return None
    row = service.of_ticket(work, matter.ticket.id)
    if row is None:
        return None
    return ReturnOf(row, service.items_of(work, [row.id])[row.id], service.steps_of(work, row.id))


def of_order(work: Work, order_id: str) -> Sequence[ReturnCase]:
    """Returns of an order that the reader sees."""
    return service.of_order(work, order_id)


def withdraw(work: Work, reach: Reach, ticket_id: str, *, words: str) -> Done:
    matter = portal_reach.get(work, reach, ticket_id)
    if not matter.is_own or service.of_ticket(work, matter.ticket.id) is None:
        raise NotFound(portal_reach.ABSENT)
    returning.withdraw(work, matter.ticket.id, words=words)
    return Done(matter.ticket.id, "withdrawn")
