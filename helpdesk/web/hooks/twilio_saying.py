"""What a flow or a call asks for, as the carrier's documents. Pure: actions in, TwiML out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.carriers.twilio.twiml import Document, Question, Room, Spoken
from helpdesk.ivr import sounds
from helpdesk.ivr.actions import (
    Action,
    Ask,
    CallBack,
    Enqueue,
    Forward,
    HangUp,
    Play,
    Say,
    Voicemail,
)
from helpdesk.workflows.telephone_answers import Answer, Choice, Conference, Consent, LeaveLine

AT = "/hooks/twilio/voice"
WAIT, LEFT, NEXT, OVER, ROOM = f"{AT}/wait", f"{AT}/left", f"{AT}/next", f"{AT}/over", f"{AT}/room"
HOLD, HOLD_SOUND = f"{AT}/hold", f"{AT}/hold.wav"
RINGING, RINGING_SOUND = f"{AT}/ringing", f"{AT}/ringing.wav"
STEP, MESSAGE, SOUND = f"{AT}/step", f"{AT}/message", f"{AT}/sounds"
RECORDED = f"{AT}/recorded"
CONSENT = f"{AT}/consent"
WAIT_KEY = f"{AT}/wait/key"
WAIT_KEY_S = 1  # after the sound, which is what waits for a key
CONSENT_WAITS_S = 5  # after the announcement, for a key
ENGLISH = "en-GB"
HELD_ROUNDS = 3  # times the hold sound before the place in line is told again: 45 seconds


@dataclass(frozen=True, slots=True)
class From:
    """What documents must know of the installation: its address, and a number to call from."""

    base_url: str
    caller_id: str = ""


def document(answer: Answer | Conference, origin: From) -> str:
    made = Document()
    if isinstance(answer, Conference):
        made.confer(_room(answer, origin), action=OVER)
    else:
        for action in answer.actions:
            _write(made, action, origin, answer.step)
    return made.text()


def while_waiting(actions: Sequence[Action | Choice | LeaveLine]) -> str:
    """One round of waiting: what is to be told, then the sound until it is told anew."""
    made = Document()
    for action in actions:
        _write(made, action, From(""))
    if not any(isinstance(action, HangUp | Choice) for action in actions):
        made.play(HOLD_SOUND, times=HELD_ROUNDS)
    return made.text()


def while_waiting_elsewhere(actions: Sequence[Action | Choice]) -> str:
    """The same where the carrier's queue takes nobody more: a round of its own, and again."""
    made = Document()
    for action in actions:
        if not isinstance(action, Choice):
            _write(made, action, From(""))
    made.play(HOLD_SOUND, times=HELD_ROUNDS)
    made.go_to(NEXT)
    return made.text()


def on_hold() -> str:
    made = Document()
    made.play(HOLD_SOUND, times=0)
    return made.text()


def ringing() -> str:
    made = Document()
    made.play(RINGING_SOUND, times=0)
    return made.text()


def only_said(text: str) -> str:
    made = Document()
    made.say(text, "en-GB")
    return made.text()


def _room(one: Conference, origin: From) -> Room:
    return Room(
        one.room,
        one.label,
        told_at=f"{origin.base_url}{ROOM}",
        wait_url=HOLD if one.waits else RINGING if one.rings else "",
        starts=not one.waits,
        muted=one.muted,
    )


def _write(
    made: Document, action: Action | Consent | Choice | LeaveLine, origin: From, step: int = 0
) -> None:
    match action:
        case Say(text, language):
            made.say(text, language)
        case Play(sound_id):
            made.play(_sound(sound_id))
        case Ask():
            at = f"{STEP}?n={step}"
            made.ask([_prompt(one) for one in action.prompts], at, _question(action))
        case Enqueue(queue_id):
            made.enqueue(queue_id, wait_url=WAIT, action=LEFT)
        case Voicemail(_, most_s):
            made.record(MESSAGE, told_at=f"{origin.base_url}{RECORDED}", most_s=most_s)
        case Forward(number, timeout_s):
            at = f"{STEP}?n={step}"
            made.dial(number, action=at, timeout_s=timeout_s, caller_id=origin.caller_id)
        case Consent(text, language, asks, turn):
            at = f"{CONSENT}?n={turn}"
            key = Question(1, "#", CONSENT_WAITS_S, speech=False, language=language)
            if asks:
                made.ask([Spoken(text, language)], at, key)
            else:
                made.say(text, language)
                made.go_to(at)
        case Choice(texts, sure):
            # The sound is part of the question, so that a key counts at any time.
            at = f"{WAIT_KEY}?sure=1" if sure else WAIT_KEY
            sound = [HOLD_SOUND] * HELD_ROUNDS
            key = Question(1, "#", WAIT_KEY_S, speech=False, language=ENGLISH)
            made.ask([*(Spoken(text, ENGLISH) for text in texts), *sound], at, key)
        case LeaveLine():
            made.leave_line()
        case HangUp():
            made.hang_up()
        case CallBack():
            raise TypeError("a callback is arranged by the walk, not by the carrier")


def _prompt(one: Say | Play) -> Spoken | str:
    return _sound(one.sound_id) if isinstance(one, Play) else Spoken(one.text, one.language)


def _sound(sound_id: str) -> str:
    return f"{SOUND}/{sound_id}/{sounds.token_of(sound_id)}"


def _question(ask: Ask) -> Question:
    return Question(ask.digits, ask.finish_key, ask.timeout_s, ask.speech, ask.language)
