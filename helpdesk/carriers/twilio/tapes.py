"""Recordings at Twilio: of the caller's line, begun, paused, stopped, looked up and deleted.

It is the caller's line that is recorded, not the conference: a conference can only be recorded
from its first second on, and by its documents. So what our people say to each other while the
caller is on hold, and what is whispered, never gets into it.
"""

from __future__ import annotations

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpdesk.carriers.port import Tape

STATES = {"in-progress": "running", "processing": "over", "paused": "paused", "stopped": "over",
          "completed": "over", "absent": "none"}  # fmt: skip
ORDERS = {"running": "in-progress", "paused": "paused", "over": "stopped"}
EVENTS = ["in-progress", "completed", "absent"]
NO_SUCH, STILL_MADE = 404, 21220


def bring(
    client: Client, line: str, sid: str, state: str, *, told_at: str, is_new: bool
) -> tuple[str, str]:
    """Into this state; what it is in then, by the carrier's own answer, and its sid.

    Without a sid the line's live recording is looked for first: an order of which nobody knows
    what came of it may have begun one. Two of one call would keep what a pause of one leaves out.
    """
    sid = sid or ("" if is_new else _live(client, line))
    if not sid:
        return ("none", "") if state != "running" else _begun(client, line, told_at)
    changes = {"pause_behavior": "silence"} if state == "paused" else {}
    found = client.calls(line).recordings(sid).update(status=ORDERS[state], **changes)
    return _state(found.status), sid


def _begun(client: Client, line: str, told_at: str) -> tuple[str, str]:
    made = client.calls(line).recordings.create(
        recording_channels="mono",
        recording_status_callback=told_at,
        recording_status_callback_event=EVENTS,
    )
    return _state(made.status), str(made.sid)


def _live(client: Client, line: str) -> str:
    for one in client.calls(line).recordings.list(limit=20):
        if _state(one.status) in ("running", "paused"):
            return str(one.sid)
    return ""


def find(client: Client, line: str, sid: str) -> Tape | None:
    """The recording, or any of that line where its sid is not known."""
    if sid:
        try:
            found = client.recordings(sid).fetch()
        except TwilioRestException as error:
            if error.status == NO_SUCH:
                return None
            raise
    else:
        all_of_it = client.recordings.list(call_sid=line, limit=1)
        if not all_of_it:
            return None
        found = all_of_it[0]
    state = "making" if str(found.status) == "processing" else _state(found.status)
    length = str(found.duration or "")
    return Tape(str(found.sid), state, int(length) if length.isdigit() else None)


def forget(client: Client, sid: str) -> None:
    """What is gone already counts as deleted."""
    try:
        client.recordings(sid).delete()
    except TwilioRestException as error:
        if error.status != NO_SUCH:
            raise


def _state(status: object) -> str:
    return STATES.get(str(status), "none")
