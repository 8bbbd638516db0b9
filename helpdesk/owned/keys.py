"""Numbers as people type and read them, reduced to what tells them apart. Pure."""

from __future__ import annotations


def search_key(number: str) -> str:
    """Letters and digits alone, folded: `sn-4711 / b` and `SN4711B` are one."""
    return "".join(c for c in number.casefold() if c.isalnum())
