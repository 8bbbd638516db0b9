"""People on the line: a telephone with somebody at it, and an agent's browser as a phone.

Exists so that a test can be read as what people do: dial, listen, press, speak, hang up. What the
exchange does stands elsewhere; this only reaches into it through the same few doors as REST does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, Protocol, TypeVar

from helpdesk.exchange import legs, texting
from helpdesk.exchange.calls import Call, Jump, Watch
from helpdesk.exchange.messages import Message
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.values import is_number

T = TypeVar("T")
File = tuple[str, bytes]  # its kind, its content
WhenCalled = Literal["ring", "answer", "busy", "decline", "unreachable", "machine", "fax"]


class Board(Protocol):
    """The exchange as a phone sees it: do something under its lock, then let it work."""

    switch: Switch

    def do(self, what: Callable[[], T]) -> T: ...


class Handset:
    """What telephones and browsers have in common: one call at a time, heard and spoken into."""

    def __init__(self, board: Board, address: str, rings: bool = True) -> None:
        self.address = address
        self.when_called: WhenCalled = "ring"
        self.answer_after = 0.0
        self.answered_by = "human"
        self.greeting_seconds = 6.0
        self.call: Call | None = None
        self.ringing: Call | None = None
        self.calls: list[Call] = []
        self._board = board
        if rings:
            board.switch.subscribe(address, self)

    # What the exchange does to it

    def ring(self, call: Call) -> None:
        if self.call or self.ringing or self.when_called in {"busy", "decline"}:
            legs.refuse(self._board.switch, call, self, "busy")
            return
        if self.when_called == "unreachable":
            legs.refuse(self._board.switch, call, self, "failed")
            return
        self.ringing = call
        self.calls.append(call)
        if self.when_called in {"machine", "fax"}:
            self.answered_by = self.when_called
        if self.when_called != "ring":
            agenda = self._board.switch.agenda
            agenda.after(self.answer_after, lambda: self._lift(call))

    def stop(self, call: Call) -> None:
        self.ringing = None if self.ringing is call else self.ringing
        self.call = None if self.call is call else self.call

    # What the person does

    def answer(self) -> Call:
        call = self._needed(self.ringing, "nothing rings")
        self._board.do(lambda: self._lift(call))
        return call

    def decline(self) -> None:
        call = self._needed(self.ringing, "nothing rings")
        self.ringing = None
        self._board.do(lambda: legs.refuse(self._board.switch, call, self, "busy"))

    def press(self, keys: str) -> None:
        """One key after the other; whoever listens on the other side gets them as well."""
        call = self._needed(self.call, "no call")
        assert set(keys) <= set("0123456789*#"), keys
        self._board.do(lambda: self._keys(call, keys))

    def speak(self, words: str) -> None:
        call = self._needed(self.call, "no call")
        self._board.do(lambda: legs.speak(self._board.switch, call, words))

    def hang_up(self) -> None:
        call = self._needed(self.call or self.ringing, "no call")
        if call is self.ringing:
            self.decline()
        else:
            self._board.do(lambda: legs.hang_up(self._board.switch, call))

    def hear(self) -> list[str]:
        """What was heard in the current call, or in the last one."""
        return list(self.calls[-1].heard) if self.calls else []

    def _lift(self, call: Call) -> None:
        if self.ringing is call:
            self.ringing, self.call = None, call
            legs.answer(self._board.switch, call, self)

    def _keys(self, call: Call, keys: str) -> None:
        for key in keys:
            legs.press(self._board.switch, call, key)

    def _place(self, call: Call, voice: Jump | None) -> Call:
        assert not self.call, "this phone is in a call already"
        self.call = call
        self.calls.append(call)
        self._board.do(lambda: legs.take_in(self._board.switch, call, voice))
        return call

    def _needed(self, call: Call | None, wrong: str) -> Call:
        if call is None:
            raise RuntimeError(f"{self.address}: {wrong}")
        return call


class Phone(Handset):
    """A telephone with a number, which can text as well."""

    def __init__(self, board: Board, number: str) -> None:
        assert is_number(number), f"{number} is no number in E.164"
        super().__init__(board, number)
        self.number = number
        self.inbox: list[Message] = []
        self.reachable_by_text = True

    def dial(self, number: str, *, forwarded_from: str = "", name: str = "") -> Call:
        """Call a number of the account. `name` is what a caller-name look-up would find."""
        switch = self._board.switch
        ours = switch.numbers.get(number)
        assert ours, f"{number} is no number of this exchange's customer"
        now = switch.now()
        call = Call(
            switch.new_sid("CA"), self.number, number, "inbound", now, now, endpoints=[self],
            forwarded_from=forwarded_from, caller_name=name if ours.caller_names else "",
            number_sid=ours.sid, fallback=ours.voice_fallback, watch=ours.status_callback,
        )  # fmt: skip
        return self._place(call, ours.voice)

    def text(
        self, number: str, body: str, media: Sequence[str] = (), files: Sequence[File] = ()
    ) -> Message:
        """Send a text to a number of the account, with addresses or with files of its own."""
        switch = self._board.switch
        return self._board.do(
            lambda: texting.receive(switch, self.number, number, body, media, files)
        )

    def whatsapp(
        self, number: str, body: str, media: Sequence[str] = (), files: Sequence[File] = ()
    ) -> Message:
        ours, theirs = f"whatsapp:{number}", f"whatsapp:{self.number}"
        return self._board.do(
            lambda: texting.receive(self._board.switch, theirs, ours, body, media, files)
        )


class Device(Handset):
    """A browser registered under a name. Several may share one: all ring, one answers."""

    def __init__(
        self, board: Board, identity: str, application_sid: str = "", incoming: bool = True
    ) -> None:
        super().__init__(board, f"client:{identity}", rings=incoming)
        self.identity = identity
        self.application_sid = application_sid

    def connect(self, params: Mapping[str, str] | None = None) -> Call:
        """Place a call out: the TwiML application decides what becomes of it.

        `params` of the browser's own go with the first request and no other.
        """
        switch, custom = self._board.switch, dict(params or {})
        application = switch.applications[self.application_sid]
        now = switch.now()
        call = Call(
            switch.new_sid("CA"), self.address, custom.pop("To", ""), "inbound", now, now,
            endpoints=[self], application_sid=application.sid,
            fallback=application.voice_fallback, watch=application.status_callback,
        )  # fmt: skip
        voice = application.voice
        return self._place(call, replace(voice, params=custom) if voice else None)

    def vanish(self, noticed_after: float = 10.0) -> None:
        """The browser dies without a word: it rings no more, and its call ends once noticed."""
        switch, call = self._board.switch, self.call
        self._board.do(lambda: switch.unsubscribe(self.address, self))
        if call:
            switch.agenda.after(noticed_after, lambda: legs.hang_up(switch, call))

    def unregister(self) -> None:
        """The browser is closed: a call in progress breaks off, and it rings no more."""
        self._board.switch.unsubscribe(self.address, self)
        if self.call or self.ringing:
            self.hang_up()


def completed_only(jump: Jump | None) -> Watch | None:
    """Who is told when an inbound call is over: the number's or application's callback."""
    return Watch(jump.url, jump.method, frozenset({"completed"})) if jump else None
