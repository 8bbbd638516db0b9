"""Bytes to text: by what the mail says, by the bytes themselves where it says nonsense. Pure."""

from __future__ import annotations

import codecs
import re
import unicodedata

# What mail programs write, and what they mean by it.
_MEANT = {
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "default": "utf-8",
    "x-unknown": "utf-8",
    "unknown-8bit": "utf-8",
    "8bit": "utf-8",
    "utf8mb4": "utf-8",
    "unicode": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso8859-1": "cp1252",
    "windows-1252": "cp1252",
    "x-ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "windows-874": "cp874",
    "cp-850": "cp850",
    "x-user-defined": "cp1252",
    "tis-620": "cp874",
}
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)
_ENOUGH_TO_GUESS = 16  # bytes beyond ASCII; of fewer, any guess is as good as another
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_ESCAPES = re.compile(rb"\x1b(\$[@B]|\([BJ])")


def codec_of(name: str) -> str | None:
    """The codec for a charset's name; None for one that nobody knows."""
    cleaned = name.strip().strip("\"'").lower().split("*")[0]
    cleaned = _MEANT.get(cleaned, cleaned)
    for candidate in (cleaned, cleaned.replace("_", "-"), cleaned.removeprefix("x-")):
        try:
            found = codecs.lookup(_MEANT.get(candidate, candidate))
        except (LookupError, ValueError):
            continue
        # Codecs such as base64 or rot13 are known too, and one of them is a zip bomb.
        if getattr(found, "_is_text_encoding", True):
            return None if found.name.replace("-", "_") in _NO_CHARSETS else found.name
    return None


def decode(data: bytes, declared: str = "", *, html: bool = False) -> tuple[str, str]:
    """The text, and a defect (empty when the mail told the truth)."""
    if html and not declared:
        found = _META.search(data[:2048])
        declared = found.group(1).decode("ascii") if found else ""
    if data[:3] == b"\xef\xbb\xbf":
        declared = "utf-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _cleaned(data.decode("utf-16", "replace")), ""
    if _ESCAPES.search(data[:65536]) and not declared.lower().startswith("iso-2022"):
        declared = "iso-2022-jp"
    codec = codec_of(declared) if declared else "utf-8"
    defect = "" if codec else f"unknown character set {declared[:40]!r}"
    if codec:
        try:
            return _cleaned(data.decode(codec)), ""
        except (UnicodeDecodeError, ValueError):
            if declared and codec != "utf-8" and _mostly(data, codec):
                return _cleaned(data.decode(codec, "replace")), "some characters cannot be read"
            defect = "the text is not in the character set that the mail names"
    return _cleaned(_guessed(data)), defect


def _mostly(data: bytes, codec: str) -> bool:
    """Whether only a few characters are wrong, as when a text was cut."""
    text = data[:200_000].decode(codec, "replace")
    return text.count("\ufffd") * 50 <= len(text)


def _guessed(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _mostly(data, "utf-8"):
        return data.decode("utf-8", "replace")
    if sum(byte > 127 for byte in data[:5_000]) < _ENOUGH_TO_GUESS:
        return data.decode("cp1252", "replace")
    # Slow to load and rarely needed.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    best = from_bytes(data[:50_000]).best()
    if best is not None and best.encoding:
        return data.decode(best.encoding, "replace")
    return data.decode("cp1252", "replace")


def _cleaned(text: str) -> str:
    """Without NUL and the like, which neither people nor databases can read."""
    if text.isprintable():
        return text
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub("", text)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def one_line(text: str, longest: int) -> str:
    """Text for a line: white space becomes one blank, characters that turn or hide text go."""
    kept = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _HIDDEN)
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


_HIDDEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Cf"})
