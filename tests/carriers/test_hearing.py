"""What is kept of a hook tells it from others, and gives away nothing of what a caller typed."""

from __future__ import annotations

import hashlib

import orjson
import pytest

from helpdesk.carriers.hearing import once_key
from helpdesk.core import secrets

STEP = "/hooks/twilio/voice/step?n=2"
TYPED = {"CallSid": "CA" + "7" * 32, "Digits": "4711"}


def test_digits_can_not_be_found_by_trying_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_key", b"one installation")
    kept = once_key(STEP, TYPED)
    assert kept == once_key(STEP, dict(reversed(TYPED.items())))
    assert kept != once_key(STEP, TYPED | {"Digits": "4712"})
    words = orjson.dumps([STEP, TYPED], option=orjson.OPT_SORT_KEYS)
    assert kept != hashlib.sha256(words).hexdigest()
    monkeypatch.setattr(secrets, "_key", b"another one")
    assert kept != once_key(STEP, TYPED)
