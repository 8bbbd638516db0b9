"""What the widget costs a host's page."""

from __future__ import annotations

import gzip
from pathlib import Path

STATIC = Path(__file__).parents[3] / "static" / "widget"


def test_everything_of_our_own_comes_over_the_wire_in_under_40_kB() -> None:
    own = [p for p in STATIC.iterdir() if p.suffix in (".js", ".css") and "demo" not in p.name]
    sizes = {p.name: len(gzip.compress(p.read_bytes(), 9)) for p in own}
    assert sum(sizes.values()) < 40_000, sizes
    # What every page of a host pays, whether or not somebody opens the chat.
    assert (STATIC / "widget.js").stat().st_size < 10_000
