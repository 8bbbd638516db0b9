"""`centre`: a help desk with two agents, a number at an exchange in this process, and a caller.

In every test here it is watched that nobody who holds a connection to the database asks for another
one, or waits for the carrier: many at once would wait for each other until none is left.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from helpdesk.core.db import Database
from tests.telephone.centre import Centre, opened
from tests.telephone.exchange_line import Straight


@pytest.fixture
def centre(app: Flask) -> Iterator[Centre]:
    with opened(app) as made:
        yield made


class Connections:
    """How many connections each thread holds, and where one asked for more than its own."""

    def __init__(self) -> None:
        self.held: dict[int, int] = {}
        self.faults: list[str] = []

    def taken(self, *_: Any) -> None:
        me = threading.get_ident()
        self.held[me] = self.held.get(me, 0) + 1
        if self.held[me] > 1:
            self._note("a second connection")

    def given_back(self, *_: Any) -> None:
        me = threading.get_ident()
        self.held[me] = self.held.get(me, 0) - 1

    def waits_for_the_carrier(self) -> None:
        if self.held.get(threading.get_ident(), 0) > 0:
            self._note("an order to the carrier")

    def _note(self, what: str) -> None:
        here = [f"{one.filename}:{one.lineno}" for one in traceback.extract_stack()[:-2]]
        ours = [place for place in here if "/helpdesk/" in place]
        if ours:  # a test itself may look while it changes something
            self.faults.append(f"{what} while one was held: {' < '.join(reversed(ours[-8:]))}")


@pytest.fixture(autouse=True)
def connections(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    seen, request = Connections(), Straight.request
    engines = [database.engine] if database.url.startswith("postgres") else []
    if not engines:
        engines = [database.engine, database.read_engine]
    for engine in engines:
        event.listen(engine, "checkout", seen.taken)
        event.listen(engine, "checkin", seen.given_back)

    def asked(self: Straight, *given: Any, **named: Any) -> Any:
        seen.waits_for_the_carrier()
        return request(self, *given, **named)

    monkeypatch.setattr(Straight, "request", asked)
    yield
    for engine in engines:
        event.remove(engine, "checkout", seen.taken)
        event.remove(engine, "checkin", seen.given_back)
    assert seen.faults == []
