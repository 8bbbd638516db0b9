"""Addresses in plain words made links, as the widget does (`static/widget/text.js`).

Everything is escaped. What reads like one host and leads to another stays plain text, and whatever
turns the reading order is spelled out. Not for HTML from outside (`mail.sanitised`).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_LINK = re.compile(r"\bhttps?://[^\s<>\"'`]+", re.IGNORECASE)
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAIL = ".,;:!?)]}"


def linked(text: str) -> Markup:
    """The words with a link at each http address; a link opens in a new tab."""
    out, last = Markup(), 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(_TAIL)
        if not _is_plain(address):
            continue
        out += _visible(text[last : found.start()])
        out += Markup(
            '<a href="{0}" target="_blank" rel="noopener noreferrer nofollow ugc">{0}</a>'
        ).format(address)
        last = found.start() + len(address)
    return out + _visible(text[last:])


def _is_plain(address: str) -> bool:
    """Without a user before the host, and of a host in plain letters."""
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and "@" not in parts.netloc and address.isascii()
    except ValueError:
        return False


def _visible(text: str) -> Markup:
    return escape(_TURNING.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text))
