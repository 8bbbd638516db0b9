"""The vendor's own client, spoken straight into an exchange of this process: no network between."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from helpdesk.exchange.exchange import ACCOUNT_SID, AUTH_TOKEN, Exchange
from helpdesk.exchange.rest.answering import respond


class Straight(HttpClient):
    """`fails` is how many of the next requests find the carrier out of order, `loses` how many are
    carried out without an answer that gets through."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(None, False, None)
        self.exchange = exchange
        self.fails = self.loses = 0
        self.asked: list[tuple[str, str, dict[str, list[str]]]] = []

    def request(
        self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None,
        auth: Any = None, timeout: Any = None, allow_redirects: bool = False,
    ) -> Response:  # fmt: skip
        parts = urlsplit(url)
        query = parse_qs(parts.query) | _lists(params)
        form = _lists(data)
        self.asked.append((method, parts.path, form))
        if self.fails:
            self.fails -= 1
            return Response(503, json.dumps({"status": 503, "message": "out of order", "code": 1}))
        with self.exchange.lock:
            reply = respond(
                self.exchange.switch, method, parts.path, query, form, _basic(auth),
            )  # fmt: skip
        self.exchange.settle()
        if self.loses:
            self.loses -= 1
            raise ConnectionError("the answer was lost")
        text = "" if reply.body is None else json.dumps(reply.body)
        return Response(reply.status, text)


def client(exchange: Exchange) -> tuple[Client, Straight]:
    straight = Straight(exchange)
    return Client(ACCOUNT_SID, AUTH_TOKEN, http_client=straight), straight


def _lists(given: Any) -> dict[str, list[str]]:
    return parse_qs(urlencode(given or {}, doseq=True), keep_blank_values=True)


def _basic(auth: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()
