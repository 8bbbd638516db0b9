"""What OpenID Connect asks of us: the way to a provider, and whether what came back is true.

Pure: documents, keys and tokens in, facts or a refusal out. Only RS256 and ES256 are believed, and
only for this client, this issuer and the nonce of this very outing. Not for asking the provider
(see the workflow `openid_asking`) nor for whose account it is (`openid_sign_in`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

ALGORITHMS = {"RS256": "RSA", "ES256": "EC"}
SKEW = timedelta(seconds=60)
OLDEST = timedelta(minutes=10)
LONGEST_TOKEN = 16_000
LEAST_RSA_BITS = 2048
_SUBJECT = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")


class NotTrue(Exception):
    """What a provider said can't be believed; the text says why, for administrators and logs."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a provider publishes of itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    posts_secret: bool = False
    names_issuer: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider speaks of. `vouched` is its word on the address, None: it says nothing."""

    subject: str
    email: str = ""
    vouched: bool | None = None
    name: str = ""
    language: str = ""


def document(told: Any, issuer: str, is_safe: Callable[[str], bool]) -> Document:
    """The published document as we use it; NotTrue where it is another's or can't serve us."""
    if not isinstance(told, dict):
        raise NotTrue("Its discovery document is no JSON object.")
    if told.get("issuer") != issuer:
        raise NotTrue(
            f"It calls itself “{_short(told.get('issuer'))}”. The issuer here has to be the same, "
            "to the letter."
        )
    found = {}
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        url = told.get(name) or ""
        if not url and name == "userinfo_endpoint":
            continue
        if not isinstance(url, str) or not is_safe(url):
            raise NotTrue(f"Its {name} is missing or no https address.")
        found[name] = url
    if not ALGORITHMS.keys() & set(_words(told, "id_token_signing_alg_values_supported", "RS256")):
        raise NotTrue("It signs neither by RS256 nor by ES256.")
    if "code" not in _words(told, "response_types_supported", "code"):
        raise NotTrue("It knows no authorization code flow.")
    ways = _words(told, "token_endpoint_auth_methods_supported", "client_secret_basic")
    return Document(
        issuer=issuer,
        **found,
        posts_secret="client_secret_basic" not in ways and "client_secret_post" in ways,
        names_issuer=told.get("authorization_response_iss_parameter_supported") is True,
    )


def challenge(verifier: str) -> str:
    """The PKCE challenge (S256) of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def way_out(
    at: Document, *, client_id: str, back: str, scopes: str, state: str, nonce: str,
    verifier: str, language: str,
) -> str:  # fmt: skip
    """The address to send the browser to."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": back,
        "scope": scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        "ui_locales": language,
    }
    glue = "&" if "?" in at.authorization_endpoint else "?"
    return f"{at.authorization_endpoint}{glue}{urlencode(asked)}"


def code_request(
    at: Document, *, client_id: str, secret: str, code: str, back: str, verifier: str
) -> tuple[bytes, dict[str, str]]:
    """Body and headers of the request that turns a code into tokens."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if secret and not at.posts_secret:
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form["client_id"] = client_id
        if secret:
            form["client_secret"] = secret
    return urlencode(form).encode(), headers


def key_id(token: str) -> tuple[str, str | None]:
    """Algorithm and key id that a token's head names; NotTrue for what we never believe."""
    if len(token) > LONGEST_TOKEN:
        raise NotTrue("Its token is too long.")
    try:
        head = json.loads(_bytes(token.partition(".")[0]))
    except (ValueError, RecursionError) as error:
        raise NotTrue("Its token can't be read.") from error
    if not isinstance(head, dict) or head.get("alg") not in ALGORITHMS or "crit" in head:
        raise NotTrue("Its token is not signed by RS256 or ES256.")
    named = head.get("kid")
    return str(head["alg"]), named if isinstance(named, str) else None


