"""Pictures of a visit, which come from the phone in pieces and go on where they were torn off.

A command names a file first (its size and digest); then its bytes come. A whole one is an
attachment like any other; once the visit is over and all of them are there, they stand in the
ticket as one note.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import func, select, update

from helpdesk.channels import attachments, content_types
from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.field_service import permissions, pieces, steps
from helpdesk.field_service.events import VisitReportDue
from helpdesk.field_service.models import Visit
from helpdesk.field_service.models_work import VisitFile, VisitReport
from helpdesk.mail import place
from helpdesk.workflows import cases, visit_course

MOST_PER_VISIT = 40
LARGEST_PIECE = 256 * 1024
KEPT = timedelta(days=365 * 100)  # like the visit itself, not like what was uploaded and never sent
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Photo(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    file_id: str
    name: Annotated[str, Meta(min_length=1, max_length=160)]
    content_type: Annotated[str, Meta(max_length=80)] = ""
    size: Annotated[int, Meta(ge=1)]
    sha256: Digest
    key: Annotated[str, Meta(max_length=40)] = ""


def announce(work: Work, visit_id: str, photo: Photo, at: datetime) -> None:
    """A file of that visit is to come. Invalid for one that is too large, or too many."""
    if not is_id(photo.file_id):
        raise Invalid("This picture has no proper id.", code="bad_command")
    if photo.size > place.here().most_upload:
        most = place.here().most_upload // 1024 // 1024
        raise Invalid(f"This picture is larger than {most} MB.", code="file_too_large")
    count = work.session.scalar(
        select(func.count()).select_from(VisitFile).where(VisitFile.visit_id == visit_id)
    )
    if (count or 0) >= MOST_PER_VISIT:
        raise Invalid(f"A visit takes at most {MOST_PER_VISIT} pictures.", code="too_many_files")
    row = VisitFile(
        id=photo.file_id,
        visit_id=visit_id,
        technician_id=work.actor.id,
        name=content_types.clean_name(photo.name),
        content_type=photo.content_type,
        size=photo.size,
        sha256=photo.sha256,
        received=0,
        key=photo.key,
        taken_at=at,
        attachment_id=None,
    )
    if not work.put_if_absent(row):
        raise Invalid("A picture with this id is there already.", code="file_known")


def state(actor: Actor, file_id: str) -> dict[str, Any]:
    """How much of it is here. NotFound for a file of somebody else's phone."""
    with reading(actor) as work:
        row = _own(work, file_id)
        return _told(row, _here(row))


def take_piece(actor: Actor, file_id: str, offset: int, piece: bytes) -> dict[str, Any]:
    """Put the next piece in its place. Conflict (`offset`) where another one is awaited."""
    with reading(actor) as work:
        row = _own(work, file_id)
        here = _here(row)
    if row.attachment_id is not None:
        return _told(row, here)
    if offset != here:
        raise Conflict(f"The next piece begins at {here}.", code="offset")
    if not 0 < len(piece) <= LARGEST_PIECE or offset + len(piece) > row.size:
        raise Invalid("This piece does not fit the picture.", code="bad_piece")
    pieces.write(file_id, offset, piece)
    now = offset + len(piece)
    with begin(actor) as work:
        goes_on = work.session.scalar(
            update(VisitFile)
            .where(VisitFile.id == file_id, VisitFile.attachment_id.is_(None))
            .values(received=now)
            .returning(VisitFile.id)
            .execution_options(synchronize_session=False)
        )
    if goes_on is None:  # another tab has just sent the last of it
        pieces.remove(file_id)
        now = row.size
    elif now == row.size:
        _complete(actor, row)
    return {"received": now, "size": row.size, "is_complete": now == row.size}


def _complete(actor: Actor, row: VisitFile) -> None:
    """All bytes are here: checked, looked at for viruses, and kept like any other file."""
    if pieces.digest(row.id) != row.sha256:
        _begin_anew(actor, row.id)
        raise Conflict("The picture arrived damaged and is sent again.", code="digest")
    store = FolderStore(place.here().attachments)
    try:
        with pieces.opened(row.id) as stream:
            stored = store.save(stream, most=row.size)
    except Invalid:
        _begin_anew(actor, row.id)
        raise
    try:
        kept = _keep(actor, row.id, stored)
    except BaseException:
        store.remove(stored.id)
        raise
    if not kept:
        store.remove(stored.id)  # another tab was first
    pieces.remove(row.id)


