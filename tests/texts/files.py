"""The carrier's shelf of files beside its REST API: what lies there, and who asked for what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\x02\0\0\0\x02" + b"\0" * 40


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
