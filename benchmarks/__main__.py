"""All figures of benchmarks/README.md, one after the other: `make bench` (a quarter of an hour)."""

from __future__ import annotations

import subprocess
import sys

ALL = (
    ("benchmarks.matching",),
    ("benchmarks.clocks",),
    ("benchmarks.assignments", "--database", "postgres"),
    ("benchmarks.assignments", "--database", "sqlite"),
    ("benchmarks.chat", "--database", "postgres"),
    ("benchmarks.chat", "--database", "postgres", "--idle", "2000"),
    ("benchmarks.tickets", "create", "--database", "postgres"),
    ("benchmarks.mail", "--database", "postgres"),
    ("benchmarks.difference",),
    ("benchmarks.booking", "--database", "postgres"),
    ("benchmarks.start",),
    ("benchmarks.desk",),
    ("benchmarks.board",),
    ("benchmarks.hooks",),
    ("benchmarks.calls", "--calls", "20"),
    ("benchmarks.outage",),
)


def main() -> int:
    failed = 0
    for module, *options in ALL:
        print(f"\n== {module} {' '.join(options)}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", module, *options], check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
