"""Which files callers can be played: WAV and MP3 by their bytes; others are refused in words."""

from __future__ import annotations

import io
import struct
import wave

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.ivr.sound_files import MOST_BYTES, judged


def wav(seconds: float = 2, *, rate: int = 8000, width: int = 2, channels: int = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(b"\0" * round(seconds * rate) * width * channels)
    return out.getvalue()


def mp3(frames: int = 100, *, tag: bool = False) -> bytes:
    """Frames of 128 kbit/s at 44.1 kHz, each 417 bytes and 26 ms long."""
    head = b"ID3\x04\0\0\0\0\x01\x00" + b"\0" * 128 if tag else b""
    return head + (b"\xff\xfb\x90\x00" + b"\0" * 413) * frames


@pytest.mark.parametrize(
    "content, kind, seconds",
    [
        (wav(), "audio/wav", 2.0),
        (wav(3, rate=44100, channels=2), "audio/wav", 3.0),
        (wav(1, width=1), "audio/wav", 1.0),
        (mp3(), "audio/mpeg", 2.6),
        (mp3(200, tag=True), "audio/mpeg", 5.2),
    ],
)
def test_plain_sounds_are_taken_with_their_length(
    content: bytes, kind: str, seconds: float
) -> None:
    found = judged(content)
    assert found.type == kind
    assert found.seconds == pytest.approx(seconds, abs=0.1)


COMPRESSED = b"RIFF\x32\0\0\0WAVEfmt \x12\0\0\0" + struct.pack("<H", 85) + b"\0" * 40
DAMAGED = wav()[:30]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "empty"),
        (b"\0" * (MOST_BYTES + 1), "larger than 8 MB"),
        (b"hello there", "neither"),
        (b"<script>alert(1)</script>", "neither"),
        (b"\xff\xfb\x90\x00" + b"\0" * 413, "neither"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 5000, "neither"),
        (COMPRESSED, "PCM"),
        (DAMAGED, "damaged"),
        (wav(1, width=4), "16 bits"),
        (wav(1, rate=96000), "48 kHz"),
        (wav(601, width=1), "longer than 10 minutes"),
        (wav(0), "no sound"),
    ],
)
def test_other_files_are_refused_with_a_reason(content: bytes, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        judged(content)


def test_no_bytes_at_all_make_it_stumble() -> None:
    for content in (mp3(5), wav(0.5), COMPRESSED):
        for cut in range(0, min(len(content), 500), 7):
            for more in (b"", b"\xff" * 40, b"\0" * 40):
                try:
                    judged(content[:cut] + more)
                except Invalid:
                    continue
