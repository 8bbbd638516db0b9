"""Sounds for call flows: the list with where each is played, uploading, hearing, removing."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from flask import Response, request
from werkzeug.wsgi import wrap_file

from helpdesk.channels.attachments import FolderStore
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.ivr import sound_files, sounds
from helpdesk.web import doors
from helpdesk.web.admin import door, frame
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow
from helpdesk.workflows import call_sounds

HERE = "sounds"


@door.get("/sounds")
@allow("admin")
def call_sounds_list() -> Response:
    return _list()


@door.post("/sounds")
@allow("admin", uploads=True)
def add_call_sound() -> Response:
    given, name = request.files.get("file"), request.form.get("name", "")
    try:
        if given is None or not given.filename:
            raise Invalid(fields={"file": "Choose a WAV or MP3 file."})
        stream = cast("BinaryIO", given.stream)
        call_sounds.upload(doors.actor(), _store(), stream, name=name)
    except (Invalid, Conflict) as error:
        return _list(error.status, name=name, **frame.refusal(error))
    return doors.go("/admin/sounds?note=added")


@door.get("/sounds/<id:sound_id>/file")
@allow("admin")
def call_sound_file(sound_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = sounds.get_sound(work, sound_id)
        file_id, kind, size = found.file_id, found.type, found.size
    stream = _store().open(file_id)
    response = Response(wrap_file(request.environ, stream), mimetype=kind, direct_passthrough=True)
    response.call_on_close(stream.close)
    response.content_length = size
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@door.post("/sounds/<id:sound_id>/remove")
@allow("admin")
def remove_call_sound(sound_id: str) -> Response:
    try:
        with begin(doors.actor()) as work:
            call_sounds.remove(work, _store(), sound_id)
    except HelpdeskError as error:
        if not isinstance(error, Conflict):
            raise
        return _list(error.status, message=error.message)
    return doors.go("/admin/sounds?note=removed")


def _list(status: int = 200, **extra: Any) -> Response:
    with reading(doors.actor()) as work:
        rows, users = sounds.list_sounds(work), sounds.used_by(work)
    most = sound_files.MOST_BYTES // 1024 // 1024
    values: dict[str, Any] = {"rows": rows, "users": users, "most": most, "name": ""}
    return show("sounds.html", HERE, status, **{**values, **extra})


def _store() -> FolderStore:
    return FolderStore(doors.settings().data / "attachments")
