"""What a call does as a story: a generator that waits, asks the customer and is woken.

Exists so that "say this, then wait for keys, then ask where to go" reads from top to bottom. A
program yields `Wait` (for signals or time) or `Ask` (a hook) and is given what came. Signals that
arrive while it works are kept until it waits again. An interruption (hung up, redirected) is
raised where it waits, so that each part cleans up what it opened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from helpdesk.exchange.agenda import Agenda
from helpdesk.exchange.hooks import Answer, Hook

T = TypeVar("T")


class Signal:
    """Something that happened to a call."""


@dataclass(frozen=True, slots=True)
class Key(Signal):
    key: str


@dataclass(frozen=True, slots=True)
class Spoken(Signal):
    words: str


class TimeUp(Signal):
    """Nothing came within the time."""


TIME_UP = TimeUp()


@dataclass(frozen=True, slots=True)
class Wait:
    """For a signal, `seconds` at most (None: for ever)."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class Ask:
    hook: Hook


Program = Generator[Wait | Ask, Any, T]
Send = Callable[[Hook, Callable[[Answer], None]], None]


class Interruption(Exception):
    """The call goes elsewhere; whoever holds it lets go and raises on."""


class HungUp(Interruption):
    pass


class Redirected(Interruption):
    pass


class Afterwards:
    """Do something when a part of a program ends, however it does.

    Unlike `finally` not when a forgotten program is cleared away with its exchange: then nothing
    happens any more.
    """

    def __init__(self, action: Callable[[], None]) -> None:
        self._action = action

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not GeneratorExit:
            self._action()


class Task:
    """One program on its way. `ended` gets its result, or the interruption that ended it."""

    def __init__(
        self,
        agenda: Agenda,
        send: Send,
        program: Program[Any],
        ended: Callable[[Any], None] = lambda result: None,
    ) -> None:
        self._agenda, self._send, self._program, self._ended = agenda, send, program, ended
        self._inbox: deque[Signal] = deque()
        self._turn = 0  # a timer or answer of an earlier turn is stale
        self._waits = False
        self.over = False
        agenda.soon(lambda: self._go_on(0, None))

    def wake(self, signal: Signal) -> None:
        self._inbox.append(signal)
        if self._waits:
            turn = self._turn
            self._agenda.soon(lambda: self._look(turn))

    def interrupt(self, why: Interruption) -> None:
        """At once; never from inside the program itself."""
        if not self.over:
            self._turn += 1
            self._run(lambda: self._program.throw(why))

    def _look(self, turn: int) -> None:
        if self._waits and turn == self._turn and self._inbox:
            self._go_on(turn, self._inbox.popleft())

    def _go_on(self, turn: int, value: Any) -> None:
        if not self.over and turn == self._turn:
            self._turn += 1
            self._run(lambda: self._program.send(value))

    def _run(self, step: Callable[[], Wait | Ask]) -> None:
        self._waits = False
        try:
            wanted = step()
        except StopIteration as end:
            self._finish(end.value)
        except Interruption as why:
            self._finish(why)
        else:
            self._await(wanted)

    def _finish(self, result: Any) -> None:
        self.over = True
        self._ended(result)

    def _await(self, wanted: Wait | Ask) -> None:
        turn = self._turn
        if isinstance(wanted, Ask):
            self._send(wanted.hook, lambda answer: self._go_on(turn, answer))
            return
        self._waits = True
        if self._inbox:
            self._agenda.soon(lambda: self._look(turn))
        if wanted.seconds is not None:
            self._agenda.after(wanted.seconds, lambda: self._go_on(turn, TIME_UP))


def expect(
    agenda: Agenda, wanted: type[Signal] | tuple[type[Signal], ...], seconds: float | None
) -> Program[Signal]:
    """The first signal of a wanted kind, or TIME_UP; others are let go."""
    end = None if seconds is None else agenda.clock.now() + timedelta(seconds=seconds)
    while True:
        left = None if end is None else max(0.0, (end - agenda.clock.now()).total_seconds())
        signal: Signal = yield Wait(left)
        if signal is TIME_UP or isinstance(signal, wanted):
            return signal


def sleep(agenda: Agenda, seconds: float) -> Program[None]:
    """Let time pass, whatever happens meanwhile."""
    yield from expect(agenda, (), seconds)
