"""The carrier's shelf of files beside its REST API: what lies there, and who asked for what."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response


def _png(side: int = 64) -> bytes:
    """A small picture that browsers show."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(
        b"\0" + b"".join(bytes((180, 120 + row, 60 + at)) for at in range(side))
        for row in range(side)
    )
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


PNG = _png()


class Files:
    """A WSGI application: `/files/...` is the shelf, everything else the API `rest`.

    `lost` answers of the API are dropped after the API has done what it was asked.
    """

    def __init__(self) -> None:
        self.rest: Callable[..., Iterable[bytes]]
        self.base = ""
        self.shelf: dict[str, Response] = {}
        self.asked: list[str] = []
        self.lost = 0

    def put(self, name: str, content: bytes = PNG) -> str:
        self.shelf[name] = Response(content, content_type="image/png")
        return f"{self.base}/{name}"

    def lead(self, name: str, to: str) -> str:
        self.shelf[name] = Response(b"", 302, {"Location": to})
        return f"{self.base}/{name}"

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        request = Request(environ)
        if request.path.startswith("/files/"):
            self.asked.append(request.path)
            found = self.shelf.get(request.path.removeprefix("/files/"))
            return (found or Response("", 404))(environ, start)
        if self.lost and request.method == "POST":
            self.lost -= 1
            list(self.rest(environ, lambda *_: None))
            return Response("", 502)(environ, start)
        return self.rest(environ, start)
