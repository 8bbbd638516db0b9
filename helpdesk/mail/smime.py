"""What lies inside an S/MIME envelope that is only signed: the words are there for everybody.

Reads just enough of the format (CMS, RFC 5652, in BER with or without lengths) to hand out the
signed mail. Nothing is verified and nothing is decrypted. Pure, and linear in the size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["signed", "sealed", ""]
DEEPEST = 16
_SIGNED = bytes.fromhex("2a864886f70d010702")
_SEALED = (bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d0109100117"))
_CONSTRUCTED, _OCTETS = 0x20, 0x04


class _Broken(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Opened:
    """`content` is the mail inside, where it is only signed."""

    kind: Kind
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class _Element:
    tag: int
    start: int
    end: int
    after: int

    @property
    def number(self) -> int:
        return self.tag & ~_CONSTRUCTED


def is_one(kind: str, name: str) -> bool:
    return kind in ("application/pkcs7-mime", "application/x-pkcs7-mime") or (
        kind == "application/octet-stream" and name.lower() == "smime.p7m"
    )


def opened(data: bytes) -> Opened:
    """What kind of envelope it is; of kind "" for anything that is none."""
    try:
        whole = _children(data, _element(data, 0, len(data), 0))
        oid = data[whole[0].start : whole[0].end]
        if oid in _SEALED:
            return Opened("sealed")
        if oid != _SIGNED:
            return Opened("")
        (signed,) = _children(data, whole[1])
        # Version, digests, then what was signed: its type and, in one more wrapping, its bytes.
        inner = _children(data, _children(data, signed)[2])
        if len(inner) < 2:
            return Opened("signed")
        return Opened("signed", _octets(data, _children(data, inner[1])[0], 0))
    except (_Broken, IndexError, ValueError):
        return Opened("")


def _element(data: bytes, at: int, end: int, depth: int) -> _Element:
    if depth > DEEPEST or at + 2 > end:
        raise _Broken
    tag, size, at = data[at], data[at + 1], at + 2
    if size == 0x80:
        return _without_length(data, tag, at, end, depth)
    if size > 0x80:
        count = size & 0x7F
        if count > 4 or at + count > end:
            raise _Broken
        size, at = int.from_bytes(data[at : at + count]), at + count
    if at + size > end:
        raise _Broken
    return _Element(tag, at, at + size, at + size)


def _without_length(data: bytes, tag: int, at: int, end: int, depth: int) -> _Element:
    """It ends where two zero bytes stand in the place of a child."""
    start = at
    while data[at : at + 2] != b"\0\0":
        at = _element(data, at, end, depth + 1).after
    return _Element(tag, start, at, at + 2)


def _children(data: bytes, parent: _Element) -> list[_Element]:
    """The first few: an envelope has few, and nobody needs the certificates."""
    if not parent.tag & _CONSTRUCTED:
        raise _Broken
    found: list[_Element] = []
    at = parent.start
    while at < parent.end and len(found) < 8:
        found.append(_element(data, at, parent.end, 0))
        at = found[-1].after
    return found


def _octets(data: bytes, element: _Element, depth: int) -> bytes:
    """The bytes of a string, put together where it comes in pieces."""
    if element.number != _OCTETS or depth > 2:
        raise _Broken
    if not element.tag & _CONSTRUCTED:
        return data[element.start : element.end]
    pieces, at = [], element.start
    while at < element.end:
        one = _element(data, at, element.end, 0)
        pieces.append(_octets(data, one, depth + 1))
        at = one.after
    return b"".join(pieces)
