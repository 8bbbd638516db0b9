"""The report of a visit: what was done, word for word, who signed which words, and the file of it.

A signature belongs to the version that it was given for; what is changed later is a new version
without one. The file is made by a worker, or when somebody asks for it first, and goes to the
customer in the ticket's own thread.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta
from sqlalchemy import select, update

from helpdesk.channels import attachments
from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment
from helpdesk.core.actors import system
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import records
from helpdesk.field_service import permissions, service, settings, signed, van
from helpdesk.field_service.events import VisitReportDue, VisitReported
from helpdesk.field_service.models import Visit, VisitPlace
from helpdesk.field_service.models_crew import VisitType
from helpdesk.field_service.models_work import VisitReport, VisitWork
from helpdesk.field_service.report_sheet import Sheet
from helpdesk.identity.models import User
from helpdesk.mail import place
from helpdesk.workflows import cases, visit_course, visit_files

MAKER = system("visit-reports")
PATIENCE = timedelta(minutes=15)  # for pictures that are still on the phone
LARGEST = 40 * 1024 * 1024
CHANGED = "What was signed was changed on the way, so it was not taken. Sign it again."


class Signature(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    content: dict[str, Any]
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    strokes: list[Any]


def sign(work: Work, visit: Visit, given: Signature, at: datetime) -> dict[str, Any]:
    """Keep what was signed as it was put before the customer, under its own digest."""
    if not signed.is_content(given.content) or not signed.are_strokes(given.strokes):
        raise Invalid(CHANGED, code="bad_signature")
    if signed.digest(given.content) != given.digest or given.content["number"] != visit.number:
        raise Invalid(CHANGED, code="bad_digest")
    row = _add(work, visit, given.content)
    row.signed_name, row.signed_at, row.strokes = given.name.strip(), at, given.strokes
    work.session.flush()
    if visit.state == "done":
        _tell(work, visit, row)
    same = signed.facts(given.content) == signed.facts(content_of(work, visit))
    return {"report_version": row.version, "digest": row.digest, "same": same}


def finished(work: Work, visit: Visit, *, mails: bool) -> None:
    """The visit ended: its report is the signed one, unless something was changed after that."""
    row = _current(work, visit)
    row.mails = row.mails or mails
    _tell(work, visit, row)


def changed(work: Work, visit: Visit) -> None:
    """Something was written after the end: a new version, where the words are others now."""
    newest = latest(work, visit.id)
    row = _current(work, visit)
    if newest is None or row.id != newest.id:
        _tell(work, visit, row)


def latest(work: Work, visit_id: str) -> VisitReport | None:
    return work.session.scalar(
        select(VisitReport)
        .where(VisitReport.visit_id == visit_id)
        .order_by(VisitReport.version.desc())
        .limit(1)
    )


def content_of(work: Work, visit: Visit) -> dict[str, Any]:
    """What was done as we have been told it, in the customer's language."""
    row = work.session.get(VisitWork, visit.id)
    kind = work.session.get_one(VisitType, visit.visit_type_id)
    customer = records.find(work, visit.customer_id)
    language = signed.language_of(customer.language if customer else None)
    used = row.parts_used if row else []
    parts = van.names(work, [one["part_id"] for one in used])
    return signed.content(
        number=visit.number,
        kind=kind.names.get(language) or kind.name,
        place=work.session.get_one(VisitPlace, visit.place_id).address,
        checklist=kind.checklist,
        answers=row.checklist if row else {},
        parts=[
            (one["part_id"], parts[one["part_id"]].name, one["quantity"])
            for one in used
            if one["part_id"] in parts
        ],
        spent_s=row.spent_s if row else None,
        photos=len(visit_files.of_visit(work, visit.id)),
        remark=row.note if row else "",
        language=language,
    )


def run(event_id: str) -> None:
    """The job of a worker for one `visit.report_due`: make the file, and mail it where wanted."""
    with reading(MAKER) as work:
        facts = work.session.scalar(select(EventRow.facts).where(EventRow.id == event_id))
        report_id = str(facts["report_id"]) if facts else ""
        row = work.session.get(VisitReport, report_id)
    if row is None or not row.content:  # it was erased
        return
    make_file(report_id)
    with begin(MAKER) as work:
        _mail(work, report_id)


def call_overdue() -> None:
    """A duty: reports whose pictures did not come in time are made without them."""
    with reading(MAKER) as work:
        late = work.session.scalars(
            select(VisitReport.id).where(VisitReport.due_at <= work.at).limit(50)
        ).all()
    if late:
        with begin(MAKER) as work:
            for report_id in late:
                work.emit(VisitReportDue(report_id=report_id))
            work.session.execute(
                update(VisitReport)
                .where(VisitReport.id.in_(late), VisitReport.due_at.is_not(None))
                .values(due_at=work.at + PATIENCE)
            )


def make_file(report_id: str) -> str:
    """The attachment's id; made once. No transaction is open while the pages are drawn."""
    with reading(MAKER) as work:
        row = work.session.get(VisitReport, report_id)
        if row is None:
            raise NotFound()
        if row.attachment_id is not None:
            return row.attachment_id
        sheet = _sheet(work, row)
    store = FolderStore(place.here().attachments)
    pictures = (_bytes(store, one) for one in sheet.pictures)
    stored = store.save(io.BytesIO(_drawn(sheet, pictures)), most=LARGEST)
    try:
        return _keep(report_id, stored, store)
    except BaseException:
        store.remove(stored.id)
        raise


