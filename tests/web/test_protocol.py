"""Rows K2 and K3: broken HTTP and clients that never finish, against a running web process."""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.real.server import Installation

pytestmark = pytest.mark.timeout(120)

POST = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
GET = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BROKEN = [
    b"GARBAGE\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n folded: x\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Name: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: abc\r\n\r\n",
    POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: nonsense\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nx\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + GET,
    b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


@pytest.fixture(scope="module")
def roomy() -> Iterator[Installation]:
    """A web process with the threads that an installation has by default."""
    running = Installation(roles=("web",))
    running.extra["HELPDESK_WEB_THREADS"] = "400"
    try:
        running.start_all()
        yield running
    finally:
        running.stop_all()


def lives(running: Installation) -> float:
    """Seconds until /livez answers."""
    begun = time.monotonic()
    with urllib.request.urlopen(f"{running.url}/livez", timeout=10) as answer:
        assert answer.status == 200
    return time.monotonic() - begun


@pytest.mark.parametrize("n", range(len(BROKEN)))
def test_K2_a_broken_request_is_refused_and_nothing_behind_it_is_run(
    roomy: Installation, n: int
) -> None:
    with socket.create_connection(("127.0.0.1", roomy.port), timeout=5) as line:
        line.sendall(BROKEN[n])
        line.shutdown(socket.SHUT_WR)
        told = b""
        try:
            while piece := line.recv(65536):
                told += piece
        except OSError:
            pass
    assert told.count(b"HTTP/1.1 2") == 0
    if told:
        status = told.split(b" ", 2)[1]
        assert status[:1] == b"4" or status == b"501"  # 501: a transfer coding nobody knows
    lives(roomy)


def test_K3_two_hundred_clients_that_never_finish_leave_the_others_alone(
    roomy: Installation,
) -> None:
    slow = []
    try:
        for _ in range(200):
            line = socket.create_connection(("127.0.0.1", roomy.port), timeout=5)
            line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
            slow.append(line)
        assert lives(roomy) < 5
        for line in slow:
            line.sendall(b"y")
        assert lives(roomy) < 5
    finally:
        for line in slow:
            line.close()
