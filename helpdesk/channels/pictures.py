"""A small picture that somebody uploads to stand on every page: read whole, and made plain.

Only PNG and JPEG, found by what is in them. What is kept is what draws the picture: text, places,
thumbnails, animations and whatever hangs behind its end are left out, so that it is nothing else
besides. Pure, and of the standard library alone. Not for attachments (see `content_types`).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MOST_BYTES = 200 * 1024
MOST_SIDE = 2000
MOST_UNPACKED = 32 * 1024 * 1024
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
DAMAGED = "This file is damaged. Export it anew."
_DRAWS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"})
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_FRAMES = (0xC0, 0xC1, 0xC2)
_KEPT = frozenset({0xC4, 0xDB, 0xDD, 0xE0, 0xEE, *_FRAMES})


class NoPicture(ValueError):
    """It can't be taken; the text says why, for whoever uploads it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`data` is what is served, under `type` and nothing else."""

    type: str
    width: int
    height: int
    data: bytes


def read(data: bytes) -> Picture:
    """The picture in these bytes, plain; NoPicture for anything else."""
    if len(data) > MOST_BYTES:
        raise NoPicture(f"Use a file of at most {MOST_BYTES // 1024} kB.")
    try:
        if data.startswith(PNG_HEAD):
            found = _png(data)
        elif data.startswith(b"\xff\xd8\xff"):
            found = _jpeg(data)
        elif b"<svg" in data[:4096].lower():
            raise NoPicture("An SVG can hold programs. Export it as PNG.")
        else:
            raise NoPicture("Use a PNG or a JPEG.")
    except (struct.error, zlib.error, IndexError) as error:
        raise NoPicture(DAMAGED) from error
    if not (0 < found.width <= MOST_SIDE and 0 < found.height <= MOST_SIDE):
        raise NoPicture(f"Use a picture of at most {MOST_SIDE} by {MOST_SIDE} points.")
    return found


def _png(data: bytes) -> Picture:
    at, kept, packed = len(PNG_HEAD), [PNG_HEAD], bytearray()
    header = b""
    while True:
        (size,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        (check,) = struct.unpack_from(">I", data, at + 8 + size)
        is_whole = len(body) == size and zlib.crc32(kind + body) == check
        if not is_whole or (kind == b"IHDR") == bool(header):
            raise NoPicture(DAMAGED)
        if kind == b"IHDR":
            header = body
        if kind == b"IDAT":
            packed += body
        if kind in _DRAWS:
            kept.append(data[at : at + 12 + size])
        at += 12 + size
        if kind == b"IEND":
            break
    width, height = _require_drawable(header, bytes(packed))
    return Picture("image/png", width, height, b"".join(kept))


def _require_drawable(header: bytes, packed: bytes) -> tuple[int, int]:
    """Its points are all there and no more; few bytes could unfold to very many."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        raise NoPicture(f"Use a picture of at most {MOST_SIDE} by {MOST_SIDE} points.")
    if depth not in _DEPTHS.get(colour, ()):
        raise NoPicture(DAMAGED)
    row = (width * depth * _CHANNELS[colour] + 7) // 8 + 1
    least = row * height
    most = least + (8 * (width + height) + 64 if interlaced else 0)
    if most > MOST_UNPACKED:
        raise NoPicture("This picture is too large. Make it smaller.")
    unpacked = zlib.decompressobj().decompress(packed, most + 1)
    if not (least if not interlaced else 1) <= len(unpacked) <= most:
        raise NoPicture(DAMAGED)
    return width, height


def _jpeg(data: bytes) -> Picture:
    at, kept, width, height = 2, [data[:2]], 0, 0
    while True:
        if data[at] != 0xFF:
            raise NoPicture(DAMAGED)
        kind = data[at + 1]
        if kind == 0xFF:
            at += 1
        elif kind == 0xD9:
            break
        else:
            (size,) = struct.unpack_from(">H", data, at + 2)
            end = at + 2 + size
            if kind in _FRAMES:
                height, width = struct.unpack_from(">HH", data, at + 5)
            elif kind == 0xDA:
                end = _end_of_scan(data, end)
            if kind in _KEPT or kind == 0xDA:
                kept.append(data[at:end])
            at = end
    if not width:
        raise NoPicture(DAMAGED)
    return Picture("image/jpeg", width, height, b"".join([*kept, b"\xff\xd9"]))


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the drawn points end and the next marker begins."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise NoPicture(DAMAGED)
        if data[at + 1] == 0 or 0xD0 <= data[at + 1] <= 0xD7:
            at += 2
        else:
            return at
