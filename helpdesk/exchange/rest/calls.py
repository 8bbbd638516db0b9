"""REST: calls, placed, looked at, redirected and ended."""

from __future__ import annotations

from typing import Literal

from helpdesk.exchange import legs
from helpdesk.exchange.calls import Call, Detection, Jump, Watch
from helpdesk.exchange.legs import ALL_EVENTS, Order
from helpdesk.exchange.programs import Program
from helpdesk.exchange.rest.requests import Asked, Takes, dates, not_found, within, wrong
from helpdesk.exchange.rest.resources import PAGING, Json, Listed, Made, Route, of_call
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.tapes import start
from helpdesk.exchange.values import (
    FLAG,
    METHOD,
    Check,
    absolute_url,
    anything,
    is_client,
    is_number,
    matching,
    one_of,
    some_of,
    up_to,
    whole,
)

NO_TO, BAD_TO, BAD_FROM, NOT_OURS = 21201, 21211, 21212, 21210
NO_URL, NOT_IN_PROGRESS = 21205, 21220

DETECTION: dict[str, Check] = {
    "MachineDetection": one_of("Enable", "DetectMessageEnd"),
    "MachineDetectionTimeout": whole(3, 59),
    "MachineDetectionSpeechThreshold": whole(1000, 6000),
    "MachineDetectionSpeechEndThreshold": whole(500, 5000),
    "MachineDetectionSilenceTimeout": whole(2000, 10000),
}
RECORDED: dict[str, Check] = {
    "RecordingStatusCallback": absolute_url,
    "RecordingStatusCallbackMethod": METHOD,
    "RecordingStatusCallbackEvent": some_of("in-progress", "completed", "absent"),
    "RecordingTrack": one_of("inbound", "outbound", "both"),
    "Trim": one_of("trim-silence", "do-not-trim"),
}
CREATED = Takes(
    {
        "To": anything,
        "From": anything,
        "Url": absolute_url,
        "Twiml": up_to(4000, least=1),
        "ApplicationSid": matching(r"AP[0-9a-f]{32}", "the sid of an application"),
        "Method": METHOD,
        "FallbackUrl": absolute_url,
        "FallbackMethod": METHOD,
        "StatusCallback": absolute_url,
        "StatusCallbackMethod": METHOD,
        "StatusCallbackEvent": some_of(*ALL_EVENTS),
        "SendDigits": matching(r"[0-9*#wW]{1,32}", "keys 0-9, *, # and w"),
        "Timeout": whole(5, 600),
        "TimeLimit": whole(1, 86_400),
        "Record": FLAG,
        "RecordingChannels": one_of("mono", "dual"),
        "CallerId": anything,
        "CallReason": up_to(50),
        "CallToken": anything,
        "AsyncAmd": FLAG,
        "AsyncAmdStatusCallback": absolute_url,
        "AsyncAmdStatusCallbackMethod": METHOD,
        **DETECTION,
        **RECORDED,
    },
    many=frozenset({"StatusCallbackEvent", "RecordingStatusCallbackEvent"}),
)
UPDATED = Takes(
    {
        "Url": absolute_url,
        "Twiml": up_to(4000, least=1),
        "Method": METHOD,
        "Status": one_of("completed", "canceled"),
        "FallbackUrl": absolute_url,
        "FallbackMethod": METHOD,
        "StatusCallback": absolute_url,
        "StatusCallbackMethod": METHOD,
        "TimeLimit": whole(1, 86_400),
    }
)
_LISTED = Takes(
    PAGING
    | dates("StartTime", "EndTime")
    | {
        "To": anything,
        "From": anything,
        "ParentCallSid": anything,
        "Status": one_of(
            "queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer",
            "canceled",
        ),
    }
)  # fmt: skip


def create(switch: Switch, asked: Asked) -> Made:
    check_parties(switch, asked)
    jump = _target(switch, asked)
    order = Order(
        asked.get("From"), asked.get("To"), _then(switch, asked, jump),
        timeout=asked.number("Timeout", 60),
        watch=asked.watch("StatusCallback", ALL_EVENTS, "completed"),
        fallback=_fallback(asked),
        detection=ordered_detection(asked, "AsyncAmdStatusCallback", asked.flag("AsyncAmd")),
        limit=asked.number("TimeLimit", 0) or None,
    )  # fmt: skip
    return Made(of_call(switch, legs.place(switch, order)))


def check_parties(switch: Switch, asked: Asked) -> None:
    """From whom to whom: both must be there, well-formed, and From one of ours."""
    to, from_ = asked.get("To"), asked.get("From")
    if not to:
        raise wrong(NO_TO, "No 'To' number is specified")
    if not from_:
        raise wrong(21213, "No 'From' number is specified")
    if not (is_number(to) or is_client(to)):
        raise wrong(BAD_TO, f"The phone number you are attempting to call, {to}, is not valid.")
    if not (is_number(from_) or is_client(from_)):
        raise wrong(BAD_FROM, f"The source phone number provided, {from_}, is not valid.")
    if is_number(to) and from_ not in switch.numbers:
        raise wrong(NOT_OURS, f"The source phone number provided, {from_}, is not yet verified.")


