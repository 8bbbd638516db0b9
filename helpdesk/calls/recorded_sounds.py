"""What a browser's recorder made: whether it is sound alone, of what kind, and how long. Pure.

WebM and Ogg tell their length by their last packet. What an MP4 of this kind says of it is nothing
to go by, so there the page's own word counts, bounded by what its bytes can hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_CODEC, _SCALE, _TIME, _BLOCKS = 0x86, 0x2AD7B1, 0xE7, (0xA3, 0xA1)
# Segment, Info, Tracks, TrackEntry, Cluster, BlockGroup: what lies in them is looked at.
_OPENED = (0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0x1F43B675, 0xA0)
_OPUS_RATE = 48_000
LEAST_BYTES_A_SECOND = 700  # the least that speech is ever packed into


@dataclass(frozen=True, slots=True)
class Recorded:
    type: str
    ending: str
    seconds: int


def read(content: bytes, claimed_s: int) -> Recorded | None:
    """None for whatever is no sound, or more than sound."""
    if content.startswith(b"\x1aE\xdf\xa3"):
        return _webm(content)
    if content.startswith(b"OggS"):
        return _ogg(content)
    if content[4:8] == b"ftyp" and b"soun" in content and b"vide" not in content:
        most = len(content) // LEAST_BYTES_A_SECOND
        return Recorded("audio/mp4", "m4a", max(0, min(claimed_s, most)))
    return None


def _ogg(content: bytes) -> Recorded | None:
    if b"OpusHead" not in content[:200]:
        return None
    last = content[content.rfind(b"OggS") :]
    packets = int.from_bytes(last[6:14], "little", signed=True)
    return Recorded("audio/ogg", "ogg", round(max(0, packets) / _OPUS_RATE))


def _webm(content: bytes) -> Recorded | None:
    scale, cluster, last = 1_000_000, 0, 0
    codecs: list[bytes] = []
    for kind, value in _elements(content):
        if kind == _CODEC:
            codecs.append(value)
        elif kind == _SCALE:
            scale = int.from_bytes(value, "big") or scale
        elif kind == _TIME:
            cluster = int.from_bytes(value, "big")
            last = max(last, cluster)
        elif kind in _BLOCKS and len(value) > 3:
            last = max(last, cluster + int.from_bytes(value[1:3], "big", signed=True))
    if not codecs or not all(one.startswith(b"A_") for one in codecs):
        return None
    return Recorded("audio/webm", "webm", round(last * scale / 1e9))


def _elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every element that holds no others, by its kind, in the order in which they lie."""
    at = 0
    while at < len(content):
        kind, at = _number(content, at, keeps_mark=True)
        size, at = _number(content, at, keeps_mark=False)
        if at < 0:
            return
        if kind in _OPENED:
            continue
        yield kind, content[at : at + size]
        at += size


def _number(content: bytes, at: int, *, keeps_mark: bool) -> tuple[int, int]:
    """A number whose first bits say how many bytes it takes; (0, -1) where there is none."""
    first = content[at] if 0 <= at < len(content) else 0
    length = 9 - first.bit_length()
    if not first or at + length > len(content):
        return 0, -1
    value = int.from_bytes(content[at : at + length], "big")
    return (value if keeps_mark else value & ((1 << 7 * length) - 1)), at + length
