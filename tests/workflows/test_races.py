"""Rows L3 and L6: an answer against a deadline, a message against an end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.routing.models import Assignment, Offer, WorkItem
from helpdesk.workflows import chat, desk, sweeping
from tests.workflows.people import come_in, make_floor, offer_of, start_chat

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROUNDS = 8


def test_L3_an_accept_at_the_deadline_wins_or_loses_but_never_both(database: object) -> None:
    with clock.moved_to(START):
        floor = make_floor("Anna")
        come_in(floor.anna)
        started = start_chat(floor)
        with reading(floor.anna) as work:
            offer_id = offer_of(work, floor.anna) or ""
    barrier = Barrier(2)

    def accept() -> bool:
        barrier.wait()
        try:
            with clock.moved_to(START + timedelta(seconds=29)), begin(floor.anna) as work:
                desk.accept_offer(work, offer_id)
        except Conflict:
            return False
        return True

    def expire() -> None:
        barrier.wait()
        with clock.moved_to(START + timedelta(seconds=31)):
            sweeping.expire_offers()

    with ThreadPoolExecutor(2) as crew:
        taken, _ = crew.submit(accept), crew.submit(expire).result()
        accepted = taken.result()
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
        barrier = Barrier(2)
        visitor = Actor("visitor", started.visitor_id)

        def say(n: int = n, visitor: Actor = visitor, chat_id: str = started.conversation_id,
                barrier: Barrier = barrier) -> bool:  # fmt: skip
            barrier.wait()
            try:
                with begin(visitor) as work:
                    chat.say(work, chat_id, text="one more", client_msg_id=f"l6-{n}")
            except Conflict as refused:
                return refused.code != "conversation_ended"
            return True

        def end(chat_id: str = started.conversation_id, barrier: Barrier = barrier) -> None:
            barrier.wait()
            with begin(floor.anna) as work:
                chat.end_conversation(work, chat_id, ended_by="system")

        with ThreadPoolExecutor(2) as crew:
            said, ended = crew.submit(say), crew.submit(end)
            ended.result()
            kept = said.result()
        with reading(floor.anna) as work:
            stored = work.session.scalars(
                select(Message.client_msg_id).where(
                    Message.conversation_id == started.conversation_id,
                    Message.client_msg_id == f"l6-{n}",
                )
            ).all()
        assert len(stored) == kept
