"""Mails as they come from outside: real-looking, odd and malformed, with what a reader expects.

Built by programs, since real mails are other people's. `every_case()` is the whole of it; the parts
are in the files beside this one. Not for bounces (see `bounces_corpus`).
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

CRLF = b"\r\n"
ADA = "ada@customer.example"


@dataclass(frozen=True)
class Case:
    """One mail. None: not looked at. `text` is what is new in it, `files` the names in order.

    `parked`: it is beyond a bound, so it goes into quarantine.
    """

    name: str
    raw: bytes
    sender: str | None = ADA
    subject: str | None = None
    text: str | None = None
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    files: tuple[str, ...] | None = ()
    contents: tuple[bytes, ...] | None = None
    who: str | None = None
    sure: bool | None = None
    defect: str = ""
    note: str = ""
    parked: bool = False


def head(*lines: str | bytes, subject: str | bytes | None = "Hello", sender: str | None = None,
         number: str = "") -> bytes:  # fmt: skip
    """Header lines with those that every mail has."""
    given = [f"From: {sender or f'Ada <{ADA}>'}", "To: support@shop.example"]
    if number:
        given.append(f"Message-ID: <{number}@customer.example>")
    out = [line.encode() for line in given]
    if subject is not None:
        out.append(b"Subject: " + (subject.encode() if isinstance(subject, str) else subject))
    out += [line.encode() if isinstance(line, str) else line for line in lines]
    return CRLF.join(out) + CRLF


def mail(*lines: str | bytes, body: bytes = b"Hi", subject: str | bytes | None = "Hello",
         sender: str | None = None) -> bytes:  # fmt: skip
    return head(*lines, subject=subject, sender=sender) + CRLF + body + CRLF


def coded(data: bytes, encoding: str) -> bytes:
    """The bytes in a transfer encoding."""
    if encoding == "base64":
        return base64.encodebytes(data).replace(b"\n", CRLF)
    if encoding == "quoted-printable":
        return quopri.encodestring(data).replace(b"\n", CRLF)
    return data


def part(data: bytes, kind: str = "text/plain; charset=utf-8", *lines: str | bytes,
         encoding: str = "") -> bytes:  # fmt: skip
    """One part of a multipart, headers and all."""
    given: list[str | bytes] = [f"Content-Type: {kind}"] if kind else []
    given += lines
    if encoding:
        given.append(f"Content-Transfer-Encoding: {encoding}")
    told = CRLF.join(one.encode() if isinstance(one, str) else one for one in given)
    return told + (CRLF if told else b"") + CRLF + coded(data, encoding)


def attached(data: bytes, name: str, kind: str = "application/octet-stream") -> bytes:
    return part(
        data, kind, f'Content-Disposition: attachment; filename="{name}"', encoding="base64"
    )


def multi(kind: str, *parts: bytes, boundary: str = "=_x1", params: str = "") -> bytes:
    """A multipart as a body with its own content type line in front."""
    told = f'Content-Type: multipart/{kind}; boundary="{boundary}"{params}'.encode()
    return told + CRLF + CRLF + joined(parts, boundary)


def joined(parts: Sequence[bytes], boundary: str, *, closed: bool = True) -> bytes:
    mark = b"--" + boundary.encode()
    out = b"".join(mark + CRLF + one + CRLF for one in parts)
    return out + (mark + b"--" + CRLF if closed else b"")


def whole(body: bytes, **given: str) -> bytes:
    """A mail of a multipart (or any part) that `multi` or `part` made."""
    return head(**given) + b"MIME-Version: 1.0" + CRLF + body


@dataclass
class Numbered:
    """Gives each case of a family a name of its own."""

    family: str
    cases: list[Case] = field(default_factory=list)

    def add(self, name: str, raw: bytes, **expected: object) -> None:
        self.cases.append(Case(f"{self.family}: {name}", raw, **expected))  # type: ignore[arg-type]


def every_case() -> list[Case]:
    from tests.mail import (
        corpus_broken,
        corpus_encodings,
        corpus_headers,
        corpus_inside,
        corpus_parts,
        corpus_quoting,
        corpus_sealed,
    )

    made = [
        *corpus_encodings.cases(),
        *corpus_headers.cases(),
        *corpus_parts.cases(),
        *corpus_inside.cases(),
        *corpus_sealed.cases(),
        *corpus_quoting.cases(),
        *corpus_broken.cases(),
    ]
    return [_unlike(number, one) for number, one in enumerate(made)]


def _unlike(number: int, case: Case) -> Case:
    """With a line that no other has, so that no two are one mail."""
    mark = b"X-Case: %d\r\n" % number
    raw = case.raw
    first = raw.split(b"\n", 1)[0]
    if b":" not in first or first.startswith((b"\xef\xbb\xbf", b" ", b"\t", b"From ")):
        return case
    if b"\n" not in raw:
        return case
    return replace(case, raw=(mark if b"\r\n" in raw else mark.replace(b"\r", b"")) + raw)
