"""An installation with a queue, an agent and a folder for imports; `run(...)` takes a file over."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from helpdesk.core.actors import Actor
from helpdesk.core.db import Database
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.imports import csv_rows, files, queries, service, staging
from helpdesk.imports.models import Import
from helpdesk.workflows import importing
from tests.workflows.people import Floor, make_floor

ADMIN = Actor("user", "019a0b52-7c1e-7a44-9d0b-5f4b7e6c1a20", role="admin")

Run = Callable[..., Import]


@pytest.fixture
def floor(database: Database, tmp_path: Path) -> Floor:
    files.configure(tmp_path / "imports", tmp_path / "attachments")
    return make_floor("Anna")


def hand_in(format: str, content: bytes | str | list[Any] | dict[str, Any], **given: Any) -> str:
    """A file that lies there and is not started; its import's id."""
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content)
    raw = content.encode() if isinstance(content, str) else content
    import_id = new_id()
    size = files.save(import_id, io.BytesIO(raw), most=1 << 30)
    staging.look_at(files.upload(import_id), format)
    with begin(ADMIN) as work:
        facts = {"origin": "", "file_name": "file", **given}
        service.add(work, import_id, format=format, size=size, **facts)
    return import_id


def start(import_id: str, *, trial: bool = False, mapping: Mapping[str, int] | None = None) -> None:
    with reading(ADMIN) as work:
        run = service.get(work, import_id)
        if mapping is None and run.format in staging.TABLES:
            header = staging.preview(files.upload(import_id)).header
            mapping = csv_rows.guess(run.format, header)
    with begin(ADMIN) as work:
        service.start(work, import_id, mapping=mapping or {}, options={}, trial=trial)


def look(import_id: str) -> Import:
    with reading(ADMIN) as work:
        return service.get(work, import_id)


def problems(import_id: str) -> list[tuple[str, str]]:
    with reading(ADMIN) as work:
        return [(row.place, row.problem) for row in queries.all_problems(work, import_id)]


@pytest.fixture
def run(floor: Floor) -> Run:
    def take(format: str, content: Any, *, trial: bool = False, **given: Any) -> Import:
        import_id = hand_in(format, content, **given)
        start(import_id, trial=trial)
        while look(import_id).state in service.ACTIVE:
            assert importing.advance(import_id)
        return look(import_id)

    return take
