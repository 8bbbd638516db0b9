"""The clocks against a reference that counts minute by minute, over random lives of tickets."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, note, settings

from helpdesk.clocks import case, queries, stories
from helpdesk.clocks.ledger import is_whole
from helpdesk.core.work import reading
from helpdesk.workflows import clocks as workflow
from tests.clocks import brute_force, histories
from tests.clocks.brute_force import MINUTE, Event
from tests.clocks.histories import ME


@pytest.fixture
def levels(database, clock_at):
    return clock_at


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(life=histories.histories())
def test_every_clock_is_what_counting_minute_by_minute_gives(levels, life):
    start, priority, events, until = life
    histories.lay_out()
    note("\n".join(map(repr, events)))
    expected = brute_force.walk(histories.houses(start), start, priority, events, until)
    ticket_id = histories.play(levels, start, priority, events)
    levels(start + until * MINUTE)
    assert histories.told(ticket_id, start) == brute_force.story(expected)
    assert histories.parties(ticket_id) == dict(+expected.parties)
    with reading(ME) as work:
        story = stories.story_of(work, ticket_id)
        assert is_whole(story.spans)
        whole = (story.until - story.ledger.opened_at) // MINUTE * 60_000_000
        assert sum(story.totals_us.values()) == whole
        for clock in story.clocks:
            shown = stories.explained(story, clock.id)
            assert shown is not None
            happened = [row for row in shown.rows if not row.ahead]
            assert sum(r.microseconds for r in happened if r.counted) == clock.elapsed_us
            edges = [r.from_at for r in shown.rows[1:]]
            assert edges == [r.to_at for r in shown.rows[:-1]]
            if clock.due_at is not None and clock.target_s and not clock.is_breached:
                ahead = [r for r in shown.rows if r.ahead]
                if ahead and not shown.left_out:
                    assert ahead[-1].sum_us == clock.target_s * 1_000_000
        stored = queries.case_of(work, ticket_id)
        assert stored is not None
        _lists_say_the_same(stored)


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(life=histories.histories())
def test_after_all_policies_changed_each_clock_is_still_what_counting_gives(levels, life):
    start, priority, events, minute = life
    note("\n".join(map(repr, [start, priority, *events, minute])))
    made = histories.lay_out()
    ticket_id = histories.play(levels, start, priority, events)
    levels(start + minute * MINUTE)
    histories.rotate(made)
    workflow.recompute_deadlines()
    levels(start + histories.LONGEST * MINUTE)
    told = brute_force.walk(
        histories.houses(start),
        start,
        priority,
        [*events, Event(minute, "change")],
        histories.LONGEST,
        histories.houses(start, histories.ROTATED),
    )
    assert histories.told(ticket_id, start) == brute_force.story(told)
    assert histories.parties(ticket_id) == dict(+told.parties)


def _lists_say_the_same(stored: case.Case) -> None:
    """Deadlines kept for lists are those that the ledger gives."""
    spans = stored.spans()
    for clock in stored.clocks:
        if clock.stopped_at is None:
            found = case.reckoning(clock, spans, stored.ledger.changed_at)
            assert clock.due_at == found.due_at
