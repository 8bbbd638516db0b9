"""REST: who is in a conference: called into it, muted, held, coaching, removed."""

from __future__ import annotations

from helpdesk.exchange import conferencing, legs
from helpdesk.exchange.calls import Call, Jump, Watch
from helpdesk.exchange.conferencing import Terms, attend, opened
from helpdesk.exchange.legs import ALL_EVENTS, Order
from helpdesk.exchange.programs import Program
from helpdesk.exchange.rest.calls import (
    DETECTION,
    RECORDED,
    check_parties,
    ordered_detection,
    recording_watch,
)
from helpdesk.exchange.rest.conferences import get_room
from helpdesk.exchange.rest.requests import Asked, Takes, not_found, wrong
from helpdesk.exchange.rest.resources import PAGING, Json, Listed, Made, Route, of_participant
from helpdesk.exchange.rooms import Participant, Room
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.tapes import start
from helpdesk.exchange.values import (
    EMPTY,
    FLAG,
    METHOD,
    absolute_url,
    anything,
    either,
    matching,
    one_of,
    some_of,
    up_to,
    whole,
)

_OR_NONE = either(absolute_url, EMPTY)
_CALL_SID = matching(r"CA[0-9a-f]{32}", "the sid of a call")
_TAPED = ("in-progress", "completed", "absent", "failed")
CREATED = Takes(
    {
        "From": anything,
        "To": anything,
        "Label": up_to(128, least=1),
        "Timeout": whole(5, 600),
        "TimeLimit": whole(1, 86_400),
        "Muted": FLAG,
        "Beep": one_of("true", "false", "onEnter", "onExit"),
        "StartConferenceOnEnter": FLAG,
        "EndConferenceOnExit": FLAG,
        "WaitUrl": _OR_NONE,
        "WaitMethod": METHOD,
        "EarlyMedia": FLAG,
        "MaxParticipants": whole(2, 250),
        "Coaching": FLAG,
        "CallSidToCoach": _CALL_SID,
        "CallerId": anything,
        "CallReason": up_to(50),
        "CallToken": anything,
        "JitterBufferSize": one_of("small", "medium", "large", "off"),
        "Region": up_to(8, least=1),
        "StatusCallback": absolute_url,
        "StatusCallbackMethod": METHOD,
        "StatusCallbackEvent": some_of(*ALL_EVENTS),
        "Record": FLAG,
        "RecordingChannels": one_of("mono", "dual"),
        "ConferenceRecord": one_of("true", "false", "record-from-start", "do-not-record"),
        "ConferenceTrim": one_of("trim-silence", "do-not-trim"),
        "ConferenceStatusCallback": absolute_url,
        "ConferenceStatusCallbackMethod": METHOD,
        "ConferenceStatusCallbackEvent": some_of(*conferencing.EVENTS),
        "ConferenceRecordingStatusCallback": absolute_url,
        "ConferenceRecordingStatusCallbackMethod": METHOD,
        "ConferenceRecordingStatusCallbackEvent": some_of(*_TAPED),
        "AmdStatusCallback": absolute_url,
        "AmdStatusCallbackMethod": METHOD,
        **DETECTION,
        **RECORDED,
    },
    many=frozenset(
        {
            "StatusCallbackEvent", "ConferenceStatusCallbackEvent", "RecordingStatusCallbackEvent",
            "ConferenceRecordingStatusCallbackEvent",
        }
    ),
)  # fmt: skip
UPDATED = Takes(
    {
        "Muted": FLAG,
        "Hold": FLAG,
        "HoldUrl": absolute_url,
        "HoldMethod": METHOD,
        "AnnounceUrl": absolute_url,
        "AnnounceMethod": METHOD,
        "WaitUrl": _OR_NONE,
        "WaitMethod": METHOD,
        "BeepOnExit": FLAG,
        "EndConferenceOnExit": FLAG,
        "Coaching": FLAG,
        "CallSidToCoach": _CALL_SID,
    }
)
_LISTED = Takes(PAGING | {"Muted": FLAG, "Hold": FLAG, "Coaching": FLAG})


def create(switch: Switch, asked: Asked) -> Made:
    """Call somebody; the answer joins. The conference may be named by its sid or its name."""
    check_parties(switch, asked)
    terms = _terms(switch, asked)
    room = opened(switch, _name_of_room(switch, asked), terms)
    call = legs.place(
        switch,
        Order(
            asked.get("From"), asked.get("To"), _then(switch, asked, room, terms),
            timeout=asked.number("Timeout", 60),
            watch=asked.watch("StatusCallback", ALL_EVENTS, "completed"),
            detection=ordered_detection(asked, "AmdStatusCallback", beside=True),
            limit=asked.number("TimeLimit", 0) or None,
        ),
    )  # fmt: skip
    seat = conferencing.seat(switch, call, terms)
    conferencing.invite(switch, room, seat)
    return Made(of_participant(switch, room, seat))


