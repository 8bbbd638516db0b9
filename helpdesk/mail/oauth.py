"""Access tokens for mail servers that want OAuth2, from the refresh token an administrator gave."""

from __future__ import annotations

import http.client
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from helpdesk.core import clock
from helpdesk.mail import lines

EARLY_S = 60
MOST_ANSWER = 64 * 1024


class NoToken(Exception):
    """The token server did not give one; the text says what it said."""


@dataclass(frozen=True, slots=True)
class Token:
    """`refresh` is a new refresh token where the server gave one, else empty."""

    access: str
    refresh: str
    until: float


class Tokens:
    """Tokens of this process, by mailbox; asked for anew shortly before they end."""

    def __init__(self) -> None:
        self._kept: dict[str, Token] = {}
        self._guard = threading.Lock()

    def get(self, mailbox_id: str) -> str | None:
        with self._guard:
            token = self._kept.get(mailbox_id)
        return token.access if token and clock.monotonic() < token.until else None

    def keep(self, mailbox_id: str, token: Token) -> None:
        with self._guard:
            self._kept[mailbox_id] = token

    def forget(self, mailbox_id: str) -> None:
        with self._guard:
            self._kept.pop(mailbox_id, None)


def fetch(
    token_url: str, *, client_id: str, client_secret: str, refresh_token: str, scope: str,
    dial: lines.Dial,
) -> Token:  # fmt: skip
    """Ask for an access token; NoToken or OSError when there is none."""
    parts = urlsplit(token_url)
    tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    given = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
        "scope": scope,
    }
    line = http.client.HTTPConnection(host, port, timeout=lines.TIMEOUT_S)
    raw = dial(host, port)
    raw.settimeout(lines.TIMEOUT_S)
    line.sock = lines.context().wrap_socket(raw, server_hostname=host) if tls else raw
    try:
        line.request(
            "POST",
            parts.path or "/",
            urlencode({name: value for name, value in given.items() if value}),
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        )
        answer = line.getresponse()
        body = answer.read(MOST_ANSWER)
    except http.client.HTTPException as error:
        raise NoToken("The token server did not answer as it should.") from error
    finally:
        line.close()
    return _token(answer.status, body)


def _token(status: int, body: bytes) -> Token:
    try:
        found: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NoToken(f"The token server answered {status} and no JSON.") from error
    access = found.get("access_token") if isinstance(found, dict) else None
    if status != 200 or not isinstance(access, str):
        said = str(found.get("error", status))[:80] if isinstance(found, dict) else str(status)
        raise NoToken(f"The token server gave no token: {said}.")
    lasts = found.get("expires_in")
    seconds = float(lasts) if isinstance(lasts, int | float) else 300.0
    until = clock.monotonic() + max(0.0, seconds - EARLY_S)
    return Token(access, str(found.get("refresh_token") or ""), until)
