"""Passwords: refused when weak, hashed with argon2id, checked at the same pace for everybody.

Hashing takes tens of milliseconds on purpose: do it outside a transaction. Not for tokens, whose
randomness needs no slow hash (see `core.secrets`).
"""

from __future__ import annotations

import itertools
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from helpdesk.core.errors import Invalid, Unavailable

LEAST = 10
MOST_BYTES = 1024
AT_ONCE = 4
WAIT_S = 10.0

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each hash takes 19 MiB while it runs; a crowd at the door must not take all memory.
_room = threading.BoundedSemaphore(AT_ONCE)

# Endings and cases are tried as well, so this stays short.
_COMMON = frozenset(
    word
    for line in (
        "password passwort salasana motdepasse contrasena letmein welcome qwerty qwertyuiop",
        "qwertzuiop azertyuiop iloveyou administrator helpdesk changeme football baseball",
        "superman sunshine princess dragon monkey master trustno1 secret starwars whatever",
        "computer 1q2w3e4r5t 1qaz2wsx3edc zaq12wsx abcdefghij abc123",
    )
    for word in line.split()
)


def check_new(password: str, *, about: tuple[str, ...] = (), field: str = "password") -> None:
    """Refuse what is too short, too long or easily guessed; `about` is what others know of them.

    Everything else is taken exactly as it is, spaces and all.
    """
    told = _weakness(password, about)
    if told:
        raise Invalid(fields={field: told}, code="weak_password")


def _weakness(password: str, about: tuple[str, ...]) -> str | None:
    if too_long(password):
        return "Use at most 1,024 bytes."
    if len(password) < LEAST:
        return f"Use at least {LEAST} characters. A few words with spaces are fine."
    if len(set(password)) < 4:
        return "Use more different characters."
    plain = password.casefold()
    core = plain.strip("0123456789!?.,-_#*+ ")
    known = {word.casefold() for word in about if word}
    known |= {word.split("@")[0] for word in known}
    if core in _COMMON or plain in _COMMON or _is_run(plain):
        return "Many people use this one, so it is guessed first. Choose another."
    if plain in known or (core and core in known):
        return "Do not use your own name or address."
    return None


def _is_run(plain: str) -> bool:
    """True for 1234567890, abcdefghijkl and the like."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(plain)}
    return len(steps) == 1 or plain.startswith(("1234567890", "0123456789", "9876543210"))


def too_long(password: str) -> bool:
    return len(password) > MOST_BYTES or len(password.encode("utf-8", "replace")) > MOST_BYTES


def hash_password(password: str) -> str:
    """The argon2id hash to store."""
    with _Turn():
        return _hasher.hash(_bytes(password))


def fits(stored: str | None, password: str) -> bool:
    """Whether `password` is the one behind `stored`; as slow when there is none to compare with."""
    if too_long(password):
        return False
    with _Turn():
        try:
            return _hasher.verify(stored or _nobodys(), _bytes(password)) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")


_nobody: str | None = None


def _nobodys() -> str:
    """A hash that no password fits, made once."""
    global _nobody
    if _nobody is None:
        _nobody = _hasher.hash(b"\x00nobody")
    return _nobody


class _Turn:
    def __enter__(self) -> None:
        if not _room.acquire(timeout=WAIT_S):
            raise Unavailable("Many people are signing in right now. Try again in a moment.")

    def __exit__(self, *_: object) -> None:
        _room.release()
