"""What a browser recorded is judged by its bytes."""

from __future__ import annotations

import pytest

from helpdesk.calls.recorded_sounds import Recorded, read
from tests.calls.sounds import ogg, webm

MP4 = b"\0\0\0\x18ftypiso5" + b"\0" * 40 + b"soun" + b"\0" * 7000


@pytest.mark.parametrize(
    "content, claimed, found",
    [
        (webm(34), 3, Recorded("audio/webm", "webm", 34)),
        (ogg(12), 99, Recorded("audio/ogg", "ogg", 12)),
        (MP4, 7, Recorded("audio/mp4", "m4a", 7)),
        (MP4, 999, Recorded("audio/mp4", "m4a", 10)),  # more than its bytes can hold
        (webm(5, b"V_VP8"), 5, None),
        (webm(5)[:60], 5, None),
        (MP4.replace(b"soun", b"vide"), 5, None),
        (b"OggS" + b"\0" * 300, 5, None),
        (b"\x1aE\xdf\xa3" + b"\xff" * 300, 5, None),
        (b"\x89PNG\r\n\x1a\n", 5, None),
        (b"", 5, None),
    ],
)
def test_only_sound_is_taken_and_its_length_is_its_own(
    content: bytes, claimed: int, found: Recorded | None
) -> None:
    assert read(content, claimed) == found


def test_a_file_that_ends_anywhere_does_no_harm() -> None:
    whole = webm(3)
    for length in range(len(whole)):
        read(whole[:length], 3)
