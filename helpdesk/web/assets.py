"""Where screens and their files stand, and how browsers may keep the files.

Templates and static files lie beside the package in a checkout and inside it in a wheel. An
address with the file's own hash never changes its meaning, so it may be kept for ever; without
one the browser asks each time whether it changed. Not for files that people upload.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from flask import Flask
from whitenoise import WhiteNoise

PACKAGE = Path(__file__).resolve().parent.parent
FOR_EVER = "public, max-age=31536000, immutable"


def folder(name: str) -> Path:
    """`templates` or `static`, wherever this installation has it."""
    inside = PACKAGE / name
    return inside if inside.is_dir() else PACKAGE.parent / name


class Assets:
    """`asset("core/page.js")` is the address to write in a page."""

    def __init__(self, root: Path, *, development: bool) -> None:
        self.root = root
        self.development = development
        self._hashes: dict[str, tuple[int, str]] = {}

    def __call__(self, name: str) -> str:
        version = self.version(name)
        return f"/static/{name}?v={version}" if version else f"/static/{name}"

    def version(self, name: str) -> str | None:
        """The first characters of the file's hash; None for a file that is not there."""
        known = self._hashes.get(name)
        if known and not self.development:
            return known[1]
        path = (self.root / name).resolve()
        if not path.is_relative_to(self.root) or not path.is_file():
            return None
        changed = path.stat().st_mtime_ns
        if known is None or known[0] != changed:
            known = (changed, hashlib.sha256(path.read_bytes()).hexdigest()[:12])
            self._hashes[name] = known
        return known[1]


def _plain_headers(headers: Any, path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    if path.endswith(".svg"):
        # A picture opened by itself is a document, and must not be able to do anything.
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; sandbox"
    headers["Referrer-Policy"] = "same-origin"


class Keepable:
    """Marks answers whose address carries the file's present hash as never changing."""

    def __init__(self, application: Any, assets: Assets) -> None:
        self.application = application
        self.assets = assets

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[Any]:
        path, query = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        if not path.startswith("/static/") or not query.startswith("v="):
            return self.application(environ, start_response)
        version = parse_qs(query).get("v", [""])[0]
        if version != self.assets.version(path.removeprefix("/static/")):
            return self.application(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if not status.startswith(("2", "304")):
                return start_response(status, headers, *rest)
            kept = [pair for pair in headers if pair[0].lower() != "cache-control"]
            return start_response(status, [*kept, ("Cache-Control", FOR_EVER)], *rest)

        return self.application(environ, start)


class FreshFiles(WhiteNoise):
    """Sends no compressed copy that is older than its source: an edited file is sent plain."""

    def get_static_file(self, path: str, url: str, stat_cache: Any = None) -> Any:
        seen = dict(stat_cache) if stat_cache is not None else None
        source, copy = Path(path), Path(f"{path}.gz")
        # Unpacking may set times a moment apart; an edit is later than that.
        if copy.is_file() and copy.stat().st_mtime < source.stat().st_mtime - 2:
            seen = {path: source.stat()}
        return super().get_static_file(path, url, stat_cache=seen)


def serve(app: Flask, *, development: bool) -> Assets:
    """Put the static files in front of `app` and give templates `asset()`."""
    root = folder("static").resolve()
    assets = Assets(root, development=development)
    files = FreshFiles(
        app.wsgi_app,
        root=str(root),
        prefix="static",
        autorefresh=development,
        max_age=0,
        allow_all_origins=False,
        add_headers_function=_plain_headers,
        mimetypes={".js": "text/javascript", ".mjs": "text/javascript"},
    )
    app.wsgi_app = Keepable(files, assets)  # type: ignore[method-assign]
    app.jinja_env.globals["asset"] = assets
    return assets
