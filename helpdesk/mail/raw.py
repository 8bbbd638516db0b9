"""Raw mails on disk, named by their content, so that the same bytes lie there once.

Not for what was read of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from helpdesk.core.errors import NotFound
from helpdesk.mail.limits import MOST_BYTES_KEPT, MOST_HEADER_BYTES

_PIECE = 256 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FROM_LINE = re.compile(rb"\A(?:\r?\n)*>?From [^\r\n]*\r?\n")
_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:[ \t]*(?:\r?\n[ \t]+)?([^\r\n]{1,998})", re.I | re.M)
_SIGNED = re.compile(rb"^(?:from|subject|date|sender)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Kept:
    """`once_key` is the same for every delivery of this mail, by whatever way it came."""

    sha256: str
    size: int
    once_key: str
    message_id: str
    cut: bool


class RawStore:
    """The folder of raw mails; two levels deep so that no folder grows too large."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, stream: BinaryIO, *, most: int = MOST_BYTES_KEPT) -> Kept:
        """Write the mail down for good; what is beyond `most` bytes is read and dropped."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole, body = hashlib.sha256(), hashlib.sha256()
        head, in_body, size, cut = b"", False, 0, False
        descriptor, part = tempfile.mkstemp(dir=self.root, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as out:
                while piece := stream.read(_PIECE):
                    if size + len(piece) > most:
                        piece, cut = piece[: max(0, most - size)], True
                    size += len(piece)
                    whole.update(piece)
                    out.write(piece)
                    if not in_body:
                        head += piece
                        at = _head_end(head)
                        if at >= 0 or len(head) > MOST_HEADER_BYTES:
                            in_body = True
                            at = at if at >= 0 else len(head)
                            body.update(_unified(head[at:]))
                            head = head[:at]
                    else:
                        body.update(_unified(piece))
                    if cut:
                        break
                out.flush()
                os.fsync(out.fileno())
            while cut and stream.read(_PIECE):
                pass
            digest = whole.hexdigest()
            path = self.path(digest)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                Path(part).replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(part).unlink()
        message_id = _id_of(head)
        key = _once_key(message_id, head, body.digest(), digest)
        return Kept(digest, size, key, message_id, cut)

    def path(self, sha256: str) -> Path:
        if not _DIGEST.fullmatch(sha256):
            raise NotFound()
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def open(self, sha256: str) -> BinaryIO:
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound() from error


def _head_end(head: bytes) -> int:
    ends = [at for at in (head.find(b"\n\n"), head.find(b"\n\r\n")) if at >= 0]
    return min(ends) if ends else -1


def _unified(piece: bytes) -> bytes:
    """Line ends differ between ways of delivery, and say nothing."""
    return piece.replace(b"\r", b"").replace(b"\n", b"")


def _id_of(head: bytes) -> str:
    found = _MESSAGE_ID.search(_FROM_LINE.sub(b"", head))
    if not found:
        return ""
    text = found.group(1).decode("utf-8", "replace").replace("\0", "").strip()
    inside = re.search(r"<\s*([^<>\s]+)\s*>", text)
    return (inside.group(1) if inside else text)[:400]


def _once_key(message_id: str, head: bytes, body: bytes, whole: str) -> str:
    """With an id: that, what the writer signed with it, and the text. Without: every byte.

    A forged mail under a known id differs in one of them, so it is another mail.
    """
    if not message_id:
        return whole
    digest = hashlib.sha256(message_id.encode("utf-8", "replace"))
    for line in sorted(_SIGNED.findall(head)):
        digest.update(b"\0" + b" ".join(line.lower().split()))
    digest.update(b"\0" + body)
    return digest.hexdigest()
