"""A flow plays an uploaded sound; nobody guesses its address, nor removes it while it is played."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels.attachments import FolderStore
from helpdesk.core import clock
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.exchange.recordings import tone
from helpdesk.ivr import service as flows
from helpdesk.ivr import sounds
from helpdesk.ivr.models import CallSound
from helpdesk.ivr.starting import step
from helpdesk.recordings.models import RecordingConsent, RecordingRule
from helpdesk.workflows import call_flows, call_sounds
from tests.telephone.centre import NUMBER, Centre
from tests.workflows.people import add_person


def store(centre: Centre) -> FolderStore:
    return FolderStore(centre.app.extensions["helpdesk"].data / "attachments")


def test_a_caller_hears_the_sound_of_a_flow_and_then_the_announcement(centre: Centre) -> None:
    with centre.at() as work:
        chief = add_person(work, "Cy", "admin")
    with clock.moved_to(centre.exchange.now()):
        with pytest.raises(Forbidden):
            call_sounds.upload(centre.anna, store(centre), io.BytesIO(tone(4)), name="Jingle")
        with pytest.raises(Invalid):
            call_sounds.upload(chief, store(centre), io.BytesIO(b"<svg/>"), name="Jingle")
        sound_id = call_sounds.upload(chief, store(centre), io.BytesIO(tone(4)), name="Jingle")
        with pytest.raises(Conflict, match="already"):
            call_sounds.upload(chief, store(centre), io.BytesIO(tone(4)), name="jingle")
    queue_id = centre.floor.queue_id
    nodes = [
        step("tune", "play", "Tune", sound_id=sound_id, next="wait"),
        step("wait", "queue", "Heating", queue_id=queue_id, reason="Boiler", head_start_s=30),
    ]
    content = {"language": "de-DE", "zone": "UTC", "greeting": "Hallo.", "nodes": nodes}
    with centre.at(chief) as work:
        flow = flows.add_flow(work, name="Main line", content=content)
        flows.publish(work, flow.id, call_flows.known(work), note="", version=flow.version)
        work.session.scalars(select(PhoneNumber)).one().flow_id = flow.id
        rule = RecordingRule(queue_id=queue_id, mode="always", announcement="Wird aufgezeichnet.")
        work.session.add(rule)
    centre.comes_in(centre.anna)
    centre.caller.dial(NUMBER)
    centre.exchange.advance(3)
    played = next(one for one in centre.caller.hear() if one.startswith("play: "))
    assert f"/voice/sounds/{sound_id}/" in played
    centre.exchange.advance(15)
    heard = centre.caller.hear()
    assert heard.index(played) < heard.index("say: Wird aufgezeichnet.")
    assert centre.exchange.faults == []
    with centre.look() as work:
        consent = work.session.scalars(select(RecordingConsent)).one()
    assert (consent.state, consent.language) == ("given", "de-DE")
    assert (consent.waits_for["reason"], consent.waits_for["head_start_s"]) == ("Boiler", 30)
    assert centre.offer(centre.anna)

    client = centre.app.test_client()
    address = played.removeprefix("play: http://localhost")
    assert client.get(address, buffered=True).data == tone(4)
    assert client.get(f"/hooks/twilio/voice/sounds/{sound_id}/nothing").status_code == 404
    with centre.at(chief) as work, pytest.raises(Conflict, match="Main line"):
        call_sounds.remove(work, store(centre), sound_id)
    with centre.at(chief) as work:
        work.session.scalars(select(PhoneNumber)).one().flow_id = None
    with centre.at(chief) as work:
        flows.remove(work, flow.id)
    with centre.at(chief) as work:
        call_sounds.remove(work, store(centre), sound_id)
        assert sounds.list_sounds(work) == []
    with centre.look() as work:
        file_id = work.session.get_one(CallSound, sound_id).file_id
    store(centre).open(file_id).close()  # a version that may come back names it
    with clock.moved_to(centre.exchange.now()):
        other = call_sounds.upload(chief, store(centre), io.BytesIO(tone(1)), name="Jingle")
    with centre.at(chief) as work:
        file_id = sounds.get_sound(work, other).file_id
        call_sounds.remove(work, store(centre), other)
    with pytest.raises(NotFound):
        store(centre).open(file_id)
