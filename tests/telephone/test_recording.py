"""A call is recorded with the caller's consent only, paused when the carrier says so, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.channels import attachments
from helpdesk.core import clock
from helpdesk.core.errors import Conflict, Forbidden, NotFound
from helpdesk.core.tables import AuditEntry
from helpdesk.exchange.disturbance import Disturbance
from helpdesk.exchange.http import served
from helpdesk.exchange.recordings import Recording
from helpdesk.recordings import files, queries
from helpdesk.recordings.models import (
    CallRecording,
    RecordingConsent,
    RecordingPause,
    RecordingRule,
)
from helpdesk.recordings.rules import ANNOUNCED, ASKED
from helpdesk.routing.models import WorkItem
from helpdesk.texts import place
from helpdesk.workflows import (
    desk,
    recordings_fetching,
    recordings_keeping,
    telephone_recording,
)
from tests.telephone.centre import NUMBER, Centre
from tests.workflows.people import add_person


def recorded(centre: Centre, mode: str = "always", **rule: Any) -> None:
    text = {"always": ANNOUNCED, "ask": ASKED}.get(mode, "")
    with centre.at() as work:
        work.session.add(
            RecordingRule(queue_id=centre.floor.queue_id, mode=mode, announcement=text, **rule)
        )


def consent(centre: Centre) -> RecordingConsent:
    with centre.look() as work:
        return work.session.scalars(select(RecordingConsent)).one()


def recording(centre: Centre) -> CallRecording:
    with centre.look() as work:
        return work.session.scalars(select(CallRecording)).one()


def state(centre: Centre) -> str:
    with centre.look() as work:
        shown = queries.shown(work, centre.call.conversation_id)
    return shown["state"] if shown else "none"


def tapes(centre: Centre) -> list[Recording]:
    return list(centre.exchange.switch.recordings.values())


def audited(centre: Centre) -> list[str]:
    with centre.look() as work:
        rows = work.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq))
        return [action for action in rows if action.startswith("recording.")]


def talking(centre: Centre, mode: str = "always", key: str = "") -> None:
    """A caller is with Anna, after the announcement."""
    recorded(centre, mode)
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(8)
    if key:
        centre.caller.press(key)
    centre.exchange.advance(10)
    centre.answers(centre.anna)
    centre.exchange.advance(2)


def test_a_caller_is_told_to_the_end_before_they_wait_and_is_recorded_once_answered(
    centre: Centre,
) -> None:
    recorded(centre)
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(3)
    assert centre.offer(centre.anna) is None, "the announcement is still being read out"
    assert centre.count(WorkItem) == 0
    centre.exchange.advance(10)
    assert f"say: {ANNOUNCED}" in centre.caller.hear()
    assert (consent(centre).state, consent(centre).how) == ("given", "announcement")
    assert consent(centre).settled_at is not None
    assert tapes(centre) == [], "nothing is recorded before somebody answers"
    centre.answers(centre.anna)
    centre.exchange.advance(2)
    assert state(centre) == "running"
    (tape,) = tapes(centre)
    assert (tape.status, tape.call_sid) == ("in-progress", centre.caller.calls[-1].sid)
    centre.caller.speak("My boiler drips")
    centre.exchange.advance(30)
    centre.caller.hang_up()
    centre.exchange.advance(3)
    found = recording(centre)
    assert (found.tape, found.carrier_sid, found.seconds) == ("over", tape.sid, 32)
    assert found.next_try_at is not None
    assert centre.undone() == []
    assert centre.exchange.faults == []


@pytest.mark.parametrize(
    "key, said, how",
    [("1", "given", "key"), ("2", "refused", "other key"), ("", "refused", "no key")],
)
def test_who_is_asked_is_recorded_after_key_one_only_and_waits_like_everybody(
    centre: Centre, key: str, said: str, how: str
) -> None:
    talking(centre, "ask", key)
    assert (consent(centre).state, consent(centre).how) == (said, how)
    assert centre.talk(centre.caller, centre.page(centre.anna))
    assert [tape.status for tape in tapes(centre)] == (["in-progress"] if key == "1" else [])
    assert state(centre) == ("running" if key == "1" else "refused")
    if key != "1":
        with centre.at(centre.anna) as work, pytest.raises(Conflict, match="not being recorded"):
            telephone_recording.pause(work, centre.call.conversation_id)
    assert centre.exchange.faults == []


def test_card_data_is_safe_once_the_carrier_has_paused_and_the_gap_is_known_afterwards(
    centre: Centre,
) -> None:
    talking(centre)
    conversation_id = centre.call.conversation_id
    with centre.at(centre.ben) as work, pytest.raises(Forbidden):
        telephone_recording.pause(work, conversation_id)
    centre.rest.fails = 2
    with centre.at(centre.anna) as work:
        telephone_recording.pause(work, conversation_id)
    assert state(centre) == "pausing", "the carrier has not answered"
    assert tapes(centre)[0].status == "in-progress"
    centre.sweep(5)
    assert state(centre) == "paused"
    assert tapes(centre)[0].status == "paused"
    centre.caller.speak("4111 1111 1111 1111")
    centre.exchange.advance(20)
    with centre.at(centre.anna) as work:
        telephone_recording.resume(work, conversation_id)
    centre.caller.speak("Thank you")
    centre.exchange.advance(5)
    assert state(centre) == "running"
    assert tapes(centre)[0].words == ["Thank you"]
    with centre.look() as work:
        (pause,) = work.session.scalars(select(RecordingPause)).all()
    assert pause.confirmed_at
    assert pause.ended_at
    assert 20 <= (pause.ended_at - pause.confirmed_at).total_seconds() <= 25
    assert pause.ended_why == "resumed"
    assert audited(centre) == [
        "recording.pause_asked", "recording.paused", "recording.resume_asked", "recording.resumed",
    ]  # fmt: skip


def test_a_pause_that_the_carrier_never_confirms_is_never_called_safe(centre: Centre) -> None:
    talking(centre)
    centre.rest.fails = 1000
    with centre.at(centre.anna) as work:
        telephone_recording.pause(work, centre.call.conversation_id)
    centre.sweep(20)
    assert state(centre) == "pausing"
    with centre.look() as work:
        shown = queries.shown(work, centre.call.conversation_id)
    assert shown
    assert shown["late_at"] < centre.exchange.now().isoformat()
    centre.rest.fails = 0
    centre.caller.hang_up()
    centre.sweep(40)
    assert state(centre) == "over"
    with centre.look() as work:
        (pause,) = work.session.scalars(select(RecordingPause)).all()
    assert (pause.confirmed_at, pause.ended_why) == (None, "call ended")
    assert centre.undone() == []


def test_a_call_that_ends_while_paused_ends_its_pause(centre: Centre) -> None:
    talking(centre)
    with centre.at(centre.anna) as work:
        telephone_recording.pause(work, centre.call.conversation_id)
    centre.exchange.advance(10)
    with centre.at(centre.anna) as work:
        desk.end_by_agent(work, centre.call.conversation_id)
    centre.exchange.advance(5)
    with centre.look() as work:
        (pause,) = work.session.scalars(select(RecordingPause)).all()
    assert pause.confirmed_at
    assert pause.ended_why == "call ended"
    assert recording(centre).seconds is not None
    assert centre.undone() == []


def test_a_caller_who_does_not_want_it_after_all_leaves_nothing(centre: Centre) -> None:
    talking(centre)
    with centre.at(centre.anna) as work:
        telephone_recording.withdraw(work, centre.call.conversation_id)
    centre.exchange.advance(3)
    assert [tape.status for tape in tapes(centre)] == ["completed"]
    assert (consent(centre).state, consent(centre).withdrawn_by) == ("withdrawn", centre.anna.id)
    assert (recording(centre).file, state(centre)) == ("unwanted", "withdrawn")
    assert centre.talk(centre.caller, centre.page(centre.anna)), "the call goes on"
    assert "recording.consent_withdrawn" in audited(centre)
    with centre.at(centre.anna) as work, pytest.raises(Conflict):
        telephone_recording.withdraw(work, centre.call.conversation_id)


# Afterwards


@pytest.fixture
def carrier(centre: Centre) -> Iterator[str]:
    """The carrier's files over HTTP, as the worker fetches them."""
    with served(centre.exchange) as base:
        place.configure(replace(centre.app.extensions["helpdesk"], twilio_api_base=base))
        yield base
    place.configure(centre.app.extensions["helpdesk"])


