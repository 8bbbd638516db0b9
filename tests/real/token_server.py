"""A token endpoint on loopback, and what mail servers ask to know whether a token is good.

Good access tokens stand in a file, so that a mail server in another process can look. Refresh
tokens may be good once only, as with some providers. Not for TLS.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

CLIENT, SECRET = "helpdesk", "the client's secret"


@dataclass
class TokenServer:
    """`asked` holds the form of each request; `refusal` is what it says instead of a token."""

    path: Path
    user: str
    refresh: str = "refresh-0"
    once: bool = False
    lasts: Any = 3600
    refusal: dict[str, str] | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}/token?tenant=shop"

    def start(self) -> TokenServer:
        self._keep({})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                status, told = outer.answer(self.path, form)
                data = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *given: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with self._guard:
            self.asked.append(form)
            if self.refusal is not None:
                return 400, self.refusal
            if (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
                return 401, {"error": "invalid_client"}
            if form["refresh_token"] != self.refresh or path != "/token?tenant=shop":
                return 400, {"error": "invalid_grant", "error_description": "Token was revoked."}
            access = f"access-{len(self.asked)}-" + "x" * 1500  # as long as real ones are
            self._keep({**self.good(), access: self.user})
            told: dict[str, Any] = {"access_token": access, "expires_in": self.lasts}
            if self.once:
                self.refresh = f"refresh-{len(self.asked)}"
                told["refresh_token"] = self.refresh
            return 200, told

    def good(self) -> dict[str, str]:
        """Each good access token with the user it is good for."""
        return dict(json.loads(self.path.read_text()))

    def made(self) -> str:
        """A good access token that nobody had to ask for."""
        with self._guard:
            self._keep({**self.good(), "made": self.user})
        return "made"

    def end_access(self) -> None:
        """All access tokens given so far are worth nothing from now on."""
        self._keep({})

    def _keep(self, good: dict[str, str]) -> None:
        """In one step, since mail servers read it at any time."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(good))
        fresh.replace(self.path)

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
