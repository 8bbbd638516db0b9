"""A call goes on in a queue that records otherwise, or is one that we place: what is recorded."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.channels.models import Message
from helpdesk.core import clock
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict
from helpdesk.recordings.models import RecordingConsent, RecordingRule
from helpdesk.recordings.rules import ANNOUNCED, ASKED
from helpdesk.routing import setup
from helpdesk.web.agent.recording_view import recording_views
from helpdesk.workflows import desk, sweeping, telephone_recording
from tests.telephone.centre import NUMBER, Centre
from tests.telephone.test_callbacks_dialled import accepts, asked, until_tried_again
from tests.telephone.test_calling_out import clicks, dials
from tests.telephone.test_recording import audited, consent, recorded, state, talking, tapes

TOLD = {"always": ANNOUNCED, "ask": ASKED, "never": ""}


def other_queue(centre: Centre, mode: str) -> str:
    """A queue of Ben's."""
    with centre.at() as work:
        queue = setup.create_queue(work, name="Billing")
        setup.set_members(work, queue.id, [centre.ben.id])
        if mode != "never":
            rule = RecordingRule(queue_id=queue.id, mode=mode, announcement=TOLD[mode])
            work.session.add(rule)
        return queue.id


def handed_on(centre: Centre, queue_id: str) -> None:
    """Anna transfers, and Ben, who is free, answers at once."""
    with centre.at(centre.anna) as work:
        desk.transfer(work, centre.call.conversation_id, to_queue=queue_id)
    centre.answers(centre.ben)


def told(centre: Centre, text: str) -> int:
    return centre.caller.hear().count(f"say: {text}")


def heard_with_ben(centre: Centre) -> None:
    assert centre.talk(centre.caller, centre.page(centre.ben))
    assert (centre.undone(), centre.exchange.faults) == ([], [])


def test_a_queue_that_records_nobody_ends_the_recording(centre: Centre) -> None:
    talking(centre)
    centre.caller.speak("My boiler drips")
    centre.comes_in(centre.ben)
    handed_on(centre, other_queue(centre, "never"))
    centre.exchange.advance(5)
    heard_with_ben(centre)
    centre.caller.speak("A secret")
    assert [(tape.status, tape.words) for tape in tapes(centre)] == [
        ("completed", ["My boiler drips"])
    ]
    assert state(centre) == "over"
    with centre.at(centre.ben) as work, pytest.raises(Conflict, match="not being recorded"):
        telephone_recording.pause(work, centre.call.conversation_id)
    centre.caller.hang_up()
    centre.exchange.advance(3)
    assert centre.undone() == []


def test_who_was_recorded_by_nobody_hears_of_it_to_the_end_before_they_are_put_through(
    centre: Centre,
) -> None:
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.answers(centre.anna)
    centre.exchange.advance(5)
    centre.comes_in(centre.ben)
    handed_on(centre, other_queue(centre, "always"))
    centre.exchange.advance(2)
    assert state(centre) == "asked"
    assert tapes(centre) == []
    centre.exchange.advance(8)
    heard_with_ben(centre)
    assert told(centre, ANNOUNCED) >= 1
    assert (consent(centre).state, consent(centre).queue_id) == ("given", other(centre))
    assert [tape.status for tape in tapes(centre)] == ["in-progress"]
    assert state(centre) == "running"


def other(centre: Centre) -> str:
    with centre.look() as work:
        return work.session.scalars(
            select(RecordingRule.queue_id).where(RecordingRule.queue_id != centre.floor.queue_id)
        ).one()


@pytest.mark.parametrize("key", ["1", "2"])
def test_who_was_told_is_asked_where_callers_are_asked(centre: Centre, key: str) -> None:
    talking(centre)
    centre.caller.speak("My boiler drips")
    centre.comes_in(centre.ben)
    handed_on(centre, other_queue(centre, "ask"))
    centre.exchange.advance(8)
    assert told(centre, ASKED) == 1
    assert [tape.status for tape in tapes(centre)] == ["completed"], "not before they agree"
    centre.caller.press(key)
    centre.exchange.advance(3)
    heard_with_ben(centre)
    centre.caller.speak("My bill")
    words = [tape.words for tape in tapes(centre)]
    assert words == [["My boiler drips"], *([["My bill"]] if key == "1" else [])]
    assert state(centre) == ("running" if key == "1" else "refused")
    assert "recording.asked_again" in audited(centre)
    centre.caller.hang_up()
    centre.exchange.advance(3)
    with centre.look() as work:
        views = recording_views(work, [centre.call.conversation_id])[centre.call.conversation_id]
    assert len(views) == len(words), "each of them can be heard afterwards"
    assert [tape.status for tape in tapes(centre)] == ["completed"] * len(words)


@pytest.mark.parametrize(
    "first, key, then, goes_on",
    [("ask", "1", "always", True), ("always", "", "always", True), ("ask", "2", "always", False)],
)
def test_what_was_agreed_holds_and_a_no_holds_for_the_whole_call(
    centre: Centre, first: str, key: str, then: str, goes_on: bool
) -> None:
    talking(centre, first, key)
    centre.comes_in(centre.ben)
    handed_on(centre, other_queue(centre, then))
    centre.exchange.advance(5)
    heard_with_ben(centre)
    assert told(centre, TOLD[first]) == 1
    assert then == first or told(centre, TOLD[then]) == 0
    assert [tape.status for tape in tapes(centre)] == (["in-progress"] if goes_on else [])


