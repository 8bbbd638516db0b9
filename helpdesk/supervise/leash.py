"""Runs a program that must not outlive whoever started it.

    python -I leash.py PARENT_PID SIGNAL PROGRAM ARGUMENT ...

On Linux the kernel sends SIGNAL when the parent dies, and this process becomes the program.
Elsewhere it stays and watches. A file of its own, started in a fresh interpreter, because code
between fork and exec in a process with threads may hang. Imports nothing of Helpdesk, so it starts
at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PARENT_GONE = 75


def die_with_parent(parent: int, signal_number: int) -> bool:
    """Ask the kernel for `signal_number` when the parent dies; False where it cannot do that."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes  # noqa: PLC0415  costs 10 ms that other systems need not pay

    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(PARENT_GONE)
    return True


def main() -> None:
    parent, signal_number = int(sys.argv[1]), int(sys.argv[2])
    command = sys.argv[3:]
    if die_with_parent(parent, signal_number):
        os.execv(command[0], command)  # noqa: S606  no shell is wanted
    child = subprocess.Popen(command)
    while child.poll() is None:
        if os.getppid() != parent:
            child.send_signal(signal_number)
            child.wait()
        time.sleep(0.5)
    os._exit(child.returncode if child.returncode >= 0 else 128 - child.returncode)


if __name__ == "__main__":
    main()
