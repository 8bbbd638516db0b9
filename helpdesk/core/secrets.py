"""Tokens, their hashes, signatures and encryption at rest, all derived from one secret key.

Not for passwords (see `helpdesk.identity.passwords`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as _random

_key = b""


def configure(secret_key: str) -> None:
    """Set the installation's key (`HELPDESK_SECRET_KEY`); called once by the composition root."""
    global _key
    _key = secret_key.encode()


def new_token(prefix: str = "") -> str:
    """A fresh secret of 192 random bits, URL-safe, with a readable prefix for secret scanners."""
    return prefix + _random.token_urlsafe(24)


def token_hash(token: str) -> str:
    """What the database keeps of a token. Plain SHA-256: the token itself has enough entropy."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _derived(purpose: str) -> bytes:
    if not _key:
        raise RuntimeError("no secret key is configured")
    return hmac.digest(_key, purpose.encode(), "sha256")


def sign(purpose: str, text: str) -> str:
    """A signature of `text` that only this installation can make, separate per purpose."""
    return hmac.new(_derived(purpose), text.encode(), "sha256").hexdigest()


def signature_fits(purpose: str, text: str, signature: str) -> bool:
    return hmac.compare_digest(sign(purpose, text).encode(), signature.encode("utf-8", "replace"))


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of how far they are."""
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))


def seal(text: str) -> str:
    """Encrypt a secret that must be readable again (TOTP seeds, vendors' keys)."""
    from cryptography.fernet import Fernet  # noqa: PLC0415  slow to import, rarely needed

    return Fernet(base64.urlsafe_b64encode(_derived("seal"))).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text given to `seal`; ValueError when the key has changed since."""
    from cryptography.fernet import Fernet, InvalidToken  # noqa: PLC0415

    try:
        return Fernet(base64.urlsafe_b64encode(_derived("seal"))).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("sealed with another HELPDESK_SECRET_KEY") from error
