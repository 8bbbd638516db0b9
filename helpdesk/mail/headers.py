"""Header values as people read them: encoded words, addresses, message ids. Pure and linear."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.mail import charsets
from helpdesk.mail.limits import MOST_ADDRESSES, MOST_REFERENCES, TooMuch

_WORD = re.compile(r"=\?([\w.:+-]{1,60})(?:\*[\w-]*)?\?([bBqQ])\?([^?]{0,4000})\?=")
_BETWEEN = re.compile(r"(\?=)\s+(=\?[\w.:+*-]{1,66}\?[bBqQ]\?)")
_ID = re.compile(r"<\s*([^<>\s]{1,900}?)\s*>")
_PLAUSIBLE = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+|\"[^\"]+\"@[^\s@<>,;]+")
LONGEST_ID = 400


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address as written: `name` may be empty, `address` is lower case."""

    name: str
    address: str


def words(raw: bytes) -> str:
    """The header's text with its encoded words read; bytes beyond ASCII are guessed."""
    text = raw.decode("utf-8") if _is_utf8(raw) else charsets.decode(raw)[0]
    if "=?" not in text:
        return text.replace("\0", "")
    return _decode_words(_BETWEEN.sub(r"\1\2", _BETWEEN.sub(r"\1\2", text)))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _decode_words(text: str) -> str:
    """Neighbours in one charset are decoded together: some programs cut inside a character."""
    out: list[str] = []
    pending: list[bytes] = []
    charset, at = "", 0

    def flush() -> None:
        if pending:
            out.append(charsets.decode(b"".join(pending), charset)[0])
            pending.clear()

    for found in _WORD.finditer(text):
        if found.start() > at:
            flush()
            out.append(text[at : found.start()])
        if found.group(1).lower() != charset:
            flush()
            charset = found.group(1).lower()
        pending.append(_word_bytes(found.group(2), found.group(3)))
        at = found.end()
    flush()
    out.append(text[at:])
    return "".join(out).replace("\0", "")


def _word_bytes(kind: str, text: str) -> bytes:
    data = text.encode("latin-1", "replace")
    if kind in "qQ":
        return binascii.a2b_qp(data, header=True)
    clean = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def message_ids(raw: bytes) -> list[str]:
    """The ids named in Message-ID, In-Reply-To or References, without brackets, in order."""
    text = raw.decode("utf-8", "replace").replace("\0", "")
    found = [i[:LONGEST_ID] for i in _ID.findall(text)]
    if not found and "@" in text and len(text) < LONGEST_ID and not re.search(r"\s", text.strip()):
        found = [text.strip().strip("<>")]
    return list(dict.fromkeys(found))[-MOST_REFERENCES:]


@dataclass(frozen=True, slots=True)
class Addresses:
    """What an address header holds. `strange`: a group, or text that is no address."""

    mailboxes: tuple[Mailbox, ...]
    strange: bool


def addresses(raw: bytes) -> Addresses:
    """The addresses of one header; TooMuch beyond the bound."""
    if raw.count(b",") + raw.count(b";") > MOST_ADDRESSES or raw.count(b"@") > MOST_ADDRESSES:
        raise TooMuch(f"more than {MOST_ADDRESSES} addresses in one line")
    # Cut before encoded words are read: a comma inside one divides nothing.
    text = raw.decode("utf-8") if _is_utf8(raw) else raw.decode("latin-1")
    pieces, strange = _pieces(text)
    found = []
    for piece in pieces:
        mailbox = _mailbox(piece)
        if mailbox is None:
            strange = True
        else:
            found.append(mailbox)
    return Addresses(tuple(found), strange)


def all_addresses(values: Sequence[bytes]) -> tuple[Mailbox, ...]:
    """The addresses of several headers of one name."""
    return tuple(m for value in values for m in addresses(value).mailboxes)


def _pieces(text: str) -> tuple[list[str], bool]:
    """Cut at commas outside quotes, comments and brackets; comments go, a group is strange."""
    pieces: list[str] = []
    piece: list[str] = []
    comment: list[str] = []
    depth, quoted, angle, group, strange = 0, False, False, False, False
    skip = has_at = False
    word_ends = 0
    for at, char in enumerate(text):
        if char == "=" and not depth and at >= word_ends and (word := _WORD.match(text, at)):
            word_ends = word.end()  # some write commas and colons inside as they are
        if at < word_ends:
            piece.append(char)
        elif skip:
            skip = False
            (comment if depth else piece).append(char)
        elif char == "\\" and (quoted or depth) and at + 1 < len(text):
            skip = True
            (comment if depth else piece).append(char)
        elif quoted:
            quoted = char != '"'
            piece.append(char)
        elif depth:
            depth += (char == "(") - (char == ")")
            comment.append(char if depth else " ")
        elif char == '"' and not angle:
            quoted = True
            piece.append(char)
        elif char == "(":
            depth = 1
        elif char == "<":
            angle = True
            piece.append(char)
        elif char == ">":
            angle = False
            piece.append(char)
        elif char == ":" and not angle and not has_at:
            group = strange = True
            piece, comment = [], []
        elif char in ",;" and not angle:
            if char == ";":
                group = False
            pieces.append(_with_comment(piece, comment))
            piece, comment, has_at = [], [], False
        else:
            piece.append(char)
            has_at = has_at or char == "@"
    strange = strange or quoted or depth > 0 or angle or group
    pieces.append(_with_comment(piece, comment))
    return [p for p in pieces if p.strip()], strange


def _with_comment(piece: list[str], comment: list[str]) -> str:
    """`ann@example.org (Ann)` is the old way of writing a name."""
    text, said = "".join(piece).strip(), "".join(comment).strip()
    if said and text and "<" not in text and " " not in text:
        return f'"{said}" <{text}>'
    return text


def _mailbox(piece: str) -> Mailbox | None:
    name, angle, rest = piece.rpartition("<")
    if angle:
        address = rest.split(">")[0]
    else:
        name, address = "", piece
        found = _PLAUSIBLE.search(piece)
        if found:
            name, address = piece.replace(found.group(), " "), found.group()
    address = address.strip().strip("'\"").replace(" ", "")
    if "@" in address and address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]  # a route, which nobody uses any more
    if not _PLAUSIBLE.fullmatch(address) or len(address) > 254:
        return None
    shown = charsets.one_line(words(_unquoted(name).encode("utf-8", "replace")), 160)
    return Mailbox("" if shown.lower() == address.lower() else shown, _lower(address))


def _unquoted(name: str) -> str:
    text = name.strip()
    if text.startswith('"'):
        text = text[1:].removesuffix('"').rstrip('"')
    return re.sub(r"\\(.)", r"\1", text).strip().strip("'")


def _lower(address: str) -> str:
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = domain.lower()
    return f"{local}@{domain}".lower()