def _keep(actor: Actor, file_id: str, stored: attachments.Stored) -> bool:
    with begin(actor) as work:
        row = work.session.scalars(
            select(VisitFile).where(VisitFile.id == file_id).with_for_update()
        ).one()
        if row.attachment_id is not None:
            return False
        made = attachments.add_loose(
            work, stored, name=row.name, uploaded_by=f"agent:{row.technician_id}"
        )
        made.kept_until = work.at + KEPT
        row.attachment_id = made.id
        work.session.flush()
        visit = work.session.get_one(Visit, row.visit_id)
        put_on_ticket(work, visit)
        if not is_awaiting(work, visit.id):
            _let_reports_go(work, visit.id)
        return True


def is_awaiting(work: Work, visit_id: str) -> bool:
    """Whether a picture was named whose bytes are still on the phone."""
    return any(row.attachment_id is None for row in of_visit(work, visit_id))


def _let_reports_go(work: Work, visit_id: str) -> None:
    """Reports that waited for the pictures can be drawn now."""
    ids = work.session.scalars(
        update(VisitReport)
        .where(VisitReport.visit_id == visit_id, VisitReport.due_at.is_not(None))
        .values(due_at=work.at)
        .returning(VisitReport.id)
        .execution_options(synchronize_session=False)
    ).all()
    for report_id in ids:
        work.emit(VisitReportDue(report_id=report_id))


def put_on_ticket(work: Work, visit: Visit) -> None:
    """The pictures as a note of the ticket, once the visit is over and none is awaited."""
    if visit.ticket_id is None or not steps.is_over(visit.state):
        return
    rows = of_visit(work, visit.id)
    if any(row.attachment_id is None for row in rows):
        return  # the last one calls again
    ids = [row.attachment_id for row in rows if row.attachment_id is not None]
    loose = work.session.scalars(
        select(Attachment).where(
            Attachment.id.in_(ids),
            Attachment.message_id.is_(None),
            Attachment.erased_at.is_(None),
        )
    ).all()
    by_id = {one.id: one for one in loose}
    waiting = [by_id[one] for one in ids if one in by_id]
    for start in range(0, len(waiting), attachments.MOST_PER_MESSAGE):
        some = waiting[start : start + attachments.MOST_PER_MESSAGE]
        with visit_course.for_the_house(work):
            cases.reply(
                work,
                visit.ticket_id,
                author=f"agent:{rows[0].technician_id}",
                text=f"Pictures of visit V-{visit.number}",
                public=False,
                attachments=some,
            )


def of_visit(work: Work, visit_id: str) -> Sequence[VisitFile]:
    return work.session.scalars(
        select(VisitFile)
        .where(VisitFile.visit_id == visit_id)
        .order_by(VisitFile.taken_at, VisitFile.id)
    ).all()


def get_whole(work: Work, file_id: str) -> tuple[VisitFile, Attachment]:
    """A file that is complete, of a visit that the actor sees."""
    row = work.session.get(VisitFile, file_id) if is_id(file_id) else None
    if row is None or row.attachment_id is None:
        raise NotFound()
    permissions.get_visible(work, row.visit_id)
    kept = work.session.get(Attachment, row.attachment_id)
    if kept is None or kept.erased_at is not None:
        raise NotFound()
    return row, kept


def _begin_anew(actor: Actor, file_id: str) -> None:
    pieces.remove(file_id)
    with begin(actor) as work:
        work.session.execute(
            update(VisitFile)
            .where(VisitFile.id == file_id, VisitFile.attachment_id.is_(None))
            .values(received=0)
        )


def _own(work: Work, file_id: str) -> VisitFile:
    row = work.session.get(VisitFile, file_id) if is_id(file_id) else None
    if row is None or row.technician_id != work.actor.id:
        raise NotFound()
    return row


def _here(row: VisitFile) -> int:
    """What the row says, unless the folder lost it."""
    return min(row.received, pieces.size(row.id))


def _told(row: VisitFile, here: int) -> dict[str, Any]:
    whole = row.attachment_id is not None
    return {"received": row.size if whole else here, "size": row.size, "is_complete": whole}
