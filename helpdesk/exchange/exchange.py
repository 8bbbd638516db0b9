"""The exchange as its users see it: numbers and people at it, time, REST, and what went wrong.

Exists to put the parts together and to let time pass: `advance` does everything that is due, one
thing after the other in this thread, hooks included. A hook may call the REST API of the same
exchange while it runs. For a clock that goes by itself see `live`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from helpdesk.core import clock as core_clock
from helpdesk.core.config import EXCHANGE_ACCOUNT
from helpdesk.exchange import legs
from helpdesk.exchange.access_tokens import granted
from helpdesk.exchange.agenda import Clock, LiveClock, MovedClock
from helpdesk.exchange.calls import Call, Jump
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.following import follow
from helpdesk.exchange.hooks import Answer, Courier, Hook
from helpdesk.exchange.phones import Device, Phone, completed_only
from helpdesk.exchange.signing import with_body_hash
from helpdesk.exchange.switch import Account, Application, Errand, Fault, Number, Switch

T = TypeVar("T")
ACCOUNT_SID = EXCHANGE_ACCOUNT
AUTH_TOKEN = "no secret: a token of the exchange"
STEPS_AT_ONE_INSTANT = 50_000


class ExchangeFault(AssertionError):
    """The carrier would have put this into its error log."""


class Exchange:
    def __init__(
        self, courier: Courier, *, account: Account | None = None, clock: Clock | None = None,
        disturbance: Disturbance | None = None, strict: bool = True,
    ) -> None:  # fmt: skip
        """`strict`: a fault is raised to whoever moves the clock, not only kept in `faults`."""
        self.switch = Switch(
            account or Account(ACCOUNT_SID, AUTH_TOKEN), clock or MovedClock(), follow,
            disturbance or Disturbance(),
        )  # fmt: skip
        self.courier = courier
        self.strict = strict
        self.lock = threading.RLock()
        self.woken: Callable[[], None] = lambda: None  # whoever runs a live exchange
        self._working = False
        self._raised = 0

    # Who is there

    def number(
        self, number: str, *, voice_url: str = "", voice_fallback_url: str = "",
        status_callback: str = "", sms_url: str = "", sms_fallback_url: str = "",
        caller_names: bool = False,
    ) -> Number:  # fmt: skip
        """A number of the account."""
        made = Number(
            self.switch.new_sid("PN"), number, _jump(voice_url), _jump(voice_fallback_url),
            completed_only(_jump(status_callback)), _jump(sms_url), _jump(sms_fallback_url),
            caller_names,
        )  # fmt: skip
        self.switch.numbers[number] = made
        return made

    def application(
        self, voice_url: str, *, voice_fallback_url: str = "", status_callback: str = "",
        sid: str = "", name: str = "",
    ) -> Application:  # fmt: skip
        made = Application(
            sid or self.switch.new_sid("AP"), name, _jump(voice_url), _jump(voice_fallback_url),
            completed_only(_jump(status_callback)),
        )  # fmt: skip
        self.switch.applications[made.sid] = made
        return made

    def messaging_service(self, number: str) -> str:
        sid = self.switch.new_sid("MG")
        self.switch.services[sid] = number
        return sid

    def phone(self, number: str) -> Phone:
        return Phone(self, number)

    def device(self, identity: str, application_sid: str = "") -> Device:
        return Device(self, identity, application_sid)

    def api_key(self) -> tuple[str, str]:
        """Sid and secret with which access tokens for browsers are signed."""
        sid = self.switch.new_sid("SK")
        self.switch.keys[sid] = f"secret of {sid}"
        return sid, self.switch.keys[sid]

    def register(self, token: str) -> Device:
        """What a browser does with its access token; raises TokenRefused."""
        grant = granted(token, self.switch.account.sid, self.switch.keys, self.now())
        return Device(self, grant.identity, grant.application_sid, grant.incoming)

    def reachable_at(self, base: str) -> None:
        """Where the REST API is served: addresses of recordings begin with it."""
        self.switch.account = replace(self.switch.account, base=base)

    # Time

    def now(self) -> datetime:
        return self.switch.now()

    def advance(self, seconds: float) -> None:
        """Let time pass and everything happen that is due."""
        self._work(self.now() + timedelta(seconds=seconds))

    def settle(self) -> None:
        """Do what is due now, without time passing."""
        self.advance(0)

    def run_until(self, true: Callable[[], object], within: float = 600.0) -> None:
        """From one thing that is due to the next until something holds; refuses to wait longer."""
        self.settle()
        end = self.now() + timedelta(seconds=within)
        while not true():
            due = self.switch.agenda.next_due()
            if due is None or due > end:
                raise AssertionError(f"did not come about within {within} s on the exchange")
            self._work(due)

    def do(self, what: Callable[[], T]) -> T:
        """A person does something; then everything that follows at once."""
        with self.lock:
            done = what()
        if isinstance(self.switch.clock, LiveClock):
            self.woken()
        else:
            self.settle()
        return done

    def _work(self, until: datetime) -> None:
        if self._working:
            return
        self._working = True
        try:
            self._until(until)
        finally:
            self._working = False
        self.check()

    def _until(self, until: datetime) -> None:
        last, steps = self.now(), 0
        while (step := self.step(until)) != "idle":
            if isinstance(step, Errand):
                answer = self._carried(step)
                with self.lock:
                    self.switch.settle(step, answer)
            steps = steps + 1 if self.now() == last else 0
            last = self.now()
            if steps > STEPS_AT_ONE_INSTANT:
                raise RuntimeError("the exchange goes round in a circle and no time passes")
        self.switch.clock.reach(until)

    def step(self, until: datetime) -> Errand | Literal["done", "idle"]:
        """One thing that is due is done, or handed out as a hook to carry; or nothing is left."""
        with self.lock:
            if self.switch.errands:
                return self.switch.errands.popleft()
            action = self.switch.agenda.take(until)
            if action is None:
                return "idle"
            action()
            return "done"

    def _carried(self, errand: Errand) -> Answer:
        """Inside a hook it is the exchange's time for the customer as well."""
        moved = isinstance(self.switch.clock, MovedClock)
        with core_clock.moved_to(self.now()) if moved else nullcontext():
            return self.carry(errand)

    def carry(self, errand: Errand) -> Answer:
        return self.deliver(errand.hook)

    # The way to the customer, for tests of doors

    @property
    def sent(self) -> list[Hook]:
        """What was sent, oldest first: to be sent again, say."""
        return list(self.switch.log)

    def signed(self, url: str, values: dict[str, str], method: str = "POST") -> Hook:
        """A request with a right signature and any parameters whatever."""
        return self.switch.hook(url, method, values)

    def signed_json(self, url: str, body: bytes) -> tuple[str, dict[str, str]]:
        """The address and the headers of a right request with a body of JSON."""
        hashed = with_body_hash(url, body)
        hook = self.switch.hook(hashed, "POST", {})
        return hashed, hook.headers | {"Content-Type": "application/json"}

    def deliver(self, hook: Hook) -> Answer:
        """Carry one request now, apart from everything else."""
        return self.courier.post(hook.url, hook.params, hook.headers, hook.method)

    # What there is to see

    @property
    def faults(self) -> list[Fault]:
        return self.switch.faults

    def check(self) -> None:
        """Raise what went wrong since the last time, when strict."""
        new, self._raised = self.faults[self._raised :], len(self.faults)
        if self.strict and new:
            raise ExchangeFault("; ".join(f"{f.code} {f.message} ({f.url})" for f in new))

    @property
    def calls(self) -> dict[str, Call]:
        return self.switch.calls

    def call(self, sid: str) -> Call:
        return self.switch.calls[sid]

    def hears(self, call_sid: str) -> set[str]:
        """The sids of the calls whose voices reach this one at this moment."""
        with self.lock:
            return legs.heard_by(self.switch.calls[call_sid])


def _jump(url: str) -> Jump | None:
    return Jump(url) if url else None
