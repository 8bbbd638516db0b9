"""Rows L1, L2, L4 and L8 at the sockets of a running installation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.routing.models import Assignment, Offer
from tests.faults.house import House, open_house
from tests.real.server import Installation
from tests.realtime.callers import agent, alone_on_duty, finish, run, visitor

pytestmark = pytest.mark.timeout(120)
CAPACITY = 4  # chats, where nobody said otherwise


@pytest.fixture(scope="module")
def house(server: Installation) -> House:
    return open_house(server, agents=4)


def test_L1_fifty_accepts_of_one_offer_make_one_assignment(house: House) -> None:
    async def story() -> None:
        desk = await alone_on_duty(house)
        others = [await agent(house, n % 3) for n in range(9)]
        guest = await visitor(house)
        started = await guest.emit("chat.start", {"text": "L1"})
        offer = await desk.wait_for("offer")
        tries = [
            client.emit("offer.accept", {"offer_id": offer["offer_id"]})
            for client in [desk, *others] * 5
        ]
        answers = await asyncio.gather(*tries)
        taken = [a for a in answers if "error" not in a]
        assert len(taken) == 1
        assert {a["error"]["code"] for a in answers if "error" in a} <= {
            "offer_gone",
            "offer_not_found",
        }
        for client in others:
            await client.close()
        await finish(desk, guest, started["conversation_id"])

    run(story)


def test_L2_accept_against_hang_up_leaves_no_half_chat(house: House) -> None:
    async def story() -> None:
        desk = await alone_on_duty(house)
        for n in range(10):
            guest = await visitor(house)
            started = await guest.emit("chat.start", {"text": f"L2 {n}"})
            offer = await desk.wait_for("offer")
            accepted, _ = await asyncio.gather(
                desk.emit("offer.accept", {"offer_id": offer["offer_id"]}),
                guest.emit("chat.end", {}),
            )
            state = (await guest.emit("chat.since", {"seq": 0}))["state"]["state"]
            assert state == "ended"
            if "error" not in accepted:
                facts = {"conversation_id": started["conversation_id"], "outcome": "no_answer"}
                assert await desk.emit("wrapup.finish", facts) == {}
            await guest.close()
        await desk.close()

    run(story)


def held_by(house: House, agent_id: str) -> int:
    """How much an agent holds: offers before them and work in hand."""
    offers = select(func.count()).where(Offer.agent_id == agent_id, Offer.state == "live")
    held = select(func.count()).where(
        Assignment.agent_id == agent_id, Assignment.finished_at.is_(None)
    )
    with house.running.database.engine.connect() as line:
        both = select(offers.scalar_subquery() + held.scalar_subquery())
        return int(line.scalar(both) or 0)


def test_L4_twenty_chats_at_once_never_overfill_an_agent(house: House) -> None:
    """Offers are taken, guests leave, the next are offered; looked at all the while."""

    async def story() -> None:
        desk, seen = await alone_on_duty(house), []
        guests = [await visitor(house) for _ in range(20)]
        started = await asyncio.gather(*(g.emit("chat.start", {"text": "L4"}) for g in guests))
        by_chat = {s["conversation_id"]: g for s, g in zip(started, guests, strict=True)}

        async def serve(offer: dict[str, Any]) -> None:
            conversation_id = offer["conversation_id"]
            assert "error" not in await desk.emit("offer.accept", {"offer_id": offer["offer_id"]})
            await by_chat[conversation_id].emit("chat.end", {})
            facts = {"conversation_id": conversation_id, "outcome": "resolved"}
            assert await desk.emit("wrapup.finish", facts) == {}

        offers = [await desk.wait_for("offer", timeout=20) for _ in range(CAPACITY)]
        serving = []
        for _ in range(len(guests)):
            seen.append(await asyncio.to_thread(held_by, house, house.agents[0]))
            serving.append(asyncio.create_task(serve(offers.pop(0))))
            if len(serving) + len(offers) < len(guests):
                offers.append(await desk.wait_for("offer", timeout=20))
        await asyncio.gather(*serving)
        assert seen[0] == max(seen) == CAPACITY
        for client in (desk, *guests):
            await client.close()

    run(story)


def test_L8_two_first_messages_of_one_visitor_at_once_are_one_chat(house: House) -> None:
    async def story() -> None:
        guest = await visitor(house)
        started = await guest.emit("chat.start", {"text": "first"})
        await guest.emit("chat.end", {})
        second = await visitor(house, started["token"])
        answers = await asyncio.gather(
            guest.emit("chat.start", {"text": "again"}),
            second.emit("chat.start", {"text": "again too"}),
        )
        ids = {a["conversation_id"] for a in answers if "error" not in a}
        assert len(ids) == 1
        await guest.emit("chat.end", {})
        await guest.close()
        await second.close()

    run(story)
