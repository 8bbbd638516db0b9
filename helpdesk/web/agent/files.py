"""Files that colleagues add to conversations, and fetching anybody's under the desk's session."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, request

from helpdesk.channels import attachments, content_types, queries
from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.web import doors, handing_out
from helpdesk.web.agent import door
from helpdesk.web.doors import allow


@door.post("/conversations/<id:conversation_id>/files")
@allow("agent", "supervisor", "admin", uploads=True)
def upload(conversation_id: str) -> tuple[dict[str, Any], int]:
    """One file for the next message; it is sent with `message.send {attachments: [id]}`."""
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid("Choose a file.", fields={"file": "This is needed."})
    here = doors.actor()
    with reading(here) as work:
        queries.get_visible(work, conversation_id)
    store = _store()
    # Before the transaction: a slow disk must not hold the database's write lock.
    stored = store.save(cast("BinaryIO", given.stream), most=doors.settings().max_upload)
    try:
        with begin(here) as work:
            kept = attachments.add(
                work,
                conversation_id,
                stored,
                name=given.filename,
                uploaded_by=f"agent:{here.id}",
            )
            answer = {"id": kept.id, "name": kept.name, "type": kept.type, "size": kept.size}
    except Exception:
        store.remove(stored.id)
        raise
    return answer, 201


@door.get("/files/<id:attachment_id>")
@allow("agent", "supervisor", "admin")
def download(attachment_id: str) -> Response:
    """The file to save; plain pictures keep their type so that a preview can show them."""
    with reading(doors.actor()) as work:
        attachment = attachments.get_for(work, attachment_id, work.actor)
        name, found, size = attachment.name, attachment.type, attachment.size
    stream = _store().open(attachment_id)
    return handing_out.file(
        stream,
        size=size,
        name=name,
        kind=content_types.served_type(found),
        kept=handing_out.AN_HOUR,
    )


def _store() -> attachments.FolderStore:
    return attachments.FolderStore(doors.settings().data / "attachments")
