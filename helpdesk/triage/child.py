"""The process that judges: a line with a model's file and texts in, a line of judgements out.

Without database or network; loads NumPy, which the processes that serve people must not. Started by
`sorters`, and ends when its input does.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from helpdesk.triage import filing
from helpdesk.triage.judging import Judgement, Model


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a library that prints must not spoil an answer
    loaded: tuple[str, Model] | None = None
    for line in sys.stdin.buffer:
        order = json.loads(line)
        try:
            if loaded is None or loaded[0] != order["model"]:
                loaded = (order["model"], filing.load(Path(order["model"])))
            told = [plain(one) for one in loaded[1].judge(order["texts"])]
            answer: dict[str, Any] = {"judgements": told}
        except Exception as error:
            answer = {"trouble": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer).encode() + b"\n")


def plain(judged: Judgement) -> dict[str, Any]:
    return {
        "likeness": judged.likeness,
        "is_foreign": judged.is_foreign,
        "guesses": {
            field: [
                {"label": one.label, "confidence": one.confidence, "words": list(one.words)}
                for one in guesses
            ]
            for field, guesses in judged.guesses.items()
        },
    }


if __name__ == "__main__":
    main()
