"""An OpenID provider on loopback: discovery, keys that change, a page that signs in, tokens.

It checks what a strict provider checks: the redirect address to the letter, the client's secret,
PKCE, and that a code comes once. `twist` changes claims or head of the next tokens, `sign` how they
are signed; so it can lie in every way that a provider, or somebody between, could. No TLS.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "helpdesk", "the client's secret: with / and ü"
Claims = dict[str, Any]


@dataclass(frozen=True)
class Key:
    kid: str
    alg: str
    private: Any

    def published(self) -> dict[str, Any]:
        told = self.private.as_dict(private=False)
        return {**told, "kid": self.kid, "alg": self.alg, "use": "sig"}

    def sign(self, claims: Claims, head: Claims) -> str:
        head = {"alg": self.alg, **head}
        return jwt.encode(head, claims, self.private, algorithms=[self.alg])


def rsa_key(kid: str, bits: int = 2048) -> Key:
    with warnings.catch_warnings(action="ignore"):  # of one that is too short on purpose
        return Key(kid, "RS256", RSAKey.generate_key(bits))


def ec_key(kid: str) -> Key:
    return Key(kid, "ES256", ECKey.generate_key("P-256"))


@dataclass
class OpenIdProvider:
    """`person` are the claims of whoever signs in here; `hits` counts requests by path."""

    person: Claims = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)
    twist: Callable[[Claims, Claims], None] | None = None
    sign: Callable[[Claims, Claims, Key], str] | None = None
    userinfo: Claims | None = None
    changes: Claims = field(default_factory=dict)  # to the discovery document
    hits: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _server: ThreadingHTTPServer | None = None

    @property
    def issuer(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> OpenIdProvider:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._get(self)

            def do_POST(self) -> None:
                outer._post(self)

            def log_message(self, *given: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def document(self) -> Claims:
        at = self.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "jwks_uri": f"{at}/keys",
            "userinfo_endpoint": f"{at}/userinfo",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "authorization_response_iss_parameter_supported": True,
            **self.changes,
        }

    def sign_in(self, way_out: str) -> str:
        """What a person does here who agrees: the address that their browser is led back to."""
        asked = {name: v[0] for name, v in parse_qs(urlsplit(way_out).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def _get(self, at: BaseHTTPRequestHandler) -> None:
        path = urlsplit(at.path).path
        self.hits.append(path)
        if path == "/.well-known/openid-configuration":
            _answer(at, 200, self.document())
        elif path == "/keys":
            _answer(at, 200, {"keys": [key.published() for key in self.keys]})
        elif path == "/userinfo" and self.userinfo is not None:
            _answer(at, 200, self.userinfo)
        elif path == "/authorize":
            at.send_response(302)
            at.send_header("Location", self.sign_in(at.path))
            at.send_header("Content-Length", "0")
            at.end_headers()
        else:
            _answer(at, 404, {})

    def _post(self, at: BaseHTTPRequestHandler) -> None:
        self.hits.append(at.path)
        body = at.rfile.read(int(at.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if not self._knows(at.headers.get("Authorization", ""), form):
            return _answer(at, 401, {"error": "invalid_client"})
        asked = self._codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["redirect_uri"] != form["redirect_uri"]
            or asked["code_challenge"] != proof
            or form["grant_type"] != "authorization_code"
        ):
            return _answer(at, 400, {"error": "invalid_grant"})
        return _answer(
            at, 200, {"access_token": "for-userinfo", "id_token": self._token(asked["nonce"])}
        )

    def _knows(self, header: str, form: dict[str, str]) -> bool:
        given = (form.get("client_id"), form.get("client_secret"))
        if header.startswith("Basic "):
            name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            given = (unquote(name), unquote(secret))
        return given == (CLIENT, SECRET)

    def _token(self, nonce: str) -> str:
        now, key = int(time.time()), self.keys[-1]
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce,
            **self.person,
        }  # fmt: skip
        head: Claims = {"kid": key.kid}
        if self.twist is not None:
            self.twist(claims, head)
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign is not None:
            return self.sign(claims, head, key)
        return key.sign(claims, head)


def _answer(at: BaseHTTPRequestHandler, status: int, told: Claims) -> None:
    data = json.dumps(told).encode()
    at.send_response(status)
    at.send_header("Content-Type", "application/json")
    at.send_header("Content-Length", str(len(data)))
    at.end_headers()
    at.wfile.write(data)
