"""Lines that tell an operator what is going on, with the seconds it took."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from helpdesk.core import clock


@dataclass
class Progress:
    """Prints to standard output; every line is flushed, because it may be read through a pipe."""

    began: float = field(default_factory=clock.monotonic)

    def say(self, text: str) -> None:
        print(f"{clock.monotonic() - self.began:6.1f} s  {text}", flush=True)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        started = clock.monotonic()
        yield
        self.say(f"{title} ({clock.monotonic() - started:.1f} s)")

    def plain(self, text: str = "") -> None:
        print(text, flush=True)

    def complain(self, text: str) -> None:
        print(f"{clock.monotonic() - self.began:6.1f} s  {text}", file=sys.stderr, flush=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side, as wide as their widest cell."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
