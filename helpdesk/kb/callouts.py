"""`::: info Title` … `:::` in Markdown: boxes, and notes that only colleagues may read. Pure.

A rule of the block parser itself, so that it and nobody else decides where a box ends: a line of
colons in a code block, or the end of a box inside, ends nothing. What is never closed reaches to
the end, and a kind that is not known counts as internal: a slip hides too much, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

INTERNAL = "internal"
KINDS = ("info", "tip", "warning", "danger", INTERNAL)
UNKNOWN = "unknown"
_ALSO: Mapping[str, str] = {
    "note": "info", "important": "warning", "caution": "warning", "success": "tip",
    "error": "danger", "hint": "tip", "attention": "warning", "private": INTERNAL,
}  # fmt: skip
_OPEN = re.compile(r"(:{3,})[ \t]*([^\s:{][^\s{]{0,30})[ \t]*(.{0,120}?)[ \t:]*\Z")
_CLOSE = re.compile(r":{3,}[ \t]*\Z")
_BOXES = "kb_boxes"
OPENING, CLOSING = "callout_open", "callout_close"


def plugin(md: MarkdownIt) -> None:
    """Teach a parser the boxes."""
    alt: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    md.block.ruler.before("fence", "callout", _callout, alt)
    md.block.ruler.before("callout", "callout_end", _end, alt)


def kind_of(word: str) -> str:
    """One of KINDS, or `unknown`, for the word behind the colons."""
    low = word.lower()
    return low if low in KINDS else _ALSO.get(low, UNKNOWN)


def is_hidden(token: Token) -> bool:
    """Whether what the token opens is not for readers."""
    return token.type == OPENING and token.meta["kind"] in (INTERNAL, UNKNOWN)


def without_hidden(tokens: Sequence[Token]) -> list[Token]:
    """The tokens but for boxes that are not for readers, with all that is in them."""
    kept: list[Token] = []
    depth = 0
    for token in tokens:
        if token.type == OPENING and (depth or is_hidden(token)):
            depth += 1
        elif token.type == CLOSING and depth:
            depth -= 1
        elif not depth:
            kept.append(token)
    return kept


def hidden_lines(tokens: Sequence[Token]) -> list[tuple[int, int]]:
    """The lines [from, to) of the outermost boxes that are not for readers."""
    found: list[tuple[int, int]] = []
    for token in tokens:
        if is_hidden(token) and token.map is not None:
            start, end = token.map
            if not found or start >= found[-1][1]:
                found.append((start, end))
    return found


def _callout(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    opening = _OPEN.match(_line(state, start)) if not _is_code(state, start) else None
    if opening is None:
        return False
    if silent:
        return True
    token = state.push(OPENING, "div", 1)
    token.block, token.markup = True, opening.group(1)
    token.meta = {"kind": kind_of(opening.group(2)), "word": opening.group(2)}
    token.info = opening.group(3)
    boxes = state.env.setdefault(_BOXES, [])
    boxes.append([state.level, len(token.markup), end])
    state.md.block.tokenize(state, start + 1, end)
    last = boxes.pop()[2]
    token.map = [start, min(last + 1, end)]
    state.line = min(last + 1, end)
    closing = state.push(CLOSING, "div", -1)
    closing.block = True
    closing.meta = token.meta
    return True


def _end(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A bare line of as many colons ends the innermost box, where it stands right in it."""
    boxes: list[list[int]] = state.env.get(_BOXES) or []
    line = _line(state, start) if boxes else ""
    if not _CLOSE.match(line) or _is_code(state, start):
        return False
    if len(line.rstrip()) < boxes[-1][1]:
        return False
    if silent:
        return True  # whatever runs there is over; who ends is seen when it is its turn
    if boxes[-1][0] != state.level:
        return False
    boxes[-1][2] = start
    state.line = end
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _is_code(state: StateBlock, line: int) -> bool:
    return state.sCount[line] - state.blkIndent >= 4
