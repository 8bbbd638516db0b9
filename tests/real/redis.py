"""A real Redis-compatible server for tests, started by the program's own starter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk.supervise.embedded_redis import EmbeddedRedis


@contextmanager
def running() -> Iterator[EmbeddedRedis]:
    home = Path(tempfile.mkdtemp(prefix="hd-redis-"))
    server = EmbeddedRedis(home / "redis")
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
