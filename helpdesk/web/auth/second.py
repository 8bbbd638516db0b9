"""The second step itself, for the staff's pages and the portal's: a code tried, switched on or off.

Both have pages and words of their own; what is tried, counted and renewed is the same. TooMany and
Invalid go to the page that asked.
"""

from __future__ import annotations

from flask import Response

from helpdesk.core.errors import TooMany
from helpdesk.core.work import begin
from helpdesk.identity import sessions, sign_in, throttle, totp
from helpdesk.web import doors, measures
from helpdesk.web.auth import base
from helpdesk.web.auth.account import browser_session
from helpdesk.web.doors import SessionInfo


def come_in(owing: SessionInfo, code: str, next_path: str) -> Response | None:
    """The way on for whose code fits; None for a wrong one. TooMany after many of them."""
    try:
        with begin(base.anybody()) as work:
            tried = sign_in.begin_code_try(work, owing.reader.id)
        with begin(base.anybody()) as work:
            opened = sign_in.finish_with_code(work, owing.id, code)
            if opened is not None:
                throttle.take_back(work, tried)
                known = sign_in.remember_device(work, owing.reader.id, base.device())
    except TooMany:
        measures.SIGN_INS.labels("throttled").inc()
        raise
    if opened is None:
        measures.SIGN_INS.labels("wrong_code").inc()
        return None
    measures.SIGN_INS.labels("right").inc()
    return base.keep_device(base.keep(doors.go("/", to=next_path), opened), known)


Renewed = sessions.NewSession | None
"""The session of this browser goes on under a new token; all others have ended."""


def start() -> None:
    with begin(doors.actor()) as work:
        totp.start(work, doors.reader().id)


def confirm(code: str) -> tuple[list[str], Renewed]:
    """Switched on by its first code: the recovery codes."""
    person, here = doors.reader().id, browser_session()
    with begin(doors.actor()) as work:
        account = throttle.account_hash("confirm", person)
        tried = throttle.begin_try(work, account, address=doors.address())
    with begin(doors.actor()) as work:
        codes = totp.confirm(work, person, code, keep=here.id)
        throttle.take_back(work, tried)
        return codes, sessions.renew(work, here.id)


def new_codes() -> tuple[list[str], Renewed]:
    person, here = doors.reader().id, browser_session()
    with begin(doors.actor()) as work:
        codes = totp.renew_recovery_codes(work, person, keep=here.id)
        return codes, sessions.renew(work, here.id)


def off() -> Renewed:
    person, here = doors.reader().id, browser_session()
    with begin(doors.actor()) as work:
        totp.turn_off(work, person, keep=here.id)
        return sessions.renew(work, here.id)
