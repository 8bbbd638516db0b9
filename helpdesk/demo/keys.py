"""Passwords and tokens of the demo logins: made afresh for each installation.

A password is easy to read out and to type, and still has more than fifty random bits. Not
repeatable on purpose, unlike the rest of the demo data.
"""

from __future__ import annotations

import secrets

_BEGINS = [*"bdfghklmnprstvwz", "br", "dr", "fr", "gr", "kl", "kr", "pl", "st", "tr"]
_SOUNDS = [*"aeiou", "ei", "au"]
_ENDS = ["", "", *"nrslt"]


def new_password() -> str:
    """Three words of two syllables and a number, like `malen-drofi-kertau-47`."""
    words = ("".join(_syllable() for _ in range(2)) for _ in range(3))
    return f"{'-'.join(words)}-{secrets.randbelow(90) + 10}"


def _syllable() -> str:
    return secrets.choice(_BEGINS) + secrets.choice(_SOUNDS) + secrets.choice(_ENDS)