def _drawn(sheet: Sheet, pictures: Iterable[bytes]) -> bytes:
    """What draws pages is loaded with the first of them: half a second and 16 MB."""
    pages: Any = import_module("helpdesk.field_service.report_pdf")
    drawn: bytes = pages.drawn(sheet, pictures)
    return drawn


def _keep(report_id: str, stored: attachments.Stored, store: FolderStore) -> str:
    with begin(MAKER) as work:
        row = work.session.scalars(
            select(VisitReport).where(VisitReport.id == report_id).with_for_update()
        ).one()
        if row.attachment_id is not None:  # somebody asked for it meanwhile
            work.after_commit(lambda: store.remove(stored.id))
            return row.attachment_id
        number = work.session.get_one(Visit, row.visit_id).number
        name = f"visit-{number}-{row.version}.pdf"
        made = attachments.add_loose(work, stored, name=name, uploaded_by=MAKER.label)
        made.kept_until = work.at + visit_files.KEPT
        row.attachment_id, row.due_at = made.id, None
        return made.id


def report_file(work: Work, visit_id: str) -> str:
    """The id of the newest report of a visit that the actor sees; its file may be still to make."""
    visit = permissions.get_visible(work, visit_id)
    row = latest(work, visit.id)
    if row is None or (visit.state != "done" and work.actor.role == "customer"):
        raise NotFound("There is no report of this visit yet.")
    return row.id


def get_file(work: Work, attachment_id: str) -> Attachment:
    found = work.session.get(Attachment, attachment_id)
    if found is None or found.erased_at is not None:
        raise NotFound()
    return found


def _current(work: Work, visit: Visit) -> VisitReport:
    """The newest version where it says what we know; else one more, which nobody has signed."""
    newest, now = latest(work, visit.id), content_of(work, visit)
    if newest is not None and signed.facts(newest.content) == signed.facts(now):
        return newest
    return _add(work, visit, now)


def _add(work: Work, visit: Visit, content: dict[str, Any]) -> VisitReport:
    """The caller holds the visit, so that versions follow each other."""
    newest = latest(work, visit.id)
    row = VisitReport(
        id=new_id(),
        visit_id=visit.id,
        version=newest.version + 1 if newest else 1,
        content=content,
        digest=signed.digest(content),
        signed_name="",
        signed_at=None,
        strokes=[],
        attachment_id=None,
        made_at=work.at,
        due_at=None,
        mails=False,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _tell(work: Work, visit: Visit, row: VisitReport) -> None:
    """Its file is made at once, or when the pictures are here that the phone still has."""
    awaits = visit_files.is_awaiting(work, visit.id)
    row.due_at = work.at + PATIENCE if awaits else work.at
    work.session.flush()
    if not awaits:
        work.emit(VisitReportDue(report_id=row.id))
    cost, currency = _cost(work, row)
    work.emit(
        VisitReported(
            report_id=row.id,
            version=row.version,
            signed=row.signed_at is not None,
            technician_id=work.actor.id,
            parts_minor=cost,
            currency=currency,
            **service.facts(visit),
        )
    )


def _cost(work: Work, row: VisitReport) -> tuple[int | None, str]:
    """What the parts cost, where each has a price and all are in one currency."""
    used = row.content["parts"]
    known = van.names(work, [one["part_id"] for one in used])
    priced = [known.get(one["part_id"]) for one in used]
    currencies = {part.currency for part in priced if part is not None}
    if len(currencies) > 1 or any(part is None or part.cost_minor is None for part in priced):
        return None, ""
    total = sum(
        one["quantity"] * (part.cost_minor or 0)
        for one, part in zip(used, priced, strict=True)
        if part is not None
    )
    return total, currencies.pop() if currencies else ""


def _sheet(work: Work, row: VisitReport) -> Sheet:
    visit = work.session.get_one(Visit, row.visit_id)
    customer = records.find(work, visit.customer_id)
    where = work.session.get_one(VisitPlace, visit.place_id)
    stops = service.stops_of(work, visit.id)
    technician = work.session.get(User, stops[0].technician_id) if stops else None
    return Sheet(
        content=row.content,
        digest=row.digest,
        version=row.version,
        language=signed.language_of(customer.language if customer else None),
        zone=ZoneInfo(where.zone or settings.get(work).zone),
        customer=customer.name if customer else "",
        technician=technician.name if technician else "",
        arrived_at=visit.arrived_at,
        finished_at=visit.finished_at,
        signed_name=row.signed_name,
        signed_at=row.signed_at,
        strokes=row.strokes,
        pictures=[
            one.attachment_id
            for one in visit_files.of_visit(work, visit.id)
            if one.attachment_id is not None
        ],
    )


def _bytes(store: FolderStore, attachment_id: str) -> bytes:
    try:
        with store.open(attachment_id) as stream:
            return stream.read()
    except NotFound:
        return b""


def _mail(work: Work, report_id: str) -> None:
    """Into the ticket's thread in the technician's name, from where it leaves like every answer."""
    row = work.session.get_one(VisitReport, report_id)
    visit = work.session.get_one(Visit, row.visit_id)
    stops = service.stops_of(work, visit.id)
    if not row.mails or visit.ticket_id is None or not stops or row.attachment_id is None:
        return
    row.mails = False
    customer = records.find(work, visit.customer_id)
    language = signed.language_of(customer.language if customer else None)
    with visit_course.for_the_house(work):
        cases.reply(
            work,
            visit.ticket_id,
            author=f"agent:{stops[0].technician_id}",
            text=signed.WORDS[language]["letter"],
            public=True,
            client_msg_id=f"report:{row.id}",
            attachments=[get_file(work, row.attachment_id)],
        )
