"""`line` is a floor with a number of ours at the exchange, which reaches the application of this
test; `kim` is a customer with a phone. Time is the exchange's, for us as well."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.serving import make_server

from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels.models import Conversation, Message
from helpdesk.core import clock
from helpdesk.core.config import Settings
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.exchange.couriers import AppCourier
from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.http import create_app
from helpdesk.exchange.phones import Phone
from helpdesk.texts import place
from helpdesk.workflows import desk, texts_files, texts_sending
from tests.texts.files import Files
from tests.workflows.people import SETUP, Floor, come_in, make_floor, offer_of

CENTRE = "+442071838750"
KIM = "+447400123456"


@dataclass
class Line:
    """The desk and the exchange as one scene. `files` are what lies at the carrier's."""

    exchange: Exchange
    floor: Floor
    files: Files
    asked: list[str] = field(default_factory=list)

    def pass_time(self, seconds: float) -> None:
        """Time goes by at the exchange; what is due with us is done."""
        self.exchange.advance(seconds)
        self.work_off()

    def work_off(self) -> None:
        with clock.moved_to(self.exchange.now()):
            texts_sending.send_due()
            texts_files.fetch_due()
        self.exchange.settle()

    def take(self) -> str:
        """Anna takes what is offered to her; answers the conversation."""
        anna = self.floor.anna
        with clock.moved_to(self.exchange.now()):
            with reading(anna) as work:
                offer_id = offer_of(work, anna)
            assert offer_id, "nothing is offered"
            with begin(anna) as work:
                _, item = desk.accept_offer(work, offer_id)
        return item.subject_id

    def write(self, conversation_id: str, text: str, **given: object) -> int:
        """Anna writes; her words leave."""
        with clock.moved_to(self.exchange.now()), begin(self.floor.anna) as work:
            posted = desk.send_message(
                work, conversation_id, text=text, public=True, client_msg_id=new_id(), **given
            )  # type: ignore[arg-type]
        self.work_off()
        return posted.seq

    def end(self, conversation_id: str) -> None:
        with clock.moved_to(self.exchange.now()), begin(self.floor.anna) as work:
            desk.end_by_agent(work, conversation_id)

    def wrap_up(self, conversation_id: str) -> None:
        with clock.moved_to(self.exchange.now()), begin(self.floor.anna) as work:
            desk.finish_wrap_up(work, conversation_id, outcome="resolved")

    def conversations(self) -> list[Conversation]:
        with reading(SETUP) as work:
            wanted = select(Conversation).order_by(Conversation.opened_at, Conversation.id)
            return list(work.session.scalars(wanted))

    def messages(self, conversation_id: str) -> list[Message]:
        with reading(SETUP) as work:
            wanted = select(Message).where(Message.conversation_id == conversation_id)
            return list(work.session.scalars(wanted.order_by(Message.seq)))


@pytest.fixture
def line(app: Flask, settings: Settings) -> Iterator[Line]:
    with ExitStack() as running:
        files = Files()
        exchange = Exchange(AppCourier(app.test_client()))
        base = _serve(running, exchange, files)
        own = replace(
            settings,
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_api_base=base,
        )
        app.extensions["helpdesk"] = own
        place.configure(own)
        files.base = f"{base}/files"
        exchange.number(CENTRE, sms_url="http://localhost/hooks/twilio/sms")
        with clock.moved_to(exchange.now()):
            floor = make_floor("Anna")
            with begin(SETUP) as work:
                number = PhoneNumber(
                    id=new_id(),
                    number=CENTRE,
                    name="Main",
                    queue_id=floor.queue_id,
                    created_at=work.at,
                )
                work.session.add(number)
            come_in(floor.anna)
        yield Line(exchange, floor, files)


def _serve(running: ExitStack, exchange: Exchange, files: Files) -> str:
    files.rest = create_app(exchange)
    server = make_server("127.0.0.1", 0, files, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    running.callback(server.server_close)
    running.callback(thread.join)
    running.callback(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def kim(line: Line) -> Phone:
    return line.exchange.phone(KIM)
