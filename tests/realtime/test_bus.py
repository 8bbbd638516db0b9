"""Announcements leave whatever happened to the client between two of them."""

from __future__ import annotations

from helpdesk.core import clock, redis
from helpdesk.realtime import bus


def test_a_sender_outlives_trouble_that_is_not_of_redis(redis_url: str) -> None:
    sender = bus.Sender()
    redis.configure("")
    sender.send(("somewhere", b"lost"))
    deadline = clock.monotonic() + 15
    while not sender._waiting.empty() and clock.monotonic() < deadline:
        clock.sleep(0.01)
    redis.configure(redis_url)
    with redis.blocking_client().pubsub(ignore_subscribe_messages=True) as line:
        line.subscribe("somewhere")
        line.get_message(timeout=1)
        told = None
        while told is None and clock.monotonic() < deadline:
            sender.send(("somewhere", b"here"))
            told = line.get_message(timeout=0.5)
    assert told is not None
    assert told["data"] == b"here"
