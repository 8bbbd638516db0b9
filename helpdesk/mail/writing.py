"""A mail of ours as bytes: headers that nobody can add to, plain and formatted text, files.

Pure. The bytes are the same at each try but for the date.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.charset import QP, Charset
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.utils import format_datetime, quote
from urllib.parse import quote as percent

_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")


@dataclass(frozen=True, slots=True)
class Letter:
    """All that one mail needs. Ids are without brackets."""

    message_id: str
    from_address: str
    to_address: str
    subject: str
    text: str
    date: datetime
    from_name: str = ""
    to_name: str = ""
    reply_to: str = ""
    html: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    is_automatic: bool = False
    loop_mark: str = ""
    unsubscribe_url: str = ""
    files: Sequence[tuple[str, str, bytes]] = field(default=())
    """(name, type, bytes); a type may have parameters"""


def compose(letter: Letter) -> bytes:
    """The mail with CRLF line ends, ready for SMTP."""
    message = _body(letter)
    del message["MIME-Version"]
    head = [
        ("From", mailbox(letter.from_name, letter.from_address)),
        ("To", mailbox(letter.to_name, letter.to_address)),
        ("Subject", unstructured("Subject", letter.subject)),
        ("Date", format_datetime(letter.date)),
        ("Message-ID", f"<{plain(letter.message_id)}>"),
    ]
    if letter.reply_to and letter.reply_to != letter.from_address:
        head.append(("Reply-To", mailbox(letter.from_name, letter.reply_to)))
    if letter.in_reply_to:
        head.append(("In-Reply-To", f"<{plain(letter.in_reply_to)}>"))
    if letter.references:
        ids = [f"<{plain(i)}>" for i in letter.references]
        head.append(("References", "\r\n ".join(ids)))
    if letter.is_automatic:
        head += [("Auto-Submitted", "auto-replied"), ("X-Auto-Response-Suppress", "All")]
    if letter.loop_mark:
        head.append(("X-Helpdesk-Loop", plain(letter.loop_mark)))
    if letter.unsubscribe_url:
        head.append(("List-Unsubscribe", f"<{plain(letter.unsubscribe_url)}>"))
        head.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    head.append(("MIME-Version", "1.0"))
    lines = "".join(f"{name}: {value}\r\n" for name, value in head)
    return lines.encode("utf-8") + message.as_bytes(policy=_POLICY)


_POLICY = policy.compat32.clone(linesep="\r\n", max_line_length=0)


def plain(value: str) -> str:
    """One line: what would begin another header becomes a blank, what is not ASCII goes."""
    return _UNSAFE.sub(" ", value).strip().encode("ascii", "ignore").decode().replace(" ", "")


def one_line(value: str) -> str:
    return " ".join(_UNSAFE.sub(" ", value).split())


def unstructured(name: str, value: str) -> str:
    """A header's text: as it is where it is ASCII and short, else in encoded words."""
    text = one_line(value).encode("utf-8", "replace").decode()
    if text.isascii() and len(text) < 60 and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name=name, maxlinelen=75).encode(linesep="\r\n")


def mailbox(name: str, address: str) -> str:
    """`"Name" <address>`; an address that could hold more than one is refused."""
    clean = one_line(address)
    if not re.fullmatch(r"[^\s<>,;:\"()\[\]\\]+@[^\s<>,;:\"()\[\]\\@]+", clean):
        raise ValueError("this is not one address")
    shown = one_line(name)
    if not shown:
        return clean
    if shown.isascii() and "=?" not in shown:
        shown = shown if _ATOMS.fullmatch(shown) else f'"{quote(shown)}"'
    else:
        shown = Header(shown[:100], "utf-8", header_name="From", maxlinelen=75).encode(
            linesep="\r\n"
        )
    return f"{shown}\r\n <{clean}>" if len(shown) + len(clean) > 70 else f"{shown} <{clean}>"


def _body(letter: Letter) -> Message:
    text = _text(letter.text, "plain")
    told: Message = text
    if letter.html:
        told = MIMEMultipart("alternative", _subparts=[text, _text(letter.html, "html")])
    if not letter.files:
        return told
    whole = MIMEMultipart("mixed", _subparts=[told])
    for name, kind, data in letter.files:
        whole.attach(_file(name, kind, data))
    return whole


def _text(text: str, kind: str) -> Message:
    part = MIMENonMultipart("text", kind)
    part.set_payload(text.encode("utf-8", "replace").decode("utf-8"), _UTF8)
    return part


def _file(name: str, kind: str, data: bytes) -> Message:
    main, _, rest = kind.partition("/")
    sub, *more = (one.strip() for one in rest.split(";"))
    part = MIMEBase(main, sub)
    for one in more:
        name_of, _, value = one.partition("=")
        part.set_param(name_of, value)
    part.set_payload(_base64(data))
    part["Content-Transfer-Encoding"] = "base64"
    ascii_name = re.sub(r"[^A-Za-z0-9 ._()-]", "_", name) or "file"
    told = f'attachment; filename="{ascii_name}"'
    if ascii_name != name:
        told += f"; filename*=UTF-8''{percent(name, safe='')}"
    part["Content-Disposition"] = told
    return part


def _base64(data: bytes) -> str:

    return base64.encodebytes(data).decode("ascii")
