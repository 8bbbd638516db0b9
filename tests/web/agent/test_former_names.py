"""What somebody said stays theirs, whoever's record their own was merged into."""

from __future__ import annotations

from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge
from helpdesk.web.agent.former_names import former_names
from tests.customers.people import AGENT, a_conversation, a_customer


def test_words_keep_the_name_they_were_written_under_until_the_merge_is_undone(
    database: Database,
) -> None:
    with begin(AGENT) as work:
        ida, jon, kim = (a_customer(work, name) for name in ("Ida", "Jon", "Kim"))
        said = {one.name: a_conversation(work, one.id) for one in (ida, jon, kim)}
        first = merge.merge(work, jon.id, ida.id).id
    with begin(AGENT) as work:
        second = merge.merge(work, kim.id, jon.id).id
    with reading(AGENT) as work:
        assert former_names(work, list(said.values())) == {said["Ida"]: "Ida", said["Jon"]: "Jon"}
        assert former_names(work, []) == {}
    with begin(AGENT) as work:
        merge.undo(work, second)
    with reading(AGENT) as work:
        assert former_names(work, list(said.values())) == {said["Ida"]: "Ida"}
    with begin(AGENT) as work:
        merge.undo(work, first)
    with reading(AGENT) as work:
        assert former_names(work, list(said.values())) == {}
