"""Which TwiML there is: verbs, their attributes, what may stand in them, and where.

Taken from the vendor's public reference; what no help desk needs (Pay, Stream, SIP, ...) is absent
and so refused. Only tables: reading is in `twiml`. Stricter than the carrier, which lets an
unknown attribute pass with a warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from helpdesk.exchange.values import (
    EMPTY,
    FLAG,
    IDENTITY,
    METHOD,
    Check,
    absolute_url,
    anything,
    either,
    language,
    matching,
    one_of,
    some_of,
    up_to,
    url,
    whole,
)

Kind = Literal["voice", "queue wait", "conference wait", "announcement", "whisper", "message"]

SAY_LIMIT = 4096
GATHERED_AT_MOST = 1000
DOCUMENT_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Rule:
    """What one element may carry. `text` checks its characters; None means it may have none."""

    attributes: Mapping[str, Check] = field(default_factory=dict)
    children: frozenset[str] = frozenset()
    text: Check | None = None
    required: frozenset[str] = frozenset()


_KEYS = matching(r"[0-9*#]{0,12}", "keys out of 0-9, * and #")
_DIGITS_TO_SEND = matching(r"[0-9*#wW]{1,40}", "keys 0-9, *, # and w for a wait")
_EVENTS_OF_A_CALL = some_of("initiated", "ringing", "answered", "completed")
_EVENTS_OF_A_RECORDING = some_of("in-progress", "completed", "absent")
_TRIM = one_of("trim-silence", "do-not-trim")

_AMD: dict[str, Check] = {
    "machineDetection": one_of("Enable", "DetectMessageEnd"),
    "machineDetectionTimeout": whole(3, 59),
    "machineDetectionSpeechThreshold": whole(1000, 6000),
    "machineDetectionSpeechEndThreshold": whole(500, 5000),
    "machineDetectionSilenceTimeout": whole(2000, 10000),
    "amdStatusCallback": url,
    "amdStatusCallbackMethod": METHOD,
}
_CALLBACK: dict[str, Check] = {
    "statusCallback": url,
    "statusCallbackMethod": METHOD,
    "statusCallbackEvent": _EVENTS_OF_A_CALL,
}
_RECORDED: dict[str, Check] = {
    "recordingStatusCallback": url,
    "recordingStatusCallbackMethod": METHOD,
    "recordingStatusCallbackEvent": _EVENTS_OF_A_RECORDING,
    "trim": _TRIM,
}
_RECORD_A_DIAL = one_of(
    "do-not-record",
    "record-from-answer",
    "record-from-ringing",
    "record-from-answer-dual",
    "record-from-ringing-dual",
    "true",
    "false",
)

RULES: dict[str, Rule] = {
    "Say": Rule(
        {"voice": up_to(80, least=1), "language": language, "loop": whole(0, 1000)},
        text=up_to(SAY_LIMIT, least=1),
    ),
    "Play": Rule({"loop": whole(0, 1000), "digits": _DIGITS_TO_SEND}, text=either(url, EMPTY)),
    "Pause": Rule({"length": whole(1, 600)}),
    "Gather": Rule(
        {
            "input": some_of("dtmf", "speech"),
            "action": url,
            "method": METHOD,
            "timeout": whole(1, 600),
            "speechTimeout": either(whole(1, 600), one_of("auto")),
            "numDigits": whole(1, GATHERED_AT_MOST),
            "finishOnKey": _KEYS,
            "actionOnEmptyResult": FLAG,
            "bargeIn": FLAG,
            "hints": up_to(10_000),
            "language": language,
            "profanityFilter": FLAG,
            "speechModel": up_to(80, least=1),
            "enhanced": FLAG,
            "maxSpeechTime": whole(1, 600),
            "partialResultCallback": url,
            "partialResultCallbackMethod": METHOD,
            "debug": FLAG,
        },
        frozenset({"Say", "Play", "Pause"}),
    ),
    "Enqueue": Rule(
        {"action": url, "method": METHOD, "waitUrl": either(url, EMPTY), "waitUrlMethod": METHOD},
        text=up_to(64, least=1),
    ),
    "Leave": Rule(),
    "Dial": Rule(
        {
            "action": url,
            "method": METHOD,
            "timeout": whole(5, 600),
            "callerId": up_to(128, least=1),
            "hangupOnStar": FLAG,
            "timeLimit": whole(1, 86_400),
            "record": _RECORD_A_DIAL,
            "answerOnBridge": FLAG,
            "ringTone": matching(r"[a-z]{2}(-old)?", "a country code"),
            "sequential": FLAG,
            "recordingTrack": one_of("inbound", "outbound", "both"),
            **_RECORDED,
        },
        frozenset({"Number", "Client", "Conference", "Queue"}),
        text=anything,
    ),
    "Number": Rule(
        {"url": url, "method": METHOD, "sendDigits": _DIGITS_TO_SEND, **_CALLBACK, **_AMD},
        text=up_to(32, least=1),
    ),
    "Client": Rule(
        {"url": url, "method": METHOD, **_CALLBACK},
        frozenset({"Identity", "Parameter"}),
        text=either(IDENTITY, EMPTY),
    ),
    "Identity": Rule(text=IDENTITY),
    "Parameter": Rule(
        {"name": up_to(128, least=1), "value": up_to(1024)}, required=frozenset({"name", "value"})
    ),
    "Queue": Rule({"url": url, "method": METHOD}, text=up_to(64, least=1)),
    "Conference": Rule(
        {
            "muted": FLAG,
            "beep": one_of("true", "false", "onEnter", "onExit"),
            "startConferenceOnEnter": FLAG,
            "endConferenceOnExit": FLAG,
            "waitUrl": either(url, EMPTY),
            "waitMethod": METHOD,
            "maxParticipants": whole(2, 250),
            "record": one_of("do-not-record", "record-from-start"),
            "region": up_to(8, least=1),
            "coach": matching(r"CA[0-9a-f]{32}", "the sid of a call"),
            "participantLabel": up_to(128, least=1),
            "jitterBufferSize": one_of("small", "medium", "large", "off"),
            "statusCallback": url,
            "statusCallbackMethod": METHOD,
            "statusCallbackEvent": some_of(
                "start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"
            ),
            "eventCallbackUrl": url,
            **_RECORDED,
        },
        text=up_to(128, least=1),
    ),
    "Record": Rule(
        {
            "action": url,
            "method": METHOD,
            "timeout": whole(0, 600),
            "finishOnKey": _KEYS,
            "maxLength": whole(2, 14_400),
            "playBeep": FLAG,
            **_RECORDED,
        }
    ),
    "Redirect": Rule({"method": METHOD}, text=url),
    "Reject": Rule({"reason": one_of("rejected", "busy")}),
    "Hangup": Rule(),
    "Message": Rule(
        {"to": up_to(64, least=1), "from": up_to(64, least=1), "action": url, "method": METHOD,
         "statusCallback": url},
        frozenset({"Body", "Media"}),
        text=up_to(1600),
    ),
    "Body": Rule(text=up_to(1600, least=1)),
    "Media": Rule(text=absolute_url),
}  # fmt: skip

_HEARD = {"Say", "Play", "Pause"}

RESPONSES: dict[Kind, frozenset[str]] = {
    "voice": frozenset(
        _HEARD
        | {"Gather", "Enqueue", "Dial", "Record", "Redirect", "Reject", "Hangup"}
    ),
    "queue wait": frozenset(_HEARD | {"Gather", "Redirect", "Hangup", "Leave"}),
    "conference wait": frozenset(_HEARD | {"Redirect"}),
    "announcement": frozenset(_HEARD | {"Redirect"}),
    "whisper": frozenset(_HEARD | {"Gather", "Redirect", "Hangup"}),
    "message": frozenset({"Message", "Redirect"}),
}  # fmt: skip
