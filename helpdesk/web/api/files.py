"""Files of tickets and conversations over the API: fetched as bytes, uploaded for a reply."""

from __future__ import annotations

from typing import BinaryIO, cast

import msgspec
from flask import Response, request

from helpdesk.channels import attachments
from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.tickets import permissions
from helpdesk.web import doors, handing_out
from helpdesk.web.api.base import BYTES, DESK, DESK_AND_CUSTOMERS, FORM, plain_operation
from helpdesk.web.api.conversations import FileView
from helpdesk.web.api.reading_in import read_query
from helpdesk.web.api.shapes import Query
from helpdesk.workflows import cases_reading


@plain_operation("GET", "/files/<id:file_id>", who=DESK_AND_CUSTOMERS, answers=BYTES)
def download_file(file_id: str) -> Response:
    """Fetch a file as it was sent.

    Always as bytes to save, whatever it holds. Customers get what stands in public words of their
    own tickets and conversations.
    """
    read_query(Query)
    with reading(doors.actor()) as work:
        found = cases_reading.get_file(work, file_id)
        name, size = found.name, found.size
    stream = _store().open(file_id)
    return handing_out.file(stream, size=size, name=name)


@plain_operation(
    "POST", "/tickets/<id:ticket_id>/files", who=DESK, gives=FileView, status=201, takes=FORM
)
def upload_file(ticket_id: str) -> Response:
    """Upload a file for a reply.

    One file as the form field `file`; then name its `id` in the reply's `attachments`. It is
    forgotten after a day without one.
    """
    read_query(Query)
    with reading(doors.actor()) as work:
        permissions.get_visible(work, ticket_id)
    return _taken()


@plain_operation("POST", "/files", who=DESK, gives=FileView, status=201, takes=FORM)
def upload_loose_file() -> Response:
    """Upload a file for a new ticket.

    One file as the form field `file`; then name its `id` in the ticket's `attachments`. It is
    forgotten after a day without one.
    """
    read_query(Query)
    return _taken()


def _taken() -> Response:
    """The file of this request, kept as one of the actor's that stands in no message yet."""
    here = doors.actor()
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid(fields={"file": "Send one file."})
    store = _store()
    # Before the transaction: a slow disk must not hold the database's write lock.
    stored = store.save(cast("BinaryIO", given.stream), most=doors.settings().max_upload)
    try:
        with begin(here) as work:
            kept = attachments.add_loose(
                work, stored, name=given.filename, uploaded_by=f"agent:{here.id}"
            )
            view = FileView(id=kept.id, name=kept.name, type=kept.type, size=kept.size)
    except Exception:
        store.remove(stored.id)
        raise
    return Response(msgspec.json.encode(view), 201, mimetype="application/json")


def _store() -> attachments.FolderStore:
    return attachments.FolderStore(doors.settings().data / "attachments")
