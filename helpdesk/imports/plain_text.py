"""HTML of other desks as plain text: what was said, without its looks. Pure.

Not for showing HTML, which is never kept here.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONGEST = 200_000
_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "pre", "hr"}
    | {"h1", "h2", "h3", "h4", "h5", "h6"}
)
_UNSEEN = frozenset({"script", "style", "head", "title", "template"})
_GAPS = re.compile(r"\n[ \t]*\n[\s]*\n")
_SPACES = re.compile(r"[ \t\r\f\v]+")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag in _BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(_SPACES.sub(" ", data.replace("\n", " ")))


def from_html(html: str) -> str:
    """What a reader would see, a block a line, never more than one line empty."""
    reader = _Reader()
    reader.feed(html[:LONGEST])
    reader.close()
    lines = "".join(reader.parts).split("\n")
    text = "\n".join(_SPACES.sub(" ", line).strip() for line in lines)
    return _GAPS.sub("\n\n", text).strip()
