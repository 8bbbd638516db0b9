"""What happens to recordings: started, finished, dropped, and who is told.

How long one is and how it sounds stands in `recordings`.
"""

from __future__ import annotations

from helpdesk.exchange import parameters
from helpdesk.exchange.calls import Watch
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.switch import Switch


def url_of(switch: Switch, recording: Recording) -> str:
    account = switch.account
    return f"{account.base}/2010-04-01/Accounts/{account.sid}/Recordings/{recording.sid}"


def start(
    switch: Switch, source: str, *, call_sid: str = "", room_sid: str = "", channels: int = 1,
    track: str = "both", watch: Watch | None = None,
) -> Recording:  # fmt: skip
    now = switch.now()
    recording = Recording(
        switch.new_sid("RE"), now, now, source, call_sid, room_sid, channels, track, watch,
        since=now,
    )  # fmt: skip
    switch.recordings[recording.sid] = switch.taping[recording.sid] = recording
    if call_sid:
        switch.calls[call_sid].recording_sids.append(recording.sid)
    report(switch, recording)
    return recording


def finish(switch: Switch, recording: Recording) -> None:
    if recording.live:
        switch.taping.pop(recording.sid)
        recording.turn("completed", switch.now())
        report(switch, recording)


def drop(switch: Switch, recording: Recording) -> None:
    """Nobody said anything: there is no file, and whoever asked for that is told."""
    switch.taping.pop(recording.sid)
    recording.turn("absent", switch.now())
    if recording.call_sid:
        switch.calls[recording.call_sid].recording_sids.remove(recording.sid)
    report(switch, recording)


def report(switch: Switch, recording: Recording) -> None:
    watch = recording.watch
    if not watch or recording.status not in watch.events:
        return
    values = {
        "AccountSid": switch.account.sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": url_of(switch, recording),
        "RecordingStatus": recording.status,
        "RecordingChannels": str(recording.channels),
        "RecordingStartTime": parameters.rfc2822(recording.started_at),
        "RecordingSource": recording.source,
        "RecordingTrack": recording.track,
        "ErrorCode": "0",
    }
    values |= {"CallSid": recording.call_sid} if recording.call_sid else {}
    values |= {"ConferenceSid": recording.room_sid} if recording.room_sid else {}
    if recording.status == "completed":
        values["RecordingDuration"] = str(round(recording.seconds(switch.now())))
    switch.tell(watch, values)