def test_a_call_that_overflowed_is_recorded_as_the_queue_says_that_answers(centre: Centre) -> None:
    recorded(centre)
    queue_id = other_queue(centre, "never")
    with centre.at() as work:
        rule = {"when": "nobody_signed_in", "over": 0, "to": queue_id}
        setup.change_queue(work, centre.floor.queue_id, overflow=[rule])
        setup.set_members(work, centre.floor.queue_id, [centre.anna.id])
    centre.comes_in(centre.ben)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(12)
    with clock.moved_to(centre.exchange.now()):
        sweeping.overflow()
    centre.answers(centre.ben)
    centre.exchange.advance(3)
    heard_with_ben(centre)
    assert (consent(centre).state, tapes(centre)) == ("given", [])


@pytest.mark.parametrize("free_at_once", [False, True])
def test_who_overflows_into_a_queue_that_records_hears_of_it_before_they_are_answered(
    centre: Centre, free_at_once: bool
) -> None:
    queue_id = other_queue(centre, "always")
    with centre.at() as work:
        rule = {"when": "age", "over": 10, "to": queue_id}
        setup.change_queue(work, centre.floor.queue_id, overflow=[rule])
        setup.set_members(work, centre.floor.queue_id, [centre.anna.id])
    centre.caller.dial(NUMBER)
    centre.exchange.advance(12)
    if free_at_once:
        centre.comes_in(centre.ben)
    with clock.moved_to(centre.exchange.now()):
        sweeping.overflow()
    centre.exchange.settle()
    if free_at_once:
        centre.answers(centre.ben)
        centre.exchange.advance(1)
        assert not centre.hears(centre.caller, centre.page(centre.ben))
    assert (state(centre), tapes(centre)) == ("asked", [])
    centre.exchange.advance(10)
    if not free_at_once:
        assert consent(centre).state == "given", "and they wait on in the same place"
        centre.comes_in(centre.ben)
        centre.answers(centre.ben)
        centre.exchange.advance(3)
    heard_with_ben(centre)
    assert told(centre, ANNOUNCED) == 1
    assert [tape.status for tape in tapes(centre)] == ["in-progress"]


# Calls that we place


@pytest.mark.parametrize("mode, key", [("always", ""), ("ask", "1"), ("ask", "2")])
def test_whom_we_ring_hears_of_recording_first(centre: Centre, mode: str, key: str) -> None:
    recorded(centre, mode)
    centre.comes_in(centre.anna)
    id_ = dials(centre, centre.anna)
    centre.exchange.advance(2)
    centre.caller.answer()
    centre.exchange.advance(2)
    assert (state(centre), tapes(centre)) == ("asked", [])
    assert not centre.hears(centre.page(centre.anna), centre.caller)
    centre.exchange.advance(6)
    if key:
        centre.caller.press(key)
    centre.exchange.advance(4)
    assert told(centre, TOLD[mode]) == 1
    assert centre.talk(centre.caller, centre.page(centre.anna))
    assert [tape.status for tape in tapes(centre)] == (["in-progress"] if key != "2" else [])
    assert state(centre) == ("running" if key != "2" else "refused")
    if key != "2":
        with centre.at(centre.anna) as work:
            telephone_recording.pause(work, id_)
        centre.exchange.advance(2)
        assert (state(centre), tapes(centre)[0].status) == ("paused", "paused")
    centre.caller.hang_up()
    centre.exchange.advance(3)
    assert [tape.status for tape in tapes(centre)] == (["completed"] if key != "2" else [])
    assert (centre.undone(), centre.exchange.faults) == ([], [])


def test_a_callback_is_recorded_once_they_have_heard_of_it_at_each_try(centre: Centre) -> None:
    recorded(centre)
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    accepts(centre, centre.anna, id_)
    centre.caller.answer()
    centre.exchange.advance(8)
    centre.caller.hang_up()
    centre.exchange.advance(3)
    with centre.look() as work:
        assert work.session.get_one(RecordingConsent, id_).state == "given"
        log = work.session.scalars(select(Message.text).where(Message.conversation_id == id_))
        assert "They answered" in list(log)
    assert [tape.status for tape in tapes(centre)] == ["completed"]
    assert (centre.undone(), centre.exchange.faults) == ([], [])


def test_what_a_machine_heard_counts_for_nobody_who_answers_later(centre: Centre) -> None:
    recorded(centre)
    id_ = asked(centre)
    centre.comes_in(centre.anna)
    centre.caller.when_called = "machine"
    accepts(centre, centre.anna, id_)
    centre.exchange.advance(12)
    with centre.at(centre.anna) as work:
        desk.end_by_agent(work, id_)
    centre.exchange.advance(3)
    with centre.look() as work:
        assert work.session.get_one(RecordingConsent, id_).state == "dropped"
    centre.caller.when_called = "ring"
    until_tried_again(centre, 601)
    accepts(centre, centre.anna, id_)
    centre.caller.answer()
    centre.exchange.advance(1)
    assert state(centre) == "asked"
    centre.exchange.advance(9)
    assert told(centre, ANNOUNCED) == 1, "on this line, too"
    assert [tape.status for tape in tapes(centre)][-1] == "in-progress"
    assert centre.talk(centre.caller, centre.page(centre.anna))
    assert (centre.undone(), centre.exchange.faults) == ([], [])


def test_a_call_of_a_queue_that_records_nobody_begins_at_once(centre: Centre) -> None:
    centre.comes_in(centre.anna)
    clicks(centre, centre.anna)
    centre.speaks(centre.anna)
    centre.exchange.advance(2)
    centre.caller.answer()
    centre.exchange.advance(1)
    assert centre.talk(centre.caller, centre.page(centre.anna))
    assert isinstance(centre.anna, Actor)
    assert not [one for one in centre.caller.hear() if one.startswith("say:")]
