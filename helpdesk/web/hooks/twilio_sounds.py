"""Sounds of call flows, for whoever was told their address: the carrier, which plays them."""

from __future__ import annotations

from flask import Response

from helpdesk.channels.attachments import FolderStore
from helpdesk.core.work import reading
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.hooks import door
from helpdesk.web.hooks.twilio_proof import carrier
from helpdesk.workflows import call_sounds


@door.get("/twilio/voice/sounds/<id:sound_id>/<token>")
@allow("public", cookies=False)
def twilio_voice_sound(sound_id: str, token: str) -> Response:
    """The address can't be guessed, so it is its own proof; whoever plays it need not sign."""
    with reading(carrier()) as work:
        found = call_sounds.for_carrier(work, sound_id, token)
        file_id, kind = found.file_id, found.type
    with FolderStore(doors.settings().data / "attachments").open(file_id) as stream:
        response = Response(stream.read(), mimetype=kind)  # a few MB at most
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
