"""Works in what a carrier reported about calls: right after its answer, by the process that has
kept it, and by the sweeper what was left over.

Reports come twice, late and in any order. Only ends count, and an end stays one: whatever comes
after it changes nothing, and what is said of a call that we never met makes none.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from helpdesk.carriers import hearing, port, repairs
from helpdesk.carriers.models import CarrierEvent
from helpdesk.core.actors import system
from helpdesk.core.aside import Aside, Run
from helpdesk.core.errors import Conflict
from helpdesk.core.work import Work, begin, reading
from helpdesk.workflows import (
    chat,
    telephone,
    telephone_dialled,
    telephone_recording,
    telephone_voicemail,
)

log = logging.getLogger(__name__)

HEARING = system("carrier")
VOICE = "/hooks/twilio/voice"
TAPED = f"{VOICE}/taped"
# Questions about a line that is over are reports of its end: nobody hears their answers.
ASKED_AT_THE_END = ("next", "left", "over", "step", "consent", "wait/key")
PATHS = (
    "/hooks/twilio/status",
    f"{VOICE}/room",
    f"{VOICE}/recorded",
    TAPED,
    *(f"{VOICE}/{name}" for name in ASKED_AT_THE_END),
)
THREADS = 1  # whoever somebody waits for comes first; what is reported can wait a moment
LEFT_OVER_AFTER = timedelta(seconds=5)
NOT_WORKED_IN = "What the carrier reported could not be worked in:"
TRIES = 3

_aside = Aside("hearing", THREADS)


def use(run: Run | None) -> None:
    """Where reports are worked in; None for threads of their own."""
    _aside.use(run)


def soon(event_id: str) -> None:
    """Work the hook in without keeping the carrier waiting for its answer."""
    _aside.do(lambda: work_in(event_id))


def look_again_soon(work_item_id: str) -> None:
    """For whom nobody was free: somebody may have got free in a transaction that could not see it.

    The sweeper looks for such, too.
    """
    _aside.do(lambda: _look_again(work_item_id))


def _look_again(work_item_id: str) -> None:
    with begin(HEARING) as work:
        chat.look_again(work, work_item_id)


def work_in(event_id: str) -> None:
    """What the hook means becomes part of the call; trouble is written down with the hook."""
    for attempt in range(1, TRIES + 1):
        try:
            with begin(HEARING) as work:
                row = hearing.find_waiting(work, event_id)
                if row is not None:
                    _mean(work, row)
                    hearing.worked_in(work, row.id)
            return
        except Exception as error:
            if isinstance(error, DBAPIError | Conflict) and attempt < TRIES:
                continue
            if isinstance(error, OperationalError | InterfaceError | NoConnectionFree):
                return  # the database is busy or away: the sweeper has another go
            log.exception("what the carrier reported could not be worked in")
            _give_up(event_id, f"{type(error).__name__}: {error}")
            return


def _give_up(event_id: str, why: str) -> None:
    with begin(HEARING) as work:
        row = hearing.find_waiting(work, event_id)
        if row is not None:
            hearing.worked_in(work, row.id, why)
            repairs.note(work, "failed", row.sid, f"{NOT_WORKED_IN} {why}")


def work_in_left_over() -> None:
    """For the sweeper: hooks whose process died, or whose database was busy, in between."""
    with reading(HEARING) as work:
        found = hearing.left_over(work, work.at - LEFT_OVER_AFTER, PATHS)
    for event_id in found:
        work_in(event_id)


def _mean(work: Work, row: CarrierEvent) -> None:
    told = row.facts
    sid = told.get("CallSid", "")
    tried = telephone_dialled.met(work, told["dialled"], sid) if told.get("dialled") else None
    if row.path == TAPED:
        telephone_recording.reported(work, told)
    elif told.get("RecordingStatus") == "completed":
        seconds = told.get("RecordingDuration", "")
        telephone_voicemail.leave(work, sid, told.get("RecordingSid", ""), seconds)
    elif port.carrier().has_ended(told):
        telephone.over(work, sid, told.get("CallStatus", ""))
    elif tried is not None:
        telephone_dialled.heard(work, tried, told)
    elif told.get("StatusCallbackEvent") == "participant-join":
        telephone.in_room(work, sid, told.get("ConferenceSid", ""))
