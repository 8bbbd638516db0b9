"""What the carrier reports about calls: kept, answered, worked in afterwards."""

from __future__ import annotations

from flask import Response

from helpdesk.carriers import hearing
from helpdesk.core.work import begin
from helpdesk.web.doors import allow
from helpdesk.web.hooks import door
from helpdesk.web.hooks.twilio_proof import carrier, facts


@door.post("/twilio/status")
@allow("public", cookies=False)
def twilio_status() -> Response:
    told = facts()
    with begin(carrier()) as work:
        sid = told.get("CallSid") or told.get("ConferenceSid") or told.get("MessageSid") or ""
        hearing.keep(work, "/hooks/twilio/status", told, sid=sid)
    return Response(status=204)
