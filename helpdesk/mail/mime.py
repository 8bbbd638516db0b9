"""A mail's structure: headers and parts, found in one pass over the bytes.

Linear in the size of the mail whatever it holds, with bounds on depth, parts and headers, since
the parsers at hand take minutes for a mail made to hurt. Lenient: what a careful reader would still
understand is understood, and the defect noted. Pure. Not for what the parts mean (see `content`).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from helpdesk.mail.limits import (
    MOST_DEPTH,
    MOST_HEADER_BYTES,
    MOST_HEADERS,
    MOST_PARTS,
    TooMuch,
)

_NAME = re.compile(rb"[!-9;-~]+[ \t]*")
_TYPE = re.compile(r"\s*([\w!#$&.+^-]+)\s*/\s*([\w!#$&.+^*-]+)")
_PARAM = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)')
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_SOFT_BREAK = re.compile(rb"=[ \t]+\r?\n")  # blanks that a server on the way has added
_DIVIDES = re.compile(rb">?From[ \t]+[^:\s]")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]+\r?\n", re.MULTILINE)


@dataclass(slots=True)
class Part:
    """One node. `start` and `end` bound its body in the whole mail."""

    headers: list[tuple[str, bytes]]
    start: int
    end: int
    kind: str
    params: dict[str, str]
    children: list[Part] = field(default_factory=list)

    def all(self, name: str) -> list[bytes]:
        return [value for known, value in self.headers if known == name]

    def get(self, name: str) -> bytes:
        """The first header of that name, empty when there is none."""
        return next((value for known, value in self.headers if known == name), b"")


@dataclass(slots=True)
class Mail:
    raw: bytes
    root: Part
    defects: list[str]

    def data(self, part: Part) -> bytes:
        """The part's body with its transfer encoding undone."""
        return decoded(self.raw[part.start : part.end], part.get("content-transfer-encoding"))


def split(raw: bytes) -> Mail:
    """Take the mail apart; TooMuch beyond a bound."""
    head = raw[:4096]
    defects = []
    if b"\n" not in head and b"\r" in head:
        raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        defects.append("lines end in bare carriage returns")
    start = 0
    if raw.startswith(b"\xef\xbb\xbf"):
        start = 3
    while raw[start : start + 1] in (b"\r", b"\n"):
        start += 1
    return _Splitter(raw, defects).whole(start)


