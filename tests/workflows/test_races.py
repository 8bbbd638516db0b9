"""Rows L3, L6 and L8: an answer against a deadline, words against an end, two first mails."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.customers import service as customers
from helpdesk.mail.reading import readers
from helpdesk.routing.models import Assignment, Offer, WorkItem
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases, cases_line, cases_merge, chat, desk, mail_in, sweeping
from tests.workflows.people import SETUP, Floor, come_in, make_floor, offer_of, start_chat
from tests.workflows.postroom import make_postroom

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROUNDS = 12


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """All of them from the same moment on; what each answered."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as crew:
        return [one.result() for one in [crew.submit(run, act) for act in acts]]


@pytest.mark.parametrize("_round", range(5))
def test_L3_an_accept_at_the_deadline_wins_or_loses_but_never_both(
    database: object, _round: int
) -> None:
    with clock.moved_to(START):
        floor = make_floor("Anna")
        come_in(floor.anna)
        started = start_chat(floor)
        with reading(floor.anna) as work:
            offer_id = offer_of(work, floor.anna) or ""

    def accept() -> bool:
        try:
            with clock.moved_to(START + timedelta(seconds=29)), begin(floor.anna) as work:
                desk.accept_offer(work, offer_id)
        except Conflict:
            return False
        return True

    def expire() -> None:
        with clock.moved_to(START + timedelta(seconds=31)):
            sweeping.expire_offers()

    accepted, _ = at_once(accept, expire)
    with reading(floor.anna) as work:
        state = work.session.get_one(Offer, offer_id).state
        item = work.session.get_one(WorkItem, started.work_item_id)
        held = work.session.scalars(
            select(Assignment).where(Assignment.work_item_id == item.id)
        ).all()
    assert (state == "accepted") == accepted == (len(held) == 1) == (item.state == "assigned")


def test_L6_a_message_against_an_end_is_kept_or_refused_never_lost(database: object) -> None:
    floor = make_floor("Anna")
    come_in(floor.anna)
    for n in range(ROUNDS):
        started = start_chat(floor)
        at_once(
            partial(_say, started, f"l6-{n}", kept := []),
            partial(_end, floor.anna, started.conversation_id),
        )
        assert len(_messages(Message.client_msg_id == f"l6-{n}")) == len(kept)


def _say(started: chat.Started, client_msg_id: str, kept: list[str]) -> None:
    try:
        with begin(Actor("visitor", started.visitor_id)) as work:
            chat.say(work, started.conversation_id, text="one more", client_msg_id=client_msg_id)
    except Conflict as refused:
        if refused.code == "conversation_ended":
            return
    kept.append(client_msg_id)


def _end(actor: Actor, conversation_id: str) -> None:
    with begin(actor) as work:
        chat.end_conversation(work, conversation_id, ended_by="system")


def _messages(which: ColumnElement[bool]) -> list[Message]:
    with reading(SETUP) as work:
        return list(work.session.scalars(select(Message).where(which)))


@pytest.mark.parametrize("what", ["merged", "closed"])
def test_L6_words_against_a_merge_or_an_end_of_their_ticket_stand_where_it_went(
    database: object, what: str
) -> None:
    floor = make_floor("Anna")
    with begin(SETUP) as work:
        ada = customers.create_customer(work, name="Ada").id
    for n in range(ROUNDS):
        source, target = (_case(floor, ada) for _ in range(2))
        end = (
            partial(_merge, floor.anna, source, target)
            if what == "merged"
            else partial(_close, floor.anna, source)
        )
        me = f"agent:{floor.anna.id}"
        at_once(
            partial(_reply, floor.anna, source, me, f"From us {n}"),
            partial(_reply, SETUP, source, "visitor", f"From them {n}"),
            end,
        )
        goes_to = target if what == "merged" else source
        for text in (f"From us {n}", f"From them {n}"):
            [message] = _messages(Message.text == text)
            with reading(SETUP) as work:
                thread = work.session.get_one(Conversation, message.conversation_id)
            assert thread.ticket_id == goes_to


def _case(floor: Floor, customer_id: str) -> str:
    with begin(SETUP) as work:
        return cases.open_case(
            work, customer_id=customer_id, subject="x", body="x", channel="email",
            queue=floor.queue_id,
        ).ticket.id  # fmt: skip


def _reply(actor: Actor, ticket_id: str, author: str, text: str) -> None:
    with begin(actor) as work:
        cases.reply(work, ticket_id, author=author, text=text, public=True)


def _merge(actor: Actor, source: str, target: str) -> None:
    with begin(actor) as work:
        cases_merge.merge(work, source, target)


def _close(actor: Actor, ticket_id: str) -> None:
    for state in ("resolved", "closed"):
        with begin(actor) as work:
            cases_line.set_state(work, ticket_id, state)


def test_L8_two_first_mails_of_a_new_sender_at_once_are_two_cases_of_one_person(
    database: Database, tmp_path: Path
) -> None:
    post = make_postroom(tmp_path)
    for n in range(ROUNDS):
        sender = f"ada{n}@customer.example"
        mails = [post.raw(sender=sender, text=f"{word} {n}") for word in ("One", "Two")]
        made = at_once(*(partial(mail_in.deliver, io.BytesIO(raw)) for raw in mails))
        assert [one.outcome for one in made] == ["ticket", "ticket"]
        with reading(SETUP) as work:
            owners = {work.session.get_one(Ticket, one.ticket_id).customer_id for one in made}
        assert len(owners) == 1
        assert len(_messages(Message.text.in_([f"One {n}", f"Two {n}"]))) == 2
    readers.close()
