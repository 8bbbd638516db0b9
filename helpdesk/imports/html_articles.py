"""HTML of articles as Markdown, with marks for its pictures and for links to other articles. Pure.

nh3 first makes the HTML small and harmless; markdownify writes what is left.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import nh3
from markdownify import ATX, MarkdownConverter

from helpdesk.imports.article_records import ARTICLE_MARK, FILE_MARK
from helpdesk.imports.records import File, RowProblem

LONGEST = 1_000_000
DEEPEST = 100
_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "ul",
}  # fmt: skip
_UNSEEN = {"script", "style", "template", "noscript", "svg", "math", "head"}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr", "col"})
_COLONS = re.compile(r"^(\s*)(:{3,})", re.M)
_GAPS = re.compile(r"\n{3,}")


class Found:
    """The Markdown, and what its marks stand for."""

    def __init__(self) -> None:
        self.text = ""
        self.files: list[File] = []
        self.links: list[str] = []


def to_markdown(
    html: str, article_of: Callable[[str], str], file_of: Callable[[str], File]
) -> Found:
    """`article_of` says which article an address leads to ("" for none), `file_of` which file."""
    if len(html) > LONGEST or _depth(html) > DEEPEST:
        raise RowProblem("Its text is too long, or nested too deeply.")
    found = Found()
    attributes = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}
    small = nh3.clean(
        html, tags=_TAGS, clean_content_tags=_UNSEEN, attributes=attributes,
        url_schemes={"http", "https", "mailto", "tel"}, link_rel=None,
    )  # fmt: skip
    writer = _Writer(found, article_of, file_of)
    text = str(writer.convert(small))
    found.text = _GAPS.sub("\n\n", _COLONS.sub(r"\1\\\2", text)).strip() + "\n"
    return found


class _Writer(MarkdownConverter):
    def __init__(
        self, found: Found, article_of: Callable[[str], str], file_of: Callable[[str], File]
    ) -> None:
        super().__init__(heading_style=ATX, bullets="-", escape_misc=False)
        self._found, self._article_of, self._file_of = found, article_of, file_of

    def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
        src = str(el.attrs.get("src") or "")
        if not src:
            return ""
        file = self._file_of(src)
        if file not in self._found.files:
            self._found.files.append(file)
        alt = re.sub(r"[\[\]\n]", " ", str(el.attrs.get("alt") or "")).strip()
        return f"![{alt}]({FILE_MARK}:{self._found.files.index(file)})"

    def convert_a(self, el: Any, text: str, parent_tags: Any) -> str:
        target = self._article_of(str(el.attrs.get("href") or ""))
        if target:
            if target not in self._found.links:
                self._found.links.append(target)
            el.attrs["href"] = f"{ARTICLE_MARK}:{self._found.links.index(target)}"
            el.attrs.pop("title", None)
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]


def file_at(address: str) -> File:
    """A picture by its address: `.../article_attachments/360012/lamp.png` has an id and a name."""
    path = unquote(urlsplit(address).path)
    parts = [part for part in path.split("/") if part]
    name = parts[-1] if parts else "picture"
    own_id = next((part for part in reversed(parts[:-1]) if part.isdecimal()), "")
    if name.isdecimal():
        own_id = own_id or name
    return File(key=f"picture {address[:400]}", name=name[:200], own_id=own_id, path=path[:500])


def _depth(html: str) -> int:
    depth = deepest = 0
    for closing, tag in _TAG.findall(html):
        if tag.lower() in _VOID:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest
