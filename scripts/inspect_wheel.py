"""Builds the wheel and looks inside: what an installed Helpdesk needs is there, and nothing else.

A missing template shows only on a machine that installed the wheel, so it is looked for here. Not
a publishing tool: the wheel is thrown away, unless `--keep FOLDER` says where to leave it.
"""

from __future__ import annotations

import argparse
import configparser
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# folder in the checkout -> folder in the wheel; each file of the one must be in the other
CARRIED = {"helpdesk": "helpdesk", "templates": "helpdesk/templates", "static": "helpdesk/static"}
NEVER = ("tests/", "node_modules/", "scripts/", "benchmarks/", "requirements/", "data/", "docs/")
ENTRY_POINT = ("helpdesk", "helpdesk.cli:main")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the wheel and look inside.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the wheel there")
    keep = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(keep or Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            names = set(archive.namelist())
            faults = [*missing(names), *unwanted(names), *entry_point_faults(archive)]
        size = wheel.stat().st_size
    for fault in faults:
        print(f"wheel: {fault}", file=sys.stderr)
    if not faults:
        print(f"{wheel.name}: {len(names)} files, {size / 1e6:.1f} MB, complete")
    return 1 if faults else 0


def build(folder: Path) -> Path:
    """The wheel, made by the locked hatchling in this environment."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(folder)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise SystemExit(f"wheel: the build failed\n{answer.stdout}{answer.stderr}")
    return max(folder.glob("helpdesk-*.whl"), key=lambda path: path.stat().st_mtime)


def missing(names: set[str]) -> Iterator[str]:
    for folder, place in CARRIED.items():
        wanted = list(files_of(ROOT / folder))
        if not wanted:
            yield f"the checkout has nothing in {folder}/"
        for path in wanted:
            name = f"{place}/{path.relative_to(ROOT / folder).as_posix()}"
            if name not in names:
                yield f"{name} is missing"
    for needed in ("helpdesk/migrations/env.py", "helpdesk/static/vendor/icons.svg"):
        if needed not in names:
            yield f"{needed} is missing"
    if not any(name.startswith("helpdesk/migrations/versions/") for name in names):
        yield "no migration is inside"
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        yield "the licence is missing"


def files_of(folder: Path) -> Iterator[Path]:
    """What a person put there; leftovers of Python and of editors do not count."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and "__pycache__" not in path.parts:
            yield path


def unwanted(names: set[str]) -> Iterator[str]:
    for name in sorted(names):
        inside = name.removeprefix("helpdesk/")
        if name.startswith(NEVER) or inside.startswith(NEVER):
            yield f"{name} does not belong inside"
        elif name.endswith((".pyc", ".map", ".db", ".sqlite", ".orig")) or "__pycache__" in name:
            yield f"{name} is a leftover"


def entry_point_faults(archive: zipfile.ZipFile) -> Iterator[str]:
    name = next((n for n in archive.namelist() if n.endswith(".dist-info/entry_points.txt")), None)
    points = configparser.ConfigParser()
    if name:
        points.read_string(archive.read(name).decode())
    command, target = ENTRY_POINT
    if points.get("console_scripts", command, fallback=None) != target:
        yield f"the command `{command}` does not lead to {target}"


if __name__ == "__main__":
    raise SystemExit(main())
