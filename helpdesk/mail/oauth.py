"""Access tokens for mail servers that want OAuth2, from the refresh token an administrator gave.

Not for where refresh tokens are kept (`mailboxes`) nor for signing in (`imap`, `smtp`).
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson

from helpdesk.core import addresses, clock
from helpdesk.mail import lines

EARLY_S = 60
MOST_ANSWER = 64 * 1024


class NoToken(Exception):
    """There is no token to be had now; the text says why, for the screen."""


@dataclass(frozen=True, slots=True)
class Token:
    """`refresh` is a new refresh token where the server gave one, else empty."""

    access: str
    refresh: str
    until: float


class Tokens:
    """Tokens of this process, by mailbox and its version; a set-up that changed begins anew."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, Token]] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, mailbox_id: str, version: int) -> str | None:
        with self._guard:
            made_for, token = self._kept.get(mailbox_id, (version, None))
        fresh = token is not None and made_for == version and clock.monotonic() < token.until
        return token.access if token is not None and fresh else None

    def keep(self, mailbox_id: str, version: int, token: Token) -> None:
        with self._guard:
            self._kept[mailbox_id] = (version, token)

    def forget(self, mailbox_id: str) -> None:
        """The mail server did not take it: the next one who wants a token asks for a new one."""
        with self._guard:
            self._kept.pop(mailbox_id, None)

    @contextmanager
    def alone(self, mailbox_id: str) -> Iterator[None]:
        """One at a time per mailbox: some servers take a refresh token only once."""
        with self._guard:
            lock = self._locks.setdefault(mailbox_id, threading.Lock())
        with lock:
            yield


def fetch(
    token_url: str, *, client_id: str, client_secret: str, refresh_token: str, scope: str,
    dial: lines.Dial,
) -> Token:  # fmt: skip
    """Ask for an access token; NoToken when there is none, whatever the reason."""
    if not refresh_token:
        raise NoToken("There is no refresh token. Paste one into the mailbox.")
    given = {
        "grant_type": "refresh_token",
        "client_id": client_id,
        "client_secret": client_secret,
        "refresh_token": refresh_token,
        "scope": scope,
    }
    try:
        status, body = _ask(token_url, urlencode({n: v for n, v in given.items() if v}), dial)
    except (http.client.HTTPException, ValueError) as error:
        raise NoToken("The token server does not answer as it should.") from error
    except (OSError, addresses.AddressRefused) as error:
        raise NoToken(f"The token server cannot be reached: {lines.told(error)}") from error
    return _token(status, body)


def _ask(url: str, form: str, dial: lines.Dial) -> tuple[int, bytes]:
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    line = http.client.HTTPConnection(host, port, timeout=lines.TIMEOUT_S)
    raw = dial(host, port)
    raw.settimeout(lines.TIMEOUT_S)
    line.sock = lines.context().wrap_socket(raw, server_hostname=host) if tls else raw
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line.request(
            "POST",
            path,
            form,
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
        )
        answer = line.getresponse()
        return answer.status, answer.read(MOST_ANSWER)
    finally:
        line.close()


def _token(status: int, body: bytes) -> Token:
    try:
        found: Any = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NoToken(f"The token server answered {status} and no JSON.") from error
    told: dict[str, Any] = found if isinstance(found, dict) else {}
    access = told.get("access_token")
    if status != 200 or not isinstance(access, str) or not access:
        raise NoToken(_refusal(status, told))
    until = clock.monotonic() + max(0.0, _seconds(told.get("expires_in")) - EARLY_S)
    return Token(access, str(told.get("refresh_token") or ""), until)


def _refusal(status: int, told: dict[str, Any]) -> str:
    """What the server said, and what an administrator can do about the two usual reasons."""
    code = _short(told.get("error") or status, 60)
    said = _short(told.get("error_description") or "", 140)
    hint = _HINTS.get(code, "")
    return " ".join(x for x in (f"The token server refused ({code}).", said, hint) if x)


_HINTS = {
    "invalid_grant": "Sign in there again and paste a new refresh token.",
    "invalid_client": "Look at the client id and the client secret.",
}


def _short(value: object, longest: int) -> str:
    return " ".join(str(value).split())[:longest]


def _seconds(given: object) -> float:
    """How long it lasts; some servers write the number as text, some write nothing."""
    try:
        return min(86_400.0, max(0.0, float(str(given))))
    except ValueError:
        return 300.0