class _Splitter:
    def __init__(self, raw: bytes, defects: list[str]) -> None:
        self.raw = raw
        self.defects = defects
        self.parts = 0

    def whole(self, start: int) -> Mail:
        root = self.part(start, len(self.raw), 0, "text/plain")
        return Mail(self.raw, root, list(dict.fromkeys(self.defects)))

    def part(self, start: int, end: int, depth: int, default: str) -> Part:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise TooMuch(f"more than {MOST_PARTS} parts")
        if depth > MOST_DEPTH:
            raise TooMuch(f"parts nested more than {MOST_DEPTH} deep")
        headers, body, defects = read_headers(self.raw, start, end)
        self.defects += defects
        given = next((v for n, v in headers if n == "content-type"), b"")
        kind, params = content_type(given, default)
        part = Part(headers, body, end, kind, params)
        if kind.startswith("multipart/"):
            self._divide(part, depth)
        return part

    def _divide(self, part: Part, depth: int) -> None:
        boundary = part.params.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
        if not boundary or not self._has(part, boundary):
            guessed = self._guess(part)
            if guessed:
                boundary = guessed
                self.defects.append("a boundary was missing or wrong")
        spans = list(self._spans(part, boundary)) if boundary else []
        if not spans:
            self.defects.append("a multipart without parts was read as text")
            part.kind, part.params = "text/plain", {}
            return
        default = "message/rfc822" if part.kind == "multipart/digest" else "text/plain"
        part.children = [self.part(s, e, depth + 1, default) for s, e in spans]

    def _has(self, part: Part, boundary: bytes) -> bool:
        return next(self._marks(part, boundary), None) is not None

    def _guess(self, part: Part) -> bytes:
        """The first line that looks like a boundary and comes before headers."""
        found = re.compile(rb"(?:\A|\n)--([^\s-][^\r\n]{0,200}?)[ \t]*\r?\ncontent-", re.I).search(
            self.raw, max(0, part.start - 1), min(part.end, part.start + 65536)
        )
        return found.group(1) if found else b""

    def _spans(self, part: Part, boundary: bytes) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        open_at = -1
        for at, after, closes in self._marks(part, boundary):
            if open_at >= 0:
                spans.append((open_at, self._before_line_end(at, open_at)))
            if len(spans) > MOST_PARTS:
                raise TooMuch(f"more than {MOST_PARTS} parts")
            if closes:
                return spans
            open_at = after
        if open_at >= 0:
            self.defects.append("the last boundary is missing")
            spans.append((open_at, part.end))
        return spans

    def _before_line_end(self, at: int, floor: int) -> int:
        if at > floor and self.raw[at - 1] == 10:
            at -= 1
            if at > floor and self.raw[at - 1] == 13:
                at -= 1
        return at

    def _marks(self, part: Part, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
        """(start of the line, start of the next line, whether it closes) of each boundary line."""
        raw, wanted = self.raw, b"--" + boundary
        at = raw.find(wanted, part.start, part.end)
        while at >= 0:
            stop = at + len(wanted)
            if at == part.start or raw[at - 1] in (10, 13):
                line_end = raw.find(b"\n", stop, part.end)
                line_end = part.end if line_end < 0 else line_end
                rest = raw[stop : min(line_end, stop + 200)].strip()
                if rest in (b"", b"--") or (rest.startswith(b"--") and not rest.strip(b"-")):
                    yield at, min(line_end + 1, part.end), rest != b""
            at = raw.find(wanted, stop, part.end)


def read_headers(
    raw: bytes, start: int, end: int
) -> tuple[list[tuple[str, bytes]], int, list[str]]:
    """The headers from `start`, where the body begins, and what was wrong with them."""
    headers: list[tuple[str, list[bytes]]] = []
    defects: list[str] = []
    at = start
    while at < end:
        if at - start > MOST_HEADER_BYTES:
            raise TooMuch(f"more than {MOST_HEADER_BYTES // 1024} KB of headers")
        stop = raw.find(b"\n", at, end)
        stop = end if stop < 0 else stop
        line = raw[at:stop].rstrip(b"\r")
        following = min(stop + 1, end)
        if not line:
            at = following
            break
        if line[:1] in b" \t" and headers:
            headers[-1][1].append(line.strip())
        elif not headers and _DIVIDES.match(line):
            pass  # the line that divides mails in a mailbox file
        else:
            name, colon, value = line.partition(b":")
            if not colon or not _NAME.fullmatch(name):
                defects.append("the line between headers and text is missing")
                break
            if len(headers) >= MOST_HEADERS:
                raise TooMuch(f"more than {MOST_HEADERS} headers")
            headers.append((name.strip().decode("ascii").lower(), [value.strip()]))
        at = following
    return [(name, b" ".join(pieces).strip()) for name, pieces in headers], at, defects


def content_type(value: bytes, default: str) -> tuple[str, dict[str, str]]:
    """`text/plain` and its parameters; the default for nothing or nonsense."""
    text = value.decode("utf-8", "surrogateescape")
    found = _TYPE.match(text)
    if found is None:
        bare = text.split(";")[0].strip().lower()
        kind = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(bare)
        return kind or default, parameters(text)
    return f"{found.group(1)}/{found.group(2)}".lower(), parameters(text)


def parameters(value: str) -> dict[str, str]:
    """The parameters of a header's value; RFC 2231 pieces are joined and decoded."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, given in _PARAM.findall(value[:8192]):
        text = given.strip()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))
        base, star, number = name.lower().partition("*")
        if not star:
            plain.setdefault(base, text)
            continue
        digits = number.rstrip("*")
        if (digits and not digits.isdigit()) or len(digits) > 3:
            continue
        encoded = number.endswith("*") or number == ""
        pieces.setdefault(base, {})[int(digits or 0)] = (text, encoded)
    for base, found in pieces.items():
        plain[base] = _joined(found)
    return plain


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    charset, data = "utf-8", b""
    for position, number in enumerate(sorted(pieces)):
        text, encoded = pieces[number]
        if encoded and position == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += (
            unquote_to_bytes(text.encode("utf-8", "surrogateescape"))
            if encoded
            else text.encode("utf-8", "surrogateescape")
        )
    try:
        return data.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def decoded(data: bytes, encoding: bytes) -> bytes:
    """The bytes with their transfer encoding undone; what is broken is read as far as it goes."""
    name = encoding.split(b";")[0].split(b"(")[0].strip().lower()
    if name == b"base64":
        return from_base64(data)
    if name == b"quoted-printable":
        return binascii.a2b_qp(_SOFT_BREAK.sub(b"=\n", data))
    if name in (b"x-uuencode", b"uuencode", b"x-uue", b"uue"):
        return from_uu(data)
    return data


def from_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data, strict_mode=False) if b"=" not in data[:-8] else _pad(data)
    except binascii.Error:
        return _pad(data)


def _pad(data: bytes) -> bytes:
    """Several padded pieces one after the other, or a piece that lacks its padding."""
    out = b""
    for piece in re.split(rb"=+", data):
        clean = _NOT_BASE64.sub(b"", piece)
        if len(clean) % 4 == 1:
            clean = clean[:-1]
        out += binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))
    return out


def from_uu(data: bytes) -> bytes:
    begin = _UU_BEGIN.search(data)
    out = []
    for line in data[begin.end() if begin else 0 :].splitlines():
        if line.strip() in (b"end", b"`", b""):
            break
        try:
            out.append(binascii.a2b_uu(line))
        except binascii.Error:
            wanted = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                out.append(binascii.a2b_uu(line[:wanted]))
            except binascii.Error:
                break
    return b"".join(out)
