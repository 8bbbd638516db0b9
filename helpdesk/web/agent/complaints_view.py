"""A complaint as the desk shows it on its ticket and in the list: what is owed until when."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.complaints import service, settings, terms
from helpdesk.complaints.models import Complaint
from helpdesk.core.work import Work
from helpdesk.workflows import complaining

STANDS = {
    "acknowledge": "To be acknowledged", "acknowledge_late": "Not acknowledged in time",
    "answer": "To be answered", "answer_late": "Not answered in time",
    "answered": "Answered", "answered_late": "Answered late", "withdrawn": "Withdrawn",
}  # fmt: skip
OUTCOMES = {"upheld": "Upheld", "partly": "Partly upheld", "not_upheld": "Not upheld"}


@dataclass(frozen=True, slots=True)
class ComplaintView:
    row: Complaint
    stands: str
    told: str  # the usual words of an acknowledgement
    role: str

    words = STANDS
    outcomes = OUTCOMES

    @property
    def is_open(self) -> bool:
        return service.is_open(self.row)


def of_ticket(work: Work, ticket_id: str) -> ComplaintView | None:
    """None, for one statement, where the ticket is no complaint."""
    row = service.find(work, ticket_id)
    if row is None:
        return None
    told = complaining.usual_words(work, row) if row.acknowledged_at is None else ""
    return ComplaintView(row, standing(work, row), told, settings.get(work).role)


def standing(work: Work, row: Complaint) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return terms.standing(
        work.at, row.acknowledged_at, row.acknowledge_by, row.answered_at, row.answer_by
    )
