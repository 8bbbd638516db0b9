"""Starts the program's commands quickly: one process has it loaded, and forks for each command.

`helpdesk up` starts its roles in just this way. A test run starts hundreds of them, and loading the
program is most of what a start costs. Not for a web role on PostgreSQL, which gevent must patch
before anything is loaded, and not for tests of how a command starts by itself.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_servant: subprocess.Popen[str] | None = None


class Started:
    """A running command, as much of `subprocess.Popen` as tests ask for."""

    def __init__(self, pid: int, code_at: Path) -> None:
        self.pid = pid
        self._code_at = code_at
        try:
            self._descriptor = os.pidfd_open(pid)
        except ProcessLookupError:  # ended already
            self._descriptor = -1

    def poll(self) -> int | None:
        """Its exit code once it has ended; -9 when it could not say one."""
        if not self._has_ended(0):
            return None
        return int(self._code_at.read_text()) if self._code_at.exists() else -signal.SIGKILL

    def wait(self, timeout: float = 60) -> int:
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        code = self.poll()
        assert code is not None
        return code

    def _has_ended(self, within_s: float) -> bool:
        if self._descriptor >= 0 and select.select([self._descriptor], [], [], within_s)[0]:
            os.close(self._descriptor)
            self._descriptor = -1
        return self._descriptor < 0


def start(words: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Started:
    """`helpdesk WORDS` in a process and session of its own; what it prints is added to `log`."""
    return _ask(log, {"words": list(words), "environment": dict(environment), "log": str(log)})


def run(
    words: Sequence[str], *, environment: Mapping[str, str], given: str, place: Path
) -> subprocess.CompletedProcess[str]:
    """`helpdesk WORDS` to its end, what it prints apart from its complaints; `place` is a folder
    for both."""
    log, errors, said = place / "said", place / "complained", place / "given"
    log.unlink(missing_ok=True)
    errors.unlink(missing_ok=True)
    said.write_text(given)
    files = {"log": str(log), "errors": str(errors), "given": str(said)}
    started = _ask(log, {"words": list(words), "environment": dict(environment), **files})
    code = started.wait()
    return subprocess.CompletedProcess(words, code, log.read_text(), errors.read_text())


def _ask(log: Path, asked: Mapping[str, object]) -> Started:
    code_at = log.with_suffix(".code")
    code_at.unlink(missing_ok=True)
    servant = _running()
    assert servant.stdin is not None
    assert servant.stdout is not None
    servant.stdin.write(json.dumps(asked) + "\n")
    servant.stdin.flush()
    return Started(int(servant.stdout.readline()), code_at)


def _running() -> subprocess.Popen[str]:
    global _servant
    if _servant is None or _servant.poll() is not None:
        _servant = subprocess.Popen(
            [sys.executable, "-m", "tests.real.starting"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        atexit.register(_dismiss, _servant)
    return _servant


def _dismiss(servant: subprocess.Popen[str]) -> None:
    with servant:  # closes its input, which ends it
        try:
            servant.wait(10)
        except subprocess.TimeoutExpired:
            servant.kill()


def serve() -> None:
    """Fork for every line that comes in; all that was started ends with the test run."""
    from helpdesk.supervise.up import load_program, spare_memory

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits here for those that end
    gc.disable()
    spare_memory()
    load_program()
    gc.freeze()
    pids = []
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _be(json.loads(line))
        pids.append(pid)
        print(pid, flush=True)
    for pid in pids:
        _end(pid)


def _end(pid: int) -> None:
    try:
        if os.getsid(pid) == pid:  # still the same, and nobody else's
            os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _be(asked: dict[str, object]) -> None:
    """The child, to its end."""
    from helpdesk.cli import main

    log = Path(str(asked["log"]))
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _redirect(log, str(asked.get("errors", log)), str(asked.get("given", os.devnull)))
        os.environ.clear()
        os.environ.update(asked["environment"])  # type: ignore[arg-type]
        gc.enable()
        main([str(word) for word in asked["words"]])  # type: ignore[attr-defined]
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        log.with_suffix(".code").write_text(str(code))
        os._exit(code)


def _redirect(log: Path, errors: str, given: str) -> None:
    with log.open("ab") as out, Path(errors).open("ab") as wrong, Path(given).open("rb") as read:
        for descriptor, to in ((0, read), (1, out), (2, wrong)):
            os.dup2(to.fileno(), descriptor)


if __name__ == "__main__":
    serve()
