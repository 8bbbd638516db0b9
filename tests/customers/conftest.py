"""The customer record as it is wired: the timeline listens, tables with customers are known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpdesk.core import work
from helpdesk.customers import holders, timeline
from tests.customers.people import HOLDERS


@pytest.fixture(autouse=True)
def _wired(request: pytest.FixtureRequest) -> Iterator[None]:
    if "database" in request.fixturenames:
        request.getfixturevalue("database")
        work.observe(timeline.observe)
        before = dict(holders._holders)
        for table in HOLDERS:
            holders.register_holder(table)
        yield
        holders._holders.clear()
        holders._holders.update(before)
    else:
        yield
