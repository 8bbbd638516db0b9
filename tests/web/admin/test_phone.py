"""Numbers in the admin area: added, changed, switched off, and what had to be put right."""

from __future__ import annotations

from flask import Flask

from helpdesk.carriers import numbers, repairs
from helpdesk.carriers.models import PhoneNumber
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from tests.web.admin import scene
from tests.web.signed_in import Browser

SYSTEM = system("test")


def only() -> PhoneNumber:
    with reading(SYSTEM) as work:
        [found] = numbers.list_numbers(work)
    return found


def test_a_number_is_added_changed_and_switched_off(app: Flask, admin: Browser) -> None:
    queue_id = scene.queue("Sales")
    given = {"number": "+44 20 7183 8750", "name": "Sales", "queue_id": queue_id}
    scene.save(admin, "/admin/phone/new", **given, greeting=f"Hello {scene.PAYLOAD}")
    found = only()
    assert (found.number, found.language, found.takes_calls) == ("+442071838750", "en-GB", True)
    page = admin.get("/admin/phone").text
    assert "http://localhost/hooks/twilio/voice/fallback" in page
    assert "TWILIO_APPLICATION_SID" in scene.words_of(page)
    assert scene.PAYLOAD not in admin.get(f"/admin/phone/{found.id}").text

    scene.save(admin, f"/admin/phone/{found.id}", name="Orders", takes_texts="")
    assert (only().name, only().takes_texts, only().version) == ("Orders", False, 2)
    admin.post(f"/admin/phone/{found.id}/off", data={})
    assert not only().is_active
    assert "Switch on" in admin.get("/admin/phone").text
    with begin(SYSTEM) as work:
        repairs.note(work, "ended", "CA1", "The carrier had ended this line.")
    assert "The carrier had ended this line." in admin.get("/admin/phone").text
    log = scene.words_of(admin.get("/admin/audit").text)
    assert "switched off the phone number Orders" in log


def test_what_can_not_be_a_number_is_said_beside_it(app: Flask, admin: Browser) -> None:
    queue_id = scene.queue("Sales")
    good = {"number": "+442071838750", "name": "Sales", "queue_id": queue_id}
    scene.save(admin, "/admin/phone/new", **good)
    for wrong, told in (
        ({"number": "020 7183"}, "Start with +"),
        ({"number": "+442071838750"}, "in the list already"),
        ({"number": "+442071838751", "name": " "}, "Give the number a name"),
        ({"number": "+442071838751", "queue_id": "x"}, "Choose a queue"),
        ({"number": "+442071838751", "language": "xx"}, "Choose a language"),
        (
            {"number": "+442071838751", "takes_calls": "", "takes_texts": ""},
            "calls, texts or both",
        ),
    ):
        answer = scene.save(admin, "/admin/phone/new", **good | wrong)
        assert answer.status_code == 400
        assert told in scene.words_of(answer.text), wrong
    only()


def test_two_who_change_one_number_at_once_are_told(app: Flask, admin: Browser) -> None:
    queue_id = scene.queue("Sales")
    scene.save(admin, "/admin/phone/new", number="+442071838750", name="Sales", queue_id=queue_id)
    path = f"/admin/phone/{only().id}"
    old = scene.form_of(admin.get(path).text)
    scene.save(admin, path, greeting="Good day")
    answer = admin.post(path, data=old | {"name": "Orders"})
    assert answer.status_code == 409
    assert "Good day" in answer.text
    assert only().name == "Sales"
