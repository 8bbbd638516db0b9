"""The model of the package wordllama: 256 numbers for a text, the mean of those of its pieces.

The only file that knows that package. The model lies in the package, and nothing is ever fetched:
its loader is told not to, and told to look where its files are.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "wordllama")
MODEL = "l2_supercat"
SIZE = 256


class WordLlamaModel:
    """Cheap to have; the model itself is loaded by the first text."""

    languages = frozenset({"en"})  # what it was made of is hardly anything else
    size = SIZE

    def __init__(self) -> None:
        self.name = f"wordllama {importlib.metadata.version('wordllama')} {MODEL} {SIZE}"
        self._model: Any = None
        self._loading = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> Any:
        with self._loading:
            self._model = self._model or _load()
        return self._model.embed([one or " " for one in texts])


def _load() -> Any:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # many small sums beside other work
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # processes here fork
    root = logging.getLogger()
    handlers = list(root.handlers)
    import wordllama  # noqa: PLC0415  only who needs it pays for it

    for one in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(one)  # that package sets up everybody's log where nobody has
    inside = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(MODEL, cache_dir=inside, dim=SIZE, disable_download=True)
