"""Signatures by which a receiver knows that a call is ours and new.

The scheme is the one of the Standard Webhooks specification, for which receivers find ready
libraries: HMAC-SHA256 over id, time and body, and a secret written `whsec_` and base64.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets as random_source
from collections.abc import Iterable
from datetime import datetime

PREFIX = "whsec_"
BYTES = 32
MOST_SIGNATURES = 5


def new_secret() -> str:
    return PREFIX + base64.b64encode(random_source.token_bytes(BYTES)).decode()


def signature(secret: str, message_id: str, seconds: int, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `id.seconds.body`, in base64."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret of a webhook is not base64") from error
    words = f"{message_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, words, "sha256")).decode()


def headers(
    secrets: Iterable[str], *, message_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """The headers of one call; several secrets (while one is replaced) give several signatures."""
    seconds = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(
            signature(secret, message_id, seconds, body) for secret in secrets
        ),
    }


def fits(secret: str, message_id: str, seconds: int, body: bytes, given: str) -> bool:
    """Whether one of the signatures that came (`v1,...` with blanks between) is this secret's."""
    right = signature(secret, message_id, seconds, body).encode()
    told = [one.encode("utf-8", "replace") for one in given.split()[:MOST_SIGNATURES]]
    return any(hmac.compare_digest(right, one) for one in told)
