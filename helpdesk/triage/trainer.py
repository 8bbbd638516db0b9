"""The process that trains: reads examples from a file, writes a model, tells how far it is.

Without database or network. Each line of its output is JSON: {"progress"} while it works, and at
the end {"figures"} or {"trouble"} in words. Started by `workflows.triage_training`.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from helpdesk.triage import filing, thresholds
from helpdesk.triage.learning import Example, Figures, learn

TOO_FEW = (
    "There are too few sorted tickets: two values of a field with ten tickets each are needed."
)


def main(source: str, target: str) -> int:
    os.nice(5)
    with Path(source).open(encoding="utf-8") as file:
        examples = [Example(one["text"], one["labels"]) for one in map(json.loads, file)]
    learned = learn(examples, lambda share: _say(progress=round(share, 3)))
    if not learned.figures:
        _say(trouble=TOO_FEW)
        return 0
    filing.save(learned.model, Path(target))
    _say(figures={name: told(one) for name, one in learned.figures.items()})
    return 0


def told(figures: Figures) -> dict[str, Any]:
    """A field's figures as they are stored and shown."""
    steps = thresholds.curve(figures.points)
    choice = thresholds.choose(figures.points)
    return {
        "examples": figures.examples,
        "accuracy": figures.accuracy,
        "commonest": figures.commonest,
        "calibration_error": figures.calibration_error,
        "left_out": figures.left_out,
        "labels": [list(asdict(one).values()) for one in figures.labels],
        "steps": [list(asdict(one).values()) for one in steps],
        "threshold": choice.threshold,
        "why_none": choice.why,
    }


def _say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
