"""What happens to a customer is on the timeline without anybody writing it there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk.channels.events import ConversationOpened, MessagePosted
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import merge, service, timeline
from tests.customers.people import AGENT, NOON, SYSTEM, TECHNICIAN, VISITOR, a_customer, counted


def opened(customer_id: str, channel: str = "chat") -> ConversationOpened:
    return ConversationOpened(
        customer_id=customer_id,
        conversation_id=new_id(),
        channel=channel,
        queue_id=None,
        reason="",
    )


def test_events_of_a_customer_are_copied_and_others_are_not(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        event = opened(ann.id)
        work.emit(event)
        work.emit(
            MessagePosted(
                customer_id=ann.id,
                conversation_id=event.conversation_id,
                seq=1,
                author="visitor",
                public=True,
                agent_id=None,
            )
        )
    with reading(AGENT) as work:
        entries = timeline.timeline(work, ann.id).items
    assert [entry.kind for entry in entries] == ["conversation.opened", "customer.added"]
    assert entries[0].subject_id == event.conversation_id
    assert entries[0].actor == AGENT.label
    assert entries[0].facts["channel"] == "chat"


def test_many_events_are_copied_by_one_statement(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
    with counted(database) as seen, begin(SYSTEM) as work:
        for _ in range(50):
            work.emit(opened(ann.id))
    assert len([s for s in seen if "timeline_entry" in s]) == 1


def test_pages_follow_each_other_without_gap_or_repeat(database, clock_at):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
    for hour in range(3):
        clock_at(NOON + timedelta(hours=hour))
        with begin(SYSTEM) as work:
            for _ in range(5):
                work.emit(opened(ann.id))
    seen, cursor = [], None
    with reading(AGENT) as work:
        while True:
            page = timeline.timeline(work, ann.id, cursor, 4)
            seen += [(entry.at, entry.seq) for entry in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert len(seen) == len(set(seen)) == 16
    assert seen == sorted(seen, reverse=True)


def test_entries_are_kept_by_kind_and_channel(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        work.emit(opened(ann.id, "chat"))
        work.emit(opened(ann.id, "call"))
    with reading(AGENT) as work:
        calls = timeline.timeline(work, ann.id, channels=["call"]).items
        added = timeline.timeline(work, ann.id, kinds=["customer.added"]).items
    assert [entry.facts["channel"] for entry in calls] == ["call"]
    assert [entry.kind for entry in added] == ["customer.added"]


def test_an_event_of_a_merged_record_goes_to_the_one_that_was_kept(database):
    with begin(AGENT) as work:
        ann, twin = a_customer(work, "Ann"), a_customer(work, "Ann L")
        merge.merge(work, ann.id, twin.id)
    with begin(SYSTEM) as work:
        event = opened(twin.id)
        work.emit(event)
    with reading(AGENT) as work:
        entries = timeline.timeline(work, twin.id).items
    assert entries[0].subject_id == event.conversation_id
    assert entries[0].customer_id == ann.id


@pytest.mark.parametrize("actor", [TECHNICIAN, VISITOR], ids=["technician", "visitor"])
def test_only_the_desk_sees_timelines(database, actor):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        service.add_note(work, ann.id, "quiet")
    with reading(actor) as work, pytest.raises(NotFound):
        timeline.timeline(work, ann.id)


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "é", "bnVsbA"])
def test_a_cursor_that_is_not_ours_is_refused(database, cursor):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        with pytest.raises(Invalid):
            timeline.timeline(work, ann.id, cursor)
