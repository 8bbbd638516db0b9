"""Changes of several tables, made at once on PostgreSQL and one after the other on SQLite."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, update

from helpdesk.core import clock
from helpdesk.core.actors import system
from helpdesk.core.db import table_of
from helpdesk.core.tables import Counter, StoredSetting
from helpdesk.core.together import Together
from helpdesk.core.work import begin, reading

TEST = system("test")
_COUNTER, _SETTING = table_of(Counter), table_of(StoredSetting)
_BOTH = Together(
    update(_COUNTER)
    .where(_COUNTER.c.name == bindparam("counter"))
    .values(value=_COUNTER.c.value + bindparam("more")),
    update(_SETTING)
    .where(_SETTING.c.name == bindparam("setting"))
    .values(changed_at=bindparam("now")),
)


@pytest.mark.usefixtures("database")
def test_both_are_changed_and_rows_that_wait_are_seen() -> None:
    with begin(TEST) as work:
        work.insert(Counter, name="together", value=4)
        work.insert(StoredSetting, name="together", value={}, changed_at=work.at)
    with begin(TEST) as work:
        held = work.session.get_one(Counter, "together")
        other = Counter(name="just made", value=1)
        work.put(other)
        later = clock.now()
        _BOTH.make(work.sql, counter="together", more=2, setting="together", now=later)
        _BOTH.make(work.sql, counter="just made", more=5, setting="none", now=later)
        assert held.value == 4
        work.told(Counter, "together", value=6)
        work.told(Counter, "not held here", value=1)
        assert held.value == 6
    with reading(TEST) as work:
        assert work.session.get_one(Counter, "together").value == 6
        assert work.session.get_one(Counter, "just made").value == 6
        assert work.session.get_one(StoredSetting, "together").changed_at == later


def test_two_changes_of_one_table_are_refused() -> None:
    change = update(_COUNTER).values(value=1)
    with pytest.raises(ValueError, match="one table"):
        Together(change, change)
