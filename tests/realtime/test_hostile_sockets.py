"""Hostile clients at the sockets of a running installation (rows E, G, J and L)."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
import uuid

import pytest
import websockets

from benchmarks.wire import Client, Refused
from helpdesk.core import db
from helpdesk.core.actors import Actor, system
from helpdesk.core.redis import connection
from helpdesk.core.work import begin
from helpdesk.identity import service as people
from helpdesk.identity import sessions
from helpdesk.workflows import calling_off, desk
from tests.faults.house import House, open_house
from tests.real.server import Installation
from tests.realtime.callers import agent, alone_on_duty, finish, frames, in_contact, run, visitor

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def house(server: Installation) -> House:
    return open_house(server, agents=4)


def cookie_of(house: House) -> str:
    """A signed-in session of the first agent, as a browser's Cookie header."""
    db.use(house.running.database)
    with begin(system("test")) as work:
        opened = sessions.open_session(
            work, house.agents[0], stage="full", address=None, agent="test"
        )
    db.use(None)
    return f"{sessions.cookie_name(False)}={opened.token}"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_G1_a_foreign_page_cannot_use_an_agents_cookie(house: House, origin: str | None) -> None:
    cookie = cookie_of(house)

    async def story() -> None:
        client = Client(house.running.url, "/agent")
        with pytest.raises((Refused, websockets.InvalidStatus, ConnectionError)):
            await client.connect(origin=origin, headers={"Cookie": cookie})

    run(story)


def test_G1_the_desks_own_page_can(house: House) -> None:
    cookie = cookie_of(house)

    async def story() -> None:
        client = Client(house.running.url, "/agent")
        await client.connect(origin=house.running.url, headers={"Cookie": cookie})
        assert (await client.emit("presence.set", {"state": "break"}))["state"] == "break"
        await client.close()

    run(story)


def test_G1_polling_is_not_offered(house: House) -> None:

    url = f"{house.running.url}/socket.io/?EIO=4&transport=polling"
    request = urllib.request.Request(url, headers={"Cookie": cookie_of(house)})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=5)
    refused.value.close()
    assert refused.value.code == 400


def test_G2_a_visitor_hears_nothing_of_others(house: House) -> None:
    async def story() -> None:
        desk, guest, started = await in_contact(house)
        spy = await visitor(house)
        for event in ("join", "subscribe", "watch", "floor.watch", "conversation.since"):
            data = {"room": f"chat:{started['conversation_id']}", **started}
            spy._reply(f"42/visitor,{json.dumps([event, data])}")
        await guest.emit("chat.message", {"client_msg_id": "g2", "text": "a secret"})
        await asyncio.sleep(1)
        assert frames(spy) == []
        await spy.close()
        await finish(desk, guest, started["conversation_id"])

    run(story)


def test_G2_a_visitor_cannot_call_the_agents_events(house: House) -> None:
    async def story() -> None:
        client = Client(house.running.url, "/agent", {"token": "hdv_" + "x" * 32})
        with pytest.raises(Refused):
            await client.connect()

    run(story)


def test_G2_E12_nobody_else_comes_into_a_call_speaks_in_it_or_ends_it(house: House) -> None:
    async def story() -> None:
        desk, guest = await alone_on_duty(house), await visitor(house)
        started = await guest.emit("call.start", {})
        about = {"conversation_id": started["conversation_id"]}
        offer = await desk.wait_for("offer")
        await desk.emit("offer.accept", {"offer_id": offer["offer_id"]})
        joined = await desk.emit("call.join", about)
        spy, other = await agent(house, 1), await visitor(house)
        to = {**about, "to": started["call"]["leg"], "data": "{}"}
        for event, more, code in (
            ("call.join", about, "not_in_call"),
            ("call.signal", to, "no_leg"),
            ("call.hold", {**about, "on": True}, "not_your_conversation"),
            ("call.listen", {**about, "mode": "listen"}, "forbidden"),
            ("call.hand_over", {**about, "user_id": house.agents[1]}, "not_your_conversation"),
        ):
            assert (await spy.emit(event, more))["error"]["code"] == code, event
        assert (await other.emit("call.return", {})) == {"call": None}
        for event in ("call.signal", "call.hang_up"):
            assert (await other.emit(event, to))["error"]["code"] == "no_call"
        asked = [await other.emit("call.call_back", {"number": "+49 30 1234567"}) for _ in "12"]
        assert asked[0]["conversation_id"] == asked[1]["conversation_id"]
        third = await visitor(house)
        told = await third.emit("call.call_back", {"number": "+49 30 1234567"})
        assert set(told) == {"number", "number_shown", "yours"}
        await third.close()
        assert (await desk.emit("call.signal", to)) == {}
        assert (await guest.wait_for("call.signal"))["from"] == joined["leg"]
        assert not [name for name, _ in frames(spy) + frames(other) if name.startswith("call")]
        await guest.emit("call.hang_up", {})
        await finish(desk, guest, about["conversation_id"])
        db.use(house.running.database)
        with begin(system("test")) as work:  # or the next agent on duty would be offered it
            calling_off.cancel(work, asked[0]["conversation_id"], by="system")
        db.use(None)
        await spy.close()
        await other.close()

    run(story)


