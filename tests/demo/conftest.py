"""`little_company`: the demo company with a day of history, on SQLite, for tests of the traffic."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdesk.core.config import Settings
from helpdesk.core.db import Database
from helpdesk.demo import filling


@pytest.fixture
def little_company(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, str]]:
    monkeypatch.setattr(filling, "CUSTOMERS", 25)
    settings = Settings(data=tmp_path, database_url=database.url)
    return filling.fill(settings, lambda line: None, days=3)
