"""One role of the installation as a child process: forked, watched, started again.

A fork shares the loaded program's memory with its parent. The parent stays single-threaded and
opens no connection, or a fork would carry them along.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from helpdesk.core import clock
from helpdesk.core.errors import ConfigError
from helpdesk.supervise import leash

PR_SET_NAME = 15
SOON_S = 10.0
LONGEST_PAUSE_S = 10.0
ENDED = "it ended"


def die_with_parent(parent: int) -> None:
    """SIGTERM for this process when the supervisor dies, however it dies."""
    if leash.die_with_parent(parent, signal.SIGTERM):
        return

    def watch() -> None:
        while os.getppid() == parent:
            clock.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def name_process(name: str) -> None:
    """What `ps` and `top` show for this process (15 characters at most)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)


@dataclass
class Role:
    """`run` is what the child does; it returns when it was told to stop."""

    name: str
    run: Callable[[], object]
    pid: int = 0
    started: float = 0.0
    pause_s: float = 0.0
    again_at: float = field(default=0.0)
    deaths: int = 0

    @property
    def is_running(self) -> bool:
        return self.pid != 0

    def start(self) -> None:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        self.started = clock.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(_be(self.name, self.run, parent))

    def reap(self) -> str | None:
        """Why it ended, once it has; None while it runs."""
        if not self.pid:
            return None
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            pid, status = self.pid, 0
        if pid == 0:
            return None
        self.pid = 0
        return reason(status)

    def plan_restart(self) -> float:
        """Seconds until it is started again: at once at first, longer when it keeps dying."""
        lived = clock.monotonic() - self.started
        self.deaths += 1
        if lived > SOON_S:
            self.pause_s = 0.0
        pause = self.pause_s
        self.pause_s = min(LONGEST_PAUSE_S, max(0.5, pause * 2))
        self.again_at = clock.monotonic() + pause
        return pause

    def send(self, number: signal.Signals) -> None:
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """True when it has ended within `seconds`."""
        deadline = clock.monotonic() + seconds
        while self.pid and self.reap() is None:
            if clock.monotonic() > deadline:
                return False
            clock.sleep(0.01)
        return True


def reason(status: int) -> str:
    """How a process ended, in words."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return ENDED if code == 0 else f"it failed with code {code}"


def _be(name: str, run: Callable[[], object], parent: int) -> int:
    """The life of the child; its exit code."""
    try:
        os.setsid()  # Ctrl-C goes to the supervisor alone, which stops us in order
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(parent)
        gc.enable()
        name_process(f"helpdesk-{name}")
        answer = run()
        code = answer if isinstance(answer, int) else 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except ConfigError as error:
        print(f"{name}: {error}", file=sys.stderr)
        code = 2
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code
