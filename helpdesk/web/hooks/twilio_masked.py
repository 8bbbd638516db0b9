"""The carrier's questions about masked calls: a technician picked up, and who is to be rung now."""

from __future__ import annotations

from helpdesk.carriers.twilio.twiml import Document
from helpdesk.core.work import reading
from helpdesk.web.doors import allow
from helpdesk.web.hooks import door
from helpdesk.web.hooks.twilio_proof import carrier
from helpdesk.web.hooks.twilio_voice import Facts, heard
from helpdesk.workflows import technician_calling

RINGS_S = 30
LATE = "This call is too old to be connected. Please start it again in the app."
CALLING = "One moment, the customer is called."


@door.post("/twilio/voice/masked/<id:bridge_id>")
@allow("public", cookies=False)
@heard
def twilio_voice_masked(told: Facts, bridge_id: str) -> str:
    """The technician is on the line: now the customer is rung, from our number."""
    with reading(carrier()) as work:
        found = technician_calling.connects(work, bridge_id)
    made = Document()
    if found is None:
        made.say(LATE, "en-GB")
        made.hang_up()
        return made.text()
    made.say(CALLING, "en-GB")
    over = f"/hooks/twilio/voice/masked/{bridge_id}/over"
    made.dial(found[0], action=over, timeout_s=RINGS_S, caller_id=found[1])
    return made.text()


@door.post("/twilio/voice/masked/<id:bridge_id>/over")
@allow("public", cookies=False)
@heard
def twilio_voice_masked_over(told: Facts, bridge_id: str) -> str:
    """The customer has hung up, or nobody answered."""
    made = Document()
    if told.get("DialCallStatus") in ("busy", "no-answer", "failed"):
        made.say("Nobody answered.", "en-GB")
    made.hang_up()
    return made.text()
