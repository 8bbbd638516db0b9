"""The middle of the exchange: who is subscribed, what goes on, and the way to the customer.

Everything that happens goes over this one object: calls, conferences, queues, recordings, texts,
numbers and the people at them. It sends hooks and keeps faults, and decides nothing about calls
(see `legs` and the verbs).
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from helpdesk.exchange import parameters, signing
from helpdesk.exchange.agenda import Agenda, Clock
from helpdesk.exchange.calls import Call, Endpoint, Jump, Watch
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.grammar import Kind
from helpdesk.exchange.hooks import PATIENCE_SECONDS, Answer, Hook
from helpdesk.exchange.messages import Message
from helpdesk.exchange.programs import Program, Task
from helpdesk.exchange.queues import Queue
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.rooms import Room
from helpdesk.exchange.values import absolute_url, is_number

INVALID_URL = 11100
AGENT = "TwilioProxy/1.1"
TIMED_OUT = Answer(0, b"", "", PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class Account:
    sid: str
    token: str
    base: str = "https://api.twilio.com"  # what stands before addresses in answers


@dataclass(slots=True)
class Number:
    """A number of ours and where its calls and texts go."""

    sid: str
    number: str
    voice: Jump | None = None
    voice_fallback: Jump | None = None
    status_callback: Watch | None = None
    text: Jump | None = None
    text_fallback: Jump | None = None
    caller_names: bool = False


@dataclass(slots=True)
class Application:
    """A TwiML application: where calls from browsers go."""

    sid: str
    name: str
    voice: Jump | None = None
    voice_fallback: Jump | None = None
    status_callback: Watch | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that the carrier would have written into the account's error log."""

    code: int
    message: str
    at: datetime
    call_sid: str = ""
    url: str = ""


class Follow(Protocol):
    """Executes documents from a jump on; see `following`."""

    def __call__(
        self, switch: Switch, call: Call, jump: Jump, kind: Kind, base: str = ""
    ) -> Program[str]: ...


@dataclass(slots=True)
class Errand:
    hook: Hook
    then: Callable[[Answer], None]


@dataclass(eq=False)
class Switch:
    account: Account
    clock: Clock
    follow: Follow
    disturbance: Disturbance = field(default_factory=Disturbance)
    calls: dict[str, Call] = field(default_factory=dict)
    rooms: dict[str, Room] = field(default_factory=dict)
    open_rooms: dict[str, Room] = field(default_factory=dict)  # by name
    live: dict[str, Call] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    recordings: dict[str, Recording] = field(default_factory=dict)
    taping: dict[str, Recording] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    applications: dict[str, Application] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # API keys: their secrets
    services: dict[str, str] = field(default_factory=dict)  # messaging service: its number
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # media: kind, content
    opted_out: set[tuple[str, str]] = field(default_factory=set)  # (ours, theirs)
    wrote_at: dict[tuple[str, str], datetime] = field(default_factory=dict)  # the same pairs
    faults: list[Fault] = field(default_factory=list)
    errands: deque[Errand] = field(default_factory=deque)
    sounds: dict[str, float] = field(default_factory=dict)  # seconds of what was played before
    sent: int = 0
    seed: str = ""  # another one makes other sids
    puts_up: Callable[[str], object] | None = None  # a phone at any number that is rung
    log: deque[Hook] = field(default_factory=lambda: deque(maxlen=10_000))

    def __post_init__(self) -> None:
        self.agenda = Agenda(self.clock)
        self._endpoints: dict[str, list[Endpoint]] = {}
        self._made = 0

    def now(self) -> datetime:
        return self.clock.now()

    def new_sid(self, prefix: str) -> str:
        """The next sid: 32 hexadecimal digits, the same for the same account, seed and order."""
        self._made += 1
        text = f"{self.account.sid}{self.seed}:{prefix}:{self._made}"
        return prefix + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    # People

    def subscribe(self, address: str, endpoint: Endpoint) -> None:
        self._endpoints.setdefault(address, []).append(endpoint)

    def unsubscribe(self, address: str, endpoint: Endpoint) -> None:
        self._endpoints[address].remove(endpoint)

    def at(self, address: str) -> list[Endpoint]:
        if self.puts_up and is_number(address) and not self._endpoints.get(address):
            self.puts_up(address)
        return list(self._endpoints.get(address, ()))

    # Programs

    def run(self, program: Program[object], ended: Callable[[object], None]) -> Task:
        return Task(self.agenda, self.send, program, ended)

    # The way to the customer

    def fault(self, code: int, message: str, call: Call | None = None, url: str = "") -> None:
        self.faults.append(Fault(code, message, self.now(), call.sid if call else "", url))

    def send(self, hook: Hook, then: Callable[[Answer], None]) -> None:
        if wrong := absolute_url(hook.url):
            self.fault(INVALID_URL, wrong, url=hook.url)
            then(Answer(0))
        else:
            self.log.append(hook)
            self.errands.append(Errand(hook, then))

    def settle(self, errand: Errand, answer: Answer) -> None:
        """The courier is back; the answer counts once the time that it took has passed."""
        if answer.seconds > PATIENCE_SECONDS:
            answer = TIMED_OUT
        if answer.seconds > 0:
            self.agenda.after(answer.seconds, lambda: errand.then(answer))
        else:
            errand.then(answer)

    def hook(self, url: str, method: str, values: dict[str, str]) -> Hook:
        """A signed request. Of a GET the address carries the values and is what is signed."""
        url, _, _ = url.partition("#")
        params = tuple(signing.in_carriers_order(values))
        if method == "GET" and params:
            url += ("&" if urlsplit(url).query else "?") + urlencode(params)
        signed = params if method == "POST" else ()
        self.sent += 1
        token = hashlib.sha256(f"{self.account.sid}{self.seed}:{self.sent}".encode()).hexdigest()[
            :36
        ]
        headers = {
            "X-Twilio-Signature": signing.signature(self.account.token, url, signed),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": AGENT,
            "Accept": "*/*",
        }
        return Hook(url, params if method == "POST" else (), headers, method)

    def call_hook(self, call: Call, jump: Jump) -> Hook:
        values = parameters.of_call(self.account.sid, call) | jump.params
        return self.hook(jump.url, jump.method, values)

    def tell(self, watch: Watch, values: dict[str, str], call: Call | None = None) -> None:
        """One callback: as often and as late as the weather wants. Failures are faults."""
        hook = self.hook(watch.url, watch.method, values)

        def judge(answer: Answer) -> None:
            if not 200 <= answer.status < 300:
                self.fault(11200, f"a callback was answered {answer.status}", call, watch.url)

        for wait in self.disturbance.deliveries():
            self.agenda.after(wait, lambda: self.send(hook, judge))

    def tell_jump(self, call: Call, jump: Jump) -> None:
        """Ask an action although nobody waits for its answer any more."""
        hook = self.call_hook(call, jump)

        def judge(answer: Answer) -> None:
            if not 200 <= answer.status < 300:
                self.fault(11200, f"an action was answered {answer.status}", call, jump.url)

        self.agenda.soon(lambda: self.send(hook, judge))


def resolve(base: str, url: str) -> str:
    return urljoin(base, url) if url else base
