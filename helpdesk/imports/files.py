"""Where the files of imports lie: a folder each, written by the web and read by a worker.

Names are made here, never taken from outside. On several machines the folder is shared.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO

from helpdesk.core.errors import Invalid

PIECE = 1024 * 1024

_root: Path | None = None
_attachments: Path | None = None


def configure(root: Path, attachments: Path) -> None:
    """Name the folder of imports and that of attachments; called once per process by the
    composition root.
    """
    global _root, _attachments
    _root, _attachments = root, attachments


def attachments() -> Path:
    """Where files that come along are kept for good."""
    if _attachments is None:
        raise RuntimeError("no folder for attachments is configured yet")
    return _attachments


def folder(import_id: str) -> Path:
    if _root is None:
        raise RuntimeError("no folder for imports is configured yet")
    return _root / import_id


def upload(import_id: str) -> Path:
    return folder(import_id) / "upload"


def staged(import_id: str) -> Path:
    return folder(import_id) / "rows"


def save(import_id: str, stream: BinaryIO, *, most: int) -> int:
    """Write what is uploaded, piece by piece; answers its size. Invalid for nothing or too much."""
    path = upload(import_id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part, size = path.with_suffix(".part"), 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            while piece := stream.read(PIECE):
                size += len(piece)
                if size > most:
                    raise Invalid(fields={"file": f"Use a file of at most {most >> 20} MB."})
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        if size == 0:
            raise Invalid(fields={"file": "This file is empty."})
        part.replace(path)
    except BaseException:
        remove(import_id)
        raise
    return size


def remove(import_id: str) -> None:
    shutil.rmtree(folder(import_id), ignore_errors=True)
