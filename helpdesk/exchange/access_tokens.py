"""Reads the access token with which a browser registers, as the carrier would.

Pure. Only what the voice SDK needs; written from the published form of the token (a JWT signed by
HMAC-SHA256 with the secret of an API key).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.exchange.values import IDENTITY

CONTENT_TYPE = "twilio-fpa;v=1"
LONGEST_SECONDS = 24 * 3600


class TokenRefused(Exception):
    """The carrier's code 20101, 20104 or 31202 in words."""


@dataclass(frozen=True, slots=True)
class Grant:
    identity: str
    incoming: bool
    application_sid: str


def granted(token: str, account_sid: str, keys: Mapping[str, str], now: datetime) -> Grant:
    """What a token allows; raises TokenRefused when it is forged, late or not for voice."""
    head, body, given = _parts(token)
    header, claims = _object(head), _object(body)
    secret = keys.get(str(claims.get("iss")))
    if secret is None or claims.get("sub") != account_sid:
        raise TokenRefused("the token is of no API key of this account")
    made = hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    if header.get("alg") != "HS256" or not hmac.compare_digest(made, _bytes(given)):
        raise TokenRefused("the signature of the token is wrong")
    if header.get("cty") != CONTENT_TYPE:
        raise TokenRefused(f"the token is not marked as {CONTENT_TYPE}")
    _check_time(claims, now.timestamp())
    return _grant(claims)


def _check_time(claims: dict[str, Any], now: float) -> None:
    ends, begins = float(claims.get("exp", 0)), float(claims.get("nbf", 0))
    if now >= ends or now < begins:
        raise TokenRefused("the token is not valid now")
    if ends - max(begins, float(claims.get("iat", now))) > LONGEST_SECONDS:
        raise TokenRefused("the token is valid for more than a day")


def _grant(claims: dict[str, Any]) -> Grant:
    grants = claims.get("grants") or {}
    voice, identity = grants.get("voice"), str(grants.get("identity", ""))
    if voice is None or not identity:
        raise TokenRefused("the token has no identity or no grant for voice")
    if wrong := IDENTITY(identity):
        raise TokenRefused(f"the identity of a token {wrong}")
    incoming = bool((voice.get("incoming") or {}).get("allow"))
    return Grant(identity, incoming, str((voice.get("outgoing") or {}).get("application_sid", "")))


def _parts(token: str) -> tuple[str, str, str]:
    match token.split("."):
        case [head, body, given]:
            return head, body, given
    raise TokenRefused("that is no access token")


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_bytes(part))
    except ValueError as wrong:
        raise TokenRefused("that is no access token") from wrong
    return found if isinstance(found, dict) else {}


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as wrong:
        raise TokenRefused("that is no access token") from wrong
