"""One call to another program's address: short, small, to the approved address and no further.

Redirects are not followed, proxies of the environment are not asked, at most `LONGEST_ANSWER` bytes
are read, and the whole call ends at its deadline however slowly the other side drips. Not for when
to call (see `helpdesk.workflows.webhooks_sending`).
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from helpdesk.core import addresses, clock
from helpdesk.core.addresses import AddressRefused, Place

LONGEST_ANSWER = 2_000
CALL_S = 10.0
# Each says what failed on the way to a public host; an inner one is always just "refused".
TROUBLES = {
    "refused": "This is not the address of a public host.",
    "unreachable": "Nobody answers there.",
    "certificate": "Its certificate can't be trusted.",
    "too_slow": f"It took longer than {CALL_S:.0f} seconds.",
    "not_http": "What it answered is not HTTP.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` None: there was no answer, `trouble` is a key of TROUBLES. `text` is cut short."""

    status: int | None
    text: str
    took_ms: int
    trouble: str = ""


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = CALL_S) -> Answer:
    """Send `body` as JSON; never raises for what the other side does."""
    started = clock.monotonic()
    status, text, trouble = None, "", ""
    try:
        place = addresses.place_of(url)
        status, text = _call(place, body, headers, started + timeout_s)
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
    return Answer(status, text, round(took_s * 1000), trouble)


def _call(
    place: Place, body: bytes, headers: Mapping[str, str], deadline: float
) -> tuple[int, str]:
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
        given = {
            "Host": place.host_header,
            "Content-Type": "application/json",
            "User-Agent": "Helpdesk-Webhooks/1",
            "Connection": "close",
            **headers,
        }
        connection.request("POST", place.path, body=body, headers=given)
        response = connection.getresponse()
        text = response.read(LONGEST_ANSWER).decode("utf-8", "replace")
        return response.status, text.replace("\0", "\N{REPLACEMENT CHARACTER}")
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
