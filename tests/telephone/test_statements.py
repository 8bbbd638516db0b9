"""What each voice hook costs: the statements it sends, which must not grow by themselves.

Measured times need a quiet machine and stand in benchmarks/hooks.py.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, text
from twilio.request_validator import RequestValidator

from helpdesk.carriers.twilio.words import identity_of
from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN
from helpdesk.routing import roster
from helpdesk.workflows import telephone_carrying
from tests.telephone.centre import HOOKS, NUMBER, Centre

# By database, the most there may be: SQLite is sent each row by itself.
MOST = {
    "arrive": (24, 36), "wait": (7, 8), "next": (6, 7), "left": (29, 34), "status": (29, 34),
    "again": (6, 8), "offered": (22, 33), "agent": (24, 27), "room": (8, 10), "over": (23, 26),
    "end": (30, 35), "hold": (0, 0), "fallback": (0, 0),
}  # fmt: skip


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of this thread: others of the process have their own to send."""
    ran: list[str] = []
    here = threading.get_ident()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if threading.get_ident() == here:
            ran.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        event.remove(Engine, "before_cursor_execute", note)


class Line:
    def __init__(self, app: Flask, n: int, **told: str) -> None:
        self.client = app.test_client()
        self.told = {
            "AccountSid": ACCOUNT_SID, "CallSid": f"CA{n:032x}", "From": f"+4474{n:08d}",
            "To": NUMBER, "CallStatus": "in-progress", "Direction": "inbound", **told,
        }  # fmt: skip

    def asks(self, path: str, **more: str) -> None:
        told = self.told | more
        signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{HOOKS}{path}", told)
        answer = self.client.post(
            f"/hooks/twilio{path}", data=told, headers={"X-Twilio-Signature": signature}
        )
        assert answer.status_code < 300


def cost(line: Line, path: str, **more: str) -> int:
    with counted() as ran:
        line.asks(path, **more)
    return len(ran)


@pytest.fixture
def taken(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> Iterator[Centre]:
    """Orders stay where they are: what carries them out has statements of its own."""
    telephone_carrying.use(None)
    monkeypatch.setattr(roster, "KEPT_S", 3600)  # however slow the machine is
    with clock.moved_to(centre.exchange.now()):
        yield centre


def test_each_voice_hook_sends_few_statements(
    taken: Centre, app: Flask, database: Database
) -> None:
    centre, found = taken, {}
    Line(app, 9).asks("/voice")  # what is read once and kept is read now
    lines = [Line(app, n) for n in range(3)]
    found["arrive"] = cost(lines[0], "/voice", CallStatus="ringing")
    found["wait"] = cost(lines[0], "/voice/wait")
    found["next"] = cost(lines[0], "/voice/next")
    found["hold"] = cost(lines[0], "/voice/hold")
    found["fallback"] = cost(lines[0], "/voice/fallback")
    found["status"] = cost(lines[0], "/status", CallStatus="completed")
    found["again"] = cost(lines[0], "/status", CallStatus="completed", Timestamp="later")
    lines[1].asks("/voice")
    found["left"] = cost(lines[1], "/voice/left", CallStatus="completed", QueueResult="hangup")
    Line(app, 9).asks("/status", CallStatus="completed")
    centre.comes_in(centre.anna)
    found["offered"] = cost(lines[2], "/voice", CallStatus="ringing")
    centre.accepts(centre.anna)
    with centre.look() as work:
        conversation_id = work.session.scalar(
            text("SELECT conversation_id FROM carrier_call WHERE sid = :sid"),
            {"sid": lines[2].told["CallSid"]},
        )
    address = f"client:{identity_of(centre.anna.id)}"
    page = Line(app, 7, From=address, To="", call=str(conversation_id))
    found["agent"] = cost(page, "/voice/agent")
    event = {"StatusCallbackEvent": "participant-join", "ConferenceSid": "CF" + "0" * 32}
    found["room"] = cost(page, "/voice/room", **event)
    found["over"] = cost(page, "/voice/over", CallStatus="completed")
    found["end"] = cost(lines[2], "/status", CallStatus="completed")
    over = {name: n for name, n in found.items() if n > MOST[name][database.is_sqlite]}
    assert found.keys() == MOST.keys()
    assert over == {}, f"all of them: {found}"
