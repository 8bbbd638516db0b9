"""Which passwords are taken, and that they are matched exactly."""

from __future__ import annotations

import time

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.identity import passwords

PASSPHRASE = "  correct Horse 電池 stäple\u00a0\U0001f511 and a lot of words, 64 signs "


def refusal(password: str, *about: str) -> str:
    with pytest.raises(Invalid) as caught:
        passwords.check_new(password, about=about)
    return caught.value.fields["password"]


def test_F7_a_long_unicode_passphrase_with_spaces_is_taken_and_matched_exactly() -> None:
    passwords.check_new(PASSPHRASE)
    stored = passwords.hash_password(PASSPHRASE)
    assert passwords.fits(stored, PASSPHRASE)
    assert not passwords.fits(stored, PASSPHRASE.strip())
    assert not passwords.fits(stored, PASSPHRASE.replace("\u00a0", " "))
    assert not passwords.fits(stored, PASSPHRASE.lower())


@pytest.mark.parametrize("password", ["x" * 1025, "ä" * 513, "p" * 10_000_000])
def test_F7_what_is_too_long_is_refused_without_hashing(password: str) -> None:
    assert "1,024 bytes" in refusal(password)
    before = time.perf_counter()
    assert not passwords.fits(None, password)
    assert time.perf_counter() - before < 0.02


@pytest.mark.parametrize(
    "password, word",
    [
        ("short", "10 characters"),
        ("aaaaaaaaaaaa", "different"),
        ("password123", "guessed first"),
        ("Qwertyuiop!", "guessed first"),
        ("1234567890", "guessed first"),
        ("abcdefghijkl", "guessed first"),
        ("ada@example.org", "own name"),
    ],
)
def test_a_guessable_password_is_refused(password: str, word: str) -> None:
    assert word in refusal(password, "ada@example.org", "Ada Lovelace")


def test_F4_an_unknown_account_takes_as_long_as_a_known_one() -> None:
    stored = passwords.hash_password(PASSPHRASE)
    passwords.fits(None, "warm up the hash of nobody")

    def fastest(of: str | None) -> float:
        times = []
        for _ in range(7):
            before = time.perf_counter()
            passwords.fits(of, "a wrong password")
            times.append(time.perf_counter() - before)
        return min(times)

    known, unknown = fastest(stored), fastest(None)
    assert 0.5 < known / unknown < 2


def test_nobody_can_sign_in_without_a_password_set() -> None:
    assert not passwords.fits(None, "")
    assert not passwords.fits(None, "\x00nobody")


def test_an_old_hash_is_known_as_outdated() -> None:
    from argon2 import PasswordHasher

    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=1024).hash("x"))
    assert not passwords.is_outdated(passwords.hash_password("ten letters"))
