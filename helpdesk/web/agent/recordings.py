"""Recordings and voice messages at the desk: pause and stop while recorded, listen afterwards.

A page asks to listen first, and gets an address of its own for the sound. Parts of a file are
given by Range, so that somebody can jump in an hour's call without loading it.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from helpdesk.channels import content_types
from helpdesk.channels.attachments import FolderStore
from helpdesk.core.work import begin, reading
from helpdesk.web import doors
from helpdesk.web.agent import door
from helpdesk.web.doors import allow
from helpdesk.workflows import recordings_keeping, telephone_recording
from helpdesk.workflows.recordings_keeping import Sound

_DEEDS = {
    "pause": telephone_recording.pause,
    "resume": telephone_recording.resume,
    "withdraw": telephone_recording.withdraw,
}


@door.post("/calls/<id:conversation_id>/recording/<any(pause, resume, withdraw):deed>")
@allow("agent", "supervisor", "admin")
def recording_deed(conversation_id: str, deed: str) -> dict[str, Any]:
    """Whoever has the call says so; what the carrier makes of it comes with the call's frame."""
    with begin(doors.actor()) as work:
        _DEEDS[deed](work, conversation_id)
    return {}


@door.post("/recordings/<id:recording_id>/listen")
@allow("agent", "supervisor", "admin")
def recording_listen(recording_id: str) -> dict[str, Any]:
    with begin(doors.actor()) as work:
        return recordings_keeping.listen(work, recording_id)


@door.get("/recordings/<id:recording_id>/sound/<token>")
@allow("agent", "supervisor", "admin")
def recording_sound(recording_id: str, token: str) -> Response:
    with reading(doors.actor()) as work:
        found = recordings_keeping.sound(work, recording_id, token)
    return _heard(found)


@door.post("/recordings/<id:recording_id>/file")
@allow("supervisor", "admin")
def recording_file(recording_id: str) -> Response:
    """The whole file to save; by POST, since it is written down."""
    with begin(doors.actor()) as work:
        found = recordings_keeping.download(work, recording_id)
    response = _heard(found)
    response.headers["Content-Disposition"] = content_types.disposition(found.name)
    return response


@door.post("/recordings/<id:recording_id>/hold/<any(on, off):state>")
@allow("supervisor", "admin")
def recording_hold(recording_id: str, state: str) -> dict[str, Any]:
    """A legal hold, put on or taken off."""
    with begin(doors.actor()) as work:
        recordings_keeping.hold(work, recording_id, on=state == "on")
    return {}


@door.post("/files/<id:attachment_id>/listen")
@allow("agent", "supervisor", "admin")
def voice_message_listen(attachment_id: str) -> dict[str, Any]:
    with begin(doors.actor()) as work:
        return recordings_keeping.listen_to_message(work, attachment_id, _store())


@door.get("/files/<id:attachment_id>/sound/<token>")
@allow("agent", "supervisor", "admin")
def voice_message_sound(attachment_id: str, token: str) -> Response:
    with reading(doors.actor()) as work:
        found = recordings_keeping.message_sound(work, attachment_id, token)
    return _heard(found)


def _store() -> FolderStore:
    return FolderStore(doors.settings().data / "attachments")


def _heard(found: Sound) -> Response:
    stream = _store().open(found.file_id)
    response = Response(
        wrap_file(request.environ, stream), mimetype=found.type, direct_passthrough=True
    )
    response.call_on_close(stream.close)
    response.content_length = found.size
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    try:
        response.make_conditional(request.environ, accept_ranges=True, complete_length=found.size)
    except RequestedRangeNotSatisfiable:
        stream.close()
        raise
    return response
