"""Connections to Redis, which carries hints and labour and never the truth.

`client()` is for commands: it gives up soon, because whoever asks can do without. A reader that
waits (pub/sub, BLPOP) takes `blocking_client()`, which has no timeout and never sends twice.
Not for starting a server (see `helpdesk.supervise.embedded_redis`).
"""

from __future__ import annotations

from redis import Redis
from redis.backoff import ConstantBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, TimeoutError
from redis.retry import Retry

OUTBOX = "helpdesk:outbox"
"""Channel of the hint "events are waiting"; the message itself says nothing."""

ANSWER_S = 1.0
CONNECT_S = 0.5

_url = ""
_client: Redis | None = None
_blocking: Redis | None = None


def configure(url: str) -> None:
    """Name the server; called once per process by the composition root. Connects to nothing."""
    global _url, _client, _blocking
    _url, _client, _blocking = url, None, None


def client() -> Redis:
    """For commands: an answer within a second, one new try on a stale connection."""
    global _client
    if _client is None:
        _client = connection(_address())
    return _client


def blocking_client() -> Redis:
    """For readers that wait: no timeout and no silent repeat, which could lose an item."""
    global _blocking
    if _blocking is None:
        _blocking = Redis.from_url(
            _address(),
            socket_timeout=None,
            socket_connect_timeout=CONNECT_S,
            retry=Retry(NoBackoff(), 0),
        )
    return _blocking


def connection(url: str) -> Redis:
    """A client of its own for commands on `url`."""
    return Redis.from_url(
        url,
        socket_timeout=ANSWER_S,
        socket_connect_timeout=CONNECT_S,
        retry=Retry(
            ConstantBackoff(0.02), 1, supported_errors=(RedisConnectionError, TimeoutError)
        ),
    )


def hint(channel: str, text: str = "1") -> bool:
    """Publish, and shrug when Redis is away; False then."""
    try:
        client().publish(channel, text)
    except RedisError:
        return False
    return True


def is_configured() -> bool:
    return bool(_url)


def close() -> None:
    """Close what this process has open."""
    global _client, _blocking
    for open_client in (_client, _blocking):
        if open_client is not None:
            open_client.close()
    _client = _blocking = None


def _address() -> str:
    if not _url:
        raise RuntimeError("no Redis is configured yet")
    return _url
