"""Pictures and reports of a customer's visits, erased with their bytes; what of them is on the way
too.

Rows of visits are blanked by the table (`erasing_table`); files need more than a statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.channels.models import Attachment
from helpdesk.core.db import table_of
from helpdesk.core.work import Work
from helpdesk.field_service import pieces
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_work import VisitFile, VisitReport
from helpdesk.workflows.erasing_parts import Kept, erase_files


def erase(work: Work, ids: Sequence[str], *, but: Kept | None = None) -> None:
    """Before the rows go that name them. Visits of matters that stay keep theirs."""
    spared = but.spared(table_of(Visit)) if but is not None else []
    visits = select(Visit.id).where(Visit.customer_id.in_(ids), *spared)
    pictures = select(VisitFile.attachment_id).where(
        VisitFile.visit_id.in_(visits), VisitFile.attachment_id.is_not(None)
    )
    reports = select(VisitReport.attachment_id).where(
        VisitReport.visit_id.in_(visits), VisitReport.attachment_id.is_not(None)
    )
    erase_files(work, Attachment.id.in_(pictures) | Attachment.id.in_(reports))
    unfinished = work.session.scalars(
        select(VisitFile.id).where(
            VisitFile.visit_id.in_(visits), VisitFile.attachment_id.is_(None)
        )
    ).all()
    for file_id in unfinished:
        pieces.remove(file_id)