def over(centre: Centre) -> CallRecording:
    talking(centre)
    centre.caller.speak("My boiler drips")
    centre.exchange.advance(30)
    centre.caller.hang_up()
    centre.exchange.advance(5)
    return recording(centre)


def fetch(centre: Centre, *, after: float = 0) -> CallRecording:
    centre.exchange.advance(after)
    with clock.moved_to(centre.exchange.now()):
        while recordings_fetching.fetch_due():
            pass
    return recording(centre)


def folder(centre: Centre) -> attachments.FolderStore:
    return attachments.FolderStore(centre.app.extensions["helpdesk"].data / "attachments")


def test_a_recording_is_fetched_heard_by_who_may_and_deleted_at_the_carrier(
    centre: Centre, carrier: str
) -> None:
    over(centre)
    found = fetch(centre)
    assert (found.file, found.type, found.gone_at_carrier is not None) == (
        "stored", "audio/wav", True,
    )  # fmt: skip
    assert [tape.deleted for tape in tapes(centre)] == [True]
    with centre.at() as work:
        boss = add_person(work, "Bo", "supervisor")
        chief = add_person(work, "Cy", "admin")
    with centre.at(centre.anna) as work, pytest.raises(Forbidden):
        recordings_keeping.listen(work, found.id)
    with centre.at(boss) as work:
        told = recordings_keeping.listen(work, found.id)
        token = told["url"].rsplit("/", 1)[1]
        sound = recordings_keeping.sound(work, found.id, token)
        with pytest.raises(Forbidden):
            recordings_keeping.download(work, found.id)
    assert (told["seconds"], told["pauses"], sound.size) == (found.seconds, [], found.size)
    with centre.at(chief) as work:
        assert recordings_keeping.download(work, found.id).file_id == found.file_id
        with pytest.raises(NotFound):  # Bo's address is nobody else's
            recordings_keeping.sound(work, found.id, token)
    centre.exchange.advance(5 * 3600)
    with centre.at(boss) as work, pytest.raises(NotFound):
        recordings_keeping.sound(work, found.id, token)
    assert audited(centre) == ["recording.listened", "recording.downloaded"]


