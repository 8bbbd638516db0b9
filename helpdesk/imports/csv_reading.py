"""CSV as people really have it: any encoding and separator, broken quotes, rows of any length.

Streams; nothing in a file can make one row large. A quote that is never closed costs its own row
and no other: reading goes on at the line below. Not for what the columns mean (see `csv_rows`).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_LINE = 200_000
LONGEST_ROW = 200_000
MOST_LINES = 500
MOST_COLUMNS = 200
SAMPLE = 64 * 1024
SEPARATORS = ",;\t|"

csv.field_size_limit(LONGEST_ROW)


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `line` counts from 1 as an editor does. `problem` says why it has no cells."""

    line: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file is written."""

    encoding: str
    separator: str


def shape_of(sample: bytes, *, whole: bool = False) -> Shape:
    """Encoding and separator by the beginning of a file (`whole`: all of it is here)."""
    encoding = _encoding(sample, whole)
    start = sample.decode(encoding, "replace").lstrip("\ufeff")
    return Shape(encoding, _separator(start))


def decodes(stream: BinaryIO) -> bool:
    """Whether all of the stream is UTF-8; reads it through."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := stream.read(1 << 20):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def rows(stream: BinaryIO, shape: Shape) -> Iterator[Row]:
    """Every row, the header first; empty lines are passed over."""
    reader = io.TextIOWrapper(stream, shape.encoding, errors="replace", newline="")
    lines = _Lines(reader)
    try:
        while (first := lines.next()) is not None:
            row = _row(lines, first, shape.separator)
            if row is not None:
                yield row
    finally:
        reader.detach()


class _Lines:
    """Physical lines with their numbers, which can be handed back."""

    def __init__(self, reader: io.TextIOWrapper) -> None:
        self._reader = reader
        self._back: deque[tuple[int, str, bool]] = deque()
        self._number = 0

    def next(self) -> tuple[int, str, bool] | None:
        """(number, text, whether it was cut); None at the end."""
        if self._back:
            return self._back.popleft()
        text = self._reader.readline(LONGEST_LINE)
        if not text:
            return None
        self._number += 1
        cut = False
        while len(text) >= LONGEST_LINE and not text.endswith(("\n", "\r")):
            cut = True
            text_rest = self._reader.readline(LONGEST_LINE)
            if not text_rest or text_rest.endswith(("\n", "\r")):
                break
        if self._number == 1:
            text = text.removeprefix("\ufeff")
        return self._number, text, cut

    def hand_back(self, lines: list[tuple[int, str, bool]]) -> None:
        self._back.extendleft(reversed(lines))


def _row(lines: _Lines, first: tuple[int, str, bool], separator: str) -> Row | None:
    number, text, cut = first
    if cut:
        return Row(number, [text[:200]], "This line is too long.")
    if not text.strip("\r\n"):
        return None
    taken = [first]
    while (cells := _cells(text, separator)) is None:
        more = lines.next()
        while more is not None and not more[2] and '"' not in more[1] and len(taken) < MOST_LINES:
            taken.append(more)
            text += more[1]
            more = lines.next()
        if more is None or more[2] or len(taken) >= MOST_LINES or len(text) > LONGEST_ROW:
            lines.hand_back(taken[1:] + ([more] if more is not None else []))
            return Row(number, [first[1][:200]], "A quote in this row is never closed.")
        taken.append(more)
        text += more[1]
    if not cells:
        lines.hand_back(taken[1:])
        return Row(number, [first[1][:200]], "The quotes in this row don't fit.")
    if "\0" in text:
        return Row(number, [cell[:200] for cell in cells], "It holds the character NUL.")
    if len(cells) > MOST_COLUMNS:
        return Row(number, [first[1][:200]], f"It has more than {MOST_COLUMNS} columns.")
    return Row(number, cells)


def _cells(text: str, separator: str) -> list[str] | None:
    """The cells of one row; None while a quote is open, none at all for quotes that don't fit."""
    try:
        return next(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error as error:
        return None if "unexpected end" in str(error) else []


def _encoding(sample: bytes, whole: bool) -> str:
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character may be cut in two where the sample ends.
        if whole or error.start < len(sample) - 4:
            return "cp1252"
    return "utf-8"


def _separator(start: str) -> str:
    """The one that splits the header most often, quotes left out."""
    header = start.split("\n", 1)[0]
    bare = "".join(part for place, part in enumerate(header.split('"')) if place % 2 == 0)
    return max(SEPARATORS, key=bare.count)
