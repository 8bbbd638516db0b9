"""Both sides of a telephone carrier, for load: it signs and sends hooks, and takes every order.

The carrier's own speed is none of what is measured, so what stands here does the least that our
program needs: hooks go over kept connections of one loop, orders are answered by another process.
Not for tests, which have the exchange.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator

ACCOUNT, TOKEN = "AC" + "0" * 32, "a token of the benchmark"
IDLE_S = 4.0  # the web server keeps a connection for 15
NUMBER, CLOSED, FLOW = "+442071838750", "+442071838751", "+442071838752"


def settings(rest: str) -> dict[str, str]:
    """What an installation has to be told so that this is its carrier."""
    return {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_KEY": "SK" + "0" * 32,
        "TWILIO_API_SECRET": "a secret of the benchmark, long enough",
        "TWILIO_APPLICATION_SID": "AP" + "0" * 32,
        "TWILIO_API_BASE": rest,
    }


class Hooks:
    """Sends hooks; `took[name]` are the seconds from the request to the last byte of the answer."""

    def __init__(self, url: str) -> None:
        self.url, self._place = url, urlsplit(url)
        self._signer = RequestValidator(TOKEN)
        self._free: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._sids = itertools.count(1)
        self.took: dict[str, list[float]] = defaultdict(list)
        self.refused: dict[str, int] = defaultdict(int)

    def sid(self) -> str:
        return f"CA{next(self._sids):032x}"

    async def send(self, name: str, path: str, **told: str) -> str:
        """One hook, measured under `name`; answers the document. Waits for nothing but it."""
        values = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", **told}
        at = f"/hooks/twilio{path}"
        signature = self._signer.compute_signature(self.url + at, values)
        body = urlencode(values).encode()
        head = (
            f"POST {at} HTTP/1.1\r\nHost: {self._place.netloc}\r\n"
            "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        begun = time.perf_counter()
        status, text = await self._exchanged(head.encode() + body)
        self.took[name].append(time.perf_counter() - begun)
        if status >= 300 or ("technical problem" in text and "fallback" not in path):
            self.refused[name] += 1
        return text

    async def _exchanged(self, request: bytes) -> tuple[int, str]:
        reader, writer = await self._line()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection") == "close":
            writer.close()
        else:
            self._free.append((time.perf_counter(), reader, writer))
        return int(head.split(" ", 2)[1]), body.decode()

    async def _line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The connection used last; what lay idle for long may be closed on the other side."""
        while self._free:
            at, reader, writer = self._free.pop()
            if time.perf_counter() - at < IDLE_S:
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._place.hostname, self._place.port)


class Takes(BaseHTTPRequestHandler):
    """Whatever is ordered is done; a conference that is asked for is there."""

    protocol_version = "HTTP/1.1"

    def _answer(self, found: Mapping[str, Any]) -> None:
        words = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def do_GET(self) -> None:
        page = {"next_page_uri": None, "page": 0, "page_size": 50, "uri": ""}
        if "/Conferences.json" in self.path:
            self._answer({**page, "conferences": [{"sid": "CF" + "0" * 32}]})
        elif "/Calls.json" in self.path:
            self._answer({**page, "calls": []})
        else:
            self._answer({"sid": self.path.rsplit("/", 1)[1][:34], "status": "in-progress"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer({"sid": "CA" + "0" * 32, "status": "in-progress"})

    def log_message(self, *_: Any) -> None:
        """Nothing: it would be most of what it does."""


def _take(listening: socket.socket) -> None:
    server = ThreadingHTTPServer(listening.getsockname()[:2], Takes, bind_and_activate=False)
    server.socket = listening
    server.serve_forever()


def taking() -> tuple[str, Callable[[], None]]:
    """Where orders are taken, and how that ends."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=200)
    process = multiprocessing.get_context("fork").Process(
        target=_take, args=(listening,), daemon=True
    )
    process.start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", process.kill
