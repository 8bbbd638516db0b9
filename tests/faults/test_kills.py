"""kill -9 of each part while visitors and agents work: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select

from helpdesk.channels.models import Conversation, Message
from helpdesk.core import db
from helpdesk.core.actors import system
from helpdesk.core.redis import connection
from helpdesk.core.work import reading
from helpdesk.routing.models import AgentState, Assignment, Offer, Slot, WorkItem
from tests.faults.bots import Agent, Visitor
from tests.faults.house import House, open_house
from tests.real.loops import run
from tests.real.server import Installation

pytestmark = [pytest.mark.faults, pytest.mark.timeout(150)]

ONLOOKER = system("onlooker")


async def crowd(house: House, during: Callable[[], Awaitable[None]]) -> list[Visitor]:
    """Six visitors and two agents at work, something happening meanwhile, and time to recover."""
    url = house.running.url
    visitors = [Visitor(url, house.site_key, f"v{n}") for n in range(6)]
    agents = [Agent(url, token) for token in house.tokens]
    tasks = [asyncio.create_task(one.live()) for one in [*agents, *visitors]]
    await asyncio.sleep(3)
    await during()
    done_before = [v.sent for v in visitors]
    for _ in range(100):
        await asyncio.sleep(0.2)
        if all(v.sent >= n + 5 for v, n in zip(visitors, done_before, strict=True)):
            break
    for visitor in visitors:
        visitor.stopping = True
    await asyncio.sleep(3)
    for agent in agents:
        agent.stopping = True
    await asyncio.wait(tasks, timeout=10)
    for v, n in zip(visitors, done_before, strict=True):
        assert v.sent >= n + 5, f"{v.name} did not get going again: {v.sent} after {n}"
    return visitors


def check(house: House, visitors: list[Visitor]) -> None:
    """The invariants, asked of the database."""
    db.use(house.running.database)
    with reading(ONLOOKER) as work:
        for visitor in visitors:
            _every_word_once_and_in_order(work, visitor)
        conversations = work.session.scalars(select(Conversation)).all()
        assert len(conversations) == len(visitors)
        for conversation in conversations:
            holders = work.session.scalars(
                select(Assignment.agent_id)
                .join(WorkItem, WorkItem.id == Assignment.work_item_id)
                .where(
                    WorkItem.subject_id == conversation.id, Assignment.contact_ended_at.is_(None)
                )
            ).all()
            if conversation.state == "active":
                assert holders == [conversation.agent_id]
            else:
                assert (conversation.state, holders) == ("waiting", [])
        _nobody_over_capacity(work)
    db.use(None)


def _every_word_once_and_in_order(work, visitor: Visitor) -> None:
    rows = work.session.execute(
        select(Message.client_msg_id, Message.seq)
        .where(Message.conversation_id == visitor.conversation_id, Message.author == "visitor")
        .order_by(Message.seq)
    ).all()
    stored = dict(rows)
    assert len(stored) == len(rows), "a message is there twice"
    for key, seq in visitor.acknowledged.items():
        assert stored.get(key) == seq
    numbers = [int(key.rsplit("-", 1)[1]) for key, _ in rows if key and "-" in key]
    assert numbers == sorted(numbers)
    every = work.session.scalars(
        select(Message.seq)
        .where(Message.conversation_id == visitor.conversation_id)
        .order_by(Message.seq)
    ).all()
    assert list(every) == list(range(1, len(every) + 1)), "a hole in the sequence"


def _nobody_over_capacity(work) -> None:
    for state in work.session.scalars(select(AgentState)):
        held = work.session.scalar(
            select(func.count())
            .select_from(Slot)
            .where(
                Slot.agent_id == state.user_id,
                (Slot.offer_id.is_not(None)) | (Slot.assignment_id.is_not(None)),
            )
        )
        assert held <= sum(state.capacity.values())
    doubled = work.session.scalars(
        select(Offer.work_item_id)
        .where(Offer.state == "live")
        .group_by(Offer.work_item_id)
        .having(func.count() > 1)
    ).all()
    assert not doubled


@pytest.mark.parametrize(
    "kind, role",
    [
        ("sqlite", "web"),
        ("postgres", "web"),
        ("postgres", "relay"),
        ("sqlite", "sweeper"),
        ("sqlite", "redis"),
        ("postgres", "redis"),
    ],
)
def test_a_killed_process_loses_nothing_that_was_acknowledged(start_server, kind, role) -> None:
    house = open_house(start_server(kind, roles=("web", "relay", "sweeper")))

    async def kill_and_restart() -> None:
        await asyncio.to_thread(house.running.kill, role)
        await asyncio.sleep(1)
        await asyncio.to_thread(house.running.start, role)

    check(house, run(crowd(house, kill_and_restart)))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_emptied_redis_loses_nothing(start_server, kind) -> None:
    house = open_house(start_server(kind, roles=("web", "relay", "sweeper")))

    async def flush() -> None:
        connection(house.running.redis.url).flushall()

    check(house, run(crowd(house, flush)))


@pytest.mark.postgres
def test_a_killed_postgresql_loses_nothing_that_was_acknowledged(own_postgres) -> None:
    url = own_postgres.create_database("faults")
    running = Installation(url, roles=("web", "relay", "sweeper"), by_itself=True)
    try:
        running.start_all()
        house = open_house(running)

        async def kill_and_restart() -> None:
            await asyncio.to_thread(own_postgres.kill)
            await asyncio.sleep(1)
            await asyncio.to_thread(own_postgres.start)

        check(house, run(crowd(house, kill_and_restart)))
    finally:
        running.stop_all()


def test_a_worker_killed_in_the_middle_of_the_day_disturbs_nobody(start_server) -> None:
    house = open_house(start_server("sqlite", roles=("web", "relay", "sweeper", "worker")))

    async def kill_and_restart() -> None:
        await asyncio.to_thread(house.running.kill, "worker")
        await asyncio.sleep(0.5)
        await asyncio.to_thread(house.running.start, "worker")

    check(house, run(crowd(house, kill_and_restart)))