def fitting_key(keys: Any, algorithm: str, named: str | None) -> Mapping[str, Any] | None:
    """The published key for a token; without a name only where there is but one that fits."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    fitting = [
        key
        for key in (listed if isinstance(listed, list) else [])[:100]
        if isinstance(key, dict)
        and key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (algorithm != "ES256" or key.get("crv") == "P-256")
        and (named is None or key.get("kid") == named)
    ]
    return fitting[0] if len(fitting) == 1 or (fitting and named is not None) else None


def believed(
    token: str, key: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, at: datetime
) -> dict[str, Any]:
    """The claims of an id token that is true: signature, issuer, audience, time and nonce."""
    claims = _signed(token, key)
    if claims.get("iss") != issuer:
        raise NotTrue("Its token was made by another issuer.")
    audience, party = claims.get("aud"), claims.get("azp")
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise NotTrue("Its token was made for another client.")
    if (party is not None and party != client_id) or (party is None and _are_many(audience)):
        raise NotTrue("Its token was made for another client.")
    _require_time(claims, at)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise NotTrue("Its token belongs to another sign-in.")
    return claims


def _signed(token: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """What a token says, where the signature is by this key; times and names are not looked at."""
    # Slow to import, and needed by few.
    from joserfc import jwk, jws, jwt  # noqa: PLC0415
    from joserfc.errors import JoseError  # noqa: PLC0415

    algorithm, _ = key_id(token)
    heads = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    heads.max_header_length = LONGEST_TOKEN
    try:
        _require_strong(key)
        usable = jwk.import_key(dict(key))
        return dict(jwt.decode(token, usable, algorithms=[algorithm], registry=heads).claims)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise NotTrue(f"Its token does not hold: {type(error).__name__}.") from error


def _are_many(audience: object) -> bool:
    return isinstance(audience, list) and len(audience) > 1


def person(claims: Mapping[str, Any]) -> Person:
    """Whom claims speak of; NotTrue without a subject that we can keep."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise NotTrue("Its token names nobody.")
    said = claims.get("email_verified")
    # Some providers write it as text; anything else than a plain yes is a no.
    vouched = None if said is None else said is True or said == "true"
    email = claims.get("email")
    return Person(
        subject,
        email.strip().lower()[:254] if isinstance(email, str) else "",
        vouched,
        _plain(claims.get("name"), 120),
        _plain(claims.get("locale"), 10),
    )


def _require_time(claims: Mapping[str, Any], at: datetime) -> None:
    now, skew = at.timestamp(), SKEW.total_seconds()
    times: dict[str, float] = {}
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name, 0 if name == "nbf" else None)
        if type(value) not in (int, float) or not math.isfinite(value):
            raise NotTrue(f"Its token has no time in {name}.")
        times[name] = value
    if times["exp"] <= now - skew:
        raise NotTrue("Its token has expired. Compare the clocks of both servers.")
    if max(times["iat"], times["nbf"]) > now + skew:
        raise NotTrue("Its token is from the future. Compare the clocks of both servers.")
    if times["iat"] < now - OLDEST.total_seconds() - skew:
        raise NotTrue("Its token is old. Compare the clocks of both servers.")


def _require_strong(key: Mapping[str, Any]) -> None:
    if key["kty"] != "RSA":
        return
    bits = int.from_bytes(_bytes(str(key.get("n", "")))).bit_length()
    if bits < LEAST_RSA_BITS:
        raise NotTrue(f"Its RSA key has {bits} bits; it takes {LEAST_RSA_BITS}.")


def _bytes(text: str) -> bytes:
    """Base64 for addresses, without its padding."""
    plain = text.encode("ascii")
    return base64.urlsafe_b64decode(plain + b"=" * (-len(plain) % 4))


def _words(told: Mapping[str, Any], name: str, otherwise: str) -> Sequence[str]:
    given = told.get(name)
    return [x for x in given if isinstance(x, str)] if isinstance(given, list) else [otherwise]


def _plain(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:longest]


def _short(value: object) -> str:
    return _plain(str(value), 80)
