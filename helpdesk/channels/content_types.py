"""What a file is, told by its first bytes, and a file name that can do no harm.

The type a browser claims is never believed. Only plain pictures are ever served under their own
type; everything else goes out as bytes to save. Pure.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from urllib.parse import quote

HEAD = 4096
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
BYTES = "application/octet-stream"
LONGEST_NAME = 120
MOST_PIXELS = 250_000_000  # the largest cameras make 200 million

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (4, b"ftyphei", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (8, b"WAVE", "audio/wav"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"MZ", "application/x-msdownload"),
    (0, b"\x7fELF", "application/x-executable"),
)
_MARKUP = (
    (re.compile(rb"<svg[\s>]", re.I), "image/svg+xml"),
    (
        re.compile(rb"<(!doctype html|html|head|body|script|iframe|meta)[\s>]", re.I),
        "text/html",
    ),
    (re.compile(rb"^\s*<\?xml", re.I), "text/xml"),
)
_FRAME = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]\0[\x08-\x7f].(.{4})", re.S)
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.I)
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}$")


def found_type(head: bytes) -> str:
    """The type of a file that begins with `head` (HEAD bytes are enough)."""
    for offset, magic, kind in _MAGIC:
        if head.startswith(magic, offset):
            return BYTES if _pixels(head, kind) > MOST_PIXELS else kind
    text = head.removeprefix(b"\xef\xbb\xbf")
    for pattern, kind in _MARKUP:
        if pattern.search(text):
            return kind
    if b"\0" in text:
        return BYTES
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        # The head may end inside a character; anywhere else it is no UTF-8.
        if error.start < len(text) - 3 or len(head) < HEAD:
            return BYTES
    return "text/plain"


def _pixels(head: bytes, kind: str) -> int:
    """How large a picture says it is; 0 where the head does not tell.

    A few bytes may unfold to gigabytes in the browser of whoever looks.
    """
    if kind == "image/png" and head[12:16] == b"IHDR":
        width, height = struct.unpack_from(">II", head.ljust(24, b"\0"), 16)
    elif kind == "image/gif":
        width, height = struct.unpack_from("<HH", head.ljust(10, b"\0"), 6)
    elif kind == "image/webp" and head[12:16] == b"VP8X":
        sides = head.ljust(30, b"\0")
        width, height = (int.from_bytes(sides[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == "image/jpeg" and (frame := _FRAME.search(head)):
        height, width = struct.unpack(">HH", frame.group(1))
    else:
        return 0
    return int(width * height)


def served_type(found: str) -> str:
    """The Content-Type of a download: a picture's own, else plain bytes."""
    return found if found in PICTURES else BYTES


def clean_name(given: str) -> str:
    """A name to show and to save under, never a path: normalised first, checked afterwards.

    Invisible and direction-changing characters go, since `invoice\\u202egnp.exe` would be read as
    another name. The result has at most 120 characters and is never empty.
    """
    # NFKC first: a full-width slash or dot would otherwise turn into a real one later.
    name = unicodedata.normalize("NFKC", given.encode("utf-8", "replace").decode("utf-8"))
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(" " if c.isspace() else c for c in name if _is_shown(c) or c in "\t\n\r")
    name = re.sub(r'[<>:"|?*]', "_", name)
    name = re.sub(r"\s+", " ", name).strip(" .")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return _shortened(name) or "file"


def disposition(name: str) -> str:
    """A Content-Disposition header that saves the file under `name` (RFC 6266, RFC 8187)."""
    cleaned = clean_name(name)
    plain = unicodedata.normalize("NFKD", cleaned).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()\-]", "_", plain).strip(" .") or "file"
    if plain == cleaned:
        return f'attachment; filename="{plain}"'
    encoded = quote(cleaned, safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _is_shown(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _shortened(name: str) -> str:
    if len(name) <= LONGEST_NAME:
        return name
    extension = _EXTENSION.search(name)
    end = extension.group() if extension else ""
    return name[: LONGEST_NAME - len(end)].rstrip(" .") + end
