"""Whose browser is gone is found in time, and who only looks on is asked less often."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
import websockets
from engineio import Server, packet

from helpdesk.realtime.pulse import ANSWER_S, CLOSE_S, FAR_S, TICK_S, BeatingSocket, Pulse
from tests.faults.house import House, open_house
from tests.real.server import Installation
from tests.realtime.callers import run


def test_one_that_is_relied_on_is_known_to_be_gone_within_eight_seconds() -> None:
    assert CLOSE_S + ANSWER_S + 2 * TICK_S < 8


@pytest.fixture
def socket() -> BeatingSocket:
    server = Server(async_mode="threading", ping_timeout=ANSWER_S, monitor_clients=False)
    one = BeatingSocket(server, "a socket")
    one.last_ping = None
    return one


def test_one_is_asked_in_its_turn_and_gone_when_it_does_not_answer(socket: BeatingSocket) -> None:
    pulse = Pulse()
    pulse.wait(socket, 100.0)
    pulse.beat(100.0 + FAR_S - 0.1)
    assert socket.queue.empty()
    pulse.beat(100.0 + FAR_S)
    assert socket.queue.get_nowait().packet_type == packet.PING
    assert pulse.beat(100.0 + FAR_S + ANSWER_S - 0.1) == []
    assert pulse.beat(100.0 + FAR_S + ANSWER_S) == [socket]
    assert pulse.beat(1000.0) == []


def test_one_that_answers_is_asked_again(socket: BeatingSocket) -> None:
    pulse = Pulse()
    pulse.wait(socket, 100.0)
    pulse.beat(100.0 + FAR_S)
    socket.last_ping = None  # the answer
    pulse.wait(socket, 101.0 + FAR_S)
    assert pulse.beat(100.0 + FAR_S + ANSWER_S) == []
    pulse.beat(101.0 + 2 * FAR_S)
    assert socket.queue.qsize() == 2


def test_who_is_relied_on_from_now_on_is_asked_sooner_and_only_once(socket: BeatingSocket) -> None:
    pulse = Pulse()
    pulse.wait(socket, 100.0)
    socket.pause = CLOSE_S
    pulse.wait(socket, 101.0)
    pulse.beat(101.0 + CLOSE_S)
    assert socket.queue.qsize() == 1
    assert pulse.beat(100.0 + FAR_S) == [socket]  # it never answered
    assert socket.queue.qsize() == 1


@pytest.fixture(scope="module")
def house(server: Installation) -> House:
    return open_house(server, agents=1)


def test_a_page_that_asks_for_it_is_told_to_bear_less_silence(house: House) -> None:
    plain = house.running.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"

    async def opening(url: str) -> float:
        async with websockets.connect(url) as line:
            return float(json.loads(str(await line.recv())[1:])["pingInterval"]) / 1000

    async def story() -> None:
        assert await opening(plain) == FAR_S
        assert await opening(f"{plain}&watch=close") == CLOSE_S

    run(story)


def test_who_bears_little_silence_is_pinged_before_it_gives_up(house: House) -> None:
    url = house.running.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"

    async def story() -> None:
        async with websockets.connect(f"{url}&watch=close", ping_interval=None) as line:
            await line.recv()
            assert await asyncio.wait_for(line.recv(), CLOSE_S + ANSWER_S) == "2"

    run(story)


def test_an_agent_is_asked_often_whatever_its_client_was_told(house: House) -> None:
    url = house.running.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"

    async def story() -> None:
        async with websockets.connect(url, ping_interval=None) as line:
            await line.recv()
            await line.send("40/agent," + json.dumps({"token": house.tokens[0]}))
            async with asyncio.timeout(FAR_S - 1):
                while await line.recv() != "2":
                    pass
            # It says nothing more, so the server closes the line.
            await asyncio.wait_for(_until_closed(line), 20)

    run(story)


async def _until_closed(line: websockets.ClientConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await line.recv()


def test_who_is_heard_of_has_that_much_longer_to_answer(socket: BeatingSocket) -> None:
    pulse = Pulse()
    pulse.wait(socket, 100.0)
    pulse.beat(100.0 + FAR_S)
    socket.heard = 103.0 + FAR_S
    assert pulse.beat(100.0 + FAR_S + ANSWER_S) == []
    assert pulse.beat(103.0 + FAR_S + ANSWER_S) == [socket]
