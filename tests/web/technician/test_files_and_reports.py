"""Pictures in pieces, signatures bound to their words, and the report that comes of them."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from helpdesk.channels.models import Attachment, Message
from helpdesk.core import clock
from helpdesk.core.ids import new_id
from helpdesk.core.listening import Consumer
from helpdesk.core.work import begin, reading
from helpdesk.field_service import pieces, signed
from helpdesk.field_service.models_work import VisitFile, VisitReport
from helpdesk.jobs.relay import Relay
from helpdesk.workflows import erasing_visits, visit_reports
from tests.web.signed_in import Browser, browser_as
from tests.web.technician import scene
from tests.web.technician.scene import SYSTEM, Crew, command

JSON = {"Accept": "application/json"}
STROKES = [[500, 1500, 1200, 300, 1800, 1600]]


@pytest.fixture
def crew(app: Flask, settings: Any) -> Crew:
    return scene.furnish()


@pytest.fixture
def phone(app: Flask, crew: Crew) -> Browser:
    return browser_as(app, "technician", user_id=crew.tom)


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 200), 90).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def photo(crew: Crew, data: bytes, **more: Any) -> dict[str, Any]:
    body = {
        "file_id": new_id(), "name": "plate.jpg", "content_type": "image/jpeg", "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(), "key": "plate",
    }  # fmt: skip
    return command(crew, crew.visits[0], "photo", body=body | more)


def say(phone: Browser, *told: dict[str, Any]) -> list[dict[str, Any]]:
    answer = phone.post("/tech/sync", json={"commands": list(told)})
    found: list[dict[str, Any]] = answer.get_json()["receipts"]
    return found


def put(phone: Browser, file_id: str, offset: int, piece: bytes) -> Any:
    return phone.open(f"/tech/files/{file_id}?offset={offset}", "PUT", data=piece, headers=JSON)


def deliver_reports() -> None:
    """What the relay and a worker do, without either."""

    def made(work: Any, emitted: list[Any]) -> None:
        ids.extend(one.id for one in emitted)

    ids: list[str] = []
    running = Relay({"visit.report_due": [Consumer("this", made)]})
    while running.deliver_waiting():
        pass
    for event_id in ids:
        visit_reports.run(event_id)


def test_a_picture_comes_in_pieces_goes_on_where_it_was_torn_and_is_checked(
    app: Flask, crew: Crew, phone: Browser
) -> None:
    data = picture()
    told = photo(crew, data)
    file_id, half = told["body"]["file_id"], len(data) // 2
    assert say(phone, told)[0]["state"] == "done"
    path = f"/tech/files/{file_id}"
    assert phone.get(path).get_json() == {"received": 0, "size": len(data), "is_complete": False}
    assert put(phone, file_id, 0, data[:half]).get_json()["received"] == half
    assert put(phone, file_id, 0, data[:half]).status_code == 409
    assert put(phone, file_id, half, data[half:] + b"x").status_code == 400
    assert phone.get(path).get_json()["received"] == half
    pieces.remove(file_id)  # a lost folder begins it anew
    assert phone.get(path).get_json()["received"] == 0
    damaged = bytes([data[0] ^ 1]) + data[1:]
    assert put(phone, file_id, 0, damaged).get_json()["code"] == "digest"
    assert put(phone, file_id, 0, data).get_json()["is_complete"] is True
    assert put(phone, file_id, 0, data).get_json()["is_complete"] is True
    with phone.get(f"{path}/small") as shown:
        assert (shown.get_data(), shown.mimetype) == (data, "image/jpeg")
        assert "sandbox" in shown.headers["Content-Security-Policy"]
    other = browser_as(app, "technician", user_id=crew.mia)
    for answer in (other.get(path), other.get(f"{path}/small"), put(other, file_id, 0, data)):
        assert answer.status_code == 404


def test_what_can_not_be_a_picture_is_refused(crew: Crew, phone: Browser) -> None:
    data = picture()
    refused = say(
        phone,
        photo(crew, data, size=10**9),
        photo(crew, data, sha256="nothing"),
        photo(crew, data, file_id="no-id"),
    )
    assert [one["state"] for one in refused] == ["refused"] * 3
    page = b"<html><script>alert(1)</script>"
    told = photo(crew, page)
    assert say(phone, told)[0]["state"] == "done"
    file_id = told["body"]["file_id"]
    assert put(phone, file_id, 0, page).get_json()["is_complete"] is True
    assert phone.get(f"/tech/files/{file_id}/small").status_code == 404


def test_a_signature_stays_with_its_words_and_the_report_goes_to_the_customer(
    crew: Crew, phone: Browser
) -> None:
    visit, data = crew.visits[0], picture()
    told = photo(crew, data)
    say(
        phone,
        command(crew, visit, "arrive"),
        command(crew, visit, "checklist", body={"answers": {"pressure": True, "bar": "1.8"}}),
        command(crew, visit, "parts", body={"used": {crew.pump: 1}}),
        command(crew, visit, "time", body={"minutes": 45}),
        told,
    )
    content = own_content(visit)
    assert content["checklist"][0] == {
        "key": "pressure", "text": "Pressure checked", "answer": "ja",
    }  # fmt: skip
    assert (content["type"], content["photos"]) == ("Reparatur", 1)
    body = {"name": "Ada Lindgren", "content": content, "strokes": STROKES}
    wrong, right = "0" * 64, signed.digest(content)
    receipts = say(
        phone,
        command(crew, visit, "sign", body=body | {"digest": wrong}),
        command(crew, visit, "sign", body=body | {"digest": right}),
        command(crew, visit, "finish", body={"outcome": "solved", "mail": True}),
    )
    assert [one["state"] for one in receipts] == ["refused", "done", "done"]
    assert receipts[1]["same"] is True
    deliver_reports()
    assert words_of_tom(crew) == [], "the report waits for the picture"
    put(phone, told["body"]["file_id"], 0, data)
    deliver_reports()
    assert sorted(words_of_tom(crew)) == [
        (False, ["plate.jpg"]),
        (True, [f"visit-{content['number']}-1.pdf"]),
    ]
    say(phone, command(crew, visit, "time", body={"minutes": 50}))
    deliver_reports()
    with reading(SYSTEM) as work:
        rows = work.session.scalars(
            select(VisitReport).where(VisitReport.visit_id == visit).order_by(VisitReport.version)
        ).all()
        assert [(one.version, one.content["minutes"], bool(one.signed_at)) for one in rows] == [
            (1, 45, True), (2, 50, False),
        ]  # fmt: skip
        assert all(one.attachment_id for one in rows)
        assert rows[0].digest == right
    with phone.get(f"/tech/visits/{visit}/report.pdf") as answer:
        assert answer.get_data().startswith(b"%PDF-")
        assert "attachment" in answer.headers["Content-Disposition"]


def test_a_report_is_made_without_pictures_that_never_came(crew: Crew, phone: Browser) -> None:
    visit = crew.visits[0]
    say(
        phone,
        command(crew, visit, "arrive"),
        photo(crew, picture()),
        command(crew, visit, "finish", body={"outcome": "follow_up", "mail": True}),
    )
    visit_reports.call_overdue()
    deliver_reports()
    assert words_of_tom(crew) == []
    with begin(SYSTEM) as work:
        work.session.execute(update(VisitReport).values(due_at=clock.now()))
    visit_reports.call_overdue()
    deliver_reports()
    assert [public for public, _ in words_of_tom(crew)] == [True]
    with reading(SYSTEM) as work:
        assert work.session.scalars(select(VisitFile.attachment_id)).all() == [None]


def test_E4_an_erased_customer_leaves_no_picture_and_no_report(
    app: Flask, crew: Crew, phone: Browser
) -> None:
    visit, data = crew.visits[0], picture()
    whole, torn = photo(crew, data), photo(crew, data)
    say(phone, command(crew, visit, "arrive"), whole, torn)
    put(phone, whole["body"]["file_id"], 0, data)
    put(phone, torn["body"]["file_id"], 0, data[:100])
    say(phone, command(crew, visit, "finish", body={"outcome": "solved"}))
    phone.get(f"/tech/visits/{visit}/report.pdf").close()
    with begin(SYSTEM) as work:
        erasing_visits.erase(work, [crew.customers[0]])
    with reading(SYSTEM) as work:
        kept = work.session.scalars(select(Attachment)).all()
        assert len(kept) == 2
        assert all(one.erased_at is not None for one in kept)
    folder = app.extensions["helpdesk"].data
    files = [one for name in ("attachments", "visit-files") for one in (folder / name).rglob("*")]
    assert [one for one in files if one.is_file()] == []
    assert phone.get(f"/tech/files/{whole['body']['file_id']}/small").status_code == 404


def own_content(visit_id: str) -> dict[str, Any]:
    from helpdesk.field_service.models import Visit

    with reading(SYSTEM) as work:
        return visit_reports.content_of(work, work.session.get_one(Visit, visit_id))


def words_of_tom(crew: Crew) -> list[tuple[bool, list[str]]]:
    with reading(SYSTEM) as work:
        rows = work.session.scalars(
            select(Message).where(Message.author == f"agent:{crew.tom}").order_by(Message.at)
        )
        return [(one.public, [file["name"] for file in one.attachments]) for one in rows]
