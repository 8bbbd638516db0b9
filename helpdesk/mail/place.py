"""Where raw mails lie and what the environment says of mail servers; set once by the composition.

Not for mailboxes that administrators add on screen (see `models.Mailbox`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from helpdesk.core.config import Settings


@dataclass(frozen=True, slots=True)
class Place:
    folder: Path
    attachments: Path
    smtp_url: str
    imap_url: str
    host: str
    base_url: str
    most_upload: int


_here: Place | None = None


def configure(settings: Settings) -> None:
    global _here
    _here = Place(
        folder=settings.data / "mail",
        attachments=settings.data / "attachments",
        smtp_url=settings.smtp_url,
        imap_url=settings.imap_url,
        host=urlsplit(settings.base_url).hostname or "localhost",
        base_url=settings.base_url,
        most_upload=settings.max_upload,
    )


def here() -> Place:
    if _here is None:
        raise RuntimeError("nobody said where mails are kept")
    return _here
