"""Has texts judged by a child process, which lives while texts come and ends after a while without.

So the libraries are loaded only where and while they are needed. Not for what a judgement leads to.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import helpdesk
from helpdesk.core import clock

IDLE_S = 30.0
PATIENCE_S = 60.0
ROOT = Path(helpdesk.__file__).parents[1]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class NoAnswer(Exception):
    """The texts could not be judged; the text says why, for the log."""


class Sorters:
    """One child, asked by one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asked_at = 0.0
        self._guard = threading.Lock()

    def judge(self, model: Path, texts: Sequence[str]) -> list[dict[str, Any]]:
        """What `child.plain` makes of each text; NoAnswer when the child could not."""
        with self._guard:
            answer = self._ask({"model": str(model.resolve()), "texts": list(texts)})
            self._asked_at = clock.monotonic()
        if "judgements" not in answer:
            raise NoAnswer(str(answer.get("trouble", "the child died")))
        return list(answer["judgements"])

    def rest(self) -> None:
        """End a child that has had nothing to do for a while."""
        with self._guard:
            if self._process and clock.monotonic() - self._asked_at > IDLE_S:
                self._end()

    def close(self) -> None:
        with self._guard:
            self._end()

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        if process is None or process.poll() is not None:
            self._end()
            process = self._process = self._start()
        assert process.stdin is not None
        line = b""
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
            line = self._line(process, clock.monotonic() + PATIENCE_S)
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            self._end()
            return {}
        answer: dict[str, Any] = json.loads(line)
        return answer

    @staticmethod
    def _start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "helpdesk.triage.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={**ENVIRONMENT, "PATH": os.environ.get("PATH", "")},
        )

    @staticmethod
    def _line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
        assert process.stdout is not None
        descriptor, pieces = process.stdout.fileno(), b""
        while not pieces.endswith(b"\n"):
            left = deadline - clock.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                break
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                break
            pieces += piece
        return pieces

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


sorters = Sorters()
"""The sorters of this process."""
atexit.register(sorters.close)
