"""A real program on loopback that is told things: keeps what came, answers as it is set to."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from helpdesk.core import clock


@dataclass
class Got:
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Receiver:
    port: int
    got: list[Got] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"ok"
    location: str = ""
    slow_s: float = 0
    drip_s: float = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, raw))
            try:
                self._reply()
            except OSError:
                self.close_connection = True  # the caller has hung up

        def _reply(self) -> None:
            if told.drip_s:
                for _ in range(200):
                    self.wfile.write(b"H")
                    self.wfile.flush()
                    clock.sleep(told.drip_s)
            clock.sleep(told.slow_s)
            self.send_response(told.status)
            if told.location:
                self.send_header("Location", told.location)
            self.send_header("Content-Length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    told = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
