"""Telephone: our numbers, what to enter at the carrier, and what had to be put right with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from helpdesk.carriers import numbers, repairs
from helpdesk.carriers.models import PhoneNumber
from helpdesk.core.config import Settings
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.ivr import queries as flows
from helpdesk.routing import queries
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "phone"
SHAPE = Shape(
    texts=("number", "name", "queue_id", "flow_id", "greeting", "language"),
    flags=("takes_calls", "takes_texts"),
)
LABELS = {
    "number": "Number",
    "name": "Name",
    "queue_id": "Queue",
    "flow_id": "Call flow",
    "greeting": "Greeting",
    "language": "Language",
    "takes_calls": "Calls",
    "takes_texts": "Texts",
}
BLANK: Values = {
    **dict.fromkeys(SHAPE.texts, ""),
    "language": "en-GB",
    "takes_calls": "1",
    "takes_texts": "1",
}
# What the carrier calls the field, and the address that belongs into it.
OF_A_NUMBER = (
    ("A call comes in", "/hooks/twilio/voice"),
    ("Primary handler fails", "/hooks/twilio/voice/fallback"),
    ("Call status changes", "/hooks/twilio/status"),
    ("A message comes in", "/hooks/twilio/sms"),
)
OF_THE_APPLICATION = (
    ("Voice request URL", "/hooks/twilio/voice/agent"),
    ("Voice status callback URL", "/hooks/twilio/status"),
)


@door.get("/phone")
@allow("admin")
def phone_numbers() -> Response:
    settings = doors.settings()
    with reading(doors.actor()) as work:
        rows = numbers.list_numbers(work)
        queues = {row.id: row.name for row in queries.queues(work)}
        mended = repairs.latest(work)
    return show(
        "phone.html",
        HERE,
        rows=rows,
        queues=queues,
        repairs=mended,
        missing=missing_of(settings),
        of_a_number=_addresses(settings, OF_A_NUMBER),
        of_the_application=_addresses(settings, OF_THE_APPLICATION),
    )


def missing_of(settings: Settings) -> Sequence[str]:
    """Names of settings without which nobody can telephone."""
    needed = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
        "TWILIO_API_KEY": settings.twilio_api_key,
        "TWILIO_API_SECRET": settings.twilio_api_secret,
        "TWILIO_APPLICATION_SID": settings.twilio_application,
    }
    return [name for name, value in needed.items() if not value]


def _addresses(settings: Settings, fields: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    base = settings.base_url.rstrip("/")
    return [(label, f"{base}{path}") for label, path in fields]


@door.get("/phone/new")
@allow("admin")
def new_phone_number() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, BLANK)


@door.post("/phone/new")
@allow("admin")
def add_phone_number() -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            numbers.add_number(work, **_facts(work, given.values))
    except Invalid as error:
        with reading(doors.actor()) as work:
            refused = frame.refusal(error)
            return _page(work, None, given.values, error.status, given=given, **refused)
    return doors.go("/admin/phone?note=added")


@door.get("/phone/<id:number_id>")
@allow("admin")
def phone_number(number_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = numbers.get_number(work, number_id)
        return _page(work, found, _values(found))


@door.post("/phone/<id:number_id>")
@allow("admin")
def save_phone_number(number_id: str) -> Response:
    given = forms.read(SHAPE)
    try:
        with begin(doors.actor()) as work:
            facts = _facts(work, given.values)
            numbers.change_number(work, number_id, version=given.version, **facts)
    except (Invalid, Conflict) as error:
        return _again(number_id, given, error)
    return doors.go("/admin/phone?note=saved")


@door.post("/phone/<id:number_id>/<any(on, off):state>")
@allow("admin")
def switch_phone_number(number_id: str, state: str) -> Response:
    with begin(doors.actor()) as work:
        numbers.switch(work, number_id, on=state == "on")
    return doors.go(f"/admin/phone?note=switched_{state}")


def _facts(work: Work, values: Values) -> dict[str, Any]:
    if values["queue_id"] not in {row.id for row in queries.queues(work)}:
        raise Invalid(fields={"queue_id": "Choose a queue from the list."})
    if values["flow_id"] and values["flow_id"] not in {row.id for row in flows.list_flows(work)}:
        raise Invalid(fields={"flow_id": "Choose a call flow from the list."})
    flags = {flag: values[flag] == "1" for flag in SHAPE.flags}
    return values | flags | {"flow_id": values["flow_id"] or None}


def _values(found: PhoneNumber) -> Values:
    values: Values = {name: getattr(found, name) or "" for name in SHAPE.texts}
    return values | {flag: "1" if getattr(found, flag) else "" for flag in SHAPE.flags}


def _again(number_id: str, given: Given, error: HelpdeskError) -> Response:
    with reading(doors.actor()) as work:
        found = numbers.get_number(work, number_id)
        if error.code != "stale":
            refused = frame.refusal(error)
            return _page(work, found, given.values, error.status, given=given, **refused)
        now = _values(found)
        shown, change = frame.stale(work, "phone_number", number_id, given, now, LABELS)
        return _page(work, found, shown, 409, stale=change, dirty=True)


def _page(
    work: Work,
    found: PhoneNumber | None,
    form: Values,
    status: int = 200,
    *,
    given: Given | None = None,
    **extra: Any,
) -> Response:
    stored = _values(found) if found else BLANK
    return show(
        "phone_number.html",
        HERE,
        status,
        number=found,
        form=form,
        was=forms.as_was(given.was if given else stored),
        version=given.version if given else found.version if found else 0,
        queues=forms.choices(queries.queues(work)),
        languages=numbers.LANGUAGES,
        flows=_flows(work),
        **{"dirty": given is not None, **extra},
    )


def _flows(work: Work) -> list[tuple[str, str]]:
    return [
        (row.id, row.name if row.live_version else f"{row.name} (not published)")
        for row in flows.list_flows(work)
    ]
