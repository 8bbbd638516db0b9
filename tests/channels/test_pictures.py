"""Pictures that stand on every page: only what draws is kept, and what is no picture is refused."""

from __future__ import annotations

import struct
import zlib

import pytest

from helpdesk.channels import pictures
from helpdesk.channels.pictures import NoPicture


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int = 40, height: int = 40, *, points: bytes | None = None, more: bytes = b""
) -> bytes:
    """A plain picture of one colour with red, green and blue."""
    rows = points if points is not None else (b"\0" + b"\x0f\x6b\x6b" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = [chunk(b"IHDR", head), more, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return pictures.PNG_HEAD + b"".join(parts)


def jpeg(extra: bytes = b"", behind: bytes = b"") -> bytes:
    """The parts of a picture as a reader walks through them; what it draws is not looked at."""

    def part(kind: int, body: bytes) -> bytes:
        return bytes((0xFF, kind)) + struct.pack(">H", len(body) + 2) + body

    frame = part(0xC0, b"\x08" + struct.pack(">HH", 30, 50) + b"\x01\x01\x11\x00")
    scan = part(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + part(0xE0, b"JFIF\0") + extra + frame + scan + b"\xff\xd9" + behind


def test_A4_what_does_not_draw_is_left_out() -> None:
    told = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>") + chunk(b"eXIf", b"53.55 N")
    found = pictures.read(png(more=told) + b"<html><script>")
    assert (found.type, found.width, found.height) == ("image/png", 40, 40)
    assert found.data == png()
    place = b"\xff\xe1" + struct.pack(">H", 12) + b"Exif place"
    photo = pictures.read(jpeg(place, b"<?php"))
    assert (photo.type, photo.width, photo.height) == ("image/jpeg", 50, 30)
    assert photo.data == jpeg()


@pytest.mark.parametrize(
    "data,why",
    [
        (b"", "PNG or a JPEG"),
        (b"GIF89a", "PNG or a JPEG"),
        (b"<?xml version='1.0'?><svg onload='alert(1)'>", "SVG can hold"),
        (b"<html><script>alert(1)</script>", "PNG or a JPEG"),
        (png()[:-6], "damaged"),
        (png().replace(b"IDAT", b"IDAX"), "damaged"),
        (png(points=b"\0" * 50), "damaged"),
        (png(points=b"\0" * 9_000_000), "damaged"),
        (png(2001, 1), "at most 2000"),
        (png(0, 5), "at most 2000"),
        (jpeg()[:40], "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x00", "damaged"),
        (b"\xff\xd8\xff\xd9", "damaged"),
        (png() + b"x" * pictures.MOST_BYTES, "at most 200 kB"),
    ],
)
def test_A6_B10_what_is_no_small_picture_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(NoPicture, match=why):
        pictures.read(data)
