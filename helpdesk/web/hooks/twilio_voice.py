"""The carrier's questions about calls, each answered with a document.

Nobody on the line hears an error: while the database is away, the answer is a word of patience and
the same question again. Hooks that only tell something are in `twilio_status`.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from urllib.parse import quote

from flask import Response, request
from sqlalchemy.exc import DBAPIError, IntegrityError

from helpdesk.carriers import hearing, tones
from helpdesk.carriers.twilio.twiml import CONTENT_TYPE, sorry
from helpdesk.carriers.twilio.words import has_ended, is_page, ring_of, user_of
from helpdesk.core.actors import Actor
from helpdesk.core.db import is_contention
from helpdesk.core.errors import HelpdeskError, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import sessions
from helpdesk.identity.models import User
from helpdesk.ivr.actions import HangUp, Say
from helpdesk.ivr.walking import Given
from helpdesk.web import doors
from helpdesk.web.doors import allow
from helpdesk.web.hooks import door, twilio_saying
from helpdesk.web.hooks.twilio_proof import carrier, facts
from helpdesk.workflows import (
    telephone,
    telephone_choices,
    telephone_consent,
    telephone_dialled,
    telephone_flow,
    telephone_hearing,
    telephone_line,
    telephone_ring_back,
    telephone_voicemail,
    web_lookups,
)
from helpdesk.workflows.telephone_answers import Answer, Conference

log = logging.getLogger(__name__)

Facts = dict[str, str]
TYPED = ("Digits", "SpeechResult")  # may be secrets of the caller
TRIES = 3
LOST = "Your agent lost the connection. Please stay on the line, we are getting them back."


def heard(view: Callable[..., str]) -> Callable[..., Response]:
    """A hook that somebody on the line waits for: verified, answered, and never an error."""

    @functools.wraps(view)
    def answer(**named: str) -> Response:
        told = facts()
        return Response(
            _safely(lambda facts: view(facts, **named), told), content_type=CONTENT_TYPE
        )

    return answer


def _safely(view: Callable[[Facts], str], told: Facts) -> str:
    for attempt in range(1, TRIES + 1):
        try:
            return view(told)
        except Exception as error:
            if isinstance(error, HelpdeskError) and is_page(told.get("From", "")):
                return twilio_saying.only_said(error.message)  # one of ours, who understands it
            # Whatever it is: a caller must hear something, and is asked for again.
            if attempt < TRIES and isinstance(error, DBAPIError) and _may_pass(error):
                continue
            log.exception("a call could not be answered; the caller is asked to wait")
            break
    return _patience()


def _may_pass(error: DBAPIError) -> bool:
    """Whether another hook of the same call was in the way: asked again, this one sees its work."""
    return is_contention(error) or isinstance(error, IntegrityError)


def _patience() -> str:
    tries = request.args.get("try", "0")
    tried = int(tries) if tries.isdigit() and len(tries) < 4 else 0
    step = f"n={quote(request.args['n'])}&" if "n" in request.args else ""
    return sorry(f"{request.path}?{step}try={tried + 1}", tries=tried)


def _once(told: Facts, path: str, answer: Callable[[Work], Answer | Conference]) -> str:
    """The document for a hook that changes something; the same again when it comes again."""
    with begin(carrier()) as work:
        sid = told.get("CallSid", "")
        event_id = hearing.keep(work, path, told, sid=sid, hidden=TYPED)
        before = None if event_id else hearing.answered_before(work, path, told)
        if before is not None:
            return before
        found = answer(work)
        text = twilio_saying.document(found, _origin(told))
        hearing.worked_in(work, event_id, answer=text)
    _look_again(found)
    return text


@door.post("/twilio/voice")
@allow("public", cookies=False)
@heard
def twilio_voice(told: Facts) -> str:
    """Somebody rings one of our numbers."""
    return _once(told, request.path, lambda work: telephone.arrive(work, ring_of(told)))


@door.post("/twilio/voice/step")
@allow("public", cookies=False)
@heard
def twilio_voice_step(told: Facts) -> str:
    """The caller gave something in a flow, or nothing; or a transfer out of it has ended."""
    sid = told.get("CallSid", "")
    if has_ended(told):
        return _next(told)
    # The number of the question is part of what was asked: two equal answers are two.
    question = request.args.get("n", "")[:10]
    given = _given(told)
    # Other programs are asked with no transaction open.
    first = web_lookups.ask_first(carrier(), sid, given, question)
    path = f"{request.path}?n={question}"
    return _once(told, path, lambda work: telephone_flow.go_on(work, sid, given, first))


_TRANSFERS = {"completed": "answered", "answered": "answered", "no-answer": "no_answer",
              "busy": "busy", "failed": "failed", "canceled": "failed"}  # fmt: skip


def _given(told: Facts) -> Given:
    transfer = _TRANSFERS.get(told.get("DialCallStatus", ""), "")
    return Given(told.get("Digits", ""), told.get("SpeechResult", ""), transfer)


@door.post("/twilio/voice/message")
@allow("public", cookies=False)
@heard
def twilio_voice_message(told: Facts) -> str:
    """The caller has left a message, by a key, by silence or by hanging up."""
    sid, recording = told.get("CallSid", ""), told.get("RecordingSid", "")

    def thank(work: Work) -> Answer:
        if recording:
            seconds = told.get("RecordingDuration", "")
            telephone_voicemail.leave(work, sid, recording, seconds)
        if has_ended(told):
            telephone.over(work, sid)
        return Answer((Say(telephone_voicemail.THANKS), HangUp()))

    return _once(told, request.path, thank)


@door.post("/twilio/voice/consent")
@allow("public", cookies=False)
@heard
def twilio_voice_consent(told: Facts) -> str:
    """The caller has heard about recording, and pressed a key or none."""
    if has_ended(told):
        return _next(told)
    sid, key = told.get("CallSid", ""), told.get("Digits", "")
    turn = request.args.get("n", "")[:20]

    def settled(work: Work) -> Answer | Conference:
        first = telephone_consent.heard(work, sid, key, turn)
        return telephone.whereabouts(work, sid) if first is None else first

    return _once(told, f"{request.path}?n={turn}", settled)


@door.post("/twilio/voice/wait")
@allow("public", cookies=False)
@heard
def twilio_voice_wait(told: Facts) -> str:
    """The caller stands in line, and the sound has run out."""
    with reading(carrier()) as work:
        return twilio_saying.while_waiting(telephone_line.waiting(work, told.get("CallSid", "")))


@door.post("/twilio/voice/wait/key")
@allow("public", cookies=False)
@heard
def twilio_voice_wait_key(told: Facts) -> str:
    """Somebody in line pressed a key, or the round is over; twice the right one rings them back."""
    if has_ended(told):
        return _next(told)
    sid, key = told.get("CallSid", ""), told.get("Digits", "")
    pressed = key == telephone_choices.RING_BACK
    if pressed and request.args.get("sure"):
        path = f"{request.path}?sure=1"
        return _once(told, path, lambda work: telephone_ring_back.laid_down(work, sid))
    if key == telephone_choices.MESSAGE and not request.args.get("sure"):
        path = f"{request.path}?message=1"
        return _once(told, path, lambda work: telephone_voicemail.chosen(work, sid))
    with reading(carrier()) as work:
        return twilio_saying.while_waiting(telephone_line.waiting(work, sid, pressed=pressed))


@door.post("/twilio/voice/left")
@allow("public", cookies=False)
@heard
def twilio_voice_left(told: Facts) -> str:
    """The caller is out of the carrier's queue: gone, or to be told where to go now."""
    if told.get("QueueResult") == "queue-full":
        with reading(carrier()) as work:
            here = telephone_line.waiting(work, told.get("CallSid", ""))
        return twilio_saying.while_waiting_elsewhere(here)
    return _next(told)


