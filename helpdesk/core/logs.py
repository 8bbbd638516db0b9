"""One event, one line: logs that nobody outside can forge and that hold no secrets.

Control characters are escaped, so that a name with a line break cannot write a line of its own,
and tokens are masked wherever they turn up. Not for what an administrator must be able to read
back (see `Work.audit`).
"""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime

# Every token this program makes for people and programs starts with `hd`, a letter or two and `_`.
_TOKEN = re.compile(r"\bhd[a-z]{0,2}_[A-Za-z0-9_-]{16,}")
_NAMED = re.compile(
    r"""(?ix)\b(password|passwd|secret|token|authorization|cookie|_csrf|code)
    (["']?\s*[=:]\s*["']?)(?:bearer\s+|basic\s+)?[^\s"'&,;]+"""
)
_LOGIN_IN_URL = re.compile(r"(\w+://[^\s:/@]*):[^\s@/]+@")


def clean(text: str) -> str:
    """`text` on one line, without control characters and without secrets."""
    text = _TOKEN.sub("[token]", text)
    text = _NAMED.sub(r"\1\2[hidden]", text)
    text = _LOGIN_IN_URL.sub(r"\1:[hidden]@", text)
    return "".join(c if _shows(c) else c.encode("unicode_escape").decode() for c in text)


def _shows(character: str) -> bool:
    # Separators U+2028 and U+2029, bidirectional controls and lone surrogates mislead a reader too.
    return character == " " or character.isprintable()


class OneLine(logging.Formatter):
    """`2026-11-21T20:15:03.120Z INFO helpdesk.web message`, a traceback folded into the line."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text = f"{text} | {self.formatException(record.exc_info)}"
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return f"{at[:-6]}Z {record.levelname} {record.name} {clean(text)}"


def configure(level: str = "info") -> None:
    """Send everything to standard error in this form; called once by each process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h.formatter, OneLine)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # The socket libraries log whole packets at info, which is what people said to each other; the
    # mail library every address, and at debug every line.
    for chatty in ("engineio", "socketio", "werkzeug", "alembic", "mail.log"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
