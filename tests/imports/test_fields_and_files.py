"""What other desks kept beside words: their own fields, and the files that came with messages."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment, Message
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields
from helpdesk.customers.models import Customer, CustomField, Organisation
from helpdesk.imports import csv_rows, files, own_fields
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import importing
from tests.imports.conftest import ADMIN, Run, hand_in, look, problems, start
from tests.workflows.people import Floor

FIELDS = (
    ("customer", "meter", "Meter number", "text", ()),
    ("customer", "since", "Contract since", "date", ()),
    ("organisation", "size", "Size", "number", ()),
    ("ticket", "device", "Device", "choice", ("Heat pump", "Meter")),
    ("ticket", "urgent_visit", "Needs a visit", "switch", ()),
)


@pytest.fixture(autouse=True)
def fields(floor: Floor) -> None:
    with begin(ADMIN) as work:
        for subject, key, label, kind, choices in FIELDS:
            custom_fields.add_custom_field(
                work, subject=subject, key=key, label=label, kind=kind, choices=choices
            )


def only(table: Any) -> Any:
    with reading(ADMIN) as work:
        return work.session.scalars(select(table)).one()


def table(format: str, content: str) -> str:
    """Handed in and taken over with the columns that the header suggests; the import's id."""
    import_id = hand_in(format, content)
    with reading(ADMIN) as work:
        subject = "customer" if format == "customers_csv" else "ticket"
        own = custom_fields.definitions(work, subject)
    header = content.split("\n", 1)[0].split(",")
    start(import_id, mapping=csv_rows.guess(format, header, own))
    while importing.advance(import_id):
        pass
    return import_id


