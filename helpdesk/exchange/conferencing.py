"""Conferences: joining, starting, holding, coaching, leaving, ending, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.exchange import legs, tapes
from helpdesk.exchange.calls import Call, Jump, Watch
from helpdesk.exchange.parameters import rfc2822
from helpdesk.exchange.programs import (
    HungUp,
    Interruption,
    Key,
    Program,
    Redirected,
    Signal,
    expect,
)
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.rooms import Participant, Room
from helpdesk.exchange.scenes import Outcome, Scene
from helpdesk.exchange.switch import Switch, resolve
from helpdesk.exchange.taping import EVENTS as RECORDING_EVENTS
from helpdesk.exchange.taping import tape
from helpdesk.exchange.twiml import Element
from helpdesk.exchange.waiting import wait_with

EVENTS = frozenset(
    {"start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"}
)
NO_SUCH_COACHEE = 13240


@dataclass(frozen=True, slots=True)
class Out(Signal):
    """The call is no longer in the conference: removed, or the conference is over."""

    why: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How one joins, whether by TwiML or by the REST API."""

    label: str = ""
    muted: bool = False
    coaching: str = ""
    starts: bool = True
    ends: bool = False
    beep: str = "true"
    wait: Jump | None = None
    silent_wait: bool = False
    largest: int = 250
    watch: Watch | None = None
    record: bool = False
    record_watch: Watch | None = None


def running(switch: Switch, name: str) -> Room | None:
    """The conference of that name that is not over."""
    return switch.open_rooms.get(name)


def opened(switch: Switch, name: str, terms: Terms) -> Room:
    """The conference of that name; the first to come decides who is told and what is recorded."""
    room = running(switch, name)
    if room is None:
        now = switch.now()
        room = Room(
            switch.new_sid("CF"), name, now, now, watch=terms.watch, largest=terms.largest,
            record=terms.record, record_watch=terms.record_watch,
        )  # fmt: skip
        switch.rooms[room.sid] = switch.open_rooms[name] = room
    return room


def dial_conference(scene: Scene, dial: Element, noun: Element) -> Program[Outcome]:
    switch, call = scene.switch, scene.call
    legs.pick_up(switch, call)
    terms = _terms(scene, noun)
    coached = switch.calls.get(terms.coaching)
    if terms.coaching and not (coached and coached.live and coached.room):
        switch.fault(NO_SUCH_COACHEE, f"there is no call {terms.coaching} to coach", call)
        return scene.action(dial, {"DialCallStatus": "failed"})
    recording = tape(scene, dial, "DialVerb")
    began = switch.now()
    try:
        yield from attend(switch, call, noun.text, terms, dial.flag("hangupOnStar"))
    except HungUp:
        if action := scene.action(dial, {"DialCallStatus": "completed"}):
            switch.tell_jump(call, action)
        raise
    except Redirected:
        _finish(switch, recording)
        raise
    _finish(switch, recording)
    seconds = round((switch.now() - began).total_seconds())
    return scene.action(dial, {"DialCallStatus": "completed", "DialCallDuration": str(seconds)})


def _finish(switch: Switch, recording: Recording | None) -> None:
    if recording:
        tapes.finish(switch, recording)


def _terms(scene: Scene, noun: Element) -> Terms:
    wait_url = noun.attributes.get("waitUrl")
    wait = None
    if wait_url:
        wait = Jump(resolve(scene.url, wait_url), noun.get("waitMethod", "POST"))
    return Terms(
        noun.get("participantLabel"), noun.flag("muted"), noun.get("coach"),
        noun.flag("startConferenceOnEnter", True), noun.flag("endConferenceOnExit"),
        noun.get("beep", "true"), wait, wait_url == "", noun.number("maxParticipants", 250),
        scene.watch(noun, "statusCallback", EVENTS, "start end"),
        noun.get("record") == "record-from-start",
        scene.watch(noun, "recordingStatusCallback", RECORDING_EVENTS, "completed"),
    )  # fmt: skip


