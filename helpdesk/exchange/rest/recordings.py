"""REST: recordings of calls and conferences, paused and resumed, fetched, heard and deleted."""

from __future__ import annotations

from helpdesk.exchange import tapes
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.rest.calls import RECORDED, get_call, recording_watch
from helpdesk.exchange.rest.conferences import get_room
from helpdesk.exchange.rest.requests import Asked, Takes, dates, not_found, within, wrong
from helpdesk.exchange.rest.resources import (
    AS_FILE,
    PAGING,
    File,
    Json,
    Listed,
    Made,
    Route,
    of_recording,
)
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.values import FLAG, anything, one_of

NOT_RUNNING = 21220
CREATED = Takes(
    {"RecordingChannels": one_of("mono", "dual"), **RECORDED},
    many=frozenset({"RecordingStatusCallbackEvent"}),
)
UPDATED = Takes(
    {
        "Status": one_of("paused", "in-progress", "stopped"),
        "PauseBehavior": one_of("skip", "silence"),
    },
    ("Status",),
)
_LISTED = Takes(
    PAGING
    | dates("DateCreated")
    | {"CallSid": anything, "ConferenceSid": anything, "IncludeSoftDeleted": FLAG}
)


def create(switch: Switch, asked: Asked) -> Made:
    call = get_call(switch, asked)
    if call.status != "in-progress":
        raise wrong(NOT_RUNNING, "Requested resource is not eligible for recording")
    channels = 2 if asked.get("RecordingChannels") == "dual" else 1
    recording = tapes.start(
        switch, "StartCallRecordingAPI", call_sid=call.sid, channels=channels,
        track=asked.get("RecordingTrack", "both"), watch=recording_watch(asked),
    )  # fmt: skip
    return Made(of_recording(switch, recording))


def update(switch: Switch, asked: Asked) -> Json:
    """Pause, go on or stop; "Twilio.CURRENT" is the one that runs."""
    recording = _owned(switch, asked)
    if not recording.live:
        raise wrong(NOT_RUNNING, "The recording is over")
    match asked.get("Status"):
        case "paused":
            recording.keeps_silence = asked.get("PauseBehavior", "silence") == "silence"
            recording.turn("paused", switch.now())
        case "in-progress":
            recording.turn("in-progress", switch.now())
        case _:
            tapes.finish(switch, recording)
    return of_recording(switch, recording)


def _owned(switch: Switch, asked: Asked) -> Recording:
    """The recording of the call or conference in the address."""
    owner, sid = asked.ids
    for recording in reversed(list(switch.recordings.values())):
        if owner not in {recording.call_sid, recording.room_sid} or recording.deleted:
            continue
        if sid == recording.sid or (sid == "Twilio.CURRENT" and recording.live):
            return recording
    raise not_found(asked.path)


def of_owner(switch: Switch, asked: Asked) -> Listed:
    owner = asked.ids[0]
    if owner.startswith("CA"):
        get_call(switch, asked)
    else:
        get_room(switch, asked)
    return _list(switch, [r for r in _kept(switch) if owner in {r.call_sid, r.room_sid}])


def listed(switch: Switch, asked: Asked) -> Listed:
    return _list(
        switch,
        [
            recording
            for recording in _kept(switch)
            if within(asked, "DateCreated", recording.started_at)
            and asked.get("CallSid") in {"", recording.call_sid}
            and asked.get("ConferenceSid") in {"", recording.room_sid}
        ],
    )


def _kept(switch: Switch) -> list[Recording]:
    return [r for r in switch.recordings.values() if not r.deleted and r.status != "absent"]


def _list(switch: Switch, found: list[Recording]) -> Listed:
    return Listed("recordings", [of_recording(switch, one) for one in reversed(found)])


def _get(switch: Switch, asked: Asked) -> Recording:
    recording = switch.recordings.get(asked.ids[-1])
    if recording is None or recording.deleted:
        raise not_found(asked.path)
    return recording


def fetch(switch: Switch, asked: Asked) -> Json:
    return of_recording(switch, _get(switch, asked))


def fetch_owned(switch: Switch, asked: Asked) -> Json:
    return of_recording(switch, _owned(switch, asked))


def remove(switch: Switch, asked: Asked) -> None:
    recording = _get(switch, asked)
    if recording.live:
        raise wrong(NOT_RUNNING, "The recording is still running")
    recording.deleted = True


def sound(switch: Switch, asked: Asked) -> File:
    """A file only once there is one."""
    recording = _get(switch, asked)
    if recording.status != "completed":
        raise not_found(asked.path)
    channels = asked.number("RequestedChannels", recording.channels)
    return File(recording.file(switch.now(), channels), "audio/x-wav")


ROUTES: list[Route] = [
    ("POST", "Calls/{call}/Recordings", CREATED, create),
    ("GET", "Calls/{call}/Recordings", Takes(PAGING), of_owner),
    ("GET", "Calls/{call}/Recordings/{sid}", Takes(), fetch_owned),
    ("POST", "Calls/{call}/Recordings/{sid}", UPDATED, update),
    ("DELETE", "Calls/{call}/Recordings/{sid}", Takes(), remove),
    ("GET", "Conferences/{conference}/Recordings", Takes(PAGING), of_owner),
    ("GET", "Conferences/{conference}/Recordings/{sid}", Takes(), fetch_owned),
    ("POST", "Conferences/{conference}/Recordings/{sid}", UPDATED, update),
    ("DELETE", "Conferences/{conference}/Recordings/{sid}", Takes(), remove),
    ("GET", "Recordings", _LISTED, listed),
    (
        "GET",
        f"Recordings/{{sid}}.wav{AS_FILE}",
        Takes({"RequestedChannels": one_of("1", "2")}),
        sound,
    ),
    ("GET", "Recordings/{sid}", Takes({"IncludeSoftDeleted": FLAG}), fetch),
    ("DELETE", "Recordings/{sid}", Takes(), remove),
]
