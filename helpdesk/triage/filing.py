"""A trained model as a file of plain data: one line of JSON, then arrays. Nothing is unpickled.

A file of another layout, or one that is cut short, is refused. Needs numpy.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from helpdesk.triage.calibration import Curve
from helpdesk.triage.judging import FieldModel, Model
from helpdesk.triage.nearest import Index
from helpdesk.triage.vectors import Vocabulary

LAYOUT = 1
LONGEST_HEAD = 1 << 20
_ALIGN = 64


class Unusable(Exception):
    """The file is no model that this version can read."""


def save(model: Model, path: Path) -> None:
    arrays = _arrays(model)
    head = {
        "layout": LAYOUT,
        "foreign_below": model.foreign_below,
        "unknown_rarity": model.vocabulary.unknown_rarity,
        "examples": model.index.count,
        "fields": {
            name: {
                "labels": field.labels,
                "temperature": field.curve.temperature,
                "weights": field.curve.weights,
                "many": field.many,
            }
            for name, field in model.fields.items()
        },
        "arrays": [[name, str(array.dtype), list(array.shape)] for name, array in arrays.items()],
    }
    with path.open("wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        for array in arrays.values():
            file.write(b"\0" * (-file.tell() % _ALIGN))
            file.write(np.ascontiguousarray(array).tobytes())


def load(path: Path) -> Model:
    """The model; its arrays lie in the file and are read where they are used."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline(LONGEST_HEAD))
            start = file.tell()
        if head["layout"] != LAYOUT:
            raise Unusable("It was made by another version.")
        return _model(head, _mapped(path, head["arrays"], start))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{type(error).__name__}: {error}") from error


def _arrays(model: Model) -> dict[str, Any]:
    vocabulary, index = model.vocabulary, model.index
    names = np.frombuffer("\n".join(vocabulary.names).encode(), np.uint8)
    arrays = {
        "names": names,
        "blocks": vocabulary.blocks,
        "rarity": vocabulary.rarity,
        "starts": index.starts,
        "examples": index.examples,
        "values": index.values,
    }
    for name, field in model.fields.items():
        arrays[f"weights:{name}"] = field.weights
        arrays[f"offsets:{name}"] = field.offsets
    return arrays


def _mapped(path: Path, shapes: list[Any], start: int) -> dict[str, Any]:
    found, at = {}, start
    for name, kind, shape in shapes:
        at += -at % _ALIGN
        wanted = np.dtype(kind)
        size = int(np.prod(shape)) * wanted.itemsize
        if wanted.hasobject or size < 0 or at + size > path.stat().st_size:
            raise Unusable("It is cut short.")
        found[name] = (
            np.memmap(path, wanted, "r", at, tuple(shape)) if size else np.zeros(shape, wanted)
        )
        at += size
    return found


def _model(head: dict[str, Any], arrays: dict[str, Any]) -> Model:
    names = arrays["names"].tobytes().decode().split("\n")
    vocabulary = Vocabulary(
        names,
        np.array(arrays["blocks"]),
        np.array(arrays["rarity"]),
        float(head["unknown_rarity"]),
        {name: place for place, name in enumerate(names)},
    )
    index = Index(arrays["starts"], arrays["examples"], arrays["values"], int(head["examples"]))
    fields = {
        name: FieldModel(
            tuple(told["labels"]),
            arrays[f"weights:{name}"],
            np.array(arrays[f"offsets:{name}"]),
            Curve(float(told["temperature"]), tuple(map(float, told["weights"]))),
            bool(told["many"]),
        )
        for name, told in head["fields"].items()
    }
    return Model(vocabulary, index, fields, float(head["foreign_below"]))
