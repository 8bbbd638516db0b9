"""Many short lines kept in order, and the first entry over any chosen set of them.

Why: agents of one skill set form one line, items of one requirement form one line; a decision is
then the smallest head over the lines that fit. Two ways lead there, and the cheaper one is taken
each time: look at the heads of the few fitting lines, or walk all heads in order until one belongs
to a fitting line. Each costs tens of steps where walking people or items would cost thousands.
Knows nothing of agents or items.
"""

from bisect import bisect_left, insort
from collections.abc import Container, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any, TypeAlias

# The order key flattened, then the line's number, then the id: one tuple, compared in C. Keys end
# with a text that is unique, so a comparison never reaches the id.
Entry: TypeAlias = tuple[Any, ...]

_FEW = 24


class Lines:
    """Ordered entries in numbered lines. Removed entries stay in their heap until they surface or
    outnumber.
    """

    __slots__ = ("_heads", "_heaps", "_in_order", "_live", "_sizes", "waiting")

    def __init__(self) -> None:
        self._heaps: dict[int, list[Entry]] = {}
        self._sizes: dict[int, int] = {}
        self._heads: dict[int, Entry] = {}
        self._in_order: list[Entry] = []
        self._live: dict[Any, Entry] = {}
        self.waiting = 0
        """Bit n is set where line n holds anyone."""

    def __len__(self) -> int:
        return len(self._live)

    def add(self, entry: Entry) -> None:
        """`entry` is `(*order key, line number, id)`; the id must not be in already."""
        self._live[entry[-1]] = entry
        line = entry[-2]
        heap = self._heaps.get(line)
        if heap is None:
            heap = self._heaps[line] = []
            self._sizes[line] = 0
        heappush(heap, entry)
        self._sizes[line] += 1
        if heap[0] is entry:
            self._new_head(line, entry)

    def remove(self, id_: Any) -> Entry | None:
        """The entry that was in, or None."""
        entry = self._live.pop(id_, None)
        if entry is None:
            return None
        line = entry[-2]
        self._sizes[line] -= 1
        heap = self._heaps[line]
        if heap[0] is entry:
            self._new_head(line, self._surface(heap))
        elif len(heap) > 2 * self._sizes[line] + 32:
            heap[:] = [one for one in heap if self._live.get(one[-1]) is one]
            heapify(heap)
        return entry

    def first(self, mask: int, members: Container[int]) -> Entry | None:
        """The first entry over the lines in `mask`; `members` holds the same line numbers as
        `mask`.
        """
        fitting = mask & self.waiting
        if not fitting:
            return None
        if fitting.bit_count() > _FEW:
            for entry in self._in_order:
                if entry[-2] in members:
                    return entry
        heads = self._heads
        best = None
        while fitting:
            lowest = fitting & -fitting
            head = heads[lowest.bit_length() - 1]
            if best is None or head < best:
                best = head
            fitting ^= lowest
        return best

    def entries(self) -> Iterable[Entry]:
        """All that are in, in no order."""
        return self._live.values()

    def walk(self, lines: Container[int]) -> Iterator[Entry]:
        """All entries of some lines, in no order: the slow way, for those few who must skip a
        person by name.
        """
        return (entry for entry in self._live.values() if entry[-2] in lines)

    def _surface(self, heap: list[Entry]) -> Entry | None:
        live = self._live
        while heap and live.get(heap[0][-1]) is not heap[0]:
            heappop(heap)
        return heap[0] if heap else None

    def _new_head(self, line: int, head: Entry | None) -> None:
        in_order = self._in_order
        old = self._heads.get(line)
        if old is not None:
            del in_order[bisect_left(in_order, old)]
        if head is None:
            del self._heads[line]
            self.waiting ^= 1 << line
            return
        if old is None:
            self.waiting |= 1 << line
        self._heads[line] = head
        insort(in_order, head)
