"""An article's words for readers as plain text, for a message that carries no markup. Pure.

Paragraphs, lists, tables and boxes stay what they are to the eye. What is for colleagues only is
taken out first (`markdown.reader_tokens`). Not what the search reads: that has a block a line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from helpdesk.kb import callouts, markdown

MOST = 3_000
_INDENT = "   "


@dataclass(slots=True)
class _Place:
    """Where the walk is: the lists around it, what stands before the next line, cells of a row."""

    lists: list[int | None] = field(default_factory=list)  # the next number, None for bullets
    mark: str = ""
    row: list[str] = field(default_factory=list)
    in_row: bool = False


def plain(body: str, most: int = MOST) -> tuple[str, bool]:
    """The text, and whether it is all of it: what is longer ends with a whole block."""
    kept: list[str] = []
    length = 0
    for block in _blocks(markdown.reader_tokens(body)):
        length += len(block) + 1
        if length > most:
            return "".join(kept).strip(), False
        kept.append(block)
    return "".join(kept).strip(), True


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    at = _Place()
    for token in tokens:
        kind = token.type
        if kind == "inline":
            words = _words(token.children or ())
            if at.in_row:
                at.row.append(words.replace("\n", " "))
            elif words:
                yield _line(at, words)
        elif kind in ("fence", "code_block"):
            yield _line(at, token.content.strip("\n"))
        elif kind == callouts.OPENING:
            yield f"{token.info or markdown.TITLES[token.meta['kind']]}:\n"
        else:
            yield from _border(at, kind, token)


def _border(at: _Place, kind: str, token: Token) -> Iterator[str]:
    if kind in ("bullet_list_open", "ordered_list_open"):
        start = token.attrGet("start")
        at.lists.append(None if kind[0] == "b" else int(start) if start is not None else 1)
    elif kind in ("bullet_list_close", "ordered_list_close"):
        at.lists.pop()
        if not at.lists:
            yield "\n"
    elif kind == "list_item_open":
        number = at.lists[-1]
        at.mark = "- " if number is None else f"{number}. "
        at.lists[-1] = None if number is None else number + 1
    elif kind == "tr_open":
        at.in_row, at.row = True, []
    elif kind == "tr_close":
        at.in_row = False
        yield " | ".join(at.row) + "\n"
    elif kind in ("table_close", "heading_close") or (kind == "paragraph_close" and not at.lists):
        yield "\n"


def _line(at: _Place, words: str) -> str:
    """Words behind the mark of their list; what goes on in a list stands under its first line."""
    inside = _INDENT * max(0, len(at.lists) - 1)
    start = inside + (at.mark or (_INDENT if at.lists else ""))
    rest = inside + _INDENT if at.lists else ""
    at.mark = ""
    return start + words.replace("\n", f"\n{rest}") + "\n"


def _words(children: Sequence[Token]) -> str:
    """Inline words; a link elsewhere keeps its address behind them."""
    words: list[str] = []
    links: list[tuple[str, int]] = []
    for child in children:
        if child.type in ("text", "code_inline", "text_special"):
            words.append(child.content)
        elif child.type == "hardbreak":
            words.append("\n")
        elif child.type == "softbreak":
            words.append(" ")
        elif child.type == "link_open":
            links.append((str(child.attrGet("href") or ""), len(words)))
        elif child.type == "link_close" and links:
            address, begun = links.pop()
            bare = address.removeprefix("mailto:").removeprefix("tel:")
            if address.startswith(("http", "mailto:", "tel:")) and bare not in "".join(
                words[begun:]
            ):
                words.append(f" ({bare})")
    return "".join(words).strip()
