"""Rows G6, K2 and K3: broken HTTP and clients that never finish, against a running web process."""

from __future__ import annotations

import errno
import re
import socket
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator

import pytest

from helpdesk.realtime.half_open import PATIENCE_S, PER_ADDRESS
from tests.real.server import Installation

pytestmark = pytest.mark.timeout(120)

POST = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n"
GET = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LINES = [  # the first line alone is wrong
    b"GARBAGE",
    b"GET",
    b"GET /",
    b"GET / HTTP/9.9",
    b"GET / HTTP/1.1.1",
    b"GET / HTTP/1",
    b"GET / HTTP/1.x",
    b"GET / HTPP/1.1",
    b"GET / http/1.1",
    b"GET / HTTP/1.1 more",
    b"GET /a b HTTP/1.1",
    b"GET /\x00 HTTP/1.1",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1",
    b"G\xc3\x8bT / HTTP/1.1",
    b"GE(T / HTTP/1.1",
    b"GET\x0b/ HTTP/1.1",
    b"get / HTTP/1.1",
    b"G" * 300 + b" / HTTP/1.1",
    b" GET / HTTP/1.1",
    b"CONNECT evil.example:80 HTTP/1.1",
    b"GET http://evil.example/ HTTP/1.1\r\nX: y\r\nHost: evil.example",
]
FIELDS = [  # of a GET that is right otherwise
    b"Host: b",
    b"NoColon",
    b" folded: x",
    b"X: y\r\n folded",
    b"Bad Name: x",
    b"Name : x",
    b"Na\x00me: x",
    b"N\xc3\xa4me: x",
    b"X: a\x00b",
    b"X: a\rb",
    b": nameless",
    b"(x): y",
    b"X: " + b"y" * 70_000,
    b"X: y\r\n" * 200 + b"X: z",
    b"Content-Length: -5",
    b"Content-Length: abc",
    b"Content-Length: +5",
    b"Content-Length: 0x5",
    b"Content-Length: 5, 5",
    b"Content-Length: 5 5",
    b"Content-Length: 1_0",
    b"Content-Length: \xd9\xa5",
    b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 0\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: nonsense",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: identity, chunked, chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: \x00chunked",
    b"Transfer-Encoding: 'chunked'",
]
CHUNKS = [
    b"ZZ\r\nx\r\n0\r\n\r\n",
    b"-1\r\nx\r\n0\r\n\r\n",
    b"+1\r\nx\r\n0\r\n\r\n",
    b"0x1\r\nx\r\n0\r\n\r\n",
    b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n",
    b"1\nx\n0\n\n",
    b"1\r\nxyz\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n",
    b"\r\nx\r\n0\r\n\r\n",
    b" 1\r\nx\r\n0\r\n\r\n",
    b"1" + b";a" * 100_000 + b"\r\nx\r\n0\r\n\r\n",
]
BROKEN = [
    *(line + b"\r\nHost: 127.0.0.1\r\n\r\n" + GET for line in LINES),
    *(HEAD + field + b"\r\n\r\n" + GET for field in FIELDS),
    *(CHUNKED + chunks + GET for chunks in CHUNKS),
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET,
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + GET,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\r\n" * 2000 + GET.replace(b"Host: 127.0.0.1", b"Host: evil.example"),
]


@pytest.fixture(scope="module")
def roomy() -> Iterator[Installation]:
    """A web process with the threads that an installation has by default."""
    running = Installation(roles=("web",))
    running.extra["HELPDESK_WEB_THREADS"] = "400"
    running.extra["HELPDESK_TRUSTED_PROXIES"] = "1"
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


def told_by(running: Installation, asked: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", running.port), timeout=15) as line:
        told = b""
        try:
            line.sendall(asked)
            line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                told += piece
        except OSError as error:  # hung up on before we had finished, which is an answer too
            if not isinstance(error, ConnectionError) and error.errno != errno.ENOTCONN:
                raise
        return told


def test_K2_what_is_broken_is_refused_and_nothing_behind_it_is_run(roomy: Installation) -> None:
    assert len(BROKEN) >= 74
    wrong = []
    for asked in BROKEN:
        told = told_by(roomy, asked)
        states = re.findall(rb"HTTP/1\.[01] (\d+)", told)
        # 501: a transfer coding nobody knows; 505: a version nobody speaks. A second answer says
        # that what comes after the first is no request.
        if any(one[:1] != b"4" and one not in (b"501", b"505") for one in states):
            wrong.append((asked[:120], states))
        assert lives(roomy) < 10
    assert not wrong, "\n".join(map(str, wrong))


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


def knock(running: Installation, address: str) -> socket.socket:
    """A websocket that is opened through a proxy and then asks for nothing."""
    line = socket.create_connection(("127.0.0.1", running.port), timeout=20)
    line.sendall(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        b"X-Forwarded-For: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        % (running.port, address.encode())
    )
    return line


def answer_of(line: socket.socket) -> bytes:
    return line.recv(4096).split(b" ", 2)[1]


def keep_alive_until_closed(line: socket.socket) -> None:
    """Answers each ping, as a browser would."""
    while piece := line.recv(4096):
        if b"2" in piece:
            line.sendall(b"\x81\x81\0\0\0\0" + b"3")


def test_G6_sockets_that_never_come_in_are_few_for_a_network_and_do_not_last(
    roomy: Installation,
) -> None:
    lines = [knock(roomy, "203.0.113.5") for _ in range(200)]
    try:
        answers = Counter(answer_of(line) for line in lines)
        assert answers == {b"101": PER_ADDRESS, b"429": 200 - PER_ADDRESS}
        begun = time.monotonic()
        other = knock(roomy, "198.51.100.9")
        lines.append(other)
        assert answer_of(other) == b"101"
        assert lives(roomy) < 5
        keep_alive_until_closed(other)
        assert time.monotonic() - begun > PATIENCE_S - 1  # so it was not for want of an answer
    finally:
        for line in lines:
            line.close()
