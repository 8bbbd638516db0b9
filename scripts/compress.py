"""Keeps a compressed copy beside each static file that shrinks, for the web server to send.

A copy carries the time of its source; one whose time differs, or whose source is gone, is stale
and is removed or made again. Run by set-up; by hand after editing files in static/:
`.venv/bin/python scripts/compress.py`.
"""

from __future__ import annotations

from pathlib import Path

from whitenoise.compress import Compressor

STATIC = Path(__file__).resolve().parent.parent / "static"


def main() -> int:
    remove_stale(STATIC)
    made = compress_missing(STATIC)
    print(f"static: {made} compressed copies made")
    return 0


def remove_stale(root: Path) -> None:
    for copy in list(root.rglob("*.gz")):
        source = copy.with_suffix("")
        if not source.exists() or source.stat().st_mtime != copy.stat().st_mtime:
            copy.unlink()


def compress_missing(root: Path) -> int:
    """How many copies were made; small files that do not shrink get none."""
    compressor = Compressor(use_brotli=False, quiet=True)
    wanted = [
        path
        for path in root.rglob("*")
        if path.is_file()
        and compressor.should_compress(path.name)
        and not path.with_name(f"{path.name}.gz").exists()
    ]
    return sum(len(compressor.compress(str(path))) for path in wanted)


if __name__ == "__main__":
    raise SystemExit(main())
