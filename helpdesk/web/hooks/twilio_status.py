"""What the carrier reports about calls: kept, answered with nothing, worked in afterwards."""

from __future__ import annotations

from flask import Response, request

from helpdesk.carriers import hearing
from helpdesk.core.work import begin
from helpdesk.web.doors import allow
from helpdesk.web.hooks import door
from helpdesk.web.hooks.twilio_proof import carrier, facts
from helpdesk.workflows import telephone_hearing


@door.post("/twilio/status")
@allow("public", cookies=False)
def twilio_status() -> Response:
    """What became of a call. Of one that we placed, the signed address names the try."""
    return _kept(dialled=request.args.get("dialled", ""))


@door.post("/twilio/voice/room")
@allow("public", cookies=False)
def twilio_voice_room() -> Response:
    """Who came into a conference, and who left it."""
    return _kept()


@door.post("/twilio/voice/recorded")
@allow("public", cookies=False)
def twilio_voice_recorded() -> Response:
    """What a caller said into a voicemail is ready to be fetched."""
    return _kept()


@door.post("/twilio/voice/taped")
@allow("public", cookies=False)
def twilio_voice_taped() -> Response:
    """A call's recording has begun, or its file is ready, or there is none."""
    return _kept()


def _kept(**named: str) -> Response:
    """Kept by itself first, so that nothing that goes wrong afterwards can lose it."""
    told = facts() | {name: value for name, value in named.items() if value}
    with begin(carrier()) as work:
        sid = told.get("CallSid") or told.get("ConferenceSid") or told.get("MessageSid") or ""
        event_id = hearing.keep(work, request.path, told, sid=sid)
    if event_id is not None and told.get("CallSid"):
        telephone_hearing.soon(event_id)
    return Response(status=204)
