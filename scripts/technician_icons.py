"""Draws the icons of the technician's app: a pin on the house's accent, as SVG and as PNG.

Run by hand after a change of shape or colour; what it writes is committed. Plain Python, so that a
picture of two kilobytes brings no library for pictures.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "static" / "technician"
ACCENT, WHITE = (0x36, 0x54, 0xC4), (0xFF, 0xFF, 0xFF)
SIZES = (192, 512)
FINE = 3  # samples per pixel in each direction, for smooth edges

SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">\
<rect width="100" height="100" fill="#3654c4"/>\
<path fill="#fff" fill-rule="evenodd" \
d="M50 82 30.2 53.1A24 24 0 1 1 69.8 53.1ZM50 49a9 9 0 1 0 0-18 \
9 9 0 0 0 0 18Z"/></svg>
"""


def is_white(x: float, y: float) -> bool:
    """Whether the point (0 to 100) lies on the pin: a ring above, a point below."""
    from_centre = ((x - 50) ** 2 + (y - 40) ** 2) ** 0.5
    if from_centre < 9:
        return False
    return from_centre < 24 or (53.1 <= y <= 82 and abs(x - 50) <= 19.8 * (82 - y) / 28.9)


def pixel(size: int, column: int, row: int) -> bytes:
    step = 100 / size / FINE
    hits = sum(
        is_white((column * FINE + i + 0.5) * step, (row * FINE + j + 0.5) * step)
        for i in range(FINE)
        for j in range(FINE)
    )
    share = hits / FINE**2
    return bytes(round(a + (w - a) * share) for a, w in zip(ACCENT, WHITE, strict=True))


def png(size: int) -> bytes:
    rows = (b"\0" + b"".join(pixel(size, x, y) for x in range(size)) for y in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def main() -> None:
    (TARGET / "icon.svg").write_text(SVG, "utf-8")
    for size in SIZES:
        (TARGET / f"icon-{size}.png").write_bytes(png(size))


if __name__ == "__main__":
    main()
