"""The tree keeps its promises: locks name no host and are complete, the icon list is one that the
icon set has, no file has a name that says nothing, and set-up says plainly what it lacks."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
OURS = ("helpdesk", "templates", "static", "tests", "scripts", "benchmarks", "docs", ".ci")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"setup_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def vendor() -> ModuleType:
    return script("vendor")


@pytest.fixture
def compress() -> ModuleType:
    return script("compress")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the first steps of set-up need, in a folder with a space in its name."""
    place = tmp_path / "a checkout"
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, place / name)
    shutil.copy(ROOT / "Makefile", place)
    return place


def run_in(
    place: Path, *command: str, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(path) if path else os.environ["PATH"]}
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def pins_in(lock: Path) -> list[str]:
    """The logical lines of a lock, each a package with its hashes."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text("utf-8"), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_each_locked_package_is_pinned_and_hashed(lock: Path) -> None:
    pins = pins_in(lock)
    assert pins
    assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_the_locks_agree_on_every_version() -> None:
    versions: dict[str, set[str]] = {}
    for lock in LOCKS:
        for pin in pins_in(lock):
            what, _, where = pin.split("--hash")[0].partition(
                ";"
            )  # one a Python, where they differ
            name, version = what.strip().split("==")
            versions.setdefault(f"{name.split('[')[0]} {where}".strip(), set()).add(version.strip())
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_the_locks_hold_every_dependency_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {
        "run": project["project"]["dependencies"],
        "dev": project["project"]["dependencies"] + project["dependency-groups"]["dev"],
    }
    for lock, requirements in wanted.items():
        locked = {
            re.split(r"[\[=]", pin)[0] for pin in pins_in(ROOT / "requirements" / f"{lock}.txt")
        }
        named = {re.split(r"[\[<>=;! ]", requirement)[0] for requirement in requirements}
        assert named - locked == set()


def test_locks_leave_the_choice_of_host_to_the_machine() -> None:
    npm = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in npm["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    assert [lock.name for lock in LOCKS if "://" in lock.read_text("utf-8")] == []


def test_package_json_and_its_lock_ask_for_the_same() -> None:
    asked = json.loads((ROOT / "package.json").read_text("utf-8"))
    locked = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert locked[kind] == asked[kind]


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "stuff"}
    found = [
        path.relative_to(ROOT)
        for folder in OURS
        for path in (ROOT / folder).rglob("*")
        if path.stem in vague and "vendor" not in path.parts
    ]
    assert found == []


def test_every_package_of_the_tree_has_a_floor() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (contract,) = [one for one in settings["contracts"] if one["type"] == "layers"]
    floors = {name.strip(" ()") for layer in contract["layers"] for name in layer.split("|")} | set(
        contract["exhaustive_ignores"]
    )
    present = {
        path.stem
        for path in (ROOT / "helpdesk").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert present - floors - {"__init__"} == set()


def test_the_sprite_holds_each_icon_that_the_list_names(vendor: ModuleType) -> None:
    names = vendor.icon_names((ROOT / "scripts" / "icons.txt").read_text("utf-8"))
    sprite = vendor.icon_sprite(ROOT / "node_modules" / "lucide-static" / "icons", names)
    assert re.findall(r'<symbol id="([^"]+)" viewBox="0 0 24 24"', sprite) == names


def test_a_misspelt_icon_is_refused_with_the_names_near_it(
    vendor: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(vendor.VendorError, match=r"'fone'.*does not have"):
        vendor.vendor(ROOT / "node_modules", tmp_path, "phone\nfone\n")
    with pytest.raises(vendor.VendorError, match=r"near: .*message-circle"):
        vendor.vendor(ROOT / "node_modules", tmp_path, "message-circel\n")
    assert list(tmp_path.iterdir()) == []


def test_vendoring_copies_licences_drops_map_lines_and_removes_what_is_no_longer_named(
    vendor: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "old.js").write_text("old")
    vendor.vendor(ROOT / "node_modules", tmp_path, "phone")
    copied = [path for path in tmp_path.rglob("*") if path.suffix in {".js", ".css"}]
    assert {path.name for path in copied} >= {
        "htmx.min.js",
        "bootstrap.min.css",
        "socket.io.min.js",
    }
    assert [path.name for path in copied if b"sourceMappingURL" in path.read_bytes()] == []
    licences = {path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("LICENSE*")}
    assert licences == {
        *vendor.FILES,
        vendor.ICON_PACKAGE,
    }


def test_a_compressed_copy_is_made_again_when_its_source_changes_and_goes_with_it(
    compress: ModuleType, tmp_path: Path
) -> None:
    source, copy = tmp_path / "desk.css", tmp_path / "desk.css.gz"
    source.write_text("a { color: red }\n" * 100)
    assert compress.compress_missing(tmp_path) == 1
    assert compress.compress_missing(tmp_path) == 0

    source.write_text("a { color: blue }\n" * 100)
    os.utime(source, (1, 1))
    compress.remove_stale(tmp_path)
    assert not copy.exists()
    compress.compress_missing(tmp_path)
    assert gzip.decompress(copy.read_bytes()) == source.read_bytes()

    source.unlink()
    compress.remove_stale(tmp_path)
    assert not copy.exists()


def test_without_a_python_that_is_new_enough_set_up_says_which_it_needs(
    checkout: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "cat"):
        (programs / name).symlink_to(shutil.which(name) or name)
    (programs / "python3").write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\n')
    (programs / "python3").chmod(0o755)
    answer = run_in(checkout, "sh", "scripts/python.sh", path=programs)
    assert answer.returncode == 1
    assert "needs Python 3.11 or newer. Found: Python 3.9.2" in answer.stderr


@pytest.mark.parametrize("said", ["No module named venv", "ensurepip is not available"])
def test_a_python_without_its_venv_part_is_told_how_to_get_it(checkout: Path, said: str) -> None:
    (checkout / "scripts" / "venv.py").write_text(f"raise SystemExit({said!r})\n")
    answer = subprocess.run(
        [sys.executable, "scripts/prepare.py", "run"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout / "scripts")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 1
    assert "apt-get install python3-venv" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize(
    "said",
    [
        "dns error: failed to lookup address information",
        "npm error code ENOTFOUND",
        "No matching distribution (from versions: none)",
    ],
)
def test_a_package_index_out_of_reach_is_called_that(said: str) -> None:
    prepare = script("prepare")
    told = f"raise SystemExit({said!r})"
    with pytest.raises(prepare.SetupError, match="cannot be reached"):
        prepare.run([sys.executable, "-c", told])


@pytest.mark.parametrize(
    "said",
    [
        "error sending request: invalid peer certificate: UnknownIssuer",
        "SSL: CERTIFICATE_VERIFY_FAILED, certificate verify failed",
        "npm error code UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    ],
)
def test_a_network_with_its_own_certificate_is_told_from_no_network(said: str) -> None:
    advice = script("prepare").advice_for(said)
    assert "SSL_CERT_FILE" in advice
    assert "cannot be reached" not in advice


def test_a_failure_with_another_cause_is_not_blamed_on_the_network() -> None:
    prepare = script("prepare")
    with pytest.raises(prepare.SetupError) as failure:
        prepare.run([sys.executable, "-c", "raise ModuleNotFoundError('editables')"])
    assert "editables" in str(failure.value)
    assert "cannot be reached" not in str(failure.value)


def test_make_lists_its_targets_when_asked_for_none() -> None:
    answer = run_in(ROOT, "make")
    assert answer.returncode == 0
    assert {"make run", "make test", "make setup", "make bench"} <= set(
        re.findall(r"make [a-z]+", answer.stdout)
    )