@pytest.mark.parametrize("token", ["", "hdv_wrong" + "x" * 23, "x" * 5000, 12, None, {"a": 1}])
def test_G4_a_wrong_token_opens_no_chat(house: House, token: object) -> None:
    async def story() -> None:
        client = Client(house.running.url, "/visitor", {"site": house.site_key, "token": token})
        try:
            await client.connect()
        except Refused:
            return
        words = ("message", "end", "typing", "read", "transcript", "survey", "rate", "skip_survey")
        for event in (f"chat.{word}" for word in words):
            answer = await client.emit(
                event, {"client_msg_id": "x", "text": "hi", "seq": 1, "on": True, "email": "a@b.de"}
            )
            assert answer["error"]["code"] == "no_chat"
        assert (await client.emit("chat.since", {"seq": 0}))["messages"] == []
        await client.close()

    run(story)


def test_G6_a_flood_is_slowed_down_and_others_go_on(house: House) -> None:
    async def story() -> None:
        desk, guest, started = await in_contact(house)
        flood = [
            guest.emit("chat.message", {"client_msg_id": f"f{n}", "text": "x"}) for n in range(1000)
        ]
        answers = await asyncio.gather(*flood)
        refused = [a for a in answers if "error" in a]
        assert len(refused) > 500
        assert {a["error"]["code"] for a in refused} == {"too_many_requests"}
        other = await visitor(house)
        assert "conversation_id" in await other.emit("chat.start", {"text": "me too"})
        await other.emit("chat.end", {})
        await other.close()
        await finish(desk, guest, started["conversation_id"])

    run(story)


def test_G6_a_frame_of_five_megabytes_closes_only_its_own_socket(house: House) -> None:
    async def story() -> None:
        client = await visitor(house)
        body = json.dumps(["chat.start", {"text": "x" * 5_000_000}])
        await client.socket.send(f"42/visitor,1{body}")
        await asyncio.wait_for(client.closed.wait(), 10)
        again = await visitor(house)
        assert (await again.emit("chat.since", {"seq": 0}))["messages"] == []
        await again.close()

    run(story)


PACKETS = [
    "42",
    "42/visitor,",
    "42/visitor,[",
    "42/visitor,{}",
    "42/visitor,[]",
    "42/visitor,[1,2,3]",
    '42/visitor,["chat.start"]',
    '42/visitor,["chat.start",null]',
    '42/visitor,["chat.start","text"]',
    '42/visitor,["chat.start",{"__proto__":{"a":1},"text":"x"},{"b":1}]',
    '42/visitor,["chat.message",{"text":{"a":[]},"client_msg_id":[]}]',
    '42/visitor,["chat.since",{"seq":-1}]',
    '42/visitor,["chat.since",{"seq":1e400}]',
    '42/visitor,["chat.since",{"seq":99999999999999999999}]',
    '42/visitor,["connect",{}]',
    '42/visitor,["disconnect",{}]',
    '451-/visitor,["chat.start",{"_placeholder":true,"num":9}]',
    '459999-/visitor,["chat.start",{"_placeholder":true,"num":0}]',
    "43/visitor,99[]",
    "9",
    "",
    "\x00\x01",
    "4",
    "40/admin,",
    '42/visitor,["chat.start",' + "[" * 10_000 + "]" * 10_000 + "]",
]


@pytest.mark.parametrize("n", range(len(PACKETS)))
def test_G7_malformed_packets_hurt_nobody(house: House, n: int) -> None:
    async def story() -> None:
        client = await visitor(house)
        await client.socket.send(PACKETS[n])
        await asyncio.sleep(0.1)
        await client.close()
        again = await visitor(house)
        assert (await again.emit("chat.since", {"seq": 0}))["messages"] == []
        await again.close()

    run(story)


def test_G8_the_same_message_five_times_over_two_sockets_is_one(house: House) -> None:
    async def story() -> None:
        desk, guest, started = await in_contact(house)
        second = await visitor(house, started["token"])
        key = uuid.uuid4().hex
        sends = [
            client.emit("chat.message", {"client_msg_id": key, "text": "once"})
            for client in (guest, second, guest, second, guest)
        ]
        answers = await asyncio.gather(*sends)
        assert len({a["seq"] for a in answers}) == 1
        seen = (await guest.emit("chat.since", {"seq": 0}))["messages"]
        assert [m["text"] for m in seen].count("once") == 1
        await second.close()
        await finish(desk, guest, started["conversation_id"])

    run(story)