def _target(switch: Switch, asked: Asked) -> Jump:
    given = [name for name in ("Url", "Twiml", "ApplicationSid") if name in asked]
    if len(given) != 1:
        raise wrong(NO_URL, "Exactly one of Url, Twiml and ApplicationSid is needed")
    if "ApplicationSid" in asked:
        application = switch.applications.get(asked.get("ApplicationSid"))
        if not application or not application.voice:
            raise wrong(21218, "The ApplicationSid is not valid")
        return application.voice
    return _jump(asked)


def _jump(asked: Asked) -> Jump:
    if "Twiml" in asked:
        return Jump("", "POST", {}, asked.get("Twiml").encode())
    return Jump(asked.get("Url"), asked.get("Method", "POST"))


def _then(switch: Switch, asked: Asked, jump: Jump) -> legs.Then:
    def then(call: Call) -> Program[str]:
        if asked.get("SendDigits"):
            call.hear(f"keys: {asked.get('SendDigits')}")
        if asked.flag("Record"):
            channels = 2 if asked.get("RecordingChannels") == "dual" else 1
            start(switch, "OutboundAPI", call_sid=call.sid, channels=channels,
                  watch=recording_watch(asked))  # fmt: skip
        return (yield from switch.follow(switch, call, jump, "voice"))

    return then


def recording_watch(asked: Asked) -> Watch | None:
    events = frozenset({"in-progress", "completed", "absent"})
    return asked.watch("RecordingStatusCallback", events, "completed")


def ordered_detection(asked: Asked, callback: str, beside: bool) -> Detection | None:
    """Machine detection as the parameters order it."""
    mode: Literal["Enable", "DetectMessageEnd"]
    match asked.get("MachineDetection"):
        case "Enable":
            mode = "Enable"
        case "DetectMessageEnd":
            mode = "DetectMessageEnd"
        case _:
            return None
    watch = None
    if beside:
        watch = asked.watch(callback, frozenset(), "")
        if watch is None:
            raise wrong(21205, f"{callback} is needed for detection beside the call")
    return Detection(mode, asked.number("MachineDetectionTimeout", 30), watch)


def _fallback(asked: Asked) -> Jump | None:
    if "FallbackUrl" not in asked:
        return None
    return Jump(asked.get("FallbackUrl"), asked.get("FallbackMethod", "POST"))


def fetch(switch: Switch, asked: Asked) -> Json:
    return of_call(switch, get_call(switch, asked))


def get_call(switch: Switch, asked: Asked) -> Call:
    call = switch.calls.get(asked.ids[0])
    if call is None:
        raise not_found(asked.path)
    return call


def update(switch: Switch, asked: Asked) -> Json:
    call = get_call(switch, asked)
    if not asked.values:
        raise wrong(20001, "Nothing to update")
    if not call.live:
        raise wrong(NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
    if "Status" in asked and ("Url" in asked or "Twiml" in asked):
        raise wrong(20001, "A call is either redirected or ended")
    if "FallbackUrl" in asked:
        call.fallback = _fallback(asked)
    if "StatusCallback" in asked:
        call.watch = asked.watch("StatusCallback", ALL_EVENTS, "completed")
    if "TimeLimit" in asked:
        switch.agenda.after(asked.number("TimeLimit", 0), lambda: legs.hang_up(switch, call))
    if "Status" in asked:
        _finish(switch, call, asked.get("Status"))
    elif "Url" in asked or "Twiml" in asked:
        if "Url" in asked and "Twiml" in asked:
            raise wrong(NO_URL, "Url or Twiml, not both")
        if not call.answered:
            raise wrong(NOT_IN_PROGRESS, "Call is not in-progress. Cannot redirect.")
        legs.redirect(switch, call, _jump(asked))
    return of_call(switch, call)


def _finish(switch: Switch, call: Call, status: str) -> None:
    """`canceled` ends only what nobody has answered yet; `completed` ends anything."""
    if status == "canceled":
        if not call.answered:
            legs.hang_up(switch, call, "canceled")
        return
    legs.hang_up(switch, call, "completed" if call.answered else "canceled")


def listed(switch: Switch, asked: Asked) -> Listed:
    def wanted(call: Call) -> bool:
        return (
            asked.get("Status") in {"", call.status}
            and within(asked, "StartTime", call.answered_at or call.created_at)
            and within(asked, "EndTime", call.ended_at)
            and asked.get("To") in {"", call.to}
            and asked.get("From") in {"", call.from_}
            and asked.get("ParentCallSid") in {"", call.parent.sid if call.parent else ""}
        )

    alive = asked.get("Status") in {"queued", "ringing", "in-progress"}
    calls = switch.live if alive else switch.calls
    found = [call for call in calls.values() if wanted(call)]
    return Listed("calls", [of_call(switch, call) for call in reversed(found)])


ROUTES: list[Route] = [
    ("POST", "Calls", CREATED, create),
    ("GET", "Calls", _LISTED, listed),
    ("GET", "Calls/{sid}", Takes(), fetch),
    ("POST", "Calls/{sid}", UPDATED, update),
]
