"""Files as browsers' recorders make them, made by hand."""

from __future__ import annotations


def _element(kind: str, content: bytes) -> bytes:
    return bytes.fromhex(kind) + (0x10000000 | len(content)).to_bytes(4, "big") + content


def webm(seconds: int, codec: bytes = b"A_OPUS") -> bytes:
    """A block each second, in clusters of ten, in a segment whose length nobody knew."""
    head = _element("1a45dfa3", _element("4282", b"webm"))
    info = _element("1549a966", _element("2ad7b1", (1_000_000).to_bytes(3, "big")))
    tracks = _element("1654ae6b", _element("ae", _element("86", codec)))
    clusters = b""
    for start in range(0, seconds + 1, 10):
        blocks = b"".join(
            _element("a3", b"\x81" + (1000 * at).to_bytes(2, "big") + b"\x80sound")
            for at in range(min(10, seconds + 1 - start))
        )
        time = _element("e7", (1000 * start).to_bytes(4, "big"))
        clusters += bytes.fromhex("1f43b675") + b"\x01" + b"\xff" * 7 + time + blocks
    return head + bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7 + info + tracks + clusters


def ogg(seconds: int) -> bytes:
    first = b"OggS\0\x02" + (0).to_bytes(8, "little") + b"\0" * 14 + b"OpusHead" + b"\0" * 40
    return first + b"OggS\0\0" + (48_000 * seconds).to_bytes(8, "little") + b"\0" * 60
