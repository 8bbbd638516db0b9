"""From an upload to staged rows: one JSON text a line, in the order in which they can be taken.

Names of fields come first, then organisations, people, tickets, and words that stand alone, so that
what a row refers to is there. A byte offset into the staged rows is then all that an import has to
remember. Not for what the rows mean; a row that can't be read is staged with its problem.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from helpdesk.imports import (
    archives,
    csv_reading,
    freshdesk,
    guide,
    json_reading,
    markdown_folder,
    zammad,
    zendesk,
)
from helpdesk.imports.archives import BadArchive
from helpdesk.imports.json_reading import BadFile

FORMATS: Mapping[str, str] = {
    "customers_csv": "Customers from a table (CSV)",
    "tickets_csv": "Tickets from a table (CSV)",
    "products_csv": "Products from a table (CSV)",
    "orders_csv": "Orders from a table (CSV)",
    "assets_csv": "Things customers own, from a table (CSV)",
    "zendesk": "Zendesk (JSON)",
    "zammad": "Zammad (JSON)",
    "freshdesk": "Freshdesk (JSON)",
    "guide": "Articles of Zendesk Guide (JSON)",
    "markdown": "Articles as Markdown files (zip)",
}
OWNED = ("products_csv", "orders_csv", "assets_csv")
TABLES = ("customers_csv", "tickets_csv", *OWNED)
ARTICLES = ("guide", "markdown")
ORDER = (
    "field", "organisation", "user", "agent", "ticket", "category", "section", "article",
    "translation", "words",
)  # fmt: skip
PREVIEW_ROWS = 8
_JSON_NAMES = (".json", ".jsonl", ".ndjson")
_CELL = 500


@dataclass(frozen=True, slots=True)
class Staged:
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The beginning of a table: its header and first rows."""

    header: list[str]
    rows: list[list[str]] = field(default_factory=list)


def preview(path: Path) -> Preview:
    """Header and first rows of a table; BadFile where there is none."""
    with _table(path) as (stream, shape):
        found = list(_first(csv_reading.rows(stream, shape), PREVIEW_ROWS + 1))
    if not found or found[0].problem or not any(cell.strip() for cell in found[0].cells):
        raise BadFile("The first row must name the columns.")
    header = [cell.strip()[:80] for cell in found[0].cells]
    rows = [[cell[:80] for cell in row.cells] for row in found[1:] if not row.problem]
    return Preview(header, rows)


def look_at(path: Path, format: str) -> None:
    """Refuse at once what can't be read at all: BadFile or BadArchive says why."""
    if format in TABLES:
        preview(path)
        return
    if format == "markdown":
        if not zipfile.is_zipfile(path):
            raise BadArchive("This is not a zip file. Put the folder into one.")
        markdown_folder.looked_at(path)
        return
    if zipfile.is_zipfile(path):
        if not _json_members(path):
            raise BadArchive("This zip file holds no JSON file.")
        return
    with path.open("rb") as stream:
        start = stream.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start.startswith((b"{", b"[")):
        raise BadFile("This is not JSON: it starts with something else.")


def stage(path: Path, format: str, out: Path) -> Staged:
    """Write the staged rows to `out`, whole or not at all."""
    part = out.with_suffix(".part")
    with part.open("wb") as target:
        if format in TABLES:
            rows = _stage_table(path, target)
        elif format == "markdown":
            rows = _stage_folder(path, target)
        else:
            rows = _stage_json(path, format, target)
        size = target.tell()
    part.replace(out)
    return Staged(size, rows)


