"""Files that come from a phone in pieces: the bytes so far, each at its place.

A piece sent twice writes the same bytes again, so that only the row has to know how far we are.
Not for whole files (`channels.attachments`), into which these are moved once their digest is
right.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import BinaryIO

from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id

_BLOCK = 256 * 1024
_folder: Path | None = None


def configure(folder: Path) -> None:
    global _folder
    _folder = folder


def write(file_id: str, offset: int, piece: bytes) -> None:
    path = _path(file_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.pwrite(handle, piece, offset)
        os.fsync(handle)
    finally:
        os.close(handle)


def size(file_id: str) -> int:
    """Bytes that lie here; after a loss of the folder less than the row says."""
    try:
        return _path(file_id).stat().st_size
    except FileNotFoundError:
        return 0


def opened(file_id: str) -> BinaryIO:
    try:
        return _path(file_id).open("rb")
    except FileNotFoundError as error:
        raise NotFound() from error


def digest(file_id: str) -> str:
    found = hashlib.sha256()
    with opened(file_id) as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def remove(file_id: str) -> None:
    _path(file_id).unlink(missing_ok=True)


def _path(file_id: str) -> Path:
    if _folder is None:
        raise RuntimeError("the folder of pieces is not configured")
    if not is_id(file_id):
        raise NotFound()
    return _folder / file_id
