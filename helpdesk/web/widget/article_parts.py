"""An article as plain lines, for the chat: it shows text and nothing else, whatever a page holds.

Pure. Headings, paragraphs, points of lists with their numbers, rows of tables in one line each,
code as it stands. Not for pages, which show the article itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

MOST = 400
_KINDS = {"h2": "h", "h3": "h", "h4": "h", "h5": "h", "h6": "h", "p": "p", "li": "li",
          "tr": "p", "pre": "pre", "summary": "h", "div": "p"}  # fmt: skip
_LISTS = ("ol", "ul")


@dataclass(frozen=True, slots=True)
class Part:
    """`kind` h, p, li or pre."""

    kind: str
    text: str


def parts(html: str) -> Sequence[Part]:
    """The lines of a rendered article."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end()
    return reader.found[:MOST]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Part] = []
        self._kind, self._text = "p", ""
        self._counts: list[int | None] = []  # of lists that are open; None where not numbered

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LISTS:
            self.end()
            self._counts.append(0 if tag == "ol" else None)
        elif tag == "img":
            self._text += f" [{dict(attrs).get('alt') or '…'}] "
        elif tag in ("td", "th"):
            self._text += " · " if self._text.strip() else ""
        elif tag == "br":
            self._text += "\n" if self._kind == "pre" else " "
        elif tag in _KINDS and not (tag == "p" and self._is_point_begun()):
            self.end()
            named = dict(attrs).get("class") or ""
            self._kind = "h" if "callout-title" in named else _KINDS[tag]
            self._number()

    def handle_endtag(self, tag: str) -> None:
        if tag in _LISTS:
            self.end()
            del self._counts[-1:]
        elif tag in _KINDS:
            self.end()

    def handle_data(self, data: str) -> None:
        self._text += data

    def end(self) -> None:
        text = self._text.strip("\n") if self._kind == "pre" else " ".join(self._text.split())
        if text and not (self._kind == "li" and text == self._label()):
            self.found.append(Part(self._kind, text))
        self._kind, self._text = "p", ""

    def _is_point_begun(self) -> bool:
        return self._kind == "li" and self._text.strip() in ("", self._label())

    def _number(self) -> None:
        if self._kind == "li" and self._counts:
            count = self._counts[-1]
            self._counts[-1] = None if count is None else count + 1
            self._text = f"{self._label()} " if count is not None else ""

    def _label(self) -> str:
        return f"{self._counts[-1]}." if self._counts and self._counts[-1] is not None else ""
