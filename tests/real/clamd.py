"""A virus scanner on this machine that speaks clamd's protocol and knows one virus."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Its parts, so that a scanner of the machine does not take this file away.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MOST = 100 * 1024


class Clamd(socketserver.ThreadingTCPServer):
    """`asked` counts the files it was shown."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.asked = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Asked(socketserver.BaseRequestHandler):
    server: Clamd

    def handle(self) -> None:
        line: socket.socket = self.request
        with line.makefile("rb") as stream:
            command = _until_nul(stream)
            if command == b"zPING":
                line.sendall(b"PONG\0")
            elif command == b"zINSTREAM":
                self.server.asked += 1
                line.sendall(_judged(stream) + b"\0")


def _until_nul(stream: Any) -> bytes:
    told = b""
    while (one := stream.read(1)) not in (b"", b"\0"):
        told += one
    return told


def _judged(stream: Any) -> bytes:
    seen = b""
    while size := struct.unpack("!L", stream.read(4))[0]:
        seen += stream.read(size)
        if len(seen) > MOST:
            return b"INSTREAM size limit exceeded. ERROR"
    return b"stream: Eicar-Test-Signature FOUND" if EICAR in seen else b"stream: OK"


@contextmanager
def clamd() -> Iterator[Clamd]:
    with Clamd() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
