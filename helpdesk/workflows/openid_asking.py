"""Asking an OpenID provider: its document, its keys, tokens for a code, facts about a person.

What it publishes is kept in the process for an hour; keys are asked for anew when a token names
one that is not known, but not more often than every few seconds, whoever sends such tokens. A
provider that does not answer is left alone for a while. All of it goes through the guards of
`core.fetching`, and no transaction is open meanwhile. Not for what is believed (see `openid`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from helpdesk.core import clock, fetching
from helpdesk.identity import openid, providers
from helpdesk.identity.models import SignInProvider
from helpdesk.identity.openid import Document, NotTrue, Person

KEPT_S = 3600.0
REST_S = 15.0
KEYS_AGAIN_S = 5.0
LIMIT_S = 6.0
MOST_BYTES = 256 * 1024
MOST_KEPT = 100
MOST_AT_ONCE = 8
PATH = "/.well-known/openid-configuration"

_places = threading.BoundedSemaphore(MOST_AT_ONCE)
_kept: dict[str, tuple[float, Any]] = {}
_tried: dict[str, tuple[float, str]] = {}


@dataclass(frozen=True, slots=True)
class Client:
    """A provider's row as it is needed with no transaction open."""

    issuer: str
    client_id: str
    secret: str

    @classmethod
    def of(cls, row: SignInProvider) -> Client:
        return cls(row.issuer, row.client_id, providers.secret_of(row))


def document(issuer: str) -> Document:
    """What the provider publishes; NotTrue when it can't be had or can't be used."""
    told = _published(f"{issuer.rstrip('/')}{PATH}", "discovery document")
    return openid.document(told, issuer, providers.is_safe)


def person(client: Client, *, code: str, back: str, outing: Any, at: datetime) -> Person:
    """Whom the code stands for, believed; NotTrue when anything of it does not hold."""
    published = document(client.issuer)
    body, headers = openid.code_request(
        published, client_id=client.client_id, secret=client.secret, code=code, back=back,
        verifier=outing.verifier,
    )  # fmt: skip
    tokens = _answer("POST", published.token_endpoint, "token endpoint", body, headers)
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise NotTrue("Its answer holds no id token.")
    claims = openid.believed(
        token, _key(published, token), issuer=client.issuer, client_id=client.client_id,
        nonce=outing.nonce, at=at,
    )  # fmt: skip
    found = openid.person(claims)
    if found.email or not published.userinfo_endpoint:
        return found
    return _with_userinfo(published, tokens, found)


def tried_out(client: Client, back: str) -> tuple[bool, list[str]]:
    """Whether a sign-in would work as far as can be told without a person, and what was seen."""
    forget(client.issuer)
    try:
        published = document(client.issuer)
        keys = _published(published.jwks_uri, "key set")
        if not any(_has_key(keys, algorithm) for algorithm in openid.ALGORITHMS):
            raise NotTrue("Its key set holds no key for RS256 or ES256.")
        body, headers = openid.code_request(
            published, client_id=client.client_id, secret=client.secret, code="none", back=back,
            verifier="none" * 16,
        )  # fmt: skip
        told, status = _asked("POST", published.token_endpoint, "token endpoint", body, headers)
    except NotTrue as error:
        return False, [str(error)]
    seen = ["Its document and its keys are in order."]
    code = told.get("error") if isinstance(told, dict) else None
    if code in ("invalid_client", "unauthorized_client") or status == 401:
        return False, [*seen, "It does not know this client: look at the client id and the secret."]
    if code == "invalid_grant":
        return True, [*seen, "It knows this client and its secret."]
    return True, [*seen, "Whether it knows this client shows with the first sign-in."]


def forget(issuer: str) -> None:
    """Ask anew next time; after somebody changed something on the other side."""
    for kept in (_kept, _tried):
        for url in [url for url in kept if url.startswith(issuer.rstrip("/"))]:
            kept.pop(url, None)


def _has_key(keys: Any, algorithm: str) -> bool:
    if openid.fitting_key(keys, algorithm, None):
        return True
    listed = keys.get("keys") if isinstance(keys, dict) else None
    return any(
        isinstance(key, dict) and openid.fitting_key(keys, algorithm, str(key.get("kid")))
        for key in (listed if isinstance(listed, list) else [])[:100]
    )


def _key(published: Document, token: str) -> Mapping[str, Any]:
    """The key a token is signed with; providers change keys, so an unknown one is asked for."""
    algorithm, named = openid.key_id(token)
    url = published.jwks_uri
    found = openid.fitting_key(_published(url, "key set"), algorithm, named)
    # Another thread may have forgotten it meanwhile.
    since, _ = _kept.get(url, (-KEYS_AGAIN_S, None))
    if found is None and clock.monotonic() - since > KEYS_AGAIN_S:
        _kept.pop(url, None)
        found = openid.fitting_key(_published(url, "key set"), algorithm, named)
    if found is None:
        raise NotTrue("Its token is signed with a key that it does not publish.")
    return found


def _with_userinfo(published: Document, tokens: Mapping[str, Any], found: Person) -> Person:
    """The same person with what the provider keeps for those who ask."""
    access = tokens.get("access_token")
    if not isinstance(access, str) or not access.isascii() or not access.isprintable():
        return found
    headers = {"Authorization": f"Bearer {access}", "Accept": "application/json"}
    try:
        told = _answer("GET", published.userinfo_endpoint, "userinfo endpoint", None, headers)
    except NotTrue:
        return found  # whoever is known by now needs no more than their subject
    more = openid.person(told)
    if more.subject != found.subject:
        raise NotTrue("Its userinfo speaks of somebody else.")
    return more


def _published(url: str, what: str) -> Any:
    """A document of the provider's, kept; a failure is kept shortly, too."""
    return _remembered(url, lambda: _answer("GET", url, what, None, {"Accept": "application/json"}))


def _remembered(url: str, ask: Callable[[], Any]) -> Any:
    now = clock.monotonic()
    if url in _kept and now - _kept[url][0] < KEPT_S:
        return _kept[url][1]
    if url in _tried and now - _tried[url][0] < REST_S:
        raise NotTrue(_tried[url][1])
    try:
        told = ask()
    except NotTrue as error:
        _tried[url] = (now, str(error))
        raise
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
        _tried.clear()
    _kept[url] = (now, told)
    _tried.pop(url, None)
    return told


def _answer(
    method: str, url: str, what: str, body: bytes | None, headers: Mapping[str, str]
) -> dict[str, Any]:
    told, status = _asked(method, url, what, body, headers)
    if status != 200:
        said = f" ({str(told['error'])[:60]})" if isinstance(told, dict) and "error" in told else ""
        raise NotTrue(f"Its {what} answered {status}{said}.")
    if not isinstance(told, dict):
        raise NotTrue(f"Its {what} answered no JSON object.")
    return told


def _asked(
    method: str, url: str, what: str, body: bytes | None, headers: Mapping[str, str]
) -> tuple[Any, int]:
    if not providers.is_safe(url):
        raise NotTrue(f"Its {what} is no https address of a public host.")
    if not _places.acquire(timeout=LIMIT_S):
        raise NotTrue("Too many people are signing in by a provider right now.")
    try:
        answer = fetching.ask(
            method, url, body=body, headers=headers, longest=MOST_BYTES, timeout_s=LIMIT_S
        )
    finally:
        _places.release()
    if answer.status is None:
        raise NotTrue(f"Its {what}: {fetching.TROUBLES[answer.trouble]}")
    try:
        return orjson.loads(answer.body), answer.status
    except orjson.JSONDecodeError:
        return None, answer.status
