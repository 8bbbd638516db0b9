"""What the search by meaning needs of a model, and which one this installation has.

A model turns texts into vectors that lie near each other where the texts mean alike. It is an
extra of the package: most installations have none, and then nothing here loads anything. The
composition root chooses the adapter; the model is loaded by the first who asks for it, which is
never a request (see `nearness`). Not for articles or readers.
"""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Embedder(Protocol):
    """`name` changes with the vectors, which have `size` numbers each.

    `languages` are those that it knows well enough to help.
    """

    name: str
    size: int
    languages: frozenset[str]

    def vectors(self, texts: Sequence[str]) -> Any:
        """A row of numbers for each text; only their directions count."""


class NoModel(Exception):
    """The package of the model is not installed."""


_packages: tuple[str, ...] = ()
_load: Callable[[], Embedder] | None = None
_loaded: Embedder | None = None
_loading = threading.Lock()


def choose(packages: Sequence[str], load: Callable[[], Embedder]) -> None:
    """Said once by the composition root: what must be installed, and how to load the model."""
    global _packages, _load, _loaded
    with _loading:
        _packages, _load, _loaded = tuple(packages), load, None


def is_installed() -> bool:
    """Whether there is a model; looks without loading it."""
    return _load is not None and all(importlib.util.find_spec(name) for name in _packages)


def embedder() -> Embedder:
    """The model, loaded at the first time; NoModel where there is none."""
    global _loaded
    with _loading:
        if _loaded is None:
            if _load is None or not is_installed():
                raise NoModel
            _loaded = _load()
        return _loaded
