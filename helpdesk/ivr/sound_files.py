"""Whether a file is a sound that a carrier can play, told by its bytes, and its length. Pure.

Plain WAV and MP3. What a browser or a name says of the file is never believed.
"""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import dataclass

from helpdesk.core.errors import Invalid

MOST_BYTES = 8 * 1024 * 1024
LONGEST_S = 600
_WAV_PCM, _WAV_MULAW, _WAV_EXTENSIBLE = 1, 7, 0xFFFE
# By version and layer of MPEG audio: kbit/s for each index; samples of a frame; samples a second.
_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_LEAST_FRAMES = 3  # in a row, before it counts as MP3


@dataclass(frozen=True, slots=True)
class SoundFacts:
    type: str
    seconds: float
    ending: str


def judged(content: bytes) -> SoundFacts:
    """What the file is; Invalid says in words why it can't be played to callers."""
    if not content:
        raise _wrong("This file is empty.")
    if len(content) > MOST_BYTES:
        raise _wrong(f"This file is larger than {MOST_BYTES // 1024 // 1024} MB.")
    found = _wav(content) if content[:4] == b"RIFF" and content[8:12] == b"WAVE" else _mp3(content)
    if found is None:
        raise _wrong("This is neither a WAV nor an MP3 file. Save it as one of them.")
    if found.seconds > LONGEST_S:
        raise _wrong(f"This plays longer than {LONGEST_S // 60} minutes. Make it shorter.")
    if found.seconds < 0.1:
        raise _wrong("There is no sound in this file.")
    return found


def _wrong(text: str) -> Invalid:
    return Invalid(text, code="bad_sound", fields={"file": text})


def _wav(content: bytes) -> SoundFacts:
    kind = _wav_kind(content)
    if kind == _WAV_MULAW:
        return SoundFacts("audio/wav", len(content) / 8000, "wav")
    if kind not in (_WAV_PCM, _WAV_EXTENSIBLE):
        raise _wrong("Carriers can't play this kind of WAV file. Save it as PCM.")
    try:
        with wave.open(io.BytesIO(content)) as file:
            rate, frames, width = file.getframerate(), file.getnframes(), file.getsampwidth()
            channels = file.getnchannels()
    except (wave.Error, EOFError, ValueError, RuntimeError) as error:
        raise _wrong("This WAV file is damaged. Save it again.") from error
    if width > 2 or channels > 2 or not 8000 <= rate <= 48000:
        raise _wrong("Save this WAV file with 8 or 16 bits, mono or stereo, and 8 to 48 kHz.")
    there = max(0, len(content) - 44) / (width * channels)
    return SoundFacts("audio/wav", min(frames, there) / rate, "wav")


def _wav_kind(content: bytes) -> int:
    """The format that its `fmt ` chunk names; 0 where it has none."""
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name == b"fmt " and at + 10 <= len(content):
            return int(struct.unpack_from("<H", content, at + 8)[0])
        at += 8 + size + size % 2
    return 0


def _mp3(content: bytes) -> SoundFacts | None:
    at, frames, seconds = _after_tags(content), 0, 0.0
    while frame := _frame(content, at):
        size, lasts = frame
        frames, seconds, at = frames + 1, seconds + lasts, at + size
        if seconds > LONGEST_S:
            break
    return SoundFacts("audio/mpeg", seconds, "mp3") if frames >= _LEAST_FRAMES else None


def _after_tags(content: bytes) -> int:
    """Behind an ID3 tag, whose length has seven bits in each byte."""
    if content[:3] != b"ID3" or len(content) < 10:
        return 0
    a, b, c, d = (byte & 0x7F for byte in content[6:10])
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def _frame(content: bytes, at: int) -> tuple[int, float] | None:
    """(bytes, seconds) of the layer III frame that begins there."""
    head = content[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, sampling, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    if version == 1 or layer != 1 or rate in (0, 15) or sampling == 3:
        return None
    samples = 1152 if version == 3 else 576
    per_second = _SAMPLES[version][sampling]
    bits = _RATES[3 if version == 3 else 2][rate] * 1000
    return samples // 8 * bits // per_second + padding, samples / per_second
