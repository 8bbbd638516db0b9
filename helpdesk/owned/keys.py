"""Numbers as people type and read them, reduced to what tells them apart. Pure."""

from __future__ import annotations

MOST_DIGITS = 20


def digits_key(number: str) -> str:
    """What a caller can press of it: `W-1001` is 1001. Empty for none, or for too many."""
    digits = "".join(c for c in number if c.isascii() and c.isdigit())
    return digits if len(digits) <= MOST_DIGITS else ""


def search_key(number: str) -> str:
    """Letters and digits alone, folded: `sn-4711 / b` and `SN4711B` are one."""
    return "".join(c for c in number.casefold() if c.isalnum())
