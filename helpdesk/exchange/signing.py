"""The carrier's signature on what it sends, and the order in which it writes parameters.

Pure. Written from the published rule, apart from our own check of it, so that the two can be held
against each other (and against the vendor's package, in the tests).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from typing import NamedTuple


class Parameter(NamedTuple):
    name: str
    value: str


def signature(token: str, url: str, parameters: Iterable[tuple[str, str]] = ()) -> str:
    """HMAC-SHA1 over the address and each name and value in order of names, in base64."""
    text = url + "".join(name + value for name, value in sorted(set(parameters)))
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def with_body_hash(url: str, body: bytes) -> str:
    """The address of a JSON request: its body is signed by a hash in the query."""
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}bodySHA256={hashlib.sha256(body).hexdigest()}"


def in_carriers_order(values: dict[str, str]) -> list[Parameter]:
    """Parameters as they arrive: ordered by the buckets of a hash table, not by name.

    Recorded requests show one order for one set of names; it is that of a table with 16 places or
    more, doubled until three quarters hold all names.
    """
    places = 16
    while len(values) > places * 3 // 4:
        places *= 2
    ordered = sorted(values, key=lambda name: _spread(name) & (places - 1))
    return [Parameter(name, values[name]) for name in ordered]


def _spread(name: str) -> int:
    number = 0
    for character in name:
        number = (31 * number + ord(character)) & 0xFFFFFFFF
    return number ^ (number >> 16)
