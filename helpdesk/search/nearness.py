"""Which articles mean something like a question: all vectors in this process's memory, compared.

Memory is filled beside the requests, in a thread of its own, and anew when the stamp in the
database says so; until then, and whenever anything fails or takes too long, there is no answer and
the words have to do. About 28 MB for 100,000 passages, and no more passages than `MOST` are
held. Who may read is asked of shelves here and of the rows by whoever shows them (`finding`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.aside import Aside
from helpdesk.core.work import reading
from helpdesk.search import meaning, vector_rows, vectors
from helpdesk.search.fusing import LEAST_LIKE, Close
from helpdesk.search.meaning import Embedder

log = logging.getLogger("helpdesk.search")

ACTOR = system("search")
MOST = 400_000
MOST_CLOSE = 50
LONGEST_S = 0.25
REFRESH_EVERY_S = 30.0
_BLOCK = 2_048


class TooSlow(Exception):
    """The time is over."""


@dataclass(frozen=True, slots=True)
class Held:
    """All that is known, a row a passage: its article, the article's shelf, its place there."""

    stamp: str
    model: Embedder
    numbers: Any
    shelves: Any
    places: Any
    lengths: Any
    vectors: Any

    def close_to(self, asked: str, where: Collection[int]) -> list[Close]:
        """The nearest articles on these shelves, each by its nearest passage."""
        import numpy as np  # noqa: PLC0415  loaded already

        one = vectors.small(self.model.vectors([asked]))[0].astype(np.float32)
        length = float(np.sqrt((one * one).sum()))
        if not length or not len(self.numbers):
            return []
        like = self._like(one) / (self.lengths * length)
        readable = np.isin(self.shelves, list(where))
        rows = np.flatnonzero(readable & (like >= LEAST_LIKE))
        rows = rows[np.lexsort((self.places[rows], self.numbers[rows], -like[rows]))]
        _, first = np.unique(self.numbers[rows], return_index=True)
        return [
            Close(int(self.numbers[row]), float(like[row]), int(self.places[row]))
            for row in rows[np.sort(first)[:MOST_CLOSE]]
        ]

    def _like(self, one: Any) -> Any:
        """The products block by block; whole numbers, so exact in whatever order."""
        import numpy as np  # noqa: PLC0415  loaded already

        until = clock.monotonic() + LONGEST_S
        found = np.empty(len(self.vectors), np.float64)
        for start in range(0, len(self.vectors), _BLOCK):
            if clock.monotonic() > until:
                raise TooSlow
            found[start : start + _BLOCK] = self.vectors[start : start + _BLOCK].astype("f4") @ one
        return found


class Memory:
    """What this process holds, and its renewal."""

    def __init__(self, aside: Aside) -> None:
        self._aside = aside
        self._held: Held | None = None
        self._guard = threading.Lock()
        self._is_renewing = False
        self._next_at = 0.0

    def close_to(self, session: Session, asked: str, where: Collection[int]) -> list[Close]:
        """Empty while there is nothing to say, and when it went wrong."""
        stamp = vector_rows.stamp(session)
        held = self._held
        if not stamp:
            return []
        if held is None or held.stamp != stamp:
            self._renew_soon()
            held = self._held  # in a test it is done by now
        if held is None:
            return []
        try:
            return held.close_to(asked, where)
        except TooSlow:
            log.warning("the search by meaning took too long and was left out")
        except Exception:
            log.exception("the search by meaning failed and was left out")
        return []

    def hold_now(self) -> None:
        """Read everything here and now; for who measures or checks."""
        self._renew()

    def _renew_soon(self) -> None:
        with self._guard:
            if self._is_renewing or clock.monotonic() < self._next_at:
                return
            self._is_renewing = True
        self._aside.do(self._renew)

    def _renew(self) -> None:
        try:
            model = meaning.embedder()
            model.vectors(["first"])  # so that no request waits for it to be loaded
            self._held = _read(model)
        except meaning.NoModel:
            log.warning("articles are found by their words alone: no model is installed")
        finally:
            self._next_at = clock.monotonic() + REFRESH_EVERY_S
            self._is_renewing = False


def _read(model: Embedder) -> Held:
    import numpy as np  # noqa: PLC0415  only who has a model pays for it

    numbers, shelves, places, blocks, count = [], [], [], [], 0
    with reading(ACTOR) as work:
        stamp = vector_rows.stamp(work.session)
        for number, shelf, kept in vector_rows.every(work.session, model.name):
            size = len(kept) // model.size
            count += size
            if count > MOST:
                log.warning("only %d passages are held for the search by meaning", MOST)
                break
            numbers.append(np.full(size, number, np.int64))
            shelves.append(np.full(size, shelf, np.int32))
            places.append(np.arange(size, dtype=np.int16))
            blocks.append(kept)
    rows = np.frombuffer(b"".join(blocks), np.int8).reshape(-1, model.size)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64, casting="unsafe"))
    none = np.zeros(0, np.int64)
    return Held(
        stamp,
        model,
        np.concatenate([none, *numbers]),
        np.concatenate([none, *shelves]).astype(np.int32),
        np.concatenate([none, *places]).astype(np.int16),
        np.maximum(lengths, 1.0).astype(np.float32),
        rows,
    )


MEMORY = Memory(Aside("meaning", 1))
