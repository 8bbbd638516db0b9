"""The process that reads mails: small, without database or network, under limits, one at a time.

It is told a mail's path and an empty folder by a line of JSON, puts the files found into the folder
and answers one line. When it needs too much of processor or memory the system ends it, and nothing
else is hurt. Started by `reading`; not for anything that must not be lost.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from helpdesk.mail import content
from helpdesk.mail.limits import CPU_S, MEMORY_BYTES, TooMuch


def main() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(600)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # a library that prints must not spoil an answer
    for line in sys.stdin.buffer:
        answers.write(json.dumps(serve(json.loads(line))).encode() + b"\n")
        gc.collect()


def serve(order: dict[str, Any]) -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    allowed = int(used.ru_utime + used.ru_stime) + 1 + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, resource.RLIM_INFINITY))
    try:
        raw = Path(order["path"]).read_bytes()
        found = content.read(raw, formatted=order["formatted"])
        del raw
        return {"facts": found.facts, "files": _written(found.files, Path(order["folder"]))}
    except TooMuch as error:
        return {"refused": str(error)}
    except MemoryError:
        return {"refused": "it needs too much memory to read"}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"[:300]}


def _written(files: list[content.File], folder: Path) -> list[dict[str, Any]]:
    told = []
    for number, file in enumerate(files):
        (folder / str(number)).write_bytes(file.data)
        told.append({"name": file.name, "kind": file.kind, "cid": file.cid})
        file.data = b""
    return told


if __name__ == "__main__":
    main()