def attend(
    switch: Switch, call: Call, name: str, terms: Terms, star_ends: bool = False
) -> Program[str]:
    """Stay in until removed, the end, or a star; answers why."""
    room = opened(switch, name, terms)
    if len(room.participants) >= room.largest:
        switch.fault(13242, f"the conference {room.name} is full", call)
        return "full"
    participant = seat(switch, call, terms)
    join(switch, room, participant)
    try:
        why = yield from _stay(switch, star_ends)
    except Redirected:
        leave(switch, room, call.sid, "participant_updated_via_api")
        raise
    except HungUp:
        leave(switch, room, call.sid, "participant_hung_up")
        raise
    leave(switch, room, call.sid, "participant_hung_up")
    return why


def _stay(switch: Switch, star_ends: bool) -> Program[str]:
    while True:
        signal = yield from expect(switch.agenda, (Out, Key), None)
        if isinstance(signal, Out):
            return signal.why
        if star_ends and signal == Key("*"):
            return "star"


def seat(switch: Switch, call: Call, terms: Terms) -> Participant:
    now = switch.now()
    return Participant(
        call, now, now, terms.label, terms.muted, False, terms.coaching, terms.starts, terms.ends,
        terms.beep in {"true", "onEnter"}, terms.beep in {"true", "onExit"}, terms.wait,
        terms.silent_wait,
    )  # fmt: skip


def join(switch: Switch, room: Room, participant: Participant) -> None:
    call = participant.call
    room.participants[call.sid] = participant
    room.invited.discard(call.sid)
    call.room = room
    if room.status == "in-progress" and participant.beep_on_enter:
        _beep(room, call.sid)
    report(switch, room, "participant-join", participant)
    if room.status == "init" and room.may_start():
        _start(switch, room)
    else:
        _resume(switch, room, participant)


def _start(switch: Switch, room: Room) -> None:
    room.status, room.updated_at = "in-progress", switch.now()
    for participant in room.participants.values():
        if not participant.hold:
            legs.stop_beside(participant.call)
    report(switch, room, "conference-start")
    if room.record:
        tapes.start(switch, "Conference", room_sid=room.sid, watch=room.record_watch)


def leave(switch: Switch, room: Room, call_sid: str, why: str, kicked: bool = False) -> None:
    participant = room.participants.pop(call_sid, None)
    if participant is None:
        return
    legs.stop_beside(participant.call)
    participant.call.room = None
    room.updated_at = switch.now()
    if participant.beep_on_exit and room.status == "in-progress":
        _beep(room, call_sid)
    status = "completed" if not participant.call.live else "in-progress"
    report(switch, room, "participant-leave", participant,
           {"ReasonParticipantLeft": why, "ParticipantCallStatus": status})  # fmt: skip
    how = "kicked" if kicked else "left"
    if participant.ends and room.status != "completed":
        end(switch, room, f"participant-with-end-conference-on-exit-{how}", participant)
    elif not room.participants and not room.invited:
        end(switch, room, f"last-participant-{how}", participant)


def invite(switch: Switch, room: Room, participant: Participant) -> None:
    """Somebody is called into it. If nobody answers, a conference without anybody is over."""
    room.invited.add(participant.call.sid)

    def in_vain(call: Call) -> None:
        room.invited.discard(call.sid)
        told = {
            "ReasonParticipantLeft": "participant_add_failed",
            "ParticipantCallStatus": call.status,
        }
        report(switch, room, "participant-leave", participant, told)
        if not room.participants and not room.invited:
            end(switch, room, "last-participant-left")

    participant.call.unanswered = in_vain


def kick(switch: Switch, room: Room, participant: Participant) -> None:
    leave(switch, room, participant.call.sid, "participant_updated_via_api", kicked=True)
    participant.call.wake(Out("kicked"))


