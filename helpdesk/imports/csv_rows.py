"""What the columns of a CSV file mean: fields to choose, a guess by the header, rows as records.

Pure. A mapping is {field: column number}; columns that nobody maps are not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from helpdesk.customers.field_values import Definition
from helpdesk.imports import csv_owned, own_fields, records
from helpdesk.imports.records import PRIORITIES, STATES, Case, Person, RowProblem, Words

CUSTOMER_FIELDS: tuple[tuple[str, str], ...] = (
    ("name", "Name"),
    ("email", "E-mail"),
    ("email_2", "Second e-mail"),
    ("phone", "Phone"),
    ("phone_2", "Second phone"),
    ("organisation", "Organisation"),
    ("language", "Language"),
    ("tags", "Tags"),
    ("external_id", "Number there"),
    ("created_at", "Customer since"),
)
TICKET_FIELDS: tuple[tuple[str, str], ...] = (
    ("external_id", "Ticket number there"),
    ("subject", "Subject"),
    ("body", "First message"),
    ("email", "Customer's e-mail"),
    ("name", "Customer's name"),
    ("phone", "Customer's phone"),
    ("state", "State"),
    ("priority", "Priority"),
    ("group", "Queue"),
    ("assignee", "Owner's e-mail"),
    ("tags", "Tags"),
    ("opened_at", "Opened"),
    ("solved_at", "Resolved"),
    ("updated_at", "Last changed"),
)
OWN = "own."
NEEDED = {
    "customers_csv": ((), "name email phone"),
    "tickets_csv": (("subject", "opened_at"), ""),
    **csv_owned.NEEDED,
}

_WORDS: Mapping[str, str] = {
    "name": "name full_name customer contact requester requester_name customer_name kunde nom",
    "email": "email e_mail mail email_address requester_email customer_email primary_email",
    "email_2": "email_2 second_email secondary_email other_email",
    "phone": "phone telephone tel mobile phone_number work_phone telefon telefono",
    "phone_2": "phone_2 second_phone mobile_phone home_phone",
    "organisation": "organisation organization company firma account company_name",
    "language": "language locale lang sprache",
    "tags": "tags tag labels",
    "external_id": "external_id id customer_id ticket_id number ticket_number nummer contact_id",
    "created_at": "created_at created customer_since since",
    "subject": "subject title betreff summary",
    "body": "body description message text first_message",
    "state": "state status ticket_status",
    "priority": "priority prio",
    "group": "queue group team department",
    "assignee": "assignee owner agent assigned_to assignee_email agent_email",
    "opened_at": "opened_at created_at created opened date created_time",
    "solved_at": "solved_at resolved_at resolved solved closed_at resolved_time",
    "updated_at": "updated_at updated last_update modified last_updated_time",
}
_STATES: Mapping[str, str] = {
    "pending": "waiting_on_customer",
    "waiting": "waiting_on_customer",
    "waiting_on_customer": "waiting_on_customer",
    "waiting_for_customer": "waiting_on_customer",
    "hold": "waiting_on_third_party",
    "on_hold": "waiting_on_third_party",
    "waiting_on_third_party": "waiting_on_third_party",
    "in_progress": "open",
    "solved": "resolved",
    "done": "resolved",
    "": "open",
}
_PRIORITIES: Mapping[str, str] = {"": "normal", "medium": "normal", "critical": "urgent"}


_USUAL = frozenset(_WORDS)


def fields_of(format: str, own: Sequence[Definition] = ()) -> tuple[tuple[str, str], ...]:
    """What a column can be; `own` are the fields that this installation added."""
    if format in csv_owned.FIELDS:
        return csv_owned.FIELDS[format]
    usual = CUSTOMER_FIELDS if format == "customers_csv" else TICKET_FIELDS
    return (*usual, *((f"{OWN}{one.key}", one.label) for one in own))


def guess(format: str, header: Sequence[str], own: Sequence[Definition] = ()) -> dict[str, int]:
    """The mapping that the header suggests; each column at most once."""
    plain = [_plain(cell) for cell in header]
    found: dict[str, int] = {}
    for one in own:  # a field with just this name is meant before a usual one with another
        for word in (own_fields.plain(one.key), own_fields.plain(one.label)):
            place = next((n for n, cell in enumerate(header) if own_fields.plain(cell) == word), -1)
            if place >= 0 and place not in found.values() and word not in _USUAL:
                found[f"{OWN}{one.key}"] = place
                break
    words = {**_WORDS, **csv_owned.WORDS} if format in csv_owned.FIELDS else _WORDS
    for name, _ in fields_of(format):
        for word in words[name].split():
            if word in plain and plain.index(word) not in found.values():
                found[name] = plain.index(word)
                break
    return found


def missing(format: str, mapping: Mapping[str, int]) -> list[str]:
    """Fields without which nothing can be taken over."""
    all_of, one_of = NEEDED[format]
    lacking = [name for name in all_of if name not in mapping]
    if one_of and not any(name in mapping for name in one_of.split()):
        lacking.append(one_of.split()[0])
    if format == "tickets_csv" and "email" not in mapping and "phone" not in mapping:
        lacking.append("email")
    return lacking


def owned(
    format: str, cells: Sequence[str], mapping: Mapping[str, int], now: datetime
) -> csv_owned.OwnedRow:
    return csv_owned.read(format, _reader(cells, mapping), mapping, now)


def person(
    cells: Sequence[str], mapping: Mapping[str, int], now: datetime, region: str | None
) -> Person:
    cell = _reader(cells, mapping)
    emails = records.emails([cell("email"), cell("email_2")])
    phones = records.phones([cell("phone"), cell("phone_2")], region)
    name = records.line(cell("name"), "name", records.LONGEST_NAME)
    if not (name or emails or phones):
        raise RowProblem("It has neither a name nor an address.")
    return Person(
        external_id=records.identity(cell("external_id")),
        name=name,
        emails=emails,
        phones=phones,
        organisation_name=records.line(cell("organisation"), "organisation", records.LONGEST_NAME),
        language=records.language(cell("language")),
        tags=records.tags(cell("tags")),
        custom=_own(cell, mapping),
        created_at=records.instant(cell("created_at"), "date", now, day_first=True),
    )


def case(
    cells: Sequence[str], mapping: Mapping[str, int], now: datetime, region: str | None
) -> Case:
    cell = _reader(cells, mapping)
    opened = records.instant(cell("opened_at"), "opening time", now, day_first=True)
    if opened is None:
        raise RowProblem("It does not say when it was opened.")
    emails = records.emails([cell("email")])
    phones = records.phones([cell("phone")], region)
    if not emails and not phones:
        raise RowProblem("It does not say whose it is: an e-mail address or a phone is needed.")
    subject = records.line(cell("subject"), "subject", records.LONGEST_SUBJECT, cut=True)
    body = records.text(cell("body"), "message").strip()
    external_id = records.identity(cell("external_id"))
    said = (
        Words(f"{external_id}:first" if external_id else "", body, opened, ours=False)
        if body
        else None
    )
    return Case(
        external_id=external_id,
        number=external_id,
        subject=subject or "(no subject)",
        state=_choice(cell("state"), STATES, _STATES, "state"),
        priority=_choice(cell("priority"), PRIORITIES, _PRIORITIES, "priority"),
        channel="form",
        opened_at=opened,
        requester_email=emails[0] if emails else "",
        requester_phone=phones[0] if phones else "",
        requester_name=records.line(cell("name"), "name", records.LONGEST_NAME),
        assignee_email=(records.emails([cell("assignee")]) or ("",))[0]
        if "@" in cell("assignee")
        else "",
        group=records.line(cell("group"), "queue", 160, cut=True),
        tags=records.tags(cell("tags")),
        solved_at=records.instant(cell("solved_at"), "resolution time", now, day_first=True),
        updated_at=records.instant(cell("updated_at"), "time of change", now, day_first=True),
        words=(said,) if said else (),
        fields=_own(cell, mapping),
    )


def _own(cell: _reader, mapping: Mapping[str, int]) -> dict[str, str]:
    own = {name.removeprefix(OWN): cell(name) for name in mapping if name.startswith(OWN)}
    return {key: value for key, value in own.items() if value}


class _reader:
    """The cell of a field, trimmed; empty where the row is short or nobody mapped it."""

    def __init__(self, cells: Sequence[str], mapping: Mapping[str, int]) -> None:
        self._cells, self._mapping = cells, mapping

    def __call__(self, name: str) -> str:
        place = self._mapping.get(name)
        if place is None or not 0 <= place < len(self._cells):
            return ""
        return self._cells[place].strip()


def _choice(given: str, known: Sequence[str], others: Mapping[str, str], what: str) -> str:
    word = _plain(given)
    if word in known:
        return word
    if word not in others:
        raise RowProblem(f"Its {what} is not known here: {given[:40]}")
    return others[word]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.strip().lower()).strip("_")
