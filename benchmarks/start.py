"""How long `helpdesk up` takes to serve on a prepared machine, and what all its processes weigh.

    python -m benchmarks.start --runs 5

Weight is PSS (shared pages counted once in all) of every process, after ten idle seconds, over the
demo data.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.floor import arguments, of_runs
from tests.real.server import ROOT, free_port

IDLE_S = 10


def serving(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def start(data: Path, port: int) -> tuple[subprocess.Popen[bytes], float]:
    """`helpdesk up`, and the seconds until it was ready."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HELPDESK_")}
    begun = time.perf_counter()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "helpdesk.cli", "up", "--demo"),
            *("--port", str(port), "--data", str(data)),
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while not serving(f"http://127.0.0.1:{port}"):
        if process.poll() is not None:
            raise RuntimeError("helpdesk up ended")
        time.sleep(0.02)
    return process, time.perf_counter() - begun


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def weight(parent: int) -> tuple[float, int]:
    """PSS in MiB of a process and all below it, and how many they are."""
    family, total = {parent}, 0
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
            except OSError:
                continue
            parents[int(folder.name)] = int(stat[1])
    grown = True
    while grown:
        below = {pid for pid, above in parents.items() if above in family}
        grown = not below <= family
        family |= below
    for pid in family:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(rollup.split("\nPss:")[1].split()[0])
    return total / 1024, len(family)


def main() -> None:
    options = arguments(__doc__ or "", runs=5)
    home = Path(tempfile.mkdtemp(prefix="hd-start-"))
    try:
        process, first = start(home / "data", free_port())
        stop(process)
        times, weights, count = [], [], 0
        for _ in range(options.runs):
            process, took = start(home / "data", free_port())
            times.append(took)
            time.sleep(IDLE_S)
            mib, count = weight(process.pid)
            weights.append(mib)
            stop(process)
        print(f"first start with demo data made: {first:.1f} s")
        print(f"start to ready: {of_runs(times, 's')}")
        print(f"{count} processes, idle: {of_runs(weights, 'MiB PSS')}")
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