def end(switch: Switch, room: Room, because: str, by: Participant | None = None) -> None:
    if room.status == "completed":
        return
    room.status, room.updated_at = "completed", switch.now()
    switch.open_rooms.pop(room.name)
    room.ended_because, room.ended_by = because, by.call.sid if by else ""
    why = "moderator_ended_conference" if by else "conference_ended_via_api"
    for sid in list(room.participants):
        participant = room.participants[sid]
        leave(switch, room, sid, why)
        participant.call.wake(Out("ended"))
    for recording in list(switch.taping.values()):
        if recording.room_sid == room.sid:
            tapes.finish(switch, recording)
    told = {"ReasonConferenceEnded": because, "Reason": because.replace("-", " ")}
    if by:
        told["CallSidEndingConference"] = by.call.sid
        told |= {"ParticipantLabelEndingConference": by.label} if by.label else {}
    report(switch, room, "conference-end", None, told)


def mute(switch: Switch, room: Room, participant: Participant, muted: bool) -> None:
    if participant.muted != muted:
        participant.muted = muted
        report(switch, room, "participant-mute" if muted else "participant-unmute", participant)


def hold(
    switch: Switch, room: Room, participant: Participant, held: bool, music: Jump | None
) -> None:
    """On hold one hears music and is heard by nobody."""
    if participant.hold != held:
        participant.hold = held
        report(switch, room, "participant-hold" if held else "participant-unhold", participant)
    participant.hold_music = music
    _resume(switch, room, participant)


def _resume(switch: Switch, room: Room, participant: Participant) -> None:
    """What plays to one who is on hold, or waits for the start, or neither."""
    if participant.hold:
        _music(switch, room, participant, participant.hold_music, silent=False)
    elif room.status == "init":
        _music(switch, room, participant, participant.wait, participant.silent_wait)
    else:
        legs.stop_beside(participant.call)


def coach(switch: Switch, room: Room, participant: Participant, coached: str) -> None:
    if participant.coaching != coached:
        participant.coaching = coached
        report(switch, room, "participant-modify", participant)


def announce(switch: Switch, room: Room, heard_by: list[Participant], jump: Jump) -> None:
    """Everybody named hears a document over the conversation."""
    for participant in heard_by:
        program = switch.follow(switch, participant.call, jump, "announcement")

        def ended(result: object, one: Participant = participant) -> None:
            told = {"AnnounceUrl": jump.url}
            event = "announcement-fail" if result == "failed" else "announcement-end"
            report(switch, room, event, one if len(heard_by) == 1 else None, told)
            if one.call.room is room and not isinstance(result, Interruption):
                _resume(switch, room, one)

        legs.stop_beside(participant.call)
        participant.call.beside = switch.run(program, ended)


def _music(
    switch: Switch, room: Room, participant: Participant, jump: Jump | None, silent: bool
) -> None:
    legs.stop_beside(participant.call)
    if silent:
        return
    call = participant.call
    told = {"ConferenceSid": room.sid, "FriendlyName": room.name}

    def left(how: str) -> None:
        leave(switch, room, call.sid, "participant_hung_up")
        call.wake(Out(how))

    music = wait_with(switch, call, jump, "conference wait", lambda: told, left)
    legs.play_beside(switch, call, music)


def _beep(room: Room, but: str) -> None:
    for sid, participant in room.participants.items():
        if sid != but and not participant.hold:
            participant.call.hear("beep")


def report(
    switch: Switch,
    room: Room,
    event: str,
    participant: Participant | None = None,
    more: dict[str, str] | None = None,
) -> None:
    kind = _KINDS[event]
    if not room.watch or kind not in room.watch.events:
        return
    room.sequence += 1
    values = {
        "ConferenceSid": room.sid,
        "FriendlyName": room.name,
        "AccountSid": switch.account.sid,
        "SequenceNumber": str(room.sequence),
        "Timestamp": rfc2822(switch.now()),
        "StatusCallbackEvent": event,
    }
    values |= participant.reported() if participant else {}
    switch.tell(room.watch, values | (more or {}), participant.call if participant else None)


_KINDS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}
