"""Zip files of exports: looked at as a whole first, then read as streams; nothing is unpacked.

One member that could lie outside, a link, the same name twice, or more bytes than were promised
refuses the whole file. Pure but for reading the file.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

MOST_MEMBERS = 50_000
LARGEST = 4 * 1024**3
MOST_RATIO = 200
SMALL = 50 * 1024 * 1024


class BadArchive(Exception):
    """Why the whole archive is refused."""


def members(path: Path) -> list[str]:
    """Names of the files inside, in their order; BadArchive where one of them is not harmless."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadArchive("This zip file is broken.") from error
    if len(infos) > MOST_MEMBERS:
        raise BadArchive(f"This zip file holds more than {MOST_MEMBERS:,} files.")
    seen: set[str] = set()
    for info in infos:
        _look_at(info)
        folded = info.filename.casefold()
        if folded in seen:
            raise BadArchive("This zip file holds one name twice.")
        seen.add(folded)
    if sum(info.file_size for info in infos) > LARGEST:
        raise BadArchive("Unpacked, this zip file would be larger than 4 GB.")
    return [info.filename for info in infos if not info.is_dir()]


@contextmanager
def opened(path: Path, name: str) -> Iterator[_Bounded]:
    """One member as a stream that ends with BadArchive when it is longer than it says."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as inner:
            yield _Bounded(inner, archive.getinfo(name).file_size)
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        raise BadArchive("This zip file is broken.") from error


def _look_at(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    parts = name.replace("\\", "/").split("/")
    outside = ".." in parts or name.startswith(("/", "\\")) or ":" in name or "\0" in name
    if outside or "\\" in name:
        raise BadArchive("This zip file holds a name that leads outside of it.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise BadArchive("This zip file holds a link.")
    if info.flag_bits & 0x1:
        raise BadArchive("This zip file is encrypted.")
    if info.file_size > SMALL and info.file_size > MOST_RATIO * max(1, info.compress_size):
        raise BadArchive("This zip file unpacks to far more than it holds.")


class _Bounded:
    """Reads no more than was promised."""

    def __init__(self, inner: IO[bytes], size: int) -> None:
        self._inner = inner
        self._left = size

    def read(self, size: int = -1) -> bytes:
        piece = self._inner.read(size if size >= 0 else self._left + 1)
        self._left -= len(piece)
        if self._left < 0:
            raise BadArchive("This zip file unpacks to more than it says.")
        return piece

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    @property
    def closed(self) -> bool:
        return bool(self._inner.closed)

    def flush(self) -> None:
        return None

    def read1(self, size: int = -1) -> bytes:
        return self.read(size if size >= 0 else 65536)
