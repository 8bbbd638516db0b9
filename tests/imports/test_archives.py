"""Zip files that mean harm are refused as a whole (I2); nothing is ever unpacked."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path

import pytest

from helpdesk.imports import archives, staging
from helpdesk.imports.archives import BadArchive

TICKETS = json.dumps([{"id": 1, "requester_id": 2, "status": "open"}])


def packed(path: Path, *members: tuple[str | zipfile.ZipInfo, str | bytes]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the name that stands there twice
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


@pytest.mark.parametrize(
    "name",
    ["../x.json", "a/../../x.json", "/etc/x.json", "C:\\x.json", "..\\x.json", "c:x.json"],
)
def test_I2_names_that_lead_outside_refuse_the_whole_file(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.zip", ("tickets.json", TICKETS), (name, "[]"))
    with pytest.raises(BadArchive, match="leads outside"):
        archives.members(path)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["a.zip"]


def test_I2_links_double_names_and_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadArchive, match="a link"):
        archives.members(packed(tmp_path / "a.zip", (link("x.json"), "/etc/passwd")))
    with pytest.raises(BadArchive, match="twice"):
        archives.members(packed(tmp_path / "b.zip", ("x.json", "[]"), ("X.json", "[]")))
    (tmp_path / "c.zip").write_bytes(b"PK\3\4 nothing")
    with pytest.raises(BadArchive, match="broken"):
        archives.members(tmp_path / "c.zip")


def test_I2_a_bomb_is_refused_by_what_it_says_of_itself(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("x.json", b"0" * (archives.SMALL + 1)))
    with pytest.raises(BadArchive, match="far more"):
        archives.members(path)


def test_I2_a_bomb_that_lies_about_its_size_is_noticed_while_it_is_read(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("x.json", b"0" * 5_000_000))
    raw = path.read_bytes()
    size = (5_000_000).to_bytes(4, "little")
    path.write_bytes(raw.replace(size, (1000).to_bytes(4, "little")))
    with pytest.raises(BadArchive):
        _read_through(path, "x.json")


def _read_through(path: Path, name: str) -> None:
    with archives.opened(path, name) as stream:
        while stream.read(65536):
            pass


def test_an_export_in_a_zip_file_is_read_where_it_lies(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a/tickets.json", TICKETS), ("read.me", "hello"))
    staging.look_at(path, "zendesk")
    staged = staging.stage(path, "zendesk", tmp_path / "rows")
    assert staged.rows == 1
    assert json.loads((tmp_path / "rows").read_bytes())["r"]["id"] == 1


def test_a_table_in_a_zip_file_has_to_be_alone(tmp_path: Path) -> None:
    staging.look_at(packed(tmp_path / "a.zip", ("x.csv", "name\nKim\n")), "customers_csv")
    two = packed(tmp_path / "b.zip", ("x.csv", "name\n"), ("y.csv", "name\n"))
    with pytest.raises(BadArchive, match="exactly one"):
        staging.look_at(two, "customers_csv")