def _name_of_room(switch: Switch, asked: Asked) -> str:
    name = asked.ids[0]
    known = switch.rooms.get(name)
    if known is None and name.startswith("CF"):
        raise not_found(asked.path)
    if known and known.status == "completed":
        raise wrong(13235, "The conference is over")
    return known.name if known else name


def _then(switch: Switch, asked: Asked, room: Room, terms: Terms) -> legs.Then:
    def then(call: Call) -> Program[str]:
        if asked.flag("Record"):
            channels = 2 if asked.get("RecordingChannels") == "dual" else 1
            start(switch, "OutboundAPI", call_sid=call.sid, channels=channels,
                  watch=recording_watch(asked))  # fmt: skip
        if room.status != "completed":
            yield from attend(switch, call, room.name, terms)
        return "completed"

    return then


def _terms(switch: Switch, asked: Asked) -> Terms:
    wait = None
    if asked.get("WaitUrl"):
        wait = Jump(asked.get("WaitUrl"), asked.get("WaitMethod", "POST"))
    return Terms(
        label=asked.get("Label"),
        muted=asked.flag("Muted"),
        coaching=_coached(switch, asked, None),
        starts=asked.flag("StartConferenceOnEnter", True),
        ends=asked.flag("EndConferenceOnExit"),
        beep=asked.get("Beep", "true"),
        wait=wait,
        silent_wait="WaitUrl" in asked and not asked.get("WaitUrl"),
        largest=asked.number("MaxParticipants", 250),
        watch=asked.watch("ConferenceStatusCallback", conferencing.EVENTS, "start end"),
        record=asked.get("ConferenceRecord") in {"true", "record-from-start"},
        record_watch=_record_watch(asked),
    )


def _record_watch(asked: Asked) -> Watch | None:
    events = frozenset(_TAPED)
    return asked.watch("ConferenceRecordingStatusCallback", events, "completed")


def _coached(switch: Switch, asked: Asked, participant: Participant | None) -> str:
    if asked.flag("Coaching"):
        sid = asked.get("CallSidToCoach")
        call = switch.calls.get(sid)
        if not call or not call.live or not call.room:
            raise wrong(conferencing.NO_SUCH_COACHEE, "CallSidToCoach is not in a conference")
        return sid
    if "Coaching" in asked or participant is None:
        return ""
    return participant.coaching


def _get(switch: Switch, asked: Asked) -> tuple[Room, Participant]:
    room = get_room(switch, asked)
    participant = room.find(asked.ids[1])
    if participant is None:
        raise not_found(asked.path)
    return room, participant


def listed(switch: Switch, asked: Asked) -> Listed:
    room = get_room(switch, asked)
    found = [
        one
        for one in room.participants.values()
        if asked.flag("Muted", one.muted) == one.muted
        and asked.flag("Hold", one.hold) == one.hold
        and asked.flag("Coaching", bool(one.coaching)) == bool(one.coaching)
    ]
    return Listed("participants", [of_participant(switch, room, one) for one in found])


def fetch(switch: Switch, asked: Asked) -> Json:
    return of_participant(switch, *_get(switch, asked))


def update(switch: Switch, asked: Asked) -> Json:
    room, one = _get(switch, asked)
    coached = _coached(switch, asked, one)
    if "HoldUrl" in asked and not asked.flag("Hold", one.hold):
        raise wrong(20001, "HoldUrl goes with Hold=true")
    if "Muted" in asked:
        conferencing.mute(switch, room, one, asked.flag("Muted"))
    if "Hold" in asked:
        music = None
        if asked.get("HoldUrl"):
            music = Jump(asked.get("HoldUrl"), asked.get("HoldMethod", "POST"))
        conferencing.hold(switch, room, one, asked.flag("Hold"), music)
    conferencing.coach(switch, room, one, coached)
    one.ends = asked.flag("EndConferenceOnExit", one.ends)
    one.beep_on_exit = asked.flag("BeepOnExit", one.beep_on_exit)
    if asked.get("WaitUrl"):
        one.wait = Jump(asked.get("WaitUrl"), asked.get("WaitMethod", "POST"))
    one.updated_at = switch.now()
    if "AnnounceUrl" in asked:
        jump = Jump(asked.get("AnnounceUrl"), asked.get("AnnounceMethod", "POST"))
        conferencing.announce(switch, room, [one], jump)
    return of_participant(switch, room, one)


def remove(switch: Switch, asked: Asked) -> None:
    conferencing.kick(switch, *_get(switch, asked))


ROUTES: list[Route] = [
    ("POST", "Conferences/{sid}/Participants", CREATED, create),
    ("GET", "Conferences/{sid}/Participants", _LISTED, listed),
    ("GET", "Conferences/{sid}/Participants/{call}", Takes(), fetch),
    ("POST", "Conferences/{sid}/Participants/{call}", UPDATED, update),
    ("DELETE", "Conferences/{sid}/Participants/{call}", Takes(), remove),
]