def _stage_table(path: Path, target: BinaryIO) -> int:
    count = 0
    with _table(path) as (stream, shape):
        for place, row in enumerate(csv_reading.rows(stream, shape)):
            if place == 0:
                width = len(row.cells)
                continue
            problem = row.problem
            if not problem and any(cell.strip() for cell in row.cells[width:]):
                problem = f"It has {len(row.cells)} cells, and the header has {width}."
            if not problem and not any(cell.strip() for cell in row.cells):
                continue
            staged: dict[str, Any] = {"p": f"line {row.line}", "c": row.cells[:width]}
            if problem:
                staged |= {"e": problem, "c": [cell[:_CELL] for cell in row.cells[:20]]}
            _put(target, staged)
            count += 1
    return count


def _stage_folder(path: Path, target: BinaryIO) -> int:
    count = 0
    for place, kind, raw in markdown_folder.rows(path, markdown_folder.looked_at(path)):
        _put(target, {"p": place[:200], "k": kind, "r": raw})
        count += 1
    return count


def _stage_json(path: Path, format: str, target: BinaryIO) -> int:
    reader: Any = _READERS[format]
    count = 0
    with ExitStack() as stack:
        shelves: dict[str, IO[bytes]] = {
            kind: stack.enter_context(path.with_suffix(f".{kind}").open("w+b")) for kind in ORDER
        }
        try:
            for stream in _json_streams(path):
                for name, found in json_reading.records(stream, reader.CONTAINERS):
                    kind, raw = _kind(reader, name, found)
                    if kind:
                        place = f"{kind} {str(raw.get('id', ''))[:100]}".strip()
                        _put(shelves[kind], {"p": place, "k": kind, "r": raw})
                        count += 1
            for kind in ORDER:
                shelves[kind].seek(0)
                while piece := shelves[kind].read(1 << 20):
                    target.write(piece)
        finally:
            for kind in ORDER:
                path.with_suffix(f".{kind}").unlink(missing_ok=True)
    return count


_READERS: Mapping[str, Any] = {
    "zendesk": zendesk, "zammad": zammad, "freshdesk": freshdesk, "guide": guide,
}  # fmt: skip


def _kind(reader: Any, name: str, found: dict[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if reader is freshdesk:
        kind, raw = freshdesk.unwrapped(found)
        return (kind, raw) if kind else (freshdesk.kind_of(name, found), found)
    kind_of: Callable[[str, Mapping[str, Any]], str] = reader.kind_of
    return kind_of(name, found), found


def _put(target: IO[bytes], row: Mapping[str, Any]) -> None:
    # Escaped to ASCII, so that a line break or half a character in a text can't end a line.
    target.write(json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n")


def _json_members(path: Path) -> list[str]:
    return [name for name in archives.members(path) if name.lower().endswith(_JSON_NAMES)]


def _json_streams(path: Path) -> Iterator[BinaryIO]:
    if not zipfile.is_zipfile(path):
        with path.open("rb") as stream:
            yield stream
        return
    for name in _json_members(path):
        with archives.opened(path, name) as inner:
            yield cast("BinaryIO", inner)


@contextmanager
def _table(path: Path) -> Iterator[tuple[BinaryIO, csv_reading.Shape]]:
    """The table as a stream and how it is written; out of a zip file where it holds just one."""
    with ExitStack() as stack:
        if zipfile.is_zipfile(path):
            names = [n for n in archives.members(path) if n.lower().endswith((".csv", ".txt"))]
            if len(names) != 1:
                raise BadArchive("Put exactly one CSV file into the zip file.")
            again = lambda: cast(  # noqa: E731
                "BinaryIO", stack.enter_context(archives.opened(path, names[0]))
            )
        else:
            again = lambda: cast("BinaryIO", stack.enter_context(path.open("rb")))  # noqa: E731
        shape = csv_reading.shape_of(again().read(csv_reading.SAMPLE))
        if shape.encoding == "utf-8" and not csv_reading.decodes(again()):
            shape = csv_reading.Shape("cp1252", shape.separator)
        stream = again()
        yield stream, shape


def _first(rows: Iterator[csv_reading.Row], most: int) -> Iterator[csv_reading.Row]:
    for _, row in zip(range(most), rows, strict=False):
        yield row