def test_G10_frames_to_a_visitor_tell_nothing_of_the_inside(house: House) -> None:
    async def story() -> None:
        desk, guest, started = await in_contact(house)
        conversation_id = started["conversation_id"]
        await desk.emit(
            "message.send",
            {
                "conversation_id": conversation_id,
                "client_msg_id": "n1",
                "text": "CANARY note",
                "public": False,
            },
        )
        await desk.emit(
            "message.send",
            {
                "conversation_id": conversation_id,
                "client_msg_id": "p1",
                "text": "hello",
                "public": True,
            },
        )
        await asyncio.sleep(0.5)
        told = json.dumps([frames(guest), await guest.emit("chat.since", {"seq": 0})])
        assert "CANARY" not in told
        assert "@example.com" not in told
        assert not any(user_id in told for user_id in house.agents)
        assert "hello" in told
        await finish(desk, guest, conversation_id)

    run(story)


def test_G12_a_message_to_an_ended_chat_is_refused_in_words(house: House) -> None:
    async def story() -> None:
        desk, guest, started = await in_contact(house)
        await guest.emit("chat.end", {})
        answer = await guest.emit("chat.message", {"client_msg_id": "late", "text": "one more"})
        assert answer["error"]["code"] == "conversation_ended"
        await finish(desk, guest, started["conversation_id"])

    run(story)


def hand_on(house: House, conversation_id: str) -> None:
    db.use(house.running.database)
    with begin(Actor("user", house.agents[0], role="agent")) as work:
        desk.transfer(work, conversation_id, to_agent=house.agents[1])
    db.use(None)


def test_G12_a_message_to_a_chat_that_goes_to_somebody_else_waits_there_for_them(
    house: House,
) -> None:
    async def story() -> None:
        anna, guest, started = await in_contact(house)
        about = {"conversation_id": started["conversation_id"]}
        handed = asyncio.to_thread(hand_on, house, started["conversation_id"])
        said = guest.emit("chat.message", {"client_msg_id": "g12", "text": "in between"})
        _, answer = await asyncio.gather(handed, said)
        assert "error" not in answer
        other = await agent(house, 1)
        seen = await other.emit("conversation.since", {**about, "seq": 0})
        assert [m["text"] for m in seen["messages"]].count("in between") == 1
        await other.close()
        await finish(anna, guest, started["conversation_id"])

    run(story)


def test_E10_a_disabled_agent_is_cut_off_at_once(house: House) -> None:
    async def story() -> None:
        client = await agent(house, 3)
        db.use(house.running.database)
        with begin(system("test")) as work:
            people.deactivate(work, house.agents[3])
        db.use(None)
        await asyncio.wait_for(client.closed.wait(), 40)
        await client.close()
        with pytest.raises(Refused):
            await agent(house, 3)

    run(story)


def limit(house: House, n: int, on: bool) -> None:
    db.use(house.running.database)
    with begin(system("test")) as work:
        people.change_profile(work, house.agents[n], sees_own_teams=on)
    db.use(None)


def test_C11_E10_a_socket_is_cut_when_its_agents_reach_changes_and_hears_no_other_team(
    house: House,
) -> None:
    async def story() -> None:
        desk, guest, started = await in_contact(house)
        spy = await agent(house, 2)
        about = {"conversation_id": started["conversation_id"]}
        assert await spy.emit("watch", about) == {}
        await asyncio.to_thread(limit, house, 2, True)
        await asyncio.wait_for(spy.closed.wait(), 40)
        await spy.close()
        again = await agent(house, 2)
        for event in ("watch", "conversation.since"):
            answer = await again.emit(event, {**about, "seq": 0})
            assert answer["error"]["code"] == "not_found"
        await guest.emit("chat.message", {"client_msg_id": "c11", "text": "a secret"})
        await asyncio.sleep(0.5)
        assert "a secret" not in json.dumps(frames(again))
        await again.close()
        await finish(desk, guest, started["conversation_id"])

    try:
        run(story)
    finally:
        limit(house, 2, False)


def test_E12_an_agent_may_not_watch_the_floor(house: House) -> None:
    async def story() -> None:
        client = await agent(house)
        answer = await client.emit("floor.watch", {"on": True})
        assert answer["error"]["code"] == "forbidden"
        await client.close()

    run(story)


def test_J8_a_pickle_on_the_bus_is_dropped(house: House) -> None:
    evil = b"cposix\nsystem\n(S'touch /tmp/helpdesk-pwned'\ntR."

    async def story() -> None:
        client = await visitor(house)
        for channel in ("helpdesk:frames", "flask-socketio", "socketio"):
            connection(house.running.redis.url).publish(channel, evil)
        await asyncio.sleep(0.3)
        assert (await client.emit("chat.since", {"seq": 0}))["messages"] == []
        await client.close()

    run(story)


@pytest.mark.parametrize("path", ["/hooks/twilio/media", "/hooks/twilio/status", "/media-stream"])
def test_H10_no_websocket_takes_a_carriers_sound_or_reports(house: House, path: str) -> None:
    async def story() -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(house.running.url.replace("http", "ws") + path)
        assert 400 <= refused.value.response.status_code < 500

    run(story)
