"""Where models lie; set once by the composition root. Beside attachments, so shared like them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_folder: Path | None = None


def configure(folder: Path) -> None:
    global _folder
    _folder = folder


def folder() -> Path:
    if _folder is None:
        raise RuntimeError("nobody said where models lie")
    _folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return _folder


def file_of(model_id: str) -> Path:
    return folder() / f"{model_id}.model"


def can_train() -> bool:
    """Whether the libraries of the extra are there; looks without loading them."""
    return all(importlib.util.find_spec(name) for name in ("numpy", "scipy", "sklearn"))
