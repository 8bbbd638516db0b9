"""Recording and sounds in the admin area: rules of queues, days kept, uploads."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk.core.work import begin, reading
from helpdesk.exchange.recordings import tone
from helpdesk.ivr.models import CallSound, IvrFlow
from helpdesk.recordings import rules, settings
from helpdesk.recordings.models import RecordingRule
from helpdesk.routing import setup
from tests.web.signed_in import browser_as
from tests.workflows.people import SETUP

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def rule(queue_id: str) -> RecordingRule:
    with reading(SETUP) as work:
        return settings.rule_of(work, queue_id)


@on_sqlite
def test_a_queue_is_recorded_once_callers_hear_of_it(app: Flask) -> None:
    with begin(SETUP) as work:
        queue_id = setup.create_queue(work, name="Heating").id
    admin = browser_as(app, "admin")
    page = admin.get("/admin/recording").text
    assert "Calls from the website" in page
    assert "Heating" in page
    form = {
        "mode": "always",
        "announcement": "",
        "keep_days": "",
        "listeners": "own",
        "version": "0",
    }
    at = f"/admin/recording/{queue_id}"
    refused = admin.post(at, data=form)
    assert refused.status_code == 400
    assert "Callers must hear" in refused.text
    assert "key 1" in admin.post(at, data=form | {"mode": "ask", "announcement": "May we?"}).text
    assert "from 1 to 3650" in admin.post(at, data=form | {"keep_days": "0"}).text
    assert rule(queue_id).mode == "never"
    good = form | {"announcement": rules.ANNOUNCED, "keep_days": "30", "downloads": "1"}
    assert admin.post(at, data=good).status_code == 303
    found = rule(queue_id)
    assert (found.mode, found.keep_days, found.listeners, found.downloads, found.version) == (
        "always", 30, "own", True, 1,
    )  # fmt: skip
    stale = admin.post(at, data=good | {"mode": "ask"})
    assert stale.status_code == 409
    assert admin.post("/admin/recording", data={"days": "x"}).status_code == 400
    assert admin.post("/admin/recording", data={"days": "400"}).status_code == 303
    assert "400" in admin.get("/admin/recording").text


@on_sqlite
def test_a_sound_is_uploaded_heard_offered_to_flows_and_removed(app: Flask) -> None:
    admin = browser_as(app, "admin")
    wrong = admin.post(
        "/admin/sounds", data={"name": "Page", "file": (io.BytesIO(b"<html>"), "a.wav")}
    )
    assert wrong.status_code == 400
    assert "neither a WAV nor an MP3" in wrong.text
    assert admin.post("/admin/sounds", data={"name": "None"}).status_code == 400
    sent = {"name": "Jingle <b>", "file": (io.BytesIO(tone(3)), "../../x.wav")}
    assert admin.post("/admin/sounds", data=sent).status_code == 303
    with reading(SETUP) as work:
        found = work.session.scalars(select(CallSound)).one()
    page = admin.get("/admin/sounds").text
    assert "Jingle &lt;b&gt;" in page
    assert "no flow yet" in page
    heard = admin.get(f"/admin/sounds/{found.id}/file", buffered=True)
    assert (heard.data, heard.mimetype) == (tone(3), "audio/wav")
    assert admin.post("/admin/flows/new").status_code == 303
    with reading(SETUP) as work:
        flow_id = work.session.scalars(select(IvrFlow.id)).one()
    assert "Play a sound" in admin.get(f"/admin/flows/{flow_id}").text
    assert admin.post(f"/admin/sounds/{found.id}/remove").status_code == 303
    assert "No sounds yet" in admin.get("/admin/sounds").text
    assert admin.get(f"/admin/sounds/{found.id}/file").status_code == 404