def zipped(records: Any, members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("export.json", json.dumps(records))
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def kept() -> list[Path]:
    return [path for path in files.attachments().rglob("*") if path.is_file()]


def test_columns_of_a_table_fill_fields_of_our_own_and_a_bad_value_is_its_rows_problem() -> None:
    done = table(
        "customers_csv",
        "Name,E-Mail,Meter number,contract_since\n"
        "Kim,kim@example.org,M-1,24.12.2020\n"
        "Lee,lee@example.org,M-2,soon\n",
    )
    why = "Its Contract since can't be used: Write a date like 2026-12-24."
    assert problems(done) == [("line 3", why)]
    assert look(done).counts == {"customer": {"added": 1}, "field": {"added": 2}}
    assert only(Customer).custom == {"meter": "M-1", "since": "2020-12-24"}


def test_tickets_of_a_table_have_fields_and_are_known_again_whatever_columns_are_chosen() -> None:
    content = (
        "subject,created_at,email,device,Needs a visit\n"
        "It hums,2021-02-03,kim@example.org,heat pump,yes\n"
    )
    table("tickets_csv", content)
    assert only(Ticket).fields == {"device": "Heat pump", "urgent_visit": True}
    again = hand_in("tickets_csv", content)
    start(again, mapping=csv_rows.guess("tickets_csv", content.split("\n", 1)[0].split(",")))
    while importing.advance(again):
        pass
    assert look(again).counts == {"ticket": {"there": 1}}


ZENDESK: dict[str, Any] = {
    "ticket_fields": [{"id": 360, "title": "Device"}, {"id": 361, "title": "Colour"}],
    "organizations": [{"id": 5, "name": "Acme", "organization_fields": {"size": "big"}}],
    "users": [
        {"id": 1, "name": "Kim", "email": "k@example.org", "role": "end-user",
         "organization_id": 5, "user_fields": {"meter": 4711, "since": "2020-12-24T00:00:00Z"}},
    ],
    "tickets": [
        {"id": 9, "subject": "It hums", "status": "open", "requester_id": 1,
         "created_at": "2024-03-04T10:00:00Z",
         "custom_fields": [{"id": 360, "value": "heat_pump"}, {"id": 361, "value": "red"},
                           {"id": 362, "value": None}],
         "comments": [
             {"id": 11, "author_id": 1, "public": True, "body": "Listen",
              "created_at": "2024-03-04T10:00:00Z",
              "attachments": [{"id": 71, "file_name": "hum\u202e3pm.txt"},
                              {"id": 72, "file_name": "gone.pdf"}]},
             {"id": 12, "author_id": 1, "public": True, "body": "",
              "created_at": "2024-03-04T11:00:00Z",
              "attachments": [{"id": 73, "file_name": "photo.png"}]},
         ]},
    ],
}  # fmt: skip
PICTURE = b"\x89PNG\r\n\x1a\n" + b"0" * 9
MEMBERS = {"files/71/hum\u202e3pm.txt": b"hummm", "files/73_photo.png": PICTURE}
COUNTS = {
    "organisation": {"added": 1},
    "customer": {"added": 1},
    "ticket": {"added": 1},
    "message": {"added": 2},
    "file": {"added": 2, "missing": 1},
    "field": {"added": 3, "unfit": 1, "unknown": 1},
}


def test_an_export_brings_its_fields_and_the_files_that_lie_beside_it_once(run: Run) -> None:
    export = zipped(ZENDESK, MEMBERS)
    assert run("zendesk", export, trial=True).counts == COUNTS
    assert kept() == []
    done = run("zendesk", export)
    assert (done.state, done.counts, problems(done.id)) == ("done", COUNTS, [])
    assert only(Organisation).custom == {}
    assert only(Customer).custom == {"meter": "4711", "since": "2020-12-24"}
    assert only(Ticket).fields == {"device": "Heat pump"}
    with reading(ADMIN) as work:
        first, second = work.session.scalars(select(Message).order_by(Message.seq)).all()
        rows = work.session.scalars(select(Attachment).order_by(Attachment.size)).all()
    assert first.text == "Listen\n\n[File that was not in the export: gone.pdf]"
    assert [one["name"] for one in first.attachments] == ["hum3pm.txt"]
    assert (second.text, second.attachments[0]["type"]) == ("", "image/png")
    with FolderStore(files.attachments()).open(rows[0].id) as stream:
        assert stream.read() == b"hummm"
    assert [row.message_id for row in rows] == [first.id, second.id]
    assert run("zendesk", export).counts["ticket"] == {"there": 1}
    assert len(kept()) == 2


def test_words_that_stand_alone_bring_the_files_that_lie_in_their_records(run: Run) -> None:
    data = base64.b64encode(b"in the record").decode()
    words = {"ticket_id": 9, "body": "Here", "internal": False, "sender": "Customer",
             "created_at": "2024-05-01T09:00:00Z"}  # fmt: skip
    done = run(
        "zammad",
        [
            {"id": 4, "login": "kim", "firstname": "Kim", "email": "k@example.org",
             "roles": ["Customer"], "meter": "M-9", "note": "n"},
            {"id": 9, "number": "67001", "title": "It hums", "customer_id": 4, "state": "open",
             "created_at": "2024-05-01T08:00:00Z", "device": "Meter"},
            {**words, "id": 31, "attachments": [{"id": 1, "filename": "a.txt", "data": data}]},
            {**words, "id": 32, "attachments": [{"id": 2, "filename": "b.txt", "data": "!"}]},
        ],
    )  # fmt: skip
    assert done.counts["file"] == {"added": 1, "missing": 1}
    assert only(Customer).custom == {"meter": "M-9"}
    assert only(Ticket).fields == {"device": "Meter"}
    with reading(ADMIN) as work:
        texts = work.session.scalars(select(Message.text).order_by(Message.seq)).all()
    assert texts == ["Here", "Here\n\n[File that was not in the export: b.txt]"]
    assert [path.read_bytes() for path in kept()] == [b"in the record"]


def test_freshdesk_keeps_its_fields_and_its_tickets_files(run: Run) -> None:
    export = [
        {"user": {"id": 4, "name": "Kim", "email": "k@example.org",
                  "custom_fields": {"cf_meter": "M-1"}}},
        {"helpdesk_ticket": {
            "id": 9, "subject": "It hums", "status": 2, "priority": 1, "requester_id": 4,
            "description_text": "Listen", "created_at": "2024-05-01T08:00:00Z",
            "custom_fields": {"cf_device": "Meter", "cf_needs_a_visit": True},
            "attachments": [{"id": 5, "name": "hum.txt"}]}},
    ]  # fmt: skip
    done = run("freshdesk", zipped(export, {"9/hum.txt": b"hum", "10/hum.txt": b"other"}))
    assert only(Customer).custom == {"meter": "M-1"}
    assert only(Ticket).fields == {"device": "Meter", "urgent_visit": True}
    assert done.counts["file"] == {"added": 1}
    assert [path.read_bytes() for path in kept()] == [b"hum"]


def test_what_a_batch_did_not_use_is_removed_again(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "_note", dies)
    with pytest.raises(KeyboardInterrupt):
        run("zendesk", zipped(ZENDESK, MEMBERS))
    assert kept() == []


def test_a_value_is_read_as_it_was_most_likely_meant() -> None:
    for kind, given, meant in [
        ("text", ["a", "b"], "a, b"),
        ("text", 7, "7"),
        ("date", "2024-03-04T10:00:00Z", "2024-03-04"),
        ("date", "4.3.2024", "2024-03-04"),
        ("choice", "heat_pump", "Heat pump"),
        ("choice", "boiler", "boiler"),
        ("switch", 1, "1"),
        ("number", "7", "7"),
    ]:
        field = CustomField(key="k", label="K", kind=kind, choices=["Heat pump"])
        assert own_fields.fitted(given, field) == meant
    assert own_fields.named([{"id": 1, "value": ""}, {"id": 2, "value": False}, 3]) == {"2": False}
    assert own_fields.named({"a": None, "b": {"c": 1}, "d": 0}) == {"d": 0}