def test_H5_without_its_hook_a_recording_is_asked_for_and_no_address_told_is_looked_at(
    centre: Centre, carrier: str
) -> None:
    centre.exchange.switch.disturbance = Disturbance(dropped=1.0)
    over(centre)
    assert fetch(centre).file == "awaited", "it is not time yet"
    found = fetch(centre, after=61)
    assert found.file == "stored"
    told = {"CallSid": found.line_sid, "RecordingSid": found.carrier_sid}
    told["RecordingUrl"] = "http://127.0.0.1:6379/"
    for status in ("completed", "in-progress", "absent", "completed"):
        with centre.at() as work:
            telephone_recording.reported(work, told | {"RecordingStatus": status})
    assert recording(centre).file == "stored"
    assert centre.count(CallRecording) == 1


def test_H4_a_recording_of_a_call_that_nobody_knows_means_nothing(centre: Centre) -> None:
    over(centre)
    before = recording(centre).carrier_sid
    for line, sid in (
        ("CA" + "9" * 32, before), (recording(centre).line_sid, "RE" + "9" * 32),
        (recording(centre).line_sid, "../../etc"), ("", before),
    ):  # fmt: skip
        with centre.at() as work:
            told = {"CallSid": line, "RecordingSid": sid, "RecordingStatus": "absent"}
            telephone_recording.reported(work, told)
    assert (recording(centre).carrier_sid, recording(centre).file) == (before, "awaited")
    assert centre.count(CallRecording) == 1


def test_what_is_too_large_stays_at_the_carrier_and_says_so(
    centre: Centre, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings_fetching, "LARGEST", 1024)
    over(centre)
    found = fetch(centre)
    assert (found.file, found.gone_at_carrier) == ("refused", None)
    assert "larger than" in found.error
    assert [tape.deleted for tape in tapes(centre)] == [False]


def test_what_could_not_be_fetched_goes_at_the_carrier_when_its_days_are_over(
    centre: Centre, carrier: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings_fetching, "LARGEST", 1024)
    over(centre)
    fetch(centre)
    with centre.at() as work:
        work.session.get_one(RecordingRule, centre.floor.queue_id).keep_days = 30
    centre.exchange.advance(31 * 24 * 3600)
    with clock.moved_to(centre.exchange.now()):
        recordings_keeping.delete_outlived(folder(centre))
    assert recording(centre).deleted_why == "retention"
    with centre.at() as work:  # a carrier that does not listen for days is asked again all the same
        found = work.session.get_one(CallRecording, recording(centre).id)
        found.tries = 50
        assert files.not_now(work, found, "away")
        found.next_try_at = work.at
    assert fetch(centre).gone_at_carrier is not None
    assert [tape.deleted for tape in tapes(centre)] == [True]


def test_what_a_caller_did_not_want_is_deleted_at_the_carrier_and_never_fetched(
    centre: Centre, carrier: str
) -> None:
    talking(centre)
    with centre.at(centre.anna) as work:
        telephone_recording.withdraw(work, centre.call.conversation_id)
    centre.exchange.advance(3)
    found = fetch(centre)
    assert (found.file, found.file_id, found.deleted_why) == ("deleted", None, "withdrawn")
    assert [tape.deleted for tape in tapes(centre)] == [True]


def test_recordings_go_when_their_days_are_over_unless_they_are_on_hold(
    centre: Centre, carrier: str
) -> None:
    over(centre)
    found = fetch(centre)
    store, file_id = folder(centre), str(found.file_id)
    with centre.at() as work:
        boss = add_person(work, "Bo", "supervisor")
        work.session.get_one(RecordingRule, centre.floor.queue_id).keep_days = 30
    with centre.at(boss) as work:
        recordings_keeping.hold(work, found.id, on=True)
    centre.exchange.advance(31 * 24 * 3600)
    with clock.moved_to(centre.exchange.now()):
        recordings_keeping.delete_outlived(store)
    assert recording(centre).file == "stored"
    with centre.at(boss) as work:
        recordings_keeping.hold(work, found.id, on=False)
    with clock.moved_to(centre.exchange.now()):
        recordings_keeping.delete_outlived(store)
    gone = recording(centre)
    assert (gone.file, gone.file_id, gone.deleted_why) == ("deleted", None, "retention")
    with pytest.raises(NotFound):
        store.open(file_id)
    assert audited(centre) == ["recording.held", "recording.released", "recording.deleted"]
