"""What changed between two versions of a text, block by block and then word by word. Pure.

Blocks (a paragraph, a heading, a row of a table) are matched first, so that what was rewritten
stands beside what it replaced; words are compared only within such pairs. Both comparisons are
rapidfuzz's, which needs milliseconds where difflib needs half a minute.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Indel

Kind = Literal["same", "added", "removed", "changed"]

ALIKE = 0.45  # of the words: below it two blocks are two things, not one that changed
MOST_PAIRS = 4_000  # comparisons of blocks within one stretch
_WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]{9,}")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that stayed, came or went."""

    kind: Literal["same", "added", "removed"]
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `pieces` only where it changed. `before` and `after` are its Markdown."""

    kind: Kind
    before: str
    after: str
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """All blocks in order, and how many words came and went."""

    blocks: tuple[Block, ...]
    words_added: int
    words_removed: int

    @property
    def is_empty(self) -> bool:
        return all(block.kind == "same" for block in self.blocks)


def difference(before: str, after: str) -> Difference:
    """The difference of two Markdown texts."""
    old, new = blocks_of(before), blocks_of(after)
    found = tuple(_blocks(old, new))
    added = sum(_count(piece) for block in found for piece in _told(block, "added"))
    removed = sum(_count(piece) for block in found for piece in _told(block, "removed"))
    return Difference(found, added, removed)


def around(found: Difference, *, context: int = 1) -> list[Block | None]:
    """Only what changed with `context` blocks around it; None stands for what is left out."""
    keep = {
        near
        for at, block in enumerate(found.blocks)
        if block.kind != "same"
        for near in range(at - context, at + context + 1)
    }
    shown: list[Block | None] = []
    for at, block in enumerate(found.blocks):
        if at in keep:
            shown.append(block)
        elif not shown or shown[-1] is not None:
            shown.append(None)
    return shown


def blocks_of(text: str) -> list[str]:
    """Paragraphs; in lists, tables and code each line by itself."""
    blocks: list[str] = []
    open_block: list[str] = []
    fence = ""
    for line in text.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence or mark or _stands_alone(line):
            _close(blocks, open_block)
            blocks.append(line)
            if mark and not fence:
                fence = mark.group(1)
            elif mark and mark.group(1).startswith(fence):
                fence = ""
        elif line.strip():
            open_block.append(line)
        else:
            _close(blocks, open_block)
    _close(blocks, open_block)
    return blocks


def _stands_alone(line: str) -> bool:
    bare = line.lstrip()
    return bare.startswith(("#", "- ", "* ", "+ ", "|", ":::", ">")) or bool(
        re.match(r"\d{1,9}[.)]\s", bare)
    )


def _close(blocks: list[str], open_block: list[str]) -> None:
    if open_block:
        blocks.append("\n".join(open_block))
        open_block.clear()


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[Block]:
    """Equal blocks as they are; between them what went and came, paired where it is alike."""
    at_old = at_new = 0
    for step in [*Indel.opcodes(_marks(old), _marks(new)), None]:
        if step is not None and step.tag != "equal":
            continue
        end_old = step.src_start if step else len(old)
        end_new = step.dest_start if step else len(new)
        yield from _stretch(old[at_old:end_old], new[at_new:end_new])
        if step is None:
            return
        for one, other in zip(
            old[step.src_start : step.src_end], new[step.dest_start : step.dest_end], strict=True
        ):
            yield Block("same", one, other)
        at_old, at_new = step.src_end, step.dest_end


def _marks(parts: Sequence[str]) -> list[str]:
    """How blocks or words are told apart: spaces at their ends don't count."""
    return [part.strip() for part in parts]


def _stretch(old: Sequence[str], new: Sequence[str]) -> Iterator[Block]:
    """Blocks that all differ: which of the new ones is which of the old ones."""
    at_old = at_new = 0
    for one, other in [*_pairs(old, new), (len(old), len(new))]:
        for gone in old[at_old:one]:
            yield Block("removed", gone, "", (Piece("removed", gone),))
        for come in new[at_new:other]:
            yield Block("added", "", come, (Piece("added", come),))
        if one < len(old) and other < len(new):
            yield Block("changed", old[one], new[other], _pieces(old[one], new[other]))
        at_old, at_new = one + 1, other + 1


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The alike ones in order, chosen so that they are as alike as can be altogether."""
    if not old or not new:
        return []
    if len(old) * len(new) > MOST_PAIRS:
        return _pairs_in_order(old, new)
    bags_old, bags_new = [_bag(one) for one in old], [_bag(one) for one in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            together = best[i + 1][j + 1] + _likeness(bags_old[i], bags_new[j])
            best[i][j] = max(together, best[i + 1][j], best[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs


def _pairs_in_order(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """For long stretches: the first with the first, where they are alike."""
    bags = [(_bag(one), _bag(other)) for one, other in zip(old, new, strict=False)]
    return [(at, at) for at, (one, other) in enumerate(bags) if _likeness(one, other) > 0]


def _bag(block: str) -> Counter[str]:
    return Counter(word.strip().lower() for word in _words(block))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """The shared part of the words, 0 below `ALIKE`."""
    total = one.total() + other.total()
    if not total or 2 * min(one.total(), other.total()) < ALIKE * total:
        return 0.0
    shared = 2 * sum(min(count, other[word]) for word, count in one.items()) / total
    return shared if shared >= ALIKE else 0.0


def _words(text: str) -> list[str]:
    """Words and signs with the space behind them; scripts without spaces are taken apart."""
    found: list[str] = []
    for word in _WORD.findall(text):
        if _UNSPACED.search(word):
            found.extend(word)
        else:
            found.append(word)
    return found


def _pieces(before: str, after: str) -> tuple[Piece, ...]:
    """The words of a block that stayed, went and came, in runs that can be read."""
    old, new = _words(before), _words(after)
    runs: list[Piece] = []
    gone: list[str] = []
    come: list[str] = []
    for step in Indel.opcodes(_marks(old), _marks(new)):
        if step.tag == "equal":
            kept = new[step.dest_start : step.dest_end]
            if (gone or come) and step.src_end < len(old) and _too_little(kept):
                gone += old[step.src_start : step.src_end]
                come += kept
                continue
            _put(runs, gone, come)
            runs.append(Piece("same", "".join(kept)))
        gone += old[step.src_start : step.src_end] if step.tag in ("delete", "replace") else []
        come += new[step.dest_start : step.dest_end] if step.tag in ("insert", "replace") else []
    _put(runs, gone, come)
    return tuple(runs)


def _too_little(kept: Sequence[str]) -> bool:
    """One short word between two changes reads worse apart than with them."""
    return len(kept) <= 2 and len("".join(kept).strip()) <= 2


def _put(runs: list[Piece], gone: list[str], come: list[str]) -> None:
    if gone:
        runs.append(Piece("removed", "".join(gone)))
    if come:
        runs.append(Piece("added", "".join(come)))
    gone.clear()
    come.clear()


def _told(block: Block, kind: str) -> Iterator[Piece]:
    return (piece for piece in block.pieces if piece.kind == kind)


def _count(piece: Piece) -> int:
    return sum(1 for word in _words(piece.text) if word[0].isalnum())
