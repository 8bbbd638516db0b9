"""Ways to the customer: into a Flask application in this process, or over HTTP."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from helpdesk.exchange.hooks import PATIENCE_SECONDS, Answer
from helpdesk.exchange.signing import Parameter

FORM = "application/x-www-form-urlencoded; charset=UTF-8"
LARGEST_ANSWER = 8 * 1024 * 1024


class _Response(Protocol):
    status_code: int
    data: bytes
    content_type: str


class AppCourier:
    """Into `client`, the test client of a WSGI application: same thread, no network."""

    def __init__(self, client: object) -> None:
        self._open: Callable[..., _Response] = client.open  # type: ignore[attr-defined]

    def post(
        self, url: str, params: tuple[Parameter, ...], headers: dict[str, str], method: str
    ) -> Answer:
        parts = urlsplit(url)
        response = self._open(
            path=parts.path or "/",
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}",
            method=method,
            headers=headers,
            data=urlencode(params) if method == "POST" else None,
            content_type=FORM if method == "POST" else None,
        )
        return Answer(response.status_code, response.data, response.content_type or "")


class HttpCourier:
    """Over the network, as the carrier does; waits no longer than it would."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience

    def post(
        self, url: str, params: tuple[Parameter, ...], headers: dict[str, str], method: str
    ) -> Answer:
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body = urlencode(params).encode() if method == "POST" else None
        sent = headers | ({"Content-Type": FORM} if body is not None else {})
        connection = self._connection(parts.scheme, parts.netloc)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            found = response.read(LARGEST_ANSWER)
            return Answer(response.status, found, response.getheader("Content-Type") or "")
        except (OSError, http.client.HTTPException):
            return Answer(0)
        finally:
            connection.close()

    def _connection(self, scheme: str, place: str) -> http.client.HTTPConnection:
        if scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(place, timeout=self._patience, context=context)
        return http.client.HTTPConnection(place, timeout=self._patience)
