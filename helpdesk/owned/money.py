"""Amounts as whole minor units with their currency: read and shown, never reckoned in floats. Pure.

Not for converting currencies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST_MINOR = 10**15
_PLACES: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX",
                     "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
_SIGNS: Mapping[str, str] = {"EUR": "€", "USD": "$", "GBP": "£"}
_AMOUNT = re.compile(r"(-?)([0-9][0-9.,' ]{0,20})")


def places(currency: str) -> int:
    """How many digits stand behind the point."""
    return _PLACES.get(currency, 2)


def shown(minor: int, currency: str, language: str = "en") -> str:
    """`€12.50`, `12,50 €` or `1250 JPY`."""
    digits = places(currency)
    whole, rest = divmod(abs(minor), 10**digits)
    german = language == "de"
    number = f"{whole:,}".replace(",", "." if german else ",")
    if digits:
        number += f"{',' if german else '.'}{rest:0{digits}d}"
    minus = "−" if minor < 0 else ""
    sign = _SIGNS.get(currency)
    if sign and not german:
        return f"{minus}{sign}{number}"
    return f"{minus}{number} {sign or currency}"


def read(text: str, currency: str) -> int | None:
    """Minor units of an amount as tables write it (`1,234.50`, `1.234,50`, `12`); None: no amount.

    The last point or comma is the decimal one when as many digits follow as the currency has.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        return None
    digits, number = places(currency), found[2].replace(" ", "").replace("'", "")
    mark = max(number.rfind("."), number.rfind(","))
    behind = number[mark + 1 :] if mark >= 0 else ""
    if mark >= 0 and digits and 1 <= len(behind) <= digits:
        whole, rest = number[:mark], behind.ljust(digits, "0")
    elif mark >= 0 and len(behind) != 3:
        return None
    else:
        whole, rest = number, "0" * digits
    bare = re.sub(r"[.,]", "", whole)
    if not bare.isdigit():
        return None
    minor = int(bare + rest)
    return (-minor if found[1] else minor) if minor <= MOST_MINOR else None
