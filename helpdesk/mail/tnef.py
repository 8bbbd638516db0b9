"""`winmail.dat`: what one mail program packs a mail's files and text into."""

from __future__ import annotations

import logging


def is_one(kind: str, name: str) -> bool:
    return kind in ("application/ms-tnef", "application/vnd.ms-tnef") or (
        name.lower() in ("winmail.dat", "win.dat") and kind == "application/octet-stream"
    )


def unpack(data: bytes) -> tuple[str, str, list[tuple[str, bytes]]]:
    """Plain text, HTML, and the files by name; raises whatever the library raises on nonsense."""
    # Only few mails need it.
    from tnefparse import TNEF  # noqa: PLC0415

    logging.getLogger("tnef-decode").setLevel(logging.CRITICAL)
    opened = TNEF(data, do_checksum=False)
    files = []
    for attachment in opened.attachments:
        name = attachment.long_filename() or attachment.name or "file"
        files.append((_text(name).strip("\0"), bytes(attachment.data or b"")))
    html = _text(opened.htmlbody or "")
    text = _text(opened.body or "")
    return text.strip("\0"), html, files


def _text(value: object) -> str:
    return value.decode("cp1252", "replace") if isinstance(value, bytes) else str(value)
