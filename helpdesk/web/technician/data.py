"""What the phone fetches: who is signed in, the day, articles, and files of its visits."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.channels import attachments, content_types
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import reading
from helpdesk.web import doors, handing_out, marks
from helpdesk.web.doors import allow
from helpdesk.web.technician import door
from helpdesk.workflows import technician_articles, technician_day, visit_files, visit_reports


@door.get("/hello")
@allow("technician")
def hello() -> dict[str, Any]:
    """Whose session it is by now: nothing is sent in another person's name."""
    return {"me": _me(), "csrf": marks.csrf_token()}


@door.get("/day")
@allow("technician")
def day() -> dict[str, Any]:
    with reading(doors.actor()) as work:
        found = technician_day.day(work)
    return {"me": _me(), "csrf": marks.csrf_token(), **found}


@door.get("/articles")
@allow("technician")
def articles() -> dict[str, Any]:
    ids = [one for one in request.args.get("visits", "").split(",") if is_id(one)]
    with reading(doors.actor()) as work:
        return technician_articles.beside(work, ids)


@door.get("/visits/<id:visit_id>/report.pdf")
@allow("technician")
def report(visit_id: str) -> Response:
    with reading(doors.actor()) as work:
        report_id = visit_reports.report_file(work, visit_id)
    return handed_out(visit_reports.make_file(report_id))


@door.get("/files/<id:file_id>/small")
@allow("technician")
def picture(file_id: str) -> Response:
    """A picture that another phone of theirs has sent, for the page itself."""
    with reading(doors.actor()) as work:
        _, kept = visit_files.get_whole(work, file_id)
        kind, size, name = kept.type, kept.size, kept.id
    if kind not in content_types.PICTURES:
        raise NotFound()
    stream = _store().open(name)
    return handing_out.file(stream, size=size, name=None, kind=kind, kept=handing_out.AN_HOUR)


def handed_out(attachment_id: str) -> Response:
    with reading(doors.actor()) as work:
        kept = visit_reports.get_file(work, attachment_id)
        name, kind, size = kept.name, kept.type, kept.size
    stream = _store().open(attachment_id)
    return handing_out.file(stream, size=size, name=name, kind=content_types.served_type(kind))


def _store() -> attachments.FolderStore:
    return attachments.FolderStore(doors.settings().data / "attachments")


def _me() -> dict[str, str]:
    person = doors.reader()
    return {"id": person.id, "name": person.name}
