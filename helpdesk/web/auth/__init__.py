"""Signing in and one's own account."""

from __future__ import annotations

from helpdesk.web.auth import (
    account,
    factors,
    front,
    keys,
    sign_in,
    sign_out,
    with_provider,
    words,
)
from helpdesk.web.auth.base import door

__all__ = [
    "account",
    "door",
    "factors",
    "front",
    "keys",
    "sign_in",
    "sign_out",
    "with_provider",
    "words",
]
