"""A return as the desk shows it on its ticket: where it stands, who has to act, what may follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.core.work import Work
from helpdesk.returns import service, steps
from helpdesk.returns.models import ReturnCase, ReturnItem, ReturnStep
from helpdesk.workflows import returning

STATES = {
    "asked": "Asked for", "approved": "Approved", "label_sent": "Label sent",
    "received": "Parcel arrived", "inspected": "Looked at", "refunded": "Money sent back",
    "replaced": "Replacement sent", "refused": "Refused", "withdrawn": "Called off",
}  # fmt: skip
OWES = {
    "asked": "Decide", "approved": "Send the label", "label_sent": "Customer sends the parcel",
    "received": "Look at it", "inspected": "Money or replacement",
}  # fmt: skip
DEEDS = {
    "approved": "Approve", "refused": "Refuse", "label_sent": "Send the label",
    "received": "Parcel arrived", "inspected": "Looked at it", "refunded": "Money sent back",
    "replaced": "Replacement sent", "withdrawn": "Call it off",
}  # fmt: skip
REASONS = {
    "changed_mind": "Doesn’t want it any more", "damaged": "Arrived damaged",
    "wrong_item": "Wrong item", "not_as_described": "Not as described",
    "faulty": "Does not work", "other": "Something else",
}  # fmt: skip
WISHES = {"refund": "Money back", "replacement": "Replacement"}


@dataclass(frozen=True, slots=True)
class Deed:
    """A step that may follow, with the words its customer gets."""

    to: str
    word: str
    told: str


@dataclass(frozen=True, slots=True)
class ReturnView:
    row: ReturnCase
    items: Sequence[ReturnItem]
    steps: Sequence[ReturnStep]
    deeds: Sequence[Deed]

    states = STATES
    owes = OWES
    reasons = REASONS
    wishes = WISHES

    @property
    def who(self) -> str:
        return steps.STEPS[self.row.state].who


def of_ticket(work: Work, ticket_id: str) -> ReturnView | None:
    """None, for one statement, where the ticket is no return."""
    row = service.of_ticket(work, ticket_id)
    if row is None:
        return None
    follows = [to for to in steps.STEPS[row.state].follows if to in DEEDS]
    deeds = [Deed(to, DEEDS[to], _told(work, row, to)) for to in follows]
    items = service.items_of(work, [row.id])[row.id]
    return ReturnView(row, items, service.steps_of(work, row.id), deeds)


def _told(work: Work, row: ReturnCase, to: str) -> str:
    return "" if to == "refused" else returning.usual_words(work, row, to)
