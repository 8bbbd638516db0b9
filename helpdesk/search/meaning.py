"""What the search by meaning needs of a model, and which one this installation has.

A model turns texts into vectors that lie near each other where the texts mean alike. It is an
extra of the package: most installations have none, and then nothing here loads anything. The
composition root chooses the adapter, which loads its model at the first text; that is never one
of a request (see `nearness`). Not for articles or readers.
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
_make: Callable[[], Embedder] | None = None
_made: Embedder | None = None
_making = threading.Lock()


def choose(packages: Sequence[str], make: Callable[[], Embedder]) -> None:
    """Said once by the composition root: what must be installed, and how to have the model."""
    global _packages, _make, _made
    with _making:
        _packages, _make, _made = tuple(packages), make, None


def is_installed() -> bool:
    """Whether there is a model; looks without loading it."""
    return _make is not None and all(importlib.util.find_spec(name) for name in _packages)


def embedder() -> Embedder:
    """The model of this process; NoModel where there is none."""
    global _made
    with _making:
        if _made is None:
            if _make is None or not is_installed():
                raise NoModel
            _made = _make()
        return _made
