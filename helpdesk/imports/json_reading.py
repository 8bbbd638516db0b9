"""Records out of JSON of any size: lines of objects, an array, or pages with lists in them.

Other desks give all three (an export with an object a line, an array, pages of their API one
after another). Elements are decoded one by one, so that memory holds one record. Not for what a
record means (see `zendesk`, `zammad`, `freshdesk`).
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

LARGEST = 8 * 1024 * 1024
PIECE = 256 * 1024
_SPACE = " \t\r\n,"


class BadFile(Exception):
    """The file can't be read on; the sentence says where."""


def records(stream: BinaryIO, containers: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name of the list it stood in, or "", record) for each object.

    `containers` are members whose lists hold records, such as `tickets`; inside an object that has
    an `id` of its own they are a part of it.
    """
    text = _Text(stream)
    while (mark := text.peek()) is not None:
        if mark == "[":
            text.skip()
            yield from _elements(text, "")
        elif mark == "{":
            yield from _object(text, containers)
        else:
            raise BadFile(f"The file is not JSON from character {text.place} on.")


def _object(text: _Text, containers: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    text.skip()
    own: dict[str, Any] = {}
    was_page = False
    while True:
        mark = text.need()
        if mark == "}":
            text.skip()
            break
        name = text.value()
        if not isinstance(name, str) or text.need() != ":":
            raise BadFile(f"The file is not JSON from character {text.place} on.")
        text.skip()
        if name in containers and text.need() == "[" and "id" not in own:
            text.skip()
            was_page = True
            yield from _elements(text, name)
        else:
            own[name] = text.value()
    if not was_page:
        yield "", own


def _elements(text: _Text, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    while True:
        mark = text.need()
        if mark == "]":
            text.skip()
            return
        found = text.value()
        if isinstance(found, dict):
            yield name, found


class _Text:
    """The text as a window that moves on; positions are within the window."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._json = json.JSONDecoder()
        self._window = ""
        self._at = 0
        self._before = 0
        self._ended = False

    @property
    def place(self) -> int:
        return self._before + self._at + 1

    def peek(self) -> str | None:
        """The next character that means something; None at the end."""
        while True:
            while self._at < len(self._window):
                mark = self._window[self._at]
                if mark not in _SPACE:
                    return mark
                self._at += 1
            if not self._more():
                return None

    def need(self) -> str:
        mark = self.peek()
        if mark is None:
            raise BadFile("The file ends too early.")
        return mark

    def skip(self) -> None:
        self._at += 1

    def value(self) -> Any:
        """The next whole value."""
        self.need()
        wanted = 0
        while True:
            try:
                found, end = self._json.raw_decode(self._window, self._at)
                # A number at the very end of the window may go on in the next piece.
                if end < len(self._window) or self._ended:
                    self._at = end
                    return found
            except RecursionError as error:
                raise BadFile("One record is nested too deeply.") from error
            except ValueError as error:
                if self._ended:
                    raise BadFile(
                        f"The file is not JSON from character {self.place} on."
                    ) from error
            if len(self._window) - self._at > LARGEST:
                raise BadFile("One record is larger than 8 MB, or the file is not JSON.")
            # Each further try reads twice as much, so that a large record is not begun too often.
            wanted = max(PIECE, len(self._window) - self._at)
            target = len(self._window) - self._at + wanted
            while len(self._window) - self._at < target and self._more():
                pass

    def _more(self) -> bool:
        if self._ended:
            return False
        piece = self._stream.read(PIECE)
        self._before += self._at
        self._window = self._window[self._at :] + self._decoder.decode(piece, final=not piece)
        self._at = 0
        self._ended = not piece
        return bool(piece)