@door.post("/twilio/voice/next")
@allow("public", cookies=False)
@heard
def twilio_voice_next(told: Facts) -> str:
    """Where the caller has to be now, by the call as it stands."""
    return _next(told)


@door.post("/twilio/voice/over")
@allow("public", cookies=False)
@heard
def twilio_voice_over(told: Facts) -> str:
    """A party is out of the conference: gone, or (a caller) to be put where they belong."""
    return _next(told)


def _next(told: Facts) -> str:
    if has_ended(told):
        return _is_over(told)
    with begin(carrier()) as work:
        answer = telephone.whereabouts(work, told.get("CallSid", ""))
    return _said(answer, told)


def _is_over(told: Facts) -> str:
    """The line has ended: kept like any report of it, and nobody hears what is answered."""
    with begin(carrier()) as work:
        sid = told.get("CallSid", "")
        event_id = hearing.keep(work, request.path, told, sid=sid, hidden=TYPED)
    if event_id is not None:
        telephone_hearing.soon(event_id)
    return twilio_saying.document(Answer((HangUp(),)), _origin(told))


@door.post("/twilio/voice/dialled/<id:dialled_id>")
@allow("public", cookies=False)
@heard
def twilio_voice_dialled(told: Facts, dialled_id: str) -> str:
    """Somebody whom we rang has picked up."""
    sid = told.get("CallSid", "")

    def answer(work: Work) -> Answer | Conference:
        found = telephone_dialled.picked_up(work, dialled_id, sid)
        return telephone.whereabouts(work, sid) if found is None else found

    return _once(told, request.path, answer)


