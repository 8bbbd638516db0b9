"""A call centre for tests: the program's own hooks on one side, an exchange on the other.

Time is the exchange's. What people do at the desk happens at its instant too, and orders to the
carrier go out in the same thread, right after the commit that wrote them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Flask
from sqlalchemy import select

from helpdesk.calls import queries as calls
from helpdesk.calls.models import Call, CallLeg
from helpdesk.carriers.models import CarrierOrder, PhoneNumber
from helpdesk.carriers.twilio.line import TwilioLine
from helpdesk.carriers.twilio.words import identity_of
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.aside import at_once
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.exchange.couriers import AppCourier
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.phones import Device, Phone
from helpdesk.workflows import desk, sweeping, telephone_carrying, telephone_hearing
from tests.telephone.exchange_line import Straight, client
from tests.workflows.people import SETUP, Floor, come_in, make_floor, offer_of

NUMBER = "+442071838750"
HOOKS = "http://localhost/hooks/twilio"
GREETING = "Welcome to the shop."


@dataclass
class Centre:
    exchange: Exchange
    floor: Floor
    rest: Straight
    app: Flask
    caller: Phone
    application: str
    pages: dict[str, Device] = field(default_factory=dict)

    @property
    def anna(self) -> Actor:
        return self.floor.anna

    @property
    def ben(self) -> Actor:
        return self.floor.ben

    # At the desk

    @contextmanager
    def at(self, actor: Actor = SETUP) -> Iterator[Work]:
        with clock.moved_to(self.exchange.now()), begin(actor) as work:
            yield work
        self.exchange.settle()

    @contextmanager
    def look(self, actor: Actor = SETUP) -> Iterator[Work]:
        with clock.moved_to(self.exchange.now()), reading(actor) as work:
            yield work

    def comes_in(self, agent: Actor) -> None:
        with clock.moved_to(self.exchange.now()):
            come_in(agent, f"sid-{agent.id}")

    def offer(self, agent: Actor) -> str | None:
        with self.look() as work:
            return offer_of(work, agent)

    def accepts(self, agent: Actor) -> None:
        offer = self.offer(agent)
        assert offer, "nothing is offered"
        with self.at(agent) as work:
            desk.accept_offer(work, offer)

    def page(self, agent: Actor) -> Device:
        """The agent's browser as the carrier knows it."""
        if agent.id not in self.pages:
            self.pages[agent.id] = self.exchange.device(identity_of(agent.id), self.application)
        return self.pages[agent.id]

    def speaks(self, agent: Actor) -> None:
        self.page(agent).connect({"call": self.call.conversation_id})

    def answers(self, agent: Actor) -> None:
        self.accepts(agent)
        self.speaks(agent)

    def sweep(self, seconds: float) -> None:
        """Time passes, and what the sweeper does each second is done."""
        for _ in range(round(seconds)):
            self.exchange.advance(1)
            with clock.moved_to(self.exchange.now()):
                sweeping.mend_calls()
                telephone_carrying.carry_out_due()
                telephone_hearing.work_in_left_over()
            self.exchange.settle()

    # What there is to see

    @property
    def call(self) -> Call:
        with self.look() as work:
            return work.session.scalars(select(Call).order_by(Call.began_at.desc())).first()  # type: ignore[return-value]

    def count(self, table: Any) -> int:
        with self.look() as work:
            return len(work.session.scalars(select(table)).all())

    def legs(self) -> dict[str, CallLeg]:
        """Live legs by who they are: "caller", or a name."""
        names = {
            agent.id: name for agent, name in zip(self.floor.agents, ["anna", "ben"], strict=True)
        }
        with self.look() as work:
            found = calls.legs(work, self.call.conversation_id)
            return {names.get(leg.who, leg.who): leg for leg in found}

    def undone(self) -> list[CarrierOrder]:
        with self.look() as work:
            wanted = select(CarrierOrder).where(CarrierOrder.done_at.is_(None))
            return list(work.session.scalars(wanted))

    def hears(self, one: Device | Phone, other: Device | Phone) -> bool:
        assert one.call
        assert other.call
        return other.call.sid in self.exchange.hears(one.call.sid)

    def talk(self, one: Device | Phone, other: Device | Phone) -> bool:
        return self.hears(one, other) and self.hears(other, one)


def furnish(app: Flask) -> None:
    settings = app.extensions["helpdesk"]
    app.extensions["helpdesk"] = replace(
        settings,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=AUTH_TOKEN,
        twilio_api_key="SK" + "0" * 32,
        twilio_api_secret="a secret of the exchange, long enough",
        twilio_application="AP" + "0" * 32,
    )


@contextmanager
def opened(
    app: Flask, *, weather: Disturbance | None = None, strict: bool = True, **queue: Any
) -> Iterator[Centre]:
    furnish(app)
    exchange = Exchange(AppCourier(app.test_client()), disturbance=weather, strict=strict)
    exchange.number(
        NUMBER, voice_url=f"{HOOKS}/voice", voice_fallback_url=f"{HOOKS}/voice/fallback",
        status_callback=f"{HOOKS}/status",
    )  # fmt: skip
    application = exchange.application(f"{HOOKS}/voice/agent", status_callback=f"{HOOKS}/status")
    with clock.moved_to(exchange.now()):
        floor = make_floor(**queue)
        with begin(SETUP) as work:
            work.session.add(
                PhoneNumber(
                    id=new_id(), number=NUMBER, name="Sales", queue_id=floor.queue_id,
                    greeting=GREETING, created_at=work.at,
                )
            )  # fmt: skip
    rest, straight = client(exchange)
    telephone_carrying.use(TwilioLine(rest, HOOKS), run=at_once)
    try:
        yield Centre(
            exchange, floor, straight, app, exchange.phone("+447400123456"), application.sid
        )
    finally:
        telephone_carrying.use(None)
