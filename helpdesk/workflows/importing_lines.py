"""The lines of an import read each by itself, before anything is asked of the database.

And the tally of what came of them. Not for what the records become (see `importing_rows`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdesk.imports import csv_rows, freshdesk, guide, markdown_folder, zammad, zendesk
from helpdesk.imports.article_records import Record as ArticleRecord
from helpdesk.imports.csv_owned import OwnedRow
from helpdesk.imports.models import Import
from helpdesk.imports.records import Record as DeskRecord
from helpdesk.imports.records import RowProblem
from helpdesk.imports.staging import OWNED, TABLES

VENDORS: Mapping[str, Any] = {
    "zendesk": zendesk, "zammad": zammad, "freshdesk": freshdesk, "guide": guide,
    "markdown": markdown_folder,
}  # fmt: skip
Record = DeskRecord | ArticleRecord | OwnedRow


@dataclass(frozen=True, slots=True)
class Line:
    """A staged row. `problem`: it could not be read."""

    place: str
    kind: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    cells: Sequence[str] = ()
    problem: str = ""

    @classmethod
    def read(cls, staged: Mapping[str, Any]) -> Line:
        return cls(
            staged["p"], staged.get("k", ""), staged.get("r", {}), staged.get("c", ()),
            staged.get("e", ""),
        )  # fmt: skip

    def beginning(self) -> str:
        """How the row stood in the file, cut short."""
        if self.cells:
            return " | ".join(str(cell)[:80] for cell in self.cells[:12]).replace("\0", "")
        return json.dumps(self.raw, ensure_ascii=True)[:400]


@dataclass(slots=True)
class Tally:
    """What came of some rows."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    problems: list[tuple[str, str, str]] = field(default_factory=list)

    def count(self, kind: str, word: str, number: int = 1) -> None:
        numbers = self.counts.setdefault(kind, {})
        numbers[word] = numbers.get(word, 0) + number

    def refuse(self, line: Line, why: str) -> None:
        self.problems.append((line.place, why, line.beginning()))

    def add(self, other: Tally) -> None:
        self.problems += other.problems
        for kind, numbers in other.counts.items():
            for word, number in numbers.items():
                mine = self.counts.setdefault(kind, {})
                mine[word] = mine.get(word, 0) + number


@dataclass(frozen=True, slots=True)
class Row:
    """A line and what it says; `record` None: it can't be used, and `problem` says why."""

    line: Line
    record: Record | None = None
    problem: str = ""


def read(run: Import, lines: Sequence[Line], now: datetime, region: str | None) -> list[Row]:
    """What the lines say, each by itself; nothing is asked of the database."""
    found = []
    for line in lines:
        try:
            found.append(Row(line, _convert(run, line, now, region)))
        except (RowProblem, RecursionError) as problem:
            found.append(Row(line, problem=str(problem) or "It is nested too deeply."))
    return found


def _convert(run: Import, line: Line, now: datetime, region: str | None) -> Record:
    if line.problem:
        raise RowProblem(line.problem)
    if run.format not in TABLES:
        record: Record = VENDORS[run.format].convert(line.kind, line.raw, now, region)
        return record
    if run.format in OWNED:
        return csv_rows.owned(run.format, line.cells, run.mapping, now)
    make = csv_rows.person if run.format == "customers_csv" else csv_rows.case
    return make(line.cells, run.mapping, now, region)