@door.post("/twilio/voice/ringing")
@allow("public", cookies=False)
@heard
def twilio_voice_ringing(told: Facts) -> str:
    """What whoever rings hears until the other end answers."""
    return twilio_saying.ringing()


@door.post("/twilio/voice/agent")
@allow("public", cookies=False)
@heard
def twilio_voice_agent(told: Facts) -> str:
    """A page of ours has placed a call; it is let into the one that its user was asked into."""
    actor = _who(told.get("From", ""))
    with begin(actor) as work:
        hearing.keep(work, request.path, told, sid=told.get("CallSid", ""), state="done")
        conversation_id = told.get("call", "")
        if not is_id(conversation_id):
            raise NotFound("This call does not exist.", code="no_call")
        conference = telephone.come_in(work, conversation_id, told.get("CallSid", ""))
    return _said(conference, told)


def _who(address: str) -> Actor:
    """The carrier only puts pages through that hold a token of ours, which names their user."""
    user_id = user_of(address)
    with reading(carrier()) as work:
        user = work.session.get(User, user_id) if user_id else None
        if user is None or not user.is_active:
            raise NotFound("This line is not known here.")
        return sessions.actor_of(work, user)


@door.post("/twilio/voice/hold")
@allow("public", cookies=False)
@heard
def twilio_voice_hold(told: Facts) -> str:
    return twilio_saying.on_hold()


@door.post("/twilio/voice/say/lost")
@allow("public", cookies=False)
@heard
def twilio_voice_lost(told: Facts) -> str:
    return twilio_saying.only_said(LOST)


@door.post("/twilio/voice/fallback")
@allow("public", cookies=False)
@heard
def twilio_voice_fallback(told: Facts) -> str:
    """Our own answer failed: be patient and ask again. Touches nothing that can be down."""
    log.error("the carrier fell back: %s at %s", told.get("ErrorCode"), told.get("ErrorUrl"))
    tries = request.args.get("try", "0")
    return sorry(f"/hooks/twilio/voice?try={int(tries) + 1 if tries.isdigit() else 1}", tries=0)


@door.get("/twilio/voice/hold.wav")
@allow("public", cookies=False)
def twilio_voice_hold_sound() -> Response:
    return _sound(tones.hold_sound())


@door.get("/twilio/voice/ringing.wav")
@allow("public", cookies=False)
def twilio_voice_ringing_sound() -> Response:
    return _sound(tones.ringing_sound())


def _sound(wav: bytes) -> Response:
    sound = Response(wav, content_type="audio/wav")
    sound.headers["Cache-Control"] = "public, max-age=86400"
    return sound


def _said(answer: Answer | Conference, told: Facts) -> str:
    _look_again(answer)
    return twilio_saying.document(answer, _origin(told))


def _look_again(answer: Answer | Conference) -> None:
    if isinstance(answer, Answer) and answer.look_again:
        telephone_hearing.look_again_soon(answer.look_again)


def _origin(told: Facts) -> twilio_saying.From:
    base_url = doors.settings().base_url.rstrip("/")
    return twilio_saying.From(base_url, caller_id=told.get("To", ""))
