"""Listening to recordings and voice messages over HTTP: asked first, by parts, never by others."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.channels import attachments
from helpdesk.channels import service as conversations
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.customers import finding
from helpdesk.exchange.recordings import tone
from helpdesk.recordings import files, queries
from helpdesk.recordings.models import CallRecording, RecordingConsent, RecordingRule
from helpdesk.routing.models import Queue
from tests.web.agent import office as o
from tests.web.signed_in import browser_as

SOUND = tone(3)


def store(app: Flask) -> attachments.FolderStore:
    return attachments.FolderStore(app.extensions["helpdesk"].data / "attachments")


def recorded(app: Flask, office: o.Office, *, listeners: str = "supervisors") -> tuple[str, str]:
    """(conversation, recording) of a call that is over, on file."""
    kept = store(app).save(io.BytesIO(SOUND), most=10**6)
    with begin(o.SETUP) as work:
        queue = work.session.get_one(Queue, office.heating)
        customer = finding.find_or_create(work, name="Aino").customer
        call = conversations.open_conversation(
            work, channel="call", customer_id=customer.id, queue_id=queue.id, reason="Call"
        )
        call.agent_id, call.state, call.ended_at = office.people["salla"], "ended", work.at
        one = CallRecording(
            id=new_id(), conversation_id=call.id, queue_id=queue.id, line_sid="CA1", tape="over",
            carrier_sid="RE1", ordered_at=work.at, began_at=work.at, ended_at=work.at, seconds=3,
            file="stored", file_id=kept.id, size=kept.size, type=kept.type,
        )  # fmt: skip
        consent = RecordingConsent(
            conversation_id=call.id, queue_id=queue.id, mode="always", announcement="Recorded.",
            language="en-GB", waits_for={}, state="given", how="announcement", asked_at=work.at,
        )  # fmt: skip
        rule = RecordingRule(queue_id=queue.id, mode="always", listeners=listeners)
        work.session.add_all([one, consent, rule])
        return call.id, one.id


def listened() -> list[str]:
    with reading(o.SETUP) as work:
        rows = work.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq))
        return [one for one in rows if one.split(".")[0] in ("recording", "voice_message")]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_E12_a_supervisor_listens_by_parts_and_each_listening_is_written_down(app: Flask) -> None:
    office = o.furnish()
    conversation_id, recording_id = recorded(app, office)
    boss = browser_as(app, "supervisor", user_id=office.people["boss"])
    salla = browser_as(app, "agent", user_id=office.people["salla"])
    page = salla.get(f"/desk/conversations/{conversation_id}").get_data(as_text=True)
    assert "You may not listen" in page
    assert "data-player" not in page
    assert salla.post(f"/desk/recordings/{recording_id}/listen", json={}).status_code == 403
    assert salla.post(f"/desk/recordings/{recording_id}/file").status_code == 403
    assert listened() == []

    page = boss.get(f"/desk/conversations/{conversation_id}").get_data(as_text=True)
    assert f'data-player="/desk/recordings/{recording_id}"' in page
    told = boss.post(f"/desk/recordings/{recording_id}/listen", json={}).get_json()
    assert (told["seconds"], told["pauses"]) == (3, [])
    whole = boss.get(told["url"], buffered=True)
    assert (whole.status_code, whole.data) == (200, SOUND)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["Cache-Control"] == "private, no-store"
    part = boss.get(told["url"], buffered=True, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, SOUND[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(SOUND)}"
    beyond = boss.get(told["url"], buffered=True, headers={"Range": f"bytes={len(SOUND)}-"})
    assert beyond.status_code == 416
    assert salla.get(told["url"]).status_code == 404, "the address is the supervisor's own"
    assert boss.get(f"/desk/recordings/{recording_id}/sound/9999999999-x").status_code == 404
    assert boss.post(f"/desk/recordings/{recording_id}/file").status_code == 403
    assert boss.post(f"/desk/recordings/{recording_id}/hold/on", json={}).status_code == 200
    assert listened() == ["recording.listened", "recording.held"]
    with begin(o.SETUP) as work:
        files.delete(work, queries.get(work, recording_id), "retention")
    page = boss.get(f"/desk/conversations/{conversation_id}").get_data(as_text=True)
    assert "Recording deleted <time" in page
    assert "by retention" in page
    assert boss.post(f"/desk/recordings/{recording_id}/listen", json={}).status_code == 409


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_voice_message_is_heard_by_whoever_may_see_it_and_no_other_file_is(app: Flask) -> None:
    office = o.furnish()
    conversation_id, _ = recorded(app, office, listeners="own")
    ids = []
    for sound in (SOUND, b"plain words"):
        kept = store(app).save(io.BytesIO(sound), most=10**6)
        with begin(o.SETUP) as work:
            attachments.add_fetched(work, conversation_id, new_id(), kept, name="Audio.wav")
        ids.append(kept.id)
    salla = browser_as(app, "agent", user_id=office.people["salla"])
    told = salla.post(f"/desk/files/{ids[0]}/listen", json={}).get_json()
    part = salla.get(told["url"], buffered=True, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.data, part.mimetype) == (206, SOUND[:10], "audio/wav")
    assert salla.post(f"/desk/files/{ids[1]}/listen", json={}).status_code == 404
    assert listened() == ["voice_message.listened"]
