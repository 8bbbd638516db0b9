"""One request to an address that somebody typed in: short, small, to the approved address and no
further.

Redirects are not followed, proxies of the environment are not asked, at most so many bytes are
read, and the whole request ends at its deadline however slowly the other side drips. Inner
addresses are refused as `addresses` says. Not for what is asked or what answers mean.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from helpdesk.core import addresses, clock
from helpdesk.core.addresses import AddressRefused, Place

LIMIT_S = 10.0
# Each says what failed on the way to a public host; an inner one is always just "refused".
TROUBLES = {
    "refused": "This is not the address of a public host.",
    "unreachable": "Nobody answers there.",
    "certificate": "Its certificate can't be trusted.",
    "too_slow": f"It took longer than {LIMIT_S:.0f} seconds.",
    "not_http": "What it answered is not HTTP.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: there was no answer, `trouble` is a key of TROUBLES. `body` is cut short."""

    status: int | None
    body: bytes
    took_ms: int
    trouble: str = ""


def ask(
    method: str,
    url: str,
    *,
    longest: int,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = LIMIT_S,
    below: str = "",
) -> Answer:
    """Never raises for what the other side does; at most `longest` bytes of its answer are read.

    `below` is a path of our own making after that of `url`, however long.
    """
    started = clock.monotonic()
    status, read, trouble = None, b"", ""
    try:
        place = addresses.place_of(url)
        if below:
            place = replace(place, path=place.path.rstrip("/") + below)
        status, read = _call(method, place, body, headers or {}, longest, started + timeout_s)
    except AddressRefused:
        trouble = "refused"
    except ssl.SSLCertVerificationError:
        trouble = "certificate"
    except http.client.RemoteDisconnected:
        trouble = "unreachable"
    except http.client.HTTPException:
        trouble = "not_http"
    except OSError:
        trouble = "unreachable"
    took_s = clock.monotonic() - started
    if trouble not in ("", "refused") and took_s >= timeout_s:
        trouble = "too_slow"
    return Answer(status, read, round(took_s * 1000), trouble)


def _call(
    method: str,
    place: Place,
    body: bytes | None,
    headers: Mapping[str, str],
    longest: int,
    deadline: float,
) -> tuple[int, bytes]:
    line = addresses.connect(place.host, place.port, timeout_s=_left(deadline))
    if place.scheme == "https":
        line = _trust().wrap_socket(line, server_hostname=place.host, do_handshake_on_connect=False)
    # Timeouts of a socket count from byte to byte; this one counts from the start.
    watch = threading.Timer(_left(deadline), _cut, [line])
    watch.daemon = True
    watch.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection = http.client.HTTPConnection(place.host, place.port)
        connection.sock = line
        given = {"Host": place.host_header, "Connection": "close", **headers}
        connection.request(method, place.path, body=body, headers=given)
        response = connection.getresponse()
        return response.status, response.read(longest)
    finally:
        watch.cancel()
        line.close()


def _left(deadline: float) -> float:
    return max(0.05, deadline - clock.monotonic())


def _cut(line: socket.socket) -> None:
    """Wake whoever reads from it. Not through TLS, whose state belongs to that thread."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
