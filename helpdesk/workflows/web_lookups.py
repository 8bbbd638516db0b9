"""Asking a program of the company's while a caller waits: before the transaction, and not for long.

The program gets the number and the proof and says whether they belong together; what it answers is
only ever spoken through the look-up's own sentence. One that fails is left alone for a while, and
so many are asked at once, so that a slow program keeps no other caller from being answered.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from helpdesk.core import secrets
from helpdesk.core.actors import Actor
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.ivr import refusals, web_lookups
from helpdesk.ivr.lookups import FAILED, HOLE, Asked, Found, Refused
from helpdesk.ivr.models import IvrWebLookup
from helpdesk.ivr.walking import Given
from helpdesk.webhooks import calling, pauses, signing
from helpdesk.webhooks.calling import Answer
from helpdesk.workflows import telephone_flow
from helpdesk.workflows.looking_up import Told

LIMIT_S = 4.0
MOST_AT_ONCE = 8
LONGEST_VALUE = 120
KIND = "call.looked_up"

_places = threading.BoundedSemaphore(MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Call:
    lookup_id: str
    url: str
    body: bytes
    headers: Mapping[str, str]
    failures: int
    resting: bool


def ask_first(actor: Actor, sid: str, given: Given, question: str) -> Told:
    """What the step that the caller is at will need of another program, asked for now.

    `question` is the number of the question that was answered: an answer that comes again asks
    nobody again. Opens transactions of its own; the network is asked between them.
    """
    with reading(actor) as work:
        asked = telephone_flow.lacks(work, sid, given, question)
        if asked is None or not asked.what.startswith(web_lookups.START):
            return {}
        caller = telephone_flow.caller_of(work, sid)
        if refusals.is_closed(work, asked.what, asked.number, caller):
            return {}
        call = _call(work, asked, caller)
    return {asked: _asked(actor, call)}


def try_out(actor: Actor, lookup_id: str, number: str, digits: str) -> tuple[Answer, str]:
    """A real question from the screen; the answer, and what a caller would hear (or nothing)."""
    with reading(actor) as work:
        row = web_lookups.get(work, lookup_id)
        asked = Asked(web_lookups.START + row.id, number, "", digits)
        call, sentence = _call(work, asked, ""), row.sentence
    answer = calling.post(call.url, call.body, call.headers, timeout_s=LIMIT_S)
    found = read(answer, number)
    if isinstance(found, Refused):
        return answer, "These numbers don't fit together."
    said = HOLE.sub(lambda hole: found.slots.get(hole[1], hole[0]), sentence)
    return answer, "" if found.outcome == FAILED or HOLE.search(said) else said


def read(answer: Answer, number: str) -> Found | Refused:
    """`{"found": true, ...}` with plain values, `{"found": false}`; anything else has failed."""
    if not pauses.is_success(answer.status):
        return Found(FAILED)
    try:
        told = json.loads(answer.text)
    except (ValueError, RecursionError):
        return Found(FAILED)
    if not isinstance(told, dict) or not isinstance(told.get("found"), bool):
        return Found(FAILED)
    if not told["found"]:
        return Refused()
    slots = {name: value for name, one in told.items() if (value := _spoken(one))}
    return Found(web_lookups.OUTCOME, {**slots, "number": " ".join(number)})


def _spoken(value: object) -> str:
    """A value as it is read out; empty for what is not plain."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())[
        :LONGEST_VALUE
    ]


def _call(work: Work, asked: Asked, caller: str) -> Call:
    row = web_lookups.get(work, asked.what.removeprefix(web_lookups.START))
    facts = {"kind": KIND, "number": asked.number, "proof": asked.digits, "caller": caller}
    body = json.dumps(facts).encode()
    return Call(
        row.id,
        row.url,
        body,
        _signed(row, body, work.at),
        row.failures,
        row.rest_until is not None and row.rest_until > work.at,
    )


def _signed(row: IvrWebLookup, body: bytes, at: datetime) -> dict[str, str]:
    secret = secrets.unseal(row.secret_sealed)
    return signing.headers([secret], message_id=new_id(), at=at, body=body)


def _asked(actor: Actor, call: Call) -> Found | Refused:
    if call.resting or not _places.acquire(blocking=False):
        return Found(FAILED)
    try:
        answer = calling.post(call.url, call.body, call.headers, timeout_s=LIMIT_S)
    finally:
        _places.release()
    found = read(answer, json.loads(call.body)["number"])
    failed = isinstance(found, Found) and found.outcome == FAILED
    if failed or call.failures:
        with begin(actor) as work:
            trouble = (answer.trouble or "bad_answer") if failed else ""
            until = pauses.rest(call.failures + 1, not answer.trouble, work.at) if failed else None
            web_lookups.note(work, call.lookup_id, trouble, until)
    return found
